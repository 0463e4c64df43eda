"""The head of a request: reading it, and what it must be.

Nothing here does I/O. A Refusal says what the client did wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TypeAlias

from dirserver.http.limits import Limits
from dirserver.http.refusal import Refusal, malformed

# Field values by name, in lower case, in the order in which they were sent.
Fields: TypeAlias = dict[bytes, list[bytes]]

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NAME = _METHOD
_TARGET = re.compile(rb"[\x21-\x7e]+")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_VERSIONS = (b"HTTP/1.1", b"HTTP/1.0")
# No body has a length of more digits; int() would refuse thousands of them with an exception.
_LENGTH = re.compile(rb"[0-9]{1,18}")
_STRAY_LF = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The request line and the fields."""

    method: bytes
    target: bytes
    version: bytes
    fields: Fields


def parse_head(block: bytes, limits: Limits) -> RequestHead:
    """Read ``block``, all of a head but the empty line that ends it (RFC 9112 sections 3 and 5).

    Refused are also what the RFC allows to be repaired, since two readers might repair it
    differently: line ends other than CRLF, folded fields, white space before a colon.
    """
    lines = block.split(b"\r\n")
    ends = len(lines) - 1
    if block.count(b"\n") != ends or block.count(b"\r") != ends or b"\0" in block:
        raise malformed("The request's head has a stray CR, LF or NUL in it.")
    check_size(block, limits)
    method, target, version = _parse_request_line(lines[0])
    if ends > limits.fields:
        text = "The request has too many fields."
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
    fields: Fields = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise malformed("A line of the request's head is no field.")
        fields.setdefault(_field_name(name), []).append(value.strip(b" \t"))
    return RequestHead(method, target, version, fields)


def check_size(begun: bytes | bytearray, limits: Limits) -> None:
    """Raise Refusal when ``begun``, a head or its beginning, is larger than a head may be."""
    if len(begun) > limits.request_line and begun.find(b"\r\n", 0, limits.request_line + 2) == -1:
        raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The request line is too long.")
    if len(begun) > limits.head:
        text = "The request's fields are too large."
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)


def check_line_ends(begun: bytes | bytearray) -> None:
    """Raise Refusal when ``begun`` has a LF without CR: its client might wait for us forever."""
    if _STRAY_LF.search(begun) is not None:
        raise malformed("The request's head has a stray CR, LF or NUL in it.")


def _parse_request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    parts = line.split(b" ")
    if len(parts) != 3:
        raise malformed("The request line is not that of HTTP.")
    method, target, version = parts
    if version not in _VERSIONS:
        if _VERSION.fullmatch(version) is None:
            raise malformed("The request line is not that of HTTP.")
        text = "This server speaks HTTP/1.1 and HTTP/1.0."
        raise Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, text)
    if _METHOD.fullmatch(method) is None or _TARGET.fullmatch(target) is None:
        raise malformed("The request line is not that of HTTP.")
    return method, target, version


@lru_cache(maxsize=512)
def _field_name(name: bytes) -> bytes:
    if _NAME.fullmatch(name) is None:
        raise malformed("A line of the request's head is no field.")
    return name.lower()


def members(fields: Fields, name: bytes) -> list[bytes]:
    """Return the members of a list field, in lower case (RFC 9110 section 5.6.1)."""
    values = fields.get(name)
    if values is None:
        return []
    joined = b",".join(values).lower()
    return [member for part in joined.split(b",") if (member := part.strip(b" \t"))]


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How many bytes a body may have. ``challenge`` is for those who have yet to say who they are.

    Whoever has not could send much and be told only then that it was for nothing.
    """

    most: int
    challenge: str = ""

    def exceeded(self) -> Refusal:
        """Return the refusal of a longer body."""
        if self.challenge:
            text = "A body of this size is taken only from those who have logged in."
            return Refusal(HTTPStatus.UNAUTHORIZED, text, self.challenge)
        text = f"The request body is larger than {self.most} bytes."
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)


def body_length(head: RequestHead, limit: BodyLimit) -> int | None:
    """Return how long the body is, or None when it comes in chunks (RFC 9112 section 6.3).

    Raises Refusal when that is not certain, or more than ``limit`` allows.
    """
    lengths = head.fields.get(b"content-length")
    codings = head.fields.get(b"transfer-encoding")
    if codings is not None:
        if lengths is not None or len(codings) > 1 or head.version == b"HTTP/1.0":
            raise malformed("It is not certain how long the request's body is.")
        if codings[0].lower() != b"chunked":
            text = "The only transfer coding understood is chunked."
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, text)
        return None
    if lengths is None:
        return 0
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise malformed("Content-Length is not one number.")
    length = int(lengths[0])
    if length > limit.most:
        raise limit.exceeded()
    return length


def wants_continue(head: RequestHead) -> bool:
    """Return whether the client waits for a 100 before its body (RFC 9110 section 10.1.1).

    Raises Refusal for every other expectation.
    """
    expectations = members(head.fields, b"expect")
    if any(expectation != b"100-continue" for expectation in expectations):
        raise Refusal(HTTPStatus.EXPECTATION_FAILED, "The only expectation met is 100-continue.")
    return bool(expectations) and head.version == b"HTTP/1.1"


def wants_persistence(head: RequestHead) -> bool:
    """Return whether another request may follow on the connection (RFC 9112 section 9.3).

    HTTP/1.0 clients are not kept: they cannot be told where a streamed answer ends.
    """
    return head.version == b"HTTP/1.1" and b"close" not in members(head.fields, b"connection")
