"""Links between cards: which are of one person, and what a link says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from dirserver.model.linking import Link, LinkMode
from dirserver.model.relinking import Tie
from dirserver.store import writing
from dirserver.store.prepared import Prepared
from dirserver.store.same import linksteps
from dirserver.store.tables import card, card_version, link, link_offer, linked_card

_Value = TypeVar("_Value", int, str)

_BATCH = 500
_OF_KEY = Prepared(select(linked_card.c.link_id).where(linked_card.c.key == bindparam("key")))


@dataclass(frozen=True, slots=True)
class LinkedCard:
    """A card that is linked and in a book."""

    link_id: int
    id: int
    book_id: int
    href: str
    key: str


def books(connection: Connection) -> frozenset[int]:
    """Return the books that have linked cards."""
    linked = select(card.c.addressbook_id).join(linked_card, linked_card.c.key == card.c.key)
    return frozenset(connection.scalars(linked.distinct()))


def has_any(connection: Connection) -> bool:
    """Say whether any cards are linked."""
    return connection.scalar(select(linked_card.c.key).limit(1)) is not None


def is_linked(books: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a card is linked with one in one of ``books``."""
    other = card.alias("linked")
    there = select(other.c.id).where(
        other.c.link_id == card.c.link_id, other.c.addressbook_id.in_(books)
    )
    return and_(card.c.link_id.is_not(None), there.exists())


def of_key(connection: Connection, key: str) -> int | None:
    """Return the link that a card has, wherever it is, or had when it was deleted."""
    row = _OF_KEY.row(connection, key=key)
    return None if row is None else int(row[0])


