"""sync-collection (RFC 6578)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dirserver.model.addressbook import Card
from dirserver_radicale.cardplan import CardPlan
from dirserver_radicale.cardreport import read_limit, read_plan, truncated
from dirserver_radicale.hrefs import Location
from dirserver_radicale.multistatus import BEGIN, DAV, END, status_response
from dirserver_radicale.propfind import Depth
from dirserver_radicale.resources import Book
from dirserver_radicale.sync import since

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_BATCH = 100
# A book is flat, so that either tells all of it. Without one, the depth says it (appendix A).
_LEVELS = ("1", "infinite", "infinity", "")


def report(root: Element, book: Book, _location: Location, _depth: Depth) -> Iterator[str]:
    """Write what changed since the client's token, and the token of now.

    The report is defined for Depth 0 only (section 3.2), but Thunderbird sends 1.
    """
    token = root.find(f"{DAV}sync-token")
    if token is None or (root.findtext(f"{DAV}sync-level") or "").strip() not in _LEVELS:
        raise ValueError("a sync-collection has a token, and a level that there is")
    plan = read_plan(root, book)
    limit = read_limit(root, DAV)
    said = (token.text or "").strip()
    if not said and limit is None:
        return _everything(book, plan)
    start = since(said, book.view, book.revision) if said else 0
    return _changes(book, plan, start, limit, first=not said)


def _everything(book: Book, plan: CardPlan) -> Iterator[str]:
    yield BEGIN
    book.viewer.reading.note_copy(book.view)
    yield from plan.all(book.viewer.reading)
    yield _end(book.token)


def _changes(
    book: Book, plan: CardPlan, start: int, limit: int | None, *, first: bool
) -> Iterator[str]:
    """Write changes, the oldest first, so that one who has some can ask for those after them.

    To a client that comes for the first time no card is gone (section 3.4).
    """
    yield BEGIN
    reached, more = start, False
    reading = book.viewer.reading
    changed = reading.changed(book.view, start, alive=first)
    left, told = limit, False
    while batch := list(islice(changed, _BATCH if left is None else min(_BATCH, left))):
        yield from _written(book, plan, [(name, card) for _, name, card in batch], goes_on=told)
        told = True
        reached = batch[-1][0]
        if left is not None and (left := left - len(batch)) == 0:
            more = next(changed, None) is not None
            break
    if more:
        yield truncated(book.url)
    yield _end(book.token_of(reached) if more else book.token)


def _written(
    book: Book, plan: CardPlan, changed: list[tuple[str, Card | None]], *, goes_on: bool
) -> Iterator[str]:
    alive = {name: card for name, card in changed if card is not None}
    if plan.needs.body:
        for name, written in plan.named(book.viewer.reading, alive, goes_on=goes_on):
            yield written or status_response(book.url_of(name), 404)
    else:
        for name, card in alive.items():
            yield plan.write(name, card.etag, card=card)
    for name, there in changed:
        if there is None:
            yield status_response(book.url_of(name), 404)


def _end(token: str) -> str:
    return f"<sync-token>{token}</sync-token>{END}"
