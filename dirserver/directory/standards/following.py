"""What becomes of cards that break the standards of their book, as they are written.

Refused is before anything is stored. All else follows what the client wrote: that stays a version
of its own, and a repair is another, by nobody who can log in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dirserver.errors import BreaksStandards
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction
from dirserver.model.policy import VisibleBook
from dirserver.model.standards.judging import handled, judge, repaired
from dirserver.model.standards.rules import ACTOR, REPAIR, Fault, Handling, Standards
from dirserver.model.vcard import parse_card
from dirserver.store import cards, quarantine, writing
from dirserver.store.writing import NewCard

if TYPE_CHECKING:
    from dirserver.directory.writing import Writing


@dataclass(frozen=True, slots=True)
class Judged:
    """A card that is to be stored, and what in it breaks the standards of its book."""

    card: NewCard
    faults: tuple[Fault, ...]


def judged(by: Writing, standards: Standards, new: Iterable[NewCard]) -> list[Judged]:
    """Return the cards ``new`` with what in them breaks ``standards``."""
    return [Judged(one, judge(parse_card(one.body), standards, by.plan)) for one in new]


def rejected(found: Iterable[Judged], standards: Standards) -> dict[str, BreaksStandards]:
    """Return why which cards are not taken, by their keys."""
    refusals = {}
    for one in found:
        faults = handled(one.faults, standards, Handling.REJECT)
        if faults:
            reasons = [fault.sentence for fault in faults]
            refusals[one.card.key] = BreaksStandards(rules_of(faults), reasons)
    return refusals


def mended(one: Judged, standards: Standards) -> bytes:
    """Return the bytes that a card has once it is repaired, as far as the policy is to repair."""
    return repaired(one.card.body, handled(one.faults, standards, Handling.REPAIR))


def follow(by: Writing, view: VisibleBook, found: Sequence[Judged], *, repairs: bool) -> None:
    """Do what the standards of a book ask for the cards that were stored just now.

    With ``repairs``, those that can be are repaired, as versions of their own. Raises ErasedPerson
    where that would tell of one.
    """
    standards = view.book.standards
    if standards is None or not (repairs or standards.does(Handling.QUARANTINE)):
        return
    hrefs = [one.card.href for one in found]
    stored = cards.find_many(by.connection, view.book.id, "href", hrefs)
    if repairs:
        _repair(by, view, found, stored, standards)
    if standards.does(Handling.QUARANTINE):
        _quarantine(by, view, found, stored, standards)


def _repair(
    by: Writing,
    view: VisibleBook,
    found: Sequence[Judged],
    stored: dict[str, cards.StoredCard],
    standards: Standards,
) -> None:
    new: list[NewCard] = []
    done: list[list[Fault]] = []
    for one in found:
        faults = handled(one.faults, standards, Handling.REPAIR)
        body = mended(one, standards)
        if body != one.card.body:
            there = stored[one.card.href]
            new.append(by.new_card(one.card.href, by.parsed(body), body, there))
            done.append([fault for fault in faults if fault.mended is not None])
    if not new:
        return
    by.require_unerased(view, new)
    act = replace(by.act(REPAIR), actor=ACTOR, device="")
    writing.store_cards(by.connection, view.book.id, new, act)
    for card, of_card in zip(new, done, strict=True):
        _tell(by, AuditAction.CARD_REPAIR, view, card.href, ", ".join(rules_of(of_card)))


def _quarantine(
    by: Writing,
    view: VisibleBook,
    found: Sequence[Judged],
    stored: dict[str, cards.StoredCard],
    standards: Standards,
) -> None:
    held = quarantine.held(by.connection, [one.id for one in stored.values()])
    kept: list[int] = []
    freed: list[int] = []
    for one in found:
        faults = handled(one.faults, standards, Handling.QUARANTINE)
        card_id = stored[one.card.href].id
        if bool(faults) is (card_id in held):
            continue
        (kept if faults else freed).append(card_id)
        said = f"kept from lookups: {', '.join(rules_of(faults))}" if faults else "shown again"
        _tell(by, AuditAction.CARD_QUARANTINE, view, one.card.href, said)
    quarantine.keep(by.connection, kept)
    quarantine.release(by.connection, freed)


def _tell(by: Writing, action: AuditAction, view: VisibleBook, href: str, said: str) -> None:
    event = replace(by.event(action, label_of(view.book), href), actor=ACTOR, device="")
    by.consequences.add(event, said, by.act(REPAIR).batch)


def rules_of(faults: Iterable[Fault]) -> list[str]:
    """Return the names of the rules that ``faults`` break, each once."""
    return list(dict.fromkeys(fault.rule.value for fault in faults))
