"""Cards moved and copied (RFC 4918 sections 9.8 and 9.9), within their home."""

from __future__ import annotations

from http import client
from typing import Any

from radicale import httputils

from dirserver.directory import Directory
from dirserver.errors import AccessDenied, DirectoryError, OwnedBySource, PreconditionFailed
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver_radicale import answers, request
from dirserver_radicale.answers import Answer, error_answer
from dirserver_radicale.headers.conditional import read_precondition_of_card
from dirserver_radicale.methods.preconditions import is_conditional, require
from dirserver_radicale.methods.refusing import Refusing
from dirserver_radicale.methods.representation import card_for, shown
from dirserver_radicale.tree.hrefs import Location, is_elsewhere, locate, path_in
from dirserver_radicale.tree.placement import placement


class TransferMethods(Refusing):
    """MOVE and COPY, from one book of a home to another, or within one."""

    _directory: Directory

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
        return self._transfer("MOVE", environ, path, user)

    def do_COPY(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Copy a card (RFC 4918 section 9.8), in its book or to another of the same home."""
        return self._transfer("COPY", environ, path, user)

    def _transfer(self, method: str, environ: dict[str, Any], path: str, user: str) -> Answer:
        """Move or copy a card to the Destination."""
        if not user:
            return httputils.NOT_ALLOWED  # type: ignore[no-any-return]  # Radicale's own answer
        url = environ.get("HTTP_DESTINATION", "")
        try:
            elsewhere = is_elsewhere(
                url, environ.get("HTTP_HOST", ""), environ.get("wsgi.url_scheme", "http")
            )
            to_path = path_in(url)
        except ValueError:
            to_path = ""
        if not to_path.startswith("/"):
            return answers.plain(client.BAD_REQUEST, "The Destination field is no address.")
        if elsewhere:
            return answers.plain(client.BAD_GATEWAY, "Cards go to other books of this server only.")
        source, target = locate(path), locate(to_path)
        if source is None or not source.href or source.login != user:
            return self._stay(method, path, user, source)
        if target is None or not target.href or target.login != user:
            return self._refuse(method, to_path, user, "bind")
        if environ.get("HTTP_OVERWRITE", "T").strip().upper() not in ("T", "F"):
            return answers.plain(client.BAD_REQUEST, "The Overwrite field is T or F.")
        try:
            return self._carry_out(method, user, source, target, environ)
        except ValueError as error:
            return answers.malformed(error)

    def _stay(self, method: str, path: str, user: str, source: Location | None) -> Answer:
        """Refuse to move or copy what is no card."""
        if source is None or source.login != user:
            return self._refuse(method, path, user, "read" if method == "COPY" else "unbind")
        refusal = self._refuse(method, path, user)
        view = request.view(self._directory, user, source.book)
        if view is None or not view.book.made_by_owner:
            return refusal
        # No privilege is missing there.
        text = "A book keeps its address. Make another, and move the cards."
        return answers.plain(client.FORBIDDEN, text)

    def _carry_out(
        self, method: str, user: str, source: Location, target: Location, environ: dict[str, Any]
    ) -> Answer:
        needed, at_least, action = (
            ("unbind", Privilege.WRITE, AuditAction.CARD_MOVE)
            if method == "MOVE"
            else ("read", Privilege.READ, AuditAction.CARD_COPY)
        )
        at, storing = source.parent.path, (target.parent.path, "bind")
        slug = source.book
        condition = read_precondition_of_card(environ)
        overwrite = environ.get("HTTP_OVERWRITE", "T").strip().upper() == "T"
        try:
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                here = placement(writing, source, action)
                slug, at = here.slug, here.path
                there = placement(writing, target, action)
                storing = there.path, "bind"
                if method == "COPY":
                    # A MOVE takes away what was there, and so always binds.
                    storing = there.needed(writing, target)
                names = here.slug, here.href, there.slug, there.href
                if is_conditional(environ):
                    writing.granted(here.slug, action, here.href, at_least)
                    writing.granted(there.slug, action, there.href)
                    require(environ, writing, source)
                with there.shown():
                    if method == "MOVE":
                        stored = writing.move_card(*names, overwrite=overwrite)
                    else:
                        among = there.among
                        stored = writing.copy_card(*names, overwrite=overwrite, among=among)
                if not condition.holds(stored.etag):
                    # Its etag goes with the card; what was done is undone.
                    raise PreconditionFailed(source.href)
                if names[:2] == names[2:]:
                    # Sections 9.8.5 and 9.9.4. Nothing was done.
                    text = "A card goes to another address than its own."
                    return answers.plain(client.FORBIDDEN, text)
                etag, body = card_for(environ, writing, there.slug, there.href)
        except OwnedBySource as error:
            # It is kept from going away.
            return error_answer(error, at, "unbind")
        except AccessDenied as error:
            # The shield may have stopped the client just now.
            request.current().look_again()
            view = request.view(self._directory, user, slug)
            if view is not None and view.access >= at_least:
                return error_answer(error, *storing)
            return error_answer(error, at, needed)
        except DirectoryError as error:
            return error_answer(error, target.path, "bind")
        status = client.CREATED if stored.created else client.NO_CONTENT
        return shown(environ, status, {}, target, body, etag)
