"""A CardDAV client for conversations: it speaks WSGI, and renders answers one fact a line.

A ``C:`` block is the request line, headers, and a body: ``<name`` for one of the client's
files, or the lines of it (the first that is no header begins it). An ``S:`` block is the
status, the headers that matter, and the body:

    S: 207
       /alice/customers/ 200 getctag = 7
       /alice/customers/ 404 creationdate
       sync-token = $token

Responses come sorted by href, since DAV gives their order no meaning; what is inside of one
keeps its order. A body or value that is one of the client's files, byte for byte, is rendered
``<name``; of other text ``⏎`` is CRLF and ``↓`` a mere LF.
"""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes
from xml.etree.ElementTree import Element

import defusedxml.ElementTree as DefusedET

from dirserver.errors import DirectoryError, NotAtOnce
from dirserver_radicale.stream import SMALL
from tests.organisation import PASSWORD

WSGI: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

HOST = "contacts.example.org"
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]*): (.*)")
_FILE = re.compile(r"<([\w.-]+)")
_D = "{DAV:}"
# What a test is about, when it is there at all.
_SHOWN = (
    "Allow",
    "Location",
    "WWW-Authenticate",
    "Retry-After",
    "ETag",
    "Content-Disposition",
    "Content-Location",
    "Preference-Applied",
)


