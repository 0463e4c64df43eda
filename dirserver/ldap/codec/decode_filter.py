"""Search filters out of octets (RFC 4511 section 4.5.1.7)."""

from __future__ import annotations

from dirserver.ldap.codec.ber import OCTET_STRING, SEQUENCE, boolean, expect, header, skip_rest
from dirserver.ldap.codec.messages import (
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
    GreaterOrEqual,
    LessOrEqual,
    MalformedMessage,
    PresentFilter,
    Substrings,
)

MAX_FILTER_DEPTH = 32
# SQLite takes expressions of a thousand terms; some tests of a filter become two.
MAX_FILTER_ITEMS = 400

_ASSERTIONS: dict[
    int,
    type[EqualityMatch] | type[GreaterOrEqual] | type[LessOrEqual] | type[ApproxMatch],
] = {0xA3: EqualityMatch, 0xA5: GreaterOrEqual, 0xA6: LessOrEqual, 0xA8: ApproxMatch}

_EQUALITY = 0xA3
# Such a length has more than one octet.
_LONG = 0x80

# Without a type, an extensible match is about so many attributes.
_ITEMS_OF_A_RULE = 40


class Unacceptable(Exception):
    """The octets are sound, but no request may say this."""


class TooMuch(Unacceptable):
    """A request may say this, but it is more than the server does for one."""


def text(data: bytes, start: int, stop: int) -> str:
    """Return the LDAPString at ``data[start:stop]``."""
    try:
        return data[start:stop].decode()
    except UnicodeDecodeError:
        raise Unacceptable("a string is not UTF-8") from None


def assertion(data: bytes, at: int, end: int) -> tuple[str, bytes]:
    """Return the attribute and the value of the AttributeValueAssertion in these octets."""
    start, at = expect(data, at, end, OCTET_STRING)
    attribute = text(data, start, at)
    start, at = expect(data, at, end, OCTET_STRING)
    if at < end:
        skip_rest(data, at, end)
    return attribute, data[start:at]


class FilterReader:
    """Reads one filter; counts its items, as each of them is work for the store."""

    __slots__ = ("_data", "_is_plain", "_items", "_names")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._items = 0
        self._names: list[str] = []
        self._is_plain = True

    @property
    def names(self) -> tuple[str, ...] | None:
        """The attributes that what was read is about, as ``SearchRequest.about`` has them."""
        return tuple(self._names) if self._is_plain else None

    def read(self, at: int, end: int, depth: int) -> tuple[Filter, int]:
        """Read the filter at ``at``; return it and where it stops."""
        data = self._data
        tag, start, stop = header(data, at, end)
        self._items += 1
        if self._items > MAX_FILTER_ITEMS:
            raise _too_many()
        if tag in _ASSERTIONS:
            attribute, value = assertion(data, start, stop)
            self._names.append(attribute)
            return _ASSERTIONS[tag](attribute, value), stop
        if tag == 0xA4:
            return self._substrings(start, stop), stop
        if tag == 0x87:
            attribute = text(data, start, stop)
            self._names.append(attribute)
            return PresentFilter(attribute), stop
        if tag == 0xA9:
            self._is_plain = False
            extensible = _extensible(data, start, stop)
            if extensible.attribute is None:
                self._count(_ITEMS_OF_A_RULE)
            return extensible, stop
        if depth == MAX_FILTER_DEPTH:
            raise TooMuch("the filter is nested too deeply")
        if tag == 0xA1:
            return FilterOr(self._parts(start, stop, depth + 1)), stop
        if tag == 0xA0:
            # Of no parts it is true of everything (RFC 4526).
            self._is_plain = self._is_plain and start < stop
            return FilterAnd(self._parts(start, stop, depth + 1)), stop
        if tag == 0xA2:
            self._is_plain = False
            part, at = self.read(start, stop, depth + 1)
            if at != stop:
                raise MalformedMessage("a negation is of more than one filter")
            return FilterNot(part), stop
        raise Unacceptable("no such kind of filter")

    def _count(self, items: int = 1) -> None:
        self._items += items
        if self._items > MAX_FILTER_ITEMS:
            raise _too_many()

    def _parts(self, at: int, end: int, depth: int) -> tuple[Filter, ...]:
        # None at all is legal: absolute true and false (RFC 4526).
        data = self._data
        parts: list[Filter] = []
        while at < end:
            if (
                data[at] == _EQUALITY
                and at + 4 <= end
                and data[at + 1] < _LONG
                and data[at + 2] == OCTET_STRING
            ):
                # What telephones ask: an attribute and a value that are short, and nothing else.
                stop = at + 2 + data[at + 1]
                middle = at + 4 + data[at + 3]
                if (
                    middle + 2 <= stop <= end
                    and data[middle] == OCTET_STRING
                    and middle + 2 + data[middle + 1] == stop
                ):
                    self._count()
                    attribute = text(data, at + 4, middle)
                    self._names.append(attribute)
                    parts.append(EqualityMatch(attribute, data[middle + 2 : stop]))
                    at = stop
                    continue
            part, at = self.read(at, end, depth)
            parts.append(part)
        return tuple(parts)

    def _substrings(self, at: int, end: int) -> Substrings:
        data = self._data
        start, at = expect(data, at, end, OCTET_STRING)
        attribute = text(data, start, at)
        self._names.append(attribute)
        at, stop = expect(data, at, end, SEQUENCE)
        skip_rest(data, stop, end)
        initial = final = None
        middle: list[bytes] = []
        # RFC 4511 wants one part at least, but what a phone makes of *%* and nothing typed may
        # have none. It then asks for the attribute's presence, as with a part that is empty.
        while at < stop:
            tag, start, next_at = header(data, at, stop)
            part = data[start:next_at]
            if final is not None or (tag == 0x80 and (initial is not None or middle)):
                raise Unacceptable("the parts of a substring filter are out of order")
            if tag == 0x81:
                self._count()
                middle.append(part)
            elif tag == 0x80:
                initial = part
            elif tag == 0x82:
                final = part
            else:
                raise Unacceptable("no such part of a substring filter")
            at = next_at
        return Substrings(attribute, initial, tuple(middle), final)


def _too_many() -> TooMuch:
    return TooMuch("the filter has too many items")


def _extensible(data: bytes, at: int, end: int) -> ExtensibleMatch:
    rule = attribute = value = None
    dn_attributes = False
    while at < end:
        tag, start, at = header(data, at, end)
        if tag == 0x81:
            rule = text(data, start, at)
        elif tag == 0x82:
            attribute = text(data, start, at)
        elif tag == 0x83:
            value = data[start:at]
        elif tag == 0x84:
            dn_attributes = boolean(data, start, at)
    if value is None or (rule is None and attribute is None):
        raise Unacceptable("an extensible match names no value, or neither rule nor attribute")
    return ExtensibleMatch(rule, attribute, value, dn_attributes)
