"""Cards in their books, as they are read: listings, single ones, changes since a revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from dirserver.errors import NotAtOnce, NotFound
from dirserver.model.addressbook import Card, Change
from dirserver.store import pruning
from dirserver.store.prepared import Prepared
from dirserver.store.tables import addressbook, card, card_version, change

# Both engines take more parameters in one statement; more than this gains nothing.
_BATCH = 500
_ROWS = 1000
# More than a card can have.
ANY_SIZE = 2**31 - 1
# In the order of a Card.
LISTED = (card.c.href, card.c.etag, card.c.size, card.c.modified, card.c.uid, card.c.key)

# Rows that come as they are asked for are read in a ``with``: whoever stops half-way would leave
# PostgreSQL's cursor open.

# Statements of every request are put together once: SQLAlchemy takes three times as long to put
# a small one together as to run it.
_BOOK: BindParameter[int] = bindparam("book_id")
_STATE = Prepared(
    select(addressbook.c.revision, addressbook.c.modified).where(addressbook.c.id == _BOOK)
)
_STATES = select(addressbook.c.id, addressbook.c.revision, addressbook.c.modified).where(
    addressbook.c.id.in_(bindparam("book_ids", expanding=True))
)
# In the order of a StoredCard, but for its Card, which follows.
_KEPT = (card.c.id, card.c.revision, card.c.version_id, card.c.link_id)
_IN_BOOK = select(*_KEPT, *LISTED).where(card.c.addressbook_id == _BOOK)
_BY_HREF = Prepared(_IN_BOOK.where(card.c.href == bindparam("href")))
_BY_UID = Prepared(_IN_BOOK.where(card.c.uid == bindparam("uid")).limit(1))
_LISTING = (
    select(*LISTED)
    .where(card.c.addressbook_id == _BOOK)
    .order_by(card.c.href)
    .execution_options(yield_per=_ROWS)
)
_ETAGS = (
    select(card.c.href, card.c.etag)
    .where(card.c.addressbook_id == _BOOK)
    .order_by(card.c.href)
    .execution_options(yield_per=_ROWS)
)
# Of a body that is too large, no byte is read: the row tells how large it is.
BODY = case((card.c.size <= bindparam("most"), card_version.c.body))
_WITH_BODY = Prepared(
    select(*_KEPT, *LISTED, BODY)
    .join(card_version, card.c.version_id == card_version.c.id)
    .where(card.c.addressbook_id == _BOOK, card.c.href == bindparam("href"))
)
_COUNT = Prepared(select(func.count()).select_from(card).where(card.c.addressbook_id == _BOOK))
_NTH = Prepared(
    select(card.c.id).where(card.c.addressbook_id == _BOOK).limit(1).offset(bindparam("before"))
)
_CHANGES = (
    select(change.c.href, change.c.revision, change.c.vanished)
    .where(change.c.addressbook_id == _BOOK, change.c.revision > bindparam("since"))
    .order_by(change.c.revision)
    .execution_options(yield_per=_ROWS)
)
# That a card has the name of a change, in its book.
IS_OF_CHANGE = and_(card.c.addressbook_id == change.c.addressbook_id, card.c.href == change.c.href)
# Each change with what the card is now; of one that is gone there is nothing to join.
_CHANGED = (
    select(change.c.revision, change.c.href.label("changed"), *LISTED)
    .outerjoin(card, IS_OF_CHANGE)
    .where(change.c.addressbook_id == _BOOK, change.c.revision > bindparam("since"))
    .order_by(change.c.revision)
    .execution_options(yield_per=_ROWS)
)
_CHANGED_ALIVE = _CHANGED.where(change.c.vanished.is_(False))


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card with what the store needs to replace it, and its link, if it has one."""

    id: int
    revision: int
    version_id: int
    link_id: int | None
    card: Card


@dataclass(frozen=True, slots=True)
class BookState:
    """The revision of a book's last change, and when that was."""

    revision: int
    modified: datetime


def _card(row: Row[*tuple[Any, ...]]) -> Card:
    return Card(row.href, row.etag, row.size, row.modified, row.uid, row.key)


def state(connection: Connection, book_id: int) -> BookState:
    """Return how far the book has come. Raises NotFound when there is no such book."""
    row = _STATE.row(connection, book_id=book_id)
    if row is None:
        raise NotFound(f"book {book_id}")
    return BookState(*row)


def states(connection: Connection, book_ids: Sequence[int]) -> dict[int, BookState]:
    """Return how far each of these books has come, by its id."""
    rows = connection.execute(_STATES, {"book_ids": list(book_ids)}) if book_ids else ()
    return {row.id: BookState(row.revision, row.modified) for row in rows}


def listing(
    connection: Connection, book_id: int, hrefs: Iterable[str] | None = None
) -> Iterator[Card]:
    """Yield cards, those named or all of the book, in the order of their names.

    No body is touched. Of many that are named in another order, only those that are fetched
    together are sorted.
    """
    for batch in batches(() if hrefs is None else hrefs):
        for row in connection.execute(_LISTING.where(card.c.href.in_(batch)), {"book_id": book_id}):
            yield _card(row)
    if hrefs is not None:
        return
    with connection.execute(_LISTING, {"book_id": book_id}) as rows:
        for row in rows:
            yield _card(row)


