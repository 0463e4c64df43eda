"""Erasing a person: out of every book, the history, the index and the audit trail's texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.directory.derivation import Deriver
from dirserver.directory.people.people import (
    Found,
    events_about,
    kept_cards,
    look,
    traits_of,
)
from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.errors import NotFound
from dirserver.model.audit import AuditAction
from dirserver.model.counting import counted
from dirserver.model.dossier import Copy, Dossier, KeptCard
from dirserver.model.person import Traits, identities
from dirserver.model.vcard import parse_card
from dirserver.store import settings, turns
from dirserver.store.engine import Connection
from dirserver.store.people import erasures, people, scrubbing
from dirserver.store.writing import new_key

_CASE_LETTERS = 8


def cases(reading: Reading) -> list[erasures.Case]:
    """Return the cases of people who were erased; they say nothing of who that was.

    Raises AccessDenied to all but the operator.
    """
    reading.require_operator()
    return erasures.cases(reading.connection)


class ChangedMeanwhile(Exception):
    """A card was stored since that may be of the person, and of which nobody was told."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of a person, without a word of who that was.

    ``copies`` are the clients that have the cards until they next sync, ``mentions`` the keys of
    cards of others in which the person is still named.
    """

    case: str
    at: datetime
    by: str
    books: tuple[str, ...]
    cards: int
    versions: int
    events: int
    fingerprints: int
    copies: tuple[Copy, ...]
    mentions: tuple[str, ...]


def erase(writing: Writing, deriver: Deriver, found: Found, person: Dossier) -> Erased:
    """Take a person that was ``found`` out of everything, in this transaction.

    The cards go, so that clients sync to that, and with them all of their versions. What the
    audit trail says of them is erased; its chain stays whole. Fingerprints are left, by which
    the person is known should anybody bring them again.

    Raises AccessDenied to all but the operator, and ChangedMeanwhile.
    """
    writing.require_operator()
    connection = writing.connection
    # Nor is a book to be made meanwhile, into which the person could be stored.
    turns.take(connection, turns.Turn.STRUCTURE)
    people.lock_all(connection, people.shelves(connection))
    if look(connection, found.asked, found.last_version).keys - found.seen:
        raise ChangedMeanwhile
    cards = list(kept_cards(connection, person.keys).values())
    known = _telling(connection, cards, deriver)
    events = {written.id for written in person.events}
    events.update(events_about(connection, cards, found.last_event))
    gone, versions = people.forget(connection, person.keys, writing.at)
    number = people.erase_events(connection, sorted(events))
    case = f"case-{new_key()[:_CASE_LETTERS]}"
    prints = erasures.remember(connection, known, case, writing.at)
    settings.next_policy_epoch(connection)
    scrubbing.request(connection)
    parts = ((gone, "card"), (versions, "version"), (number, "event"))
    said = f"{case}: {', '.join(counted(*part) for part in parts)}"
    writing.note(AuditAction.PERSON_ERASE, "", said)
    return Erased(
        case,
        writing.at,
        writing.principal.login,
        tuple(sorted({version.book for card in cards for version in card.versions})),
        gone,
        versions,
        number,
        prints,
        person.copies,
        tuple(mention.key for mention in person.mentions),
    )


def _telling(connection: Connection, cards: list[KeptCard], deriver: Deriver) -> frozenset[str]:
    """Return what tells the person of ``cards``, and none of those who stay."""
    known: set[str] = set()
    said = Traits()
    for card in cards:
        said = said.joined(traits_of(card, deriver))
        for body in {one.body for one in card.versions if one.body is not None}:
            values = deriver.derive_body(body, card.key).values
            known |= identities(parse_card(body).uid, values)
    keys = {card.key for card in cards}
    for other in people.sharing(connection, said.uids, said.mails, said.numbers):
        if other.key not in keys:
            # A couple's address must not keep the one from being stored who stays.
            known -= identities(other.uid, other.values)
    return frozenset(known)


def readmit(writing: Writing, case: str) -> None:
    """Let a person be kept again who was erased under ``case``.

    Raises AccessDenied to all but the operator, and NotFound.
    """
    writing.require_operator()
    if not erasures.readmit(writing.connection, case):
        raise NotFound(case)
    settings.next_policy_epoch(writing.connection)
    writing.note(AuditAction.PERSON_READMIT, "", case)
