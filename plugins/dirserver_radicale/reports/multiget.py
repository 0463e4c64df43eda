"""addressbook-multiget (RFC 6352 section 8.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dirserver_radicale.properties.collectionplan import CollectionPlan
from dirserver_radicale.properties.propfind import Depth
from dirserver_radicale.reports.cardreport import read_plan
from dirserver_radicale.tree.collection import Collection
from dirserver_radicale.tree.hrefs import (
    Location,
    as_sent,
    escaped,
    escaped_name,
    is_plain,
    path_in,
)
from dirserver_radicale.xml.multistatus import BEGIN, DAV, END, Markup, status_response

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element


def report(root: Element, book: Collection, location: Location, _depth: Depth) -> Iterator[Markup]:
    """Write the cards that are named, and of each that there is not that there is none."""
    plan = read_plan(root, book)
    prefix = Location(location.login, location.book).path
    names: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    for element in root.iterfind(f"{DAV}href"):
        url = (element.text or "").strip()
        try:
            name, path = _name_in(book, url, prefix)
        except ValueError:
            # It names nothing, which says nothing against the others.
            elsewhere[as_sent(url)] = None
            continue
        if name and location.href in ("", name):
            names[name] = None
        else:
            elsewhere[escaped(path)] = None
    return _written(book, plan, names, elsewhere)


def _name_in(book: Collection, url: str, prefix: str) -> tuple[str, str]:
    """Return the name of the card that ``url`` is of, or nothing, and its path.

    It may be absolute (KDE), or spelled in any way. Raises ValueError.
    """
    if url.startswith(book.url) and is_plain(name := url[len(book.url) :]):
        # Most are as they were told in a listing.
        return name, url
    path = path_in(url)
    name = path.removeprefix(prefix) if path.startswith(prefix) else ""
    return "" if "/" in name else name, path


def _written(
    book: Collection, plan: CollectionPlan, names: dict[str, None], elsewhere: dict[str, None]
) -> Iterator[Markup]:
    yield BEGIN
    for name, card in plan.named(book.viewer.reading, names):
        yield card or status_response(book.url + escaped_name(name), 404)
    for url in elsewhere:
        yield status_response(url, 404)
    yield END
