"""What the store keeps beside a body: the search index, the LDAP entry, the name to sort by.

Indexing is what costs most of a write, so that only what differs is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from dirserver.model.fields import NAMES
from dirserver.store.index import beginnings, trigram
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.rows import GoneRows, NewRows, insert_into
from dirserver.store.search.probes import ORDERED
from dirserver.store.tables import card, card_entry, card_value

# The id of a card, a field, and what the card says of it.
_Said: TypeAlias = tuple[int, str, str]

_ALL_VALUES = select(card_value.c.card_id, card_value.c.field, card_value.c.value)
_VALUES = Prepared(
    {engine: _ALL_VALUES.where(one) for engine, one in among(card_value.c.card_id, "cards").items()}
)
_NAMED_AND_ENTERED = select(card.c.id, card.c.sort_name, card_entry.c.attributes).join(card_entry)
_KEPT = Prepared(
    {engine: _NAMED_AND_ENTERED.where(one) for engine, one in among(card.c.id, "cards").items()}
)
_NAMES_OF_ALL = (
    select(card.c.id, card.c.sort_name, card_value.c.field, card_value.c.value)
    .join(card_value, card_value.c.card_id == card.c.id)
    .where(or_(*(card_value.c.field == str(name) for name in sorted(NAMES))))
)
_NAMES = Prepared(
    {engine: _NAMES_OF_ALL.where(one) for engine, one in among(card.c.id, "cards").items()}
)
_DELETE_CARDS, _FORGET_ALL_VALUES = (
    Prepared({engine: delete(id_.table).where(one) for engine, one in among(id_, "cards").items()})
    for id_ in (card.c.id, card_value.c.card_id)
)
_GONE_VALUES = GoneRows(card_value)
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

    values: tuple[tuple[str, str], ...]
    sort_name: str
    entry: bytes
    beginnings: tuple[tuple[str, int], ...] = ()


# What was derived from a card, with the ids of its book and of itself.
_Of: TypeAlias = tuple[int, int, Derived]


def store_derived(
    connection: Connection,
    derived: Sequence[_Of],
    *,
    replaced: Mapping[int, Derived],
) -> None:
    """Keep what was derived from cards instead of what is kept beside those ``replaced``.

    Each comes with the ids of its book and of itself.
    """
    before = [
        (book_id, card_id, replaced[card_id])
        for book_id, card_id, _ in derived
        if card_id in replaced
    ]
    old, new = set(_values(before)), _values(derived)
    if replaced:
        differing = {card_id for card_id, _, _ in old.symmetric_difference(new)}
        if changing := differing.intersection(replaced):
            trigram.follow(connection, sorted(changing))
    _store_values(connection, old, new)
    _store_entries(connection, derived, replaced)
    beginnings.replace(connection, _beginnings(before), _beginnings(derived))
    trigram.settle(connection, least=trigram.MOST_DUE)


def kept(connection: Connection, card_ids: Iterable[int]) -> dict[int, Derived]:
    """Return what is kept beside cards, by their ids."""
    asked = listed(card_ids)
    values: dict[int, list[tuple[str, str]]] = {}
    for card_id, field, said in _VALUES.rows(connection, cards=asked):
        values.setdefault(card_id, []).append((field, said))
    found = {}
    for card_id, sort_name, entry in _KEPT.rows(connection, cards=asked):
        said = tuple(values.get(card_id, ()))
        found[card_id] = Derived(said, sort_name, entry, beginnings.words_of(said))
    return found


def delete_cards(connection: Connection, book_id: int, card_ids: Iterable[int]) -> None:
    """Delete cards of a book, with all that is kept beside them.

    The rows of the index do not refer to their card: for that it would be looked up with each of
    fifty that are written.
    """
    asked = listed(card_ids)
    names: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for card_id, sort_name, field, said in _NAMES.rows(connection, cards=asked):
        names.setdefault((card_id, sort_name), []).append((field, said))
    gone = {
        row
        for (card_id, sort_name), said in names.items()
        for row in beginnings.rows_of(book_id, card_id, sort_name, beginnings.words_of(said))
    }
    _DELETE_CARDS.run(connection, cards=asked)
    beginnings.replace(connection, gone, set())
    _FORGET_ALL_VALUES.run(connection, cards=asked)


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
    connection: Connection, derived: Sequence[_Of], replaced: Mapping[int, Derived]
) -> None:
    changed, created = [], []
    for _, card_id, one in derived:
        if card_id not in replaced:
            created.append({"card_id": card_id, "attributes": one.entry})
        elif replaced[card_id].entry != one.entry:
            changed.append({"of_card": card_id, "attributes": one.entry})
    _CHANGE_ENTRIES.each(connection, changed)
    _NEW_ENTRIES.each(connection, created)


def _store_values(connection: Connection, there: set[_Said], new: Sequence[_Said]) -> None:
    _GONE_VALUES.delete(connection, sorted(there.difference(new)))
    # SQLite's driver would look for what makes a value of a bool.
    rows = [(*one, int(one[1] in ORDERED)) for one in new if one not in there]
    _NEW_VALUES.insert(connection, rows)
