"""Who is told what: lookups and exports in the audit trail, copies of clients, in every answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from dirserver.assembly import Services
from dirserver.directory.access.sightings import copies
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver_radicale.application import Application
from tests.directory.acts import events, import_all, revision
from tests.faults import BEGIN, Faults
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config
from tests.radicale.bodies import FILES, multiget, prop_filter, propfind, query, sync
from tests.radicale.dav_client import DAVClient
from tests.radicale.test_incarnations import token_of

NUMBER = 250
BOOK = "/alice/customers/"
DATA = b'<getetag/><C:address-data xmlns:C="urn:ietf:params:xml:ns:carddav"/>'
SOME = multiget(*(f"{BOOK}c{n}.vcf" for n in range(NUMBER)))
ETAGS = SOME.replace(b"<C:address-data/>", b"")
FOUND = query(prop_filter("NOTE", "four"))
EXACT = query(prop_filter("FN", "Card 4", ' match-type="equals"'))


def filled(directory: Path, url: str, reads: str) -> Services:
    path = write_config(directory, url)
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[audit]\nreads = "{reads}"\n', "utf-8")
    services = open_organisation(path)
    notes = ["NOTE:four", "NOTE:five"]
    import_all(services, [vcard(f"c{n}", f"Card {n}", notes[n % 2]) for n in range(NUMBER)])
    return services


@pytest.fixture
def full(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """250 cards in customers, of which every lookup is told, on each engine."""
    services = filled(tmp_path, database_url, "full")
    yield services
    services.store.close()


@pytest.fixture
def summary(tmp_path: Path) -> Iterator[Services]:
    """The same, where lookups are counted."""
    services = filled(tmp_path, "sqlite:///test.db", "summary")
    yield services
    services.store.close()


def details(services: Services, action: AuditAction = AuditAction.CARD_READ) -> list[str]:
    found = [one.event for one in events(services) if one.event.action is action]
    return [one.detail.partition(":")[0] for one in found]


def test_every_answer_with_cards_is_told_and_no_other(full: Services) -> None:
    alice = DAVClient(Application(full), "alice", files=FILES)
    for method, depth, body in (
        ("REPORT", "0", sync()),
        ("REPORT", "0", ETAGS),
        ("REPORT", "1", query("")),
        ("PROPFIND", "1", propfind("getetag", "getcontentlength")),
    ):
        assert alice.send(method, BOOK, {"Depth": depth}, body).status == 207
    for body in (propfind("getetag", "getcontentlength"),):
        carol = DAVClient(Application(full), "carol")
        assert carol.send("PROPFIND", "/carol/customers/", {"Depth": "1"}, body).status == 207
    assert details(full) == []
    hundreds = ["100 cards", "100 cards", "50 cards"]
    for body, told in (
        (sync().replace(b"<getetag/>", DATA), ["all"]),
        (sync(start_of(full)).replace(b"<getetag/>", DATA), hundreds),
        (SOME, hundreds),
        (FOUND, ["100 cards, by NOTE", "25 cards, by NOTE"]),
        (EXACT, ["1 card, by FN"]),
    ):
        before = len(details(full))
        assert alice.send("REPORT", BOOK, {}, body).status == 207
        assert details(full)[before:] == told
    limited = FOUND.replace(b"</C:filter>", b"</C:filter>" + limit(3))
    assert alice.send("REPORT", BOOK, {}, limited).status == 207
    assert details(full)[-1] == "3 cards, by NOTE"
    missed = EXACT.replace(b"Card 4", b"Card 4444")
    before = len(details(full))
    assert alice.send("REPORT", f"{BOOK}c5.vcf", {}, FOUND).status == 207
    assert alice.send("REPORT", BOOK, {}, missed).status == 207
    assert len(details(full)) == before


def limit(number: int) -> bytes:
    return f"<C:limit><C:nresults>{number}</C:nresults></C:limit>".encode()


def start_of(services: Services) -> str:
    """The token of a client that has come to the book while it was empty."""
    alice = DAVClient(Application(services), "alice", files=FILES)
    head, _, visibility = token_of(alice).rpartition("/")
    return f"{head.rpartition('/')[0]}/0/{visibility}"


def test_an_answer_is_one_lookup_however_many_parts_it_has(summary: Services) -> None:
    alice = DAVClient(Application(summary), "alice", files=FILES)
    for body in (SOME, sync(start_of(summary)).replace(b"<getetag/>", DATA), FOUND):
        assert alice.send("REPORT", BOOK, {}, body).status == 207
    summary.directory.tell_lookups(unfinished=True)
    assert details(summary)[0].startswith("3 lookups, 625 cards, ")


def test_a_long_answer_is_told_of_before_any_of_it_leaves(full: Services) -> None:
    """The trail may be busy, and then nothing may have been sent that would break off."""
    big = [vcard(f"b{n}", f"Big {n}", "NOTE:" + "n" * 5000) for n in range(300)]
    import_all(full, big, slug="staff")
    # The face alone, since transactions are counted.
    alice = DAVClient(Application(full).__call__, "alice")
    body = multiget(*(f"/alice/staff/b{n}.vcf" for n in range(300)))
    faults = Faults(full.store)
    with faults.at(BEGIN, 99):
        environ = alice._environ("REPORT", "/alice/staff/", {}, body)
        told = alice.application(environ, lambda *_: lambda _: None)
        assert details(full) == ["100 cards", "100 cards", "100 cards"]
        assert b"".join(told).count(b"BEGIN:VCARD") == 300
        told.close()  # type: ignore[attr-defined]  # PEP 3333 wants it where it is there.
    # What was asked before is remembered by then.
    with faults.at(BEGIN, 99) as begun:
        assert alice.send("REPORT", "/alice/staff/", {}, body).status == 207
    with faults.at(BEGIN, begun[0] - 1):
        answer = alice.send("REPORT", "/alice/staff/", {}, body)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


def test_a_book_in_one_file_is_an_export_and_is_told_before_it_leaves(full: Services) -> None:
    alice = DAVClient(Application(full), "alice")
    assert alice.send("HEAD", BOOK, {}).status == 200
    assert details(full, AuditAction.CARD_EXPORT) == []
    told = alice.application(alice._environ("GET", BOOK, {}, b""), lambda *_: lambda _: None)
    try:
        assert details(full, AuditAction.CARD_EXPORT) == ["250 cards in one file"]
    finally:
        if (close := getattr(told, "close", None)) is not None:
            close()
    etag = alice.send("GET", BOOK, {}).headers["ETag"]
    assert alice.send("GET", BOOK, {"If-None-Match": etag}).status == 304
    assert len(details(full, AuditAction.CARD_EXPORT)) == 2
    assert details(full) == []


def seen(services: Services) -> list[tuple[str, int]]:
    services.directory.write_sightings()
    with services.directory.reading(ALICE, HERE) as reading:
        book = reading.book("customers", Privilege.READ).book
        return [
            (one.login, one.revision)
            for one in copies(reading, book.id, datetime(2020, 1, 1, tzinfo=UTC))
        ]


@pytest.mark.parametrize(
    ("method", "target", "body", "has_copy"),
    [
        ("REPORT", BOOK, sync(), True),
        ("REPORT", BOOK, SOME, True),
        ("REPORT", BOOK, FOUND, True),
        ("REPORT", BOOK, EXACT, True),
        ("GET", BOOK, b"", True),
        ("GET", f"{BOOK}c1.vcf", b"", True),
        ("PROPFIND", BOOK, propfind("getetag", "getcontentlength", "sync-token"), False),
    ],
)
def test_whoever_is_told_of_cards_may_have_a_copy(
    services: Services, method: str, target: str, body: bytes, has_copy: bool
) -> None:
    import_all(services, [vcard(f"c{n}", f"Card {n}", "NOTE:four") for n in range(5)])
    alice = DAVClient(Application(services), "alice")
    assert alice.send(method, target, {"Depth": "1"}, body).status in (200, 207)
    assert seen(services) == ([("alice", revision(services))] if has_copy else [])


def test_a_poll_that_finds_nothing_new_writes_nothing(full: Services) -> None:
    alice = DAVClient(Application(full), "alice", files=FILES)
    token = token_of(alice)
    full.directory.write_sightings()
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement.split(maxsplit=1)[0].upper())

    event.listen(full.store.engine, "before_cursor_execute", note)
    for data in (b"<getetag/>", DATA):
        alice.send("REPORT", BOOK, {}, sync(token).replace(b"<getetag/>", data))
    alice.send("PROPFIND", BOOK, {"Depth": "0"}, propfind("CS:getctag", "sync-token"))
    alice.send("PROPFIND", BOOK, {"Depth": "1"}, propfind("getetag"))
    full.directory.write_sightings()
    event.remove(full.store.engine, "before_cursor_execute", note)
    assert set(asked).isdisjoint({"INSERT", "UPDATE", "DELETE"}), set(asked)
