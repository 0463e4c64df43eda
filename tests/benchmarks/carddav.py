"""What CardDAV clients do, as tasks to measure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from tests.benchmarks.cards import Person, person
from tests.benchmarks.measuring import Task, ask
from tests.benchmarks.wire import HTTPReader
from tests.organisation import PASSWORD
from tests.system.secrecy import basic

LOGIN = "alice"
HOME = f"/{LOGIN}/"
BOOK = f"{HOME}customers/"
_TOKEN = re.compile(rb"sync-token[^>]*>([^<]+)</")

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
# Eight of ten thousand are called this.
_QUERY = (
    '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><getetag/>'
    '<C:address-data/></prop><C:filter><C:prop-filter name="FN"><C:text-match '
    'collation="i;unicode-casemap" match-type="contains">zoë quill</C:text-match>'
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


def put(one: Person) -> bytes:
    """Return the request that stores a card."""
    return request("PUT", BOOK + one.href, one.card)


@dataclass(slots=True)
class Book:
    """A book of ``cards`` people at a server, and what has been done to it."""

    address: tuple[str, int]
    cards: int
    created: list[Person] = field(default_factory=list)
    editions: Iterator[int] = field(default_factory=lambda: count(1))
    token: str = ""

    def task(
        self,
        *statuses: int,
        script: Callable[[int], list[bytes]],
        connections: int = 1,
        prepare: Callable[[], None] | None = None,
        most: int | None = None,
        requests: int = 1,
    ) -> Task:
        """Return a task at this book whose answers have one of ``statuses``."""
        return Task(
            self.address,
            lambda: HTTPReader(*statuses),
            script,
            connections=connections,
            prepare=prepare,
            most=most,
            requests=requests,
        )

    def new(self) -> Person:
        """Return somebody who is not in the book yet, and note that they will be."""
        one = person(self.cards + len(self.created))
        self.created.append(one)
        return one

    def changed(self) -> Person:
        """Return somebody who is in the book, with another note than before."""
        edition = next(self.editions)
        return person(edition * 37 % self.cards, edition=edition)

    def read_token(self) -> str:
        """Ask for the sync token of now."""
        state = request("PROPFIND", BOOK, _STATE, "0")
        found = _TOKEN.search(ask(self.task(207, script=lambda _: [state])))
        assert found, "the book has no sync token"
        return found[1].decode()

    def change_ten(self) -> None:
        """Note the token and change ten cards."""
        self.token = self.read_token()
        ask(self.task(200, 201, 204, script=lambda _: [put(self.changed()) for _ in range(10)]))


Maker: TypeAlias = Callable[[Book], Task]


def always(*requests: bytes) -> Callable[[int], list[bytes]]:
    """Say the same in every call."""
    said = list(requests)
    return lambda _number: said


def _put_new(connections: int) -> Maker:
    return lambda book: book.task(
        200, 201, 204, script=lambda _: [put(book.new())], connections=connections
    )


def _put_changed(book: Book) -> Task:
    return book.task(200, 201, 204, script=lambda _: [put(book.changed())])


def _list_etags(book: Book) -> Task:
    return book.task(207, script=always(request("PROPFIND", BOOK, _LISTING, "1")))


def _sync_all(book: Book) -> Task:
    return book.task(207, script=always(request("REPORT", BOOK, _SYNC.format(token=""), "0")))


def _sync_changes(book: Book) -> Task:
    return book.task(
        207,
        script=lambda _: [request("REPORT", BOOK, _SYNC.format(token=book.token), "0")],
        prepare=book.change_ten,
    )


def _multiget(book: Book) -> Task:
    def script(number: int) -> list[bytes]:
        first = number * 100 % book.cards
        numbers = [at % book.cards for at in range(first, first + 100)]
        hrefs = "".join(f"<href>{BOOK}person-{at:06}.vcf</href>" for at in numbers)
        return [request("REPORT", BOOK, _MULTIGET.format(hrefs=hrefs), "0")]

    return book.task(207, script=script)


def _idle_poll(connections: int) -> Maker:
    def make(book: Book) -> Task:
        polls = always(
            request("PROPFIND", HOME, _STATE, "0"),
            request("PROPFIND", BOOK, _STATE, "0"),
            request("REPORT", BOOK, _SYNC.format(token=book.read_token()), "0"),
        )
        return book.task(207, script=polls, connections=connections, requests=3)

    return make


def _get(book: Book) -> Task:
    return book.task(
        200,
        script=lambda number: [request("GET", f"{BOOK}person-{number * 41 % book.cards:06}.vcf")],
    )


def _query(book: Book) -> Task:
    return book.task(207, script=always(request("REPORT", BOOK, _QUERY, "1")))


def _delete(book: Book) -> Task:
    leaving, book.created = book.created, []
    return book.task(
        200,
        204,
        script=lambda number: [request("DELETE", BOOK + leaving[number].href)],
        most=len(leaving),
    )


# In this order: what DELETE takes away, PUT has brought.
OPERATIONS: dict[str, Maker] = {
    "PROPFIND Depth 1, etags": _list_etags,
    "sync-collection, empty token": _sync_all,
    "multiget of 100": _multiget,
    "idle poll (3 requests), 1 client": _idle_poll(1),
    "idle poll (3 requests), 16 clients": _idle_poll(16),
    "sync after 10 changes": _sync_changes,
    "GET": _get,
    "query FN contains": _query,
    "PUT changed": _put_changed,
    "PUT new, 1 connection": _put_new(1),
    "PUT new, 4 connections": _put_new(4),
    "DELETE": _delete,
}
