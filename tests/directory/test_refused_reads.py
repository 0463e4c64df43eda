"""Whoever is refused to look into a book is told of, and not each time that they ask again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dirserver.assembly import Services, open_services
from dirserver.directory.repeats import Repeats
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.principal import ANONYMOUS, Client, Principal
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import events
from tests.organisation import ADMIN, BOB, DAVE, ERIN, HERE

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHONE = Client("carddav", "192.0.2.9", "phone/1.0")


def look(services: Services, who: Principal, book: str = "secret", client: Client = HERE) -> None:
    with (
        pytest.raises(AccessDenied),
        services.directory.reading(who, client) as reading,
    ):
        reading.book(book, Privilege.READ)


def refused(services: Services) -> list[tuple[str, str, str]]:
    told = [found.event for found in events(services)]
    return [
        (one.actor, one.book, one.protocol)
        for one in told
        if one.outcome is Outcome.REFUSED and one.action is AuditAction.CARD_READ
    ]


def test_a_refused_look_is_told_with_who_where_and_why(each_engine: Services) -> None:
    look(each_engine, BOB)
    assert refused(each_engine) == [("bob", "secret", "test")]
    said = events(each_engine)[-1].event
    assert (said.address, said.agent) == ("192.0.2.7", "pytest")
    assert said.detail.startswith("no grant of read on secret")


def test_hidden_and_absent_are_told_alike_and_nobodys_looks_are_not(each_engine: Services) -> None:
    look(each_engine, ERIN, "nothere")
    look(each_engine, ANONYMOUS)
    look(each_engine, ADMIN, "nothere")
    assert refused(each_engine) == [("erin", "nothere", "test")]


def test_a_client_that_asks_again_and_again_is_told_of_once(services: Services) -> None:
    for _ in range(5):
        look(services, BOB, client=PHONE)
    look(services, BOB)
    look(services, ERIN, client=PHONE)
    assert refused(services) == [
        ("bob", "secret", "carddav"),
        ("bob", "secret", "test"),
        ("erin", "secret", "carddav"),
    ]


def test_what_is_allowed_is_not_told(services: Services) -> None:
    with services.directory.reading(BOB, HERE) as reading:
        reading.book("customers", Privilege.READ)
    assert refused(services) == []


def test_after_an_hour_it_is_told_again_and_memory_is_bounded() -> None:
    repeats = Repeats()

    def told(book: str, at: datetime) -> bool:
        return bool(repeats.first_of([AuditEvent(AuditAction.CARD_READ, "bob", book=book)], at))

    assert told("secret", NOW)
    assert not told("secret", NOW + timedelta(minutes=59))
    assert told("secret", NOW + timedelta(minutes=61))
    for number in range(12_000):
        assert told(f"book-{number}", NOW)
    assert len(repeats._told) <= 10_000


def test_a_reload_does_not_forget_what_was_told(services: Services) -> None:
    look(services, BOB)
    look(open_services(services.config, before=services), BOB)
    assert refused(services) == [("bob", "secret", "test")]


def test_a_look_is_told_of_once_an_hour_also_where_it_was_to_be_written(
    services: Services,
) -> None:
    for _ in range(3):
        with pytest.raises(AccessDenied), services.directory.writing(DAVE, HERE) as writing:
            writing.book("customers", Privilege.WRITE)
        with pytest.raises(AccessDenied), services.directory.writing(DAVE, HERE) as writing:
            writing.put_card("customers", "x.vcf", b"")
    told = [one.event.action for one in events(services, AuditFilter(actor="dave"))]
    # What was to be changed is told of each time.
    assert told == [AuditAction.CARD_READ, *[AuditAction.CARD_UPDATE] * 3]
