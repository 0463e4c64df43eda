"""Cards by themselves: read, stored and deleted without Radicale's help.

They are kept byte for byte, with every precondition that RFC 6352 and RFC 9110 name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from http import client
from typing import Any

from radicale import httputils

from dirserver.directory import Directory, Reading
from dirserver.errors import (
    AccessDenied,
    CardTooLarge,
    DirectoryError,
    InvalidCard,
    NotAtOnce,
    PreconditionFailed,
    UnsupportedVersion,
)
from dirserver.model.addressbook import Card, label_of
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.conversion import convert
from dirserver.model.counting import counted
from dirserver.model.policy import VisibleBook
from dirserver.model.vcard import VERSIONS, parse_card
from dirserver_radicale import answers, refusals, request, stream
from dirserver_radicale.answers import Answer, error_answer
from dirserver_radicale.headers.accept import preferred_version
from dirserver_radicale.headers.conditional import (
    converted_etag,
    is_changed_since,
    is_not_newer,
    is_unchanged,
    read_precondition,
    read_precondition_of_card,
)
from dirserver_radicale.headers.httpdate import http_date
from dirserver_radicale.methods.books import BookMethods
from dirserver_radicale.methods.preconditions import is_conditional, require, require_if
from dirserver_radicale.methods.representation import VCARD, card_instead, shown
from dirserver_radicale.packing import accepts_gzip, etag_field
from dirserver_radicale.tree.hrefs import Location, locate
from dirserver_radicale.tree.placement import Placement, placement
from dirserver_radicale.tree.resources import Viewer


class CardMethods(BookMethods):
    """The methods of HTTP and WebDAV that are about one card, or one file of them."""

    _directory: Directory

    def do_GET(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Answer with a card as it was stored, or with all cards of a book in one file."""
        if not user:
            return httputils.NOT_ALLOWED
        location = locate(path)
        if location is None or refusals.is_foreign(user, location):
            return self._refuse_look(path, user, location)
        if not location.book:
            text = "This is a CardDAV server: an address book program wants this address."
            return answers.plain(client.OK, text)
        try:
            if location.href:
                return self._get_card(user, location, environ)
            return self._get_book(user, location, environ)
        except DirectoryError as error:
            return error_answer(error, path, "read")
        except ValueError as error:
            return answers.malformed(error)

    def _get_card(self, user: str, location: Location, environ: dict[str, Any]) -> Answer:
        noted = request.current()
        with self._directory.reading(
            request.principal_of(user), noted.client, at_once=noted.at_once
        ) as reading:
            try:
                return self._card(reading, location, environ)
            except DirectoryError:
                if noted.at_once:
                    # Who answers it in a thread tells of it.
                    reading.refusals.clear()
                    raise NotAtOnce from None
                raise

    def _card(self, reading: Reading, location: Location, environ: dict[str, Any]) -> Answer:
        there = placement(reading, location)
        view = there.view(reading)
        version = preferred_version(environ.get("HTTP_ACCEPT", ""))
        if version is not None and request.current().at_once:
            # To convert a card takes as long as a thread does to begin.
            raise NotAtOnce
        card, body = reading.read(view, there.href)
        require_if(environ, reading, location)
        _require_known(version)
        if version is not None and version == parse_card(body).version:
            version = None
        etag = card.etag if version is None else converted_etag(card.etag, version)
        headers = {"Last-Modified": http_date(card.modified), "Vary": "Accept"}
        early = _early(environ, etag, etag_field(etag), card.modified, headers)
        if early is not None:
            return early
        headers["Content-Type"] = VCARD
        reading.note_read(view, card)
        if version is not None:
            body = convert(body, version)
            headers["Content-Type"] += f"; version={version}"
        return client.OK, headers, body, None

    def _get_book(self, user: str, location: Location, environ: dict[str, Any]) -> Answer:
        """Answer with all cards of a book in one file, which may be sent as it is read."""
        noted = request.current()
        version = preferred_version(environ.get("HTTP_ACCEPT", ""))
        headers: dict[str, str] = {}
        early: list[Answer] = []

        def make(reading: Reading) -> Iterator[bytes]:
            book = Viewer(reading).collection(location)
            require_if(environ, reading, location)
            _require_known(version)
            etag = book.etag if version is None else converted_etag(book.etag, version)
            field = etag_field(etag, is_packed=accepts_gzip(environ))
            headers.update({"Last-Modified": http_date(book.modified), "Vary": "Accept"})
            early.extend(filter(None, [_early(environ, etag, field, book.modified, headers)]))
            if early or environ["REQUEST_METHOD"] == "HEAD":
                return iter(())
            # Told before anything leaves the house.
            views = [part.book.view for part in book.parts]
            self._directory.record([_exported(reading, view) for view in views])
            bodies = (body for view in views for _card, body in reading.exported(view))
            return bodies if version is None else (convert(body, version) for body in bodies)

        told = stream.answer(self._directory, request.principal_of(user), noted.client, make)
        if early:
            return early[0]
        headers["Content-Type"] = VCARD
        headers["Content-Disposition"] = f'attachment; filename="{_file_name(location.book)}.vcf"'
        if isinstance(told, bytes):
            is_head = environ["REQUEST_METHOD"] == "HEAD"
            return client.OK, headers, None if is_head else told, None
        noted.stream = told
        return client.OK, headers, None, None

    def do_PUT(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Store a card (RFC 6352 section 6.3.2)."""
        if not user:
            return httputils.NOT_ALLOWED
        location = locate(path)
        if location is not None and not location.href:
            # RFC 4918 section 9.7.2. So it is for every such address, hidden or not.
            return answers.not_allowed("A card is stored below the address of its book.")
        if location is None or location.login != user:
            return self._refuse("PUT", path, user, "bind")
        noted = request.current()
        needed = location.parent.path, "bind"
        if noted.upload is None or "HTTP_CONTENT_RANGE" in environ:
            return answers.plain(client.BAD_REQUEST, "A card is sent as a whole.")
        there_is: tuple[Card, bytes] | None = None
        there: Placement | None = None
        try:
            body = noted.upload.body()
            with self._directory.writing(request.principal_of(user), noted.client) as writing:
                there = placement(writing, location, AuditAction.CARD_UPDATE)
                try:
                    if is_conditional(environ):
                        writing.writable(there.slug, AuditAction.CARD_UPDATE, there.href)
                        require(environ, writing, location)
                    condition = read_precondition_of_card(environ)
                    with there.shown():
                        stored = writing.put_card(
                            there.slug, there.href, body, condition, among=there.among
                        )
                except PreconditionFailed:
                    there_is = card_instead(environ, writing, there)
                    raise
                except AccessDenied:
                    needed = there.needed(writing, location)
                    raise
        except PreconditionFailed as error:
            if there_is is None or not self._may_be_shown(user, location, there_is[0]):
                return error_answer(error, path, "read")
            headers = {"ETag": f'"{there_is[0].etag}"'}
            return shown(environ, client.PRECONDITION_FAILED, headers, location, there_is[1])
        except (InvalidCard, CardTooLarge) as error:
            slug = self._slug(user, location) if there is None else there.slug
            principal = request.principal_of(user)
            refusals.note_unusable(self._directory, principal, noted.client, slug, error)
            return error_answer(error, *needed)
        except DirectoryError as error:
            return error_answer(error, *needed)
        except ValueError as error:
            return answers.malformed(error)
        # The card is kept as it came, so the client may take the etag for its own copy's.
        status = client.CREATED if stored.created else client.NO_CONTENT
        headers = {"ETag": f'"{stored.etag}"'}
        return shown(environ, status, headers, location, body)

    def _slug(self, user: str, location: Location) -> str:
        """Return the book at ``location`` if it is one that ``user`` has, and else nothing."""
        view = request.view(self._directory, user, location.book)
        return "" if view is None else location.book

    def _may_be_shown(self, user: str, location: Location, card: Card) -> bool:
        """Say whether who cannot change a card may be given it; the audit trail tells of that."""
        principal, noted = request.principal_of(user), request.current()
        try:
            with self._directory.reading(principal, noted.client) as reading:
                reading.note_read(placement(reading, location).view(reading), card)
        except DirectoryError:
            return False
        return True

    def do_DELETE(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Delete a card, or a book of one's own; others go with the config file only."""
        if not user:
            return httputils.NOT_ALLOWED
        location = locate(path)
        if location is None or not location.book or location.login != user:
            return self._refuse("DELETE", path, user)
        if not location.href:
            return self._delete_book(user, location, environ)
        holder = location.path
        try:
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                there = placement(writing, location, AuditAction.CARD_DELETE)
                holder = there.path
                if is_conditional(environ):
                    writing.writable(there.slug, AuditAction.CARD_DELETE, there.href)
                    require(environ, writing, location)
                condition = read_precondition_of_card(environ)
                writing.delete_card(there.slug, there.href, condition)
        except DirectoryError as error:
            return error_answer(error, holder, "unbind")
        except ValueError as error:
            return answers.malformed(error)
        return client.NO_CONTENT, {}, None, None


def _require_known(version: str | None) -> None:
    """Raise UnsupportedVersion (RFC 6352 section 5.1.1.1) for what no card can be sent as."""
    if version is not None and version not in VERSIONS:
        raise UnsupportedVersion(version)


def _exported(reading: Reading, view: VisibleBook) -> AuditEvent:
    detail = f"{counted(reading.count(view), 'card')} in one file"
    return reading.event(AuditAction.CARD_EXPORT, label_of(view.book), "", detail)


def _early(
    environ: dict[str, Any], etag: str, field: str, modified: datetime, headers: dict[str, str]
) -> Answer | None:
    """Return the answer that spares the body (RFC 9110 section 13.2.2), if there is one.

    Either way the ETag ``field`` is in ``headers``.
    """
    headers["ETag"] = field
    condition = read_precondition(environ)
    is_late = is_changed_since(environ, modified)
    if is_late or not condition.holds(etag):
        if not is_late and is_unchanged(condition, etag):
            return client.NOT_MODIFIED, headers, None, None
        text = "It has changed."
        return answers.plain(client.PRECONDITION_FAILED, text, {"ETag": headers["ETag"]})
    if condition.none_match is None and is_not_newer(environ, modified):
        return client.NOT_MODIFIED, headers, None, None
    return None


def _file_name(slug: str) -> str:
    """Return the name of a book as a header can hold it between quotes."""
    return "".join([char if char.isascii() and char not in '"\\' else "_" for char in slug])
