"""What is wrong with a file, said so that whoever wrote it can mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 240


class Refused(Exception):
    """A value cannot be used. The text says what was expected, and never repeats a secret."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table of the file, or a key in it, written as an admin would look for it."""

    table: tuple[str, ...] = ()
    key: str = ""

    def under(self, name: str) -> Place:
        """Return the table ``name`` in this table."""
        return Place((*self.table, name))

    def at(self, key: str) -> Place:
        """Return ``key`` of this table, or of this item of a list."""
        return replace(self, key=f"{self.key}.{_quoted(key)}" if self.key else _quoted(key))

    def item(self, index: int) -> Place:
        """Return the item ``index`` of the list at this key, counted from 0.

        It is written as people count.
        """
        return replace(self, key=f"{self.key} ({_ordinal(index + 1)})")

    def __str__(self) -> str:
        table = f"[{'.'.join(_quoted(name) for name in self.table)}]" if self.table else ""
        return f"{table} {self.key}".strip()


class Inspection:
    """What is known of a file while it is read: its faults, and where each part of it stands."""

    def __init__(self, path: Path, homes: Mapping[str, tuple[str, ...]]) -> None:
        """Begin with the file at ``path``; ``homes`` are the tables that have a key."""
        self.path = path
        self.homes = homes
        self.faults: list[str] = []
        self.tables: frozenset[str] = frozenset()
        """The tables at the top of the file, by the names that they should have."""
        self.names: dict[str, tuple[str, ...]] = {}
        """What is in each table of named tables, whether or not it can be used."""
        self._unread: set[Place] = set()
        self._kept: dict[Place, list[int]] = {}
        # The section is kept beside its place, or its id might come to mean another one.
        self._places: dict[int, tuple[object, Place]] = {}

    def refuse(self, place: Place, sentence: str, value: str = "") -> None:
        """Note a fault at ``place``, where ``value`` stands, if it may be shown."""
        written = f"{place} = {value}" if value else f"{place}"
        self.faults.append(f"{self.path}: {written}: {sentence}")

    def mark_unread(self, place: Place) -> None:
        """Remember that the default stands in for what the file says at ``place``."""
        self._unread.add(place)

    def is_unread(self, place: Place) -> bool:
        """Whether what the file says at ``place`` is unknown, being at fault itself."""
        return place in self._unread

    def keep_items(self, place: Place, indices: list[int]) -> None:
        """Remember which items of the list at ``place`` could be read."""
        self._kept[place] = indices

    def item(self, place: Place, index: int) -> Place:
        """Return where the item ``index`` of those that could be read stands in the file."""
        return place.item(self._kept[place][index] if place in self._kept else index)

    def settle(self, section: object, place: Place) -> None:
        """Remember that ``section`` was read from the table at ``place``."""
        self._places[id(section)] = (section, place)

    def place_of(self, section: object) -> Place:
        """Return where ``section`` stands in the file."""
        return self._places[id(section)][1]


def shown(value: object) -> str:
    """Return ``value`` as TOML would have it, short enough for a sentence."""
    text = _toml(value)
    if isinstance(value, list):
        text = f"[{', '.join(_toml(one) for one in value)}]"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def kind_of(value: object) -> str:
    """Say in words what type of TOML value ``value`` is."""
    match value:
        case bool():
            return f"the truth value {'true' if value else 'false'}"
        case int():
            return "a whole number"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the one of ``choices`` that ``word`` was probably meant to be, whatever its case."""
    by_fold = {choice.casefold(): choice for choice in choices}
    matches = get_close_matches(word.casefold(), by_fold, n=1)
    return by_fold[matches[0]] if matches else None


def listing(words: Iterable[str], last: str = "or") -> str:
    """Join ``words`` as a sentence does: "a, b or c"."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return "[...]"
        case dict():
            return "{...}"
        case int() if value.bit_length() > 64:
            return "a very large number"
        case _:
            return str(value)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"


def _quoted(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)
