"""Names for what no property was made for."""

from __future__ import annotations

import re
import unicodedata

_NOT_IN_NAME = re.compile(r"[^A-Z0-9]+")
_LONGEST = 50


def x_name(column: str) -> str:
    """Return the X- property that a column becomes; it is the same for the same column."""
    plain = unicodedata.normalize("NFKD", column.replace("ß", "ss")).encode("ascii", "ignore")
    name = _NOT_IN_NAME.sub("-", plain.decode().upper()).strip("-")[:_LONGEST]
    return f"X-{name or 'COLUMN'}"