def of_keys(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Return the links of those of the cards ``keys`` that have one."""
    return {
        row.key: row.link_id
        for some in _batches(keys)
        for row in connection.execute(select(linked_card).where(linked_card.c.key.in_(some)))
    }


def keys_of(connection: Connection, link_ids: Iterable[int]) -> dict[str, int]:
    """Return all cards of some links, also those that were deleted, with their links."""
    return {
        row.key: row.link_id
        for some in _batches(link_ids)
        for row in connection.execute(
            select(linked_card)
            .where(linked_card.c.link_id.in_(some))
            .order_by(linked_card.c.link_id, linked_card.c.key)
        )
    }


def find(connection: Connection, link_id: int) -> Link | None:
    """Return what a link says."""
    row = connection.execute(select(link).where(link.c.id == link_id)).one_or_none()
    return None if row is None else _link(row)


def _link(row: Row[*tuple[Any, ...]]) -> Link:
    return Link(row.id, LinkMode(row.mode), tuple(row.properties.split(",")))


def ties(connection: Connection, keys: Iterable[str]) -> dict[str, Tie]:
    """Return how the cards ``keys``, and those that are linked with them, are linked."""
    members: dict[int, set[str]] = {}
    for key, link_id in keys_of(connection, of_keys(connection, keys).values()).items():
        members.setdefault(link_id, set()).add(key)
    found: dict[str, Tie] = {}
    for some in _batches(members):
        for row in connection.execute(select(link).where(link.c.id.in_(some))):
            said, those = _link(row), frozenset(members[row.id])
            tie = Tie(those, said.mode, said.properties, said.id)
            found.update(dict.fromkeys(those, tie))
    return found


def places(connection: Connection, keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return the books, and the names there, of those of the cards ``keys`` that are in one."""
    return {
        row.key: (row.addressbook_id, row.href)
        for some in _batches(keys)
        for row in connection.execute(
            select(card.c.key, card.c.addressbook_id, card.c.href).where(card.c.key.in_(some))
        )
    }


def standing(connection: Connection, link_ids: Iterable[int]) -> list[LinkedCard]:
    """Return the cards of some links that are in a book, by book and name."""
    return [
        LinkedCard(row.link_id, row.id, row.addressbook_id, row.href, row.key)
        for some in _batches(link_ids)
        for row in connection.execute(
            select(card.c.link_id, card.c.id, card.c.addressbook_id, card.c.href, card.c.key)
            .where(card.c.link_id.in_(some))
            .order_by(card.c.addressbook_id, card.c.href)
        )
    ]


def beside(connection: Connection, book_ids: Collection[int], hrefs: Collection[str]) -> set[int]:
    """Return which books have cards that are linked with those in ``book_ids``.

    With ``hrefs``, with those of these names alone.
    """
    other = card.alias("other")
    there = [card.c.addressbook_id.in_(book_ids), card.c.link_id.is_not(None)]
    if hrefs:
        there.append(card.c.href.in_(hrefs))
    beside = select(other.c.addressbook_id).join(card, other.c.link_id == card.c.link_id)
    return set(connection.scalars(beside.where(*there).distinct()))


def around(connection: Connection, keys: Iterable[str]) -> set[int]:
    """Return which books have the cards ``keys``, or such as are linked with them."""
    mine = linked_card.alias("mine")
    found: set[int] = set()
    for some in _batches(keys):
        both = select(linked_card.c.key).join(mine, mine.c.link_id == linked_card.c.link_id)
        linked = both.where(mine.c.key.in_(some))
        statement = select(card.c.addressbook_id).where(
            card.c.key.in_(some) | card.c.key.in_(linked)
        )
        found.update(connection.scalars(statement.distinct()))
    return found


def make(
    connection: Connection, mode: LinkMode, properties: Sequence[str], at: datetime, by: str
) -> int:
    """Make a link that has no cards yet; return its id."""
    row = {"mode": mode.value, "properties": ",".join(properties), "at": at, "made_by": by}
    return int(connection.scalar(insert(link).returning(link.c.id), row) or 0)


def change(connection: Connection, link_id: int, mode: LinkMode, properties: Sequence[str]) -> None:
    """Let a link say something else."""
    said = {"mode": mode.value, "properties": ",".join(properties)}
    connection.execute(update(link).where(link.c.id == link_id).values(said))


def join(connection: Connection, link_id: int, keys: Collection[str]) -> None:
    """Let the cards ``keys`` have this link and no other."""
    left = _part(connection, keys) - {link_id}
    connection.execute(insert(linked_card), [{"key": key, "link_id": link_id} for key in keys])
    connection.execute(update(card).where(card.c.key.in_(keys)).values(link_id=link_id))
    _dissolve_small(connection, left)


def leave(connection: Connection, keys: Collection[str]) -> None:
    """Let the cards ``keys`` have no link, and nothing be offered to them or by them."""
    left = _part(connection, keys)
    _withdraw(connection, keys)
    connection.execute(update(card).where(card.c.key.in_(keys)).values(link_id=None))
    _dissolve_small(connection, left)


def tidy(connection: Connection) -> None:
    """Forget the links of cards of which not even a version is left."""
    kept = select(card_version.c.id).where(card_version.c.key == linked_card.c.key).exists()
    gone = connection.scalars(select(linked_card.c.key).where(~kept)).all()
    for some in _batches(gone):
        leave(connection, some)
        linksteps.forget(connection, some)


def _part(connection: Connection, keys: Collection[str]) -> set[int]:
    """Take cards out of their links, which are returned."""
    left = set(of_keys(connection, keys).values())
    connection.execute(delete(linked_card).where(linked_card.c.key.in_(keys)))
    return left


def _dissolve_small(connection: Connection, link_ids: Collection[int]) -> None:
    """Take away those of some links that link nothing with anything."""
    number = select(func.count()).where(linked_card.c.link_id == link.c.id).scalar_subquery()
    small = connection.scalars(select(link.c.id).where(link.c.id.in_(link_ids), number < 2)).all()
    if not small:
        return
    alone = list(keys_of(connection, small))
    _withdraw(connection, alone)
    connection.execute(update(card).where(card.c.link_id.in_(small)).values(link_id=None))
    # The one card that is left of each goes with it.
    connection.execute(delete(link).where(link.c.id.in_(small)))


def _withdraw(connection: Connection, keys: Collection[str]) -> None:
    """Let nothing be offered to some cards, or by them."""
    either = link_offer.c.target.in_(keys) | link_offer.c.source.in_(keys)
    connection.execute(delete(link_offer).where(either))


def touch(
    connection: Connection, link_ids: Collection[int], at: datetime, but: Collection[str] = ()
) -> None:
    """Let the cards of some links, ``but`` these, count as changed, which they are not.

    Who has all books as one is shown one card of a link; which of them that is may be another
    after what has happened to ``but``.
    """
    found = [one for one in standing(connection, link_ids) if one.key not in but]
    for book_id, some in groupby(found, lambda one: one.book_id):
        hrefs = [one.href for one in some]
        first = writing.next_revisions(connection, book_id, len(hrefs), at)
        changes = [(href, first + number) for number, href in enumerate(hrefs)]
        writing.note_changes(connection, book_id, changes, vanished=False)


def was_written(connection: Connection, key: str, before_id: int, at: datetime) -> bool:
    """Say whether a card got a version in the transaction of another one, before that."""
    statement = select(card_version.c.id).where(
        card_version.c.key == key,
        card_version.c.id < before_id,
        card_version.c.at == at,
        card_version.c.operation != "carry",
    )
    return connection.scalar(statement.limit(1)) is not None


def _batches(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    all_of_them = sorted(set(values))
    for start in range(0, len(all_of_them), _BATCH):
        yield all_of_them[start : start + _BATCH]
