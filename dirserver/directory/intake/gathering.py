"""What is to be stored of the cards on their way into a book, once it is known who they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from dirserver.directory.intake.arrivals import Arrival, Coming, href_for
from dirserver.directory.intake.meeting import Gathering, Met
from dirserver.directory.writing import MAX_CARD_BYTES, Writing, etag_of
from dirserver.errors import NotFound
from dirserver.model.duplicates.meeting import Fate
from dirserver.model.policy import VisibleBook
from dirserver.model.uniting import Side, unite
from dirserver.model.vcard import without
from dirserver.store.cards import find_with_body
from dirserver.store.index.derived import Derived
from dirserver.store.writing import NewCard

_UID = frozenset({"UID"})


class Member(NamedTuple):
    """An arrival, with its number."""

    number: int
    coming: Coming


@dataclass(frozen=True, slots=True)
class Gathered:
    """A card to store, but for one (``new`` is None) that is stored like this already.

    ``head`` is the arrival that it is, and ``joined`` are those that went into it; either may be
    missing. ``base`` is the etag of the card that they went into, before they did.
    """

    new: NewCard | None
    key: str
    head: Member | None
    joined: tuple[Member, ...] = ()
    base: str = ""

    @property
    def members(self) -> tuple[Member, ...]:
        """All arrivals that it is made of."""
        return self.joined if self.head is None else (self.head, *self.joined)


def gathered(
    writing: Writing, view: VisibleBook, arrivals: Sequence[Arrival], met: Met
) -> Iterator[Gathered]:
    """Yield what is to be stored, and set right in ``met`` what comes otherwise than decided.

    What would make a card too large stays a card of its own.
    """
    into = {number: key for key, one in met.gatherings.items() for number in one.joined}
    uniting = _Uniting(writing, view, arrivals)
    done: set[str] = set()
    alone: set[int] = set()
    for number, arrival in enumerate(arrivals):
        meeting = met.meetings.get(number)
        if meeting is not None and meeting.fate is Fate.SKIPPED:
            continue
        key = into.get(number, arrival.coming.key)
        gathering = met.gatherings.get(key)
        if gathering is not None and key not in done:
            done.add(key)
            found, left = uniting.united(key, gathering)
            for one in left:
                del into[one]
                alone.add(one)
                met.meetings[one] = replace(met.meetings[one], fate=Fate.ADDED)
            yield found
        if gathering is None or number in alone:
            new = _new_card(arrival)
            yield Gathered(new, new.key, Member(number, arrival.coming))


def _new_card(arrival: Arrival) -> NewCard:
    one, stored = arrival.coming, arrival.replaces
    href = href_for(one.uid, one.etag) if stored is None else stored.card.href
    return NewCard(href, one.key, one.uid, one.body, one.etag, arrival.derived, stored)


class _Uniting:
    """Makes one card of several."""

    def __init__(self, writing: Writing, view: VisibleBook, arrivals: Sequence[Arrival]) -> None:
        self._writing = writing
        self._view = view
        self._arrivals = arrivals

    def united(self, key: str, gathering: Gathering) -> tuple[Gathered, list[int]]:
        """Return the card that a gathering comes to, and the numbers of those that cannot join."""
        made, head = self._base(key, gathering)
        body, base = made.body, made.etag
        accepted: list[Member] = []
        left: list[int] = []
        for number in gathering.joined:
            arrival = self._arrivals[number]
            # The card keeps the UID that it has, or has not, so that it is known again by that.
            came = without(arrival.coming.body, _UID)
            united = unite(body, came, self._writing.plan, Side.OTHER).body
            if len(united) > MAX_CARD_BYTES and not arrival.has_place:
                left.append(number)
                continue
            body = united
            accepted.append(Member(number, arrival.coming))
        if body != made.body:
            derived = self._writing.deriver.derive_body(body, key)
            made = replace(made, body=body, etag=etag_of(body), derived=derived)
        stored = made.replaces
        is_stored = stored is not None and made.etag == stored.card.etag
        return Gathered(None if is_stored else made, key, head, tuple(accepted), base), left

    def _base(self, key: str, gathering: Gathering) -> tuple[NewCard, Member | None]:
        """Return the card that others go into, and which one of the files it is, if it is one."""
        if gathering.head is not None:
            head = self._arrivals[gathering.head]
            return _new_card(head), Member(gathering.head, head.coming)
        found = find_with_body(self._writing.connection, self._view.book.id, gathering.href)
        if found is None:
            raise NotFound(gathering.href)
        stored, body = found
        nothing = Derived((), "", b"", ())
        card = stored.card
        return NewCard(card.href, key, card.uid, body, card.etag, nothing, stored), None
