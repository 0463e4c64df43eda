"""A reading to enter, and what is done when it is left.

It is what every request begins with: as a generator it would cost more than it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from dirserver.directory.reading import Reading
from dirserver.model.audit import AuditEvent
from dirserver.store.engine import Connection


class Opening(AbstractContextManager[Reading]):
    """A reading in a snapshot, which ends with it."""

    __slots__ = ("_begin", "_reading", "_snapshot", "_tell")

    _reading: Reading

    def __init__(
        self,
        snapshot: AbstractContextManager[Connection],
        begin: Callable[[Connection], Reading],
        tell: Callable[[Sequence[AuditEvent]], None],
    ) -> None:
        """``begin`` the reading in ``snapshot``; ``tell`` of refusals when it has ended."""
        self._snapshot = snapshot
        self._begin = begin
        self._tell = tell

    def __enter__(self) -> Reading:
        """Begin. Raises what the snapshot and the beginning do."""
        connection = self._snapshot.__enter__()
        try:
            self._reading = reading = self._begin(connection)
        except BaseException as error:
            self._snapshot.__exit__(type(error), error, error.__traceback__)
            raise
        return reading

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the snapshot, and tell of refusals whatever has become of it."""
        try:
            self._snapshot.__exit__(kind, error, traceback)
        finally:
            if self._reading.refusals:
                self._tell(self._reading.refusals)
