"""What a client prefers (RFC 7240), as far as it says something to us (RFC 8144).

A preference that is honoured is told as such; all others are overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MINIMAL: Final = "return=minimal"
REPRESENTATION: Final = "return=representation"
NOROOT: Final = "depth-noroot"

_ITEM = re.compile(r"""(?:[^",]|"(?:[^"\\]|\\.)*+"?)++""")


@dataclass(frozen=True, slots=True)
class Preferences:
    """Whether answers are to leave out what goes without saying, or to show what was made.

    ``noroot`` wants to know what is in a collection, and nothing of itself.
    """

    minimal: bool = False
    representation: bool = False
    noroot: bool = False


NONE = Preferences()


def read_preferences(environ: Mapping[str, Any]) -> Preferences:
    """Return what Prefer says, and, in older words, ``Brief`` and ``Depth`` (RFC 8144 appendix A).

    Of a preference that is there twice, the first counts (RFC 7240 section 2).
    """
    header, brief = environ.get("HTTP_PREFER", ""), environ.get("HTTP_BRIEF", "")
    noroot = environ.get("HTTP_DEPTH", "").lower().endswith("noroot")
    if not header and not brief and not noroot:
        return NONE
    said: dict[str, str] = {}
    for item in _ITEM.findall(header):
        name, _, value = item.partition(";")[0].partition("=")
        said.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    wanted = said.get("return", "minimal" if brief.strip().lower() == "t" else "")
    return Preferences(wanted == "minimal", wanted == "representation", noroot or NOROOT in said)


def applied(*honoured: str) -> dict[str, str]:
    """Return the field that tells which preferences were honoured (RFC 7240 section 3)."""
    return {"Preference-Applied": ", ".join(honoured)} if honoured else {}
