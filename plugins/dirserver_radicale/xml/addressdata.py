"""CARDDAV:address-data (RFC 6352 section 10.4): how much of a card is wanted, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dirserver.model.conversion import convert
from dirserver.model.selection import Selection, selected
from dirserver.model.vcard import VERSIONS
from dirserver_radicale.xml.multistatus import CARDDAV, DAV, escaped_card

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_TYPE = "text/vcard"
# Section 6.2.2.
SUPPORTED_DATA = "".join(
    [
        f'<C:address-data-type content-type="{_TYPE}" version="{version}"/>'
        for version in sorted(VERSIONS)
    ]
)
# A card is looked through for each of them.
_MOST_PROPERTIES = 200


class UnsupportedAddressData(ValueError):
    """The media type, or its version, is not one that this server has."""


@dataclass(frozen=True, slots=True)
class AddressData:
    """What a client wants of each card: a ``selection`` of its properties, or all of it.

    ``version`` is empty for a card as it was stored.
    """

    version: str = ""
    selection: Selection | None = None

    @property
    def writer(self) -> Callable[[bytes], bytes]:
        """What writes the text of a card for an answer.

        This is the one place where a card in an answer becomes what its client asked for.
        """
        return self._write if self.version or self.selection is not None else escaped_card

    def _write(self, body: bytes) -> bytes:
        if self.version:
            body = convert(body, self.version)
        if self.selection is not None:
            body = selected(body, self.selection)
        return escaped_card(body)


def read_address_data(element: Element) -> AddressData:
    """Read what is asked for. Raises UnsupportedAddressData, and ValueError for what is malformed.

    Without a version, any will do: RFC 6352 says 3.0, and whoever says nothing takes both.
    """
    kind = element.get("content-type", _TYPE).partition(";")[0].strip().lower()
    version = element.get("version", "")
    if kind != _TYPE or (version and version not in VERSIONS):
        raise UnsupportedAddressData(f"{kind[:50]} {version[:20]}")
    wanted = [child for child in element if child.tag == f"{CARDDAV}prop"]
    everything = {f"{CARDDAV}allprop", f"{DAV}allprop"}  # KDE asks for the second.
    if not wanted or any(child.tag in everything for child in element):
        return AddressData(version)
    if len(wanted) > _MOST_PROPERTIES:
        raise ValueError("too many properties")
    named = [(child.get("name", "").upper(), _novalue(child)) for child in wanted]
    if not all(name for name, _ in named):
        raise ValueError("a property without a name")
    return AddressData(version, Selection(dict(named)))


def _novalue(element: Element) -> bool:
    value = element.get("novalue", "no")
    if value not in ("yes", "no"):
        raise ValueError("novalue is yes or no")
    return value == "yes"
