"""Radicale's Application with what the standards and the clients need beyond.

Who asks is Radicale's to find out, and how an answer becomes one of HTTP. What is answered is
ours: properties and reports here, written straight from rows; what is done to cards and books
in ``methods``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import client
from typing import TYPE_CHECKING, Any, TypeAlias

from radicale import httputils
from radicale.app import Application as RadicaleApplication

from dirserver.assembly import Services
from dirserver.directory import Reading
from dirserver.errors import AccessDenied, DirectoryError, NotAtOnce
from dirserver_radicale import answers, refusals, request, stream
from dirserver_radicale.answers import error_answer
from dirserver_radicale.configuration import configuration
from dirserver_radicale.direct import Direct
from dirserver_radicale.headers import prefer
from dirserver_radicale.headers.environ import is_printable
from dirserver_radicale.methods.cards import CardMethods
from dirserver_radicale.methods.preconditions import require_if
from dirserver_radicale.methods.transfer import TransferMethods
from dirserver_radicale.packing import packed
from dirserver_radicale.prompt import Prompt
from dirserver_radicale.properties import reportset
from dirserver_radicale.properties.listing import listing
from dirserver_radicale.properties.propfind import Depth, read_depth, read_propfind
from dirserver_radicale.refused import Refused
from dirserver_radicale.reports.dispatch import is_brief, is_search, report
from dirserver_radicale.reports.searches import Crowded, Searches
from dirserver_radicale.tree.hrefs import Location, locate
from dirserver_radicale.tree.resources import Resource, Viewer
from dirserver_radicale.writes import Writes
from dirserver_radicale.xml import xmlbody
from dirserver_radicale.xml.multistatus import Markup
from dirserver_radicale.xml.xmlbody import read_body

if TYPE_CHECKING:
    # The type only: requests are parsed by defusedxml.
    from xml.etree.ElementTree import Element

_GZIP = re.compile(r"\b(?:x-)?gzip\b")
_WHO_ASKS = b"A user name is needed, and the password that goes with it.\n"
_Parts: TypeAlias = Iterator[Markup]
_Write: TypeAlias = Callable[[Resource, Location, "Element | None"], _Parts]


@dataclass(slots=True)
class _Manner:
    """How an answer is given: the preferences that were ``honoured``, and whether it is made whole.

    What is long is otherwise sent while it is being made.
    """

    honoured: list[str] = field(default_factory=list)
    is_whole: bool = False


class Application(CardMethods, TransferMethods, RadicaleApplication):
    """The WSGI application of the CardDAV face."""

    def __init__(self, services: Services) -> None:
        """Answer from ``services``."""
        super().__init__(configuration(services))
        self._directory = services.directory
        self._searches = Searches()
        methods = {
            "GET": self.do_GET,
            "PUT": self.do_PUT,
            "DELETE": self.do_DELETE,
            "PROPFIND": self.do_PROPFIND,
            "REPORT": self.do_REPORT,
        }
        self._direct = Direct(services.authenticator, methods)
        # For a server that can be answered in the thread that has its sockets, or for several.
        self.prompt = Prompt(self._direct)
        self.writes = Writes(self._direct, services.directory)
        # RFC 5689 section 3.1: told where a book can be made.
        makes_books = services.config.organisation.personal_books
        self._compliance = answers.DAV_HEADER + (", extended-mkcol" if makes_books else "")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if environ["REQUEST_METHOD"] not in answers.METHODS:
            return _told(start_response, "501 Not Implemented", b"There is no such method.\n")
        try:
            # WSGI hands the path over as if its bytes were Latin-1; names are in UTF-8.
            path = environ["PATH_INFO"] = environ.get("PATH_INFO", "").encode("latin-1").decode()
            if not is_printable(path):
                # Radicale would call it an error in the log, which strangers then could fill.
                raise ValueError("not printable")
        except ValueError:
            body = b"The path is not UTF-8, or has control characters in it.\n"
            return _told(start_response, "400 Bad Request", body)
        answer: Iterable[bytes] = ()
        try:
            answer = super().__call__(environ, start_response)
        finally:
            told = request.current().stream
            if told is not None and answer is not told:
                # Something went wrong, and nobody will read it.
                told.close()
            request.end()
        return answer

    def _handle_request(self, environ: dict[str, Any]) -> Any:
        """Answer a request; what goes wrong before a method is at work is answered here."""
        try:
            if (written := self._direct.answer(environ)) is not None:
                return written
            # Radicale would pack whatever it can, but knows only one of the two names of gzip
            # (RFC 9110 section 8.4.1.3).
            takes = environ.get("HTTP_ACCEPT_ENCODING", "").lower()
            environ["HTTP_ACCEPT_ENCODING"] = _GZIP.sub("x-gzip", takes)
            status, headers, content = super()._handle_request(environ)
        except DirectoryError as error:
            code, fields, body, _ = error_answer(error, "/", "read")
            content = [body.encode() if isinstance(body, str) else body or b""]
            fields["Content-Length"] = str(len(content[0]))
            status, headers = f"{code} {client.responses[code]}", list(fields.items())
        if (told := request.current().stream) is not None:
            content = told
        headers = dict(headers)
        if "WWW-Authenticate" in headers:
            # Radicale says that access is forbidden, which it is not to whoever logs in.
            content = [_WHO_ASKS]
            headers["Content-Length"] = str(len(_WHO_ASKS))
        content = packed(environ, headers, content)
        return status, answers.completed(status, headers), content

    def do_OPTIONS(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Say what works here. Asked without a login too (Evolution)."""
        headers = {"DAV": self._compliance, "Allow": answers.ALLOW_HEADER}
        return client.OK, headers, None, None

    def do_PROPFIND(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Answer with properties (RFC 4918 section 9.1)."""

        def write(resource: Resource, location: Location, root: Element | None) -> _Parts:
            depth = read_depth(environ.get("HTTP_DEPTH"))
            wanted = read_propfind(root)
            if depth is Depth.INFINITY and not location.book:
                raise Refused("<propfind-finite-depth/>")
            if resource.viewer.preferences.noroot and depth is not Depth.ZERO and not location.href:
                manner.honoured.append(prefer.NOROOT)
            return listing(resource, location, depth, wanted)

        manner = _Manner()
        return self._written(environ, path, user, write, manner)

    def do_REPORT(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Answer a report. Thunderbird knows no answer to an unusable token but 400."""

        def write(resource: Resource, location: Location, root: Element | None) -> _Parts:
            depth = read_depth(environ.get("HTTP_DEPTH"), Depth.ZERO)
            if root is None:
                raise ValueError("a report says what it wants")
            tags.append(root.tag)
            if request.current().at_once and not is_brief(root):
                raise NotAtOnce
            written = report(root, resource, location, depth)
            if not is_search(root):
                return written
            manner.is_whole = True
            return self._in_place(user, written)

        tags: list[str] = []
        manner = _Manner()
        answer = self._written(environ, path, user, write, manner)
        if answer[0] == client.MULTI_STATUS and tags == [reportset.SEARCHABLE]:
            # The one report that is no multistatus (RFC 3744 section 9.5).
            return client.OK, *answer[1:]
        refused = answer[0] == client.FORBIDDEN and "valid-sync-token" in str(answer[2])
        if refused and "Thunderbird" in environ.get("HTTP_USER_AGENT", ""):
            return answers.plain(client.BAD_REQUEST, "The sync token is not one of this book.")
        return answer

    def _in_place(self, user: str, parts: _Parts) -> _Parts:
        """Search for ``parts`` of an answer while there is a place for that."""
        with self._searches.place(user):
            yield from parts

    do_MKCALENDAR = None  # There are no calendars here: 405.
    do_POST = None

    def _written(
        self, environ: dict[str, Any], path: str, user: str, write: _Write, manner: _Manner
    ) -> Any:
        """Answer with what ``write`` writes about what is at ``path``.

        Whether it may be read is asked when the body has come, and before all else. What ``write``
        finds out about the ``manner`` of the answer is heeded.
        """
        if not user:
            return httputils.NOT_ALLOWED
        noted = request.current()
        preferences = prefer.read_preferences(environ)
        if preferences.minimal:
            manner.honoured.append(prefer.MINIMAL)

        def make(reading: Reading) -> Iterator[bytes]:
            location = locate(path)
            if location is None:
                raise AccessDenied(f"nothing can be at {path}")
            resource = Viewer(reading, preferences).at(location)
            require_if(environ, reading, location)
            return stream.encoded(write(resource, location, xmlbody.shared(body)))

        try:
            body = read_body(environ)
            principal = request.principal_of(user)
            told = stream.answer(
                self._directory,
                principal,
                noted.client,
                make,
                lambda: manner.is_whole,
                at_once=noted.at_once,
            )
        except AccessDenied as error:
            location = locate(path)
            if refusals.is_foreign(user, location):
                return self._refuse_look(path, user, location)
            return _refusal(error, path)
        except (DirectoryError, ValueError, Refused, Crowded) as error:
            return _refusal(error, path)
        headers = {"Content-Type": "text/xml; charset=utf-8", "DAV": self._compliance}
        headers |= prefer.applied(*manner.honoured)
        if isinstance(told, bytes):
            return client.MULTI_STATUS, headers, told, None
        noted.stream = told
        return client.MULTI_STATUS, headers, None, None


def _told(start_response: Any, status: str, body: bytes) -> list[bytes]:
    """Tell, without a look at who asks, that a request makes no sense."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


def _refusal(error: DirectoryError | ValueError | Refused | Crowded, path: str) -> Any:
    """Return the answer to a request for properties that met ``error``."""
    match error:
        case DirectoryError():
            return error_answer(error, path, "read")
        case Refused(element=element, status=status):
            return answers.precondition(status, element)
        case Crowded():
            text = "Too many searches at once; try again in a moment."
            return answers.plain(client.SERVICE_UNAVAILABLE, text, {"Retry-After": "5"})
        case ValueError():
            return answers.malformed(error)
