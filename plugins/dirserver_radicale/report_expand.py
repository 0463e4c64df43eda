"""expand-property (RFC 3253 section 3.8): what a property points to, with properties of that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dirserver.errors import AccessDenied
from dirserver_radicale import multistatus
from dirserver_radicale.hrefs import Location, locate, path_in
from dirserver_radicale.multistatus import BEGIN, DAV, END, element
from dirserver_radicale.properties import Missing, written
from dirserver_radicale.propfind import Depth, split
from dirserver_radicale.refused import Refused
from dirserver_radicale.resources import Resource

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_HREF = re.compile("<href>([^<]*)</href>")
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


def report(root: Element, resource: Resource, location: Location, depth: Depth) -> Iterator[str]:
    """Write the properties that are named, and in place of their hrefs what these point to."""
    if location.href or depth is not Depth.ZERO:
        raise ValueError("expand-property is about one collection or principal")
    return iter((BEGIN, _response(resource, root, _Budget()), END))


def _response(resource: Resource, asked: Element, budget: _Budget) -> str:
    budget.spend()
    found: list[str] = []
    missing: dict[Missing, list[str]] = {}
    for child in asked.iterfind(f"{DAV}property"):
        name = _name(child)
        value = written(resource, name)
        if isinstance(value, Missing):
            missing.setdefault(value, []).append(element(name))
        elif child.find(f"{DAV}property") is None:
            found.append(value)
        else:
            found.append(_expanded(resource, value, child, budget))
    return multistatus.response(resource.url, split(found, missing))


def _expanded(resource: Resource, value: str, asked: Element, budget: _Budget) -> str:
    def expand(match: re.Match[str]) -> str:
        there = _at(resource, match[1])
        return match[0] if there is None else _response(there, asked, budget)

    return _HREF.sub(expand, value)


def _at(resource: Resource, url: str) -> Resource | None:
    location = locate(path_in(url)) if url.startswith("/") else None
    if location is None or location.href:
        return None
    try:
        return resource.viewer.at(location)
    except AccessDenied:
        return None


def _name(child: Element) -> str:
    name, namespace = child.get("name", ""), child.get("namespace", "DAV:")
    if not re.fullmatch(r"[^\W\d][\w.-]*", name):
        raise ValueError("a property without a name")
    return f"{{{namespace}}}{name}" if namespace else name