def etags(connection: Connection, book_id: int) -> Iterator[tuple[str, str]]:
    """Yield names and etags as ``listing`` does, which is all that most listings show."""
    with connection.execute(_ETAGS, {"book_id": book_id}) as rows:
        yield from rows


def find(connection: Connection, book_id: int, href: str) -> StoredCard | None:
    """Return the card ``href`` of a book, or None."""
    return _stored(_BY_HREF.row(connection, book_id=book_id, href=href))


def find_with_body(
    connection: Connection, book_id: int, href: str, *, most: int = ANY_SIZE
) -> tuple[StoredCard, bytes] | None:
    """Return the card ``href`` of a book with its bytes, or None.

    Raises NotAtOnce, and reads nothing of it, where it has more than ``most``.
    """
    row = _WITH_BODY.row(connection, book_id=book_id, href=href, most=most)
    if row is None:
        return None
    *kept, body = row
    if body is None:
        raise NotAtOnce
    return _whole(kept), body


def find_uid(connection: Connection, book_id: int, uid: str) -> StoredCard | None:
    """Return the card of a book that has the UID ``uid``, or None."""
    return _stored(_BY_UID.row(connection, book_id=book_id, uid=uid))


def _stored(row: tuple[Any, ...] | None) -> StoredCard | None:
    return None if row is None else _whole(row)


def _whole(row: Sequence[Any]) -> StoredCard:
    number, revision, version, link, *listed = row
    return StoredCard(number, revision, version, link, Card(*listed))


def find_many(
    connection: Connection, book_id: int, column: str, values: Iterable[str]
) -> dict[str, StoredCard]:
    """Return the cards of a book whose ``column`` (``href`` or ``uid``) is among ``values``."""
    found: dict[str, StoredCard] = {}
    for batch in batches(values):
        statement = _IN_BOOK.where(card.c[column].in_(batch))
        for row in connection.execute(statement, {"book_id": book_id}):
            found[getattr(row, column)] = _whole(row)
    return found


def changes(connection: Connection, book_id: int, since: int) -> Iterator[Change]:
    """Yield what changed in a book after the revision ``since``, oldest change first.

    A card that changed often is there once, with its last change.
    """
    with connection.execute(_CHANGES, {"book_id": book_id, "since": since}) as rows:
        for row in rows:
            yield Change(row.href, row.revision, row.vanished)


def changed(
    connection: Connection, book_id: int, since: int, *, alive: bool = False
) -> Iterator[tuple[int, str, Card | None]]:
    """Yield what ``changes`` does as revision, name and the card that it is now.

    None stands for a card that is gone; with ``alive`` these are left out.
    """
    statement = _CHANGED_ALIVE if alive else _CHANGED
    with connection.execute(statement, {"book_id": book_id, "since": since}) as rows:
        for row in rows:
            yield row.revision, row.changed, None if row.etag is None else _card(row)


def left_behind(
    connection: Connection,
    book_id: int,
    start: int,
    held: int,
    *,
    namesakes: int | None = None,
    only: ColumnElement[bool] | None = None,
) -> Iterator[tuple[int, str]]:
    """Yield revision and name of each last change after ``start``, in their order, of a card.

    Of those that were in the book at the revision ``held``, which has gone on since; and of those
    that are in the book ``namesakes`` by the same name, none. Of cards that have not changed
    since, there are ``only`` those for which this holds.
    """
    stays: ColumnElement[bool] = change.c.vanished.is_(False)
    if only is not None:
        stays = select(card.c.id).where(IS_OF_CHANGE, only).exists()
    statement = (
        select(change.c.revision, change.c.href)
        .where(
            change.c.addressbook_id == book_id,
            change.c.revision > start,
            or_(
                and_(change.c.revision <= held, stays),
                and_(change.c.revision > held, was_there(connection, book_id, held)),
            ),
        )
        .order_by(change.c.revision)
        .execution_options(yield_per=_ROWS)
    )
    if namesakes is not None:
        same = (card.c.addressbook_id == namesakes, card.c.href == change.c.href)
        statement = statement.where(~select(card.c.id).where(*same).exists())
    with connection.execute(statement) as rows:
        yield from rows


def was_there(connection: Connection, book_id: int, held: int) -> ColumnElement[bool]:
    """Return the condition that the name of a change was in the book at the revision ``held``.

    Or that it may have been, where versions of then are not kept any more: what is left of a
    name's versions then begins before the day up to which they were deleted, if anything is left.
    """
    versions = select(card_version.c.id).where(
        card_version.c.addressbook_id == change.c.addressbook_id,
        card_version.c.href == change.c.href,
    )
    known = card_version.c.revision <= held
    pruned = pruning.horizon(connection, [book_id])
    if pruned is not None:
        known = or_(known, card_version.c.at < pruned)
    return or_(versions.where(known).exists(), ~versions.exists())


def count(connection: Connection, book_id: int) -> int:
    """Return how many cards the book has."""
    found = _COUNT.row(connection, book_id=book_id)
    return 0 if found is None else found[0]


def has_at_least(connection: Connection, book_id: int, number: int) -> bool:
    """Say whether the book has ``number`` cards, or more."""
    return _NTH.row(connection, book_id=book_id, before=number - 1) is not None


def batches(values: Iterable[str], size: int = _BATCH) -> Iterator[list[str]]:
    """Yield ``values`` in lists that one statement takes."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch
