"""Which reports there are on what (RFC 3253 section 3.1.5): these work, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dirserver.model.grant import Privilege
from dirserver_radicale.tree.collection import Book, Collection
from dirserver_radicale.tree.resources import Resource
from dirserver_radicale.xml.multistatus import CARDDAV, DAV, element

SYNC: Final = f"{DAV}sync-collection"
MULTIGET: Final = f"{CARDDAV}addressbook-multiget"
QUERY: Final = f"{CARDDAV}addressbook-query"
EXPAND: Final = f"{DAV}expand-property"
SEARCH: Final = f"{DAV}principal-property-search"
SEARCHABLE: Final = f"{DAV}principal-search-property-set"
MATCH: Final = f"{DAV}principal-match"
ACL_PRINCIPALS: Final = f"{DAV}acl-principal-prop-set"

ON_CARDS: Final = (EXPAND, MULTIGET, QUERY)
_ON_BOOKS = (EXPAND, SYNC, MULTIGET, QUERY)
_ON_PRINCIPALS = (EXPAND, SEARCH, SEARCHABLE, MATCH)


def supported(resource: Resource) -> tuple[str, ...]:
    """Return the reports on ``resource``."""
    if not isinstance(resource, Collection):
        return _ON_PRINCIPALS
    if not isinstance(resource, Book):
        return _ON_BOOKS
    manages = resource.view.access >= Privilege.MANAGE
    return (*_ON_BOOKS, ACL_PRINCIPALS) if manages else _ON_BOOKS


def spelled(names: Iterable[str]) -> str:
    """Write DAV:supported-report-set of these reports."""
    return "".join(
        [f"<supported-report><report>{element(name)}</report></supported-report>" for name in names]
    )
