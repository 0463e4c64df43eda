"""The life of a card: its versions one after the other, and what they tell.

A card has one key all its life, through changes, moves and being brought back. A version
without a body says that the card went from where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from dirserver.model.source import is_source
from dirserver.model.standards.rules import ACTOR

# The operations of versions when a card goes into another one, or is sent after that.
MERGE = "merge"
LATE = "late"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is: its book, by id, and its name there."""

    book_id: int
    href: str


@dataclass(frozen=True, slots=True)
class Version:
    """A card as somebody left it, without its body. With ``is_gone`` there is none."""

    id: int
    key: str
    place: Place
    revision: int
    operation: str
    is_gone: bool
    etag: str
    at: datetime
    actor: str
    device: str
    protocol: str
    address: str
    agent: str
    batch: int | None


@dataclass(frozen=True, slots=True)
class Acts:
    """Which acts are meant: all those that agree with every value that is given."""

    login: str = ""
    device: str = ""
    batch: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def include(self, version: Version) -> bool:
        """Say whether ``version`` came of one of these acts."""
        return (
            self.login in ("", version.actor)
            and self.device in ("", version.device)
            and self.batch in (None, version.batch)
            and (self.since is None or version.at >= self.since)
            and (self.until is None or version.at <= self.until)
        )


@dataclass(frozen=True, slots=True)
class Run:
    """What an actor did to a card without anybody in between, from what to what.

    Where the card was not there, before or after, that is None. With ``is_last``, nobody did
    anything to the card since. ``gone_by`` is the
    number of the batch by which it had gone before, if it had, by one.
    """

    before: Version | None
    after: Version | None
    is_last: bool
    gone_by: int | None = None


def state(version: Version) -> Version | None:
    """Return the version that the card has after ``version``; None if it is not there."""
    return None if version.is_gone else version


def current(versions: Sequence[Version]) -> Version | None:
    """Return the version that the card has after all of ``versions``."""
    return state(versions[-1]) if versions else None


def runs(versions: Sequence[Version], acts: Acts) -> list[Run]:
    """Return what ``acts`` did in the life that ``versions`` are, oldest first."""
    found = []
    before: Version | None = None
    gone_by: int | None = None
    for included, pairs in groupby(_included(versions, acts), lambda pair: pair[0]):
        last = [version for _, version in pairs][-1]
        after = state(last)
        if included:
            found.append(Run(before, after, last is versions[-1], gone_by))
        before, gone_by = after, last.batch if last.is_gone else None
    return found


def _included(versions: Sequence[Version], acts: Acts) -> Iterator[tuple[bool, Version]]:
    """Say of each version whether ``acts`` include it.

    What the standards of a book, or its source, made of what somebody wrote, at that moment, goes
    with it.
    """
    last: Version | None = None
    included = False
    for version in versions:
        by_itself = version.actor == ACTOR or is_source(version.actor)
        follows = by_itself and last is not None and version.at == last.at
        included = acts.include(version) or (included and follows)
        last = version
        yield included, version


class DeedKind(StrEnum):
    """What somebody did to a card."""

    CREATED = "created"
    CHANGED = "changed"
    MOVED = "moved"
    DELETED = "deleted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done to a card. ``before`` is the version that it had until then.

    Of one that was moved that is where it came from; of one that returned, what was deleted.
    """

    kind: DeedKind
    version: Version
    before: Version | None


def deeds(versions: Sequence[Version]) -> Iterator[Deed]:
    """Tell the life that ``versions`` are, oldest first; a move is one deed, not two."""
    there: Version | None = None
    last: Version | None = None
    for index, version in enumerate(versions):
        if version.is_gone:
            if not _goes_on(version, versions[index + 1 : index + 2]):
                yield Deed(DeedKind.DELETED, version, there)
                there = None
            continue
        if there is None:
            kind = DeedKind.CREATED if last is None else DeedKind.RETURNED
        else:
            kind = DeedKind.CHANGED if there.place == version.place else DeedKind.MOVED
        yield Deed(kind, version, last)
        there = last = version


def _goes_on(gone: Version, following: Sequence[Version]) -> bool:
    """Whether a card went only to be elsewhere after the same act."""
    return any(
        not version.is_gone and (version.at, version.operation) == (gone.at, gone.operation)
        for version in following
    )
