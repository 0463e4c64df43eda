"""Moments as people say them: ``2d``, ``2026-11-01``, ``yesterday 14:00``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dirserver.cli.failure import Failed

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d{1,6})\s*([mhdw])(?:\s+ago)?")
_DAYS_AGO = {"today": 0, "yesterday": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FROM_NOW = re.compile(r"(\d{1,6})\s*([mhdw])")
_EXPECTED_DEADLINE = "expected a time to come, such as 90d, 2027-01-01 or 2027-01-01 14:00"
EXPECTED = (
    'expected 30m, 2h, 2d or 1w (ago), 2026-11-01, "2026-11-01 14:00", today, monday, 14:00 '
    'or "yesterday 14:00"'
)


@dataclass(frozen=True, slots=True)
class Span:
    """What a moment that somebody named covers: a day from its beginning to its end."""

    first: datetime
    last: datetime


def read_moment(text: str, now: datetime) -> Span:
    """Read ``text`` as somebody would say it at ``now``, whose time zone they live in.

    Raises ValueError with what was expected.
    """
    said = " ".join(text.lower().split())
    try:
        if ago := _AGO.fullmatch(said):
            at = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return Span(at, at)
        return _read_absolute(said, now)
    except (ValueError, OverflowError):
        raise ValueError(EXPECTED) from None


def read_deadline(text: str, now: datetime) -> datetime:
    """Read until when something is good: ``90d`` from now, or a day, to its end.

    Raises ValueError with what was expected, also for what is past.
    """
    said = " ".join(text.lower().split())
    try:
        if ahead := _FROM_NOW.fullmatch(said):
            deadline = now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
        else:
            deadline = _read_absolute(said, now).last
    except (ValueError, OverflowError):
        raise ValueError(_EXPECTED_DEADLINE) from None
    if deadline <= now:
        raise ValueError(_EXPECTED_DEADLINE)
    return deadline


def asked_moment(text: str, option: str, now: datetime) -> Span:
    """Read what was typed after ``option``. Raises Failed."""
    try:
        return read_moment(text, now)
    except ValueError as error:
        raise Failed(f'{option} "{text}" is no moment; {error}.') from error


def asked_span(since: str, until: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Read --since and --until, each of which may be empty. Raises Failed."""
    first = asked_moment(since, "--since", now).first if since else None
    last = asked_moment(until, "--until", now).last if until else None
    if first and last and first > last:
        raise Failed("--since is after --until, so nothing can be between them. Swap the two.")
    return first, last


def asked_past(text: str, now: datetime) -> datetime:
    """Read --at: a moment that has been; of a day its end. Raises Failed."""
    span = asked_moment(text, "--at", now)
    if span.first > now:
        raise Failed(f'--at "{text}" is yet to come; name a moment that has been.')
    return min(span.last, now)


def _read_absolute(said: str, now: datetime) -> Span:
    first, _, rest = said.partition(" ")
    if ":" in first and "-" not in first and not rest:
        return _at(now.date(), first)
    day = _day(first, now.date())
    if day is not None:
        return _at(day, rest) if rest else _whole(day)
    # The rest of ISO 8601, with a time zone or without one.
    at = datetime.fromisoformat(said.upper())
    at = at.astimezone() if at.tzinfo is None else at
    return Span(at, at)


def _day(word: str, today: date) -> date | None:
    """Return the day that ``word`` names, or None when it names none."""
    if word in _DAYS_AGO:
        return today - timedelta(days=_DAYS_AGO[word])
    if word in _WEEKDAYS:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(word)) % 7)
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _at(day: date, clock: str) -> Span:
    at = datetime.combine(day, time.fromisoformat(clock)).astimezone()
    return Span(at, at)


def _whole(day: date) -> Span:
    following = datetime.combine(day + timedelta(days=1), time()).astimezone()
    return Span(datetime.combine(day, time()).astimezone(), following - timedelta(microseconds=1))
