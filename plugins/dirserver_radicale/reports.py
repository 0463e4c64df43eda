"""What a REPORT asks for, before Radicale answers it: only what is announced gets so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirserver_radicale.filterxml import UnsupportedCollation, UnsupportedFilter, read_filter
from dirserver_radicale.hrefs import Location, escaped, path_in
from dirserver_radicale.propfind import spellable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_D = "{DAV:}"
_CR = "{urn:ietf:params:xml:ns:carddav}"
SYNC = f"{_D}sync-collection"
MULTIGET = f"{_CR}addressbook-multiget"
QUERY = f"{_CR}addressbook-query"


class Refused(Exception):
    """A precondition of a report does not hold; ``element`` names it."""

    def __init__(self, element: str) -> None:
        super().__init__(element)
        self.element = element


def supported(location: Location) -> tuple[str, ...]:
    """Return the reports on what is at ``location`` (RFC 6352 section 8, RFC 6578 section 3.2)."""
    if location.href:
        return MULTIGET, QUERY
    return (SYNC, MULTIGET, QUERY) if location.book else ()


def prepare(root: Element, location: Location) -> None:
    """Make a request fit for Radicale.

    Raises Refused for what is not announced at ``location``, and ValueError for what is malformed.
    """
    if root.tag not in supported(location):
        # RFC 3253 section 3.6.
        raise Refused("<supported-report/>")
    _name_properties(root)
    filters = root.findall(f"{_CR}filter")
    if root.tag == QUERY:
        _check_filters(filters)
        return
    for element in filters:
        root.remove(element)
    if root.tag == MULTIGET:
        for href in root.findall(f"{_D}href"):
            # Absolute URLs are as good as paths (KDE), and each name has one spelling from here.
            path = path_in(href.text or "")
            if not path:
                raise ValueError("an empty href")
            href.text = escaped(path)


def _name_properties(root: Element) -> None:
    """See to it that a property is asked for: Radicale leaves out cards of which none is."""
    prop = root.find(f"{_D}prop")
    if prop is None:
        prop = root.makeelement(f"{_D}prop", {})
        root.append(prop)
    spellable(prop)
    if not len(prop):
        prop.append(root.makeelement(f"{_D}getetag", {}))


def _check_filters(filters: list[Element]) -> None:
    if len(filters) > 1:
        raise ValueError("a query has one filter")
    try:
        for element in filters:
            read_filter(element)
    except UnsupportedCollation as error:
        raise Refused("<C:supported-collation/>") from error
    except UnsupportedFilter as error:
        raise Refused("<C:supported-filter/>") from error
