"""A part of a card: some of its properties, each with its value or without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dirserver.model.contentline import fold, logical_lines, parse_line

_ALWAYS = frozenset({"BEGIN", "END"})


@dataclass(frozen=True, slots=True)
class Selection:
    """The ``properties`` that are wanted, in upper case, and whether only their names are.

    "TEL" stands for every TEL, "ITEM1.TEL" for that of the group alone.
    """

    properties: Mapping[str, bool]

    def wants(self, group: str, name: str) -> bool | None:
        """Say whether a property is wanted without its value; None if it is not wanted."""
        if group and (found := self.properties.get(f"{group.upper()}.{name}")) is not None:
            return found
        return self.properties.get(name)


def selected(body: bytes, selection: Selection) -> bytes:
    """Return what is selected of a card that was stored.

    Every byte of a property stays, but for the values that are not wanted.
    """
    text = body.decode()
    kept: list[bytes] = []
    for logical in logical_lines(text):
        if not logical.text or logical.text.isspace():
            continue
        line = parse_line(logical.text)
        valueless = False if line.name in _ALWAYS else selection.wants(line.group, line.name)
        if valueless:
            # What is before the value ends with the colon.
            kept.append(fold(logical.text[: len(logical.text) - len(line.value)]))
        elif valueless is not None:
            kept.append(text[logical.start : logical.end].encode())
    return b"".join(kept)
