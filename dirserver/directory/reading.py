"""What one principal reads, in one snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from dirserver.directory.access.sightings import Sightings
from dirserver.directory.finding import Finding
from dirserver.directory.lookups import Lookups
from dirserver.errors import AccessDenied, InvalidSyncToken, NotAtOnce, NotFound
from dirserver.model.addressbook import AddressBook, Card, Change, is_href, label_of
from dirserver.model.audit import AuditAction, AuditEvent, Outcome, WrittenEvent
from dirserver.model.grant import Privilege
from dirserver.model.number import DialPlan
from dirserver.model.policy import Policy, SmartView, VisibleBook
from dirserver.model.principal import Client, Principal, PrincipalKind
from dirserver.model.query import EVERYTHING
from dirserver.model.source import NO_SOURCES, Sources
from dirserver.model.vcard import without
from dirserver.store import bodies, cards, properties
from dirserver.store.cards import BookState, StoredCard
from dirserver.store.engine import Connection
from dirserver.store.search import shown
from dirserver.store.trail import audit
from dirserver.store.trail.audit import AuditFilter

# A card with more bytes than that may be a picture.
_MOST_AT_ONCE = 64 * 1024


class Reading(Finding):
    """A principal's view of the directory at one moment.

    Books that the principal may not read do not exist here: nothing tells them from books
    that nobody has.
    """

    def __init__(
        self,
        connection: Connection,
        policy: Policy,
        principal: Principal,
        client: Client,
        plan: DialPlan,
        sightings: Sightings | None = None,
        lookups: Lookups | None = None,
        sources: Sources = NO_SOURCES,
    ) -> None:
        """Read through ``connection``, which is in a transaction, as ``principal``.

        ``sightings`` hear of who is given what cards say; with ``lookups``, it is also told to the
        audit trail.
        """
        self._lookups = lookups
        self.connection = connection
        self.plan = plan
        self.policy = policy
        self.principal = principal
        self.client = client
        self.sources = sources
        self._sightings = sightings or Sightings()
        self.refusals: list[AuditEvent] = []

    def books(self, privilege: Privilege) -> tuple[VisibleBook, ...]:
        """Return the books on which the principal has ``privilege``."""
        return self.policy.visible(self.principal, privilege, self.client.address)

    def smart_books(self, privilege: Privilege) -> tuple[SmartView, ...]:
        """Return the smart books on which the principal has ``privilege``."""
        return self.policy.smart_books(self.principal, privilege, self.client.address)

    def smart_book(self, slug: str, privilege: Privilege) -> SmartView | None:
        """Return the smart book ``slug`` if there is one for the principal."""
        found = (one for one in self.smart_books(privilege) if one.book.slug == slug)
        return next(found, None)

    def book(
        self, slug: str, privilege: Privilege, action: AuditAction | None = AuditAction.CARD_READ
    ) -> VisibleBook:
        """Return the book ``slug``: a shared one, or the principal's own.

        The operator owns no book, and names others' as in ``alice/personal``.
        Raises AccessDenied, whether there is no such book or no such grant; of users, the trail
        tells that as ``action``, unless it is None.
        """
        with self._told(slug, action):
            return self._view(slug, privilege)

    def addressbook(
        self, slug: str, privilege: Privilege, action: AuditAction | None = AuditAction.CARD_READ
    ) -> AddressBook:
        """Return the book ``slug``, which may be a smart one; else as ``book``."""
        with self._told(slug, action):
            return self._any_view(slug, privilege).book

    @contextmanager
    def _told(self, slug: str, action: AuditAction | None) -> Iterator[None]:
        """Tell the audit trail of a refusal that a user meets."""
        try:
            yield
        except AccessDenied as denied:
            if action is not None and self.principal.kind is PrincipalKind.USER:
                self.refuse(action, slug, "", str(denied))
            raise

    def refuse(self, action: AuditAction, slug: str, href: str, reason: str) -> None:
        """Tell the audit trail, whatever becomes of the transaction, what is refused."""
        self.refusals.append(self.event(action, slug, href, reason, Outcome.REFUSED))

    def _view(self, slug: str, privilege: Privilege) -> VisibleBook:
        view = self._any_view(slug, privilege)
        if view.book.smart is not None:
            raise AccessDenied(f"{slug} is a smart book, which has no cards of its own")
        return view

    def _any_view(self, slug: str, privilege: Privilege) -> VisibleBook:
        """Return a book, or how a smart one is granted."""
        found: AddressBook | None
        if self.principal.is_operator:
            found = next((book for book in self.policy.books if label_of(book) == slug), None)
        else:
            found = self.policy.named(self.principal.login, slug) or self._own_book(slug)
        if found is None:
            raise AccessDenied(f"there is no book {slug}")
        view = self.policy.view(self.principal, found, self.client.address, privilege)
        if view is not None and view.access >= privilege:
            return view
        decision = self.policy.decide(self.principal, privilege, found, self.client.address)
        raise AccessDenied(decision.reason)

    def _own_book(self, label: str) -> AddressBook | None:
        own = (book for book in self.policy.books if book.owner == self.principal.login)
        return next((book for book in own if label_of(book) == label), None)

    def state(self, view: VisibleBook) -> BookState:
        """Return the revision of the book's last change, and when that was."""
        return self.state_of(view.book)

    def state_of(self, book: AddressBook) -> BookState:
        """Return the same of a book that may be a smart one, of which only grants change."""
        return cards.state(self.connection, book.id)

    def count(self, view: VisibleBook) -> int:
        """Return how many cards the book has, of those that are shown."""
        if not view.is_whole:
            return self.number_found(EVERYTHING, [view])
        return cards.count(self.connection, view.book.id)

    def listing(self, view: VisibleBook) -> Iterator[Card]:
        """Yield the book's cards in the order of their names."""
        for card in cards.listing(self.connection, view.book.id, self._within(view, None)):
            yield self._seen(card, view)

    def etags(self, view: VisibleBook) -> Iterator[tuple[str, str]]:
        """Yield names and etags of the book's cards in the order of their names."""
        if not view.hidden and view.is_whole:
            return cards.etags(self.connection, view.book.id)
        return ((card.href, card.etag) for card in self.listing(view))

    def card(self, view: VisibleBook, href: str) -> Card:
        """Return the card ``href``. Raises NotFound."""
        stored = self.stored(view, href)
        if stored is None:
            raise NotFound(href)
        return self._seen(stored.card, view)

    def stored(self, view: VisibleBook, href: str) -> StoredCard | None:
        """Return the card ``href`` with what the store needs to replace it, or None."""
        is_there = self._shows(view, href)
        return cards.find(self.connection, view.book.id, href) if is_there else None

    def find(self, view: VisibleBook, hrefs: Iterable[str]) -> Iterator[Card]:
        """Yield those of the cards ``hrefs`` that exist, in any order."""
        possible = self._within(view, hrefs) or ()
        for stored in cards.find_many(self.connection, view.book.id, "href", possible).values():
            yield self._seen(stored.card, view)

    def has_uid(self, view: VisibleBook, uid: str) -> bool:
        """Say whether a card of the book has the UID ``uid``."""
        return cards.find_uid(self.connection, view.book.id, uid) is not None

    def read(self, view: VisibleBook, href: str) -> tuple[Card, bytes]:
        """Return a card and its bytes, to be told of with ``note_read``. Raises NotFound."""
        most = self._most_at_once(view)
        found = None
        if self._shows(view, href):
            found = cards.find_with_body(self.connection, view.book.id, href, most=most)
        if found is None:
            raise NotFound(href)
        body = without(found[1], view.hidden) if view.hidden else found[1]
        return self._seen(found[0].card, view), body

    def note_read(self, view: VisibleBook, card: Card) -> None:
        """Note that the client is given a card."""
        self.note_copy(view)
        if self._lookups is not None:
            self._lookups.single(replace(self._read_event(view), card=card.href), card.key)

    def body(self, view: VisibleBook, href: str) -> bytes:
        """Return the bytes of the card ``href``, which the client is given. Raises NotFound."""
        card, body = self.read(view, href)
        self.note_read(view, card)
        return body

    def bodies(
        self, view: VisibleBook, hrefs: Iterable[str] | None = None, *, goes_on: bool = False
    ) -> Iterator[tuple[Card, bytes]]:
        """Yield cards with their bytes: those of ``hrefs`` that exist, or all of the book.

        ``goes_on`` says that an answer asks for more of what it has begun with.
        """
        if not goes_on:
            self.note_copy(view)
        found = self._bodies(view, hrefs)
        if self._lookups is None:
            return found
        event = self._read_event(view)
        if hrefs is None:
            self._lookups.whole(event, self.count(view))
            return found
        return self._lookups.followed(found, lambda pair: (event, pair[0].key), goes_on=goes_on)

    def exported(self, view: VisibleBook) -> Iterator[tuple[Card, bytes]]:
        """Yield all cards of the book, for one who sees to it that the audit trail tells of it."""
        self.note_copy(view)
        return self._bodies(view, None)

    def lengths(self, view: VisibleBook, hrefs: Iterable[str] | None = None) -> dict[str, int]:
        """Return how many bytes cards of the book have for the principal, by name.

        Those of ``hrefs``, or all.
        """
        return {card.href: len(body) for card, body in self._bodies(view, hrefs)}

    def _bodies(
        self, view: VisibleBook, hrefs: Iterable[str] | None
    ) -> Iterator[tuple[Card, bytes]]:
        return self._read(view, self._within(view, hrefs))

    def _read(self, view: VisibleBook, hrefs: Iterable[str] | None) -> Iterator[tuple[Card, bytes]]:
        for card, body in bodies.with_cards(self.connection, view.book.id, hrefs):
            yield self._seen(card, view), without(body, view.hidden) if view.hidden else body

    def texts(
        self, view: VisibleBook, hrefs: Iterable[str] | None = None, *, goes_on: bool = False
    ) -> Iterator[tuple[str, str, bytes]]:
        """Yield what ``bodies`` does as name, etag and bytes."""
        most = self._most_at_once(view)
        if view.hidden or self._lookups is not None:
            found = self.bodies(view, hrefs, goes_on=goes_on)
            return ((card.href, card.etag, body) for card, body in found)
        if not goes_on:
            self.note_copy(view)
        within = self._within(view, hrefs)
        return bodies.with_etags(self.connection, view.book.id, within, most=most)

    def _most_at_once(self, view: VisibleBook) -> int:
        """Return how large a card may be to be read. Raises NotAtOnce where none may.

        To read much takes as long as a thread does to begin, and so does to take a card apart.
        """
        if not self.at_once:
            return cards.ANY_SIZE
        if view.hidden:
            raise NotAtOnce
        return _MOST_AT_ONCE

    def _within(self, view: VisibleBook, hrefs: Iterable[str] | None) -> Iterable[str] | None:
        """Return which cards are shown: of those called ``hrefs``, or of all. None is all of them.

        A database would fail at a name that no card can have.
        """
        possible = None if hrefs is None else filter(is_href, hrefs)
        if view.is_whole:
            return possible
        return shown.names(self.connection, self._part(view), possible)

    def _shows(self, view: VisibleBook, href: str) -> bool:
        """Say whether a card of this name is shown if it is there."""
        return next(iter(self._within(view, [href]) or ()), None) is not None

    def _part(self, view: VisibleBook) -> shown.Part:
        return shown.Part(view.book.id, view.shown, view.hidden, self.plan)

    def changes(self, view: VisibleBook, since: int) -> Iterator[Change]:
        """Yield what changed in the book after the revision ``since``, oldest first.

        Raises InvalidSyncToken when the book has not come so far: the revision was not one of
        this book's, or it was restored to a state before it.
        """
        if since > self.state(view).revision:
            raise InvalidSyncToken(f"{view.book.slug} has not reached revision {since}")
        self.note_copy(view)
        yield from cards.changes(self.connection, view.book.id, since)

    def changed(
        self, view: VisibleBook, since: int, held: int = 0, *, alive: bool = False
    ) -> Iterator[tuple[int, str, Card | None]]:
        """Yield what changed as revision, name and the card that it is now, oldest change first.

        None stands for a card that is gone; with ``alive`` these are left out. Where not all cards
        are shown, it may also be one that is not shown, of those that a client may have that has
        cards of up to the revision ``held``.
        """
        self.note_copy(view)
        if view.is_whole:
            rows = cards.changed(self.connection, view.book.id, since, alive=alive)
        else:
            part, held = self._part(view), max(held, since)
            rows = shown.changed(self.connection, part, since, held, alive=alive)
        for revision, href, card in rows:
            yield revision, href, None if card is None else self._seen(card, view)

    def properties(self) -> Mapping[int, Mapping[str, str]]:
        """Return what the principal has set on books for themselves, by the books' ids."""
        return properties.of_user(self.connection, self.principal.login)

    def _seen(self, card: Card, view: VisibleBook) -> Card:
        """Return ``card`` as it is seen in ``view``: other bytes have another etag.

        The etag is made of all bytes, so without a key somebody who guesses at what is hidden
        could see whether the guess is right.
        """
        if not view.hidden:
            return card
        said = f"{card.etag} {view.visibility}".encode()
        seen = hashlib.blake2b(said, digest_size=16, key=self.policy.view_key).hexdigest()
        return replace(card, etag=seen, size=None)

    def note_copy(self, view: VisibleBook, revision: int | None = None) -> None:
        """Note that the client is told what the book holds at its ``revision``, and may keep it."""
        known, now = self.state(view).revision if revision is None else revision, datetime.now(UTC)
        self._sightings.fetched(view.book.id, self.principal, self.client, known, now)

    def audit(self, wanted: AuditFilter) -> Iterator[WrittenEvent]:
        """Yield the events that ``wanted`` asks for, oldest first.

        Raises AccessDenied to all but the operator and, for one book, those who manage it.
        """
        if not self.principal.is_operator:
            managed = self.addressbook(wanted.book, Privilege.MANAGE)
            wanted = replace(wanted, book=label_of(managed))
        return audit.read(self.connection, wanted)

    def event(
        self,
        action: AuditAction,
        slug: str,
        href: str,
        detail: str = "",
        outcome: Outcome = Outcome.DONE,
    ) -> AuditEvent:
        """Return an event about ``href`` in the book ``slug`` that tells of who is at work."""
        client, login = self.client, self.principal.login
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
            self.principal.device_name,
        )

    def _read_event(self, view: VisibleBook) -> AuditEvent:
        return self.event(AuditAction.CARD_READ, label_of(view.book), "")

    def require_operator(self) -> None:
        """Raise AccessDenied unless it is the operator who reads."""
        if not self.principal.is_operator:
            raise AccessDenied("this is the operator's alone")
