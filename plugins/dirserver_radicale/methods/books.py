"""Books by themselves: their properties changed, and those of one's own made and taken away."""

from __future__ import annotations

from http import client
from typing import Any

from radicale import httputils

from dirserver.directory import Directory, Writing
from dirserver.directory.ownbooks import archive_book, make_book, rename_book, require_maker
from dirserver.directory.properties import change_properties
from dirserver.errors import (
    AlreadyExists,
    DirectoryError,
    InvalidHref,
    PreconditionFailed,
    QuotaExceeded,
)
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver_radicale import answers, request
from dirserver_radicale.answers import Answer, error_answer
from dirserver_radicale.headers import prefer
from dirserver_radicale.methods.preconditions import require
from dirserver_radicale.methods.refusing import Refusing
from dirserver_radicale.properties import proppatch
from dirserver_radicale.properties.live import DESCRIPTION, DISPLAYNAME, RESOURCETYPE
from dirserver_radicale.properties.proppatch import Change, Outcome
from dirserver_radicale.tree.hrefs import Location, escaped, locate
from dirserver_radicale.tree.resources import Viewer
from dirserver_radicale.xml import xmlbody
from dirserver_radicale.xml.multistatus import CARDDAV, DAV, NAMESPACES, XML, document, response

_ADDRESSBOOK = {f"{DAV}collection", f"{CARDDAV}addressbook"}
_XML_TYPE = {"Content-Type": "text/xml; charset=utf-8"}


class BookMethods(Refusing):
    """The methods of WebDAV that change a book."""

    _directory: Directory

    def do_PROPPATCH(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Set properties of a book: for oneself, or of one's own book for good."""
        location = locate(path)
        if not user:
            return httputils.NOT_ALLOWED
        if location is None or location.login != user or not location.book or location.href:
            return self._refuse("PROPPATCH", path, user)
        try:
            body = xmlbody.read_body(environ)
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                several = Viewer(writing).several(location)
                if several is None:
                    action = AuditAction.BOOK_CHANGE
                    view = writing.granted(location.book, action, "", Privilege.READ)
                require(environ, writing, location)
                changes = proppatch.read_changes(xmlbody.parse(body), "propertyupdate")
                outcome = proppatch.judged(changes)
                if several is not None and not outcome.failed:
                    last = proppatch.final(changes)
                    several.set_properties(writing, {one: last[one].xml for one in last})
                elif not outcome.failed:
                    _apply(writing, view, changes)
        except QuotaExceeded:
            outcome = Outcome(list(proppatch.final(changes)))
            for name in outcome.names:
                outcome.fail(name, client.INSUFFICIENT_STORAGE)
        except DirectoryError as error:
            return error_answer(error, path, "write-properties")
        except ValueError as error:
            return answers.malformed(error)
        if prefer.read_preferences(environ).minimal and not outcome.failed:
            # RFC 8144 section 2.2: that all went well goes without saying.
            return client.OK, prefer.applied(prefer.MINIMAL), None, None
        told = document([response(escaped(location.path), outcome.propstats())])
        return client.MULTI_STATUS, dict(_XML_TYPE), told.encode(), None

    def do_MKCOL(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Make a book of one's own (RFC 5689, RFC 6352 section 6.3.1)."""
        location = locate(path)
        if not user:
            return httputils.NOT_ALLOWED
        if location is None or location.login != user or not location.book:
            return self._refuse("MKCOL", path, user)
        try:
            body = xmlbody.read_body(environ)
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                return _make(environ, writing, location, body)
        except AlreadyExists:
            return answers.not_allowed("There is something at this address already.")
        except InvalidHref:
            return answers.plain(client.FORBIDDEN, "A book cannot have this name.")
        except DirectoryError as error:
            return error_answer(error, location.parent.path, "bind")
        except ValueError as error:
            return answers.malformed(error)

    def _delete_book(self, user: str, location: Location, environ: dict[str, Any]) -> Answer:
        """Take away a book of one's own."""
        try:
            with self._directory.writing(
                request.principal_of(user), request.current().client
            ) as writing:
                # Who may not do it is told that first; afterwards there would be nothing to see.
                failed = _unmet(environ, writing, location)
                archive_book(writing, location.book)
                if failed is not None:
                    raise failed
        except DirectoryError as error:
            return error_answer(error, location.parent.path, "unbind")
        except ValueError as error:
            return answers.malformed(error)
        return client.NO_CONTENT, {}, None, None


def _unmet(
    environ: dict[str, Any], writing: Writing, location: Location
) -> PreconditionFailed | None:
    try:
        require(environ, writing, location)
    except PreconditionFailed as failed:
        return failed
    return None


def _apply(writing: Writing, view: VisibleBook, changes: list[Change]) -> None:
    """Make ``changes``, which can all be made."""
    last = dict(proppatch.final(changes))
    if view.book.made_by_owner:
        name, description = last.pop(DISPLAYNAME, None), last.pop(DESCRIPTION, None)
        if name is not None or description is not None:
            rename_book(
                writing,
                view,
                view.book.name if name is None else name.text,
                view.book.description if description is None else description.text,
            )
    change_properties(writing, view.book, {name: change.xml for name, change in last.items()})


def _make(environ: dict[str, Any], writing: Writing, location: Location, body: bytes) -> Answer:
    """Make a book at ``location``. Raises what ``make_book`` does, and ValueError."""
    require_maker(writing, location.book)
    if require(environ, writing, location) is not None:
        raise AlreadyExists(location.path)
    try:
        root = xmlbody.parse(body)
    except xmlbody.BadXML:
        if "xml" in environ.get("CONTENT_TYPE", "xml").lower():
            raise
        # RFC 4918 section 9.3: a body of another kind.
        return answers.plain(client.UNSUPPORTED_MEDIA_TYPE, "A book is described in XML.")
    if root is None:
        # That would be a collection of no kind, which nothing here is (RFC 5689 section 3.3).
        return answers.precondition(client.FORBIDDEN, "<valid-resourcetype/>")
    changes = proppatch.read_changes(root, "mkcol")
    last = dict(proppatch.final(changes))
    kind = last.pop(RESOURCETYPE, None)
    outcome = proppatch.judged(list(last.values()))
    outcome.names.append(RESOURCETYPE)
    if kind is None or kind.value is None or {one.tag for one in kind.value} != _ADDRESSBOOK:
        outcome.fail(RESOURCETYPE, client.FORBIDDEN, "<valid-resourcetype/>")
    if outcome.failed:
        inner = "".join(outcome.propstats())
        told = f"{XML}<mkcol-response {NAMESPACES}>{inner}</mkcol-response>\n"
        return client.FORBIDDEN, dict(_XML_TYPE), told.encode(), None
    name, description = last.pop(DISPLAYNAME, None), last.pop(DESCRIPTION, None)
    book = make_book(
        writing, location.book, name.text if name else "", description.text if description else ""
    )
    change_properties(writing, book, {each: change.xml for each, change in last.items()})
    minimal = prefer.read_preferences(environ).minimal
    return client.CREATED, prefer.applied(prefer.MINIMAL) if minimal else {}, None, None
