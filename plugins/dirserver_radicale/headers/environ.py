"""A WSGI environ made safe for Radicale, which takes some headers more literally than it should."""

from __future__ import annotations

import binascii
import unicodedata
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

# Agents are for people to read in the audit trail.
_AGENT_LENGTH = 200


def tidy(environ: dict[str, Any]) -> None:
    """Mend what Radicale answers with 500.

    That is a Content-Length that is no number, a charset that nobody knows (it would even
    decode the password with it), and Basic credentials that are none; the name of that scheme
    may be written in any case (RFC 9110 section 11.1).
    """
    environ["CONTENT_LENGTH"] = str(content_length(environ))
    if "CONTENT_TYPE" in environ:
        # XML says its encoding itself, and a card is UTF-8 (RFC 6350 section 3.1).
        environ["CONTENT_TYPE"] = str(environ["CONTENT_TYPE"]).partition(";")[0].strip()
    basic = _basic(str(environ.get("HTTP_AUTHORIZATION", "")))
    if basic:
        environ["HTTP_AUTHORIZATION"] = basic
    else:
        environ.pop("HTTP_AUTHORIZATION", None)


def content_length(environ: dict[str, Any]) -> int:
    """Return how long the body of a request is; 0 when that is not said."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    return int(length) if length.isascii() and length.isdigit() else 0


class PackedBody(ValueError):
    """The body of a request is in a content coding, of which none is undone here.

    What a card is kept as are the bytes that were sent, and what unpacks has no limit of its own.
    """


def require_unpacked(environ: Mapping[str, Any]) -> None:
    """Raise PackedBody for a body that is not sent as it is (RFC 9110 section 8.4)."""
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise PackedBody


def is_printable(path: str) -> bool:
    """Say whether a path is one that Radicale takes: without characters of the category Other."""
    return path.isprintable() or all(unicodedata.category(char)[0] != "C" for char in path)


def user_agent(environ: dict[str, Any]) -> str:
    """Return what the client calls itself, without what no log should hold."""
    agent = str(environ.get("HTTP_USER_AGENT", ""))
    return "".join([char for char in agent if char.isprintable()])[:_AGENT_LENGTH]


def _basic(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        credentials = b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return f"Basic {token.strip()}" if b":" in credentials else ""
