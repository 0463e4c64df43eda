"""A client's half of LDAP: requests as octets, responses as text.

Written from RFC 4511 and RFC 4515, and on purpose from nothing of the server's, so that an
error which the server makes both ways is seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SCOPES = {"base": 0, "one": 1, "sub": 2, "children": 3}
_CODES = {
    0: "success",
    1: "operationsError",
    2: "protocolError",
    3: "timeLimitExceeded",
    4: "sizeLimitExceeded",
    5: "compareFalse",
    6: "compareTrue",
    7: "authMethodNotSupported",
    8: "strongerAuthRequired",
    11: "adminLimitExceeded",
    12: "unavailableCriticalExtension",
    13: "confidentialityRequired",
    16: "noSuchAttribute",
    17: "undefinedAttributeType",
    18: "inappropriateMatching",
    32: "noSuchObject",
    34: "invalidDNSyntax",
    48: "inappropriateAuthentication",
    49: "invalidCredentials",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    60: "sortControlMissing",
    61: "offsetRangeError",
    76: "virtualListViewError",
    80: "other",
}
_RESPONSES = {
    1: "BindResponse",
    4: "SearchResultEntry",
    5: "SearchResultDone",
    7: "ModifyResponse",
    9: "AddResponse",
    11: "DelResponse",
    13: "ModifyDNResponse",
    15: "CompareResponse",
    19: "SearchResultReference",
    24: "ExtendedResponse",
}


def tlv(tag: int, contents: bytes, *, octets: int = 0) -> bytes:
    """Encode ``contents``; with ``octets``, its length has at least so many, as Outlook's do."""
    size = len(contents)
    if size < 128 and not octets:
        return bytes([tag, size]) + contents
    spelled = size.to_bytes(max(octets, (size.bit_length() + 7) // 8), "big")
    return bytes([tag, 0x80 | len(spelled)]) + spelled + contents


def integer(value: int, tag: int = 0x02) -> bytes:
    """Encode an INTEGER in as few octets as two's complement needs."""
    octets = 1
    while not -(1 << 8 * octets - 1) <= value < 1 << 8 * octets - 1:
        octets += 1
    return tlv(tag, value.to_bytes(octets, "big", signed=True))


def string(value: str | bytes, tag: int = 0x04) -> bytes:
    """Encode an OCTET STRING."""
    return tlv(tag, value.encode() if isinstance(value, str) else value)


def boolean(value: bool, tag: int = 0x01) -> bytes:
    """Encode a BOOLEAN."""
    return tlv(tag, b"\xff" if value else b"\x00")


def control(oid: str, *, critical: bool = False, value: bytes | None = None) -> bytes:
    """Encode a control; a criticality of FALSE is left out, as RFC 4511 section 5.1 demands."""
    parts = string(oid)
    if critical:
        parts += boolean(True)
    if value is not None:
        parts += string(value)
    return tlv(0x30, parts)


def message(message_id: int, operation: bytes, controls: Sequence[bytes] = ()) -> bytes:
    """Put an operation and its controls into an LDAPMessage."""
    trailer = tlv(0xA0, b"".join(controls)) if controls else b""
    return tlv(0x30, integer(message_id) + operation + trailer)


def bind(name: str | bytes = "", password: str | bytes = "", *, version: int = 3) -> bytes:
    """A bind request with a password."""
    return tlv(0x60, integer(version) + string(name) + string(password, 0x80))


def sasl_bind(name: str, mechanism: str, credentials: bytes | None = None) -> bytes:
    """A bind request with a SASL mechanism."""
    sasl = string(mechanism) + (b"" if credentials is None else string(credentials))
    return tlv(0x60, integer(3) + string(name) + tlv(0xA3, sasl))


def unbind() -> bytes:
    """An unbind request."""
    return tlv(0x42, b"")


def search(
    base: str | bytes = "",
    text: str = "(objectClass=*)",
    *,
    scope: str | int = "sub",
    deref: int = 0,
    size_limit: int = 0,
    time_limit: int = 0,
    types_only: bool = False,
    attributes: Sequence[str | bytes] = (),
) -> bytes:
    """A search request; ``text`` is its filter."""
    return tlv(
        0x63,
        string(base)
        + integer(_SCOPES[scope] if isinstance(scope, str) else scope, 0x0A)
        + integer(deref, 0x0A)
        + integer(size_limit)
        + integer(time_limit)
        + boolean(types_only)
        + search_filter(text)
        + tlv(0x30, b"".join(map(string, attributes))),
    )


def compare(entry: str, attribute: str, value: str | bytes) -> bytes:
    """A compare request."""
    return tlv(0x6E, string(entry) + tlv(0x30, string(attribute) + string(value)))


def abandon(message_id: int) -> bytes:
    """An abandon request."""
    return integer(message_id, 0x50)


def extended(oid: str, value: bytes | None = None) -> bytes:
    """An extended request."""
    return tlv(0x77, string(oid, 0x80) + (b"" if value is None else string(value, 0x81)))


def modify(entry: str, attribute: str, value: str) -> bytes:
    """A modify request that replaces the values of one attribute."""
    change = integer(2, 0x0A) + tlv(0x30, string(attribute) + tlv(0x31, string(value)))
    return tlv(0x66, string(entry) + tlv(0x30, tlv(0x30, change)))


def add(entry: str, attribute: str, value: str) -> bytes:
    """An add request with one attribute."""
    return tlv(
        0x68, string(entry) + tlv(0x30, tlv(0x30, string(attribute) + tlv(0x31, string(value))))
    )


def delete(entry: str) -> bytes:
    """A delete request."""
    return string(entry, 0x4A)


def modify_dn(entry: str, new_rdn: str) -> bytes:
    """A modifyDN request that drops the old RDN."""
    return tlv(0x6C, string(entry) + string(new_rdn) + boolean(True))


def search_filter(text: str) -> bytes:
    """Encode a filter that is written as in RFC 4515."""
    encoded, at = _filter(text, 0)
    if at != len(text):
        raise ValueError(f"something follows the filter: {text[at:]}")
    return encoded


def _filter(text: str, at: int) -> tuple[bytes, int]:
    if text[at] != "(":
        raise ValueError(f"no filter: {text[at:]}")
    kind = {"&": 0xA0, "|": 0xA1, "!": 0xA2}.get(text[at + 1])
    if kind is None:
        end = text.index(")", at)
        return _item(text[at + 1 : end]), end + 1
    at += 2
    parts = b""
    while text[at] == "(":
        part, at = _filter(text, at)
        parts += part
    if text[at] != ")":
        raise ValueError(f"a filter is not closed: {text[at:]}")
    return tlv(kind, parts), at + 1


def _item(text: str) -> bytes:
    left, kind, value = re.split(r"(:=|~=|>=|<=|=)", text, maxsplit=1)
    if kind == ":=":
        attribute, *rest = left.split(":")
        matching = b""
        if rules := [part for part in rest if part != "dn"]:
            matching += string(rules[0], 0x81)
        if attribute:
            matching += string(attribute, 0x82)
        matching += string(_unescaped(value), 0x83)
        return tlv(0xA9, matching + (boolean(True, 0x84) if "dn" in rest else b""))
    if kind == "=" and value == "*":
        return string(left, 0x87)
    if kind == "=" and "*" in value:
        first, *middle, last = map(_unescaped, value.split("*"))
        parts = [(0x80, first), *((0x81, part) for part in middle), (0x82, last)]
        spelled = b"".join(string(part, tag) for tag, part in parts if part)
        return tlv(0xA4, string(left) + tlv(0x30, spelled))
    tag = {"=": 0xA3, ">=": 0xA5, "<=": 0xA6, "~=": 0xA8}[kind]
    return tlv(tag, string(left) + string(_unescaped(value)))


def _unescaped(text: str) -> bytes:
    return re.sub(rb"\\([0-9a-fA-F]{2})", lambda m: bytes.fromhex(m[1].decode()), text.encode())


@dataclass(frozen=True)
class Element:
    """A tag and what stands under it."""

    tag: int
    contents: bytes

    def __iter__(self) -> Iterator[Element]:
        return iter(elements(self.contents))


def elements(data: bytes) -> list[Element]:
    """Take octets apart into the elements they are made of."""
    found = []
    while data:
        size, start = data[1], 2
        if size & 0x80:
            start = 2 + (size & 0x7F)
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            raise ValueError("cut off")
        found.append(Element(data[0], data[start : start + size]))
        data = data[start + size :]
    return found


@dataclass(frozen=True)
class Response:
    """One LDAPMessage of a server."""

    id: int
    name: str
    code: str = ""
    matched_dn: str = ""
    diagnostic: str = ""
    extras: tuple[Element, ...] = ()
    dn: str = ""
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...] = ()
    controls: tuple[tuple[str, bool, bytes | None], ...] = ()

    def lines(self) -> list[str]:
        """The response as a conversation shows it: one fact a line."""
        if self.name == "SearchResultEntry":
            shown = [f"{self.name} {self.dn}"]
            for name, values in self.attributes:
                shown += [f"  {name}: {_text(value)}" for value in values] or [f"  {name}"]
        else:
            shown = [f"{self.name} {self.code}"]
            shown += [f"  matchedDN: {self.matched_dn}"] if self.matched_dn else []
            shown += [f"  {self.diagnostic}"] if self.diagnostic else []
            for extra in self.extras:
                kind = {0x87: "serverSaslCreds", 0x8A: "responseName", 0x8B: "responseValue"}
                shown.append(f"  {kind.get(extra.tag, hex(extra.tag))}: {_text(extra.contents)}")
        for oid, critical, value in self.controls:
            shown.append(f"  control: {oid}{' critical' if critical else ''} {_text(value or b'')}")
        return shown


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return f"hex:{value.hex()}"
    return text if text.isprintable() else f"hex:{value.hex()}"


def responses(data: bytes) -> list[Response]:
    """Read everything that a server has sent."""
    return [_response(element) for element in elements(data)]


def _response(element: Element) -> Response:
    identifier, operation, *rest = element
    assert element.tag == 0x30
    assert identifier.tag == 0x02
    assert operation.tag & 0xE0 == 0x60
    message_id = int.from_bytes(identifier.contents, "big", signed=True)
    controls = tuple(_control(one) for trailer in rest for one in trailer)
    name = _RESPONSES[operation.tag & 0x1F]
    first, second, *others = operation
    if name == "SearchResultEntry":
        assert not others
        attributes = tuple(
            (description.contents.decode(), tuple(value.contents for value in values))
            for description, values in second
        )
        dn = first.contents.decode()
        return Response(message_id, name, dn=dn, attributes=attributes, controls=controls)
    diagnostic, *extras = others
    assert first.tag == 0x0A
    return Response(
        message_id,
        name,
        _CODES[int.from_bytes(first.contents, "big")],
        second.contents.decode(),
        diagnostic.contents.decode(),
        tuple(extras),
        controls=controls,
    )


def _control(element: Element) -> tuple[str, bool, bytes | None]:
    oid, *rest = element
    critical = any(part.tag == 0x01 and part.contents != b"\x00" for part in rest)
    values = [part.contents for part in rest if part.tag == 0x04]
    return oid.contents.decode(), critical, values[0] if values else None
