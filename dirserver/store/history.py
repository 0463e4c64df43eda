"""The past, as it is read: the versions of cards, and what was in a book at a revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    func,
    select,
)

from dirserver.model.history.life import Acts, Place, Version
from dirserver.store.tables import card, card_version, change

_VERSION = (
    *(card_version.c.id, card_version.c.key, card_version.c.addressbook_id, card_version.c.href),
    *(card_version.c.revision, card_version.c.operation, card_version.c.etag, card_version.c.at),
    *(card_version.c.actor, card_version.c.device, card_version.c.protocol),
    *(card_version.c.address, card_version.c.agent, card_version.c.batch),
    card_version.c.body.is_(None).label("is_gone"),
)
_LIVES = (
    select(*_VERSION)
    .where(card_version.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(card_version.c.key, card_version.c.id)
)
_BODIES = select(card_version.c.id, card_version.c.body).where(
    card_version.c.id.in_(bindparam("ids", expanding=True)), card_version.c.body.is_not(None)
)
_BEFORE = and_(
    card_version.c.addressbook_id == bindparam("book_id"), card_version.c.at <= bindparam("at")
)
_LAST_BEFORE = select(func.max(card_version.c.at)).where(_BEFORE)
_REVISION_AT = select(func.max(card_version.c.revision)).where(
    _BEFORE, card_version.c.at >= bindparam("since")
)
# Who began first may have waited longer for the book, and so have a later revision.
_LONGEST_WAIT = timedelta(minutes=5)
_other = card_version.alias("other")
# The last version of each name that has changed, up to a revision: one look into an index each.
_AS_OF = (
    select(func.max(_other.c.revision))
    .where(
        _other.c.addressbook_id == change.c.addressbook_id,
        _other.c.href == change.c.href,
        _other.c.revision <= bindparam("then"),
    )
    .scalar_subquery()
)
_SINCE = and_(
    change.c.addressbook_id == bindparam("book_id"),
    change.c.revision > bindparam("after"),
    change.c.revision <= bindparam("top"),
)
_CHANGED_SINCE = (
    select(
        change.c.href,
        change.c.revision,
        card_version.c.id.label("then_id"),
        card_version.c.key.label("then_key"),
        card_version.c.etag.label("then_etag"),
        card_version.c.body.is_(None).label("was_gone"),
        card_version.c.batch.label("then_batch"),
        card.c.key.label("now_key"),
        card.c.etag.label("now_etag"),
        card.c.version_id.label("now_id"),
    )
    .select_from(change)
    .outerjoin(
        card_version,
        and_(
            card_version.c.addressbook_id == change.c.addressbook_id,
            card_version.c.href == change.c.href,
            card_version.c.revision == _AS_OF,
        ),
    )
    .outerjoin(
        card, and_(card.c.addressbook_id == change.c.addressbook_id, card.c.href == change.c.href)
    )
    .where(_SINCE)
    .order_by(change.c.revision)
    .limit(bindparam("number"))
)
_COUNT_SINCE = select(func.count()).select_from(change).where(_SINCE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A card at one moment: the version that it had, its key and its etag."""

    version_id: int
    key: str
    etag: str


@dataclass(frozen=True, slots=True)
class ChangedCard:
    """A name in a book at which something has changed: what there was, and what there is.

    What is there now may have been gone then, by the batch ``gone_by``.
    """

    href: str
    revision: int
    then: Kept | None
    now: Kept | None
    gone_by: int | None = None

    @property
    def goes(self) -> bool:
        """Whether what is there now would not be there if it were then."""
        return self.now is not None and (self.then is None or self.then.key != self.now.key)


def _version(row: Row[*tuple[Any, ...]]) -> Version:
    return Version(
        row.id,
        row.key,
        Place(row.addressbook_id, row.href),
        row.revision,
        row.operation,
        bool(row.is_gone),
        row.etag,
        row.at,
        row.actor,
        row.device,
        row.protocol,
        row.address,
        row.agent,
        row.batch,
    )


def lives(connection: Connection, keys: Sequence[str]) -> dict[str, list[Version]]:
    """Return all versions of the cards ``keys``, oldest first, without their bodies."""
    found: dict[str, list[Version]] = {}
    for row in connection.execute(_LIVES, {"keys": list(keys)}):
        found.setdefault(row.key, []).append(_version(row))
    return found


def bodies(connection: Connection, version_ids: Iterable[int]) -> dict[int, bytes]:
    """Return the bodies of versions."""
    rows = connection.execute(_BODIES, {"ids": sorted(set(version_ids))})
    return {row.id: row.body for row in rows}


def keys_named(connection: Connection, book_ids: Sequence[int], href: str) -> list[str]:
    """Return the keys of all cards that were ever called ``href`` in one of the books."""
    statement = select(card_version.c.key).where(
        card_version.c.addressbook_id.in_(book_ids), card_version.c.href == href
    )
    return list(dict.fromkeys(connection.scalars(statement.order_by(card_version.c.id))))


