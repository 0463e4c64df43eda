"""The cards of files on their way into books, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from dirserver.cli import screen
from dirserver.cli.acting import Acting
from dirserver.cli.intake.cardfiles import CardFile
from dirserver.cli.intake.labelling import Share
from dirserver.directory import Reading, Writing
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.importing import Intake
from dirserver.exchange.formats.layout import Wishes
from dirserver.exchange.formats.returning import OURS, returned
from dirserver.exchange.vcards import ReadCard
from dirserver.model.duplicates.meeting import Fate, Meeting, OnDuplicate


@dataclass(frozen=True, slots=True)
class Known:
    """A card of a file whose person is known already, and what became of it.

    ``slug`` is the book that it was to go into. Where the other card is of a file, too, that is
    ``other_file`` and ``other``.
    """

    meeting: Meeting
    slug: str
    file: CardFile
    card: ReadCard
    other_file: CardFile | None = None
    other: ReadCard | None = None


# Says what is to be done with a card that comes; the reading is of the moment.
Decide: TypeAlias = Callable[[Reading, Known], OnDuplicate]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How it went: a count for each file, and who was known, in the order of the files.

    ``batch`` is its number, if it has changed anything.
    """

    counts: Sequence[ImportCount]
    known: Sequence[Known]
    batch: int | None


class _Enough(Exception):
    """Breaks the transaction off, once it is known how it would go."""


def take_in(
    who: Acting,
    files: Sequence[CardFile],
    shares: Sequence[Sequence[Share]],
    decide: Decide,
    *,
    wishes: Wishes,
    dry_run: bool,
    skips: bool = False,
) -> TakenIn:
    """Store the cards of all files, or find out how that would go. Raises AccessDenied.

    The files were read with ``wishes``. With ``skips``, what was left out for another card before
    is left out again.
    """
    with ExitStack() as stack:
        # Nothing is left of a dry run, however it ends.
        stack.enter_context(suppress(_Enough))
        writing = stack.enter_context(who.writing())
        lanes = [
            _Lane(writing, slug, files, shares, decide, wishes)
            for slug in dict.fromkeys(share.book for each in shares for share in each)
        ]
        total = sum(lane.total for lane in lanes)
        done = 0
        with screen.progress(f"importing into {', '.join(lane.slug for lane in lanes)}") as advance:
            for lane in lanes:
                for stored in lane.store(skips=skips):
                    advance(done + stored, total)
                done += lane.total
        batch = writing.batch
        if dry_run:
            raise _Enough
    counts = [ImportCount() for _ in files]
    for lane in lanes:
        lane.add_to(counts)
    known = [one for lane in lanes for one in lane.known(lanes)]
    has_changed = not dry_run and any(one.created + one.updated + one.joined for one in counts)
    return TakenIn(counts, known, batch if has_changed else None)


class _Lane:
    """What goes into one book."""

    def __init__(
        self,
        writing: Writing,
        slug: str,
        files: Sequence[CardFile],
        shares: Sequence[Sequence[Share]],
        decide: Decide,
        wishes: Wishes,
    ) -> None:
        self.slug = slug
        self._numbers = [n for n, each in enumerate(shares) for one in each if one.book == slug]
        self._shares = [one for each in shares for one in each if one.book == slug]
        self._files = files
        bodies = [share.bodies for share in self._shares]
        self.total = sum(map(len, bodies))
        self._wishes, self._plan = wishes, writing.plan
        self._intake = Intake(
            writing,
            slug,
            bodies,
            lambda meeting: decide(writing, self._known(meeting)),
            self._exported,
        )

    def store(self, *, skips: bool) -> Iterator[int]:
        """Store what is to be stored, yielding how many cards are done with."""
        names = [self._files[number].name for number in self._numbers]
        return self._intake.store(names, skips=skips)

    def add_to(self, counts: Sequence[ImportCount]) -> None:
        """Add what was counted to the counts of all files."""
        for number, count in zip(self._numbers, self._intake.counts, strict=True):
            counts[number].add(count)

    def known(self, lanes: Sequence[_Lane]) -> Iterator[Known]:
        """Yield who was known, but for whom one of ``lanes`` has brought to the other book, too."""
        others = {lane.slug: lane for lane in lanes if lane is not self}
        for meeting in self._intake.meetings:
            other = others.get(meeting.book) if meeting.fate is Fate.ELSEWHERE else None
            place = self._shares[meeting.file].bodies.cards.places[meeting.place]
            if other is None or place not in other.places:
                yield self._known(meeting)

    @cached_property
    def places(self) -> frozenset[int]:
        """Where in the spool the cards are that are in it."""
        return frozenset(place for one in self._shares for place in one.bodies.cards.places)

    def _known(self, meeting: Meeting) -> Known:
        one = self._card(meeting.file, meeting.place)
        other = (None, None) if meeting.other is None else self._card(*meeting.other)
        return Known(meeting, self.slug, *one, *other)

    def _exported(self, number: int, bodies: Iterator[bytes]) -> Collection[bytes]:
        is_ours = self._files[self._numbers[number]].layout.format == OURS
        return returned(bodies, self._wishes, self._plan) if is_ours else ()

    def _card(self, number: int, place: int) -> tuple[CardFile, ReadCard]:
        cards = self._shares[number].bodies.cards
        return self._files[self._numbers[number]], cards.spool.at(cards.places[place])