@dataclass(slots=True)
class Answer:
    """What came back, before it is rendered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class DAVClient:
    """Speaks to ``application`` as ``login``, who gives the password unasked.

    Without ``unasked`` it does so only where a request says ``Authorization: Basic
    <credentials>``, as the recorded clients did. ``last`` is the last answer as it came. What an
    application tells without a thread must be the same; ``told_at_once`` counts these answers.
    """

    application: WSGI
    login: str = ""
    password: str = PASSWORD
    unasked: bool = True
    files: Mapping[str, bytes] = field(default_factory=dict)
    address: str = "192.0.2.7"
    last: Answer | None = None
    told_at_once: int = 0

    def say(self, lines: list[str]) -> list[str]:
        """Send the request that ``lines`` spell, and render the answer."""
        headers: dict[str, str] = {}
        rest = list(lines[1:])
        while rest and (match := _HEADER.fullmatch(rest[0])):
            headers[match[1]] = match[2]
            rest.pop(0)
        method, _, target = lines[0].partition(" ")
        answer = self.send(method, target, headers, self._body(rest))
        return list(self.render(answer))

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Send a request and return the answer as it came."""
        environ = partial(self._environ, method, target, headers, body)
        self.last = self._answer(environ)
        prompt = getattr(self.application, "prompt", None)
        if prompt is not None and prompt.admits(environ()):
            with suppress(NotAtOnce):
                # As a server would have it told.
                at_once = _told(prompt, environ())
                assert at_once == self.last
                self.told_at_once += 1
        _check(method, self.last)
        return self.last

    def _answer(self, environ: Callable[[], dict[str, Any]]) -> Answer:
        """Have a request answered as a server does: among others if it may be, or else alone."""
        writes = getattr(self.application, "writes", None)
        if writes is not None and writes.admits(environ()):
            with suppress(DirectoryError, NotAtOnce), writes.together():
                return _told(writes, environ())
        return _told(self.application, environ())

    def _environ(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.address,
            "HTTP_HOST": HOST,
            "HTTP_USER_AGENT": "conversation",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if body:
            environ["CONTENT_LENGTH"] = str(len(body))
        if self.login and self.unasked:
            environ["HTTP_AUTHORIZATION"] = self.credentials
        for name, value in headers.items():
            if value == "Basic <credentials>":
                value = self.credentials
            spelled = name.upper().replace("-", "_")
            known = spelled in ("CONTENT_TYPE", "CONTENT_LENGTH")
            environ[spelled if known else f"HTTP_{spelled}"] = value
        return environ

    @property
    def credentials(self) -> str:
        """The Authorization field of this client."""
        return "Basic " + b64encode(f"{self.login}:{self.password}".encode()).decode()

    def _body(self, lines: list[str]) -> bytes:
        if len(lines) == 1 and (match := _FILE.fullmatch(lines[0])) and match[1] in self.files:
            return self.files[match[1]]
        if not lines:
            return b""
        end = "\r\n" if lines[0].startswith("BEGIN:") else "\n"
        return "".join(f"{line}{end}" for line in lines).encode()

    def render(self, answer: Answer) -> Iterator[str]:
        """Yield what an answer says, one fact a line."""
        yield str(answer.status)
        shown = ("DAV", *_SHOWN) if "DAV" in answer.headers and not answer.body else _SHOWN
        for name in shown:
            if name in answer.headers:
                yield f"{name}: {answer.headers[name]}"
        if not answer.body:
            return
        if answer.headers["Content-Type"].startswith("text/xml"):
            yield from self._render_xml(DefusedET.fromstring(answer.body))
        else:
            yield self._text(answer.body.decode())

    def _render_xml(self, root: Element) -> Iterator[str]:
        if root.tag == f"{_D}multistatus":
            responses = [list(self._response(each)) for each in root.iterfind(f"{_D}response")]
            for facts in sorted(responses, key=lambda facts: facts[0].partition(" ")[0]):
                yield from facts
            token = root.findtext(f"{_D}sync-token")
            if token is not None:
                yield f"sync-token = {token}"
        else:
            for condition in root:
                said = [condition.text] if condition.text else _leaves(condition)
                yield " ".join([_name(root), _name(condition), *said])

    def _response(self, response: Element) -> Iterator[str]:
        href = response.findtext(f"{_D}href")
        status = response.findtext(f"{_D}status")
        if status is not None:
            yield f"{href} {_code(status)}"
        for propstat in response.iterfind(f"{_D}propstat"):
            code = _code(propstat.findtext(f"{_D}status") or "")
            if propstat.find(f"{_D}prop/*") is None:
                yield f"{href} {code}"
            for prop in propstat.iterfind(f"{_D}prop/*"):
                value = self._value(prop)
                said = f" = {value}" if value else ""
                yield f"{href} {code} {_name(prop)}{said}"

    def _value(self, prop: Element) -> str:
        if len(prop):
            return " ".join(_leaves(prop))
        return self._text(prop.text or "")

    def _text(self, text: str) -> str:
        for name, content in self.files.items():
            if text.encode() == content:
                return f"<{name}"
        return text.replace("\r\n", "⏎").replace("\n", "↓").removesuffix("↓")


def _told(application: WSGI, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, fields: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        started.append((status, fields))
        return lambda _: None

    told = application(environ, start_response)
    try:
        content = b"".join(told)
    finally:
        if (close := getattr(told, "close", None)) is not None:
            close()
    ((status, fields),) = started
    return Answer(int(status[:3]), dict(fields), content)


def _check(method: str, answer: Answer) -> None:
    """Require of every answer what HTTP requires of all of them."""
    for name, value in answer.headers.items():
        assert f"{name}{value}".isascii()
        assert f"{name}{value}".isprintable()
    if "Content-Length" not in answer.headers:
        # Only what is long is sent while it is being made.
        is_packed = "Content-Encoding" in answer.headers
        assert not answer.body or is_packed or len(answer.body) > SMALL
    elif method != "HEAD":
        assert len(answer.body) == int(answer.headers["Content-Length"])
    assert not answer.body or "Content-Type" in answer.headers
    assert not (answer.body and answer.status in (204, 304))


def _leaves(element: Element) -> Iterator[str]:
    for child in element:
        if len(child):
            yield from _leaves(child)
        elif child.attrib:
            yield " ".join(child.attrib.values())
        else:
            yield child.text or _name(child)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _code(status: str) -> str:
    match = re.fullmatch(r"HTTP/1\.1 (\d{3}) .+", status)
    assert match is not None, f"Thunderbird wants HTTP/1.1 and a reason, not {status!r}"
    return match[1]
