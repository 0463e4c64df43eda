"""Audit events that stand alone, as refusals do: no transaction waits for them, nor they for one.

While somebody else writes for long, whoever is refused is not made to wait for their event to
be written, nor does it hold a thread that others need.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice

from dirserver.directory.repeats import Repeats
from dirserver.errors import StoreBusy, StoreUnavailable
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.counting import counted
from dirserver.store.engine import PATIENCE, Store
from dirserver.store.trail import audit

log = logging.getLogger("dirserver.audit")

_MOST_WAITING = 10_000
_AT_A_TIME = 100
# What a refusal may be delayed by, so that its event nearly always precedes the answer.
_MOMENT = 0.3
_PAUSE = 1.0


class Recorder:
    """Appends events to the trail at once, or else in the background, in their order."""

    def __init__(self, store: Store, most_waiting: int = _MOST_WAITING) -> None:
        """Keep up to ``most_waiting`` events that cannot be written yet; count those beyond."""
        # Here, since the recorder outlives a reload of the config.
        self.repeats = Repeats()
        self._store = store
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._waiting: deque[tuple[AuditEvent, datetime]] = deque()
        self._lost = 0
        self._writer: threading.Thread | None = None
        self._until: float | None = None

    def record(self, events: Iterable[AuditEvent]) -> None:
        """Append ``events``, which happened now. Raises StoreUnavailable, but not for a wait."""
        now = datetime.now(UTC)
        dated = [(event, now) for event in events]
        with self._changed:
            is_behind = self._writer is not None
        if not is_behind:
            try:
                self._append(dated, 0, _MOMENT)
            except StoreBusy:
                pass
            else:
                return
        self._leave(dated)

    def close(self, seconds: float) -> None:
        """Write what waits, for no longer than ``seconds``."""
        with self._changed:
            self._until = time.monotonic() + seconds
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._writer is None, seconds):
                log.error("%d audit events were not written", len(self._waiting) + self._lost)

    def _leave(self, dated: Sequence[tuple[AuditEvent, datetime]]) -> None:
        """Leave events to a thread that ends when it has written all."""
        with self._changed:
            room = self._most_waiting - len(self._waiting)
            self._waiting.extend(dated[:room])
            self._lost += max(0, len(dated) - room)
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="audit", daemon=True)
                self._writer.start()

    def _write(self) -> None:
        while True:
            with self._changed:
                some, lost = list(islice(self._waiting, _AT_A_TIME)), self._lost
                if not some and not lost:
                    self._writer = None
                    self._changed.notify_all()
                    return
            try:
                # What was lost came after all that waits.
                told = lost if len(some) < _AT_A_TIME else 0
                self._append(some, told, PATIENCE)
            except StoreUnavailable as error:
                log.warning("%d audit events wait: %s", len(self._waiting), error)
                with self._changed:
                    self._changed.wait(0.0 if self._until is not None else _PAUSE)
                continue
            except Exception:
                # It would fail again and again, and keep all others from being written.
                log.exception("%d audit events were not written", len(some))
                told = lost
            with self._changed:
                for _ in some:
                    self._waiting.popleft()
                self._lost -= told

    def _append(
        self, dated: Sequence[tuple[AuditEvent, datetime]], lost: int, patience: float
    ) -> None:
        with self._store.noting(patience) as connection:
            for event, at in dated:
                audit.append(connection, [event], at)
            if lost:
                detail = f"{counted(lost, 'event')}, as the database could not be written to"
                event = AuditEvent(AuditAction.AUDIT_LOST, "dirserver", detail=detail)
                audit.append(connection, [event], datetime.now(UTC))
