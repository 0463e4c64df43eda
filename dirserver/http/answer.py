"""What the application answers, checked, and the bytes in which it is sent.

Nothing here does I/O.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from dirserver.http.refusal import Refusal

# Between us and the client, so not the application's to say (RFC 9110 section 7.6.1); Date and
# Server are ours too.
_NOT_THE_APPLICATIONS = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "date",
        "server",
    ]
)
_STATUS = re.compile(r"([2-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_BODILESS = frozenset([HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED])


class ApplicationError(Exception):
    """The application broke the rules of WSGI or of HTTP; the text is for the log."""


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """Status and fields of an answer; ``length`` is the Content-Length that was given."""

    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]
    length: int | None

    @property
    def bodiless(self) -> bool:
        """Whether an answer of this status never has a body (RFC 9110 section 6.4.1)."""
        return self.status in _BODILESS


def read_head(status: str, headers: list[tuple[str, str]]) -> AnswerHead:
    """Return what start_response was called with; raise ApplicationError if it cannot be sent."""
    if not isinstance(status, str) or (match := _STATUS.fullmatch(status)) is None:
        raise ApplicationError(f"{status!r} is no status")
    length: int | None = None
    fields: list[tuple[str, str]] = []
    for name, value in headers:
        if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
            raise ApplicationError(f"{name!r} is no field name")
        if not isinstance(value, str) or _VALUE.fullmatch(value) is None:
            raise ApplicationError(f"the value of {name} cannot be sent")
        lower = name.lower()
        if lower == "content-length":
            if length is not None or not (value.isascii() and value.isdigit()):
                raise ApplicationError("Content-Length is not one number")
            length = int(value)
        elif lower not in _NOT_THE_APPLICATIONS:
            fields.append((name, value))
    return AnswerHead(int(match[1]), match[2] or "", tuple(fields), length)


@dataclass(frozen=True, slots=True)
class Framing:
    """How the client learns where the answer ends (RFC 9112 section 6.3).

    ``length`` bytes, or chunks, or, when neither, the end of the connection (which an HTTP/1.0
    client always gets) or no body at all.
    """

    body: bool
    length: int | None
    chunked: bool = False


def frame(head: AnswerHead, total: int | None, method: bytes, version: bytes) -> Framing:
    """Choose the framing for an answer whose body has ``total`` bytes (None when unknown).

    An answer to HEAD says the length only when it is that of the answer to GET; one with status
    204 never says any (RFC 9110 section 8.6).
    """
    if head.status == HTTPStatus.NO_CONTENT:
        return Framing(body=False, length=None)
    if method == b"HEAD" or head.bodiless:
        return Framing(body=False, length=total or head.length)
    length = total if total is not None else head.length
    return Framing(body=True, length=length, chunked=length is None and version == b"HTTP/1.1")


@lru_cache(maxsize=1)
def _date_and_server(now: int) -> str:
    return f"Date: {formatdate(now, usegmt=True)}\r\nServer: dirserver"


def render_head(head: AnswerHead, framing: Framing, *, close: bool) -> bytes:
    """Return status line and fields as they are sent, with the empty line after them."""
    lines = [f"HTTP/1.1 {head.status} {head.reason}", _date_and_server(int(time.time()))]
    lines += [f"{name}: {value}" for name, value in head.fields]
    if framing.length is not None:
        lines.append(f"Content-Length: {framing.length}")
    elif framing.chunked:
        lines.append("Transfer-Encoding: chunked")
    if close:
        lines.append("Connection: close")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")


def plain_text(status: HTTPStatus, text: str) -> tuple[AnswerHead, bytes]:
    """Return an answer that says ``text``."""
    body = text.encode("utf-8") + b"\n"
    fields = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))
    return AnswerHead(status.value, status.phrase, fields, len(body)), body


def render_refusal(refusal: Refusal, method: bytes) -> bytes:
    """Return the whole answer that ``refusal`` is; the connection ends after it."""
    head, body = plain_text(refusal.status, refusal.text)
    if refusal.challenge:
        head = replace(head, fields=(*head.fields, ("WWW-Authenticate", refusal.challenge)))
    framing = frame(head, len(body), method, b"HTTP/1.1")
    return render_head(head, framing, close=True) + (body if framing.body else b"")
