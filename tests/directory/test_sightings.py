"""Which clients have copies of a book: what they fetched, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dirserver.assembly import Services, open_services
from dirserver.directory import Reading
from dirserver.directory.access.sightings import copies
from dirserver.errors import StoreUnavailable
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.principal import Client, Principal
from dirserver.model.query import EVERYTHING
from dirserver.store.engine import Store
from dirserver.store.sightings import Sighting
from tests.directory.acts import delete, put, revision
from tests.directory.keys import PHONE, hand_out, login
from tests.organisation import ALICE, BOB, CAROL, HERE, vcard

LAPTOP = Client("carddav", "192.0.2.9", "Thunderbird")

Fetch = Callable[[Reading, VisibleBook], object]

FETCHES: dict[str, Fetch] = {
    "one": lambda reading, view: reading.body(view, "a.vcf"),
    "some": lambda reading, view: list(reading.bodies(view, ["a.vcf"])),
    "all": lambda reading, view: list(reading.bodies(view)),
    "found": lambda reading, view: list(
        reading.matching(view, EVERYTHING, lambda _c, _b: True, ())
    ),
    "changed": lambda reading, view: list(reading.changes(view, 0)),
}


def fetch(
    services: Services, who: Principal, client: Client = PHONE, how: Fetch = FETCHES["all"]
) -> None:
    with services.directory.reading(who, client) as reading:
        how(reading, reading.book("customers", Privilege.READ))


def known(services: Services, since: datetime | None = None) -> list[Sighting]:
    services.directory.write_sightings()
    with services.directory.reading(ALICE, HERE) as reading:
        book = reading.book("customers", Privilege.READ).book
        return copies(reading, book.id, since or datetime(2020, 1, 1, tzinfo=UTC))


def told(services: Services) -> list[tuple[str, str, str, int]]:
    return [(one.login, one.device, one.agent, one.revision) for one in known(services)]


@pytest.mark.parametrize("how", FETCHES.values(), ids=FETCHES)
def test_whoever_is_given_cards_has_copies(each_engine: Services, how: Fetch) -> None:
    put(each_engine, "a.vcf", vcard("a", "Anna"))
    fetch(each_engine, CAROL, how=how)
    assert told(each_engine) == [("carol", "", "DAVx5/4.4", revision(each_engine))]


def test_each_device_and_program_is_known_by_itself(each_engine: Services) -> None:
    put(each_engine, "a.vcf", vcard("a", "Anna"))
    phone = login(each_engine, hand_out(each_engine))
    for who, client in ((phone, PHONE), (ALICE, PHONE), (ALICE, LAPTOP), (BOB, LAPTOP)):
        fetch(each_engine, who, client)
    first = revision(each_engine)
    put(each_engine, "b.vcf", vcard("b", "Ben"))
    fetch(each_engine, BOB, LAPTOP)
    assert told(each_engine) == [
        ("alice", "", "DAVx5/4.4", first),
        ("alice", "", "Thunderbird", first),
        ("alice", "phone", "DAVx5/4.4", first),
        ("bob", "", "Thunderbird", first + 1),
    ]


def test_listings_and_lookups_give_no_copies(each_engine: Services) -> None:
    put(each_engine, "a.vcf", vcard("a", "Anna"))
    fetch(each_engine, ALICE, how=lambda reading, view: list(reading.listing(view)))
    fetch(each_engine, ALICE, Client("ldap", "192.0.2.8"))
    fetch(each_engine, ALICE, Client("cli"))
    assert told(each_engine) == []


def test_who_had_a_card_while_it_was_there_can_be_told(each_engine: Services) -> None:
    put(each_engine, "before.vcf", vcard("before", "Before"))
    fetch(each_engine, CAROL)
    known(each_engine)
    created = datetime.now(UTC)
    put(each_engine, "a.vcf", vcard("a", "Anna"))
    fetch(each_engine, BOB)
    known(each_engine)
    delete(each_engine, "a.vcf")
    removed = datetime.now(UTC)
    fetch(each_engine, ALICE)
    fetch(each_engine, BOB)
    since = {one.login: one for one in known(each_engine, created)}
    # Carol has not been back since.
    assert sorted(since) == ["alice", "bob"]
    assert {one for one in since if since[one].first_at <= removed} == {"bob"}
    assert created <= since["bob"].first_at <= removed <= since["bob"].last_at


def test_a_client_that_finds_nothing_new_is_not_written_again(services: Services) -> None:
    put(services, "a.vcf", vcard("a", "Anna"))
    fetch(services, ALICE)
    (first,) = known(services)
    for _ in range(3):
        fetch(services, ALICE, how=FETCHES["changed"])
    assert known(services) == [first]
    sightings = services.directory.sightings
    later = first.last_at.replace(year=first.last_at.year + 1)
    for _ in range(2):
        sightings.fetched(first.book_id, ALICE, PHONE, first.revision, later)
    assert known(services) == [replace(first, last_at=later)]


def test_what_cannot_be_written_is_written_later(services: Services) -> None:
    put(services, "a.vcf", vcard("a", "Anna"))
    fetch(services, ALICE)
    broken = services.config.path.with_name("broken.db")
    broken.write_bytes(b"no database" * 1000)
    store = Store(f"sqlite:///{broken}")
    with pytest.raises(StoreUnavailable):
        services.directory.sightings.flush(store)
    store.close()
    assert [one.login for one in known(services)] == ["alice"]


def test_a_new_config_forgets_nobody(services: Services) -> None:
    put(services, "a.vcf", vcard("a", "Anna"))
    fetch(services, ALICE)
    reloaded = open_services(services.config, before=services)
    assert [one.login for one in known(reloaded)] == ["alice"]
