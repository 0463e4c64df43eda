"""The bodies of cards, of one, of those that are named, or of a whole book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from dirserver.errors import NotAtOnce
from dirserver.model.addressbook import Card
from dirserver.store.cards import ANY_SIZE, BODY, LISTED, batches
from dirserver.store.prepared import Prepared, among, listed
from dirserver.store.tables import card, card_version

# So many texts are in memory at once; fewer where pictures of some megabytes are among them.
_TEXTS_AT_ONCE = 100
_BYTES_AT_ONCE = 8 * 1024 * 1024

_BOOK: BindParameter[int] = bindparam("book_id")
_BODY_OF = Prepared(
    select(card_version.c.body)
    .join(card, card.c.version_id == card_version.c.id)
    .where(card.c.addressbook_id == _BOOK, card.c.href == bindparam("href"))
)
_BODIES = (
    select(*LISTED, card_version.c.body)
    .join(card_version, card.c.version_id == card_version.c.id)
    .where(card.c.addressbook_id == _BOOK)
)
_ALL_BODIES = _BODIES.order_by(card.c.href)
_NAMED = among(card.c.href, "hrefs")
_NAMED_BODIES = Prepared(
    {engine: _BODIES.where(one).order_by(card.c.href) for engine, one in _NAMED.items()}
)
_TEXTS = (
    select(card.c.href, card.c.etag, BODY)
    .join(card_version, card.c.version_id == card_version.c.id)
    .where(card.c.addressbook_id == _BOOK)
)
_ALL_TEXTS = _TEXTS.order_by(card.c.href)
_NAMED_TEXTS = Prepared({engine: _TEXTS.where(one) for engine, one in _NAMED.items()})
_LARGEST = select(func.max(card.c.size)).where(card.c.addressbook_id == _BOOK)
_LARGEST_OF = Prepared({engine: _LARGEST.where(one) for engine, one in _NAMED.items()})


def body_of(connection: Connection, book_id: int, href: str) -> bytes | None:
    """Return the bytes of the card ``href``, as they were stored, or None."""
    row = _BODY_OF.row(connection, book_id=book_id, href=href)
    return None if row is None else row[0]


def with_cards(
    connection: Connection, book_id: int, hrefs: Iterable[str] | None = None
) -> Iterator[tuple[Card, bytes]]:
    """Yield cards with their bodies, those named or all of the book, in the order of their names.

    Of many that are named in another order, only those that are fetched together are sorted.
    """
    if hrefs is None:
        few = _few(connection, book_id)
        with connection.execute(_ALL_BODIES, {"book_id": book_id}, execution_options=few) as rows:
            for row in rows:
                *known, body = row
                yield Card(*known), body
        return
    for batch in _batches_of_texts(connection, book_id, hrefs):
        for *known, body in _NAMED_BODIES.iterate(connection, book_id=book_id, hrefs=batch):
            yield Card(*known), body


def with_etags(
    connection: Connection,
    book_id: int,
    hrefs: Iterable[str] | None = None,
    *,
    most: int = ANY_SIZE,
) -> Iterator[tuple[str, str, bytes]]:
    """Yield what ``with_cards`` does as name, etag and body; those that are named in any order.

    Raises NotAtOnce before a card that has more than ``most`` bytes.
    """
    values = {"book_id": book_id, "most": most}
    if hrefs is None:
        few = _few(connection, book_id)
        with connection.execute(_ALL_TEXTS, values, execution_options=few) as rows:
            yield from map(_whole, rows)
        return
    for batch in _batches_of_texts(connection, book_id, hrefs):
        yield from map(_whole, _NAMED_TEXTS.iterate(connection, hrefs=batch, **values))


def _whole(row: Sequence[Any]) -> tuple[str, str, bytes]:
    href, etag, body = row
    if body is None:
        raise NotAtOnce
    return href, etag, body


def _few(connection: Connection, book_id: int) -> dict[str, int]:
    """Return the option to fetch a few texts of a book at a time."""
    return {"yield_per": _at_once(connection.scalar(_LARGEST, {"book_id": book_id}))}


def _batches_of_texts(connection: Connection, book_id: int, hrefs: Iterable[str]) -> Iterator[str]:
    """Yield the names of cards that are fetched together, ``listed``.

    SQLite goes from row to row, but PostgreSQL's driver holds all that a statement finds.
    """
    for batch in batches(hrefs, _TEXTS_AT_ONCE):
        if connection.dialect.name == "sqlite":
            yield listed(batch)
            continue
        found = _LARGEST_OF.row(connection, book_id=book_id, hrefs=listed(batch))
        for few in batches(batch, _at_once(found[0] if found else None)):
            yield listed(few)


def _at_once(largest: int | None) -> int:
    """Return how many texts are fetched together when none is larger than that."""
    return max(1, min(_TEXTS_AT_ONCE, _BYTES_AT_ONCE // max(1, largest or 1)))
