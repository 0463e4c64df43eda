"""Dates as programs and people write them; the order of day and month is one for a whole file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from dirserver.exchange.formats.choices import DateOrder

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?|(\d{4})(\d{2})(\d{2})")
_YEARLESS = re.compile(r"--(\d{1,2})-?(\d{1,2})")
_PARTED = re.compile(r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{2}|\d{4})(?:[T ].*)?")


def order_of(cells: Iterable[str]) -> DateOrder | None:
    """Tell the order from a date in which only one can be meant; None when there is no such."""
    for cell in cells:
        if found := _PARTED.fullmatch(cell.strip()):
            first, second = int(found[1]), int(found[3])
            if first > 12 >= second or found[2] == ".":
                return DateOrder.DAY_FIRST
            if second > 12 >= first:
                return DateOrder.MONTH_FIRST
    return None


def is_ambiguous(cell: str) -> bool:
    """Say whether one must know the order to read this."""
    found = _PARTED.fullmatch(cell.strip())
    return found is not None and found[2] != "." and found[1].zfill(2) != found[3].zfill(2)


def read_day(cell: str, order: DateOrder | None, today: date) -> str:
    """Return YYYY-MM-DD, or --MM-DD where there is no year; nothing when it is no date.

    A year of two digits is the last one that was, seen from ``today``: nobody is born tomorrow.
    """
    cell = cell.strip()
    if found := _ISO.fullmatch(cell):
        year, month, day = (part for part in found.groups() if part is not None)
        return _day(int(year), int(month), int(day))
    if found := _YEARLESS.fullmatch(cell):
        return yearless(int(found[1]), int(found[2]))
    found = _PARTED.fullmatch(cell)
    if found is None:
        return ""
    first, second = int(found[1]), int(found[3])
    if found[2] == "." or first == second:
        order = DateOrder.DAY_FIRST
    if order is None:
        return ""
    day_, month_ = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    return _day(_year(found[4], month_, day_, today), month_, day_)


def yearless(month: int, day: int) -> str:
    """Return --MM-DD, or nothing when there is no such day."""
    # A leap year has all of them.
    return f"--{month:02}-{day:02}" if _day(2000, month, day) else ""


def from_parts(year: str, month: str, day: str) -> str:
    """Put a date together of columns of its own; nothing when that is none."""
    numbers = [int(part) if part.isascii() and part.isdigit() else 0 for part in (year, month, day)]
    if numbers[0]:
        return _day(*numbers) if len(year) == 4 else ""
    return yearless(numbers[1], numbers[2])


def _year(text: str, month: int, day: int, today: date) -> int:
    if len(text) == 4:
        return int(text)
    year = today.year - today.year % 100 + int(text)
    return year - 100 if (year, month, day) > (today.year, today.month, today.day) else year


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
