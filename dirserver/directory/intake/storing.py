"""Storing what an import comes to, batch by batch, and counting what became of each card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dirserver.directory.intake.arrivals import href_for
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.gathering import Gathered
from dirserver.directory.intake.meeting import Met
from dirserver.directory.people.erased import erased_among
from dirserver.directory.standards import following
from dirserver.directory.writing import Writing, etag_of
from dirserver.errors import BreaksStandards
from dirserver.model.duplicates.meeting import Fate
from dirserver.model.policy import VisibleBook
from dirserver.store.cards import StoredCard, find_many
from dirserver.store.same import joined
from dirserver.store.writing import NewCard, new_key


class Storing:
    """The last step with some cards of an import into a book."""

    def __init__(self, writing: Writing, view: VisibleBook, met: Met) -> None:
        """Store into the book of ``view`` what ``met`` says of."""
        self._writing = writing
        self._view = view
        self._met = met

    def store(self, batch: Sequence[Gathered], counts: Sequence[ImportCount]) -> None:
        """Store ``batch`` but for what may not be, and count it in that of each file."""
        new = [one.new for one in batch if one.new is not None]
        there = find_many(self._writing.connection, self._view.book.id, "href", _hrefs(new))
        new = named(new, there)
        erased = erased_among(self._writing, new)
        rejected, unchanged = self._judged(new, there)
        went: dict[str, list[str]] = {}
        for one in batch:
            key = "" if one.new is None else one.new.key
            if key in erased or key in rejected:
                for number, coming in one.members:
                    self._met.meetings.pop(number, None)
                    count = counts[coming.place[0]]
                    if key in erased:
                        count.erased[coming.body] = erased[key]
                    else:
                        count.rejected[coming.body] = rejected[key]
            else:
                self._count(one, counts, is_stored=bool(key) and key not in unchanged)
                if one.joined:
                    went[one.key] = [one.base, *(each.coming.etag for each in one.joined)]
        left_out = erased.keys() | rejected.keys() | unchanged
        self._writing.store(self._view, [one for one in new if one.key not in left_out], "import")
        connection, book_id = self._writing.connection, self._view.book.id
        joined.remember(connection, book_id, went, skipped=False)
        joined.remember(connection, book_id, self._met.skipped, skipped=True)

    def _judged(
        self, new: Sequence[NewCard], there: dict[str, StoredCard]
    ) -> tuple[dict[str, BreaksStandards], set[str]]:
        """Return what the book's standards keep out, and what was imported and repaired before."""
        rules = self._view.book.standards
        if rules is None:
            return {}, set()
        judged = following.judged(self._writing, rules, new)
        unchanged = set()
        for one in judged:
            stored = one.card.replaces
            if stored is None and not one.card.uid:
                stored = there.get(href_for("", one.card.etag))
            if stored is not None and stored.card.etag == etag_of(following.mended(one, rules)):
                unchanged.add(one.card.key)
        return following.rejected(judged, rules), unchanged

    def _count(self, one: Gathered, counts: Sequence[ImportCount], *, is_stored: bool) -> None:
        if one.head is not None:
            count = counts[one.head.coming.place[0]]
            if not is_stored or one.new is None:
                count.unchanged += 1
            elif one.new.replaces is None:
                count.created += 1
            else:
                count.updated += 1
        for number, coming in one.joined:
            count = counts[coming.place[0]]
            meeting = self._met.meetings.get(number)
            if not is_stored:
                count.unchanged += 1
                if meeting is not None:
                    self._met.meetings[number] = replace(meeting, fate=Fate.UNCHANGED)
            elif meeting is not None:
                count.joined += 1
            else:
                # It has the UID of the card.
                count.updated += 1


def _hrefs(new: Sequence[NewCard]) -> list[str]:
    return [one.href for one in new if one.replaces is None]


def named(new: Sequence[NewCard], there: dict[str, StoredCard]) -> list[NewCard]:
    """Give new cards names that nobody has."""
    taken = set(there)
    found = []
    for one in new:
        if one.replaces is None:
            href = f"{new_key()}.vcf" if one.href in taken else one.href
            taken.add(href)
            found.append(replace(one, href=href))
        else:
            found.append(one)
    return found
