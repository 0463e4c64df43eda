"""XML of phones, read without DTDs and entities, and though it has several roots."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The type only: what strangers sent is parsed by defusedxml.
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from dirserver.exchange.formats.encodings import decoded
from dirserver.exchange.formats.layout import UnknownFormat

MAX_BYTES = 32 * 1024 * 1024
_DECLARATION = re.compile(r"\s*<\?xml([^>]{0,200})\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}encoding=["']([A-Za-z0-9._-]{1,30})["']""")
_KNOWN = {"iso-8859-1": "cp1252", "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252"}
_LINE = "{dirserver}line"


class _Builder(TreeBuilder):
    """Notes the line that each element begins in."""

    line = staticmethod(lambda: 0)

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        element = super().start(tag, attrs)
        element.set(_LINE, str(self.line()))
        return element


def _parsed(text: str) -> Element:
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.line = lambda: parser.parser.CurrentLineNumber
    parser.feed(text)
    root = parser.close()
    if not isinstance(root, Element):
        raise TypeError(type(root).__name__)
    return root


def line_of(element: Element) -> int:
    """The line of the file that an element begins in."""
    return int(element.get(_LINE, "1"))


def parse(data: bytes) -> tuple[Element, str]:
    """Return what is in a file, below a root of ours, and the encoding.

    Raises UnknownFormat.
    """
    if len(data) > MAX_BYTES:
        raise UnknownFormat(f"a phone book in XML has at most {MAX_BYTES // 1024 // 1024} MiB")
    said = _ENCODING.search(data[:300])
    codec = _KNOWN.get(said[1].decode().lower(), "") if said else ""
    if codec:
        text, encoding = data.decode(codec, "replace"), (said[1].decode().upper() if said else "")
    else:
        text, encoding = decoded(data, lambda _head: 0)
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    try:
        # Two roots in one file are what Yealink's phones write.
        root = _parsed(f"<phonebook-file>{text}\n</phonebook-file>")
    except ParseError as error:
        line = error.position[0]
        raise UnknownFormat(
            f"line {line}: this is no XML, or it is cut off: {_said(error)}"
        ) from error
    except DefusedXmlException as error:
        raise UnknownFormat("it has a DTD or entities, which are not read") from error
    except (ValueError, RecursionError) as error:
        raise UnknownFormat("this is no XML that can be read") from error
    return root, encoding


def _said(error: ParseError) -> str:
    return str(error).partition(":")[0]


def local(element: Element) -> str:
    """The name of an element without its namespace, in lower case."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def find_all(root: Element, *names: str) -> Iterator[Element]:
    """Yield the elements below ``root``, at any depth, that have one of these names."""
    wanted = frozenset(names)
    for element in root.iter():
        if local(element) in wanted:
            yield element


def child(element: Element, *names: str) -> str:
    """The text of the first child that has one of these names, or of such an attribute."""
    for name in names:
        for below in element:
            if local(below) == name and (text := "".join(below.itertext()).strip()):
                return text
        for key, value in element.attrib.items():
            if key != _LINE and key.rpartition("}")[2].lower() == name and value.strip():
                return value.strip()
    return ""
