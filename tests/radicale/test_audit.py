"""What is done and what is refused is in the audit trail: who, what, from where, which client."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
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
