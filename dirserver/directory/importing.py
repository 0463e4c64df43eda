"""Imports: the cards of a file into a book, all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from dirserver.directory import standards
from dirserver.directory.derivers import Job, derived
from dirserver.directory.writing import Writing, etag_of
from dirserver.errors import BreaksStandards
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.policy import VisibleBook
from dirserver.store.cards import StoredCard, find_many
from dirserver.store.derived import Derived
from dirserver.store.trigram import tidy
from dirserver.store.writing import NewCard, new_key

# After so many cards, the search index is worth being brought into order.
_MANY = 1000
_BATCH = 500
_MOST_CASES = 20


@dataclass(slots=True)
class ImportCount:
    """How an import went, card by card, while it goes on.

    ``superseded`` are those behind which there was another one with the same UID; ``erased``
    those that were left out because their person was erased, with the names of the cases, and
    ``rejected`` those that the book's standards keep out, with why.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    erased: dict[bytes, str] = field(default_factory=dict)
    rejected: dict[bytes, BreaksStandards] = field(default_factory=dict)

    def add(self, other: ImportCount) -> None:
        """Count those of ``other`` too."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.superseded += other.superseded
        self.erased.update(other.erased)
        self.rejected.update(other.rejected)

    @property
    def total(self) -> int:
        """How many cards there were."""
        stored = self.created + self.updated + self.unchanged
        return stored + self.superseded + len(self.erased) + len(self.rejected)


class Bodies(Protocol):
    """The cards of a file, which can be gone through more than once; none need be in memory."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield them in their order."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A card that is to be stored, but for what is derived from it.

    ``replaces`` is the one that is there with this UID.
    """

    uid: str
    body: bytes
    etag: str
    key: str
    replaces: StoredCard | None


def import_cards(writing: Writing, slug: str, source: str, bodies: Bodies) -> Iterator[ImportCount]:
    """Store cards from the file ``source`` by their UIDs, yielding the count as it grows.

    A card whose UID is in the book already replaces the one that is there; the same bytes
    change nothing. Of several cards with one UID the last stands. Those of people who were
    erased are left out, as are those that break a standard of the book that rejects them. Nothing
    of an import is there before the transaction commits.

    ``bodies`` are gone through twice, to see which stand and to store those, so that only what
    tells them apart is in memory.

    Raises AccessDenied, and InvalidCard and CardTooLarge for what cannot be kept.
    """
    view = writing.writable(slug, AuditAction.CARD_IMPORT)
    stand = standing(writing, bodies)
    count = ImportCount(superseded=len(bodies) - len(stand))
    # Before anything is stored: every version remembers it.
    number = writing.batch
    batches = _batches(writing, view, those_of(bodies, stand), count)
    for coming, found in derived(writing.deriver, batches, len(stand)):
        store(writing, view, coming, found, count)
        yield count
    if count.created + count.updated >= _MANY:
        tidy(writing.connection, wholly=True)
    said = f"{count.created} new, {count.updated} changed, {count.unchanged} as before"
    detail = f"import {number}, {source}: {said}"
    writing.events.append(writing.event(AuditAction.CARD_IMPORT, slug, "", detail))
    tell_left_out(writing, slug, AuditAction.CARD_IMPORT, count)


def tell_left_out(writing: Writing, slug: str, action: AuditAction, count: ImportCount) -> None:
    """Tell the audit trail of cards that were not taken."""
    if count.erased:
        cases = ", ".join(sorted(set(count.erased.values()))[:_MOST_CASES])
        detail = f"{len(count.erased)} cards of people who were erased, {cases}"
        refusal = writing.event(action, slug, "", detail, Outcome.REFUSED)
        writing.events.append(refusal)
    if count.rejected:
        rules = sorted({rule for one in count.rejected.values() for rule in one.rules})
        detail = f"{len(count.rejected)} cards that break the standards: {', '.join(rules)}"
        refusal = writing.event(action, slug, "", detail, Outcome.REFUSED)
        writing.events.append(refusal)


def standing(writing: Writing, bodies: Bodies) -> dict[int, str]:
    """Return which of ``bodies`` are to be stored, as the place of each and its UID."""
    places: dict[tuple[str, str], int] = {}
    for place, body in enumerate(bodies):
        uid = writing.parsed(body).uid
        # Without a UID, only the same bytes are the same card.
        places[uid, "" if uid else etag_of(body)] = place
    return {place: uid for (uid, _), place in places.items()}


def those_of(bodies: Bodies, standing: Mapping[int, str]) -> Iterator[tuple[str, bytes]]:
    """Yield those of ``bodies`` that stand, each with its UID."""
    for place, body in enumerate(bodies):
        if place in standing:
            yield standing[place], body


def _batches(
    writing: Writing, view: VisibleBook, cards: Iterator[tuple[str, bytes]], count: ImportCount
) -> Iterator[tuple[list[Coming], list[Job]]]:
    """Yield what is new or changed of ``cards``, and count what is as it was."""
    while batch := list(islice(cards, _BATCH)):
        coming = list(_coming(writing, view, batch))
        count.unchanged += len(batch) - len(coming)
        yield coming, [(one.body, one.key) for one in coming]


def _coming(
    writing: Writing, view: VisibleBook, batch: Sequence[tuple[str, bytes]]
) -> Iterator[Coming]:
    hrefs = [_href_for("", etag_of(body)) for uid, body in batch if not uid]
    uids = [uid for uid, _ in batch if uid]
    by_uid = find_many(writing.connection, view.book.id, "uid", uids)
    by_href = find_many(writing.connection, view.book.id, "href", hrefs)
    for uid, body in batch:
        etag = etag_of(body)
        stored = by_uid.get(uid) if uid else by_href.get(_href_for("", etag))
        if stored is not None and stored.card.etag == etag:
            continue
        replaces = stored if uid else None
        key = new_key() if replaces is None else replaces.card.key
        yield Coming(uid, body, etag, key, replaces)


def store(
    writing: Writing,
    view: VisibleBook,
    batch: Sequence[Coming],
    found: Sequence[Derived],
    count: ImportCount,
    operation: str = "import",
) -> None:
    """Store cards with what was ``found`` to be kept beside them, and count them."""
    new = []
    hrefs = [_href_for(one.uid, one.etag) for one in batch]
    there = find_many(writing.connection, view.book.id, "href", hrefs)
    taken = set(there)
    for one, href, beside in zip(batch, hrefs, found, strict=True):
        if one.replaces is not None:
            name = one.replaces.card.href
        else:
            name = f"{new_key()}.vcf" if href in taken else href
            taken.add(name)
        new.append(NewCard(name, one.key, one.uid, one.body, one.etag, beside, one.replaces))
    erased = writing.erased_among(new)
    rejected: dict[str, BreaksStandards] = {}
    unchanged: set[str] = set()
    if view.book.standards is not None:
        judged = standards.judged(writing, view.book.standards, new)
        rejected = standards.rejected(judged, view.book.standards)
        # What was imported before, and repaired then, is as before.
        etags = [etag_of(standards.mended(one, view.book.standards)) for one in judged]
        for one, href, etag in zip(batch, hrefs, etags, strict=True):
            stored = one.replaces if one.uid else there.get(href)
            if stored is not None and stored.card.etag == etag:
                unchanged.add(one.key)
    left_out = erased.keys() | rejected.keys() | unchanged
    kept = [one for one in new if one.key not in left_out]
    count.unchanged += len(unchanged - erased.keys() - rejected.keys())
    count.erased.update({one.body: erased[one.key] for one in new if one.key in erased})
    count.rejected.update(
        {one.body: rejected[one.key] for one in new if one.key in rejected.keys() - erased.keys()}
    )
    count.created += sum(one.replaces is None for one in kept)
    count.updated += sum(one.replaces is not None for one in kept)
    writing.store(view, kept, operation)


def _href_for(uid: str, etag: str) -> str:
    """Return the name that clients give to a new card: its UID, where that can be one."""
    plain = uid.removeprefix("urn:uuid:")
    if plain.isascii() and plain.replace("-", "").replace("_", "").isalnum() and len(plain) < 200:
        return f"{plain}.vcf"
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32] if uid else etag}.vcf"
