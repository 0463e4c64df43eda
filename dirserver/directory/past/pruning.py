"""Pruning the history: versions that are older than the organisation wants to keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dirserver.directory.directory import Directory
from dirserver.model.audit import AuditAction
from dirserver.model.counting import counted
from dirserver.model.principal import Client, Principal
from dirserver.store import pruning
from dirserver.store.people import people
from dirserver.store.same import forwarding, links, linksteps

# Writers wait no longer than such a part takes.
_MOST_AT_ONCE = 2000


def prune(
    directory: Directory,
    actor: Principal,
    client: Client,
    keep: timedelta,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Delete the versions that were replaced, or whose cards were deleted, ``keep`` ago or more.

    Cards stay as they are, and so does what clients sync from. It is done in parts, each with its
    event in the audit trail; return how many versions went. Raises AccessDenied to all but the
    operator, and StoreUnavailable.
    """
    before = datetime.now(UTC) - keep
    waiting = due(directory, actor, client, keep)
    total, done = sum(waiting.values()), 0
    for label, number in waiting.items():
        left = number
        while left > 0:
            with directory.writing(actor, client) as writing:
                writing.require_operator()
                shelves = people.shelves(writing.connection).values()
                (book,) = (one for one in shelves if one.label == label)
                gone = pruning.prune(writing.connection, book.id, before, _MOST_AT_ONCE)
                # Without their versions, nobody could tell what a client has changed in cards that
                # are one with others. That they went is a version, too, and due at the same time.
                forwarding.prune(writing.connection, book.id, before)
                linksteps.prune(writing.connection, book.id, before)
                if gone:
                    links.tidy(writing.connection)
                    versions = counted(gone, "version")
                    said = f"{versions} from before {before:%Y-%m-%d %H:%M} UTC"
                    writing.note(AuditAction.HISTORY_PRUNE, label, said)
            if not gone:
                break
            left -= gone
            done += gone
            if progress is not None:
                progress(done, total)
    return done


def due(directory: Directory, actor: Principal, client: Client, keep: timedelta) -> dict[str, int]:
    """Return how many versions would go, by book. Raises AccessDenied, and StoreUnavailable."""
    before = datetime.now(UTC) - keep
    with directory.reading(actor, client) as reading:
        reading.require_operator()
        counts = {
            shelf.label: pruning.count(reading.connection, shelf.id, before)
            for shelf in people.shelves(reading.connection).values()
        }
    return {label: number for label, number in counts.items() if number}
