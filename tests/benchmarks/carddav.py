"""What CardDAV clients do, as tasks to measure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from tests.benchmarks.cards import LOGIN, RARE, RARE_NAME, Person, person
from tests.benchmarks.measuring import Task, ask
from tests.benchmarks.process import Subject
from tests.benchmarks.wire import HTTPReader
from tests.organisation import PASSWORD
from tests.system.secrecy import basic

_TOKEN = re.compile(rb"sync-token[^>]*>([^<]+)</")

# A server may be measured twice in a run, and a card that is the same again is no change.
_editions = count(1)

_LISTING = (
    '<propfind xmlns="DAV:"><prop><resourcetype/><getcontenttype/><getetag/></prop></propfind>'
)
_STATE = (
    '<propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/"><prop><resourcetype/>'
    "<displayname/><CS:getctag/><sync-token/></prop></propfind>"
)
_SYNC = (
    '<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
    "<prop><getetag/></prop></sync-collection>"
)
_MULTIGET = (
    '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop>'
    "<getetag/><C:address-data/></prop>{hrefs}</C:addressbook-multiget>"
)
# Folded, as somebody types it.
_RARE_TEXT = " ".join(RARE_NAME).lower()
_QUERY = (
    '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><getetag/>'
    '<C:address-data/></prop><C:filter><C:prop-filter name="FN"><C:text-match '
    'collation="i;unicode-casemap" match-type="contains">'
    f"{_RARE_TEXT}</C:text-match>"
    "</C:prop-filter></C:filter></C:addressbook-query>"
)


def request(method: str, path: str, body: bytes | str = b"", depth: str = "") -> bytes:
    """Return a request as it goes over the wire."""
    data = body.encode() if isinstance(body, str) else body
    kind = "text/vcard" if method == "PUT" else "application/xml"
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: {basic(LOGIN, PASSWORD)}",
        f"Content-Length: {len(data)}",
    ]
    head += [f"Depth: {depth}"] if depth else []
    head += [f"Content-Type: {kind}; charset=utf-8"] if data else []
    return "\r\n".join([*head, "", ""]).encode() + data


def put(book: str, one: Person) -> bytes:
    """Return the request that stores a card in ``book``."""
    return request("PUT", book + one.href, one.card)


@dataclass(slots=True)
class Book:
    """A book of ``cards`` people at a server, and what has been done to it."""

    at: Subject
    cards: int
    created: list[Person] = field(default_factory=list)
    ready: list[tuple[Person, bytes]] = field(default_factory=list)
    arrivals: Iterator[int] = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        """Number those who come after those who are there."""
        self.arrivals = count(self.cards)

    def task(
        self,
        *statuses: int,
        script: Callable[[int], list[bytes]],
        connections: int = 1,
        prepare: Callable[[], None] | None = None,
        most: int | None = None,
        requests: int = 1,
        responses: int | None = None,
    ) -> Task:
        """Return a task at this book whose answers have one of ``statuses``."""
        return Task(
            self.at.http,
            lambda: HTTPReader(*statuses),
            script,
            connections=connections,
            prepare=prepare,
            most=most,
            requests=requests,
            is_right=None if responses is None else lambda body: _responses(body) == responses,
        )

    def put(self, one: Person) -> bytes:
        """Return the request that stores ``one``."""
        return put(self.at.book, one)

    def path(self, number: int) -> str:
        """Return where the person ``number`` is."""
        return f"{self.at.book}person-{number % self.cards:06}.vcf"

    def put_new(self) -> bytes:
        """Return the request that stores somebody who is not in the book yet; they will be."""
        if not self.ready:
            self.make_ready(1)
        one, said = self.ready.pop()
        self.created.append(one)
        return said

    def make_ready(self, most: int) -> None:
        """Make so many people beforehand: that takes the client a twentieth of a PUT."""
        while len(self.ready) < most:
            one = person(next(self.arrivals))
            self.ready.append((one, self.put(one)))

    def bring(self, most: int) -> None:
        """See to it that so many have been brought."""
        while len(self.created) < most:
            ask(self.task(201, script=lambda _: [self.put_new()]))

    def changed(self) -> Person:
        """Return somebody who is in the book, with another note than before."""
        edition = next(_editions)
        return person(edition * 37 % self.cards, edition=edition)

    def read_token(self) -> str:
        """Ask for the sync token of now."""
        state = request("PROPFIND", self.at.book, _STATE, "0")
        found = _TOKEN.search(ask(self.task(207, script=lambda _: [state])))
        assert found, "the book has no sync token"
        return found[1].decode()

    def change_ten(self) -> None:
        """Note the token and change ten cards."""
        self.token = self.read_token()
        script = [self.put(self.changed()) for _ in range(10)]
        ask(self.task(200, 201, 204, script=lambda _: script))


def _leave(book: str, one: Person) -> bytes:
    return request("DELETE", book + one.href)


def _responses(body: bytes) -> int:
    return body.count(b":response>") // 2 or body.count(b"</response>")


Maker: TypeAlias = Callable[[Book], Task]


def always(*requests: bytes) -> Callable[[int], list[bytes]]:
    """Say the same in every call."""
    said = list(requests)
    return lambda _number: said


def _put_new(connections: int) -> Maker:
    def make(book: Book) -> Task:
        book.make_ready(_READY)
        script = lambda _: [book.put_new()]  # noqa: E731 - it is what a script is
        return book.task(200, 201, 204, script=script, connections=connections)

    return make


def _put_changed(book: Book) -> Task:
    return book.task(200, 201, 204, script=lambda _: [book.put(book.changed())])


def _list_etags(book: Book) -> Task:
    listed = book.cards + len(book.created) + 1
    script = always(request("PROPFIND", book.at.book, _LISTING, "1"))
    return book.task(207, script=script, responses=listed)


def _sync_all(book: Book) -> Task:
    listed = book.cards + len(book.created)
    script = always(request("REPORT", book.at.book, _SYNC.format(token=""), "0"))
    return book.task(207, script=script, responses=listed)


def _sync_changes(book: Book) -> Task:
    return book.task(
        207,
        script=lambda _: [request("REPORT", book.at.book, _SYNC.format(token=book.token), "0")],
        prepare=book.change_ten,
        responses=10,
    )


def _multiget(book: Book) -> Task:
    def script(number: int) -> list[bytes]:
        first = number * 100 % book.cards
        hrefs = "".join(f"<href>{book.path(at)}</href>" for at in range(first, first + 100))
        return [request("REPORT", book.at.book, _MULTIGET.format(hrefs=hrefs), "0")]

    return book.task(207, script=script, responses=100)


def _idle_poll(connections: int) -> Maker:
    def make(book: Book) -> Task:
        polls = always(
            request("PROPFIND", book.at.home, _STATE, "0"),
            request("PROPFIND", book.at.book, _STATE, "0"),
            request("REPORT", book.at.book, _SYNC.format(token=book.read_token()), "0"),
        )
        return book.task(207, script=polls, connections=connections, requests=3, responses=0)

    return make


def _get(book: Book) -> Task:
    return book.task(200, script=lambda number: [request("GET", book.path(number * 41))])


def _query(book: Book) -> Task:
    script = always(request("REPORT", book.at.book, _QUERY, "1"))
    return book.task(207, script=script, responses=RARE)


def _delete(book: Book) -> Task:
    book.bring(_TO_DELETE)
    return book.task(
        200,
        204,
        script=lambda _: [_leave(book.at.book, book.created.pop())],
        most=_TO_DELETE,
    )


# As many as are stored in a round of a second or so.
_READY = 500
# Of a thousand, so that the shield does not take it for an accident.
_TO_DELETE = 30

# In this order: what DELETE takes away, PUT has brought.
OPERATIONS: dict[str, Maker] = {
    "PROPFIND Depth 1, etags": _list_etags,
    "sync-collection, empty token": _sync_all,
    "multiget of 100": _multiget,
    "idle poll (3 requests)": _idle_poll(1),
    "idle poll, 16 clients": _idle_poll(16),
    "sync after 10 changes": _sync_changes,
    "GET": _get,
    "query FN contains, 10 hits": _query,
    "PUT changed": _put_changed,
    "PUT new": _put_new(1),
    "PUT new, 4 connections": _put_new(4),
    "DELETE": _delete,
}
