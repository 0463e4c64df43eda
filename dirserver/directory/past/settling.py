"""Bringing cards to where, and to what, they are to be again: the way of every restore and undo.

What is to go, goes first, so that names, keys and UIDs are free for what comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TypeAlias, TypeVar

from dirserver.directory.same import answering
from dirserver.directory.writing import Writing
from dirserver.model.history.difference import FieldChange
from dirserver.model.history.life import Place
from dirserver.model.history.takeback import Conflict, bring_back, take_back
from dirserver.model.policy import VisibleBook
from dirserver.store import cards, history
from dirserver.store.same import joined

_BATCH = 100
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Verbatim:
    """The body of a version, as it was stored."""

    version_id: int


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The body of the version ``now_id`` without some changes, each from a version to another."""

    now_id: int
    changes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WithFields:
    """The body of the version ``now_id`` with properties as the version ``then_id`` has them."""

    now_id: int
    then_id: int
    names: frozenset[str]


# Bodies are large: they are made when they are stored, and not kept until then.
Source: TypeAlias = Verbatim | TakenOut | WithFields


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a card is to be, and as what.

    Of one that is not there, ``now`` is None, and of one that is to go, ``to``; ``gone_by``
    is the number of the batch by which it had gone, if it is to be gone as it was then.
    """

    key: str
    now: Place | None
    to: Place | None
    source: Source | None = None
    gone_by: int | None = None


class Fate(StrEnum):
    """What becomes of a card."""

    RETURNS = "returns"
    GOES = "goes"
    MOVES = "moves"
    CHANGES = "changes"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a card, as it is told: ``fields`` change, and ``conflicts`` do not.

    ``book`` and ``href`` are where it is to be, or where it was.
    """

    fate: Fate
    book: str
    href: str
    key: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def take_out(
    writing: Writing, views: Mapping[int, VisibleBook], goals: Iterable[Goal], operation: str
) -> Iterator[int]:
    """Take out what is to be elsewhere or nowhere; yield how many cards at a time."""
    leaving = ((goal.now, goal) for goal in goals if goal.now is not None and goal.now != goal.to)
    for batch in _batches(leaving):
        for book_id, going in _by_book(
            (place, (place.href, goal)) for place, goal in batch
        ).items():
            hrefs = [href for href, _ in going]
            stored = cards.find_many(writing.connection, book_id, "href", hrefs)
            writing.remove(views[book_id], [stored[href] for href in hrefs], operation)
            gone_by = {goal.key: goal.gone_by for _, goal in going if goal.gone_by is not None}
            answering.done_again(writing, views[book_id], gone_by)
        yield len(batch)


def put_in(
    writing: Writing, views: Mapping[int, VisibleBook], goals: Iterable[Goal], operation: str
) -> Iterator[int]:
    """Store what is to be there; yield how many cards at a time.

    A card has its key again, unless that one is in another book by now. Raises CardTooLarge.
    """
    for batch in _batches((goal.to, goal) for goal in goals if goal.to is not None):
        bodies = _bodies(writing, [goal for _, goal in batch])
        keys = [goal.key for to, goal in batch if goal.now != to]
        elsewhere = history.alive(writing.connection, keys)
        for book_id, coming in _by_book((to, (to, goal)) for to, goal in batch).items():
            staying = [to.href for to, goal in coming if goal.now == to]
            stored = cards.find_many(writing.connection, book_id, "href", staying)
            joined.forget(writing.connection, [one.id for one in stored.values()])
            new = []
            for to, goal in coming:
                body = bodies[goal.key]
                key = "" if goal.key in elsewhere else goal.key
                there = stored[to.href] if goal.now == to else None
                new.append(writing.new_card(to.href, writing.parsed(body), body, there, key))
            writing.store(views[book_id], new, operation, binding=False)
        answering.taken_back(writing, [goal.key for _, goal in batch])
        yield len(batch)


def _batches(values: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(values)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _by_book(placed: Iterable[tuple[Place, _T]]) -> dict[int, list[_T]]:
    found: dict[int, list[_T]] = {}
    for place, value in placed:
        found.setdefault(place.book_id, []).append(value)
    return found


def _bodies(writing: Writing, goals: Sequence[Goal]) -> dict[str, bytes]:
    """Make the bodies that cards are to have, by their keys."""
    ids = [one for goal in goals for one in _sources(goal.source)]
    stored = history.bodies(writing.connection, ids)
    return {goal.key: made(goal.source, stored) for goal in goals if goal.source is not None}


def _sources(source: Source | None) -> Iterator[int]:
    match source:
        case Verbatim(version_id):
            yield version_id
        case TakenOut(now_id, changes):
            yield now_id
            for before, after in changes:
                yield before
                yield after
        case WithFields(now_id, then_id, _):
            yield now_id
            yield then_id


def made(source: Source, stored: Mapping[int, bytes]) -> bytes:
    """Make a body of those that are stored."""
    match source:
        case Verbatim(version_id):
            return stored[version_id]
        case TakenOut(now_id, changes):
            body = stored[now_id]
            for before, after in changes:
                body = take_back(stored[before], stored[after], body).body
            return body
        case WithFields(now_id, then_id, names):
            return bring_back(stored[then_id], stored[now_id], names)
