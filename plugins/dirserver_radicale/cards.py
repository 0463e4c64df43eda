"""Cards by themselves: read, stored, deleted and moved without Radicale's help.

They are kept byte for byte, with every precondition that RFC 6352 and RFC 9110 name.
"""

from __future__ import annotations

from http import client
from typing import Any

from radicale import httputils

from dirserver.directory import Directory, Reading, label_of
from dirserver.errors import AccessDenied, DirectoryError, PreconditionFailed
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.precondition import Precondition
from dirserver_radicale import answers, refusals, request
from dirserver_radicale.answers import Answer, error_answer
from dirserver_radicale.books import book_etag
from dirserver_radicale.conditional import is_unchanged, read_precondition
from dirserver_radicale.hrefs import Location, is_elsewhere, locate, path_in
from dirserver_radicale.listings import http_date

_VCARD = "text/vcard; charset=utf-8"


class CardMethods:
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
        if location is None or location.login not in ("", user):
            return answers.need_privileges(path, "read")
        if not location.book:
            text = "This is a CardDAV server: an address book program wants this address."
            return answers.plain(client.OK, text)
        try:
            with self._directory.reading(
                request.principal_of(user), request.current().client
            ) as reading:
                view = reading.book(location.book, Privilege.READ)
                if location.href:
                    return _get_card(reading, view, location.href, read_precondition(environ))
                return self._get_book(reading, view, environ)
        except DirectoryError as error:
            return error_answer(error, path, "read")

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
            return self._refuse("PUT", path, user)
        noted = request.current()
        if noted.upload is None or "HTTP_CONTENT_RANGE" in environ:
            return answers.plain(client.BAD_REQUEST, "A card is sent as a whole.")
        try:
            body = noted.upload.body()
            with self._directory.writing(request.principal_of(user), noted.client) as writing:
                stored = writing.put_card(
                    location.book, location.href, body, read_precondition(environ)
                )
        except DirectoryError as error:
            return error_answer(error, path, "write-content")
        # The card is kept as it came, so the client may take the etag for its own copy's.
        status = client.CREATED if stored.created else client.NO_CONTENT
        return status, {"ETag": f'"{stored.etag}"'}, None, None

    def do_DELETE(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Delete a card; a book goes with the config file only."""
        if not user:
            return httputils.NOT_ALLOWED
        location = locate(path)
        if location is None or not location.href or location.login != user:
            return self._refuse("DELETE", path, user)
        try:
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                writing.delete_card(location.book, location.href, read_precondition(environ))
        except DirectoryError as error:
            return error_answer(error, location.parent.path, "unbind")
        return client.NO_CONTENT, {}, None, None

    def do_MOVE(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Move a card (RFC 4918 section 9.9), in its book or to another of the same home."""
        if not user:
            return httputils.NOT_ALLOWED
        url = environ.get("HTTP_DESTINATION", "")
        try:
            elsewhere = is_elsewhere(
                url, environ.get("HTTP_HOST", ""), environ.get("wsgi.url_scheme", "http")
            )
            to_path = path_in(url)
        except ValueError:
            to_path = ""
        if not to_path:
            return answers.plain(client.BAD_REQUEST, "The Destination field is no address.")
        if elsewhere:
            return answers.plain(client.BAD_GATEWAY, "Cards are moved within this server only.")
        source, target = locate(path), locate(to_path)
        if source is None or not source.href or source.login != user:
            return self._refuse("MOVE", path, user)
        if target is None or not target.href or target.login != user:
            return self._refuse("MOVE", to_path, user)
        overwrite = environ.get("HTTP_OVERWRITE", "T").strip().upper() != "F"
        return self._move(user, source, target, overwrite, read_precondition(environ))

    def _move(
        self,
        user: str,
        source: Location,
        target: Location,
        overwrite: bool,
        condition: Precondition,
    ) -> Answer:
        try:
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                stored = writing.move_card(
                    source.book, source.href, target.book, target.href, overwrite=overwrite
                )
                if not condition.holds(stored.etag):
                    # Its etag moves with the card; what was done is undone.
                    raise PreconditionFailed(source.href)
        except AccessDenied as error:
            # The shield may have stopped the client just now.
            request.current().look_again()
            view = request.view(self._directory, user, source.book)
            if view is not None and view.access >= Privilege.WRITE:
                return error_answer(error, target.parent.path, "bind")
            return error_answer(error, source.parent.path, "unbind")
        except DirectoryError as error:
            return error_answer(error, target.path, "bind")
        return client.CREATED if stored.created else client.NO_CONTENT, {}, None, None

    def _get_book(self, reading: Reading, view: VisibleBook, environ: dict[str, Any]) -> Answer:
        state = reading.state(view)
        etag = book_etag(state, view)
        headers = {"ETag": f'"{etag}"', "Last-Modified": http_date(state.modified)}
        early = _early(read_precondition(environ), etag, headers)
        if early is not None:
            return early
        headers["Content-Type"] = _VCARD
        headers["Content-Disposition"] = f'attachment; filename="{view.book.slug}.vcf"'
        if environ["REQUEST_METHOD"] == "HEAD":
            return client.OK, headers, None, None
        bodies = [body for _card, body in reading.exported(view)]
        # Told before anything leaves the house.
        detail = f"{len(bodies)} cards in one file"
        self._directory.record(
            [reading.event(AuditAction.CARD_EXPORT, label_of(view.book), "", detail)]
        )
        return client.OK, headers, b"".join(bodies), None

    def _refuse(self, method: str, path: str, user: str) -> Answer:
        """Refuse what nobody may do here, and keep that in mind."""
        needed = refusals.need(method, path, locate(path))
        if needed is None:
            raise RuntimeError(f"{method} needs nothing that could be refused")
        try:
            principal = request.principal_of(user)
            refusals.note(self._directory, principal, request.current().client, needed, path)
        except DirectoryError as error:
            return error_answer(error, needed.path, needed.privilege)
        return answers.need_privileges(needed.path, needed.privilege)


def _get_card(reading: Reading, view: VisibleBook, href: str, condition: Precondition) -> Answer:
    card = reading.card(view, href)
    headers = {"ETag": f'"{card.etag}"', "Last-Modified": http_date(card.modified)}
    early = _early(condition, card.etag, headers)
    if early is not None:
        return early
    return client.OK, {"Content-Type": _VCARD, **headers}, reading.body(view, href), None


def _early(condition: Precondition, etag: str, headers: dict[str, str]) -> Answer | None:
    """Return the answer that spares the body (RFC 9110 section 13.2.2), if there is one."""
    if condition.holds(etag):
        return None
    if is_unchanged(condition, etag):
        return client.NOT_MODIFIED, headers, None, None
    return answers.plain(client.PRECONDITION_FAILED, "It has changed.", {"ETag": headers["ETag"]})
