"""Polls, answered without a thread: what clients ask again and again, mostly to hear of nothing.

To hand a request to a thread and to take the answer back costs more than to look up the few rows
that tell it. Whatever may take longer, and whatever is refused, is left to the Application.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Iterable
from http import client
from typing import TYPE_CHECKING, Any

from dirserver.directory import Authenticator
from dirserver.errors import InvalidCredentials, NotAtOnce
from dirserver.model.principal import Principal
from dirserver_radicale import request, stream
from dirserver_radicale.request import Request

if TYPE_CHECKING:
    from dirserver_radicale.application import Application

# These name what they seem to: Radicale has nothing to tidy up in them.
_SEGMENT = r"[!-\-0-~][!-.0-~]*+"
_PATH = re.compile(rf"/(?:{_SEGMENT}/)*+(?:{_SEGMENT})?")
_HOME = re.compile(rf"/(?:{_SEGMENT}/?)?")
# What is directly in a home is a few books; what is in a book are all its cards.
_PATHS = {
    ("PROPFIND", "0"): _PATH,
    ("PROPFIND", "1"): _HOME,
    ("REPORT", "0"): _PATH,
    ("REPORT", "1"): _PATH,
    ("REPORT", ""): _PATH,
}
_STATUS = f"{int(client.MULTI_STATUS)} {client.responses[client.MULTI_STATUS]}"


class Prompt:
    """A WSGI application that never waits: it answers as another would, or raises NotAtOnce."""

    def __init__(self, application: Application, authenticator: Authenticator) -> None:
        """Answer for ``application`` to those whom ``authenticator`` remembers."""
        self._application = application
        self._authenticator = authenticator

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333). Raises NotAtOnce, and then nothing has been done."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        known = _PATHS.get((method, environ.get("HTTP_DEPTH", "")))
        if known is None or not known.fullmatch(path) or environ["QUERY_STRING"]:
            raise NotAtOnce
        noted = request.begin(environ)
        noted.at_once = True
        try:
            principal = noted.principal = self._known(environ, noted)
            is_report = method == "REPORT"
            do = self._application.do_REPORT if is_report else self._application.do_PROPFIND
            status, headers, body, _ = do(environ, "", path, principal.login, set(), {})
        finally:
            request.end()
        if status != client.MULTI_STATUS:
            # Mostly the audit trail is to be told of that.
            raise NotAtOnce
        if stream.accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            headers["Content-Encoding"] = "gzip"
            body = zlib.compress(body, wbits=16 + zlib.MAX_WBITS)
        headers |= {"Content-Length": str(len(body)), "Vary": "Accept-Encoding"}
        start_response(_STATUS, list(headers.items()))
        return [body]

    def _known(self, environ: dict[str, Any], noted: Request) -> Principal:
        """Return whoever asks, if that is certain without a look at the password."""
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Basic":
            raise NotAtOnce
        login, _, password = b64decode(token).decode().partition(":")
        try:
            return self._authenticator.authenticate(login, password, noted.client, at_once=True)
        except InvalidCredentials:
            raise NotAtOnce from None
