"""PROPFIND (RFC 4918 section 9.1): what is asked for, and the answer to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dirserver_radicale.properties.live import Missing, basic, names, written
from dirserver_radicale.tree.resources import PrincipalPlace, Resource, Root, Viewer
from dirserver_radicale.xml import multistatus
from dirserver_radicale.xml.multistatus import DAV, element, propstat

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element


class Kind(StrEnum):
    """What a client wants to know: some properties, all of them, or which there are."""

    PROP = "prop"
    ALLPROP = "allprop"
    PROPNAME = "propname"


_KINDS = {f"{DAV}{kind}": kind for kind in Kind}
# Each of them is written for every card.
MOST_NAMES = 200
_MOST_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The properties that are asked for; with ALLPROP, those that are wanted beside them."""

    kind: Kind
    names: tuple[str, ...] = ()


class Depth(StrEnum):
    """How deep a request goes."""

    ZERO = "0"
    ONE = "1"
    INFINITY = "infinity"


def read_depth(header: str | None, default: Depth = Depth.INFINITY) -> Depth:
    """Return the depth that a client asks for; without the header that is ``default``.

    What else the header may say is a preference (``prefer``). Raises ValueError.
    """
    if header is None:
        return default
    depth, _, noroot = header.lower().partition(",")
    if noroot.strip() not in ("", "noroot"):
        raise ValueError("this is no depth")
    return Depth(depth.strip())


def read_propfind(root: Element | None) -> Wanted:
    """Read the body of a PROPFIND; without one, everything is asked for.

    Raises ValueError for a document that is no PROPFIND, or that asks for two kinds of thing.
    """
    if root is None:
        return Wanted(Kind.ALLPROP)
    kinds = [child for child in root if child.tag in _KINDS]
    if root.tag != f"{DAV}propfind" or len(kinds) != 1:
        raise ValueError("this is no propfind")
    include = root.find(f"{DAV}include")
    return read_wanted(kinds[0], [] if include is None else include)


def read_wanted(element: Element, include: Iterable[Element] = ()) -> Wanted:
    """Read a DAV:prop, DAV:allprop or DAV:propname (RFC 4918 section 14). Raises ValueError."""
    kind = _KINDS[element.tag]
    children = element if kind is Kind.PROP else include
    wanted = tuple(dict.fromkeys(child.tag for child in children))
    if len(wanted) > MOST_NAMES or sum(map(len, wanted)) > _MOST_CHARACTERS:
        raise ValueError("too many properties")
    return Wanted(kind, wanted)


def propstats(resource: Resource, wanted: Wanted) -> Iterator[str]:
    """Write what is asked for of one resource, what was found first.

    Thunderbird reads the first status only.
    """
    if wanted.kind is Kind.PROPNAME:
        yield propstat("".join(map(element, names(resource))), 200)
        return
    asked = wanted.names
    if wanted.kind is Kind.ALLPROP:
        asked = tuple(dict.fromkeys([*basic(resource), *asked]))
    found: list[str] = []
    missing: dict[Missing, list[str]] = {}
    for name in asked:
        value = written(resource, name)
        if isinstance(value, Missing):
            missing.setdefault(value, []).append(element(name))
        else:
            found.append(value)
    yield from split(found, without_404(resource.viewer, missing))


def without_404(viewer: Viewer, missing: dict[Missing, list[str]]) -> dict[Missing, list[str]]:
    """Return what is ``missing`` as far as ``viewer`` is told.

    A client that prefers that hears nothing of what there is not (RFC 8144 section 2.1).
    """
    if viewer.preferences.minimal:
        missing.pop(Missing.NOT_FOUND, None)
    return missing


def split(found: list[str], missing: dict[Missing, list[str]]) -> Iterator[str]:
    """Write a propstat for each status that there is, in the order of the statuses."""
    if found or not missing:
        yield propstat("".join(found), 200)
    for why in Missing:
        if why in missing:
            yield propstat("".join(missing[why]), why.value)


def response(resource: Resource, wanted: Wanted) -> str:
    """Write a DAV:response about one resource."""
    return multistatus.response(resource.url, propstats(resource, wanted))


def members(resource: Resource) -> Iterator[Resource]:
    """Yield what is directly in a collection, but for the cards of a book."""
    match resource:
        case Root(viewer):
            yield PrincipalPlace(viewer, viewer.principal)
        case PrincipalPlace():
            yield from resource.books()
        case _:
            pass
