"""What edits of linked cards offer to others: listed, taken over or dismissed.

An offer says what another card says. So it is for those who may write to the one and read the
other, without what is hidden from them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dirserver.directory.reading import Reading
from dirserver.directory.same import bykey, locking
from dirserver.directory.same.bykey import Keyed
from dirserver.directory.same.carrying import OPERATION
from dirserver.directory.writing import Writing
from dirserver.errors import NotFound
from dirserver.model.audit import AuditAction
from dirserver.model.carrying import carried
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange, difference
from dirserver.model.policy import VisibleBook
from dirserver.store import bodies, cards, history
from dirserver.store.same import links, offers
from dirserver.store.same.offers import Offer


@dataclass(frozen=True, slots=True)
class Offered:
    """What a card would take over from another, ``source``, and since when that is offered."""

    target: Keyed
    source: Keyed
    at: datetime
    changes: tuple[FieldChange, ...]


def offered(reading: Reading, views: Sequence[VisibleBook]) -> Iterator[Offered]:
    """Yield what is offered to cards of those of ``views`` that may be written to, oldest first.

    What a card says by now, or says otherwise by now, is not offered any more.
    """
    books = [view.book.id for view in views if view.access >= Privilege.WRITE]
    for one in _seen(reading, offers.for_books(reading.connection, books)):
        changes = difference(one.body, _taken(reading, one))
        if changes:
            yield Offered(one.target, one.source, one.offer.at, changes)


def accept(writing: Writing, key: str) -> tuple[FieldChange, ...]:
    """Let the card ``key`` take over all that is offered to it; return what changes by that.

    Raises NotFound for a card that the principal cannot read, AccessDenied unless they may write
    to its book, and what the storing of a card raises.
    """
    target = bykey.writable(writing, key, AuditAction.CARD_CARRY)
    locking.keep_out_of(writing, [key])
    seen = list(_seen(writing, offers.for_card(writing.connection, key)))
    found = cards.find_with_body(writing.connection, target.view.book.id, target.href)
    if found is None:
        raise NotFound(key)
    stored, before = found
    body = before
    for one in seen:
        body = _taken(writing, one, body)
        offers.drop(writing.connection, key, one.source.key)
    if body != before:
        new = writing.new_card(target.href, writing.parsed(body), body, stored)
        writing.store(target.view, [new], OPERATION)
        detail = f"offered by card {', '.join(one.source.key for one in seen)}"
        event = writing.event(AuditAction.CARD_CARRY, target.label, target.href, detail)
        writing.events.append(event)
    return difference(before, body)


def dismiss(writing: Writing, key: str) -> int:
    """Offer nothing any more of what is offered to the card ``key``; return how much that was.

    Later edits are offered again. Raises NotFound and AccessDenied as ``accept`` does.
    """
    target = bykey.writable(writing, key, AuditAction.CARD_DISMISS)
    locking.keep_out_of(writing, [key])
    seen = list(_seen(writing, offers.for_card(writing.connection, key)))
    for one in seen:
        offers.drop(writing.connection, key, one.source.key)
    if seen:
        said = ", ".join(one.source.key for one in seen)
        event = writing.event(AuditAction.CARD_DISMISS, target.label, target.href, said)
        writing.events.append(event)
    return len(seen)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An offer that may be seen: of which properties, and what the card says that may take it."""

    offer: Offer
    target: Keyed
    source: Keyed
    properties: frozenset[str]
    body: bytes


def _seen(reading: Reading, found: Iterable[Offer]) -> Iterator[_Seen]:
    for offer in found:
        link_id = links.of_key(reading.connection, offer.source)
        link = None if link_id is None else links.find(reading.connection, link_id)
        try:
            target, source = (bykey.readable(reading, key) for key in (offer.target, offer.source))
        except NotFound:
            continue
        body = bodies.body_of(reading.connection, target.view.book.id, target.href)
        if link is not None and body is not None:
            properties = frozenset(link.properties) - source.view.hidden
            yield _Seen(offer, target, source, properties, body)


def _taken(reading: Reading, one: _Seen, body: bytes | None = None) -> bytes:
    """Return the card that takes an offer, as it is then."""
    versions = one.offer.before_id, one.offer.after_id
    bodies = history.bodies(reading.connection, versions)
    before, after = (bodies[version] for version in versions)
    return carried(before, after, body or one.body, one.properties, reading.plan).body
