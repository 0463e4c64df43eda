"""Properties that Radicale answers otherwise than the standards and the clients need.

Radicale makes an element tree of every multistatus; here it is put right before it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from dirserver.model.grant import Privilege
from dirserver_radicale import reports
from dirserver_radicale.hrefs import Location, escaped, locate
from dirserver_radicale.propfind import Wanted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_D = "{DAV:}"
_CR = "{urn:ietf:params:xml:ns:carddav}"
_CS = "{http://calendarserver.org/ns/}"
# There are no calendars here, and the part that Radicale plays is nobody's affair.
_FOREIGN = ("{urn:ietf:params:xml:ns:caldav}", "{http://radicale.org/ns/}", f"{_CS}source")

_FOUND = "HTTP/1.1 200 OK"
_MISSING = "HTTP/1.1 404 Not Found"

# What a principal may do with a book, and with a card in it, in the words of RFC 3744. The
# properties of a book belong to the config file, so nobody has write-properties.
_READ = ("read", "read-current-user-privilege-set")
_BOOK = {Privilege.READ: _READ, Privilege.WRITE: (*_READ, "write-content", "bind", "unbind")}
_CARD = {Privilege.READ: _READ, Privilege.WRITE: (*_READ, "write-content")}

# Returns the reader's access to the book of a location; None outside of books.
AccessTo: TypeAlias = Callable[[Location], Privilege | None]


def privileges(access: Privilege | None, *, is_card: bool) -> tuple[str, ...]:
    """Return the names of the privileges on a book or card; without ``access``, on a listing."""
    if access is None:
        return _READ
    return (_CARD if is_card else _BOOK)[min(access, Privilege.WRITE)]


@dataclass(frozen=True, slots=True)
class Corrector:
    """Corrects an answer to ``login``.

    ``wanted`` is what the client asked for. When it named properties, it must hear of those
    that there are not.
    """

    login: str
    access_to: AccessTo
    wanted: Wanted

    def put_right(self, multistatus: Element) -> None:
        """Correct the properties of every response in ``multistatus``."""
        for response in multistatus.iterfind(f"{_D}response"):
            if response.find(f"{_D}status") is None:
                location = locate(unquote(response.findtext(f"{_D}href") or ""))
                self._put_right(response, location or Location())

    def _put_right(self, response: Element, location: Location) -> None:
        found: list[Element] = []
        missing: list[Element] = []
        for propstat in response.findall(f"{_D}propstat"):
            is_found = propstat.findtext(f"{_D}status") == _FOUND
            for element in propstat.iterfind(f"{_D}prop/*"):
                if is_found and self._correct(element, location):
                    found.append(element)
                elif self.wanted is Wanted.PROP:
                    missing.append(element.makeelement(element.tag, {}))
            response.remove(propstat)
        # What was found comes first: Thunderbird reads the first status only.
        if found or not missing:
            response.append(_propstat(response, found, _FOUND))
        if missing:
            response.append(_propstat(response, missing, _MISSING))

    def _correct(self, element: Element, location: Location) -> bool:
        """Correct one property that Radicale has found; say whether there is such a thing."""
        tag = element.tag
        if tag.startswith(_FOREIGN):
            return False
        if tag == f"{_D}getcontentlength":
            # A collection's answer to GET has no length that is worth the making.
            return bool(location.href)
        if self.wanted is Wanted.PROPNAME:
            return True
        if tag == f"{_D}current-user-privilege-set":
            names = privileges(self.access_to(location), is_card=bool(location.href))
            element[:] = [_around(element, "privilege", f"{_D}{name}") for name in names]
        elif tag == f"{_CS}getctag" and element.text:
            # Linphone reads it with atoi() and wants it to grow.
            element.text = element.text.strip('"').partition("-")[0]
        elif tag in (f"{_D}principal-URL", f"{_CR}addressbook-home-set"):
            # Radicale repeats the path of the request, whatever that was.
            element[0].text = escaped(Location(self.login).path)
        elif tag == f"{_D}supported-report-set":
            element[:] = [
                _around(element, "supported-report", _around(element, "report", name))
                for name in reports.supported(location)
            ]
        elif tag == f"{_CR}supported-address-data":
            versions = [{"content-type": "text/vcard", "version": each} for each in ("3.0", "4.0")]
            element[:] = [element.makeelement(f"{_CR}address-data-type", each) for each in versions]
        return True


def _around(maker: Element, name: str, inner: str | Element) -> Element:
    """Return an element ``name`` with one child: ``inner``, or an empty element of that tag."""
    element = maker.makeelement(f"{_D}{name}", {})
    element.append(maker.makeelement(inner, {}) if isinstance(inner, str) else inner)
    return element


def _propstat(response: Element, elements: list[Element], said: str) -> Element:
    propstat = response.makeelement(f"{_D}propstat", {})
    prop = response.makeelement(f"{_D}prop", {})
    prop[:] = elements
    status = response.makeelement(f"{_D}status", {})
    status.text = said
    propstat[:] = [prop, status]
    return propstat
