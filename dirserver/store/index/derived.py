"""What the store keeps beside a body: the search index, the LDAP entry, the name to sort by.

Indexing is what costs most of a write, so that only what differs is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, select, update

from dirserver.model.fields import Field
from dirserver.store.index import beginnings, trigram
from dirserver.store.prepared import NewRows, Prepared, among, insert_into, listed
from dirserver.store.search.probes import ORDERED
from dirserver.store.tables import card_entry, card_value

# The id of a card, a field, what the card says of it, and whether that is ordered.
_Row: TypeAlias = tuple[int, str, str, bool]

_ALL_VALUES = select(card_value)
_VALUES = Prepared(
    {engine: _ALL_VALUES.where(one) for engine, one in among(card_value.c.card_id, "cards").items()}
)
_FORGET_VALUES = Prepared(
    delete(card_value).where(
        card_value.c.card_id == bindparam("old"),
        card_value.c.field == bindparam("name"),
        card_value.c.value == bindparam("said"),
    )
)
_NEW_ENTRIES = Prepared(insert_into(card_entry))
_CHANGE_ENTRIES = Prepared(
    update(card_entry)
    .where(card_entry.c.card_id == bindparam("of_card"))
    .values(attributes=bindparam("attributes"))
)
_NEW_VALUES = NewRows(card_value)


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
    """
    old = frozenset(replaced)
    # Card after card: for each row, SQLite looks up whether the trigram index knows of the card.
    values = [
        (card_id, str(field), said, field in ORDERED)
        for _, card_id, one in derived
        for field, said in sorted(set(one.values))
    ]
    _store_values(connection, values, old)
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
    trigram.settle(connection, least=trigram.MOST_DUE)


def _store_values(connection: Connection, new: Sequence[_Row], replaced: Collection[int]) -> None:
    if replaced:
        there = set(_VALUES.rows(connection, cards=listed(replaced)))
        if gone := there.difference(new):
            names = ("old", "name", "said")
            _FORGET_VALUES.each(
                connection, [dict(zip(names, one[:3], strict=True)) for one in gone]
            )
        new = [row for row in new if row not in there]
    _NEW_VALUES.insert(connection, new)
