"""An address book, as Radicale wants a collection."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from radicale.item import Item
from radicale.storage import BaseCollection

from dirserver.directory import Directory, Reading, Writing
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.errors import (
    AccessDenied,
    DirectoryError,
    InvalidSyncToken,
    NotFound,
    StoreUnavailable,
)
from dirserver.model.addressbook import Card
from dirserver.model.policy import VisibleBook
from dirserver.model.query import And
from dirserver.model.vcard import parse_card
from dirserver_radicale import request
from dirserver_radicale.changes.since import since
from dirserver_radicale.headers.conditional import book_etag
from dirserver_radicale.headers.httpdate import http_date
from dirserver_radicale.stock.items import CardItem
from dirserver_radicale.tree import tokens
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.upload import read_uid
from dirserver_radicale.xml.filterxml import read_filter

_ADDRESSBOOK = "VADDRESSBOOK"


class BookCollection(BaseCollection):
    """A book in somebody's home, within one transaction.

    Radicale looks at a collection also when it has given up its lock. What it asks then was
    noted before, or is read in a transaction of its own.
    """

    def __init__(
        self, directory: Directory, reading: Reading, view: VisibleBook, location: Location
    ) -> None:
        """Show the book that ``view`` sees at ``location``, through ``reading``."""
        self._directory = directory
        self._reading = reading
        self._view = view
        self._location = location
        self._state = reading.state(view)
        self._lengths: dict[str, int] | None = None

    @property
    def path(self) -> str:
        """The path without slashes around it."""
        return f"{self._location.login}/{self._location.book}"

    @property
    def slug(self) -> str:
        """The name of the book among the reader's books."""
        return self._view.book.slug

    @property
    def owner(self) -> str:
        """The login whose private book it is; shared books belong to nobody."""
        return self._view.book.owner

    @property
    def tag(self) -> str:
        """Every book is an address book."""
        return _ADDRESSBOOK

    @property
    def etag(self) -> str:
        """The revision and what the reader sees, in quotes; the ctag is the former alone."""
        return f'"{book_etag(self._state, self._view)}"'

    @property
    def last_modified(self) -> str:
        """When the book's newest card was written."""
        return http_date(self._state.modified)

    def get_meta(self, key: str | None = None) -> Any:
        """Return the book's properties, or one of them. They come from the config file."""
        book = self._view.book
        meta = {"tag": _ADDRESSBOOK, "D:displayname": book.name or book.slug}
        if book.description:
            meta["CR:addressbook-description"] = book.description
        if key is None:
            return meta
        if key == "CR:max-resource-size":
            # Only for those who ask by name (RFC 6352 section 6.2.3).
            return str(MAX_CARD_BYTES)
        return meta.get(key)

    def set_meta(self, props: Mapping[str, str]) -> None:
        """Refuse: the config file is the truth about a book."""
        raise AccessDenied("the properties of a book belong to the config file")

    def sync(self, old_token: str = "") -> tuple[str, Iterable[str]]:
        """Return the token of now, and lazily what changed since ``old_token``.

        Radicale asks this also when only the token is wanted. Raises what ``refused`` makes of
        InvalidSyncToken for a token that the book never gave out, as far as it remembers.
        """
        book, revision = self._view.book, self._state.revision
        visibility = self._view.visibility
        token = str(tokens.SyncToken(book.uuid, book.incarnation, revision, visibility))
        if not old_token:
            return token, (card.href for card in self._reading.listing(self._view))
        try:
            start = since(old_token, self._view, revision)
        except InvalidSyncToken as error:
            raise refused(error) from error
        return token, (change.href for change in self._reading.changes(self._view, start))

    def find(self, href: str) -> CardItem | None:
        """Return the card ``href``, or None."""
        try:
            return self._item(self._reading.card(self._view, href))
        except NotFound:
            return None

    def get_multi(self, hrefs: Iterable[str]) -> Iterator[tuple[str, CardItem | None]]:
        """Yield each of ``hrefs`` once, with its card where there is one."""
        wanted = dict.fromkeys(hrefs)
        for card, body in self._reading.bodies(self._view, list(wanted)):
            del wanted[card.href]
            yield card.href, self._item(card, body)
        for href in wanted:
            yield href, None

    def get_all(self) -> Iterator[CardItem]:
        """Yield every card, its bytes only when asked for."""
        with self._opened() as reading:
            for card in reading.listing(self._view):
                yield self._item(card)

    def get_filtered(self, filters: Iterable[Element]) -> Iterator[tuple[CardItem, bool]]:
        """Yield the cards that all of ``filters`` find (RFC 6352 section 10.5).

        They are final: Radicale need not, and with vobject could not safely, look again.
        """
        tests = [read_filter(element) for element in filters]
        plan = self._reading.plan
        query = And(tuple(test.candidates() for test in tests))

        def is_meant(_card: Card, body: bytes) -> bool:
            return all(test.matches(body, plan) for test in tests)

        named = [one.name for test in tests for one in test.prop_filters]
        for card, body in self._reading.matching(self._view, query, is_meant, named):
            yield self._item(card, body), True

    def serialize(self, vcf_to_ics: bool = False, ShareActions: object = None) -> str:  # noqa: N803  # Radicale's name
        """Return all cards in one file; nothing for PROPFIND, which would only measure it."""
        if request.current().is_listing:
            return ""
        with self._opened() as reading:
            return "".join(body.decode() for _card, body in reading.bodies(self._view))

    def has_uid(self, uid: str) -> bool:
        """Say whether a card of the book has the UID that Radicale was told as ``uid``."""
        meant = read_uid(uid)
        return bool(meant) and self._reading.has_uid(self._view, meant)

    def upload(self, href: str, item: Item) -> tuple[CardItem, CardItem | None]:
        """Store what the client sent, byte for byte, and return it with what was there.

        Raises what ``refused`` makes of an error for what cannot be kept.
        """
        upload = request.current().upload
        body = item.serialize().encode() if upload is None else upload.body()
        replaced = self.find(href)
        if replaced is not None:
            replaced.serialize()
        try:
            stored = self.writing().put_card(self.slug, href, body)
        except DirectoryError as error:
            raise refused(error) from error
        # A repair may have followed, or another card answers for this one; the client is told of
        # what it sent.
        now = datetime.now(UTC)
        sent = Card(href, stored.etag, len(body), now, parse_card(body).uid, "")
        with suppress(NotFound):
            sent = dataclasses.replace(self._reading.card(self._view, href), etag=stored.etag)
        return self._item(sent, body), replaced

    def delete(self, href: str | None = None) -> None:
        """Take a card out of the book. A book itself goes with the config file only."""
        if href is None:
            raise AccessDenied("a book is taken away in the config file")
        self.writing().delete_card(self.slug, href)

    def writing(self) -> Writing:
        """Return the transaction, if it may write."""
        if not isinstance(self._reading, Writing):
            raise AccessDenied("Radicale did not ask for a transaction that writes")
        return self._reading

    def _opened(self) -> AbstractContextManager[Reading]:
        """Return the transaction while it is open, else one of its own."""
        if request.current().reading is self._reading:
            return nullcontext(self._reading)
        return self._directory.reading(self._reading.principal, self._reading.client)

    def _item(self, card: Card, body: bytes | None = None) -> CardItem:
        def fetch() -> bytes:
            if body is not None:
                return body
            if request.current().is_listing:
                # Radicale measures it and throws it away.
                return b"-" * self._length(card)
            with self._opened() as reading:
                return reading.body(self._view, card.href)

        return CardItem(self, card, fetch)

    def _length(self, card: Card) -> int:
        """Return how many bytes a reader gets; where properties are hidden, only these tell."""
        if card.size is not None:
            return card.size
        if self._lengths is None:
            with self._opened() as reading:
                self._lengths = reading.lengths(self._view)
        return self._lengths.get(card.href, 0)


def refused(error: DirectoryError) -> Exception:
    """Return what to raise for ``error``.

    Radicale makes 400 of a ValueError (403 for a sync token), and ends its lock as if all were
    well: the transaction must be undone all the same. Nobody can make an answer of a store
    that is gone.
    """
    if isinstance(error, StoreUnavailable):
        return error
    request.current().failed = error
    # Of this number Radicale makes 403, where it looks for one: with PUT and MOVE.
    number = f"[Errno {errno.EACCES}] " if isinstance(error, AccessDenied) else ""
    return ValueError(f"{number}{error}")
