"""What a column becomes: the small language of the header tables, of --map and of saved maps.

A target is the name of a property, perhaps a part of it, and types or a label of its own:
``FN``, ``N.given``, ``ADR.street;home``, ``TEL;fax,work``, ``TEL;label=Car``, ``X-CUSTOMER``.
``-`` leaves a column out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dirserver.exchange.formats.layout import BadTarget

NOTHING = "-"

_PARTS: dict[str, frozenset[str]] = {
    "N": frozenset({"family", "given", "additional", "prefix", "suffix"}),
    "ORG": frozenset({"name", "unit"}),
    "ADR": frozenset(
        {"street", "extended", "city", "region", "code", "country", "box", "formatted", "place"}
    ),
    "BDAY": frozenset({"year", "month", "day"}),
    "EMAIL": frozenset({"shown"}),
    "CATEGORIES": frozenset({"list"}),
}
_WHOLE = frozenset(
    [
        "FN",
        "NICKNAME",
        "TITLE",
        "ROLE",
        "TEL",
        "EMAIL",
        "URL",
        "IMPP",
        "BDAY",
        "ANNIVERSARY",
        "RELATED",
        "CATEGORIES",
        "NOTE",
        "UID",
        "ID",
        "CLASS",
    ]
)
# The targets that are one text of a contact, and which.
WORDS = {
    "N.family": "family",
    "N.given": "given",
    "N.additional": "additional",
    "N.prefix": "prefix",
    "N.suffix": "suffix",
    "FN": "full_name",
    "NICKNAME": "nickname",
    "ORG.name": "organisation",
    "ORG.unit": "unit",
    "TITLE": "title",
    "ROLE": "role",
}
_NEEDS_PART = frozenset({"N", "ORG", "ADR"})
_X_NAME = re.compile(r"X-[A-Z0-9-]{1,60}")
_TYPE = re.compile(r"[a-z0-9-]{1,30}")


@dataclass(frozen=True, slots=True)
class Target:
    """What a column becomes. ``name`` is a property, ID the source's own id, or NOTHING."""

    name: str
    part: str = ""
    types: frozenset[str] = frozenset()
    label: str = ""

    def __str__(self) -> str:
        """As it is typed."""
        part = f".{self.part}" if self.part else ""
        types = f";{','.join(sorted(self.types))}" if self.types else ""
        label = f";label={self.label}" if self.label else ""
        return f"{self.name}{part}{types}{label}"


def parse_target(text: str) -> Target:
    """Read a target as somebody typed it. Raises BadTarget."""
    said, *rest = (piece.strip() for piece in text.strip().split(";"))
    if said == NOTHING and not rest:
        return Target(NOTHING)
    name, _, part = said.partition(".")
    name, part = name.upper(), part.lower()
    if _X_NAME.fullmatch(name) and not part:
        return Target(name)
    if name not in _PARTS and name not in _WHOLE:
        raise BadTarget(
            f"{text!r} is no property; there are {', '.join(sorted({*_WHOLE, *_PARTS}))}, names "
            "that begin with X-, and - for leaving a column out"
        )
    if (part and part not in _PARTS.get(name, ())) or (not part and name in _NEEDS_PART):
        parts = ", ".join(f"{name}.{one}" for one in sorted(_PARTS.get(name, ())))
        raise BadTarget(
            f"{text!r} is no part of {name}" + (f"; there are {parts}" if parts else "")
        )
    types: set[str] = set()
    label = ""
    for piece in rest:
        key, equals, value = piece.partition("=")
        if equals and key.strip().lower() == "label":
            label = value.strip()
            continue
        words = [word.strip().lower() for word in (value if equals else key).split(",")]
        if not all(_TYPE.fullmatch(word) for word in words):
            raise BadTarget(f"{text!r} has a type that is none: {piece!r}")
        types.update(words)
    return Target(name, part, frozenset(types), label)
