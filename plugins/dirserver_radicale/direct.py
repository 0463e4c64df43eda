"""The Application's methods, called without what Radicale does before and after them.

That is for requests that leave Radicale nothing to find out: the path is what it seems to be, and
who asks is remembered. The answer is the one that Radicale would make of what the method returns.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from http import client
from typing import TYPE_CHECKING, Any

from dirserver.directory import Authenticator
from dirserver.errors import InvalidCredentials, NotAtOnce
from dirserver.model.principal import Client, Principal
from dirserver_radicale import answers, request, stream
from dirserver_radicale.answers import Answer
from dirserver_radicale.headers.environ import user_agent

if TYPE_CHECKING:
    from dirserver_radicale.application import Application

# One segment of a path; Radicale has nothing to tidy up in it.
SEGMENT = r"[!-\-0-~][!-.0-~]*+"
PATH = re.compile(rf"/(?:{SEGMENT}/)*+(?:{SEGMENT})?")


@dataclass(frozen=True, slots=True)
class Direct:
    """Calls the methods of ``application`` for those whom ``authenticator`` remembers."""

    application: Application
    authenticator: Authenticator

    def known(self, environ: dict[str, Any]) -> Principal:
        """Return whoever asks. Raises NotAtOnce unless that is certain without a wait."""
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Basic":
            raise NotAtOnce
        login, _, password = b64decode(token).decode().partition(":")
        asking = Client("carddav", environ["REMOTE_ADDR"], user_agent(environ))
        try:
            return self.authenticator.authenticate(login, password, asking, at_once=True)
        except InvalidCredentials:
            raise NotAtOnce from None

    def answer(
        self, environ: dict[str, Any], principal: Principal, *, at_once: bool = False
    ) -> Answer:
        """Return what the method says to ``principal``; with ``at_once`` it may wait for nothing.

        Raises NotAtOnce then.
        """
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        noted = request.begin(environ)
        noted.at_once = at_once
        noted.principal = principal
        do = getattr(self.application, f"do_{method}")
        try:
            answer: Answer = do(environ, "", path, principal.login, set(), {})
        finally:
            request.end()
        return answer


def told(environ: dict[str, Any], answer: Answer, start_response: Any) -> Iterable[bytes]:
    """Give an answer, which is whole, as PEP 3333 has it."""
    status, given, content, _ = answer
    headers = dict(given)
    body = b""
    if isinstance(content, str):
        headers["Content-Type"] += "; charset=utf-8"
        body = content.encode()
    elif content is not None:
        body = content
    if content is not None:
        if stream.accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            headers["Content-Encoding"] = "gzip"
            body = zlib.compress(body, wbits=16 + zlib.MAX_WBITS)
        headers["Content-Length"] = str(len(body))
    if status == client.METHOD_NOT_ALLOWED:
        headers.setdefault("Allow", answers.ALLOW_HEADER)
    if 200 <= status < 210 and "Content-Type" in headers:
        also = headers.get("Vary")
        headers["Vary"] = f"{also}, Accept-Encoding" if also else "Accept-Encoding"
    start_response(f"{int(status)} {client.responses[status]}", list(headers.items()))
    return [body] if body else []
