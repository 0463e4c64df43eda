"""Restoring: a field, a card or a whole book as it once was.

Restores are writes like any other: clients sync to them, history tells of them, and they can
be undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dirserver.directory.past import history
from dirserver.directory.past.settling import (
    Fate,
    Goal,
    Outcome,
    Source,
    Verbatim,
    WithFields,
    made,
    put_in,
    take_out,
)
from dirserver.directory.reading import Reading
from dirserver.directory.same import locking
from dirserver.directory.writing import Writing
from dirserver.errors import AlreadyExists, NotFound, UIDConflict
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import difference
from dirserver.model.history.life import Place, Version, current
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.vcard import parse_card
from dirserver.store import cards, pruning
from dirserver.store import history as store

OPERATION = "restore"
_BATCH = 100


@dataclass(frozen=True, slots=True)
class CardRestore:
    """What is to become of one card. With ``Fate.STAYS`` it is as it was already."""

    goal: Goal
    outcome: Outcome


def plan_card(
    reading: Reading, views: history.Views, key: str, to: Version, names: frozenset[str]
) -> CardRestore:
    """Return what it takes to make the card ``key`` what it was in the version ``to``.

    With ``names``, only these properties (upper case). A card that is gone comes back to where
    it was last. Raises NotFound if single properties of one that is gone are asked for,
    AlreadyExists if another card has its name, and UIDConflict if one has its UID.
    """
    life = history.lives(reading, views, [key]).get(key, [])
    now = current(life)
    if now is None and store.alive(reading.connection, [key]):
        raise NotFound("it was moved to a book that is not yours to manage")
    if now is None and names:
        raise NotFound("it is gone, and single fields can only come back to a card that is there")
    last = now or next(version for version in reversed(life) if not version.is_gone)
    source: Source = Verbatim(to.id)
    if now is not None and names:
        source = WithFields(now.id, to.id, names)
    stored = history.bodies(reading, [to, last])
    before, after = stored[last.id], made(source, stored)
    _require_free(reading, last.place, key, after)
    fate = Fate.RETURNS
    if now is not None:
        fate = Fate.STAYS if before == after else Fate.CHANGES
    outcome = Outcome(
        fate,
        label_of(views[last.place.book_id].book),
        last.place.href,
        key,
        name_of(after),
        difference(before, after),
    )
    return CardRestore(Goal(key, None if now is None else now.place, last.place, source), outcome)


def _require_free(reading: Reading, place: Place, key: str, body: bytes) -> None:
    there = cards.find(reading.connection, place.book_id, place.href)
    if there is not None and there.card.key != key:
        raise AlreadyExists(place.href)
    uid = parse_card(body).uid
    other = cards.find_uid(reading.connection, place.book_id, uid) if uid else None
    if other is not None and other.card.key != key:
        raise UIDConflict(other.card.href)


def restore_card(
    writing: Writing, slug: str, key: str, to: Version, names: frozenset[str] = frozenset()
) -> Outcome:
    """Make the card ``key``, which is or was in the book ``slug``, what it was in ``to``.

    Raises AccessDenied without a manage grant, and what ``plan_card`` raises.
    """
    action = AuditAction.CARD_RESTORE
    view = writing.granted(slug, action, to.place.href, Privilege.MANAGE)
    locking.keep_out_of(writing, [key], {view.book.id})
    views = {view.book.id: view}
    restore = plan_card(writing, views, key, to, names)
    if restore.outcome.fate is not Fate.STAYS:
        what = f"{', '.join(sorted(names))} " if names else ""
        detail = f"restore {writing.batch}: {what}as of {_utc(to.at)}"
        for _ in put_in(writing, views, [restore.goal], OPERATION):
            pass
        writing.events.append(writing.event(action, slug, restore.outcome.href, detail))
    return restore.outcome


class Pruned(Exception):
    """What was in the book at that moment is not known any more, but from ``until`` on it is."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"pruned until {_utc(until)}")
        self.until = until


@dataclass(frozen=True, slots=True)
class BookChange:
    """How many cards would be stored and taken out to make a book what it was.

    ``begins`` is when its history begins, if that is after the moment that is asked for: nothing
    was in it then.
    """

    stored: int
    gone: int
    begins: datetime | None


