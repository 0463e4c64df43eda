"""What the store keeps beside a body: the search index, the LDAP entry, the name to sort by.

Indexing is what costs most of a write. On SQLite the trigram index follows by triggers, and each
statement that sets one off has the index write out what it has gathered before; so what a
transaction has to say is said in as few statements as can be.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, TextClause, bindparam, delete, insert, select, text, update

from dirserver.model.fields import Field
from dirserver.store.tables import card_beginning, card_entry, card_value

# No engine takes more than some ten thousand parameters in a statement.
_MOST_IN_ONE = 500

# The id of a card, a field, and what the card says of it.
_Said: TypeAlias = tuple[int, str, str]

_VALUES = select(
    card_value.c.id, card_value.c.card_id, card_value.c.field, card_value.c.value
).where(card_value.c.card_id.in_(bindparam("cards", expanding=True)))
_FORGET_VALUES = delete(card_value).where(card_value.c.id.in_(bindparam("gone", expanding=True)))
_BEGINNINGS = select(
    card_beginning.c.card_id, card_beginning.c.field, card_beginning.c.value
).where(card_beginning.c.card_id.in_(bindparam("cards", expanding=True)))
_FORGET_BEGINNINGS = delete(card_beginning).where(
    card_beginning.c.field == bindparam("name"),
    card_beginning.c.value == bindparam("said"),
    card_beginning.c.card_id == bindparam("old"),
)
_NEW_ENTRIES = insert(card_entry)
_CHANGE_ENTRIES = (
    update(card_entry)
    .where(card_entry.c.card_id == bindparam("of_card"))
    .values(attributes=bindparam("attributes"))
)
# How each engine takes any number of rows as one parameter.
_ROWS = {
    "sqlite": "json_each(:rows)",
    "postgresql": "json_array_elements(CAST(:rows AS json)) AS said (value)",
}


def _inserting(table: str) -> dict[str, TextClause]:
    """Return, for each engine, the statement that inserts what cards say into ``table``."""
    columns = "CAST(value ->> 0 AS BIGINT), value ->> 1, value ->> 2"
    return {
        # Of names from this module alone.
        engine: text(
            f"INSERT INTO {table} (card_id, field, value) SELECT {columns} FROM {rows}"  # noqa: S608
        )
        for engine, rows in _ROWS.items()
    }


_NEW_VALUES = _inserting("card_value")
_NEW_BEGINNINGS = _inserting("card_beginning")


@dataclass(frozen=True, slots=True)
class Derived:
    """What the store keeps beside a body: the search index, the sort name, the LDAP entry."""

    values: tuple[tuple[Field, str], ...]
    sort_name: str
    entry: bytes
    beginnings: tuple[tuple[str, str], ...] = ()


def store_derived(
    connection: Connection,
    derived: Sequence[tuple[int, Derived]],
    *,
    replaced: Iterable[int],
) -> None:
    """Keep what was derived from cards, given by id, instead of what is there for ``replaced``.

    Most of what a card says stays when it changes: only what differs is written.
    """
    old = frozenset(replaced)
    there: dict[_Said, int] = {}
    if old:
        rows = connection.execute(_VALUES, {"cards": list(old)})
        there = {(row.card_id, row.field, row.value): row.id for row in rows}
    new = [(card_id, str(field), value) for card_id, one in derived for field, value in one.values]
    come = [said for said in new if there.pop(said, None) is None]
    # In their order: the trigram index is also written out when it has to go back.
    gone = sorted(there.values())
    for at in range(0, len(gone), _MOST_IN_ONE):
        connection.execute(_FORGET_VALUES, {"gone": gone[at : at + _MOST_IN_ONE]})
    _insert(connection, _NEW_VALUES, come)
    entries = [(card_id, one.entry) for card_id, one in derived]
    changed = [{"of_card": one, "attributes": entry} for one, entry in entries if one in old]
    created = [{"card_id": one, "attributes": entry} for one, entry in entries if one not in old]
    if changed:
        connection.execute(_CHANGE_ENTRIES, changed)
    if created:
        connection.execute(_NEW_ENTRIES, created)
    _store_beginnings(connection, derived, old)


def _store_beginnings(
    connection: Connection, derived: Sequence[tuple[int, Derived]], old: Collection[int]
) -> None:
    """Keep the beginnings of words; again only what differs is written."""
    there = set[_Said]()
    if old:
        rows = connection.execute(_BEGINNINGS, {"cards": list(old)})
        there = {(row.card_id, row.field, row.value) for row in rows}
    new = {(card_id, field, value) for card_id, one in derived for field, value in one.beginnings}
    if gone := there - new:
        connection.execute(
            _FORGET_BEGINNINGS,
            [{"old": card_id, "name": field, "said": value} for card_id, field, value in gone],
        )
    # In the order of the table.
    come = sorted(new - there, key=lambda said: (said[1], said[2], said[0]))
    _insert(connection, _NEW_BEGINNINGS, come)


def _insert(
    connection: Connection, statements: dict[str, TextClause], said: Sequence[_Said]
) -> None:
    if said:
        rows = json.dumps(said, ensure_ascii=False)
        connection.execute(statements[connection.dialect.name], {"rows": rows})
