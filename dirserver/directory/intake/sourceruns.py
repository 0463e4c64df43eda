"""How the runs of sources ended: remembered until the next one, and told to the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.model.audit import AuditAction
from dirserver.model.source import Source
from dirserver.store import settings


class Ending(StrEnum):
    """How a run ended: it was stopped lest too much go, or the source could not be had."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LastRun:
    """How the last run of a source ended, and when."""

    at: datetime
    ending: Ending
    said: str


def last_run(reading: Reading, name: str) -> LastRun | None:
    """Return how the last run of the source ``name`` ended; None when it never ran.

    Raises AccessDenied to all but the operator.
    """
    reading.require_operator()
    at, _, rest = settings.get(reading.connection, _setting(name)).partition(" ")
    ending, _, said = rest.partition(" ")
    return LastRun(datetime.fromisoformat(at), Ending(ending), said) if at else None


def note_failure(writing: Writing, source: Source, ending: Ending, said: str) -> None:
    """Remember that a run of ``source`` changed nothing, and tell the audit trail why."""
    remember(writing, source.name, LastRun(writing.at, ending, said))
    detail = f"source {source.name}: {said}"
    writing.events.append(writing.event(AuditAction.SOURCE_FAIL, source.book, "", detail))


def remember(writing: Writing, name: str, run: LastRun) -> None:
    """Remember that a run of the source ``name`` ended so."""
    text = f"{run.at.isoformat()} {run.ending} {run.said}"
    settings.put(writing.connection, _setting(name), text)


def _setting(name: str) -> str:
    return f"source {name}"
