"""Moments as HTTP spells them (RFC 9110 section 5.6.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache


@lru_cache(maxsize=256)
def http_date(moment: datetime) -> str:
    """Return a moment as HTTP spells it. Cards that came together have the same."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def read_http_date(text: str) -> datetime | None:
    """Read a date of HTTP; None for what is none, which is to be overlooked (section 13.1.3)."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        # The numbers may be as large as somebody likes.
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
