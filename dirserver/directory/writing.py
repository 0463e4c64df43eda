"""What one principal writes, in one transaction with its history and its audit trail."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dirserver.directory.access import shield
from dirserver.directory.access.sightings import Sightings
from dirserver.directory.derivation import Deriver
from dirserver.directory.intake import sourced
from dirserver.directory.people.erased import erased_among
from dirserver.directory.reading import Reading
from dirserver.directory.same import carrying, landing, locking, uids
from dirserver.directory.standards import following
from dirserver.directory.standards.consequences import Consequences
from dirserver.errors import (
    AccessDenied,
    AlreadyExists,
    CardTooLarge,
    ErasedPerson,
    InvalidHref,
    NotFound,
    PreconditionFailed,
    UIDConflict,
)
from dirserver.model.addressbook import AddressBook, is_href, label_of
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.changed import changed_properties
from dirserver.model.edit import Edit, edited
from dirserver.model.grant import Privilege
from dirserver.model.policy import Policy, VisibleBook
from dirserver.model.precondition import ALWAYS, Precondition
from dirserver.model.principal import Client, Principal
from dirserver.model.shield import Shield, Stop, is_blanked
from dirserver.model.source import NO_SOURCES, OPERATION, Sources
from dirserver.model.vcard import VCard, parse_card
from dirserver.store import bodies, cards, settings, stops, writing
from dirserver.store.engine import Connection
from dirserver.store.same import links
from dirserver.store.writing import Act, NewCard

# What a client may store as one card; photos make most of it.
MAX_CARD_BYTES = 4 * 1024 * 1024
NO_SHIELD = Shield(enabled=False)


def etag_of(body: bytes) -> str:
    """Return the etag of a card with these bytes: equal bytes, equal etag."""
    return hashlib.sha256(body).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Stored:
    """How a PUT ended: the card's etag, and whether it is new."""

    etag: str
    created: bool


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
        guard: Shield = NO_SHIELD,
        sightings: Sightings | None = None,
        sources: Sources = NO_SOURCES,
    ) -> None:
        """Write through ``connection`` as ``principal``, at the moment ``at``."""
        # What is read in order to write is told of as what was written.
        plan = deriver.plan
        super().__init__(connection, policy, principal, client, plan, sightings, sources=sources)
        self.deriver = deriver
        self.at = at
        self._shield = guard if shield.is_shielded(principal, client) else NO_SHIELD
        self._batch: int | None = None
        self.events: list[AuditEvent] = []
        self.consequences = Consequences()
        self.stops: list[tuple[AddressBook, Stop, Client]] = []

    def writable(
        self,
        slug: str,
        action: AuditAction,
        href: str = "",
        privilege: Privilege = Privilege.WRITE,
    ) -> VisibleBook:
        """Return the book ``slug`` for writing, and keep every other writer out of it.

        Raises AccessDenied without ``privilege``, which the audit trail will tell of as
        ``action``.
        """
        view = self.granted(slug, action, href, privilege)
        locking.keep_out(self, {view.book.id}, *filter(None, [href]))
        return view

    def granted(
        self,
        slug: str,
        action: AuditAction,
        href: str = "",
        privilege: Privilege = Privilege.WRITE,
    ) -> VisibleBook:
        """Return the book ``slug``; as ``writable``, but without keeping anybody out."""
        try:
            return self._view(slug, privilege)
        except AccessDenied as denied:
            self.refuse(action, slug, href, str(denied))
            raise

    def managed(self, slug: str, action: AuditAction) -> AddressBook:
        """Return the book ``slug``, or the smart one, if it may be managed; else as ``granted``."""
        try:
            return self._any_view(slug, Privilege.MANAGE).book
        except AccessDenied as denied:
            self.refuse(action, slug, "", str(denied))
            raise

    def put_card(
        self,
        slug: str,
        href: str,
        body: bytes,
        precondition: Precondition = ALWAYS,
        *,
        among: Sequence[VisibleBook] = (),
    ) -> Stored:
        """Create or replace the card ``href`` of the book ``slug`` by these very bytes.

        The card, its version, its change row, the index, the book's revision and the audit
        event commit together, so no client is given a token it cannot sync from. The same
        bytes again change nothing.

        Raises AccessDenied without a write grant, PreconditionFailed, InvalidHref, InvalidCard
        and CardTooLarge for what cannot be kept, and UIDConflict when another card in the book
        has this UID, or this one has another (RFC 6352 section 6.3.2.1), ErasedPerson and
        BreaksStandards. The etag is that of these bytes, also where a repair follows. A new card's
        UID must not be taken in the books ``among`` which it is shown, either. What is for a card
        that is one with another one now lands there; see ``landing``.
        """
        view = self.writable(slug, AuditAction.CARD_UPDATE, href)
        if not is_href(href):
            raise InvalidHref(repr(href))
        there = cards.find_with_body(self.connection, view.book.id, href)
        stored, old = there or (None, b"")
        card = None if stored is not None else self.parsed(body)
        if card is not None:
            is_new = landing.landed(self, view, href, card, body, precondition)
            if is_new is not None:
                return Stored(etag_of(body), created=is_new)
        if not precondition.holds(None if stored is None else stored.card.etag):
            raise PreconditionFailed(href)
        card = card or self.parsed(body)
        etag = etag_of(body)
        if stored is not None and stored.card.etag == etag:
            return Stored(etag, created=False)
        if stored is not None and stored.card.uid and card.uid not in ("", stored.card.uid):
            raise UIDConflict(href)
        if card.uid and (stored is None or not stored.card.uid):
            other = cards.find_uid(self.connection, view.book.id, card.uid)
            if other is not None:
                raise UIDConflict(other.card.href)
            if stored is None:
                uids.require_free(self.connection, card.uid, view.book.id, among)
        edit = None if stored is None else edited(parse_card(old), card)
        blanks = edit is not None and is_blanked(edit)
        if blanks:
            self._guard(view, AuditAction.CARD_UPDATE, href)
        new = self.new_card(href, card, body, stored, edit=edit)
        self.store(view, [new], stops.BLANK if blanks else "put")
        action = AuditAction.CARD_CREATE if stored is None else AuditAction.CARD_UPDATE
        detail = f"etag {etag}"
        if edit is not None:
            names = ", ".join(changed_properties(edit))
            detail += f", changed {names or 'nothing but its order'}"
        self.events.append(self.event(action, slug, href, detail))
        return Stored(etag, created=stored is None)

    def delete_card(self, slug: str, href: str, precondition: Precondition = ALWAYS) -> None:
        """Take the card ``href`` out of the book ``slug``; its versions stay.

        One that became one with another card is gone already, and that one stays.
        Raises AccessDenied, NotFound, PreconditionFailed.
        """
        view = self.writable(slug, AuditAction.CARD_DELETE, href)
        stored = self.stored(view, href)
        if stored is None and landing.is_gone(self.connection, view.book.id, href):
            return
        if not precondition.holds(None if stored is None else stored.card.etag):
            raise PreconditionFailed(href)
        if stored is None:
            raise NotFound(href)
        self._guard(view, AuditAction.CARD_DELETE, href)
        self.remove(view, [stored], "delete")
        self.events.append(self.event(AuditAction.CARD_DELETE, slug, href))

    def require_deletable(self, slug: str, href: str) -> None:
        """Raise AccessDenied if ``delete_card`` would, and stop the client if that would.

        For a host that can make no answer of what ``delete_card`` raises.
        """
        view = self.writable(slug, AuditAction.CARD_DELETE, href)
        if self.stored(view, href) is not None:
            self._guard(view, AuditAction.CARD_DELETE, href)

    def move_card(
        self, slug: str, href: str, to_slug: str, to_href: str, *, overwrite: bool
    ) -> Stored:
        """Move a card to another name, in the same book or another one, with its key.

        Raises AccessDenied unless both books may be written to, NotFound, InvalidHref,
        AlreadyExists when there is a card at the destination and ``overwrite`` is not set, and
        UIDConflict when it has another UID, or another card there has this one (RFC 6352
        section 6.3.2.1).
        """
        source = self.granted(slug, AuditAction.CARD_MOVE, href)
        target = self.granted(to_slug, AuditAction.CARD_MOVE, to_href)
        locking.keep_out(self, {source.book.id, target.book.id}, href, to_href)
        stored = self.stored(source, href)
        body = bodies.body_of(self.connection, source.book.id, href) if stored is not None else None
        if stored is None or body is None:
            raise NotFound(href)
        if not is_href(to_href):
            raise InvalidHref(repr(to_href))
        there = self.stored(target, to_href)
        if there is not None and not overwrite:
            raise AlreadyExists(to_href)
        if there is not None and there.id == stored.id:
            return Stored(stored.card.etag, created=False)
        if there is not None and there.card.uid and stored.card.uid not in ("", there.card.uid):
            raise UIDConflict(to_href)
        if there is not None:
            self._guard(target, AuditAction.CARD_DELETE, to_href)
            self.remove(target, [there], "delete")
            detail = f"for {slug}/{href}, which was moved here"
            self.events.append(self.event(AuditAction.CARD_DELETE, to_slug, to_href, detail))
        if source.book.id != target.book.id:
            self._guard(source, AuditAction.CARD_MOVE, href)
        self.remove(source, [stored], "move")
        card = self.parsed(body)
        other = uids.holder(self.connection, target.book.id, card.uid)
        if other is not None:
            raise UIDConflict(other.card.href)
        new = self.new_card(to_href, card, body, None, stored.card.key)
        self.store(target, [new], "move", binding=source.book.id != target.book.id)
        detail = f"to {to_slug}/{to_href}"
        self.events.append(self.event(AuditAction.CARD_MOVE, slug, href, detail))
        if source.book.id != target.book.id:
            # Who asks what happened in that book is to see it, too.
            detail = f"from {slug}/{href}"
            self.events.append(self.event(AuditAction.CARD_MOVE, to_slug, to_href, detail))
        return Stored(stored.card.etag, created=there is None)

    def copy_card(
        self,
        slug: str,
        href: str,
        to_slug: str,
        to_href: str,
        *,
        overwrite: bool,
        among: Sequence[VisibleBook] = (),
    ) -> Stored:
        """Store a copy of a card, as the principal sees it, in the same book or another one.

        Raises AccessDenied unless the one book may be read and the other written to, NotFound,
        InvalidHref, AlreadyExists when there is a card at the destination and ``overwrite`` is
        not set, and UIDConflict (RFC 6352 section 6.3.2.1); ``among`` is as for a new card.
        """
        source = self.granted(slug, AuditAction.CARD_COPY, href, Privilege.READ)
        target = self.writable(to_slug, AuditAction.CARD_COPY, to_href)
        body = self.body(source, href)
        if not is_href(to_href):
            raise InvalidHref(repr(to_href))
        there = self.stored(target, to_href)
        if there is not None and not overwrite:
            raise AlreadyExists(to_href)
        card = self.parsed(body)
        if there is not None and there.card.uid and card.uid not in ("", there.card.uid):
            raise UIDConflict(to_href)
        other = uids.holder(self.connection, target.book.id, card.uid)
        if other is not None and other.card.href != to_href:
            raise UIDConflict(other.card.href)
        if there is None and card.uid:
            uids.require_free(self.connection, card.uid, target.book.id, among)
        etag = etag_of(body)
        if there is None or there.card.etag != etag:
            self.store(target, [self.new_card(to_href, card, body, there)], "copy")
            detail = f"from {slug}/{href}"
            self.events.append(self.event(AuditAction.CARD_COPY, to_slug, to_href, detail))
        return Stored(etag, created=there is None)

    @property
    def batch(self) -> int:
        """The number of this transaction among those that write many cards at once."""
        if self._batch is None:
            self._batch = settings.next_batch(self.connection)
        return self._batch

    def parsed(self, body: bytes) -> VCard:
        """Read a card that is to be kept. Raises CardTooLarge and InvalidCard."""
        if len(body) > MAX_CARD_BYTES:
            raise CardTooLarge(MAX_CARD_BYTES)
        return parse_card(body)

    def new_card(
        self,
        href: str,
        card: VCard,
        body: bytes,
        stored: cards.StoredCard | None,
        key: str = "",
        *,
        edit: Edit | None = None,
    ) -> NewCard:
        """Return what is to be stored as ``href``, in the place of ``stored``, if it is there.

        One that is not there gets ``key``, with the link that it had, or one that nobody ever had.
        With the ``edit`` that was made of one that is there, less is to be derived.
        """
        link = links.of_key(self.connection, key) if key and stored is None else None
        key = (key or writing.new_key()) if stored is None else stored.card.key
        was = None
        if edit is None:
            derived = self.deriver.derive(card, key)
        else:
            derived, was = self.deriver.derive_change(card, edit.before, key)
        return NewCard(href, key, card.uid, body, etag_of(body), derived, stored, link, was)

    def store(
        self, view: VisibleBook, new: Sequence[NewCard], operation: str, *, binding: bool = True
    ) -> None:
        """Create or replace cards: the one way by which any card is written.

        Of what was in the book before, its standards are not ``binding``: nothing is rejected or
        repaired then. Raises ErasedPerson and BreaksStandards, of which the audit trail tells.
        """
        self.require_unerased(view, new)
        judged: list[following.Judged] = []
        if view.book.standards is not None:
            judged = following.judged(self, view.book.standards, new)
            refusals = following.rejected(judged, view.book.standards) if binding else {}
            for refusal in refusals.values():
                self._refuse_stored(view, new, str(refusal))
                raise refusal
        writing.store_cards(self.connection, view.book.id, new, self.act(operation))
        if judged:
            following.follow(self, view, judged, repairs=binding)
        sourced.put_back(self, view, new, operation if binding else OPERATION)
        carrying.follow(self, view, new, operation)

    def require_unerased(self, view: VisibleBook, new: Sequence[NewCard]) -> None:
        """Raise ErasedPerson if one of the cards is of somebody who was erased."""
        erased = erased_among(self, new)
        if erased:
            case = next(iter(erased.values()))
            self._refuse_stored(view, new, f"a person who was erased, {case}")
            raise ErasedPerson(case)

    def _refuse_stored(self, view: VisibleBook, new: Sequence[NewCard], detail: str) -> None:
        action = AuditAction.CARD_UPDATE if new[0].replaces else AuditAction.CARD_CREATE
        self.refuse(action, label_of(view.book), "", detail)

    def remove(self, view: VisibleBook, stored: Sequence[cards.StoredCard], operation: str) -> None:
        """Take cards out of their book: the one way by which any card goes."""
        writing.remove_cards(self.connection, view.book.id, stored, self.act(operation))
        carrying.part(self, stored)

    def _guard(self, view: VisibleBook, action: AuditAction, href: str) -> None:
        """Let one more card be taken out of a book, or raise AccessDenied and stop the client."""
        sourced.require_free(self, view, action, href)
        stop = shield.stop_for(self.connection, self._shield, view.book, self.principal, self.at)
        if stop is not None:
            slug, reason = view.book.slug, f"stopped: {stop.reason}"
            self.stops.append((view.book, stop, self.client))
            self.refusals.append(self.event(action, slug, href, reason, Outcome.REFUSED))
            raise AccessDenied(reason)

    def note(self, action: AuditAction, slug: str, detail: str) -> None:
        """Add an event to the audit trail for something that changes no card."""
        self.events.append(self.event(action, slug, "", detail))

    def act(self, operation: str) -> Act:
        """Return what a version that is written now remembers of it."""
        who, device = self.principal.login, self.principal.device_name
        return Act(operation, who, self.client, self.at, device, self._batch)
