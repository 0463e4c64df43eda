"""Cards that break the standards of their book: reported, repaired, held back, or not taken."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from dirserver.assembly import Services
from dirserver.directory.standards import quality
from dirserver.directory.standards.fixing import fix, repairs
from dirserver.errors import AccessDenied, BreaksStandards, ErasedPerson
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts
from dirserver.model.principal import Client
from dirserver.model.query import EVERYTHING
from dirserver.store.tables import quarantine
from tests.directory import persons
from tests.directory.acts import delete, events, get, import_all, move, put, revision, rows
from tests.directory.past import life, restore, take_back
from tests.directory.standards import with_standards
from tests.organisation import ADMIN, ALICE, BOB, DAVE, HERE, vcard

PHONES = ('phones = "e164"', 'phones = "repair"')
NEEDS_MAIL = 'required = ["EMAIL"]'
ANNA = vcard("anna", "Anna Müller", "TEL:030/901820")
REPAIRED = ANNA.replace(b"030/901820", b"+4930901820")
BEN = vcard("ben", "Ben Beispiel", "EMAIL:ben@example.org")


def told(services: Services, number: int) -> list[str]:
    """Return the last events, each in a line, without etags."""
    last = [one.event for one in events(services)][-number:]
    return [
        f"{one.actor} {one.action} {one.outcome} {one.card} {one.detail.partition('etag')[0]}"
        for one in last
    ]


def found_by_dave(services: Services) -> int:
    with services.directory.reading(DAVE, HERE) as reading:
        views = [reading.book("customers", Privilege.SEARCH)]
        count = len(list(reading.search(EVERYTHING, views)))
        assert count == len(list(reading.cards_found(EVERYTHING, views)))
        return count


def test_a_repair_is_a_version_of_its_own_after_the_clients(each_engine: Services) -> None:
    services = with_standards(each_engine, *PHONES)
    stored = put(services, "anna.vcf", ANNA, who=BOB)
    card, body = get(services, "anna.vcf")
    assert body == REPAIRED
    first, second = life(services, card.key)
    assert (first.actor, first.operation, first.etag) == ("bob", "put", stored.etag)
    assert (second.actor, second.operation, second.etag) == ("standards", "repair", card.etag)
    assert second.revision == first.revision + 1
    assert stored.etag != card.etag
    assert told(services, 2) == [
        "bob card:create done anna.vcf ",
        "standards card:repair done anna.vcf phones",
    ]


def test_what_keeps_to_the_standards_is_one_version(each_engine: Services) -> None:
    services = with_standards(each_engine, *PHONES)
    put(services, "anna.vcf", REPAIRED)
    card, _ = get(services, "anna.vcf")
    assert len(life(services, card.key)) == 1


def test_a_repair_goes_when_what_it_repaired_is_taken_back(each_engine: Services) -> None:
    services = with_standards(each_engine, *PHONES)
    put(services, "anna.vcf", REPAIRED, who=ALICE)
    put(services, "anna.vcf", ANNA.replace(b"901820", b"55 17"), who=BOB)
    (outcome,) = take_back(services, Acts(login="bob"))
    assert not outcome.conflicts
    assert get(services, "anna.vcf")[1] == REPAIRED


def test_a_repair_alone_can_be_taken_back_and_stays_so(each_engine: Services) -> None:
    services = with_standards(each_engine, *PHONES)
    put(services, "anna.vcf", ANNA, who=BOB)
    (outcome,) = take_back(services, Acts(login="standards"))
    assert not outcome.conflicts
    assert get(services, "anna.vcf")[1] == ANNA


def test_a_card_that_is_not_taken_leaves_nothing_but_its_refusal(each_engine: Services) -> None:
    services = with_standards(each_engine, NEEDS_MAIL, 'required = "reject"')
    with pytest.raises(BreaksStandards) as refused:
        put(services, "anna.vcf", ANNA, who=BOB)
    assert refused.value.reasons == ("there is no e-mail address",)
    assert told(services, 1) == [
        "bob card:create refused  breaks the standards: required",
    ]
    put(services, "ben.vcf", BEN)
    put(services, "staff.vcf", ANNA, slug="staff")
    with pytest.raises(BreaksStandards):
        move(services, "staff.vcf", "anna.vcf", slug="staff", to_slug="customers")
    with (
        pytest.raises(BreaksStandards),
        services.directory.writing(ALICE, HERE) as writing,
    ):
        writing.copy_card("staff", "staff.vcf", "customers", "anna.vcf", overwrite=False)
    assert get(services, "staff.vcf", slug="staff")[1] == ANNA


def test_what_is_in_the_book_may_stay_move_and_come_back(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    key = get(each_engine, "anna.vcf")[0].key
    services = with_standards(each_engine, NEEDS_MAIL, 'required = "reject"')
    move(services, "anna.vcf", "a.vcf")
    delete(services, "a.vcf")
    restore(services, life(services, key)[0])
    assert [body for name in ("anna.vcf", "a.vcf") for body in bodies(services, name)] == [ANNA]


def bodies(services: Services, href: str) -> list[bytes]:
    with services.directory.reading(ALICE, HERE) as reading:
        return [
            body for _, body in reading.bodies(reading.book("customers", Privilege.READ), [href])
        ]


def test_an_import_leaves_out_what_is_not_taken_and_repairs_the_rest(each_engine: Services) -> None:
    rules = f"{NEEDS_MAIL}\n{PHONES[0]}"
    services = with_standards(each_engine, rules, f'required = "reject"\n{PHONES[1]}')
    cora = vcard("cora", "Cora", "EMAIL:c@example.org", "TEL:030/1234567")
    count = import_all(services, [ANNA, BEN, cora])
    assert (count.created, count.total) == (2, 3)
    assert [why.rules for why in count.rejected.values()] == [("required",)]
    assert told(services, 3) == [
        "alice card:import done  import 1, people.vcf: 2 new, 0 changed, 0 as before",
        "alice card:import refused  1 card that breaks the standards: required",
        "standards card:repair done  batch 1, 1 card: phones (1)",
    ]
    assert b"+49301234567" in get(services, "cora.vcf")[1]
    # With the import, its repairs go.
    assert len(take_back(services, Acts(batch=1))) == 2
    assert bodies(services, "cora.vcf") == []


def test_the_same_import_again_changes_nothing_that_was_repaired(each_engine: Services) -> None:
    services = with_standards(each_engine, *PHONES)
    bodies = [ANNA, ANNA.replace(b"UID:anna\r\n", b"")]
    assert import_all(services, bodies).created == 2
    before = revision(services)
    assert import_all(services, bodies).unchanged == 2
    assert revision(services) == before


def test_who_may_only_search_does_not_find_what_is_in_quarantine(each_engine: Services) -> None:
    services = with_standards(each_engine, NEEDS_MAIL, 'required = "quarantine"')
    put(services, "anna.vcf", ANNA)
    put(services, "ben.vcf", BEN)
    assert found_by_dave(services) == 1
    assert get(services, "anna.vcf", who=BOB)[1] == ANNA
    assert told(services, 2)[0].startswith("standards card:quarantine done anna.vcf kept from look")
    put(services, "anna.vcf", ANNA.replace(b"END", b"EMAIL:a@example.org\r\nEND"))
    assert found_by_dave(services) == 2
    assert told(services, 1) == ["standards card:quarantine done anna.vcf shown again"]
    put(services, "anna.vcf", ANNA)
    delete(services, "anna.vcf")
    assert rows(services, select(func.count()).select_from(quarantine)) == [(0,)]


def test_new_standards_judge_what_is_there(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "ben.vcf", BEN)
    services = with_standards(each_engine, NEEDS_MAIL, 'required = "quarantine"')
    assert found_by_dave(services) == 1
    services = with_standards(services, 'required = ["TEL"]', 'required = "quarantine"')
    assert found_by_dave(services) == 1
    assert found_by_dave(with_standards(services, 'required = ["TEL"]')) == 2


def test_a_repair_brings_nobody_back_who_was_erased(each_engine: Services) -> None:
    put(each_engine, "ben.vcf", BEN)
    persons.erased(each_engine, "ben@example.org")
    services = with_standards(each_engine, "emails = true", 'emails = "repair"')
    with pytest.raises(ErasedPerson):
        put(services, "x.vcf", vcard("x", "Somebody", "EMAIL:Ben <ben@example.org>"))
    assert bodies(services, "x.vcf") == []


def test_a_book_is_repaired_as_one_batch(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "ben.vcf", BEN)
    # What is not taken otherwise does not keep what is there from being repaired.
    rules = f"{NEEDS_MAIL}\n{PHONES[0]}"
    services = with_standards(each_engine, rules, 'required = "reject"')
    with services.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.MANAGE)
        assert [one.body for one in repairs(reading, view)] == [REPAIRED]
    with (
        pytest.raises(AccessDenied),
        services.directory.writing(BOB, HERE) as writing,
    ):
        list(fix(writing, "customers"))
    with services.directory.writing(ALICE, HERE) as writing:
        assert list(fix(writing, "customers"))[-1].repaired == 1
        batch = writing.batch
    assert get(services, "anna.vcf")[1] == REPAIRED
    assert told(services, 1) == [f"alice card:repair done  repair {batch}: 1 card; phones 1"]
    take_back(services, Acts(batch=batch))
    assert get(services, "anna.vcf")[1] == ANNA


def test_the_nights_counts_are_kept_day_by_day(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "ben.vcf", BEN)
    services = with_standards(each_engine, f"{NEEDS_MAIL}\n{PHONES[0]}")
    for _ in range(2):
        number = quality.note_counts(services.directory, ADMIN, Client("nightly"), lambda: None)
        assert number == 1
    with services.directory.reading(ALICE, HERE) as reading:
        noted = quality.noted(reading, reading.book("customers", Privilege.WRITE))
    assert {one.rule: one.cards for one in noted} == {
        "cards": 2, "breaking": 1, "required": 1, "phones": 1,
    }  # fmt: skip
    assert len(noted) == 4


def test_a_repair_does_not_make_a_card_look_fresh(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    services = with_standards(each_engine, PHONES[0])
    before = get(services, "anna.vcf")[0].modified
    with services.directory.writing(ALICE, HERE) as writing:
        list(fix(writing, "customers"))
    with services.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.WRITE)
        (one,) = quality.inspected(reading, view)
    assert one.changed == before < one.card.modified
    assert (one.name, one.has_number, one.has_mail) == ("Anna Müller", True, False)
