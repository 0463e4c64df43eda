"""What one principal writes, in one transaction with its history and its audit trail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from dirserver.directory.derivation import Deriver
from dirserver.directory.reading import Reading, label_of
from dirserver.errors import (
    AccessDenied,
    AlreadyExists,
    CardTooLarge,
    InvalidHref,
    NotFound,
    PreconditionFailed,
    UIDConflict,
)
from dirserver.model.addressbook import is_href
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.policy import Policy, VisibleBook
from dirserver.model.precondition import ALWAYS, Precondition
from dirserver.model.principal import Client, Principal
from dirserver.model.vcard import VCard, parse_card
from dirserver.store import cards, writing
from dirserver.store.engine import Connection
from dirserver.store.writing import Act, NewCard

# What a client may store as one card; photos make most of it.
MAX_CARD_BYTES = 4 * 1024 * 1024
_IMPORT_BATCH = 200


def etag_of(body: bytes) -> str:
    """Return the etag of a card with these bytes: equal bytes, equal etag."""
    return hashlib.sha256(body).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Stored:
    """How a PUT ended: the card's etag, and whether it is new."""

    etag: str
    created: bool


@dataclass(slots=True)
class ImportCount:
    """How an import went, card by card, while it goes on.

    ``superseded`` are those behind which there was another one with the same UID.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0

    @property
    def total(self) -> int:
        """How many cards there were."""
        return self.created + self.updated + self.unchanged + self.superseded


class Writing(Reading):
    """A principal's transaction. What it wrote is there for everybody, or not at all."""

    def __init__(
        self,
        connection: Connection,
        policy: Policy,
        principal: Principal,
        client: Client,
        deriver: Deriver,
        at: datetime,
    ) -> None:
        """Write through ``connection`` as ``principal``, at the moment ``at``."""
        super().__init__(connection, policy, principal, client, deriver.plan)
        self._deriver = deriver
        self._at = at
        self.events: list[AuditEvent] = []
        self.refusals: list[AuditEvent] = []

    def writable(self, slug: str, action: AuditAction, href: str = "") -> VisibleBook:
        """Return the book ``slug`` for writing, and keep every other writer out of it.

        Raises AccessDenied, which the audit trail will tell of as ``action``.
        """
        view = self._granted(slug, action, href)
        writing.lock(self._connection, view.book.id)
        return view

    def _granted(self, slug: str, action: AuditAction, href: str) -> VisibleBook:
        try:
            return self.book(slug, Privilege.WRITE)
        except AccessDenied as denied:
            self.refusals.append(self._event(action, slug, href, str(denied), Outcome.REFUSED))
            raise

    def put_card(
        self, slug: str, href: str, body: bytes, precondition: Precondition = ALWAYS
    ) -> Stored:
        """Create or replace the card ``href`` of the book ``slug`` by these very bytes.

        The card, its version, its change row, the index, the book's revision and the audit
        event commit together, so no client is given a token it cannot sync from. The same
        bytes again change nothing.

        Raises AccessDenied without a write grant, PreconditionFailed, InvalidHref, InvalidCard
        and CardTooLarge for what cannot be kept, and UIDConflict when another card in the book
        has this UID, or this one has another (RFC 6352 section 6.3.2.1).
        """
        view = self.writable(slug, AuditAction.CARD_UPDATE, href)
        if not is_href(href):
            raise InvalidHref(repr(href))
        stored = self._stored(view, href)
        if not precondition.holds(None if stored is None else stored.card.etag):
            raise PreconditionFailed(href)
        card = self._parsed(body)
        etag = etag_of(body)
        if stored is not None and stored.card.etag == etag:
            return Stored(etag, created=False)
        if stored is not None and stored.card.uid and card.uid not in ("", stored.card.uid):
            raise UIDConflict(href)
        if card.uid:
            other = cards.find_uid(self._connection, view.book.id, card.uid)
            if other is not None and other.card.href != href:
                raise UIDConflict(other.card.href)
        new = self._new_card(href, card, body, stored)
        writing.store_cards(self._connection, view.book.id, [new], self._act("put"))
        action = AuditAction.CARD_CREATE if stored is None else AuditAction.CARD_UPDATE
        self.events.append(self._event(action, slug, href, f"etag {etag}"))
        return Stored(etag, created=stored is None)

    def delete_card(self, slug: str, href: str, precondition: Precondition = ALWAYS) -> None:
        """Take the card ``href`` out of the book ``slug``; its versions stay.

        Raises AccessDenied, NotFound, PreconditionFailed.
        """
        view = self.writable(slug, AuditAction.CARD_DELETE, href)
        stored = self._stored(view, href)
        if not precondition.holds(None if stored is None else stored.card.etag):
            raise PreconditionFailed(href)
        if stored is None:
            raise NotFound(href)
        writing.remove_card(self._connection, view.book.id, stored, self._act("delete"))
        self.events.append(self._event(AuditAction.CARD_DELETE, slug, href))

    def move_card(
        self, slug: str, href: str, to_slug: str, to_href: str, *, overwrite: bool
    ) -> Stored:
        """Move a card to another name, in the same book or another one, with its key.

        Raises AccessDenied unless both books may be written to, NotFound, InvalidHref,
        AlreadyExists when there is a card at the destination and ``overwrite`` is not set, and
        UIDConflict when it has another UID, or another card there has this one (RFC 6352
        section 6.3.2.1).
        """
        source = self._granted(slug, AuditAction.CARD_MOVE, href)
        target = self._granted(to_slug, AuditAction.CARD_MOVE, to_href)
        # In one order, lest two that move towards each other wait for each other.
        for book_id in sorted({source.book.id, target.book.id}):
            writing.lock(self._connection, book_id)
        stored = self._stored(source, href)
        body = cards.body(self._connection, source.book.id, href) if stored is not None else None
        if stored is None or body is None:
            raise NotFound(href)
        if not is_href(to_href):
            raise InvalidHref(repr(to_href))
        there = self._stored(target, to_href)
        if there is not None and not overwrite:
            raise AlreadyExists(to_href)
        if there is not None and there.id == stored.id:
            return Stored(stored.card.etag, created=False)
        if there is not None and there.card.uid and stored.card.uid not in ("", there.card.uid):
            raise UIDConflict(to_href)
        if there is not None:
            writing.remove_card(self._connection, target.book.id, there, self._act("delete"))
            detail = f"for {slug}/{href}, which was moved here"
            self.events.append(self._event(AuditAction.CARD_DELETE, to_slug, to_href, detail))
        writing.remove_card(self._connection, source.book.id, stored, self._act("move"))
        card = self._parsed(body)
        if card.uid:
            other = cards.find_uid(self._connection, target.book.id, card.uid)
            if other is not None:
                raise UIDConflict(other.card.href)
        new = NewCard(
            to_href,
            stored.card.key,
            card.uid,
            body,
            stored.card.etag,
            self._deriver.derive(card, stored.card.key),
            None,
        )
        writing.store_cards(self._connection, target.book.id, [new], self._act("move"))
        detail = f"to {to_slug}/{to_href}"
        self.events.append(self._event(AuditAction.CARD_MOVE, slug, href, detail))
        if source.book.id != target.book.id:
            # Who asks what happened in that book is to see it, too.
            detail = f"from {slug}/{href}"
            self.events.append(self._event(AuditAction.CARD_MOVE, to_slug, to_href, detail))
        return Stored(stored.card.etag, created=there is None)

    def import_cards(
        self, slug: str, source: str, bodies: Iterable[bytes]
    ) -> Iterator[ImportCount]:
        """Store cards from the file ``source`` by their UIDs, yielding the count as it grows.

        A card whose UID is in the book already replaces the one that is there; the same bytes
        change nothing. Of several cards with one UID the last stands. Nothing of an import is
        there before the transaction commits.

        Raises AccessDenied, and InvalidCard and CardTooLarge for what cannot be kept.
        """
        view = self.writable(slug, AuditAction.CARD_IMPORT)
        count = ImportCount()
        standing: dict[tuple[str, str], bytes] = {}
        for body in bodies:
            uid = self._parsed(body).uid
            # Without a UID, only the same bytes are the same card.
            identity = (uid, "" if uid else etag_of(body))
            count.superseded += identity in standing
            standing[identity] = body
        iterator = iter(standing.values())
        while batch := list(islice(iterator, _IMPORT_BATCH)):
            self._import_batch(view, batch, count)
            yield count
        detail = (
            f"{source}: {count.created} new, {count.updated} changed, {count.unchanged} as before"
        )
        self.events.append(self._event(AuditAction.CARD_IMPORT, slug, "", detail))

    def _import_batch(self, view: VisibleBook, batch: list[bytes], count: ImportCount) -> None:
        parsed = [(self._parsed(body), etag_of(body), body) for body in batch]
        hrefs = [_href_for(card.uid, etag) for card, etag, _ in parsed]
        uids = [card.uid for card, _, _ in parsed if card.uid]
        there = cards.find_many(self._connection, view.book.id, "uid", uids)
        taken = cards.find_many(self._connection, view.book.id, "href", hrefs)
        named = set(taken)
        new = []
        for (card, etag, body), href in zip(parsed, hrefs, strict=True):
            stored = there.get(card.uid) if card.uid else taken.get(href)
            if stored is not None and stored.card.etag == etag:
                count.unchanged += 1
            elif stored is not None and card.uid:
                count.updated += 1
                new.append(self._new_card(stored.card.href, card, body, stored))
            else:
                count.created += 1
                name = f"{writing.new_key()}.vcf" if href in named else href
                named.add(name)
                new.append(self._new_card(name, card, body, None))
        writing.store_cards(self._connection, view.book.id, new, self._act("import"))

    def note(self, action: AuditAction, slug: str, detail: str) -> None:
        """Add an event to the audit trail for something that changes no card."""
        self.events.append(self._event(action, slug, "", detail))

    def _parsed(self, body: bytes) -> VCard:
        if len(body) > MAX_CARD_BYTES:
            raise CardTooLarge(MAX_CARD_BYTES)
        return parse_card(body)

    def _new_card(
        self, href: str, card: VCard, body: bytes, stored: cards.StoredCard | None
    ) -> NewCard:
        key = writing.new_key() if stored is None else stored.card.key
        derived = self._deriver.derive(card, key)
        return NewCard(href, key, card.uid, body, etag_of(body), derived, stored)

    def _act(self, operation: str) -> Act:
        return Act(operation, self.principal.login, self.client, self._at)

    def _event(
        self,
        action: AuditAction,
        slug: str,
        href: str,
        detail: str = "",
        outcome: Outcome = Outcome.DONE,
    ) -> AuditEvent:
        client = self.client
        login = self.principal.login
        owned = {label_of(book) for book in self.policy.books if book.owner == login}
        label = f"{login}/{slug}"
        return AuditEvent(
            action,
            login,
            outcome,
            label if label in owned else slug,
            href,
            detail,
            client.protocol,
            client.address,
            client.agent,
        )


def _href_for(uid: str, etag: str) -> str:
    """Return the name that clients give to a new card: its UID, where that can be one."""
    plain = uid.removeprefix("urn:uuid:")
    if plain.isascii() and plain.replace("-", "").replace("_", "").isalnum() and len(plain) < 200:
        return f"{plain}.vcf"
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32] if uid else etag}.vcf"
