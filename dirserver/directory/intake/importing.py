"""Imports: the cards of files into a book, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dirserver.directory.intake.arrivals import Arrival, Bodies, Exported, read, standing, those_of
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.crowd import Books
from dirserver.directory.intake.gathering import gathered as gather
from dirserver.directory.intake.meeting import Met, meet
from dirserver.directory.intake.renaming import rename_members
from dirserver.directory.intake.storing import Storing
from dirserver.directory.same import landing
from dirserver.directory.writing import Writing
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.counting import counted
from dirserver.model.duplicates.meeting import Decide, Fate, Meeting
from dirserver.model.grant import Privilege
from dirserver.store.index.trigram import tidy

# After so many cards, the search index is worth being brought into order.
_MANY = 1000
_MOST_CASES = 20


class Intake:
    """The cards of some files, in the order of these, on their way into one book.

    A card whose UID is in the book replaces the one that is there; the same bytes change nothing,
    nor does what was ``exported`` of a card that has not changed since.
    Of several cards with one UID the last stands; what has the UID of a card that is one with
    another one now is added to that. Of whoever certainly is known already, in this
    book or from a card that came before, somebody ``decides``; who is in another book that can be
    read is only told of. Cards of people who were erased are left out, as are those that break a
    standard of the book that rejects them. Nothing is there before the transaction commits.
    """

    def __init__(
        self,
        writing: Writing,
        slug: str,
        files: Sequence[Bodies],
        decide: Decide | None = None,
        exported: Exported = lambda _number, _bodies: (),
    ) -> None:
        """Begin with ``files`` for the book ``slug``. Raises AccessDenied."""
        self.view = writing.writable(slug, AuditAction.CARD_IMPORT)
        self.counts = [ImportCount() for _ in files]
        # Who is known already, and what became of it.
        self.meetings: list[Meeting] = []
        self._writing = writing
        self._slug = slug
        self._files = files
        self._decide = decide
        self._exported = exported

    def store(self, sources: Sequence[str], *, skips: bool = False) -> Iterator[int]:
        """Store the cards, yielding how many of all files are done with.

        The audit trail tells of each of ``sources``, the names of the files. With ``skips``, what
        was left out for another card before is left out again, whatever there is now. ``files``
        are gone through twice, to see which stand and to store those.

        Raises InvalidCard and CardTooLarge for what cannot be kept.
        """
        writing, view = self._writing, self.view
        # Before anything is stored: every version remembers it.
        batch = writing.batch
        there = standing(self._files)
        led = landing.led(writing.connection, view.book.id, there.values())
        added = {place: uid for place, uid in there.items() if uid in led}
        places = Counter(number for number, _ in there)
        for number, bodies in enumerate(self._files):
            self.counts[number].superseded = len(bodies) - places[number]
        views = {one.book.id: one for one in writing.books(Privilege.READ)} | {view.book.id: view}
        books = Books(writing, list(views.values()))
        uids: dict[str, str] = {}
        there = {place: uid for place, uid in there.items() if place not in added}
        coming = read(writing, view, self._files, there, self._exported, skips=skips)
        for arrivals, unchanged in coming:
            for number in unchanged:
                self.counts[number].unchanged += 1
            met = meet(books, view, arrivals, self._decide)
            self._store(arrivals, met)
            uids |= met.uids
            yield sum(count.total for count in self.counts)
        # After what they are added to.
        for (number, _), uid, body in those_of(self._files, added) if added else ():
            changed = landing.add(writing, view, uid, body, "import")
            self.counts[number].updated += changed
            self.counts[number].unchanged += not changed
        rename_members(writing, view, {old: new for old, new in uids.items() if new}, "import")
        if sum(count.created + count.updated + count.joined for count in self.counts) >= _MANY:
            tidy(writing.connection, wholly=True)
        for source, count in zip(sources, self.counts, strict=True):
            self._tell_of(f"import {batch}, {source}: ", count)

    def _store(self, arrivals: Sequence[Arrival], met: Met) -> None:
        gathered = list(gather(self._writing, self.view, arrivals, met))
        Storing(self._writing, self.view, met).store(gathered, self.counts)
        for _, meeting in sorted(met.meetings.items()):
            self.counts[meeting.file].skipped += meeting.fate is Fate.SKIPPED
            self.meetings.append(meeting)

    def _tell_of(self, what: str, count: ImportCount) -> None:
        self._tell(f"{what}{_said(count)}")
        if count.erased:
            cases = ", ".join(sorted(set(count.erased.values()))[:_MOST_CASES])
            detail = f"{counted(len(count.erased), 'card')} of people who were erased, {cases}"
            self._tell(detail, Outcome.REFUSED)
        if count.rejected:
            rules = sorted({rule for one in count.rejected.values() for rule in one.rules})
            cards = counted(len(count.rejected), "card")
            that = "that breaks" if len(count.rejected) == 1 else "that break"
            detail = f"{cards} {that} the standards: {', '.join(rules)}"
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
    intake = Intake(writing, slug, [bodies])
    for _ in intake.store([source]):
        yield intake.counts[0]
