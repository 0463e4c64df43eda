"""Syncing several books as one (RFC 6578): how each of them has changed for whoever asks.

The token tells how far a client has come in each book. So a book that comes is one that it has
nothing of yet, and of one that goes it is known which cards it has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dirserver.directory import merging
from dirserver.errors import InvalidSyncToken
from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver_radicale.changes.course import Course, Farewell, Leg
from dirserver_radicale.tree.collection import Book, Part, SeveralBooks
from dirserver_radicale.tree.tokens import Mark


@dataclass(frozen=True, slots=True)
class _Step:
    """A leg, with the marks of a client that has not begun it, or that has gone all of it."""

    leg: Leg | Farewell
    before: Mark | None
    after: Mark | None

    def reached(self, revision: int) -> Mark:
        """Return the mark of a client that was told all up to ``revision``."""
        if isinstance(self.leg, Farewell) and self.before is not None:
            return replace(self.before, revision=revision, leaving=True)
        return self.leg.part.mark(revision, 0 if self.before is None else self.before.held)


def course(book: SeveralBooks, token: str) -> Course:
    """Return what a client must be told who has ``token``, or nothing yet when it is empty.

    Raises InvalidSyncToken for one that was never given out, or that tells of a book of which
    nothing is known any more.
    """
    known = {(one.book, one.is_bare): one for one in (book.scope.parsed(token) if token else ())}
    steps, settled = [], []
    for part, now in zip(book.parts, book.marks, strict=True):
        mark = known.pop((part.book.view.book.uuid, part.is_bare), None)
        start = _start(part, mark)
        if mark is None or start != part.book.revision or mark != now:
            held = 0 if mark is None else mark.held
            steps.append(_Step(Leg(part, start, held, first=mark is None), mark, now))
        else:
            book.viewer.reading.note_copy(part.book.view, part.book.revision)
            settled.append(now)
    # What goes, goes first: its names, and the UIDs of its cards, may come again.
    steps = [*_farewells(book, list(known.values())), *steps]

    def reached(at: int, revision: int) -> str:
        marks = [step.after for step in steps[:at]]
        marks += [steps[at].reached(revision), *(step.before for step in steps[at + 1 :])]
        return book.scope.spelled([*settled, *(mark for mark in marks if mark is not None)])

    return Course([step.leg for step in steps], book.token, reached)


def _start(part: Part, mark: Mark | None) -> int:
    """Return from which revision on a client must be told of a book that is there."""
    if mark is None:
        return 0
    _require_remembered(mark, part.book.view.book, part.book.revision)
    # Of one that was leaving it has some cards; and with another view of it all have changed.
    stays = not mark.leaving and mark.visibility == part.visibility
    return mark.revision if stays else 0


def _farewells(several: SeveralBooks, marks: list[Mark]) -> list[_Step]:
    if not marks:
        return []
    viewer, base = several.viewer, several.base
    former = merging.former(viewer.reading, [mark.book for mark in marks])
    steps = []
    for mark in marks:
        if mark.book not in former:
            raise InvalidSyncToken("a book of the token was purged, or never was")
        book, state = former[mark.book]
        _require_remembered(mark, book, state.revision)
        view = VisibleBook(book, Privilege.READ, frozenset(), several.shown_of(book))
        part = Part(Book(viewer, view, state), several.url, f"{book.id}~", mark.is_bare)
        # Another book that has its names may have cards that are called so.
        namesakes = base.book.view.book.id if base is not None and mark.is_bare else None
        start = mark.revision if mark.leaving else 0
        steps.append(_Step(Farewell(part, start, mark.held, namesakes), mark, None))
    return steps


def _require_remembered(mark: Mark, book: AddressBook, revision: int) -> None:
    if mark.held > revision or not book.remembers(mark.incarnation, mark.held):
        raise InvalidSyncToken("the token is not one of these books")
