"""Which of the cards on their way into a book certainly are of somebody who is known already.

Somebody is known from a card of the book, or from one that came before in the same files; of who
is in another book that can be read, it is told and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from dirserver.directory.intake.arrivals import Arrival
from dirserver.directory.intake.crowd import Acquaintance, Books, Crowd, Known
from dirserver.model.addressbook import label_of
from dirserver.model.duplicates.evidence import weigh
from dirserver.model.duplicates.keys import MOST_ALIKE
from dirserver.model.duplicates.meeting import Decide, Fate, Meeting, OnDuplicate
from dirserver.model.duplicates.scan import Pair, certain_among
from dirserver.model.policy import VisibleBook

_FATES = {
    OnDuplicate.UPDATE: Fate.UPDATED,
    OnDuplicate.SKIP: Fate.SKIPPED,
    OnDuplicate.ADD: Fate.ADDED,
}


@dataclass(slots=True)
class Gathering:
    """Cards that become one: an arrival (``head``), or else the stored card ``href``.

    ``joined`` are the arrivals that go into it, in their order.
    """

    head: int | None
    href: str
    card_id: int
    joined: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Met:
    """Who met whom, by the numbers of the arrivals; gatherings are by the key of the card.

    ``skipped`` are the etags of those that are left out for a card, by its key, and ``uids`` has
    the UID of the card for that of each that went into it, or was left out for it.
    """

    meetings: dict[int, Meeting] = field(default_factory=dict)
    gatherings: dict[str, Gathering] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)


def meet(
    books: Books, view: VisibleBook, arrivals: Sequence[Arrival], decide: Decide | None
) -> Met:
    """Find out who of ``arrivals`` is known in ``books``, and what ``decide`` says of it.

    ``view`` is the book to store them in. What is like two that are not one person goes into none
    of them. Without anybody to decide, nobody is looked for.
    """
    met = Met()
    for number, arrival in enumerate(arrivals):
        if (stored := arrival.grown) is not None:
            met.gatherings[stored.card.key] = Gathering(None, stored.card.href, stored.id, [number])
    if decide is not None:
        crowd = Crowd(books, arrivals)
        host = _Host(books, view, arrivals, crowd, met)
        for one in crowd.acquaintances():
            host.receive(one, decide)
    return met


@dataclass(frozen=True, slots=True)
class _Twin:
    """A card of the person of an arrival, and the ``key`` of the card that it is or goes into."""

    known: Known
    pair: Pair
    key: str


class _Host:
    """Receives one after the other, since who comes later may know who came before."""

    def __init__(
        self,
        books: Books,
        view: VisibleBook,
        arrivals: Sequence[Arrival],
        crowd: Crowd,
        met: Met,
    ) -> None:
        self.met = met
        self._books = books
        self._view = view
        self._labels = {one.book.id: label_of(one.book) for one in books.views}
        self._arrivals = arrivals
        self._crowd = crowd
        # By the key of an arrival, that of the card that it went into.
        self._into: dict[str, str] = {}

    def receive(self, one: Acquaintance, decide: Decide) -> None:
        known = {other.facts.key: other for other in one.others}
        found = certain_among(one.facts, [other.facts for other in one.others], one.common)
        twins = [
            _Twin(known[facts.key], pair, key)
            for facts, pair in found
            if (key := self._key_of(one, known[facts.key]))
        ]
        if not twins:
            elsewhere = [
                _Twin(known[facts.key], pair, facts.key)
                for facts, pair in found
                if self._is_elsewhere(known[facts.key])
            ]
            if elsewhere:
                self._note(one, Fate.ELSEWHERE, elsewhere[0])
            return
        twin = twins[0]
        wanted = decide(self._note(one, Fate.UPDATED, twin))
        if wanted is OnDuplicate.UPDATE and (
            _contradict(twins, one.common) or self._speaks_against(one, twin)
        ):
            wanted = OnDuplicate.ADD
        self._note(one, _FATES[wanted], twin)
        if wanted is not OnDuplicate.ADD:
            uid = twin.known.facts.uid
            self.met.uids[one.arrival.coming.uid] = self.met.uids.get(uid, uid)
        if wanted is OnDuplicate.SKIP:
            self.met.skipped.setdefault(twin.key, []).append(one.arrival.coming.etag)
        if wanted is OnDuplicate.UPDATE:
            self._join(one, twin)

    def _key_of(self, one: Acquaintance, known: Known) -> str:
        """Return the key of the card that ``one`` goes into with ``known``; "" if into none."""
        if known.stored is not None:
            return "" if self._is_elsewhere(known) else known.stored.key
        number = known.number or 0
        if (meeting := self.met.meetings.get(number)) and meeting.fate is Fate.SKIPPED:
            return ""
        # Of those that come, one that is there under its UID has its place, wherever it stands.
        if number > one.number and not self._arrivals[number].has_place:
            return ""
        return self._into.get(known.facts.key, known.facts.key)

    def _is_elsewhere(self, known: Known) -> bool:
        return known.stored is not None and known.stored.book_id != self._view.book.id

    def _speaks_against(self, one: Acquaintance, twin: _Twin) -> bool:
        """Say whether ``one`` cannot be of the person of all that the card is made up of."""
        gathering = self.met.gatherings.get(twin.key)
        if gathering is None:
            return False
        if len(gathering.joined) >= MOST_ALIKE:
            return True
        numbers = [*gathering.joined, *([] if gathering.head is None else [gathering.head])]
        members = [self._crowd.facts[number] for number in numbers]
        if gathering.head is None:
            members += [facts for _, facts in self._books.cards([gathering.card_id])]
        found = (weigh(one.facts, facts, one.common) for facts in members)
        return any(evidence is None or evidence.against for evidence in found)

    def _join(self, one: Acquaintance, twin: _Twin) -> None:
        if twin.key not in self.met.gatherings:
            stored = twin.known.stored
            self.met.gatherings[twin.key] = (
                Gathering(twin.known.number, "", 0)
                if stored is None
                else Gathering(None, stored.href, stored.id)
            )
        self.met.gatherings[twin.key].joined.append(one.number)
        self._into[one.facts.key] = twin.key

    def _note(self, one: Acquaintance, fate: Fate, twin: _Twin) -> Meeting:
        stored = twin.known.stored
        number = twin.known.number or 0
        meeting = Meeting(
            *one.arrival.coming.place,
            fate,
            self._labels[self._view.book.id if stored is None else stored.book_id],
            "" if stored is None else stored.href,
            "" if stored is None else stored.key,
            self._arrivals[number].coming.place if stored is None else None,
            tuple(reason.words for reason in twin.pair.reasons),
        )
        self.met.meetings[one.number] = meeting
        return meeting


def _contradict(twins: Sequence[_Twin], common: frozenset[str]) -> bool:
    """Say whether two of the cards, as they are, cannot be of one person."""
    pairs = combinations((twin.known.facts for twin in twins), 2)
    return any(
        evidence is None or bool(evidence.against)
        for evidence in (weigh(*pair, common) for pair in pairs)
    )
