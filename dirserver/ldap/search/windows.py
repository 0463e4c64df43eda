"""Windows onto a sorted list: virtual list views (draft-ietf-ldapext-ldapv3-vlv-09).

Outlook browses with them, and Poly's phones scroll.
"""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.ldap.codec.ber import (
    ENUMERATED,
    INTEGER,
    SEQUENCE,
    encode_integer,
    expect,
    header,
    integer,
    tlv,
)
from dirserver.ldap.codec.decode_filter import Unacceptable
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import Control

REQUEST = "2.16.840.1.113730.3.4.9"
RESPONSE = "2.16.840.1.113730.3.4.10"
_MAX_INT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ByOffset:
    """The target is the entry at ``offset`` of a list that has ``content`` ones, says the client.

    For it, 0 is a list of which it does not know how long it is.
    """

    offset: int
    content: int


@dataclass(frozen=True, slots=True)
class ByValue:
    """The target is the first entry that is not before this value of the first sort key."""

    value: bytes


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """How many entries are wanted before the target and after it."""

    before: int
    after: int
    target: ByOffset | ByValue


@dataclass(frozen=True, slots=True)
class Window:
    """The entries ``first`` to ``last`` of a list, counted from 1, around the target."""

    target: int
    first: int
    last: int


def decode(value: bytes) -> WindowRequest:
    """Read the value of a request's control. Raises MalformedMessage, Unacceptable."""
    at, end = expect(value, 0, len(value), SEQUENCE)
    before, at = _count(value, at, end)
    after, at = _count(value, at, end)
    tag, start, stop = header(value, at, end)
    if tag == 0x81:
        return WindowRequest(before, after, ByValue(value[start:stop]))
    if tag != 0xA0:
        raise Unacceptable("a window has no target")
    offset, at = _count(value, start, stop)
    content, _ = _count(value, at, stop)
    return WindowRequest(before, after, ByOffset(offset, content))


def _count(value: bytes, at: int, end: int) -> tuple[int, int]:
    start, at = expect(value, at, end, INTEGER)
    count = integer(value, start, at)
    if not 0 <= count <= _MAX_INT:
        raise Unacceptable("a number is out of range")
    return count, at


def position(target: ByOffset, content: int) -> int | None:
    """Return where in a list of ``content`` entries an offset is; None when that is nowhere.

    Client and server may differ on how long the list is; then the offset is a part of it.
    """
    if target.offset == 0 or (target.content and target.offset > target.content):
        return None
    if content == 0:
        return 0
    if target.content == 0:
        return min(target.offset, content)
    if target.offset == 1:
        return 1
    return max(1, (content * target.offset) // target.content)


def around(request: WindowRequest, target: int, content: int) -> Window:
    """Return the window around ``target``, which may be one behind the end of the list."""
    first = max(1, target - request.before)
    return Window(target, first, min(content, target + request.after))


def response(code: ResultCode, target: int = 0, content: int = 0) -> Control:
    """Return the control of the result."""
    said = encode_integer(target) + encode_integer(content) + encode_integer(code, ENUMERATED)
    return Control(RESPONSE, value=tlv(SEQUENCE, said))
