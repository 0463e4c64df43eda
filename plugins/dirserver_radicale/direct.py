"""Requests answered past Radicale, which has nothing to find out for them.

To look at who asks for what, as Radicale does for all the servers that it can be set up as, takes
as long as a part of what is done. What is not as plain as most requests are is left to it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from http import client
from typing import Any, TypeAlias

from dirserver.directory import Authenticator
from dirserver.errors import InvalidCredentials, NotAtOnce
from dirserver.model.principal import Client, Principal
from dirserver_radicale import answers, request
from dirserver_radicale.answers import Answer
from dirserver_radicale.headers.environ import user_agent
from dirserver_radicale.packing import packed
from dirserver_radicale.stream import Stream

_Method: TypeAlias = Callable[..., Answer]
# Status, headers and body, as they are in the end.
Written: TypeAlias = tuple[str, list[tuple[str, str]], Iterable[bytes]]

# A part of a path that names what it seems to: Radicale has nothing to tidy up in it.
SEGMENT = r"[!-\-0-~][!-.0-~]*+"
CARD = re.compile(rf"(?:/{SEGMENT}){{3}}")
ANYTHING = re.compile(rf"/(?:{SEGMENT}/)*+(?:{SEGMENT})?")
# What is done with one card, and what is asked of anything.
_PATHS = {"GET": CARD, "PUT": CARD, "DELETE": CARD, "PROPFIND": ANYTHING, "REPORT": ANYTHING}
_STATUS = {int(status): f"{status} {text}" for status, text in client.responses.items()}


class Direct:
    """Answers with ``methods``, those of HTTP by their names, to whom the authenticator knows."""

    def __init__(self, authenticator: Authenticator, methods: dict[str, _Method]) -> None:
        """Ask ``authenticator`` who it is."""
        self._authenticator = authenticator
        self._methods = methods

    def answer(self, environ: dict[str, Any]) -> Written | None:
        """Answer a request, or return None where Radicale has to.

        Nothing has been done then.
        """
        path = _PATHS.get(environ["REQUEST_METHOD"])
        if path is None or not is_plain(environ, path):
            return None
        principal = self.known(environ)
        return None if principal is None else self.call(environ, principal)

    def call(
        self, environ: dict[str, Any], principal: Principal, *, at_once: bool = False
    ) -> Written:
        """Return what the method answers to ``principal``.

        With ``at_once`` it raises NotAtOnce instead of waiting.
        """
        noted = request.begin(environ)
        noted.principal, noted.at_once = principal, at_once
        method = self._methods[environ["REQUEST_METHOD"]]
        try:
            answer = method(environ, "", environ["PATH_INFO"], principal.login, set(), {})
        finally:
            request.end()
        return _written(environ, answer, noted.stream)

    def known(self, environ: dict[str, Any]) -> Principal | None:
        """Return whoever asks, if that is certain without a look at the password."""
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Basic":
            return None
        found = Client("carddav", str(environ.get("REMOTE_ADDR", "")), user_agent(environ))
        try:
            login, _, password = b64decode(token, validate=True).decode().partition(":")
            return self._authenticator.authenticate(login, password, found, at_once=True)
        except (ValueError, InvalidCredentials, NotAtOnce):
            return None


def is_plain(environ: dict[str, Any], path: re.Pattern[str]) -> bool:
    """Say whether a request is for what ``path`` matches, and for nothing else."""
    return not environ.get("QUERY_STRING") and path.fullmatch(environ["PATH_INFO"]) is not None


def tell(written: Written, start_response: Any) -> Iterable[bytes]:
    """Give an answer as PEP 3333 has it."""
    status, headers, body = written
    start_response(status, headers)
    return body


def _written(environ: dict[str, Any], answer: Answer, told: Stream | None) -> Written:
    status, headers, body, _ = answer
    content: Iterable[bytes] = () if told is None else told
    if told is None and body is not None:
        if isinstance(body, str):
            headers["Content-Type"] += "; charset=utf-8"
            body = body.encode()
        headers["Content-Length"] = str(len(body))
        content = [body]
    content = packed(environ, headers, content)
    said = _STATUS[status]
    return said, answers.completed(said, headers), content
