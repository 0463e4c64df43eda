"""Repairing the cards of a book by its standards, as one batch that can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.model.addressbook import Card, label_of
from dirserver.model.audit import AuditAction
from dirserver.model.counting import counted
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.standards.judging import judge, repaired
from dirserver.model.standards.rules import REPAIR, Fault, Standards
from dirserver.model.vcard import parse_card
from dirserver.store import bodies, cards

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Repair:
    """What becomes of a card: ``body`` is it without what ``faults`` mend."""

    card: Card
    body: bytes
    faults: tuple[Fault, ...]


@dataclass(slots=True)
class FixCount:
    """How the repairing goes on: how many cards were looked at, of how many, and repaired."""

    total: int
    looked_at: int = 0
    repaired: int = 0


def repairs(reading: Reading, view: VisibleBook) -> Iterator[Repair]:
    """Yield the cards of a book in which something can be repaired, whatever its policy."""
    for card, body in bodies.with_cards(reading.connection, view.book.id):
        if (repair := _repair(reading, view, card, body)) is not None:
            yield repair


def fix(writing: Writing, slug: str) -> Iterator[FixCount]:
    """Repair what can be repaired in the book ``slug``; yield the count as it grows.

    Raises AccessDenied without a manage grant.
    """
    action = AuditAction.CARD_REPAIR
    view = writing.writable(slug, action, privilege=Privilege.MANAGE)
    hrefs = [card.href for card in cards.listing(writing.connection, view.book.id)]
    count = FixCount(len(hrefs))
    rules: Counter[str] = Counter()
    for at in range(0, len(hrefs), _BATCH):
        batch = hrefs[at : at + _BATCH]
        found = [
            repair
            for card, body in bodies.with_cards(writing.connection, view.book.id, batch)
            if (repair := _repair(writing, view, card, body)) is not None
        ]
        if found:
            _store(writing, view, found)
            for repair in found:
                rules.update({fault.rule.value for fault in repair.faults})
        count.looked_at += len(batch)
        count.repaired += len(found)
        yield count
    if count.repaired:
        said = ", ".join(f"{rule} {number}" for rule, number in sorted(rules.items()))
        detail = f"repair {writing.batch}: {counted(count.repaired, 'card')}; {said}"
        writing.events.append(writing.event(action, label_of(view.book), "", detail))


def _repair(reading: Reading, view: VisibleBook, card: Card, body: bytes) -> Repair | None:
    standards = view.book.standards or Standards()
    faults = judge(parse_card(body), standards, reading.plan)
    mended = tuple(fault for fault in faults if fault.mended is not None)
    return Repair(card, repaired(body, mended), mended) if mended else None


def _store(writing: Writing, view: VisibleBook, found: list[Repair]) -> None:
    # Before anything is stored: every version remembers it.
    _ = writing.batch
    hrefs = [repair.card.href for repair in found]
    stored = cards.find_many(writing.connection, view.book.id, "href", hrefs)
    new = [
        writing.new_card(one.card.href, writing.parsed(one.body), one.body, stored[one.card.href])
        for one in found
    ]
    writing.store(view, new, REPAIR, binding=False)
