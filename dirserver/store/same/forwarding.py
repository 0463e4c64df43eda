"""Which card answers for one that was made one with it, until every client has heard of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from dirserver.store import cards
from dirserver.store.cards import StoredCard
from dirserver.store.prepared import Prepared
from dirserver.store.tables import card, card_version, forwarding

_SOME = 500
# More than anybody merges one into the next; a circle ends, too.
_LONGEST_WAY = 100

_COLUMNS = (
    forwarding.c.href,
    forwarding.c.uid,
    forwarding.c.key,
    forwarding.c.survivor,
    forwarding.c.revision,
    forwarding.c.batch,
    forwarding.c.linked,
)
_IN_FORCE = forwarding.c.lifted.is_(False)
_IN_BOOK = and_(forwarding.c.addressbook_id == bindparam("book_id"), _IN_FORCE)
# One that is back in a book answers for itself.
_IS_GONE = ~exists().where(card.c.key == forwarding.c.key)
# Asked for whenever a card is new, so they are put together once; see ``cards``. They are two,
# since SQLite would look at all rows of the book for one or the other.
_OF_BOOK = select(*_COLUMNS).where(_IN_BOOK, _IS_GONE)
_BY_HREF = Prepared(_OF_BOOK.where(forwarding.c.href == bindparam("href")))
_BY_UID = Prepared(
    _OF_BOOK.where(forwarding.c.uid == bindparam("uid"), forwarding.c.href != bindparam("href"))
)
_HREF_OF = select(card.c.href).where(
    card.c.addressbook_id == bindparam("book_id"), card.c.key == bindparam("key")
)
_NEXT = select(forwarding.c.survivor).where(_IN_BOOK, forwarding.c.key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Forward:
    """A card that was made one with another: what it was called, and the key of the survivor.

    It went at the book's ``revision``; ``batch`` takes that back. With ``linked``, the survivor has
    its link from it.
    """

    href: str
    uid: str
    key: str
    survivor: str
    revision: int
    batch: int
    linked: bool = False


def add(connection: Connection, book_id: int, forwards: Sequence[Forward], at: datetime) -> None:
    """Let the survivors answer for cards of a book."""
    for one in forwards:
        # Names can be used again, and a card may have come back in some other way.
        same = and_(forwarding.c.addressbook_id == book_id, forwarding.c.href == one.href)
        connection.execute(delete(forwarding).where(or_(same, forwarding.c.key == one.key)))
        row = {name: getattr(one, name) for name in Forward.__slots__}
        there = {"addressbook_id": book_id, "at": at, "lifted": False}
        connection.execute(insert(forwarding).values(**there, **row))


def named(connection: Connection, book_id: int, href: str, uid: str) -> list[Forward]:
    """Return what is known of cards that had this name, or this UID unless that is empty.

    The one with the name comes first.
    """
    found = _BY_HREF.rows(connection, book_id=book_id, href=href)
    if uid:
        found += _BY_UID.rows(connection, book_id=book_id, href=href, uid=uid)
    return [Forward(*row) for row in found]


def of_uids(connection: Connection, book_id: int, uids: Iterable[str]) -> dict[str, Forward]:
    """Return what is known of the cards that had these UIDs and which no card has now."""
    wanted = sorted({uid for uid in uids if uid})
    found: dict[str, Forward] = {}
    there = (card.c.addressbook_id == forwarding.c.addressbook_id, card.c.uid == forwarding.c.uid)
    for at in range(0, len(wanted), _SOME):
        statement = select(*_COLUMNS).where(
            forwarding.c.addressbook_id == book_id,
            forwarding.c.uid.in_(wanted[at : at + _SOME]),
            _IN_FORCE,
            _IS_GONE,
            ~exists().where(*there),
        )
        rows = connection.execute(statement.order_by(forwarding.c.revision))
        found.update({row.uid: Forward(*row) for row in rows})
    return found


def survivor(
    connection: Connection, book_id: int, forward: Forward
) -> tuple[StoredCard, bytes] | None:
    """Return the card that stands for ``forward``, and its bytes; None if it is not there either.

    That may itself have been made one with another one since.
    """
    key: str | None = forward.survivor
    for _ in range(_LONGEST_WAY):
        if key is None:
            return None
        href = connection.scalar(_HREF_OF, {"book_id": book_id, "key": key})
        if href is not None:
            return cards.find_with_body(connection, book_id, href)
        key = connection.scalar(_NEXT, {"book_id": book_id, "key": key})
    return None


def body_known(
    connection: Connection, forward: Forward, etags: Collection[str] | None
) -> bytes | None:
    """Return the newest body that a card had before it went; None if it is pruned.

    With ``etags``, it is the newest one that had one of these.
    """
    statement = select(card_version.c.body).where(
        card_version.c.key == forward.key, card_version.c.body.is_not(None)
    )
    if etags is not None:
        statement = statement.where(card_version.c.etag.in_(sorted(etags)))
    newest = statement.order_by(card_version.c.id.desc()).limit(1)
    body: bytes | None = connection.scalar(newest)
    return body


def lift(connection: Connection, keys: Collection[str]) -> list[tuple[str, str]]:
    """Let cards answer for themselves that are back in a book.

    Return the keys of those from which a survivor has its link, each with that one's.
    """
    back = and_(forwarding.c.key.in_(sorted(keys)), _IN_FORCE)
    linked = select(forwarding.c.key, forwarding.c.survivor).where(back, forwarding.c.linked)
    heirs = [(row.key, row.survivor) for row in connection.execute(linked)]
    connection.execute(update(forwarding).where(back).values(lifted=True))
    return heirs


def lifted(connection: Connection, key: str, batch: int) -> Forward | None:
    """Return how a card went that had gone by ``batch``, and was back in a book after that."""
    statement = select(*_COLUMNS).where(
        forwarding.c.key == key, forwarding.c.batch == batch, ~_IN_FORCE
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else Forward(*row)


def forget(connection: Connection, keys: Sequence[str]) -> None:
    """Leave nothing of cards by which anybody could be told, nor of what became one with them."""
    for at in range(0, len(keys), _SOME):
        some = keys[at : at + _SOME]
        told = or_(forwarding.c.key.in_(some), forwarding.c.survivor.in_(some))
        connection.execute(delete(forwarding).where(told))


def prune(connection: Connection, book_id: int, before: datetime) -> None:
    """Let go of what became one before a moment, as the history lets go of it."""
    told = (forwarding.c.addressbook_id == book_id, forwarding.c.at < before)
    connection.execute(delete(forwarding).where(*told))
