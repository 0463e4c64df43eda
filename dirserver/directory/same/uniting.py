"""Making one card of several of one person, in one book: one stays, the others go into it.

It is one act with a number, which takes it back. What clients do under the old names until they
have heard of it is for ``landing``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from dirserver.directory.intake.renaming import rename_members
from dirserver.directory.intake.sourced import followed
from dirserver.directory.reading import Reading
from dirserver.directory.same import duplicates as pairs
from dirserver.directory.same import linking, locking
from dirserver.directory.writing import Writing
from dirserver.errors import NotFound
from dirserver.model.addressbook import Card, label_of
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange, difference
from dirserver.model.history.following import owned_names
from dirserver.model.history.life import MERGE
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.uniting import Conflict, Side, United, unite
from dirserver.store import cards, sourced
from dirserver.store.cards import StoredCard
from dirserver.store.same import duplicates, forwarding
from dirserver.store.same.forwarding import Forward


class InTwoBooks(Exception):
    """The cards are in different books, where each has its own readers."""


class NotTheSame(Exception):
    """Somebody said of two of the cards that they are not of one person."""


class OfOneSource(Exception):
    """Two of the cards come of the source with this name, which would bring both back."""


class KeptBySource(Exception):
    """A card is to go that comes of the source with this name, which would bring it back."""


class ChangedMeanwhile(Exception):
    """A card is not any more what it was when it was decided what becomes of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is that is to be made one with another."""

    view: VisibleBook
    href: str


@dataclass(frozen=True, slots=True)
class Merger:
    """What becomes of cards: ``survivor`` stays and is changed, and the ``others`` go.

    ``names`` are those of whom they are, in the order of ``cards``. ``fields`` are what changes in
    the survivor. Of a conflict, the side is the survivor's where what it said, alone or with
    others that went into it before, is kept. Where it comes of a ``source``, that has its way.
    """

    view: VisibleBook
    survivor: Card
    others: tuple[Card, ...]
    names: tuple[str, ...]
    fields: tuple[FieldChange, ...]
    conflicts: tuple[Conflict, ...]
    source: str = ""

    @property
    def cards(self) -> tuple[Card, ...]:
        """All the cards, as they are before."""
        return self.survivor, *self.others


def plan(
    reading: Reading,
    places: Sequence[Place],
    keep: str = "",
    choices: Mapping[str, Side] | None = None,
) -> Merger:
    """Return what becomes of the cards in ``places``, two or more, when they are made one.

    The card with the href ``keep`` stays, or else the one that comes of a source, or the oldest. Of
    what a card has once, the card that was changed last has its way, unless ``choices`` has a side
    for the property; what a source says of the card that stays, stays.

    Raises AccessDenied without a write grant, InTwoBooks, NotTheSame and OfOneSource, of which the
    audit trail tells, KeptBySource and NotFound.
    """
    view, action = places[0].view, AuditAction.CARD_MERGE
    label, href = label_of(view.book), places[0].href
    for place in places:
        if place.view.book.id != view.book.id:
            reading.refuse(action, label, href, f"the other one is in {label_of(place.view.book)}")
            raise InTwoBooks
    view = reading.book(label, Privilege.WRITE, action)
    found = _Found.of(reading, view, [place.href for place in places], keep)
    for one, other in combinations(found.cards, 2):
        if duplicates.is_denied(reading.connection, one.card.key, other.card.key):
            reading.refuse(action, label, href, f"somebody said that it is not {other.card.href}")
            raise NotTheSame
    if len(found.said) > 1:
        reading.refuse(action, label, href, f"both come of the source {found.source}")
        raise OfOneSource(found.source)
    if not found.said.keys() <= {found.survivor.card.href}:
        raise KeptBySource(found.source)
    united = found.united(reading, choices or {})
    return Merger(
        view,
        found.survivor.card,
        tuple(one.card for one in found.others),
        tuple(name_of(found.bodies[one.card.href]) or one.card.key for one in found.cards),
        difference(found.bodies[found.survivor.card.href], united.body),
        united.conflicts,
        found.source if found.said else "",
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The cards that are to be one, the survivor first, and their bodies by their hrefs.

    ``said`` is what the ``source`` of the book says of those of them that come of it; what is
    ``fixed`` of the survivor is for the source alone to change.
    """

    survivor: StoredCard
    others: tuple[StoredCard, ...]
    bodies: Mapping[str, bytes]
    source: str
    said: Mapping[str, bytes]
    fixed: frozenset[str]

    @property
    def cards(self) -> tuple[StoredCard, ...]:
        return self.survivor, *self.others

    @classmethod
    def of(cls, reading: Reading, view: VisibleBook, hrefs: Sequence[str], keep: str) -> _Found:
        stored: list[StoredCard] = []
        bodies: dict[str, bytes] = {}
        for href in dict.fromkeys(hrefs):
            found = cards.find_with_body(reading.connection, view.book.id, href)
            if found is None:
                raise NotFound(href)
            stored.append(found[0])
            bodies[href] = found[1]
        source = followed(reading.sources, view)
        said: dict[str, bytes] = {}
        if source is not None:
            of = sourced.said(reading.connection, source.name, [one.id for one in stored])
            said = {one.card.href: of[one.id].body for one in stored if one.id in of}
        # Rows are numbered as cards come into the book.
        stored.sort(key=lambda one: (one.card.href != keep, one.card.href not in said, one.id))
        fixed = frozenset[str]()
        if source is not None and not source.writable:
            fixed = fixed.union(
                *(owned_names(says, bodies[href], source.owns) for href, says in said.items())
            )
        name = "" if source is None else source.name
        return cls(stored[0], tuple(stored[1:]), bodies, name, said, fixed)

    def united(self, reading: Reading, choices: Mapping[str, Side]) -> United:
        """Return what the survivor becomes when all the others go into it.

        Those that were changed before it, the newest of them first, then those after it, the
        oldest first: so what is newest stays.
        """
        revision = self.survivor.revision
        older = [one for one in self.others if one.revision < revision]
        newer = [one for one in self.others if one.revision > revision]
        body, conflicts = self.bodies[self.survivor.card.href], list[Conflict]()
        for side, some in (
            (Side.SURVIVOR, sorted(older, key=_revision, reverse=True)),
            (Side.OTHER, sorted(newer, key=_revision)),
        ):
            for one in some:
                other = self.bodies[one.card.href]
                made = unite(body, other, reading.plan, side, choices, self.fixed)
                body = made.body
                conflicts += made.conflicts
        return United(body, tuple(conflicts))


