"""What a PROPFIND asks for (RFC 4918 sections 9.1 and 14.20), before Radicale answers it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_D = "{DAV:}"


class Wanted(StrEnum):
    """What a client wants to know: some properties, all of them, or which there are."""

    PROP = "prop"
    ALLPROP = "allprop"
    PROPNAME = "propname"


_KINDS = {f"{_D}{wanted}": wanted for wanted in Wanted}


class Depth(StrEnum):
    """How deep a listing goes. Radicale knows the first two."""

    ZERO = "0"
    ONE = "1"
    INFINITY = "infinity"


def read_depth(header: str | None) -> Depth:
    """Return the depth that a client asks for; without the header all of it is meant.

    Raises ValueError.
    """
    return Depth("infinity" if header is None else header.strip().lower())


def prepare(root: Element | None) -> Wanted:
    """Make a request fit for Radicale and say what it wants; without a body that is everything.

    Raises ValueError for a document that is no PROPFIND, or that asks for two kinds of thing.
    """
    if root is None:
        return Wanted.ALLPROP
    kinds = [child for child in root if child.tag in _KINDS]
    if root.tag != f"{_D}propfind" or len(kinds) != 1:
        raise ValueError("this is no propfind")
    # Radicale looks at the first child, whatever it is.
    root[:] = kinds
    spellable(kinds[0])
    return _KINDS[kinds[0].tag]


def spellable(prop: Element) -> None:
    """Leave out properties without a namespace: nothing has one, and Radicale stumbles on them."""
    for child in list(prop):
        if not child.tag.startswith("{"):
            prop.remove(child)
