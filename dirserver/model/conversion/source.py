"""The card that is converted, as far as the rule for one of its lines must know the others.

Everything is worked out once, and only if a rule asks for it, so that the time for a card stays
linear in its length.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import TypeVar, cast

from dirserver.model.contentline import ContentLine, unescape

_T = TypeVar("_T")
LEAST = 101  # of no preference: PREF goes from 1 to 100 (RFC 6350 section 5.3)


class Source:
    """The lines of the card before its conversion."""

    def __init__(self, lines: Sequence[ContentLine]) -> None:
        """Take ``lines`` as ``parse_line`` gives them, without BEGIN and END."""
        self.lines = lines
        self._new_groups = 0
        self._made: dict[Callable[[Source], object], object] = {}
        self._noted: set[Hashable] = set()
        self._primaries: dict[str, ContentLine] = {}

    @cached_property
    def _by_name(self) -> dict[str, list[ContentLine]]:
        found: dict[str, list[ContentLine]] = {}
        for line in self.lines:
            found.setdefault(line.name, []).append(line)
        return found

    @cached_property
    def _groups(self) -> dict[str, list[ContentLine]]:
        found: dict[str, list[ContentLine]] = {}
        for line in self.lines:
            if line.group:
                found.setdefault(line.group.lower(), []).append(line)
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all properties, in upper case."""
        return frozenset(line.name for line in self.lines)

    @cached_property
    def texts(self) -> frozenset[tuple[str, str]]:
        """The names with the texts that they have."""
        return frozenset((line.name, unescape(line.value).strip()) for line in self.lines)

    def all(self, name: str) -> Sequence[ContentLine]:
        """The properties of this name, in the order of the card."""
        return self._by_name.get(name, ())

    def primary(self, name: str) -> ContentLine:
        """The preferred one of the properties of this name, of which there is one."""
        lines = self._by_name[name]
        if len(lines) == 1:
            return lines[0]
        if name not in self._primaries:
            self._primaries[name] = min(lines, key=preference)
        return self._primaries[name]

    def once(self, make: Callable[[Source], _T]) -> _T:
        """What ``make`` makes of the card; it is called only once for each card."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(_T, self._made[make])

    def is_first(self, said: Hashable) -> bool:
        """Say whether this is asked for ``said`` for the first time in this conversion."""
        if said in self._noted:
            return False
        self._noted.add(said)
        return True

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels: dict[str, str] = {}
        for line in self.all("X-ABLABEL"):
            labels.setdefault(line.group.lower(), unescape(line.value).strip())
        return labels

    def label(self, line: ContentLine) -> str:
        """The X-ABLabel that Apple puts into the group of ``line``, or nothing."""
        return self._labels.get(line.group.lower(), "") if line.group else ""

    def group(self, line: ContentLine) -> Sequence[ContentLine]:
        """The lines of the group of ``line``, itself among them; none when it has no group."""
        return self._groups[line.group.lower()] if line.group else ()

    def new_group(self) -> str:
        """The name of a group that the card does not have, as Apple names them."""
        while True:
            self._new_groups += 1
            name = f"item{self._new_groups}"
            if name not in self._groups:
                return name


def preference(line: ContentLine) -> int:
    """How a line is preferred: 1 is most."""
    is_preferred = False
    for name, values in line.params:
        if name == "PREF":
            for value in values:
                if len(value) <= 3 and value.isascii() and value.isdigit():
                    return int(value)
        elif name == "TYPE":
            is_preferred = is_preferred or "pref" in ",".join(values).lower().split(",")
    return 1 if is_preferred else LEAST
