"""Moments as columns: the engines differ in what they know of time zones."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, TypeDecorator


class UTCTime(TypeDecorator[datetime]):
    """A moment. SQLite knows no time zones, so moments are kept there, and come back, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Turn a moment into UTC on its way in."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Say of a moment on its way out that it is in UTC."""
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC)
