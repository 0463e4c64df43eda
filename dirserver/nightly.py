"""What is done once a night, or every so often, by one of the servers on a store.

Which night it is, and whether its work is still to be done, is decided without a clock or a
database. What was missed, since no server ran, is done when one starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TypeAlias

import structlog

from dirserver.errors import StoreUnavailable
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.store import settings, turns
from dirserver.store.engine import Store
from dirserver.store.trail import audit

log = structlog.get_logger("dirserver.nightly")

# So long may a server be at a task before another takes it for dead.
_PATIENCE = timedelta(hours=6)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A task calls it now and then; it raises Interrupted when the server is to stop.
Checkpoint: TypeAlias = Callable[[], None]


class Interrupted(Exception):
    """The server stops, and what it is at can wait until it starts again."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done each night, or ``every`` so often. ``run`` says what it did."""

    name: str
    run: Callable[[Checkpoint], str]
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """That a server has begun the work of a night, and whether it is done with it."""

    night: datetime
    began: datetime
    done: bool

    def __str__(self) -> str:
        """Spell it, as ``read_claim`` reads it."""
        return f"{self.night.isoformat()} {self.began.isoformat()} {'done' if self.done else ''}"


def read_claim(text: str) -> Claim | None:
    """Read a claim; nothing, or what makes no sense, is none."""
    night, _, rest = text.partition(" ")
    began, _, done = rest.partition(" ")
    try:
        return Claim(datetime.fromisoformat(night), datetime.fromisoformat(began), done == "done")
    except ValueError:
        return None


def night_of(now: datetime, at: time, zone: tzinfo | None = None) -> datetime:
    """Return the last moment up to ``now`` at which it was ``at`` in ``zone``, or here; in UTC.

    There is one each day. Where the clocks go forward over ``at``, it is an hour beside it; where
    they go back over it, it is the first of the two.
    """
    here = now.astimezone(zone)
    for days in range(3):
        local = datetime.combine(here.date() - timedelta(days), at, zone)
        moment = local.astimezone(UTC)
        if moment <= now:
            return moment
    raise AssertionError("two days ago is in the past")


def round_of(now: datetime, every: timedelta) -> datetime:
    """Return the last moment up to ``now`` at which something is due that is done so often.

    It is the same to every server, whenever that was started.
    """
    return now - (now - _EPOCH) % every


def is_due(night: datetime, claim: Claim | None, now: datetime) -> bool:
    """Say whether the work of ``night`` is still to be done, as ``claim`` tells of the last time.

    A claim from the future is of a clock that was wrong.
    """
    if claim is None or not night <= claim.night <= now:
        return True
    return not claim.done and not claim.began <= now <= claim.began + _PATIENCE


class Nightly:
    """The tasks of a server's nights."""

    def __init__(
        self,
        store: Store,
        tasks: Sequence[Task],
        at: time,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Do ``tasks`` in their order, from ``at`` on."""
        self._store = store
        self._tasks = tasks
        self._at = at
        self._clock = clock
        # So that a minute in which nothing is due costs nothing.
        self._seen: dict[str, datetime] = {}

    def run_due(self, checkpoint: Checkpoint) -> None:
        """Do what is due, if no other server is at it. Whatever goes wrong is told, not raised."""
        for task in self._tasks:
            try:
                now = self._clock()
                night = round_of(now, task.every) if task.every else night_of(now, self._at)
                if self._seen.get(task.name) != night and self._claim(task, night):
                    self._run(task, night, checkpoint)
            except Interrupted:
                log.info("put off until the next start", task=task.name)
                return
            except StoreUnavailable as error:
                log.error("a nightly task has to wait", task=task.name, error=str(error))

    def _claim(self, task: Task, night: datetime) -> bool:
        """Take the work of a night, unless it is done or somebody is at it."""
        now = self._clock()
        with self._store.writing() as connection:
            turns.take(connection, turns.Turn.NIGHT)
            claim = read_claim(settings.get(connection, _name(task)))
            if is_due(night, claim, now):
                settings.put(connection, _name(task), str(Claim(night, now, done=False)))
                return True
        if claim is not None and claim.done:
            self._seen[task.name] = night
        return False

    def _run(self, task: Task, night: datetime, checkpoint: Checkpoint) -> None:
        log.info("nightly task begins", task=task.name)
        events = []
        try:
            said = task.run(checkpoint)
        except Interrupted:
            self._settle(task, "", [])
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is: the server goes on
            log.error(
                "NIGHTLY TASK FAILED", task=task.name, kind=type(error).__name__, error=str(error)
            )
            detail = f"{task.name}: {error}"
            events = [
                AuditEvent(AuditAction.NIGHTLY_FAIL, "dirserver", detail=detail, protocol="nightly")
            ]
        else:
            log.info("nightly task done", task=task.name, said=said)
        self._settle(task, str(Claim(night, self._clock(), done=True)), events)
        self._seen[task.name] = night

    def _settle(self, task: Task, claim: str, events: Sequence[AuditEvent]) -> None:
        with self._store.writing() as connection:
            settings.put(connection, _name(task), claim)
            audit.append(connection, events, self._clock())


def _name(task: Task) -> str:
    return f"night {task.name}"
