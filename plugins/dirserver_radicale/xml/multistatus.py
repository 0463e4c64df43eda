"""Multistatus answers (RFC 4918 section 13), written as text.

No element tree is made of an answer: of ten thousand cards it would cost a second, and more
memory than the cards themselves. Every href and every text is escaped here, in one way.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import client
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

# What an answer is put together of: text, and what is in UTF-8 already, as cards are.
Markup: TypeAlias = str | bytes

DAV = "{DAV:}"
CARDDAV = "{urn:ietf:params:xml:ns:carddav}"
CALENDARSERVER = "{http://calendarserver.org/ns/}"
_XML = "http://www.w3.org/XML/1998/namespace"
_DECLARED = {DAV[1:-1]: "", CARDDAV[1:-1]: "C:", CALENDARSERVER[1:-1]: "CS:"}
NAMESPACES = " ".join(
    f"xmlns{f':{prefix[:-1]}' if prefix else ''}={quoteattr(uri)}"
    for uri, prefix in _DECLARED.items()
)
# Namespaces in XML section 3: this one has its prefix unsaid, and may have no other.
_PREFIXES = {**_DECLARED, _XML: "xml:"}
XML = '<?xml version="1.0" encoding="utf-8"?>\n'

BEGIN = f"{XML}<multistatus {NAMESPACES}>\n"
END = "</multistatus>\n"


def escape(text: str) -> str:
    """Return ``text`` as it stands in an element.

    XML parsers make CRLF a mere LF (XML 1.0 section 2.11); what is kept comes back as it was.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


def escaped_card(body: bytes) -> bytes:
    """Return what ``escape`` makes of the text of a card, at a twentieth of the cost.

    Python replaces bytes far faster than characters, and those that are escaped are ASCII.
    """
    body = body.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return body.replace(b"\r", b"&#13;")


def element(name: str, inner: str = "") -> str:
    """Write an element ``name``, in Clark's notation, around ``inner``, which is XML already.

    What has no prefix of its own brings its namespace along.
    """
    uri, _, local = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
    prefix = _PREFIXES.get(uri)
    tag, declared = (
        (f"{prefix}{local}", "")
        if prefix is not None
        else (f"X:{local}", f" xmlns:X={quoteattr(uri)}")
        if uri
        else (local, ' xmlns=""')
    )
    return f"<{tag}{declared}>{inner}</{tag}>" if inner else f"<{tag}{declared}/>"


def rewritten(root: Element) -> str:
    """Write an element that a client sent so that it means the same wherever it is put.

    RFC 4918 section 4.3: names, attributes, xml:lang and text of a property are kept.
    """
    uri, _, local = root.tag[1:].rpartition("}") if root.tag[0] == "{" else ("", "", root.tag)
    tag, declared = (f"xml:{local}", "") if uri == _XML else (local, f" xmlns={quoteattr(uri)}")
    parts = [f"<{tag}{declared}"]
    for number, (name, value) in enumerate(root.attrib.items()):
        of, _, short = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
        if of == _XML:
            parts.append(f" xml:{short}={quoteattr(value)}")
        elif of:
            parts.append(f" xmlns:a{number}={quoteattr(of)} a{number}:{short}={quoteattr(value)}")
        else:
            parts.append(f" {short}={quoteattr(value)}")
    inner = [escape(root.text or "")]
    for child in root:
        inner += [rewritten(child), escape(child.tail or "")]
    return "".join([*parts, ">", *inner, f"</{tag}>"])


def href(url: str) -> str:
    """Write a DAV:href; ``url`` is escaped as ``hrefs.escaped`` does it."""
    return f"<href>{url}</href>"


def status_line(status: int) -> str:
    """Write a DAV:status. Thunderbird wants HTTP/1.1 and looks no further than the digits."""
    return f"<status>HTTP/1.1 {status} {client.responses[status]}</status>"


def propstat(properties: str, status: int, condition: str = "") -> str:
    """Write a DAV:propstat around ``properties``, with what was violated as ``condition``."""
    error = f"<error>{condition}</error>" if condition else ""
    return f"<propstat><prop>{properties}</prop>{status_line(status)}{error}</propstat>"


def response(url: str, propstats: Iterable[str]) -> str:
    """Write a DAV:response that tells properties."""
    return f"<response>{href(url)}{''.join(propstats)}</response>\n"


def status_response(url: str, status: int, condition: str = "") -> str:
    """Write a DAV:response that has a status only, and the precondition that does not hold."""
    error = f"<error>{condition}</error>" if condition else ""
    return f"<response>{href(url)}{status_line(status)}{error}</response>\n"


def document(responses: Iterable[str]) -> str:
    """Write a whole multistatus of a few responses."""
    return f"{BEGIN}{''.join(responses)}{END}"
