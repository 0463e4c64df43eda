"""Which version of vCard a client wants by its Accept header (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSIONS = ("3.0", "4.0")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 section 5.6.2, no secret
_QUOTED = r'"(?:[^"\\]|\\.)*"'
# Nothing is tried a second way, so that a long header takes no longer than its length.
_PIECE = re.compile(r"""(?:[^",]|"(?:[^"\\]|\\.)*+"?)++""")
_RANGE = re.compile(rf"\s*({_TOKEN})/({_TOKEN})\s*")
_PARAM = re.compile(rf";\s*(?:({_TOKEN})=({_TOKEN}|{_QUOTED}))?\s*")
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class _Range:
    """A media range that may be about vCards: the more specific counts."""

    specificity: int
    version: str
    quality: float


def preferred_version(accept: str) -> str | None:
    """Return "3.0" or "4.0" if ``accept`` prefers that to the other; else None.

    None says to send the card as it is stored: to one who names no version, or both alike, or
    another media type alone, which may be disregarded. What is malformed is disregarded too. A
    version that this server does not have is returned where no other will do.
    """
    if "vcard" not in accept.lower():
        return None
    ranges = [found for piece in _PIECE.findall(accept) if (found := _read(piece))]
    three, four = (_quality(ranges, version) for version in _VERSIONS)
    if three == four == 0:
        wanted = (one for one in ranges if one.version not in ("", *_VERSIONS) and one.quality)
        return max((one.version for one in wanted), default=None)
    if three == four:
        return None
    return "3.0" if three > four else "4.0"


def _quality(ranges: list[_Range], version: str) -> float:
    """The quality that the most specific range gives to a vCard of ``version``."""
    fitting = [known for known in ranges if known.version in ("", version)]
    best = max(fitting, key=lambda known: (known.specificity, known.quality), default=None)
    return best.quality if best else 0.0


def _read(piece: str) -> _Range | None:
    found = _RANGE.match(piece)
    if not found:
        return None
    media = f"{found[1]}/{found[2]}".lower()
    specificity = {"*/*": 0, "text/*": 1, "text/vcard": 2}.get(media)
    if specificity is None:
        return None
    at, version, quality = found.end(), "", 1.0
    while at < len(piece):
        param = _PARAM.match(piece, at)
        if not param:
            return None
        at = param.end()
        name, value = (param[1] or "").lower(), param[2] or ""
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if name == "q":
            if not _QUALITY.fullmatch(value):
                return None
            quality = float(value)
            break  # What follows is no parameter of the media type.
        if name == "version":
            version = value
    return _Range(specificity + (1 if version else 0), version, quality)
