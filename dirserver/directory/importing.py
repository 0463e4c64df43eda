"""Imports: the cards of files into a book, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Self

from dirserver.directory import arrivals as arriving
from dirserver.directory.arrivals import Arrivals, Bodies
from dirserver.directory.counting import ImportCount
from dirserver.directory.meeting import Gathering, Met, meet
from dirserver.directory.storing import Storing
from dirserver.directory.writing import Writing
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.duplicates.meeting import Decide, Fate, Meeting
from dirserver.model.duplicates.scan import Advance
from dirserver.model.grant import Privilege
from dirserver.store.trigram import tidy

# After so many cards, the search index is worth being brought into order.
_MANY = 1000
_BATCH = 500
_MOST_CASES = 20


class Intake:
    """The cards of some files, in the order of these, on their way into one book.

    First all are to be ``read``; then ``meet`` finds out who is known already; then they are to be
    ``stored``. Nothing of an import is there before the transaction commits.
    """

    def __init__(self, writing: Writing, slug: str, files: Sequence[Bodies]) -> None:
        """Begin with ``files`` for the book ``slug``. Raises AccessDenied."""
        self.view = writing.writable(slug, AuditAction.CARD_IMPORT)
        self.counts = [ImportCount() for _ in files]
        self._writing = writing
        self._slug = slug
        self._files = files
        self._arrivals = Arrivals()
        self._met = Met()

    def __enter__(self) -> Self:
        """Return the intake, whose cards wait on the disk until the block ends."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Let go of what waits."""
        self._arrivals.close()

    @property
    def meetings(self) -> list[Meeting]:
        """Who is known already, in the order in which they came, and what became of it."""
        return [meeting for _, meeting in sorted(self._met.meetings.items())]

    def read(self) -> Iterator[int]:
        """Find out what is new or changed, yielding how many cards are looked at.

        A card whose UID is in the book is to replace the one that is there; the same bytes change
        nothing. Of several cards with one UID the last stands. Raises InvalidCard and CardTooLarge
        for what cannot be kept.
        """
        there = arriving.standing(self._writing, self._files)
        places = Counter(number for number, _ in there)
        for number, bodies in enumerate(self._files):
            self.counts[number].superseded = len(bodies) - places[number]
        for looked_at, unchanged in arriving.read(
            self._writing, self.view, self._files, there, self._arrivals
        ):
            for number in unchanged:
                self.counts[number].unchanged += 1
            yield looked_at
        for number in self._arrivals.going:
            coming = self._arrivals[number].coming
            if coming.stored is not None:
                gathering = Gathering(None, coming.stored.card.href, coming.stored.id, [number])
                self._met.gatherings[coming.key] = gathering

    def meet(self, decide: Decide, advance: Advance) -> None:
        """Find out who certainly is known, and do what ``decide`` says with each of them.

        They are looked for in this book and among the files, and all others that can be read;
        cards of other books are only told of.
        """
        views = {view.book.id: view for view in self._writing.books(Privilege.READ)}
        views[self.view.book.id] = self.view
        of_all = list(views.values())
        meet(self._writing, self.view, of_all, self._arrivals, self._met, decide, advance)
        for meeting in self._met.meetings.values():
            self.counts[meeting.file].skipped += meeting.fate is Fate.SKIPPED

    def store(self, sources: Sequence[str]) -> Iterator[int]:
        """Store what is to be stored, yielding how many cards of all files are done with.

        The audit trail tells of each of ``sources``, the names of the files. Those of people who
        were erased are left out, as are those that break a standard of the book that rejects them.
        """
        number = self._writing.batch
        storing = Storing(self._writing, self.view, self._files, self._arrivals, self._met)
        cards = storing.gathered()
        while batch := list(islice(cards, _BATCH)):
            storing.store(batch, self.counts)
            yield sum(count.total for count in self.counts)
        if sum(count.created + count.updated + count.joined for count in self.counts) >= _MANY:
            tidy(self._writing.connection, wholly=True)
        for source, count in zip(sources, self.counts, strict=True):
            self._tell(f"import {number}, {source}: {_said(count)}")
            if count.erased:
                cases = ", ".join(sorted(set(count.erased.values()))[:_MOST_CASES])
                detail = f"{len(count.erased)} cards of people who were erased, {cases}"
                self._tell(detail, Outcome.REFUSED)
            if count.rejected:
                rules = sorted({rule for one in count.rejected.values() for rule in one.rules})
                detail = f"{len(count.rejected)} cards that break the standards: {', '.join(rules)}"
                self._tell(detail, Outcome.REFUSED)

    def _tell(self, detail: str, outcome: Outcome = Outcome.DONE) -> None:
        writing = self._writing
        event = writing.event(AuditAction.CARD_IMPORT, self._slug, "", detail, outcome)
        writing.events.append(event)


def _said(count: ImportCount) -> str:
    said = f"{count.created} new, {count.updated} changed, {count.unchanged} as before"
    duplicates = f"duplicates: {count.joined} updated, {count.skipped} skipped"
    return f"{said}; {duplicates}" if count.joined or count.skipped else said


def import_cards(writing: Writing, slug: str, source: str, bodies: Bodies) -> Iterator[ImportCount]:
    """Store cards from the file ``source`` by their UIDs alone, yielding the count as it grows.

    Raises what an ``Intake`` does.
    """
    with Intake(writing, slug, [bodies]) as intake:
        (count,) = intake.counts
        for _ in intake.read():
            if count.unchanged:
                yield count
        for _ in intake.store([source]):
            yield count
