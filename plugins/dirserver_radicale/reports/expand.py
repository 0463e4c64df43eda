"""expand-property (RFC 3253 section 3.8): what a property points to, with properties of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from dirserver.errors import AccessDenied, NotFound
from dirserver_radicale.properties.cardplan import card_property
from dirserver_radicale.properties.live import Missing, Value, written
from dirserver_radicale.properties.propfind import MOST_NAMES, Depth, split, without_404
from dirserver_radicale.refused import Refused
from dirserver_radicale.tree.collection import Collection
from dirserver_radicale.tree.hrefs import Location, locate, path_in
from dirserver_radicale.tree.resources import Resource, Viewer
from dirserver_radicale.xml import multistatus
from dirserver_radicale.xml.multistatus import BEGIN, DAV, END, Markup, element

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_HREF = re.compile("<href>([^<]*)</href>")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# No element may be in it (Namespaces in XML section 3).
_XMLNS = "http://www.w3.org/2000/xmlns/"
# Everybody in every group of everybody in a group: no client needs so many.
_MOST_RESOURCES = 1000


@dataclass(slots=True)
class _Budget:
    left: int = field(default=_MOST_RESOURCES)

    def spend(self) -> None:
        """Count one more resource. Raises Refused when there are too many."""
        self.left -= 1
        if self.left < 0:
            raise Refused("<number-of-matches-within-limits/>")


def report(root: Element, resource: Resource, location: Location, depth: Depth) -> Iterator[Markup]:
    """Write the properties that are named, and in place of their hrefs what these point to.

    Raises NotFound for a card that is not there.
    """
    if depth is not Depth.ZERO:
        raise ValueError("the report is about one resource")
    budget = _Budget()
    if location.href and isinstance(resource, Collection):
        told = _response_about_card(resource, location.href, root, budget)
    else:
        told = _response_about(resource, root, budget)
    return iter((BEGIN, told, END))


def _response_about_card(collection: Collection, name: str, asked: Element, budget: _Budget) -> str:
    placed = collection.placed(name)
    if placed is None:
        raise NotFound(name)
    part, href = placed
    if part.name_of(href) != name:
        raise NotFound(name)
    viewer, view = collection.viewer, part.book.view
    card = viewer.reading.card(view, href)
    if view.hidden:
        lengths = viewer.reading.lengths(view, [card.href])
        card = replace(card, size=lengths[card.href])
    value_of = partial(card_property, part.book, card)
    return _response(viewer, part.url_of(card.href), value_of, asked, budget)


def _response_about(resource: Resource, asked: Element, budget: _Budget) -> str:
    value_of = partial(written, resource)
    return _response(resource.viewer, resource.url, value_of, asked, budget)


def _response(
    viewer: Viewer, url: str, value_of: Callable[[str], Value], asked: Element, budget: _Budget
) -> str:
    budget.spend()
    found: list[str] = []
    missing: dict[Missing, list[str]] = {}
    children = asked.findall(f"{DAV}property")
    if len(children) > MOST_NAMES:
        raise ValueError("too many properties")
    for child in children:
        name = _name(child)
        value = value_of(name)
        if isinstance(value, Missing):
            missing.setdefault(value, []).append(element(name))
        elif child.find(f"{DAV}property") is None:
            found.append(value)
        else:
            found.append(_expanded(viewer, value, child, budget))
    return multistatus.response(url, split(found, without_404(viewer, missing)))


def _expanded(viewer: Viewer, value: str, asked: Element, budget: _Budget) -> str:
    def expand(match: re.Match[str]) -> str:
        there = _at(viewer, match[1])
        return match[0] if there is None else _response_about(there, asked, budget)

    return _HREF.sub(expand, value)


def _at(viewer: Viewer, url: str) -> Resource | None:
    location = locate(path_in(url)) if url.startswith("/") else None
    if location is None or location.href:
        return None
    try:
        return viewer.at(location)
    except AccessDenied:
        return None


def _name(child: Element) -> str:
    name, namespace = child.get("name", ""), child.get("namespace", "DAV:")
    if not _NAME.fullmatch(name) or namespace == _XMLNS:
        raise ValueError("a property without a name")
    return f"{{{namespace}}}{name}" if namespace else name
