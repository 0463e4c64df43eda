"""What the reports on cards have in common: properties, text of cards, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dirserver_radicale.properties.cardplan import ADDRESS_DATA
from dirserver_radicale.properties.collectionplan import CollectionPlan
from dirserver_radicale.properties.live import GETETAG
from dirserver_radicale.properties.propfind import Kind, Wanted, read_wanted
from dirserver_radicale.refused import Refused
from dirserver_radicale.tree.collection import Collection
from dirserver_radicale.xml.addressdata import (
    AddressData,
    UnsupportedAddressData,
    read_address_data,
)
from dirserver_radicale.xml.multistatus import DAV, status_response

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_WANTED = (f"{DAV}prop", f"{DAV}allprop", f"{DAV}propname")


def read_plan(root: Element, collection: Collection) -> CollectionPlan:
    """Work out how a report on cards writes them.

    Without any property the cards are listed with their etags. Raises Refused for address data
    that is not supported (RFC 6352 section 8.6), and ValueError.
    """
    found = [child for child in root if child.tag in _WANTED]
    if len(found) > 1:
        raise ValueError("two kinds of properties")
    wanted = read_wanted(found[0]) if found else Wanted(Kind.PROP)
    if wanted.kind is Kind.PROP and not wanted.names:
        wanted = Wanted(Kind.PROP, (GETETAG,))
    data = next(root.iterfind(f"{DAV}prop/{ADDRESS_DATA}"), None)
    try:
        asked = AddressData() if data is None else read_address_data(data)
    except UnsupportedAddressData as error:
        raise Refused("<C:supported-address-data/>") from error
    return CollectionPlan(collection, wanted, asked)


def read_limit(root: Element, namespace: str) -> int | None:
    """Return how many responses a client takes, if it says so.

    RFC 6578 section 3.7 has DAV:limit, RFC 6352 section 10.6 CARDDAV:limit. Raises ValueError.
    """
    limit = root.find(f"{namespace}limit")
    if limit is None:
        return None
    number = (limit.findtext(f"{namespace}nresults") or "").strip()
    if not number.isascii() or not number.isdigit() or len(number) > 9 or int(number) < 1:
        raise ValueError("a limit is a number from 1")
    return int(number)


def truncated(url: str) -> str:
    """Write that there is more than the client wanted (RFC 6352 section 8.6.2, RFC 6578 3.6)."""
    return status_response(url, 507, "<number-of-matches-within-limits/>")
