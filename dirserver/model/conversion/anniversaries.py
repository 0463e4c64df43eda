"""ANNIVERSARY (RFC 6350 section 6.2.6), of which 3.0 knows nothing.

Apple has X-ABDATE with a label, Evolution and KDE a property of their own, others X-ANNIVERSARY.
3.0 gets the first two, and 4.0 one for all that say the same day.
"""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.model.contentline import ContentLine
from dirserver.model.conversion.dates import (
    Date,
    birthday_for_four,
    birthday_for_three,
    dateless,
    read_date,
    yearless,
)
from dirserver.model.conversion.parameters import omitting
from dirserver.model.conversion.source import Source

NAMES = (
    "ANNIVERSARY",
    "X-ABDATE",
    "X-ANNIVERSARY",
    "X-EVOLUTION-ANNIVERSARY",
    "X-KADDRESSBOOK-X-ANNIVERSARY",
)
_LABEL = "_$!<Anniversary>!$_"
_EVOLUTION = "X-EVOLUTION-ANNIVERSARY"


@dataclass(frozen=True, slots=True)
class _Day:
    """The day that a card says, the line that stands for it, and all that say the same."""

    date: str
    spokesman: int
    lines: frozenset[int]


def for_four(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """The one ANNIVERSARY; a line with another day stays as it is."""
    day = source.once(_day)
    if day is None or id(line) not in day.lines:
        return (birthday_for_four(line) if line.name == "ANNIVERSARY" else line,)
    if id(line) != day.spokesman:
        return ()
    params = omitting(dateless(line.params), "PREF", "TYPE")
    is_alone = len(source.group(line)) == 1
    group = "" if is_alone or is_told_by_name(line, source) else line.group
    return (ContentLine(group, "ANNIVERSARY", params, day.date),)


def is_told_by_name(line: ContentLine, source: Source) -> bool:
    """Say whether an X-ABDATE needs neither its label nor its group in 4.0."""
    day = source.once(_day)
    return (
        day is not None
        and id(line) in day.lines
        and line.name == "X-ABDATE"
        and len(source.group(line)) == 2
    )


def for_three(line: ContentLine, source: Source) -> tuple[ContentLine, ...]:
    """An X-ABDATE, and Evolution's property if there is a year.

    What these programs cannot read stays an ANNIVERSARY.
    """
    date = _read(line)
    if date is None:
        return (birthday_for_three(line),)
    group = source.new_group()
    made = [
        ContentLine(group, "X-ABDATE", yearless(line.params, date), date.extended()),
        ContentLine(group, "X-ABLabel", (), _LABEL),
    ]
    if date.year and _EVOLUTION not in source.names and source.is_first(_EVOLUTION):
        made.append(ContentLine("", _EVOLUTION, (), date.extended()))
    return tuple(made)


def _day(source: Source) -> _Day | None:
    said = [
        (date.basic(), id(line))
        for line in source.lines
        if line.name in NAMES and (date := _read(line)) and _is_anniversary(line, source)
    ]
    if not said:
        return None
    day, spokesman = said[0]
    return _Day(day, spokesman, frozenset(line for date, line in said if date == day))


def _is_anniversary(line: ContentLine, source: Source) -> bool:
    return line.name != "X-ABDATE" or source.label(line) == _LABEL


def _read(line: ContentLine) -> Date | None:
    date = read_date(line)
    return None if date is None or date.time else date
