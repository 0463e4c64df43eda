"""Reading the XML of a request, whoever sent it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import defusedxml.ElementTree as DefusedET

from dirserver_radicale.headers.environ import content_length, require_unpacked

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# vdirsyncer asks for all new cards at once: these are limits for 200,000 of them. It is the
# elements and attributes, not the bytes, that take much memory.
MOST_BYTES = 20 * 1024 * 1024
MOST_MARKS = 500_000
# Requests have a depth of five or so; what is much deeper only exhausts Radicale's recursion.
_MOST_DEPTH = 50
# A client that polls says the same each time, and so do all of its kind.
_SHORT = 1024
_KEPT = 64


class BadXML(ValueError):
    """The body is no XML that is safe to look at."""


class TooMuchXML(BadXML):
    """The body is larger than any request of use."""


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body of a request.

    Raises BadXML for one that is too long or cut off, and PackedBody.
    """
    length = content_length(environ)
    if length:
        require_unpacked(environ)
    if length > MOST_BYTES:
        raise TooMuchXML(f"{length} bytes")
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        raise BadXML("cut off")
    return body


def parse(body: bytes) -> Element | None:
    """Return the document in ``body``, or None when it is empty.

    The document says its encoding itself, by its declaration or a byte order mark. Entities
    and external references are refused unread. Raises BadXML.
    """
    if not body.strip():
        return None
    if body.count(b"<") + body.count(b"=") > MOST_MARKS:
        raise TooMuchXML("too many elements")
    try:
        root: Element = DefusedET.fromstring(body)
    # An encoding that Python does not know is a LookupError; the others are ValueErrors, and
    # ParseError is a SyntaxError.
    except (SyntaxError, LookupError, ValueError) as error:
        raise BadXML(f"{type(error).__name__}: {error}") from error
    level = [root]
    for _ in range(_MOST_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise BadXML("nested too deeply")


_kept = lru_cache(maxsize=_KEPT)(parse)


def shared(body: bytes) -> Element | None:
    """Return what ``parse`` does, in a document that is not to be changed: others may have it."""
    return _kept(body) if len(body) <= _SHORT else parse(body)
