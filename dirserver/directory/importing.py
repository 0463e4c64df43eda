"""Imports: the cards of a file into a book, all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from dirserver.directory import standards
from dirserver.directory.writing import Writing, etag_of
from dirserver.errors import BreaksStandards
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.policy import VisibleBook
from dirserver.store import cards
from dirserver.store.writing import new_key

_BATCH = 200
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

    @property
    def total(self) -> int:
        """How many cards there were."""
        stored = self.created + self.updated + self.unchanged
        return stored + self.superseded + len(self.erased) + len(self.rejected)


def import_cards(
    writing: Writing, slug: str, source: str, bodies: Iterable[bytes]
) -> Iterator[ImportCount]:
    """Store cards from the file ``source`` by their UIDs, yielding the count as it grows.

    A card whose UID is in the book already replaces the one that is there; the same bytes
    change nothing. Of several cards with one UID the last stands. Those of people who were
    erased are left out, as are those that break a standard of the book that rejects them. Nothing
    of an import is there before the transaction commits.

    Raises AccessDenied, and InvalidCard and CardTooLarge for what cannot be kept.
    """
    view = writing.writable(slug, AuditAction.CARD_IMPORT)
    count = ImportCount()
    standing: dict[tuple[str, str], bytes] = {}
    for body in bodies:
        uid = writing.parsed(body).uid
        # Without a UID, only the same bytes are the same card.
        identity = (uid, "" if uid else etag_of(body))
        count.superseded += identity in standing
        standing[identity] = body
    # Before anything is stored: every version remembers it.
    number = writing.batch
    iterator = iter(standing.values())
    while batch := list(islice(iterator, _BATCH)):
        _import_batch(writing, view, batch, count)
        yield count
    said = f"{count.created} new, {count.updated} changed, {count.unchanged} as before"
    detail = f"import {number}, {source}: {said}"
    writing.events.append(writing.event(AuditAction.CARD_IMPORT, slug, "", detail))
    if count.erased:
        cases = ", ".join(sorted(set(count.erased.values()))[:_MOST_CASES])
        detail = f"{len(count.erased)} cards of people who were erased, {cases}"
        refusal = writing.event(AuditAction.CARD_IMPORT, slug, "", detail, Outcome.REFUSED)
        writing.events.append(refusal)
    if count.rejected:
        rules = sorted({rule for one in count.rejected.values() for rule in one.rules})
        detail = f"{len(count.rejected)} cards that break the standards: {', '.join(rules)}"
        refusal = writing.event(AuditAction.CARD_IMPORT, slug, "", detail, Outcome.REFUSED)
        writing.events.append(refusal)


def _import_batch(
    writing: Writing, view: VisibleBook, batch: list[bytes], count: ImportCount
) -> None:
    parsed = [(writing.parsed(body), etag_of(body), body) for body in batch]
    hrefs = [_href_for(card.uid, etag) for card, etag, _ in parsed]
    uids = [card.uid for card, _, _ in parsed if card.uid]
    there = cards.find_many(writing.connection, view.book.id, "uid", uids)
    taken = cards.find_many(writing.connection, view.book.id, "href", hrefs)
    named = set(taken)
    new = []
    for (card, etag, body), href in zip(parsed, hrefs, strict=True):
        stored = there.get(card.uid) if card.uid else taken.get(href)
        if stored is not None and stored.card.etag == etag:
            count.unchanged += 1
        elif stored is not None and card.uid:
            new.append(writing.new_card(stored.card.href, card, body, stored))
        else:
            name = f"{new_key()}.vcf" if href in named else href
            named.add(name)
            new.append(writing.new_card(name, card, body, None))
    erased = writing.erased_among(new)
    rejected: dict[str, BreaksStandards] = {}
    if view.book.standards is not None:
        judged = standards.judged(writing, view.book.standards, new)
        rejected = standards.rejected(judged, view.book.standards)
    kept = [one for one in new if one.key not in erased and one.key not in rejected]
    count.erased.update({one.body: erased[one.key] for one in new if one.key in erased})
    count.rejected.update(
        {one.body: rejected[one.key] for one in new if one.key in rejected.keys() - erased.keys()}
    )
    count.created += sum(one.replaces is None for one in kept)
    count.updated += sum(one.replaces is not None for one in kept)
    writing.store(view, kept, "import")


def _href_for(uid: str, etag: str) -> str:
    """Return the name that clients give to a new card: its UID, where that can be one."""
    plain = uid.removeprefix("urn:uuid:")
    if plain.isascii() and plain.replace("-", "").replace("_", "").isalnum() and len(plain) < 200:
        return f"{plain}.vcf"
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32] if uid else etag}.vcf"
