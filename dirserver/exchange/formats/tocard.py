"""From a contact to the vCard 3.0 that is stored of it, which every client can read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from dirserver.exchange.formats.contact import Address, Contact, Said
from dirserver.model.charsets import without_controls
from dirserver.model.contentline import ContentLine, Params, escape, fold, format_line

# Apple's words for labels that every client translates.
_APPLE = {
    label.casefold(): f"_$!<{label}>!$_"
    for label in [
        "Anniversary",
        "Assistant",
        "Brother",
        "Child",
        "Daughter",
        "Father",
        "Friend",
        "Main",
        "Manager",
        "Mother",
        "Other",
        "Parent",
        "Partner",
        "Sister",
        "Son",
        "Spouse",
        "HomePage",
    ]
}
_NO_YEAR = "1604"
_PNG = b"\x89PNG"


def to_card(contact: Contact) -> bytes:
    """Write ``contact`` as a vCard 3.0; it has a ``uid``, and something to call it by."""
    writer = _Writer()
    writer.plain("UID", contact.uid)
    writer.parts("N", _name_parts(contact))
    writer.plain("FN", contact.name())
    if contact.is_list:
        writer.raw("X-ADDRESSBOOKSERVER-KIND", "group")
    elif contact.is_organisation or (contact.organisation and not contact.has_person()):
        writer.raw("X-ABSHOWAS", "COMPANY")
    writer.plain("NICKNAME", contact.nickname)
    if contact.organisation or contact.unit:
        unit = [contact.unit] if contact.unit else []
        writer.parts("ORG", [contact.organisation, *unit])
    writer.plain("TITLE", contact.title)
    writer.plain("ROLE", contact.role)
    for name, values in (
        ("TEL", contact.phones),
        ("EMAIL", contact.mails),
        ("URL", contact.urls),
        ("IMPP", contact.messengers),
        ("X-ABDATE", contact.events),
        ("X-ABRELATEDNAMES", contact.relations),
    ):
        for value in values:
            writer.said(name, value)
    for address in contact.addresses:
        writer.address(address)
    writer.date("BDAY", contact.birthday)
    if contact.categories:
        writer.raw("CATEGORIES", ",".join(escape(_clean(one)) for one in contact.categories))
    writer.plain("NOTE", "\n".join(contact.notes))
    if contact.photo:
        writer.photo(contact.photo)
    for name, text in contact.extras:
        writer.plain(name, text)
    for member in contact.members:
        writer.raw("X-ADDRESSBOOKSERVER-MEMBER", f"urn:uuid:{member}")
    return writer.card()


def _name_parts(contact: Contact) -> list[str]:
    parts = [contact.family, contact.given, contact.additional, contact.prefix, contact.suffix]
    return parts if any(parts) else [contact.name(), "", "", "", ""]


def _clean(text: str) -> str:
    return without_controls(text)[0].strip()


class _Writer:
    """The lines of a card that is being written."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._groups = 0

    def card(self) -> bytes:
        return b"".join(
            (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", *self._lines, b"END:VCARD\r\n"),
        )

    def raw(self, name: str, value: str, params: Params = (), group: str = "") -> None:
        self._lines.append(fold(format_line(ContentLine(group, name, params, value))))

    def plain(self, name: str, text: str, params: Params = (), group: str = "") -> None:
        if text := _clean(text):
            self.raw(name, escape(text), params, group)

    def parts(self, name: str, parts: list[str], params: Params = (), group: str = "") -> None:
        self.raw(name, ";".join(escape(_clean(part)) for part in parts), params, group)

    def said(self, name: str, said: Said) -> None:
        group = self._group(said.label)
        params = _types(said.types, said.preferred)
        if name == "X-ABDATE":
            self.date(name, said.text, group)
        elif name in ("URL", "IMPP"):
            uri = "%20".join(_clean(said.text).split())
            # An IMPP is a URI (RFC 4770); that of no service known is one all the same.
            uri = f"im:{uri}" if name == "IMPP" and ":" not in uri else uri
            self.raw(name, uri, params, group)
        else:
            self.plain(name, said.text, params, group)
        self._label(said.label, group)

    def address(self, address: Address) -> None:
        group = self._group(address.label)
        parts = [address.box, "", address.street, address.city, address.region, address.code]
        params = _types(address.types, address.preferred)
        self.parts("ADR", [*parts, address.country], params, group)
        self._label(address.label, group)

    def date(self, name: str, date: str, group: str = "") -> None:
        if date.startswith("--"):
            params: Params = (("X-APPLE-OMIT-YEAR", (_NO_YEAR,)),)
            self.raw(name, f"{_NO_YEAR}-{date[2:]}", params, group)
        else:
            self.plain(name, date, (), group)

    def photo(self, photo: bytes) -> None:
        kind = "PNG" if photo.startswith(_PNG) else "JPEG"
        params: Params = (("ENCODING", ("b",)), ("TYPE", (kind,)))
        self.raw("PHOTO", b64encode(photo).decode(), params)

    def _group(self, label: str) -> str:
        if not label:
            return ""
        self._groups += 1
        return f"item{self._groups}"

    def _label(self, label: str, group: str) -> None:
        if group:
            self.plain("X-ABLabel", _APPLE.get(label.casefold(), label), (), group)


def _types(types: frozenset[str], preferred: bool) -> Params:
    words = tuple(_ordered(types))
    words += ("PREF",) if preferred else ()
    return (("TYPE", words),) if words else ()


def _ordered(types: frozenset[str]) -> Iterator[str]:
    yield from (word.upper() for word in sorted(types))
