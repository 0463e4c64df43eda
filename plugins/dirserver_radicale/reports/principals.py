"""The reports on principals (RFC 3744 section 9), among those whom the client may know of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import unescape

from dirserver.model.fold import fold
from dirserver.model.grant import Privilege
from dirserver.model.principal import EVERYONE
from dirserver_radicale.properties.live import DISPLAYNAME, MAIL, Missing, live
from dirserver_radicale.properties.propfind import Depth, Kind, Wanted, read_wanted, response
from dirserver_radicale.tree.collection import Book
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.tree.resources import PrincipalPlace, Resource, Root
from dirserver_radicale.xml.multistatus import BEGIN, DAV, END, NAMESPACES, XML, Markup, element

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_DESCRIPTIONS = {DISPLAYNAME: "Name", MAIL: "Mail address"}
_TAG = re.compile("<[^>]*>")
_MOST_TESTS = 20


def search(
    root: Element, resource: Resource, _location: Location, depth: Depth
) -> Iterator[Markup]:
    """Write the principals that match (section 9.4), without regard to case and accents.

    They are those below the collection that is asked, which is the root.
    """
    _require_depth_0(depth)
    tests = [_read_test(each) for each in root.iterfind(f"{DAV}property-search")]
    if not 0 < len(tests) <= _MOST_TESTS:
        raise ValueError("a search searches for something, and not for too much")
    join = any if root.get("test") == "anyof" else all
    everywhere = root.find(f"{DAV}apply-to-principal-collection-set") is not None
    places = resource.viewer.known() if everywhere or isinstance(resource, Root) else iter(())
    found = (place for place in places if join(test(place) for test in tests))
    return _written(found, _wanted(root))


def _read_test(element: Element) -> Callable[[PrincipalPlace], bool]:
    names = [child.tag for child in element.iterfind(f"{DAV}prop/*")]
    text = fold(element.findtext(f"{DAV}match") or "")
    if not names:
        raise ValueError("no property to search")

    def matches(place: PrincipalPlace) -> bool:
        # What cannot be searched matches nobody.
        return all(name in _DESCRIPTIONS and text in _text(place, name) for name in names)

    return matches


def _text(place: PrincipalPlace, name: str) -> str:
    value = live(place, name)
    return "" if isinstance(value, Missing) else fold(unescape(_TAG.sub("", value)))


def searchable(
    _root: Element, _resource: Resource, _location: Location, depth: Depth
) -> Iterator[Markup]:
    """Write which properties can be searched (section 9.5)."""
    _require_depth_0(depth)
    described = "".join(
        [
            f"<principal-search-property><prop>{element(name)}</prop>"
            f'<description xml:lang="en">{text}</description></principal-search-property>'
            for name, text in _DESCRIPTIONS.items()
        ]
    )
    document = f"<principal-search-property-set {NAMESPACES}>{described}"
    return iter((f"{XML}{document}</principal-search-property-set>\n",))


def match(root: Element, resource: Resource, _location: Location, depth: Depth) -> Iterator[Markup]:
    """Write which of the resources below are, or belong to, whoever asks (section 9.3)."""
    _require_depth_0(depth)
    wanted = _wanted(root)
    viewer = resource.viewer
    if root.find(f"{DAV}self") is not None:
        names = viewer.principal.grantees - {EVERYONE} if isinstance(resource, Root) else ()
        places = map(viewer.principal_called, sorted(names))
        return _written((place for place in places if place is not None), wanted)
    property_ = root.find(f"{DAV}principal-property/*")
    if property_ is None:
        raise ValueError("match what?")
    home = PrincipalPlace(viewer, viewer.principal)
    below: list[Resource] = [home] if isinstance(resource, Root) else []
    if isinstance(resource, Root) or resource == home:
        below += home.books()
    mine = f"<href>{viewer.home}</href>"
    return _written((one for one in below if live(one, property_.tag) == mine), wanted)


def of_access_control(
    root: Element, book: Book, _location: Location, depth: Depth
) -> Iterator[Markup]:
    """Write the principals that a book's DAV:acl names (section 9.2)."""
    _require_depth_0(depth)
    grants = book.viewer.reading.policy.grants.get(book.view.book.id, ())
    names = sorted(grant.grantee for grant in grants if grant.access >= Privilege.READ)
    places = map(book.viewer.principal_called, names)
    return _written((place for place in places if place is not None), _wanted(root))


def _require_depth_0(depth: Depth) -> None:
    if depth is not Depth.ZERO:
        raise ValueError("this report is defined for Depth 0 only")


def _wanted(root: Element) -> Wanted:
    found = root.find(f"{DAV}prop")
    return Wanted(Kind.PROP) if found is None else read_wanted(found)


def _written(resources: Iterator[Resource], wanted: Wanted) -> Iterator[Markup]:
    yield BEGIN
    for resource in resources:
        yield response(resource, wanted)
    yield END
