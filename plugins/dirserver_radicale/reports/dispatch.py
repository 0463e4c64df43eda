"""REPORT: what is asked for, and which module writes the answer (RFC 3253 section 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dirserver_radicale.properties import reportset
from dirserver_radicale.properties.cardplan import ADDRESS_DATA
from dirserver_radicale.properties.propfind import Depth
from dirserver_radicale.refused import Refused
from dirserver_radicale.reports import expand, multiget, principals, query, sync
from dirserver_radicale.tree.collection import Book, Collection
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.tree.resources import Resource
from dirserver_radicale.xml.multistatus import CARDDAV, DAV, Markup

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_REPORTS: dict[str, Callable[[Element, Resource, Location, Depth], Iterator[Markup]]] = {
    reportset.EXPAND: expand.report,
    reportset.SEARCH: principals.search,
    reportset.SEARCHABLE: principals.searchable,
    reportset.MATCH: principals.match,
}
_REPORTS_ON_CARDS: dict[str, Callable[[Element, Collection, Location, Depth], Iterator[Markup]]] = {
    reportset.SYNC: sync.report,
    reportset.MULTIGET: multiget.report,
    reportset.QUERY: query.report,
}
# DAVx5 asks for ten cards at a time.
_FEW = 12


def is_search(root: Element) -> bool:
    """Say whether a report may look at everything there is, to find little."""
    if root.tag == reportset.QUERY:
        return root.find(f"{CARDDAV}filter/{CARDDAV}prop-filter") is not None
    return root.tag == reportset.SEARCH


def is_brief(root: Element) -> bool:
    """Say whether a report asks for what has changed since a moment, mostly nothing, or for that.

    Cards that are to be converted take longer.
    """
    if root.tag == reportset.MULTIGET:
        data = root.find(f"{DAV}prop/{ADDRESS_DATA}")
        return len(root) <= _FEW and (data is None or not data.get("version"))
    return root.tag == reportset.SYNC and bool((root.findtext(f"{DAV}sync-token") or "").strip())


def report(root: Element, resource: Resource, location: Location, depth: Depth) -> Iterator[Markup]:
    """Write the report that ``root`` asks for.

    Raises Refused for what is not announced at ``location`` and for preconditions that do not
    hold, InvalidSyncToken, NotFound, and ValueError for what is malformed.
    """
    there = reportset.ON_CARDS if location.href else reportset.supported(resource)
    if root.tag not in there:
        raise Refused("<supported-report/>")
    if isinstance(resource, Collection) and root.tag in _REPORTS_ON_CARDS:
        return _REPORTS_ON_CARDS[root.tag](root, resource, location, depth)
    if isinstance(resource, Book) and root.tag == reportset.ACL_PRINCIPALS:
        return principals.of_access_control(root, resource, location, depth)
    return _REPORTS[root.tag](root, resource, location, depth)