def _revision(stored: StoredCard) -> int:
    return stored.revision


def merge(
    writing: Writing, mergers: Sequence[Merger], choices: Mapping[str, Side] | None = None
) -> Iterator[int]:
    """Make the cards of each of ``mergers`` one, as it was planned; yield how many are done.

    All of them are one act, and each has its event in the audit trail. Raises AccessDenied,
    CardTooLarge, ErasedPerson, and ChangedMeanwhile when a card is not what it was.
    """
    label = {merger.view.book.id: label_of(merger.view.book) for merger in mergers}
    views = {book: writing.granted(label[book], AuditAction.CARD_MERGE) for book in label}
    locking.keep_out(writing, set(views))
    uids: dict[int, dict[str, str]] = {}
    for done, merger in enumerate(mergers, 1):
        book_id = merger.view.book.id
        uids.setdefault(book_id, {}).update(_merge(writing, views[book_id], merger, choices or {}))
        yield done
    for book_id, of_book in uids.items():
        rename_members(writing, views[book_id], of_book, MERGE)


def _merge(
    writing: Writing, view: VisibleBook, merger: Merger, choices: Mapping[str, Side]
) -> dict[str, str]:
    """Carry out one of them; return which UIDs stand for which others from now on."""
    book_id, connection = view.book.id, writing.connection
    hrefs = [card.href for card in merger.cards]
    try:
        found = _Found.of(writing, view, hrefs, merger.survivor.href)
    except NotFound as absent:
        raise ChangedMeanwhile from absent
    if any(one.card.etag != was.etag for one, was in zip(found.cards, merger.cards, strict=True)):
        raise ChangedMeanwhile
    if not found.said.keys() <= {found.survivor.card.href}:
        raise ChangedMeanwhile
    # Before anything is stored: every version remembers it.
    number = writing.batch
    body = found.united(writing, choices).body
    href = merger.survivor.href
    new = writing.new_card(href, writing.parsed(body), body, found.survivor)
    writing.store(view, [new], MERGE, binding=False)
    writing.remove(view, found.others, MERGE)
    for one in found.others:
        _inherit(writing, one.card.key, new.key)
    revision = writing.state(view).revision
    forwards = [
        Forward(
            one.card.href,
            one.card.uid,
            one.card.key,
            new.key,
            revision,
            number,
            linking.inherit(writing, one.card.key, new.key),
        )
        for one in found.others
    ]
    forwarding.add(connection, book_id, forwards, writing.at)
    slug = label_of(view.book)
    gone = ", ".join(f"{slug}/{one.card.href}" for one in found.others)
    detail = f"merge {number}: {gone}"
    writing.events.append(writing.event(AuditAction.CARD_MERGE, slug, href, detail))
    old = {one.card.uid for one in found.others} - {"", new.uid}
    return dict.fromkeys(old, new.uid) if new.uid else {}


def _inherit(writing: Writing, key: str, heir: str) -> None:
    """Let those of whom somebody said that they are not ``key`` not be taken for its ``heir``."""
    for two in duplicates.denied(writing.connection, [key]):
        (other,) = set(two) - {key}
        if other != heir:
            by = writing.principal.login
            duplicates.deny(writing.connection, heir, other, writing.at, by)


@dataclass(frozen=True, slots=True)
class Certain:
    """What can be merged unseen, and how many groups are in different books or not whole."""

    mergers: tuple[Merger, ...]
    apart: int
    doubtful: int


def certain(reading: Reading, views: Sequence[VisibleBook], found: pairs.Found) -> Certain:
    """Return what becomes of all cards of ``views`` that certainly are of the same person.

    Of a group in different books, those that are in one book are made one. Raises AccessDenied
    unless all of the books may be written to.
    """
    for view in views:
        reading.book(label_of(view.book), Privilege.WRITE, AuditAction.CARD_MERGE)
    by_id = {view.book.id: view for view in views}
    mergers: list[Merger] = []
    apart = 0
    for cluster in found.clusters:
        if not cluster.whole:
            continue
        hrefs: dict[int, list[str]] = {}
        for key in cluster.keys:
            place = duplicates.place_of(reading.connection, key)
            if place is not None:
                hrefs.setdefault(place[0], []).append(place[1])
        apart += len(hrefs) > 1
        for book_id, some in hrefs.items():
            if len(some) > 1:
                places = [Place(by_id[book_id], href) for href in some]
                mergers.append(plan(reading, places))
    doubtful = sum(not cluster.whole for cluster in found.clusters)
    # Keys, by which clusters are sorted, are given out by chance.
    mergers.sort(key=lambda one: (label_of(one.view.book), one.names[0], one.survivor.href))
    return Certain(tuple(mergers), apart, doubtful)
