"""Undoing: what somebody did is taken back, wherever nobody else has changed it since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dirserver.directory.past import history, relinking
from dirserver.directory.past.colliding import Coming, without_collisions
from dirserver.directory.past.settling import Fate, Goal, Outcome, put_in, take_out
from dirserver.directory.past.unwinding import Unwinding
from dirserver.directory.reading import Reading
from dirserver.directory.same import locking
from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction
from dirserver.model.audit import Outcome as AuditOutcome
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts, Version, current, runs
from dirserver.model.policy import VisibleBook
from dirserver.model.relinking import Tie
from dirserver.store import history as store
from dirserver.store import pruning

OPERATION = "undo"
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Undo:
    """What it takes to take acts back: what becomes of which card, in the order of the acts.

    ``relinking`` says how cards are linked then.

    ``pruned`` is set when they may go back to before that moment, of which no trace is left of
    what was replaced before it, too.
    """

    goals: tuple[Goal, ...]
    outcomes: tuple[Outcome, ...]
    pruned: datetime | None = None
    relinking: Mapping[str, Tie | None] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many cards become another one, or are linked otherwise."""
        return len({one.key for one in self.outcomes if one.fate is not Fate.STAYS})


def plan(reading: Reading, scope: history.Views, acts: Acts) -> Undo:
    """Return what it takes to take back what ``acts`` did to the cards of the books ``scope``.

    To a card that has been in another book as well, that is done there, too, if the principal
    manages that one.
    """
    views = {**history.managed(reading), **scope}
    pruned = pruning.horizon(reading.connection, views)
    comings: list[Coming] = []
    keys = store.touched(reading.connection, list(scope), acts)
    for at in range(0, len(keys), _BATCH):
        lives = store.lives(reading.connection, keys[at : at + _BATCH])
        stored = _bodies(reading, views, lives, acts)
        for key in keys[at : at + _BATCH]:
            coming = Unwinding(views, stored, lives[key], pruned).run(acts)
            if coming is not None:
                comings.append(coming)
    settled = without_collisions(reading, comings)
    goals = [one.goal for one in settled if one.outcome.fate is not Fate.STAYS]
    if pruned is not None and acts.since is not None and acts.since >= pruned:
        pruned = None
    linked = relinking.plan(reading, scope, acts)
    outcomes = (*(one.outcome for one in settled), *linked.outcomes)
    return Undo(tuple(goals), outcomes, pruned, linked.goal)


def actors(reading: Reading, scope: history.Views, acts: Acts) -> list[tuple[str, str]]:
    """Return who did ``acts`` in the books ``scope``: logins, and the devices that were used."""
    found = store.actors(reading.connection, list(scope), acts)
    return found + [one for one in relinking.actors(reading, scope, acts) if one not in found]


def _bodies(
    reading: Reading,
    views: history.Views,
    lives: Mapping[str, Sequence[Version]],
    acts: Acts,
) -> dict[int, bytes]:
    """Return the bodies that are needed to take ``acts`` back out of ``lives``."""
    wanted = [current(life) for life in lives.values()]
    for life in lives.values():
        for run in runs(life, acts):
            wanted += [run.before, run.after]
    there = [one for one in wanted if one is not None and one.place.book_id in views]
    return history.bodies(reading, there)


@dataclass(slots=True)
class UndoCount:
    """How an undo goes on: what it does, in how many steps, and how many are done."""

    undo: Undo
    total: int
    done: int = 0


def undo(writing: Writing, slug: str, acts: Acts, whose: str) -> Iterator[UndoCount]:
    """Take back what ``acts`` did in the book ``slug``, or in all that the principal manages.

    Yields the count as it grows. ``whose`` says for the audit trail what is taken back. Raises
    AccessDenied without a manage grant.
    """
    scope = _scope(writing, slug)
    _lock(writing, scope, acts)
    found = plan(writing, scope, acts)
    views = history.managed(writing) | scope
    leaving = sum(goal.now not in (None, goal.to) for goal in found.goals)
    count = UndoCount(found, leaving + sum(goal.to is not None for goal in found.goals))
    yield count
    if not found.number:
        return
    number = writing.batch
    for way in (take_out, put_in):
        for done in way(writing, views, found.goals, OPERATION):
            count.done += done
            yield count
    if found.relinking:
        relinking.relink(writing, found.relinking)
    for book, told in _counted(found).items():
        detail = f"undo {number} of {whose}: {told}"
        writing.events.append(writing.event(AuditAction.CARD_UNDO, book, "", detail))


def _scope(writing: Writing, slug: str) -> dict[int, VisibleBook]:
    if slug:
        view = writing.granted(slug, AuditAction.CARD_UNDO, privilege=Privilege.MANAGE)
        return {view.book.id: view}
    scope = history.managed(writing)
    if not scope:
        denied = f"{writing.principal.login} manages no book"
        event = writing.event(AuditAction.CARD_UNDO, "", "", denied, AuditOutcome.REFUSED)
        writing.refusals.append(event)
        raise AccessDenied(denied)
    return scope


def _lock(writing: Writing, scope: history.Views, acts: Acts) -> None:
    """Keep every other writer out of the books where the cards are or were, in one order."""
    keys = store.touched(writing.connection, list(scope), acts)
    keys = [*keys, *relinking.touched(writing, acts).difference(keys)]
    books: set[int] = set()
    for at in range(0, len(keys), _BATCH):
        books |= store.books_of(writing.connection, keys[at : at + _BATCH])
    locking.keep_out_of(writing, keys, books)


_TOLD = {
    Fate.RETURNS: "came back",
    Fate.GOES: "went",
    Fate.MOVES: "moved back",
    Fate.CHANGES: "changed",
    Fate.STAYS: "left as they are",
}


def _counted(found: Undo) -> dict[str, str]:
    """Say for each book how many cards had which fate."""
    counts: dict[str, Counter[Fate]] = {}
    for outcome in found.outcomes:
        counts.setdefault(outcome.book, Counter())[outcome.fate] += 1
    return {
        book: ", ".join(f"{fates[fate]} {words}" for fate, words in _TOLD.items() if fates[fate])
        for book, fates in counts.items()
    }
