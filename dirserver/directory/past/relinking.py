"""What was done to links, taken back: each person's cards by themselves, if nobody has since.

Who may not read the book of a linked card is told nothing of it, as ever. To link cards, or to part
them, takes the right to write to the books of all that are in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dirserver.directory.past.settling import Fate, Outcome
from dirserver.directory.reading import Reading
from dirserver.directory.same import linking
from dirserver.directory.same.carrying import note_books
from dirserver.directory.writing import Writing
from dirserver.model.addressbook import label_of
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange
from dirserver.model.history.life import Acts
from dirserver.model.history.takeback import Conflict
from dirserver.model.history.wording import name_of
from dirserver.model.linking import LINKED_BY_DEFAULT
from dirserver.model.policy import VisibleBook
from dirserver.model.relinking import Step, Tie, Ties, undone
from dirserver.store.same import links, linksteps

_FIELD = "linked with"
_OTHERWISE = "linked otherwise since"
_BARRED = "one of the cards is in a book that is not yours to write to"


@dataclass(frozen=True, slots=True)
class Relinking:
    """How cards are to be linked that are linked otherwise now: with nothing, if it is None."""

    goal: Mapping[str, Tie | None]
    outcomes: tuple[Outcome, ...]


def touched(reading: Reading, acts: Acts) -> set[str]:
    """Return the cards of whose links ``acts`` made others."""
    steps = linksteps.steps(reading.connection, acts)
    return {key for step in steps for key in (*step.before, *step.after)}


def actors(reading: Reading, scope: Mapping[int, VisibleBook], acts: Acts) -> list[tuple[str, str]]:
    """Return who did ``acts``: nobody, if none of it is for whoever asks to know."""
    seen = _Seen(reading, touched(reading, acts))
    steps = linksteps.steps(reading.connection, acts)
    is_known = any(seen.is_told(part, scope) for step in steps for part in step.parts())
    return linksteps.actors(reading.connection, acts) if is_known else []


def plan(reading: Reading, scope: Mapping[int, VisibleBook], acts: Acts) -> Relinking:
    """Return how cards, of which one at least is in ``scope``, are linked without ``acts``."""
    steps = linksteps.steps(reading.connection, acts)
    keys = {key for step in steps for key in (*step.before, *step.after)}
    now = links.ties(reading.connection, keys)
    seen = _Seen(reading, keys)
    goal = dict(now)
    conflicts: dict[str, Conflict] = {}
    for step in steps:
        for part in step.parts():
            if not seen.is_told(part, scope):
                continue
            if not seen.is_writable(part):
                conflicts.update(_conflicts(step, part, _BARRED))
            elif not undone(goal, step, part):
                conflicts.update(_conflicts(step, part, _OTHERWISE))
    changed = {key: goal.get(key) for key in sorted(keys) if goal.get(key) != now.get(key)}
    told = seen.outcomes(now, changed, conflicts)
    return Relinking(changed, tuple(told))


def _conflicts(step: Step, part: Iterable[str], now: str) -> Iterator[tuple[str, Conflict]]:
    for key in part:
        yield key, Conflict("", "link", "linked" if key in step.after else "unlinked", now)


class _Seen:
    """Some cards, as far as somebody may see them."""

    def __init__(self, reading: Reading, keys: Iterable[str]) -> None:
        """Look where the cards ``keys`` are."""
        self._reading = reading
        self._views = {view.book.id: view for view in reading.books(Privilege.READ)}
        self._there = links.places(reading.connection, keys)

    def is_told(self, keys: Iterable[str], scope: Mapping[int, VisibleBook]) -> bool:
        """Say whether all may be known that are in a book, and one of these is in ``scope``."""
        books = {self._there[key][0] for key in keys if key in self._there}
        return books <= self._views.keys() and not books.isdisjoint(scope)

    def is_writable(self, keys: Iterable[str]) -> bool:
        """Say whether all may be written to that are in a book."""
        books = {self._there[key][0] for key in keys if key in self._there}
        return all(self._views[book].access >= Privilege.WRITE for book in books)

    def outcomes(
        self, now: Ties, goal: Mapping[str, Tie | None], conflicts: Mapping[str, Conflict]
    ) -> Iterator[Outcome]:
        """Yield what becomes of the cards that are linked otherwise, and of those that stay so."""
        for key in sorted({*goal, *conflicts} & self._there.keys(), key=self._there.__getitem__):
            book_id, href = self._there[key]
            view = self._views[book_id]
            name = name_of(self._reading.body(view, href))
            before, after = self._said(key, now.get(key)), self._said(key, goal.get(key))
            fields = (FieldChange("", _FIELD, before, after),) if key in goal else ()
            stays = (conflicts[key],) if key in conflicts else ()
            fate = Fate.CHANGES if fields else Fate.STAYS
            yield Outcome(fate, label_of(view.book), href, key, name, fields, stays)

    def _said(self, key: str, tie: Tie | None) -> str:
        """Say with which other cards one is linked, and how."""
        others = sorted(self._place(one) for one in ({*tie.keys} - {key} if tie else ()))
        named = ", ".join(filter(None, others))
        if tie is None or not named:
            return ""
        of = "" if tie.properties == LINKED_BY_DEFAULT else f" of {', '.join(tie.properties)}"
        return f"{named} ({tie.mode}{of})"

    def _place(self, key: str) -> str:
        book_id, href = self._there.get(key, (0, ""))
        view = self._views.get(book_id)
        return "" if view is None else f"{label_of(view.book)}/{href}"


def relink(writing: Writing, goal: Mapping[str, Tie | None]) -> None:
    """Let cards be linked as they are to be, by the number of the transaction."""
    connection, at, login = writing.connection, writing.at, writing.principal.login
    with linking.step(writing, goal.keys()):
        links.touch(connection, set(links.of_keys(connection, goal).values()), at)
        links.leave(connection, list(goal))
        for tie in dict.fromkeys(tie for tie in goal.values() if tie is not None):
            link_id = links.make(connection, tie.mode, tie.properties, at, login)
            links.join(connection, link_id, tie.keys)
            links.touch(connection, [link_id], at)
        note_books(writing, {book_id for book_id, _ in links.places(connection, goal).values()})
