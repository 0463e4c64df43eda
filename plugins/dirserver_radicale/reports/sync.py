"""sync-collection (RFC 6578)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from dirserver.model.addressbook import Card
from dirserver_radicale.changes.course import Course, Farewell, Leg
from dirserver_radicale.changes.since import course
from dirserver_radicale.properties.collectionplan import CollectionPlan
from dirserver_radicale.properties.propfind import Depth
from dirserver_radicale.reports.cardreport import read_limit, read_plan, truncated
from dirserver_radicale.tree.collection import Collection
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.xml.multistatus import BEGIN, DAV, END, Markup, status_response

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_BATCH = 100
# A book is flat, so that either tells all of it. Without one, the depth says it (appendix A).
_LEVELS = ("1", "infinite", "infinity", "")


def report(root: Element, book: Collection, _location: Location, _depth: Depth) -> Iterator[Markup]:
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
        return _everything(plan)
    return _changes(plan, course(book, said), limit)


def _everything(plan: CollectionPlan) -> Iterator[Markup]:
    book = plan.collection
    yield BEGIN
    for part in book.parts:
        book.viewer.reading.note_copy(part.book.view)
    yield from plan.all(book.viewer.reading)
    yield _end(book.token)


def _changes(plan: CollectionPlan, course: Course, limit: int | None) -> Iterator[Markup]:
    """Write changes leg by leg, the oldest of each first.

    So a client that has some can ask for those after them.
    """
    yield BEGIN
    token, left, told = course.end, limit, -1
    rows = ((at, *row) for at, leg in enumerate(course.legs) for row in leg.rows())
    while batch := list(islice(rows, _BATCH if left is None else min(_BATCH, left))):
        for at, some in groupby(batch, key=itemgetter(0)):
            changed = [(name, card) for _, _, name, card in some]
            yield from _written(plan, course.legs[at], changed, goes_on=at == told)
            told = at
        if left is not None and (left := left - len(batch)) == 0:
            if next(rows, None) is not None:
                token = course.token(*batch[-1][:2])
                yield truncated(plan.collection.url)
            break
    yield _end(token)


def _written(
    plan: CollectionPlan,
    leg: Leg | Farewell,
    changed: list[tuple[str, Card | None]],
    *,
    goes_on: bool,
) -> Iterator[Markup]:
    if isinstance(leg, Farewell):
        for name, _ in changed:
            yield status_response(leg.part.url_of(name), 404)
        return
    cards, part = plan.of(leg.part), leg.part
    alive = {name: card for name, card in changed if card is not None}
    if cards.needs.body:
        left, reading = dict.fromkeys(alive), plan.collection.viewer.reading
        for name, written in cards.read(reading, list(alive), goes_on=goes_on):
            left.pop(name, None)
            yield written
        for name in left:
            yield status_response(part.url_of(name), 404)
    else:
        for name, card in alive.items():
            yield cards.write(name, card.etag, card=card)
    for name, there in changed:
        if there is None:
            yield status_response(part.url_of(name), 404)


def _end(token: str) -> str:
    return f"<sync-token>{token}</sync-token>{END}"
