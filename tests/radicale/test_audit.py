"""What is done and what is refused is in the audit trail: who, what, from where, which client."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from dirserver.assembly import Services
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.model.audit import AuditEvent
from dirserver.store.trail import audit
from dirserver.store.trail.audit import AuditFilter
from tests.organisation import PASSWORD
from tests.radicale.dav_client import DAVClient


def trail(services: Services, *, since: int = 0) -> list[AuditEvent]:
    """Return the events that came over CardDAV, but for the first ``since``."""
    with services.store.reading() as connection:
        written = [each.event for each in audit.read(connection, AuditFilter())]
    return [event for event in written if event.protocol == "carddav"][since:]


def told(event: AuditEvent) -> str:
    """Return an event in one line."""
    return f"{event.actor} {event.action} {event.outcome} {event.book}/{event.card} {event.detail}"


def test_every_write_is_told(alice: DAVClient, services: Services) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    alice.say(["PUT /alice/customers/anna.vcf", "<anna2.vcf"])
    alice.say(["MOVE /alice/customers/anna.vcf", "Destination: /alice/staff/a.vcf"])
    alice.say(["DELETE /alice/staff/a.vcf"])
    assert [told(event).split(" etag ")[0] for event in trail(services)] == [
        "alice card:create done customers/anna.vcf",
        "alice card:update done customers/anna.vcf",
        "alice card:move done customers/anna.vcf to staff/a.vcf",
        "alice card:move done staff/a.vcf from customers/anna.vcf",
        "alice card:delete done staff/a.vcf ",
    ]


def test_an_event_names_address_and_client(alice: DAVClient, services: Services) -> None:
    client = DAVClient(alice.application, "alice", files=alice.files, address="198.51.100.3")
    client.say(["PUT /alice/customers/a.vcf", "User-Agent: DAVx5/4.5 \x1b[31m", "<anna.vcf"])
    (event,) = trail(services)
    assert (event.address, event.agent) == ("198.51.100.3", "DAVx5/4.5 [31m")


LACK = "no grant of write on customers; that to group:support (config file) gives only read"


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        (
            "PUT /carol/customers/x.vcf",
            f"card:update refused customers/x.vcf {LACK}",
        ),
        (
            "DELETE /carol/customers/x.vcf",
            f"card:delete refused customers/x.vcf {LACK}",
        ),
        (
            "PUT /carol/nothing/x.vcf",
            "card:update refused nothing/x.vcf there is no book nothing",
        ),
        ("PUT /alice/secret/x.vcf", "card:update refused / no right to make /alice/secret/x.vcf"),
        ("PUT /a/b/c/d.vcf", "book:change refused / no right to make /a/b/c/d.vcf"),
        (
            "DELETE /alice/secret/x.vcf",
            "card:delete refused / no right to take away /alice/secret/x.vcf",
        ),
        (
            "DELETE /carol/customers/",
            "book:archive refused customers/ the book belongs to the config file",
        ),
        ("DELETE /carol/secret/", "book:archive refused secret/ no grant of read on secret"),
        ("PROPPATCH /carol/secret/", "book:change refused secret/ no grant of read on secret"),
        ("MKCOL /carol/new/", "book:add refused new/ this user has no books of their own"),
        ("MKCOL /alice/new/", "book:add refused / no right to make /alice/new/"),
        (
            "COPY /carol/staff/x.vcf",
            f"card:copy refused customers/y.vcf {LACK}",
        ),
        (
            "MOVE /carol/customers/x.vcf",
            f"card:move refused customers/x.vcf {LACK}",
        ),
        (
            "MOVE /alice/customers/x.vcf",
            "card:move refused / no right to take away /alice/customers/x.vcf",
        ),
    ],
)
def test_every_refusal_is_told_once(
    carol: DAVClient, services: Services, request_line: str, expected: str
) -> None:
    heard = carol.say([request_line, "Destination: /carol/customers/y.vcf", "<anna.vcf"])
    assert heard[0] == "403"
    assert [told(event) for event in trail(services)] == [f"carol {expected}"]


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/alice/", "/alice/"),
        ("/alice/secret/", "/alice/"),
        ("/alice/secret/x.vcf", "/alice/"),
        ("/group:support/", "/group:support/"),
        ("/zeno/", "an address where nothing can be"),
        ("/carol/a/b/c", "an address where nothing can be"),
    ],
)
def test_a_look_where_others_are_at_home_is_told(
    erin: DAVClient, services: Services, method: str, path: str, place: str
) -> None:
    line = f"{method} {path}"
    heard = erin.say([line, "Depth: 1"])
    assert heard[0] == "403"
    assert [told(event) for event in trail(services)] == [
        f"erin card:read refused / no right to read {place}"
    ]
    # Others' homes and those of nobody are answered alike.
    absent = erin.say([f"{method} /nobody/", "Depth: 1"])
    assert [one.replace("/nobody/", quote(path)) for one in absent] == heard


def test_looks_are_told_of_once_an_hour_for_each_home(erin: DAVClient, services: Services) -> None:
    for number in range(20):
        erin.say([f"PROPFIND /alice/{number}/", "Depth: 0"])
        erin.say([f"GET /bob/{number}/x.vcf"])
        erin.say([f"PROPFIND /nobody{number}/", "Depth: 0"])
    assert [event.detail for event in trail(services)] == [
        "no right to read /alice/",
        "no right to read /bob/",
        "no right to read an address where nothing can be",
    ]


def test_strangers_do_not_fill_the_trail(nobody: DAVClient, services: Services) -> None:
    for method in ("PROPFIND", "REPORT", "GET", "PUT"):
        assert nobody.say([f"{method} /alice/secret/x.vcf", "<nocard.vcf"])[0] == "401"
    assert trail(services) == []


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("nocard.vcf", "line 1: a card begins with BEGIN:VCARD"),
        # What it says of its version is not told: that is text of the card.
        ("old.vcf", "it is neither vCard 3.0 nor 4.0"),
        ("large.vcf", "it has more than"),
    ],
)
def test_what_is_no_card_is_told_once_an_hour(
    bob: DAVClient, services: Services, file: str, why: str
) -> None:
    bob.files = {
        **bob.files,
        "nocard.vcf": b"hello there\r\n",
        "old.vcf": b"BEGIN:VCARD\r\nVERSION:Secret\r\nFN:A\r\nEND:VCARD\r\n",
        "large.vcf": b" " * (MAX_CARD_BYTES + 1),
    }
    for number in range(3):
        heard = bob.say([f"PUT /bob/customers/{number}.vcf", f"<{file}"])
        assert heard[0] == "403"
    (event,) = trail(services)
    assert told(event).startswith(
        f"bob card:update refused customers/ no card that can be kept: {why}"
    )
    assert "Secret" not in event.detail


def test_what_is_no_card_names_no_book_that_there_is_not(
    bob: DAVClient, services: Services
) -> None:
    bob.files = {**bob.files, "large.vcf": b" " * (MAX_CARD_BYTES + 1)}
    for number in range(3):
        assert bob.say([f"PUT /bob/none{number}/x.vcf", "<large.vcf"])[0] == "403"
    (event,) = trail(services)
    assert (event.book, event.card) == ("", "")


def test_a_failed_login_is_told_without_its_password(alice: DAVClient, services: Services) -> None:
    DAVClient(alice.application, "alice", "not it").say(["PROPFIND /"])
    DAVClient(alice.application, "zeno@example.org", PASSWORD).say(["PROPFIND /"])
    events = trail(services)
    alias = services.authenticator.attempts.alias
    assert [told(event) for event in events] == [
        "alice login refused / wrong password",
        f"{alias('zeno@example.org')} login refused / no such user",
    ]
    assert not [event for event in events if "not it" in repr(event) or PASSWORD in repr(event)]


def test_reading_leaves_no_trace(alice: DAVClient, services: Services) -> None:
    """Clients ask every few minutes for years; the access log has that."""
    for line in ("PROPFIND /alice/", "HEAD /alice/staff/", "PROPFIND /bob/", "OPTIONS /"):
        alice.say([line, "Depth: 1"])
    assert trail(services) == []


def test_a_book_that_is_taken_as_a_file_is_told(alice: DAVClient, services: Services) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    heard = alice.say(["GET /alice/customers/"])
    etag = next(line for line in heard if line.startswith("ETag"))
    last = trail(services)[-1]
    assert told(last) == "alice card:export done customers/ 1 card in one file"
    # Who has it already takes nothing.
    number = len(trail(services))
    heard = alice.say(["GET /alice/customers/", f"If-None-Match: {etag.partition(' ')[2]}"])
    assert heard[0] == "304"
    assert len(trail(services)) == number
