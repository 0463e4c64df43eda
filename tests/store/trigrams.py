"""Whether the trigram index of SQLite has what the cards say, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

from sqlalchemy import Connection, select, text

from dirserver.model.fields import NAMES, PHONES, Field
from dirserver.store.index import trigram
from dirserver.store.index.places import group_of, ranges_of
from dirserver.store.index.trigram import INDEXES
from dirserver.store.tables import card_value

_BETWEEN = "\x1f\x1f"
_HAS = "SELECT doc, term FROM temp.trigrams"
_INSTANCES = "CREATE VIRTUAL TABLE temp.trigrams USING fts5vocab (main, {}, instance)"
# Some have the cards at places; of those that they are behind with, it is known where.
_AT_PLACES = INDEXES[:2]
_PLACES = "SELECT place, card_id FROM card_line UNION ALL SELECT place, card_id FROM trigram_due"
_NAMED = NAMES | PHONES | {Field.MAIL}


def _index_of(field: str) -> str:
    is_of_firm = field == Field.ORGANISATION
    return INDEXES[1] if is_of_firm else INDEXES[0 if field in _NAMED else 2]


# Of a card, what an index has or is to have.
_Trigrams: TypeAlias = dict[tuple[int, str], set[str]]


def trigrams(said: str) -> set[str]:
    """Return the trigrams of what a card says."""
    return {said[start : start + 3] for start in range(len(said) - 2)}


def disagreements(connection: Connection) -> set[int]:
    """Return the ids of the cards of which the index has something else than their values.

    It may be behind, but then it is known what it has.
    """
    wanted: _Trigrams = defaultdict(set)
    values: dict[tuple[int, str], list[str]] = defaultdict(list)
    said_by = select(card_value.c.card_id, card_value.c.field, card_value.c.value)
    for card_id, field, value in connection.execute(said_by):
        values[card_id, _index_of(field)].append(value)
    for place, said in values.items():
        wanted[place] = trigrams(_BETWEEN + _BETWEEN.join(said) + _BETWEEN)
    for card_id, *texts in connection.execute(
        text("SELECT card_id, named, organisation, other FROM trigram_due")
    ):
        for index, indexed in zip(INDEXES, texts, strict=True):
            wanted[card_id, index] = trigrams(indexed)
    there: _Trigrams = defaultdict(set)
    at = {row[0]: row[1] for row in connection.execute(text(_PLACES))}
    for index in INDEXES:
        connection.execute(text(_INSTANCES.format(index)))
        for number, term in connection.execute(text(_HAS)):
            there[at[number] if index in _AT_PLACES else number, index].add(term)
        connection.execute(text("DROP TABLE temp.trigrams"))
    return {one[0] for one in wanted.keys() | there.keys() if wanted[one] != there[one]}


def settled_disagreements(connection: Connection) -> set[int]:
    """Return the same once the index is up to date."""
    trigram.settle(connection)
    assert connection.scalar(text("SELECT count(*) FROM trigram_due")) == 0
    lines = connection.execute(
        text("SELECT place, card_id, card.sort_name FROM card LEFT JOIN card_line ON card_id = id")
    )
    misplaced = {one for place, one, name in lines if place is None or not _is_of(place, name)}
    return disagreements(connection) | misplaced


def _is_of(place: int, name: str) -> bool:
    return any(first <= place <= last for first, last in ranges_of(group_of(name)))
