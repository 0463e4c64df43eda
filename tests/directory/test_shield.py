"""The shield: who takes too much out of a book is stopped there, and nothing is lost by it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from dirserver.assembly import Services, open_services
from dirserver.config.schema import Shield
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.principal import Client, Principal
from dirserver.store.tables import card_version, stopped_client
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import events, import_all, listing, rows
from tests.directory.keys import PHONE, hand_out, login, release, revoke
from tests.organisation import ADMIN, ALICE, BOB, HERE, vcard

CARDS = 60
CLI = Client("cli", "", "dirserver")
ONLY_SHIELD = AuditFilter(action="shield")


def fill(services: Services, number: int = CARDS) -> None:
    bodies = [vcard(f"c{n}", f"Card {n}", f"TEL:+49 30 {n:06}", "NOTE:x") for n in range(number)]
    import_all(services, bodies)


@pytest.fixture
def filled(services: Services) -> Services:
    fill(services)
    return services


@pytest.fixture
def filled_each(each_engine: Services) -> Services:
    fill(each_engine)
    return each_engine


def delete(services: Services, n: int, who: Principal = ALICE, client: Client = PHONE) -> None:
    with services.directory.writing(who, client) as writing:
        writing.delete_card("customers", f"c{n}.vcf")


def blank(services: Services, n: int, who: Principal = ALICE, client: Client = PHONE) -> None:
    with services.directory.writing(who, client) as writing:
        writing.put_card("customers", f"c{n}.vcf", vcard(f"c{n}", "Nobody"))


def move_out(services: Services, n: int, who: Principal = ALICE, client: Client = PHONE) -> None:
    with services.directory.writing(who, client) as writing:
        writing.move_card("customers", f"c{n}.vcf", "staff", f"c{n}.vcf", overwrite=False)


def rename(services: Services, n: int, who: Principal = ALICE, client: Client = PHONE) -> None:
    with services.directory.writing(who, client) as writing:
        writing.move_card("customers", f"c{n}.vcf", "customers", f"r{n}.vcf", overwrite=False)


def may(services: Services, who: Principal = ALICE, slug: str = "customers") -> Privilege:
    with services.directory.reading(who, PHONE) as reading:
        return reading.book(slug, Privilege.READ).access


def versions(services: Services) -> int:
    ((number,),) = rows(services, select(func.count()).select_from(card_version))
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize("take", [delete, blank, move_out])
def test_the_card_that_is_too_much_stays_and_so_do_all_after_it(
    filled_each: Services, take: Callable[..., None]
) -> None:
    for n in range(20):
        take(filled_each, n)
    assert may(filled_each) is Privilege.MANAGE
    left, before = len(listing(filled_each)), versions(filled_each)
    for n in range(20, 25):
        with pytest.raises(AccessDenied, match="stopped: 20 of 60 cards deleted or made blank"):
            take(filled_each, n)
    with pytest.raises(AccessDenied), filled_each.directory.writing(ALICE, PHONE) as writing:
        writing.put_card("customers", "new.vcf", vcard("new", "New"))
    assert (len(listing(filled_each)), versions(filled_each)) == (left, before)
    # In that book alone, and that client alone.
    assert may(filled_each) is Privilege.READ
    assert may(filled_each, slug="staff") is Privilege.WRITE
    assert may(filled_each, BOB) is Privilege.WRITE
    delete(filled_each, 59, BOB)


def test_the_trail_and_the_log_say_who_was_stopped_and_what_to_do(
    filled: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    phone = login(filled, hand_out(filled, "alice iphone"))
    for n in range(20):
        delete(filled, n, phone)
    assert not caplog.records
    for n in (20, 21):
        with pytest.raises(AccessDenied):
            delete(filled, n, phone)
    (stop,) = events(filled, ONLY_SHIELD)
    assert (stop.event.actor, stop.event.device, stop.event.book) == (
        "alice",
        "alice iphone",
        "customers",
    )
    said = "20 of 60 cards deleted or made blank in 10 minutes, the next one refused"
    assert stop.event.detail == said
    assert (stop.event.protocol, stop.event.address) == ("carddav", "192.0.2.7")
    refused = [
        (one.event.card, one.event.detail)
        for one in events(filled, AuditFilter(device="alice iphone"))
        if one.event.outcome is Outcome.REFUSED
    ]
    assert refused == [(f"c{n}.vcf", f"stopped: {said}") for n in (20, 21)]
    assert [record.getMessage() for record in caplog.records] == [
        f"shield: alice, alice iphone was stopped from writing to customers: {said}. If it was "
        "right: dirserver device release alice 'alice iphone' --book customers. If not, undo it "
        "first."
    ]


def test_a_client_that_was_released_begins_anew(filled_each: Services) -> None:
    phone = login(filled_each, hand_out(filled_each))
    for n in range(20):
        delete(filled_each, n, phone)
    with pytest.raises(AccessDenied):
        delete(filled_each, 20, phone)
    assert release(filled_each, "other") == 0
    with pytest.raises(AccessDenied):
        delete(filled_each, 20, phone)
    assert release(filled_each, "phone") == 1
    for n in range(20, 40):
        delete(filled_each, n, phone)
    with pytest.raises(AccessDenied, match="20 of 40"):
        delete(filled_each, 40, phone)
    assert release(filled_each) == 1
    told = [one.event for one in events(filled_each, AuditFilter(action="device:release"))]
    assert [(one.actor, one.book, one.detail) for one in told] == [
        ("root", "customers", "alice's device phone")
    ] * 2
    assert len(rows(filled_each, select(stopped_client.c.id))) == 2


def test_only_who_manages_the_book_releases(filled: Services) -> None:
    for n in range(20):
        delete(filled, n, BOB)
    with pytest.raises(AccessDenied):
        delete(filled, 20, BOB)
    with pytest.raises(AccessDenied):
        release(filled, "", "bob", who=BOB)
    assert release(filled, "", "bob", who=ALICE) == 1
    assert [str(one.event.action) for one in events(filled, AuditFilter(action="device"))] == [
        "device:release",
        "device:release",
    ]


def test_devices_and_the_own_password_are_clients_of_their_own(filled: Services) -> None:
    phone, tablet = (login(filled, hand_out(filled, name)) for name in ("phone", "tablet"))
    for n, who in enumerate([ALICE, phone, tablet] * 15):
        delete(filled, n, who)
    assert may(filled, phone) is Privilege.MANAGE


def test_another_phone_of_the_same_name_is_not_stopped(filled: Services) -> None:
    phone = login(filled, hand_out(filled))
    for n in range(20):
        delete(filled, n, phone)
    with pytest.raises(AccessDenied):
        delete(filled, 20, phone)
    revoke(filled)
    assert may(filled, login(filled, hand_out(filled))) is Privilege.MANAGE


def test_what_is_still_in_the_book_was_not_taken(filled_each: Services) -> None:
    for n in range(30):
        rename(filled_each, n)
    for n in range(30, 50):
        # Back again as it was, with its key.
        move_out(filled_each, n)
        with filled_each.directory.writing(ALICE, PHONE) as writing:
            writing.move_card("staff", f"c{n}.vcf", "customers", f"c{n}.vcf", overwrite=False)
    for n in range(30, 50):
        delete(filled_each, n)
    with pytest.raises(AccessDenied, match="20 of 60"):
        delete(filled_each, 50)


def test_a_card_that_is_moved_away_under_another_is_taken(filled: Services) -> None:
    fill(filled)
    for n in range(20):
        with filled.directory.writing(ALICE, PHONE) as writing:
            writing.put_card("staff", f"s{n}.vcf", vcard(f"c{n}", f"Staff {n}"))
            writing.move_card("staff", f"s{n}.vcf", "customers", f"c{n}.vcf", overwrite=True)
    with pytest.raises(AccessDenied, match="20 of 80"):
        delete(filled, 20)


def test_what_was_taken_long_ago_does_not_count(filled: Services) -> None:
    for n in range(20):
        delete(filled, n)
    earlier = datetime.now(UTC) - timedelta(minutes=11)
    with filled.store.writing() as connection:
        connection.execute(update(card_version).values(at=earlier))
    for n in range(20, 40):
        delete(filled, n)
    with pytest.raises(AccessDenied, match="20 of 40"):
        delete(filled, 40)


def test_the_command_line_is_not_stopped(filled: Services) -> None:
    for n in range(25):
        delete(filled, n, ALICE, CLI)
    # What was done there does not count against the phone either.
    for n in range(25, 45):
        delete(filled, n)
    with pytest.raises(AccessDenied):
        delete(filled, 45)
    # And whoever was stopped with a phone may clean up after it there.
    delete(filled, 45, ALICE, CLI)
    delete(filled, 46, ADMIN, CLI)


def test_a_large_book_may_lose_its_tenth(services: Services) -> None:
    fill(services, 300)
    for n in range(30):
        delete(services, n)
    with pytest.raises(AccessDenied, match="30 of 300"):
        delete(services, 30)


def test_a_small_book_may_be_emptied(services: Services) -> None:
    fill(services, 20)
    for n in range(20):
        delete(services, n)
    assert listing(services) == {}


def test_limits_are_the_configs(services: Services) -> None:
    fill(services)

    def with_(shield: Shield) -> Services:
        return open_services(replace(services.config, shield=shield), before=services)

    loose = with_(Shield(enabled=False))
    for n in range(25):
        delete(loose, n)
    strict = with_(Shield(cards=1, percent=1, minutes=1))
    with pytest.raises(AccessDenied, match="25 of 60 cards deleted or made blank in 1 minute,"):
        delete(strict, 25)
    # To switch it off lets nobody go who was stopped.
    with pytest.raises(AccessDenied, match="stopped"):
        delete(loose, 25)


def test_another_process_stops_the_client_too(filled_each: Services) -> None:
    other = open_services(filled_each.config)
    delete(other, 59)
    for n in range(19):
        delete(filled_each, n)
    with pytest.raises(AccessDenied):
        delete(filled_each, 19)
    assert may(other) is Privilege.READ
    with pytest.raises(AccessDenied, match="stopped"):
        delete(other, 19)
    (told,) = events(other, ONLY_SHIELD)
    assert told.event.action is AuditAction.SHIELD_STOP
    other.store.close()


def test_a_blanked_card_is_a_blank_version(filled: Services) -> None:
    blank(filled, 1)
    with filled.directory.writing(ALICE, HERE) as writing:
        writing.put_card("customers", "c2.vcf", vcard("c2", "Card 2", "TEL:1", "NOTE:y"))
        writing.put_card("customers", "new.vcf", vcard("new", "New"))
    operations = select(card_version.c.href, card_version.c.operation).where(
        card_version.c.operation != "import"
    )
    assert rows(filled, operations) == [
        ("c1.vcf", "blank"),
        ("c2.vcf", "put"),
        ("new.vcf", "put"),
    ]
