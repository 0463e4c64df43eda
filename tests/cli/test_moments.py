"""Moments as people say them."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.cli.moments import EXPECTED, Span, read_moment


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def now() -> datetime:
    """A Sunday evening."""
    return datetime(2026, 11, 22, 18, 30).astimezone()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", "2026-11-22T18:00+01:00"),
        ("2h", "2026-11-22T16:30+01:00"),
        ("2 h ago", "2026-11-22T16:30+01:00"),
        ("2d", "2026-11-20T18:30+01:00"),
        ("1w", "2026-11-15T18:30+01:00"),
        ("14:00", "2026-11-22T14:00+01:00"),
        ("yesterday 14:00", "2026-11-21T14:00+01:00"),
        ("Yesterday  14:00:30", "2026-11-21T14:00:30+01:00"),
        ("monday 08:00", "2026-11-16T08:00+01:00"),
        ("2026-11-01 14:00", "2026-11-01T14:00+01:00"),
        ("2026-11-01T14:00", "2026-11-01T14:00+01:00"),
        ("2026-07-01 14:00", "2026-07-01T14:00+02:00"),
        ("2026-11-01T14:00Z", "2026-11-01T14:00+00:00"),
        ("2026-11-01T14:00:00.250-05:00", "2026-11-01T14:00:00.250-05:00"),
    ],
)
def test_a_moment_is_read_as_it_is_said(text: str, moment: str) -> None:
    span = read_moment(text, now())
    assert span.first == span.last == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("text", "first", "hours"),
    [
        ("today", "2026-11-22T00:00+01:00", 24),
        ("yesterday", "2026-11-21T00:00+01:00", 24),
        ("sunday", "2026-11-22T00:00+01:00", 24),
        ("monday", "2026-11-16T00:00+01:00", 24),
        ("2026-11-01", "2026-11-01T00:00+01:00", 24),
        # The clocks go back in this night, and forward in that one.
        ("2026-10-25", "2026-10-25T00:00+02:00", 25),
        ("2026-03-29", "2026-03-29T00:00+01:00", 23),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight(text: str, first: str, hours: int) -> None:
    span = read_moment(text, now())
    assert span.first == datetime.fromisoformat(first)
    length = span.last.astimezone(UTC) - span.first.astimezone(UTC)
    assert length == timedelta(hours=hours, microseconds=-1)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2x", "-2d", "99999999d", "999999w", "25:00", "yesterday 25:00", "2026-13-01",
     "01.11.2026", "2026-11-01 14:00 sharp", "monday tuesday", "9999-12-31"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(EXPECTED)}$"):
        read_moment(text, now())


@given(st.text(max_size=30))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    span: Span | None = None
    with contextlib.suppress(ValueError):
        span = read_moment(text, datetime(2026, 11, 22, 18, 30, tzinfo=UTC))
    assert span is None or span.first <= span.last
