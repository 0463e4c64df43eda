"""What the store keeps beside a body: the search index, the LDAP entry, the name to sort by.

Indexing is what costs most of a write, so that only what differs is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, select, update

from dirserver.model.fields import Field
from dirserver.store.index import beginnings, trigram
from dirserver.store.prepared import NewRows, Prepared, among, insert_into, listed
from dirserver.store.search.probes import ORDERED
from dirserver.store.tables import card_entry, card_value

# The id of a card, a field, and what the card says of it.
_Said: TypeAlias = tuple[int, str, str]

_ALL_VALUES = select(card_value.c.card_id, card_value.c.field, card_value.c.value)
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
    """What the store keeps beside a body: the search index, the sort name, the LDAP entry.

    Of two that are compared, but for the sort name, what is the same in both may be missing.
    """

    values: tuple[tuple[Field, str], ...]
    sort_name: str
    entry: bytes
    beginnings: tuple[tuple[str, int], ...] = ()


# What was derived from a card, with the ids of its book and of itself.
_Of: TypeAlias = tuple[int, int, Derived]


def store_derived(
    connection: Connection,
    derived: Sequence[_Of],
    *,
    replaced: Mapping[int, Derived | None],
) -> None:
    """Keep what was derived from cards instead of what is there for those ``replaced``.

    Each comes with the ids of its book and of itself. Of a card that is replaced, what was kept
    beside it is given to be compared with, or else looked up.
    """
    unknown = [card_id for card_id, before in replaced.items() if before is None]
    known = [
        (book_id, card_id, before)
        for book_id, card_id, _ in derived
        if (before := replaced.get(card_id)) is not None
    ]
    old, new = set(_values(known)), _values(derived)
    if unknown:
        old.update(_VALUES.rows(connection, cards=listed(unknown)))
    if replaced:
        differing = {card_id for card_id, _, _ in old.symmetric_difference(new)}
        if changing := differing.intersection(replaced):
            trigram.follow(connection, sorted(changing))
    _store_values(connection, old, new)
    _store_entries(connection, derived, replaced)
    there, rows = _beginnings(known), _beginnings(derived)
    if unknown:
        there |= beginnings.of_cards(connection, unknown)
    beginnings.replace(connection, there, rows)
    trigram.settle(connection, least=trigram.MOST_DUE)


def _values(derived: Sequence[_Of]) -> list[_Said]:
    """Return what cards say, card after card, as the table has it."""
    return [
        (card_id, str(field), said)
        for _, card_id, one in derived
        for field, said in sorted(set(one.values))
    ]


def _beginnings(derived: Sequence[_Of]) -> set[beginnings.Row]:
    return {
        row
        for book_id, card_id, one in derived
        for row in beginnings.rows_of(book_id, card_id, one.sort_name, one.beginnings)
    }


def _store_entries(
    connection: Connection, derived: Sequence[_Of], replaced: Mapping[int, Derived | None]
) -> None:
    changed, created = [], []
    for _, card_id, one in derived:
        if card_id not in replaced:
            created.append({"card_id": card_id, "attributes": one.entry})
        elif (before := replaced[card_id]) is None or before.entry != one.entry:
            changed.append({"of_card": card_id, "attributes": one.entry})
    _CHANGE_ENTRIES.each(connection, changed)
    _NEW_ENTRIES.each(connection, created)


def _store_values(connection: Connection, there: set[_Said], new: Sequence[_Said]) -> None:
    if gone := there.difference(new):
        names = ("old", "name", "said")
        _FORGET_VALUES.each(connection, [dict(zip(names, one, strict=True)) for one in gone])
    rows = [(*one, one[1] in ORDERED) for one in new if one not in there]
    _NEW_VALUES.insert(connection, rows)