def keys_of_uid(connection: Connection, book_ids: Sequence[int], uid: str) -> list[str]:
    """Return the keys of the cards in the books that have the UID ``uid`` now."""
    statement = select(card.c.key).where(card.c.addressbook_id.in_(book_ids), card.c.uid == uid)
    return list(connection.scalars(statement.order_by(card.c.addressbook_id)))


def alive(connection: Connection, keys: Sequence[str]) -> frozenset[str]:
    """Return those of ``keys`` of which there is a card now, wherever it is."""
    return frozenset(connection.scalars(select(card.c.key).where(card.c.key.in_(keys))))


def last_of_the_gone(connection: Connection, book_id: int) -> Iterator[tuple[str, bytes]]:
    """Yield key and last body of each card that was in the book last, and is nowhere now."""
    there = _other.c.addressbook_id == change.c.addressbook_id
    newest = (
        select(func.max(_other.c.revision))
        .where(there, _other.c.href == change.c.href, _other.c.body.is_not(None))
        .scalar_subquery()
    )
    statement = (
        select(card_version.c.key, card_version.c.body)
        .select_from(change)
        .join(
            card_version,
            and_(
                card_version.c.addressbook_id == change.c.addressbook_id,
                card_version.c.href == change.c.href,
                card_version.c.revision == newest,
            ),
        )
        .outerjoin(card, card.c.key == card_version.c.key)
        .where(change.c.addressbook_id == book_id, change.c.vanished, card.c.id.is_(None))
        .execution_options(yield_per=200)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            yield row.key, row.body


def revision_at(connection: Connection, book_id: int, at: datetime) -> int:
    """Return how far the book had come at the moment ``at``; 0 if nothing was in it yet."""
    last = connection.scalar(_LAST_BEFORE, {"book_id": book_id, "at": at})
    if last is None:
        return 0
    span = {"book_id": book_id, "at": at, "since": last - _LONGEST_WAIT}
    return connection.scalar(_REVISION_AT, span) or 0


def begins(connection: Connection, book_id: int) -> datetime | None:
    """Return when the first version in a book was stored that is kept."""
    first = select(func.min(card_version.c.at)).where(card_version.c.addressbook_id == book_id)
    at: datetime | None = connection.scalar(first)
    return at


def count_changed(connection: Connection, book_id: int, after: int, top: int) -> int:
    """Return at how many names something has changed after a revision, up to ``top``."""
    span = {"book_id": book_id, "after": after, "top": top}
    return connection.scalar(_COUNT_SINCE, span) or 0


def changed_since(
    connection: Connection, book_id: int, then: int, *, after: int, top: int, number: int
) -> list[ChangedCard]:
    """Return what was at the revision ``then`` and what is now, name by name.

    Only names that last changed after the revision ``after`` and up to ``top``, the first
    ``number`` of them. What is read grows with what has changed, not with the book.
    """
    span = {"book_id": book_id, "then": then, "after": after, "top": top, "number": number}
    return [
        ChangedCard(
            row.href,
            row.revision,
            None
            if row.then_id is None or row.was_gone
            else Kept(row.then_id, row.then_key, row.then_etag),
            None if row.now_id is None else Kept(row.now_id, row.now_key, row.now_etag),
            row.then_batch if row.was_gone and row.then_key == row.now_key else None,
        )
        for row in connection.execute(_CHANGED_SINCE, span)
    ]


def touched(connection: Connection, book_ids: Sequence[int], acts: Acts) -> list[str]:
    """Return the keys of the cards to which ``acts`` did something in the books, in order."""
    statement = select(card_version.c.key).where(*_did(book_ids, acts))
    return list(dict.fromkeys(connection.scalars(statement.order_by(card_version.c.id))))


def books_of(connection: Connection, keys: Sequence[str]) -> set[int]:
    """Return the ids of all books that cards have ever been in."""
    statement = select(card_version.c.addressbook_id).where(card_version.c.key.in_(keys))
    return set(connection.scalars(statement.distinct()))


def actors(connection: Connection, book_ids: Sequence[int], acts: Acts) -> list[tuple[str, str]]:
    """Return whose ``acts`` those in the books are: logins, and the devices that were used."""
    statement = select(card_version.c.actor, card_version.c.device).where(*_did(book_ids, acts))
    return sorted({(row.actor, row.device) for row in connection.execute(statement.distinct())})


def _did(book_ids: Sequence[int], acts: Acts) -> list[ColumnElement[bool]]:
    """The same as ``Acts.include``, for the database."""
    version = card_version.c
    conditions: list[ColumnElement[bool]] = [version.addressbook_id.in_(book_ids)]
    if acts.login:
        conditions.append(version.actor == acts.login)
    if acts.device:
        conditions.append(version.device == acts.device)
    if acts.batch is not None:
        conditions.append(version.batch == acts.batch)
    if acts.since is not None:
        conditions.append(version.at >= acts.since)
    if acts.until is not None:
        conditions.append(version.at <= acts.until)
    return conditions
