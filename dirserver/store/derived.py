"""What the store keeps beside a body: the search index, the LDAP entry, the name to sort by.

Indexing is what costs most of a write. On SQLite the trigram index follows by triggers, and each
statement that sets one off has the index write out what it has gathered before; so what a
transaction has to say is said in as few statements as can be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, select, text, update

from dirserver.model.fields import Field
from dirserver.store import beginnings
from dirserver.store.prepared import Prepared, among, insert_into, listed
from dirserver.store.tables import card_entry, card_value

# The id of a card, a field, and what the card says of it.
_Said: TypeAlias = tuple[int, str, str]

_ALL_VALUES = select(card_value.c.id, card_value.c.card_id, card_value.c.field, card_value.c.value)
_VALUES = Prepared(
    {engine: _ALL_VALUES.where(one) for engine, one in among(card_value.c.card_id, "cards").items()}
)
_FORGET_VALUES = Prepared(
    {
        engine: delete(card_value).where(one)
        for engine, one in among(card_value.c.id, "gone").items()
    }
)
_NEW_ENTRIES = Prepared(insert_into(card_entry))
_CHANGE_ENTRIES = Prepared(
    update(card_entry)
    .where(card_entry.c.card_id == bindparam("of_card"))
    .values(attributes=bindparam("attributes"))
)
# How each engine takes any number of rows as one parameter.
_ROWS = {
    "sqlite": "json_each(:rows)",
    "postgresql": "json_array_elements(CAST(:rows AS json)) AS said (value)",
}


def _inserting(table: str) -> Prepared:
    """Return the statement that inserts what cards say into ``table``."""
    columns = "CAST(value ->> 0 AS BIGINT), value ->> 1, value ->> 2"
    return Prepared(
        {
            engine: text(
                f"INSERT INTO {table} (card_id, field, value) SELECT {columns} FROM {rows}"  # noqa: S608 - names of ours
            )
            for engine, rows in _ROWS.items()
        }
    )


_NEW_VALUES = _inserting("card_value")


@dataclass(frozen=True, slots=True)
class Derived:
    """What the store keeps beside a body: the search index, the sort name, the LDAP entry."""

    values: tuple[tuple[Field, str], ...]
    sort_name: str
    entry: bytes
    beginnings: tuple[tuple[str, int], ...] = ()


def store_derived(
    connection: Connection,
    derived: Sequence[tuple[int, int, Derived]],
    *,
    replaced: Iterable[int],
) -> None:
    """Keep what was derived from cards instead of what is there for those ``replaced``.

    Each comes with the ids of its book and of itself.
    Most of what a card says stays when it changes: only what differs is written.
    """
    old = frozenset(replaced)
    there: dict[_Said, int] = {}
    if old:
        kept = _VALUES.rows(connection, cards=listed(old))
        there = {(card_id, field, value): number for number, card_id, field, value in kept}
    new = [
        (card_id, str(field), value) for _, card_id, one in derived for field, value in one.values
    ]
    come = [said for said in new if there.pop(said, None) is None]
    # In their order: the trigram index is also written out when it has to go back.
    gone = sorted(there.values())
    if gone:
        _FORGET_VALUES.run(connection, gone=listed(gone))
    _insert(connection, _NEW_VALUES, come)
    entries = [(card_id, one.entry) for _, card_id, one in derived]
    changed = [{"of_card": one, "attributes": entry} for one, entry in entries if one in old]
    created = [{"card_id": one, "attributes": entry} for one, entry in entries if one not in old]
    _CHANGE_ENTRIES.each(connection, changed)
    _NEW_ENTRIES.each(connection, created)
    rows = [
        row
        for book_id, card_id, one in derived
        for row in beginnings.rows_of(book_id, card_id, one.sort_name, one.beginnings)
    ]
    beginnings.replace(connection, rows, old)


def _insert(connection: Connection, statement: Prepared, said: Sequence[_Said]) -> None:
    if said:
        statement.run(connection, rows=json.dumps(said, ensure_ascii=False))
