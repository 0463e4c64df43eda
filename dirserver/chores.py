"""What is done by the clock while the server runs, in threads, and once more in the end."""

# Twisted's calls carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias, cast

import structlog
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from dirserver.assembly import Services
from dirserver.config.sources import Source
from dirserver.directory.past.pruning import prune
from dirserver.directory.standards.quality import note_counts
from dirserver.errors import StoreUnavailable
from dirserver.model.counting import counted
from dirserver.model.principal import Client, operator
from dirserver.nightly import Checkpoint, Interrupted, Nightly, Task

log = structlog.get_logger("dirserver")

_SIGHTINGS_SECONDS = 10.0
# How long searches look at what was written last by itself, when nothing more is written.
_INDEX_SECONDS = 10.0
# How often it is looked whether an hour is over, and lookups in it are to be summed up.
_LOOKUPS_SECONDS = 60.0
# How often the clock is looked at for what is done at night.
_NIGHT_SECONDS = 60.0

Chore: TypeAlias = Callable[[], None]


def nightly_tasks(services: Services) -> list[Task]:
    """Return what the config wants to be done each night, in its order."""
    backup, keep = services.config.backup, services.config.history.keep
    tasks = []
    if backup.directory is not None:
        tasks.append(Task("backup", partial(_back_up, services, backup.directory, backup.keep)))
    if keep is not None:

        def pruned(checkpoint: Checkpoint) -> str:
            number = prune(
                services.directory,
                operator("dirserver"),
                Client("nightly"),
                keep,
                lambda _done, _total: checkpoint(),
            )
            return f"{number} old versions deleted"

        tasks.append(Task("prune", pruned))
    if any(book.standards for book in services.config.books):
        tasks.append(Task("quality", partial(_count_faults, services)))

    for source in services.config.sources:
        if not source.schedule.by_hand:
            run = partial(_follow, services, source)
            tasks.append(Task(f"source {source.name}", run, source.schedule.every))

    def tidied(checkpoint: Checkpoint) -> str:
        services.directory.tidy_index(step=checkpoint)
        return "the search index is in order"

    return [*tasks, Task("tidy", tidied), Task("scrub", partial(_scrub, services))]


def _back_up(services: Services, directory: Path, keep: int, checkpoint: Checkpoint) -> str:
    """Make a backup, and delete those that are no longer kept."""
    # Here, since not every server makes them, and what seals and checks them is of no other use.
    from dirserver.backup.keeping import nightly_backup

    return nightly_backup(services, directory, keep, checkpoint)


def _follow(services: Services, source: Source, checkpoint: Checkpoint) -> str:
    """Bring a book up to its source; when that cannot be, the book is as it was."""
    # Here, since few servers have a source, and all that it takes to read one is large.
    from dirserver import sourcing

    who = operator("dirserver"), Client("nightly")
    try:
        return sourcing.run(services, source, who, checkpoint).said
    except sourcing.SourceFailed as failed:
        log.error("SOURCE FAILED", source=source.name, error=failed.why)
        return f"nothing was changed: {failed.why}"


def _count_faults(services: Services, checkpoint: Checkpoint) -> str:
    """Remember how many cards break the standards of their books, so that it is seen over time."""
    operating = operator("dirserver"), Client("nightly")
    number = note_counts(services.directory, *operating, checkpoint)
    return f"{counted(number, 'book')} with standards looked through"


def _scrub(services: Services, _checkpoint: Checkpoint) -> str:
    """Make up for what an erasure could not do while the database was busy."""
    done = services.directory.scrub()
    return "nothing is left to scrub" if done else "the database was too busy to be scrubbed"


class Chores:
    """The regular work on ``services``, which a new config replaces."""

    def __init__(self, services: Services, pool: ThreadPool, reactor: PosixReactorBase) -> None:
        """Work in ``pool``, by the clock of ``reactor``."""
        self._pool = pool
        self._reactor = reactor
        self._stopping = False
        self._take_over(services)
        self._loops = {
            self._regularly(lambda: _write_sightings(self._services)): _SIGHTINGS_SECONDS,
            self._regularly(lambda: _settle_index(self._services)): _INDEX_SECONDS,
            self._regularly(lambda: _tell_lookups(self._services)): _LOOKUPS_SECONDS,
            self._regularly(lambda: self._nightly.run_due(self._go_on)): _NIGHT_SECONDS,
        }

    def _take_over(self, services: Services) -> None:
        self._services = services
        at = services.config.backup.at
        self._nightly = Nightly(services.store, nightly_tasks(services), at)

    def _regularly(self, chore: Chore) -> LoopingCall:
        """Return what does ``chore`` in a thread, and not again before it is done."""

        def begin() -> Deferred[None]:
            reactor = cast(IReactorFromThreads, self._reactor)
            return deferToThreadPool(reactor, self._pool, chore)

        loop = LoopingCall(begin)
        loop.clock = cast(IReactorTime, self._reactor)
        return loop

    def _go_on(self) -> None:
        if self._stopping:
            raise Interrupted

    def start(self) -> None:
        """Begin; what was missed at night is done at once."""
        for loop, seconds in self._loops.items():
            loop.start(seconds, now=seconds == _NIGHT_SECONDS)

    def swap(self, services: Services) -> None:
        """Work on ``services`` from now on."""
        # The new ones begin to count lookups anew.
        self._pool.callInThread(_tell_lookups, self._services, unfinished=True)
        self._take_over(services)

    def stop(self) -> None:
        """Begin nothing more, and let what goes on at night come to an end."""
        self._stopping = True
        for loop in self._loops:
            if loop.running:
                loop.stop()

    def finish(self) -> None:
        """Write what is still to be written, when nobody is answered any more."""
        _write_sightings(self._services)
        _tell_lookups(self._services, unfinished=True)


def _write_sightings(services: Services) -> None:
    try:
        services.directory.write_sightings()
    except StoreUnavailable as error:
        log.error("who was seen could not be written", error=str(error))


def _settle_index(services: Services) -> None:
    try:
        services.directory.settle_index()
    except StoreUnavailable as error:
        log.warning("the search index stays behind", error=str(error))


def _tell_lookups(services: Services, *, unfinished: bool = False) -> None:
    """Write what was counted of lookups; it is tried again when the database is not there."""
    try:
        services.directory.tell_lookups(unfinished=unfinished)
    except StoreUnavailable as error:
        log.warning("lookups could not be told", error=str(error))
