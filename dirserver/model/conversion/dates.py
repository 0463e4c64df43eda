"""Dates: BDAY, ANNIVERSARY and REV (RFC 2426 sections 3.1.5, 3.6.4; RFC 6350 section 4.3).

3.0 writes 1970-01-02T23:10:00Z or 19700102T231000Z, 4.0 only the second. 4.0 can leave out the
year; in 3.0 Apple writes 1604 and says beside it that this is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dirserver.model.contentline import ContentLine, Params, unescape
from dirserver.model.conversion.parameters import omitting, value_type
from dirserver.model.conversion.texts import text_for_four, text_for_three

_OMITTED = "X-APPLE-OMIT-YEAR"
_NO_YEAR = "1604"
_VALUE_TYPES = frozenset({"date", "date-and-or-time", "date-time", "timestamp"})
_DATE = re.compile(
    r"(?:([0-9]{4})-?|--)([0-9]{2})-?([0-9]{2})"
    r"(?:T([0-9]{2})(?::?([0-9]{2}))?(?::?([0-9]{2})(?:[.,][0-9]+)?)?"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.IGNORECASE,
)
# What else 4.0 allows: 1985, 1985-04, --04, ---12, and a time alone.
_PARTIAL = re.compile(
    r"[0-9]{4}(?:-[0-9]{2})?|--[0-9]{2}|---[0-9]{2}"
    r"|T(?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{2})?)?|-[0-9]{2}(?:[0-9]{2})?|--[0-9]{2})"
    r"(?:Z|[+-][0-9]{2}(?:[0-9]{2})?)?"
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date with or without a year (empty) and a time, as digits.

    ``time`` is a list of hours, minutes and seconds as far as they are given.
    """

    year: str
    month: str
    day: str
    time: tuple[str, ...]
    zone: str

    def basic(self) -> str:
        """As 4.0 writes it."""
        date = f"{self.year or '--'}{self.month}{self.day}"
        return f"{date}T{''.join(self.time)}{self.zone}" if self.time else date

    def extended(self) -> str:
        """As 3.0 writes it."""
        date = f"{self.year or _NO_YEAR}-{self.month}-{self.day}"
        if not self.time:
            return date
        zone = self.zone
        if len(zone) > 1:
            zone = f"{zone[:3]}:{zone[3:] or '00'}"
        return f"{date}T{':'.join(self.time)}{zone}"


def read_date(line: ContentLine) -> Date | None:
    """The date that a line of either version has; None when it has no whole one."""
    value = line.value.strip()
    found = _DATE.fullmatch(unescape(value) if "\\" in value else value)
    if found is None:
        return None
    year, month, day, *time, zone = (part or "" for part in found.groups())
    if year and year in line.param(_OMITTED):
        year = ""
    if not ("01" <= month <= "12" and "01" <= day <= "31") or year == "0000":
        return None
    zone = zone.upper().replace(":", "")
    return Date(year, month, day, tuple(part for part in time if part), zone)


def birthday_for_four(line: ContentLine) -> ContentLine:
    """BDAY (RFC 6350 section 6.2.5); what is no date is a text."""
    if value_type(line) == "text":
        return _with(line, line.params, text_for_four(line.value))
    params = dateless(line.params)
    if date := read_date(line):
        return _with(line, params, date.basic())
    value = line.value.strip()
    if _PARTIAL.fullmatch(value):
        return _with(line, params, value)
    return _with(
        line, (*omitting(params, "VALUE"), ("VALUE", ("text",))), text_for_four(line.value)
    )


def birthday_for_three(line: ContentLine) -> ContentLine:
    """BDAY (RFC 2426 section 3.1.5); of texts and parts of dates it knows nothing: they stay."""
    if value_type(line) == "text":
        return _with(line, line.params, text_for_three(line.value))
    date = read_date(line)
    if date is None:
        return _with(line, dateless(line.params), line.value)
    params = yearless(line.params, date)
    if date.time:
        params = (*params, ("VALUE", ("date-time",)))
    return _with(line, params, date.extended())


def revision_for_four(line: ContentLine) -> ContentLine:
    """REV, always with a time (RFC 6350 section 6.7.4)."""
    date = read_date(line)
    if date is None or not date.year:
        return line
    if not date.time:
        date = Date(date.year, date.month, date.day, ("00", "00", "00"), "Z")
    return _with(line, dateless(line.params), date.basic())


def revision_for_three(line: ContentLine) -> ContentLine:
    """REV (RFC 2426 section 3.6.4)."""
    date = read_date(line)
    if date is None or not date.year:
        return line
    return _with(line, dateless(line.params), date.extended())


def dateless(params: Params) -> Params:
    """The parameters without those that only say how a date is written."""
    kept = tuple(
        (name, values)
        for name, values in params
        if name != _OMITTED
        and not (name == "VALUE" and values and values[0].lower() in _VALUE_TYPES)
    )
    return kept if len(kept) < len(params) else params


def yearless(params: Params, date: Date) -> Params:
    """The parameters that ``date`` needs in 3.0."""
    params = dateless(params)
    return params if date.year else (*params, (_OMITTED, (_NO_YEAR,)))


def _with(line: ContentLine, params: Params, value: str) -> ContentLine:
    if params is line.params and value == line.value:
        return line
    return ContentLine(line.group, line.name, params, value)
