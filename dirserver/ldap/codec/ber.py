"""The Basic Encoding Rules as far as LDAP uses them (X.690; RFC 4511 section 5.1).

Lengths are definite, tags fit into one octet, strings are primitive. Lengths longer than they
need be are legal in BER, and Outlook sends them. Reading makes no object for a value: a header
is a tag and two places in the message.
"""

from __future__ import annotations

from dirserver.ldap.codec.messages import MalformedMessage

BOOLEAN = 0x01
INTEGER = 0x02
OCTET_STRING = 0x04
ENUMERATED = 0x0A
SEQUENCE = 0x30
SET = 0x31

_LONG = 0x80
_RESERVED = 0xFF
_MANY_OCTET_TAG = 0x1F
# The widest number in LDAP is maxInt, 2^31 - 1; a few more octets may pad it.
_WIDEST_INTEGER = 8


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read the header at ``at``; return the tag and where its contents start and stop.

    Raises MalformedMessage when there is none, or when the contents pass ``end``.
    """
    start = at + 2
    if start > end:
        raise MalformedMessage("a header is cut off")
    size = data[at + 1]
    if size >= _LONG:
        size, start = long_length(data, at + 1, end)
    stop = start + size
    if stop > end:
        raise MalformedMessage("a length goes past the end of what holds it")
    return data[at], start, stop


def long_length(data: bytes | bytearray, at: int, end: int) -> tuple[int, int]:
    """Read the long form of a length at ``at``; return it and where it stops."""
    first = data[at]
    if first in (_LONG, _RESERVED):
        raise MalformedMessage("a length is indefinite or of a reserved form")
    stop = at + 1 + (first & 0x7F)
    if stop > end:
        raise MalformedMessage("a length is cut off")
    return int.from_bytes(data[at + 1 : stop], "big"), stop


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Read a header that must have ``tag``; return where its contents start and stop."""
    start = at + 2
    # Nearly all are as short as this.
    if start <= end and data[at] == tag and data[at + 1] < _LONG:
        stop = start + data[at + 1]
        if stop <= end:
            return start, stop
    found, start, stop = header(data, at, end)
    if found != tag:
        raise MalformedMessage("a tag is not the one that belongs there")
    return start, stop


def skip(data: bytes, at: int, end: int, number: int) -> int:
    """Pass over so many components, whatever they are, and return where the next begins.

    Raises MalformedMessage when there are not so many.
    """
    for _ in range(number):
        if at + 2 <= end and data[at + 1] < _LONG:
            at += 2 + data[at + 1]
        else:
            _tag, _start, at = header(data, at, end)
    if at > end:
        raise MalformedMessage("a length goes past the end of what holds it")
    return at


def without_id(message: bytes) -> bytes:
    """Return what a message says beside its id, which is what begins it (RFC 4511 section 4.1.1).

    Raises MalformedMessage when it does not begin like one.
    """
    end = len(message)
    _tag, at, _stop = header(message, 0, end)
    return message[skip(message, at, end, 1) :]


def integer(data: bytes, start: int, stop: int) -> int:
    """Return the INTEGER or ENUMERATED whose contents are ``data[start:stop]``."""
    if stop - start == 1:
        octet = data[start]
        return octet - 256 if octet >= 0x80 else octet
    if not 0 < stop - start <= _WIDEST_INTEGER:
        raise MalformedMessage("an integer has no octets, or too many")
    return int.from_bytes(data[start:stop], "big", signed=True)


def boolean(data: bytes, start: int, stop: int) -> bool:
    """Return the BOOLEAN at ``data[start:stop]``; BER takes any octet but zero as true."""
    if stop - start != 1:
        raise MalformedMessage("a boolean is not one octet")
    return data[start] != 0


def skip_rest(data: bytes, at: int, end: int) -> None:
    """Pass over trailing components of a sequence, which must be ignored (RFC 4511 section 4).

    Raises MalformedMessage when they are not BER.
    """
    while at < end:
        tag, _start, at = header(data, at, end)
        if tag & _MANY_OCTET_TAG == _MANY_OCTET_TAG:
            raise MalformedMessage("a tag has more than one octet")


def length(size: int) -> bytes:
    """Encode a length in as few octets as it needs."""
    if size < _MOST_READY:
        return _LENGTHS[size]
    octets = (size.bit_length() + 7) // 8
    return bytes((_LONG | octets,)) + size.to_bytes(octets, "big")


# Of what nearly all entries have, each is ready.
_MOST_READY = 4096
_LENGTHS: list[bytes] = [
    *(bytes((size,)) for size in range(_LONG)),
    *(b"\x81%c" % size for size in range(_LONG, 256)),
    *(b"\x82" + size.to_bytes(2, "big") for size in range(256, _MOST_READY)),
]


def tlv(tag: int, contents: bytes) -> bytes:
    """Encode ``contents`` under ``tag``."""
    return b"%c%b%b" % (tag, length(len(contents)), contents)


def encode_integer(value: int, tag: int = INTEGER) -> bytes:
    """Encode a number that is not negative."""
    if value < _LONG:
        return b"%c\x01%c" % (tag, value)
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))