def foresee_book(reading: Reading, view: VisibleBook, at: datetime) -> BookChange:
    """Count what it would take to make a book what it was, without a look into the cards.

    Raises Pruned.
    """
    then = _then(reading, view, at)
    begins = None if then else store.begins(reading.connection, view.book.id)
    stored = gone = 0
    for changed in _changed(reading, view, then):
        stored += changed.then is not None
        gone += changed.goes
    return BookChange(stored, gone, begins)


def _then(reading: Reading, view: VisibleBook, at: datetime) -> int:
    """Return how far the book had come at ``at``. Raises Pruned."""
    pruned = pruning.horizon(reading.connection, [view.book.id])
    if pruned is not None and at < pruned:
        raise Pruned(pruned)
    return store.revision_at(reading.connection, view.book.id, at)


def plan_book(reading: Reading, view: VisibleBook, at: datetime) -> Iterator[Outcome]:
    """Yield what would become of each card of the book if it were restored to ``at``.

    Raises Pruned.
    """
    label = label_of(view.book)
    for changed in _changed(reading, view, _then(reading, view, at)):
        there = [one.version_id for one in (changed.then, changed.now) if one is not None]
        stored = store.bodies(reading.connection, there)
        then = stored[changed.then.version_id] if changed.then is not None else None
        now = stored[changed.now.version_id] if changed.now is not None else None
        if now is not None and changed.now is not None and changed.goes:
            yield Outcome(Fate.GOES, label, changed.href, changed.now.key, name_of(now))
        if then is not None and changed.then is not None:
            old = then if now is None or changed.goes else now
            fate = Fate.RETURNS if old is then else Fate.CHANGES
            fields = difference(old, then)
            yield Outcome(fate, label, changed.href, changed.then.key, name_of(then), fields)


@dataclass(slots=True)
class BookCount:
    """How the restoring of a book goes on: how many cards it takes, and how many are done."""

    total: int
    done: int = 0
    gone: int = 0
    stored: int = 0


def restore_book(writing: Writing, slug: str, at: datetime) -> Iterator[BookCount]:
    """Make the book ``slug`` what it was at the moment ``at``; yield the count as it grows.

    Only what has changed since is looked at, a batch at a time. Raises AccessDenied without a
    manage grant, and Pruned.
    """
    view = writing.granted(slug, AuditAction.BOOK_RESTORE, privilege=Privilege.MANAGE)
    # Cards may come back with links that nobody knows of yet.
    locking.keep_out(writing, {view.book.id, *writing.policy.linked_books})
    views = {view.book.id: view}
    then = _then(writing, view, at)
    top = writing.state(view).revision
    count = BookCount(2 * store.count_changed(writing.connection, view.book.id, then, top))
    number = writing.batch
    # What has gone in the first pass is a change of its own in the second.
    for moved in take_out(writing, views, _goals(writing, view, then, count), OPERATION):
        count.gone += moved
        yield count
    count.total = count.done + store.count_changed(
        writing.connection, view.book.id, then, writing.state(view).revision
    )
    for moved in put_in(writing, views, _goals(writing, view, then, count), OPERATION):
        count.stored += moved
        yield count
    count.done = count.total
    detail = f"restore {number}: as of {_utc(at)}, {count.stored} stored, {count.gone} taken out"
    writing.events.append(writing.event(AuditAction.BOOK_RESTORE, slug, "", detail))
    yield count


def _goals(reading: Reading, view: VisibleBook, then: int, count: BookCount) -> Iterator[Goal]:
    for changed in _changed(reading, view, then, count):
        place = Place(view.book.id, changed.href)
        now = changed.now
        if now is not None and changed.goes:
            yield Goal(now.key, place, None, gone_by=changed.gone_by)
            now = None
        if changed.then is not None:
            source = Verbatim(changed.then.version_id)
            yield Goal(changed.then.key, None if now is None else place, place, source)


def _changed(
    reading: Reading, view: VisibleBook, then: int, count: BookCount | None = None
) -> Iterator[store.ChangedCard]:
    """Yield the names at which there is something else now than at the revision ``then``."""
    after, top = then, reading.state(view).revision
    while page := store.changed_since(
        reading.connection, view.book.id, then, after=after, top=top, number=_BATCH
    ):
        after = page[-1].revision
        for changed in page:
            if count is not None:
                count.done += 1
            if _etag(changed.then) != _etag(changed.now):
                yield changed


def _etag(kept: store.Kept | None) -> str | None:
    return None if kept is None else kept.etag


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
