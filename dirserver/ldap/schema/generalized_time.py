"""The Generalized Time syntax (RFC 4517 section 3.3.13)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_TIME = re.compile(
    r"(?P<hour>[0-9]{4}[0-9]{2}[0-9]{2}[0-9]{2})(?P<minute>[0-9]{2})?(?P<second>[0-9]{2})?"
    r"(?:[.,](?P<fraction>[0-9]{1,20}))?(?P<zone>Z|[+-][0-9]{2}(?:[0-9]{2})?)",
    re.ASCII,
)
_SECOND = timedelta(seconds=1)


def unparse(moment: datetime) -> str:
    """Return a moment as entries show it, to the second."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def parse(text: str) -> datetime | None:
    """Return the moment that ``text`` is, or None when it is none.

    A fraction is of the last unit that is written; a leap second is the second after it.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    minute, second = found["minute"], found["second"]
    unit = timedelta(hours=1) if minute is None else timedelta(minutes=1)
    if second is not None:
        unit = _SECOND
    leap = second == "60"
    try:
        whole = found["hour"] + (minute or "00") + ("59" if leap else second or "00")
        moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=_zone(found["zone"]))
        if leap:
            moment += _SECOND
        if found["fraction"]:
            moment += unit * float(f"0.{found['fraction']}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:] or "0")
    if minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def second_of(moment: datetime) -> tuple[datetime, datetime]:
    """Return when the second of a moment begins, and when the next one does."""
    start = moment.replace(microsecond=0)
    return start, start + _SECOND
