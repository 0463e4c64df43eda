"""Radicale's Application with what the standards and the clients need beyond.

What is about one card is in ``cards``; listing, reports and discovery are Radicale's, within
what is asked and answered here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from http import client
from typing import TYPE_CHECKING, Any

from radicale import httputils
from radicale.app import Application as RadicaleApplication

from dirserver.assembly import Services
from dirserver.errors import AccessDenied, DirectoryError
from dirserver.model.grant import Privilege
from dirserver_radicale import answers, propfind, reports, request, xmlbody
from dirserver_radicale.answers import error_answer
from dirserver_radicale.cards import CardMethods
from dirserver_radicale.configuration import configuration
from dirserver_radicale.environ import content_length, is_printable
from dirserver_radicale.hrefs import Location, locate
from dirserver_radicale.properties import Corrector
from dirserver_radicale.propfind import Depth, Wanted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Application(CardMethods, RadicaleApplication):
    """The WSGI application of the CardDAV face."""

    def __init__(self, services: Services) -> None:
        """Answer from ``services``."""
        super().__init__(configuration(services))
        self._directory = services.directory

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        try:
            # WSGI hands the path over as if its bytes were Latin-1; names are in UTF-8.
            path = environ["PATH_INFO"] = environ.get("PATH_INFO", "").encode("latin-1").decode()
            if not is_printable(path):
                # Radicale would call it an error in the log, which strangers then could fill.
                raise ValueError("not printable")
        except ValueError:
            body = b"The path is not UTF-8, or has control characters in it.\n"
            headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
            start_response("400 Bad Request", headers)
            return [body]
        try:
            answer: Iterable[bytes] = super().__call__(environ, start_response)
        finally:
            request.end()
        return answer

    def _handle_request(self, environ: dict[str, Any]) -> Any:
        """Answer a request; what goes wrong before a method is at work is answered here."""
        try:
            status, headers, content = super()._handle_request(environ)
        except DirectoryError as error:
            code, fields, body, _ = error_answer(error, "/", "read")
            content = [body.encode() if isinstance(body, str) else body or b""]
            fields["Content-Length"] = str(len(content[0]))
            status, headers = f"{code} {client.responses[code]}", list(fields.items())
        named = {name for name, _value in headers}
        if status.startswith("405") and "Allow" not in named:
            headers = [*headers, ("Allow", answers.ALLOW_HEADER)]
        if "Content-Encoding" in named:
            headers = [*headers, ("Vary", "Accept-Encoding")]
        return status, headers, content

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
        headers = {"DAV": answers.DAV_HEADER, "Allow": answers.ALLOW_HEADER}
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
        try:
            location = self._readable(user, path)
            depth = propfind.read_depth(environ.get("HTTP_DEPTH"))
            xml = _read_xml(environ)
            wanted = propfind.prepare(xml)
        except (DirectoryError, ValueError) as error:
            return _refusal(error, user, path)
        if depth is Depth.INFINITY and not location.book:
            return answers.precondition(client.FORBIDDEN, "<propfind-finite-depth/>")
        # Below a book there is only one level.
        environ["HTTP_DEPTH"] = str(Depth.ONE if depth is Depth.INFINITY else depth)
        request_info.update(user=user, xml=xml, wanted=wanted)
        arguments = (environ, base_prefix, path, user, user_groups, request_info)
        status, headers, body, told = self._ask(super().do_PROPFIND, *arguments)
        return status, {**dict(headers), "DAV": answers.DAV_HEADER}, body, told

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
        try:
            location = self._readable(user, path)
            xml = _read_xml(environ)
            if xml is None:
                raise ValueError("a report says what it wants")
            reports.prepare(xml, location)
        except (DirectoryError, ValueError, reports.Refused) as error:
            return _refusal(error, user, path)
        if xml.tag == reports.QUERY and location.href:
            # Radicale would test a single card with vobject.
            request.current().only = location.href
            path = location.parent.path
        request_info.update(user=user, xml=xml, wanted=Wanted.PROP)
        arguments = (environ, base_prefix, path, user, user_groups, request_info)
        answer = self._ask(super().do_REPORT, *arguments)
        refused = answer[0] == client.FORBIDDEN and "valid-sync-token" in str(answer[2])
        if refused and "Thunderbird" in environ.get("HTTP_USER_AGENT", ""):
            return answers.plain(client.BAD_REQUEST, "The sync token is not one of this book.")
        return answer

    def do_PROPPATCH(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Refuse: the properties of a book belong to the config file."""
        return self._refuse("PROPPATCH", path, user) if user else httputils.NOT_ALLOWED

    def do_MKCOL(
        self,
        environ: dict[str, Any],
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, Any],
    ) -> Any:
        """Refuse: books are made in the config file."""
        return self._refuse("MKCOL", path, user) if user else httputils.NOT_ALLOWED

    do_MKCALENDAR = None  # There are no calendars here: 405.
    do_POST = None

    def _ask(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Let Radicale answer with its ``method``; what it then meets is answered here."""
        path = arguments[2]
        request.current().is_ours = True
        try:
            answer = method(*arguments)
        except DirectoryError as error:
            return error_answer(error, path, "read")
        # The rights were there when the request came, and are gone since.
        return answers.need_privileges(path, "read") if answer == httputils.NOT_ALLOWED else answer

    def _read_xml_request_body(
        self, environ: dict[str, Any], request_info: dict[str, Any]
    ) -> Element | None:
        """Return the XML that was read, found harmless and prepared before Radicale asked."""
        xml: Element | None = request_info["xml"]
        return xml

    def _xml_response(self, xml_content: Element, request_info: dict[str, Any]) -> bytes:
        """Write an answer, with the properties put right."""
        if xml_content.tag == "{DAV:}multistatus":
            login = request_info["user"]
            corrector = Corrector(login, partial(self._access, login), request_info["wanted"])
            corrector.put_right(xml_content)
        written: bytes = super()._xml_response(xml_content, request_info)
        # XML parsers make CRLF a mere LF (XML 1.0 section 2.11); cards come back as they were.
        return written.replace(b"\r", b"&#13;")

    def _access(self, login: str, location: Location) -> Privilege | None:
        """Return what ``login`` may do with the book of ``location``; None outside of books."""
        if not location.book or location.login != login:
            return None
        view = request.view(self._directory, login, location.book)
        return None if view is None else view.access

    def _readable(self, user: str, path: str) -> Location:
        """Return what ``path`` names, if ``user`` may read it. Raises AccessDenied."""
        location = locate(path)
        if user and location is not None and location.login in ("", user):
            access = self._access(user, location)
            if not location.book or (access is not None and access >= Privilege.READ):
                return location
        raise AccessDenied(f"{path} is not readable for {user}")


def _read_xml(environ: dict[str, Any]) -> Element | None:
    """Return the XML in the body of a request, if there is any. Raises BadXML."""
    length = content_length(environ)
    if length > xmlbody.MOST_BYTES:
        raise xmlbody.TooMuchXML(f"{length} bytes")
    body = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        raise xmlbody.BadXML("cut off")
    return xmlbody.parse(body)


def _refusal(error: Exception, user: str, path: str) -> Any:
    """Return the answer to a request that met ``error`` before Radicale saw it."""
    match error:
        case AccessDenied() if not user:
            # Untouched, it makes Radicale ask whoever has not said who they are.
            return httputils.NOT_ALLOWED
        case DirectoryError():
            return error_answer(error, path, "read")
        case reports.Refused(element=element):
            return answers.precondition(client.FORBIDDEN, element)
        case xmlbody.TooMuchXML():
            return answers.plain(client.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
        case _:
            return answers.plain(client.BAD_REQUEST, "The request is malformed.")
