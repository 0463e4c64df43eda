"""addressbook-query (RFC 6352 section 8.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dirserver.model.addressbook import Card
from dirserver_radicale.properties.collectionplan import CollectionPlan
from dirserver_radicale.properties.propfind import Depth
from dirserver_radicale.refused import Refused
from dirserver_radicale.reports.cardreport import read_limit, read_plan, truncated
from dirserver_radicale.tree.collection import Collection, Part
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.xml.filters import Filter
from dirserver_radicale.xml.filterxml import UnsupportedCollation, UnsupportedFilter, read_filter
from dirserver_radicale.xml.multistatus import BEGIN, CARDDAV, END, Markup

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element


def report(root: Element, book: Collection, location: Location, _depth: Depth) -> Iterator[Markup]:
    """Write the cards that a filter finds; one without any test, or none at all, finds each.

    The depth is not looked at: there is but one level, and who asks a book means its cards.
    """
    plan = read_plan(root, book)
    limit = read_limit(root, CARDDAV)
    return _written(book, plan, _read_filter(root), limit, location.href)


def _read_filter(root: Element) -> Filter:
    filters = root.findall(f"{CARDDAV}filter")
    if len(filters) > 1:
        raise ValueError("a query has one filter")
    try:
        return read_filter(filters[0]) if filters else Filter()
    except UnsupportedCollation as error:
        raise Refused("<C:supported-collation/>") from error
    except UnsupportedFilter as error:
        raise Refused("<C:supported-filter/>") from error


def _written(
    book: Collection, plan: CollectionPlan, asked: Filter, limit: int | None, only: str
) -> Iterator[Markup]:
    yield BEGIN
    if asked.finds_all and not only and limit is None:
        yield from plan.all(book.viewer.reading)
    else:
        found = _found(book, plan, asked, limit, only)
        yield from islice(found, limit)
        if limit is not None and next(found, None) is not None:
            yield truncated(book.url)
    yield END


def _found(
    book: Collection, plan: CollectionPlan, asked: Filter, limit: int | None, only: str
) -> Iterator[Markup]:
    """Write the cards that are found: the index names candidates, and their text decides."""
    reading = book.viewer.reading
    is_exact = asked.is_exact and not only

    def is_meant(_card: Card, body: bytes) -> bool:
        return asked.finds(body, reading.plan, is_exact=is_exact)

    named = [one.name for one in asked.prop_filters]
    query = asked.candidates()
    for part, href in _scopes(book, only):
        view, write = part.book.view, plan.of(part).write
        found = reading.matching(view, query, is_meant, named, only=href, limit=limit)
        for card, body in found:
            yield write(card.href, card.etag, body, card)


def _scopes(book: Collection, only: str) -> Iterable[tuple[Part, str]]:
    """Return where to look: in each book for any card, or for the one that is called ``only``."""
    if not only:
        return [(part, "") for part in book.parts]
    placed = book.placed(only)
    return [] if placed is None or placed[0].name_of(placed[1]) != only else [placed]
