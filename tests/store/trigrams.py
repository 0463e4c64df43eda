"""Whether the trigram index of SQLite has what the cards say, and nothing else."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select, text

from dirserver.store.index import trigram
from dirserver.store.tables import card_value

_BETWEEN = "\x1f\x1f"
_HAS = "SELECT doc, term FROM temp.trigrams"
_INSTANCES = "CREATE VIRTUAL TABLE temp.trigrams USING fts5vocab (main, card_trigram, instance)"


def trigrams(said: str) -> set[str]:
    """Return the trigrams of what a card says."""
    return {said[start : start + 3] for start in range(len(said) - 2)}


def disagreements(connection: Connection) -> set[int]:
    """Return the ids of the cards of which the index has something else than their values.

    It may be behind, but then it is known what it has.
    """
    wanted: dict[int, set[str]] = defaultdict(set)
    values: dict[int, list[str]] = defaultdict(list)
    for card_id, value in connection.execute(select(card_value.c.card_id, card_value.c.value)):
        values[card_id].append(value)
    for card_id, said in values.items():
        wanted[card_id] = trigrams(_BETWEEN + _BETWEEN.join(said) + _BETWEEN)
    for card_id, indexed in connection.execute(text("SELECT card_id, indexed FROM trigram_due")):
        wanted[card_id] = trigrams(indexed)
    there: dict[int, set[str]] = defaultdict(set)
    connection.execute(text(_INSTANCES))
    for card_id, term in connection.execute(text(_HAS)):
        there[card_id].add(term)
    connection.execute(text("DROP TABLE temp.trigrams"))
    return {one for one in wanted.keys() | there.keys() if wanted[one] != there[one]}


def settled_disagreements(connection: Connection) -> set[int]:
    """Return the same once the index is up to date."""
    trigram.settle(connection)
    assert connection.scalar(text("SELECT count(*) FROM trigram_due")) == 0
    return disagreements(connection)
