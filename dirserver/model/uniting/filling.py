"""Properties that a card has once: whether two cards agree on them, and what says more."""

from __future__ import annotations

import re
from itertools import zip_longest

from dirserver.model.contentline import split_value, unescape
from dirserver.model.fold import fold
from dirserver.model.history.items import Item, is_binary
from dirserver.model.uniting.rewritten import with_value

_DATES = frozenset({"BDAY", "ANNIVERSARY", "DEATHDATE"})
_DATE = re.compile(r"(\d{4}|--)-?(\d{2})-?(\d{2})(?:T.*)?", re.DOTALL)
_WORDS = re.compile(r"[^\s,;]+")
# The year that Apple's clients write where there is none.
_NO_YEAR = "1604"


def filled(one: Item, other: Item) -> Item | None:
    """Return which of two items says what both do, or one that does; None if they contradict.

    An empty part contradicts nothing, nor do case and blanks. Of two that say the same it is
    ``one``.
    """
    if is_binary(one.line) or is_binary(other.line):
        return one if one.value == other.value else None
    if one.name in _DATES:
        return _date(one, other)
    if one.name in ("FN", "N") and _name_words(one) == _name_words(other):
        # One of them is turned round; the one that has more parts says what is what.
        return other if _number_of_parts(other) > _number_of_parts(one) else one
    if one.name in ("N", "ORG"):
        return _parts(one, other)
    mine, theirs = (_same(item.line.value) for item in (one, other))
    if mine == theirs or not theirs:
        return one
    return None if mine else other


def _name_words(item: Item) -> list[str]:
    return sorted(_WORDS.findall(unescape(item.line.value).casefold()))


def _number_of_parts(item: Item) -> int:
    return sum(bool(_same(part)) for part in split_value(item.line.value, ";"))


def _same(text: str) -> str:
    return " ".join(unescape(text).casefold().split())


def _parts(one: Item, other: Item) -> Item | None:
    """Fill the empty parts of a value from the other one."""
    mine, theirs = (split_value(item.line.value, ";") for item in (one, other))
    made = []
    for ours, its in zip_longest(mine, theirs, fillvalue=""):
        if _same(ours) and _same(its) and _same(ours) != _same(its):
            return None
        made.append(ours if _same(ours) or not _same(its) else its)
    return with_value(one, ";".join(made))


def _date(one: Item, other: Item) -> Item | None:
    mine, theirs = (_day(item.line.value) for item in (one, other))
    if mine is None or theirs is None:
        return one if fold(one.line.value) == fold(other.line.value) else None
    if mine[1] != theirs[1] or (mine[0] and theirs[0] and mine[0] != theirs[0]):
        return None
    return one if mine[0] or not theirs[0] else other


def _day(value: str) -> tuple[str, str] | None:
    """Return year and day; the year is empty where it is not known."""
    found = _DATE.fullmatch(unescape(value).strip())
    if found is None:
        return None
    year, month, day = found.groups()
    return "" if year in ("--", _NO_YEAR) else year, month + day
