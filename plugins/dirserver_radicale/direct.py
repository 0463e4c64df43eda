"""Requests for one card, answered past Radicale, which has nothing to find out for them.

To look at who asks for what, as Radicale does for all the servers that it can be set up as, takes
as long as a part of what is done. What is not as plain as most requests are is left to it.
"""

from __future__ import annotations

import binascii
import re
import zlib
from base64 import b64decode
from collections.abc import Callable
from http import client
from typing import Any, TypeAlias

from dirserver.directory import Authenticator
from dirserver.errors import InvalidCredentials, NotAtOnce
from dirserver.model.principal import Client, Principal
from dirserver_radicale import request
from dirserver_radicale.answers import Answer
from dirserver_radicale.headers.environ import user_agent
from dirserver_radicale.stream import accepts_gzip

_Method: TypeAlias = Callable[..., Answer]
# Status, headers and body, as Radicale has them in the end.
Written: TypeAlias = tuple[str, list[tuple[str, str]], list[bytes]]

# These name what they seem to: Radicale has nothing to tidy up in them.
_SEGMENT = r"[!-\-0-~][!-.0-~]*+"
_CARD = re.compile(rf"(?:/{_SEGMENT}){{3}}")
_STATUS = {int(status): f"{status} {text}" for status, text in client.responses.items()}


class Direct:
    """Answers with ``methods``, those of HTTP by their names, to whom the authenticator knows."""

    def __init__(self, authenticator: Authenticator, methods: dict[str, _Method]) -> None:
        """Ask ``authenticator`` who it is."""
        self._authenticator = authenticator
        self._methods = methods

    def answer(self, environ: dict[str, Any]) -> Written | None:
        """Answer a request, or return None where Radicale has to, and nothing has been done."""
        path, method = environ["PATH_INFO"], self._methods.get(environ["REQUEST_METHOD"])
        if method is None or environ.get("QUERY_STRING") or not _CARD.fullmatch(path):
            return None
        principal = self._known(environ)
        if principal is None:
            return None
        request.begin(environ).principal = principal
        answer = method(environ, "", path, principal.login, set(), {})
        return _written(environ, answer)

    def _known(self, environ: dict[str, Any]) -> Principal | None:
        """Return whoever asks, if that is certain without a look at the password."""
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Basic":
            return None
        found = Client("carddav", str(environ.get("REMOTE_ADDR", "")), user_agent(environ))
        try:
            login, _, password = b64decode(token, validate=True).decode().partition(":")
            return self._authenticator.authenticate(login, password, found, at_once=True)
        except (binascii.Error, UnicodeDecodeError, InvalidCredentials, NotAtOnce):
            return None


def _written(environ: dict[str, Any], answer: Answer) -> Written:
    status, headers, body, _ = answer
    if body is None:
        return _STATUS[status], list(headers.items()), []
    if isinstance(body, str):
        headers["Content-Type"] += "; charset=utf-8"
        body = body.encode()
    if accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        body = zlib.compress(body, wbits=16 + zlib.MAX_WBITS)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return _STATUS[status], list(headers.items()), [body]
