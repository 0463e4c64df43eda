"""Who looked up whom, where the audit trail is to have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver.directory.lookups import Detail, Lookups
from dirserver.errors import StoreUnavailable
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.query import EVERYTHING, And, Equals, Not, Or, Present, Substring, fields_of
from tests.directory import persons
from tests.directory.acts import events, put
from tests.organisation import ALICE, BOB, HERE, open_organisation, vcard, write_config

NOON = datetime(2030, 6, 1, 12, 10, tzinfo=UTC)
BEIS = Substring(Field.FULL_NAME, any=("beispiel",))


def telling(directory: Path, url: str, reads: str) -> Services:
    path = write_config(directory, url)
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[audit]\nreads = "{reads}"\n', "utf-8")
    services = open_organisation(path)
    put(services, "anna.vcf", vcard("anna", "Anna Beispiel", "EMAIL:anna@kunde.example"))
    put(services, "bert.vcf", vcard("bert", "Bert Beispiel"))
    put(services, "clara.vcf", vcard("clara", "Clara Beispiel"), slug="staff")
    return services


@pytest.fixture
def full(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """The organisation, whose audit trail has every lookup, on each engine."""
    services = telling(tmp_path, database_url, "full")
    yield services
    services.store.close()


@pytest.fixture
def summary(tmp_path: Path) -> Iterator[Services]:
    """The organisation, whose audit trail sums lookups up."""
    services = telling(tmp_path, "sqlite:///test.db", "summary")
    yield services
    services.store.close()


def reads(services: Services) -> list[AuditEvent]:
    return [one.event for one in events(services) if one.event.action is AuditAction.CARD_READ]


def key(services: Services, name: str) -> str:
    (person,) = persons.find(services, name).people
    return person.cards[0].key


def test_a_search_is_told_before_its_first_card_by_fields_and_keys(full: Services) -> None:
    with full.directory.reading(BOB, HERE) as reading:
        found = reading.search(And((BEIS, Present(Field.MAIL))), reading.books(Privilege.SEARCH))
        assert reads(full) == []
        next(found)
        (event,) = reads(full)
    anna = key(full, "anna")
    assert event == AuditEvent(
        AuditAction.CARD_READ,
        "bob",
        book="customers",
        detail=f"1 card, by full_name, mail: {anna}",
        protocol="test",
        address="192.0.2.7",
        agent="pytest",
    )


def test_each_book_has_an_event_of_its_own(full: Services) -> None:
    with full.directory.reading(BOB, HERE) as reading:
        assert len(list(reading.search(BEIS, reading.books(Privilege.SEARCH)))) == 3
    assert [(one.book, one.detail.partition(":")[0]) for one in reads(full)] == [
        ("customers", "2 cards, by full_name"),
        ("staff", "1 card, by full_name"),
    ]


def test_a_card_that_only_shows_that_there_are_more_is_not_told(full: Services) -> None:
    with full.directory.reading(BOB, HERE) as reading:
        views = reading.books(Privilege.SEARCH)
        assert len(list(reading.search(BEIS, views, 1, beyond=1))) == 2
        assert len(list(reading.cards_found(BEIS, views, 2, beyond=1))) == 3
    assert [one.detail for one in reads(full)] == [
        f"1 card, by full_name: {key(full, 'anna')}",
        f"2 cards, by full_name: {key(full, 'anna')}, {key(full, 'bert')}",
    ]


def test_cards_that_are_fetched_are_told_and_those_that_are_not_there_are_not(
    full: Services,
) -> None:
    with full.directory.reading(BOB, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        assert list(reading.listing(view))
        assert list(reading.changes(view, 0))
        assert len(reading.lengths(view)) == 2
        assert reading.has_key([view], "x") is False
        assert list(reading.search(Equals(Field.MAIL, "no@body"), [view])) == []
        assert reads(full) == []
        reading.body(view, "anna.vcf")
        assert len(list(reading.bodies(view, ["bert.vcf", "none.vcf"]))) == 1
        list(reading.bodies(view))
        meant = reading.matching(view, EVERYTHING, lambda card, _: card.uid == "bert", ["X-Y"])
        assert len(list(meant)) == 1
    anna, bert = key(full, "anna"), key(full, "bert")
    assert [(one.card, one.detail) for one in reads(full)] == [
        ("anna.vcf", f"1 card: {anna}"),
        ("", f"1 card: {bert}"),
        ("", "all: 2 cards"),
        ("", f"1 card, by X-Y: {bert}"),
    ]


def test_whoever_asks_what_is_kept_of_them_learns_who_looked(full: Services) -> None:
    with full.directory.reading(BOB, HERE) as reading:
        list(reading.search(BEIS, reading.books(Privilege.SEARCH)))
    (person,) = persons.find(full, "anna").people
    assert [one.event.actor for one in person.lookups] == ["bob"]


def test_a_write_is_no_lookup(full: Services) -> None:
    with full.directory.writing(ALICE, HERE) as writing:
        writing.body(writing.book("customers", Privilege.READ), "anna.vcf")
    assert reads(full) == []


def test_a_long_answer_is_told_part_by_part(services: Services) -> None:
    told: list[AuditEvent] = []
    lookups = Lookups(Detail.FULL, told.extend)
    event = AuditEvent(AuditAction.CARD_READ, "bob", book="b")
    rows = lookups.followed(map(str, range(250)), lambda row: (event, row))
    assert next(rows) == "0"
    assert [one.detail.partition(":")[0] for one in told] == ["100 cards"]
    assert len(list(rows)) == 249
    assert [one.detail.partition(":")[0] for one in told] == ["100 cards", "100 cards", "50 cards"]


def test_a_trail_that_cannot_be_written_keeps_the_cards_in(services: Services) -> None:
    def refuse(_events: list[AuditEvent]) -> None:
        raise StoreUnavailable("gone")

    lookups = Lookups(Detail.FULL, refuse)
    event = AuditEvent(AuditAction.CARD_READ, "bob", book="b")
    with pytest.raises(StoreUnavailable):
        next(lookups.followed(["k"], lambda row: (event, row)))


def test_a_summary_counts_and_is_written_in_the_end(summary: Services) -> None:
    for _ in range(3):
        with summary.directory.reading(BOB, HERE) as reading:
            list(reading.search(BEIS, reading.books(Privilege.SEARCH)))
    assert reads(summary) == []
    summary.directory.tell_lookups()
    assert reads(summary) == []
    summary.directory.tell_lookups(unfinished=True)
    told = {one.book: one.detail.partition(" cards")[0] for one in reads(summary)}
    assert told == {"customers": "3 lookups, 6", "staff": "3 lookups, 3"}
    summary.directory.tell_lookups(unfinished=True)
    assert len(reads(summary)) == 2


def test_nothing_is_told_by_default(services: Services) -> None:
    put(services, "anna.vcf", vcard("anna", "Anna Beispiel"))
    with services.directory.reading(BOB, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        list(reading.search(BEIS, [view]))
        reading.body(view, "anna.vcf")
    services.directory.tell_lookups(unfinished=True)
    assert reads(services) == []


@contextmanager
def counting(told: list[AuditEvent], now: list[datetime]) -> Iterator[Lookups]:
    lookups = Lookups(Detail.SUMMARY, told.extend, lambda: now[0])
    yield lookups
    lookups.flush(unfinished=True)


EVENT = AuditEvent(AuditAction.CARD_READ, "bob", book="b", device="iphone")


def test_hours_are_summed_up_when_they_are_over() -> None:
    told: list[AuditEvent] = []
    now = [NOON]
    with counting(told, now) as lookups:
        lookups.single(EVENT, "k1")
        list(lookups.followed(["k1", "k2"], lambda one: (EVENT, one)))
        lookups.whole(EVENT, 40)
        now[0] += timedelta(minutes=49)
        lookups.flush()
        assert told == []
        now[0] += timedelta(minutes=1)
        # The first lookup of another hour is as good as a clock.
        lookups.single(EVENT, "k1")
        assert [(one.device, one.detail) for one in told] == [
            ("iphone", "3 lookups, 43 cards, 2030-06-01 12:00 to 13:00 UTC")
        ]
    assert told[1].detail == "1 lookup, 1 card, 2030-06-01 13:00 to 14:00 UTC"


def test_what_could_not_be_written_is_written_later() -> None:
    told: list[AuditEvent] = []
    broken = [True]

    def record(events: list[AuditEvent]) -> None:
        if broken[0]:
            raise StoreUnavailable("gone")
        told.extend(events)

    lookups = Lookups(Detail.SUMMARY, record, lambda: NOON)
    lookups.single(EVENT, "k1")
    with pytest.raises(StoreUnavailable):
        lookups.flush(unfinished=True)
    lookups.single(EVENT, "k1")
    broken[0] = False
    lookups.flush(unfinished=True)
    assert [one.detail.partition(",")[0] for one in told] == ["2 lookups"]


def test_the_fields_of_a_query_are_all_that_it_tests() -> None:
    query = Or((And((BEIS, Not(Present(Field.NOTE)))), EVERYTHING))
    assert fields_of(query) == {Field.FULL_NAME, Field.NOTE}
    assert fields_of(EVERYTHING) == frozenset()
