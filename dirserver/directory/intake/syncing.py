"""Bringing a book up to its source, as one batch that can be taken back; or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter

from dirserver.directory.derivers import Job, derived
from dirserver.directory.intake.arrivals import Bodies, href_for, standing, those_of
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.portions import portions
from dirserver.directory.intake.sourceruns import Ending, LastRun, remember
from dirserver.directory.intake.storing import named
from dirserver.directory.people.erased import erased_among
from dirserver.directory.same import landing
from dirserver.directory.standards import following
from dirserver.directory.writing import Writing, etag_of
from dirserver.errors import BreaksStandards, ErasedPerson
from dirserver.model.audit import AuditAction
from dirserver.model.audit import Outcome as AuditOutcome
from dirserver.model.counting import counted
from dirserver.model.history.difference import FieldChange, difference
from dirserver.model.history.following import follow
from dirserver.model.history.wording import name_of
from dirserver.model.policy import VisibleBook
from dirserver.model.source import OPERATION, Source
from dirserver.model.standards.judging import handled, judge, repaired
from dirserver.model.standards.rules import Handling
from dirserver.model.vcard import parse_card
from dirserver.store import bodies, cards, sourced
from dirserver.store.cards import StoredCard
from dirserver.store.index.derived import Derived
from dirserver.store.index.trigram import tidy
from dirserver.store.sourced import Said
from dirserver.store.writing import NewCard, new_key

_BATCH = 500
# After so many cards, the search index is worth being brought into order.
_MANY = 1000
_MOST_CASES = 20
# More of what a source owns than this may not go without somebody's word.
MOST_GONE_PERCENT = 20


class TooMuchGone(Exception):
    """So much of what a source owned is not in it any more that it may be the source's fault.

    ``gone`` of ``owned`` cards would go; a source that has nobody at all is never believed.
    """

    def __init__(self, gone: int, owned: int) -> None:
        cards = counted(owned, "card")
        super().__init__(f"{gone} of its {cards} would go" if owned else "nobody is in it")
        self.gone = gone
        self.owned = owned


class Fate(StrEnum):
    """What becomes of a card."""

    COMES = "comes"
    CHANGES = "changes"
    GOES = "goes"


@dataclass(frozen=True, slots=True)
class SyncedCard:
    """What becomes of a card, as it is told. ``reason`` says why, where that is not plain."""

    fate: Fate
    href: str
    key: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class SyncCount:
    """How it goes on: cards that came, changed, stayed as they were, went, or were left out.

    ``looked_at`` of ``total`` are done. ``batch`` is the number that takes it back, None as long
    as nothing was changed. ``outcomes`` are only kept for who asks.
    """

    total: int
    cards: ImportCount = field(default_factory=ImportCount)
    gone: int = 0
    looked_at: int = 0
    batch: int | None = None
    outcomes: list[SyncedCard] = field(default_factory=list)

    @property
    def said(self) -> str:
        """What was done, in words."""
        cards = self.cards
        return (
            f"{cards.created} new, {cards.updated} changed, {self.gone} gone, "
            f"{cards.unchanged} as before"
        )


def sync(
    writing: Writing,
    source: Source,
    bodies: Bodies,
    *,
    accepted: bool = False,
    told: bool = False,
    removes: bool = True,
) -> Iterator[SyncCount]:
    """Make the cards of a book that come of ``source`` what its ``bodies`` are, by their UIDs.

    New ones come, what it says otherwise is changed, and what it has no longer goes; whatever
    people have added stays. Each body has a UID, and the last of several with the same stands.
    When nothing is to be changed, nothing is. With ``told``, it is kept what becomes of which card.
    Unless it ``removes``, since it may not have all of them, nobody goes.

    Raises TooMuchGone unless that is ``accepted``, before anything is written; AccessDenied, and
    InvalidCard and CardTooLarge for what cannot be kept.
    """
    view = writing.writable(source.book, AuditAction.SOURCE_SYNC)
    stand = standing([bodies])
    owned = sourced.uids(writing.connection, view.book.id, source.name)
    gone = sorted(owned.difference(stand.values())) if removes else []
    if not accepted and (not stand or len(gone) * 100 > len(owned) * MOST_GONE_PERCENT):
        raise TooMuchGone(len(gone), len(owned))
    count = SyncCount(len(stand) + len(gone))
    run = _Run(writing, view, source, count, told=told)
    # For these, another card answers, which people have made one with theirs.
    led = landing.led(writing.connection, view.book.id, stand.values())
    there = {place: uid for place, uid in stand.items() if uid not in led}
    batches = run.batches((uid, body) for _, uid, body in those_of([bodies], there))
    for coming, found in derived(writing.deriver, batches, len(set(there.values()) - owned)):
        run.store(coming, found)
        yield count
    added = {place: uid for place, uid in stand.items() if uid in led}
    for _, uid, body in those_of([bodies], added) if added else ():
        run.add(uid, body)
    yield from run.remove(gone)
    if count.cards.created + count.cards.updated >= _MANY:
        tidy(writing.connection, wholly=True)
    remember(writing, source.name, LastRun(writing.at, Ending.DONE, count.said))
    if count.batch is not None:
        detail = f"import {count.batch}, source {source.name}: {count.said}"
        writing.events.append(writing.event(AuditAction.SOURCE_SYNC, source.book, "", detail))
    _tell_left_out(writing, source, count.cards)
    yield count


def _tell_left_out(writing: Writing, source: Source, count: ImportCount) -> None:
    """Tell the audit trail of people who were not taken."""
    cases = ", ".join(sorted(set(count.erased.values()))[:_MOST_CASES])
    rules = ", ".join(sorted({rule for one in count.rejected.values() for rule in one.rules}))
    for left_out, why in (
        (count.erased, f"of people who were erased, {cases}"),
        (count.rejected, f"that break the standards: {rules}"),
    ):
        if left_out:
            detail = f"source {source.name}: {counted(len(left_out), 'card')} {why}"
            action, refused = AuditAction.SOURCE_SYNC, AuditOutcome.REFUSED
            writing.events.append(writing.event(action, source.book, "", detail, refused))


@dataclass(frozen=True, slots=True)
class _Coming:
    """A card that is to be stored, in the place of the one that it ``replaces``."""

    uid: str
    body: bytes
    etag: str
    href: str
    key: str
    replaces: StoredCard | None


@dataclass(frozen=True, slots=True)
class _Following:
    """Some people of a source: what it says and said of them, by UID, and what is to be stored.

    ``now`` are the bodies of cards that are to be replaced.
    """

    says: dict[str, bytes]
    said: dict[str, Said] = field(default_factory=dict)
    now: dict[str, bytes] = field(default_factory=dict)
    coming: list[_Coming] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """One run of a source."""

    writing: Writing
    view: VisibleBook
    source: Source
    count: SyncCount
    told: bool

    def batches(
        self, people: Iterator[tuple[str, bytes]]
    ) -> Iterator[tuple[_Following, list[Job]]]:
        """Yield what the source says of people, and what is to be derived for that."""
        for batch in map(dict, portions(people, itemgetter(1))):
            following = self._following({uid: self._kept(body) for uid, body in batch.items()})
            yield following, [(one.body, one.key) for one in following.coming]

    def _kept(self, body: bytes) -> bytes:
        """Return a card as the standards of its book repair it, lest each run undo that."""
        standards = self.view.book.standards
        if standards is None:
            return body
        faults = judge(parse_card(body), standards, self.writing.plan)
        return repaired(body, handled(faults, standards, Handling.REPAIR))

    def _following(self, says: dict[str, bytes]) -> _Following:
        connection, book_id = self.writing.connection, self.view.book.id
        stored = cards.find_many(connection, book_id, "uid", says)
        ids = {one.id: uid for uid, one in stored.items()}
        said = sourced.said(connection, self.source.name, list(ids))
        found = _Following(says, {ids[card_id]: one for card_id, one in said.items()})
        for uid in (one for one in says if one not in stored):
            body = says[uid]
            etag = etag_of(body)
            href = href_for(uid, etag)
            found.coming.append(_Coming(uid, body, etag, href, new_key(), None))
        # As a rule, neither the source nor anybody here has changed anything.
        touched = {
            one.card.href: uid
            for uid, one in stored.items()
            if found.said.get(uid) != Said(says[uid], one.card.etag)
        }
        firmly = not self.source.writable
        for card, now in bodies.with_cards(connection, book_id, touched):
            uid = touched[card.href]
            before = found.said[uid].body if uid in found.said else None
            followed = follow(before, says[uid], now, self.source.owns, firmly=firmly)
            if followed.changed:
                etag = etag_of(followed.body)
                coming = _Coming(uid, followed.body, etag, card.href, card.key, stored[uid])
                found.coming.append(coming)
                found.now[uid] = now
        return found

    def store(self, following: _Following, found: Sequence[Derived]) -> None:
        """Store what is new or otherwise, and remember what the source says."""
        count = self.count.cards
        if following.coming:
            self.count.batch = self.writing.batch
            self._put(following.coming, found)
        count.unchanged += len(following.says) - len(following.coming)
        left_out = {
            one.uid
            for one in following.coming
            if one.body in count.erased or one.body in count.rejected
        }
        connection, says = self.writing.connection, following.says
        stored = cards.find_many(connection, self.view.book.id, "uid", says.keys() - left_out)
        known = {uid: Said(says[uid], one.card.etag) for uid, one in stored.items()}
        otherwise = {
            stored[uid].id: said for uid, said in known.items() if following.said.get(uid) != said
        }
        sourced.remember(connection, self.source.name, otherwise)
        if self.told:
            for one in following.coming:
                if one.uid not in left_out:
                    href = stored[one.uid].card.href
                    self.count.outcomes.append(_told(one, href, following))
        self.count.looked_at += len(says)

    def _put(self, coming: Sequence[_Coming], found: Sequence[Derived]) -> None:
        """Store cards with what was ``found`` to be kept beside them, and count them."""
        writing, view, count = self.writing, self.view, self.count.cards
        new = [
            NewCard(one.href, one.key, one.uid, one.body, one.etag, beside, one.replaces)
            for one, beside in zip(coming, found, strict=True)
        ]
        hrefs = [one.href for one in new if one.replaces is None]
        new = named(new, cards.find_many(writing.connection, view.book.id, "href", hrefs))
        erased = erased_among(writing, new)
        rejected: dict[str, BreaksStandards] = {}
        if view.book.standards is not None:
            judged = following.judged(writing, view.book.standards, new)
            rejected = following.rejected(judged, view.book.standards)
        for one in new:
            if one.key in erased:
                count.erased[one.body] = erased[one.key]
            elif one.key in rejected:
                count.rejected[one.body] = rejected[one.key]
        kept = [one for one in new if one.key not in erased.keys() | rejected.keys()]
        count.created += sum(one.replaces is None for one in kept)
        count.updated += sum(one.replaces is not None for one in kept)
        writing.store(view, kept, OPERATION)

    def add(self, uid: str, body: bytes) -> None:
        """Add what the source says to the card that answers for this UID."""
        number = self.writing.batch
        try:
            changed = landing.add(self.writing, self.view, uid, self._kept(body), OPERATION)
        except ErasedPerson as erased:
            self.count.cards.erased[body] = erased.case
            return
        self.count.cards.updated += changed
        self.count.cards.unchanged += not changed
        self.count.looked_at += 1
        if changed:
            self.count.batch = number

    def remove(self, gone: Sequence[str]) -> Iterator[SyncCount]:
        """Take out the cards with these UIDs, which the source has no longer."""
        connection, book_id = self.writing.connection, self.view.book.id
        for at in range(0, len(gone), _BATCH):
            found = cards.find_many(connection, book_id, "uid", gone[at : at + _BATCH])
            hrefs = [one.card.href for one in found.values()]
            if self.told:
                for card, body in bodies.with_cards(connection, book_id, hrefs):
                    name, why = name_of(body), "the source has it no longer"
                    told = SyncedCard(Fate.GOES, card.href, card.key, name, reason=why)
                    self.count.outcomes.append(told)
            self.count.batch = self.writing.batch
            self.writing.remove(self.view, list(found.values()), OPERATION)
            self.count.gone += len(found)
            self.count.looked_at += len(found)
            yield self.count


def _told(coming: _Coming, href: str, following: _Following) -> SyncedCard:
    now, name = following.now.get(coming.uid), name_of(coming.body)
    if now is None:
        return SyncedCard(Fate.COMES, href, coming.key, name)
    why = "" if coming.uid in following.said else "it was there, and is the source's from now on"
    return SyncedCard(Fate.CHANGES, href, coming.key, name, difference(now, coming.body), why)
