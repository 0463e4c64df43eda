"""Undo: what somebody did is taken back, and nothing that anybody did since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dirserver.assembly import Services
from dirserver.directory.past import history
from dirserver.directory.past.settling import Fate, Outcome
from dirserver.directory.past.undoing import actors, plan
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.device import Device
from dirserver.model.history.life import Acts
from dirserver.model.history.takeback import Conflict
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import (
    changes,
    delete,
    events,
    get,
    import_all,
    listing,
    move,
    put,
    revision,
    traces,
)
from tests.directory.past import life, restore, take_back, would_take_back
from tests.organisation import ADMIN, ALICE, BOB, CAROL, HERE, vcard

ANNA = vcard("anna", "Anna", "TEL;TYPE=cell:0171 1", "NOTE:early")
BEN = vcard("ben", "Ben")
BOBS = Acts(login="bob")


def put_with(services: Services, device: str, href: str, body: bytes) -> None:
    """Put a card as bob does with one of his devices."""
    with services.directory.writing(BOB, HERE) as writing:
        writing.principal = replace(writing.principal, device=Device(1, "bob", device))
        writing.put_card("customers", href, body)


def fates(outcomes: tuple[Outcome, ...]) -> dict[str, Fate]:
    return {outcome.href: outcome.fate for outcome in outcomes}


def test_a_wiped_book_is_as_it_was_with_every_byte_and_key(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "ben.vcf", BEN)
    before, token = listing(each_engine), revision(each_engine)
    for href in ("anna.vcf", "ben.vcf"):
        delete(each_engine, href, who=BOB)
    put(each_engine, "new.vcf", vcard("new", "New"), who=BOB)
    told = take_back(each_engine, BOBS)
    assert fates(told) == {
        "anna.vcf": Fate.RETURNS, "ben.vcf": Fate.RETURNS, "new.vcf": Fate.GOES,
    }  # fmt: skip
    after = listing(each_engine)
    assert {href: (one.key, one.etag) for href, one in after.items()} == {
        href: (one.key, one.etag) for href, one in before.items()
    }
    assert get(each_engine, "anna.vcf")[1] == ANNA
    assert {(one.href, one.vanished) for one in changes(each_engine, token)} == {
        ("anna.vcf", False), ("ben.vcf", False), ("new.vcf", True),
    }  # fmt: skip
    assert would_take_back(each_engine, BOBS) == ()


def test_an_undo_is_numbered_told_once_and_can_be_undone(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    delete(each_engine, "anna.vcf", who=BOB)
    take_back(each_engine, BOBS)
    number = life(each_engine, get(each_engine, "anna.vcf")[0].key)[-1].batch
    last = events(each_engine)[-1].event
    assert (last.action, last.book, last.actor) == (AuditAction.CARD_UNDO, "customers", "root")
    assert last.detail == f"undo {number} of somebody: 1 came back"
    take_back(each_engine, Acts(batch=number))
    assert listing(each_engine) == {}


def test_a_card_finds_the_acts_on_many_cards_that_it_was_in(each_engine: Services) -> None:
    import_all(each_engine, [ANNA, BEN])
    delete(each_engine, "anna.vcf", who=BOB)
    take_back(each_engine, BOBS)
    take_back(each_engine, Acts(batch=1))

    def told(card: str, book: str = "") -> list[AuditAction]:
        return [one.event.action for one in events(each_engine, AuditFilter(book, card=card))]

    imported, undone = AuditAction.CARD_IMPORT, AuditAction.CARD_UNDO
    assert told("anna.vcf") == [imported, AuditAction.CARD_DELETE, undone, undone]
    assert told("ben.vcf") == told("ben.vcf", "customers") == [imported, undone]
    assert told("ben.vcf", "staff") == told("zoe.vcf") == []


def test_fields_that_others_changed_since_stay_and_are_told(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "anna.vcf", ANNA.replace(b"0171 1", b"0171 2").replace(b"early", b"late"),
        who=BOB)  # fmt: skip
    now = ANNA.replace(b"0171 1", b"0171 3").replace(b"early", b"late")
    put(each_engine, "anna.vcf", now)
    (told,) = take_back(each_engine, BOBS)
    assert told.fate is Fate.CHANGES
    assert [one.field for one in told.fields] == ["note"]
    assert told.conflicts == (Conflict("TEL", "mobile number", "0171 2", "0171 3"),)
    assert get(each_engine, "anna.vcf")[1] == ANNA.replace(b"0171 1", b"0171 3")


def test_what_came_between_two_acts_stays(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "anna.vcf", ANNA.replace(b"0171 1", b"0171 2"), who=BOB)
    put(each_engine, "anna.vcf", ANNA.replace(b"0171 1", b"0171 2").replace(b"early", b"mine"))
    put(each_engine, "anna.vcf",
        ANNA.replace(b"0171 1", b"0171 2").replace(b"early", b"mine").replace(b"Anna", b"Ann"),
        who=BOB)  # fmt: skip
    (told,) = take_back(each_engine, BOBS)
    assert told.conflicts == ()
    assert get(each_engine, "anna.vcf")[1] == ANNA.replace(b"early", b"mine")


def test_a_new_card_that_somebody_changed_since_stays(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA, who=BOB)
    put(each_engine, "anna.vcf", ANNA.replace(b"early", b"late"))
    before = traces(each_engine)
    (told,) = take_back(each_engine, BOBS)
    assert told.fate is Fate.STAYS
    assert told.conflicts == (Conflict("", "card", "created", "changed since"),)
    assert traces(each_engine) == before


def test_a_new_card_that_somebody_moved_since_stays(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA, who=BOB)
    move(each_engine, "anna.vcf", "b.vcf")
    assert fates(take_back(each_engine, BOBS)) == {"b.vcf": Fate.STAYS}


def test_a_change_to_a_card_that_was_deleted_since_is_told(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "anna.vcf", ANNA.replace(b"early", b"late"), who=BOB)
    delete(each_engine, "anna.vcf")
    (told,) = take_back(each_engine, BOBS)
    assert (told.fate, told.name) == (Fate.STAYS, "Anna")
    assert told.conflicts == (Conflict("", "card", "changed", "deleted since"),)


def test_a_card_that_came_back_and_was_deleted_by_another_stays_so(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    version = life(each_engine, get(each_engine, "anna.vcf")[0].key)[0]
    delete(each_engine, "anna.vcf", who=BOB)
    restore(each_engine, version)
    delete(each_engine, "anna.vcf")
    assert take_back(each_engine, BOBS) == ()
    assert listing(each_engine) == {}


def test_a_card_does_not_come_back_in_the_place_of_another(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "ben.vcf", BEN)
    delete(each_engine, "anna.vcf", who=BOB)
    delete(each_engine, "ben.vcf", who=BOB)
    put(each_engine, "anna.vcf", vcard("zoe", "Zoe"))
    put(each_engine, "otherwise.vcf", BEN)
    told = take_back(each_engine, BOBS)
    assert [(one.href, one.fate, one.conflicts[0].now) for one in told] == [
        ("anna.vcf", Fate.STAYS, "another card has its name by now"),
        ("ben.vcf", Fate.STAYS, "another card has its UID by now"),
    ]
    assert set(listing(each_engine)) == {"anna.vcf", "otherwise.vcf"}


def test_a_client_that_wrote_everything_anew_is_taken_back(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    key = get(each_engine, "anna.vcf")[0].key
    delete(each_engine, "anna.vcf", who=BOB)
    put(each_engine, "anna.vcf", ANNA.replace(b"early", b"late"), who=BOB)
    take_back(each_engine, BOBS)
    card, body = get(each_engine, "anna.vcf")
    assert (card.key, body) == (key, ANNA)


def test_a_moved_card_moves_back_to_its_book_and_name(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA, who=BOB)
    key = get(each_engine, "anna.vcf")[0].key
    move(each_engine, "anna.vcf", "a.vcf", to_slug="staff")
    put(each_engine, "a.vcf", ANNA.replace(b"early", b"late"), slug="staff", who=ADMIN)
    (told,) = take_back(each_engine, Acts(login="alice"))
    assert (told.fate, told.book, told.href) == (Fate.MOVES, "customers", "anna.vcf")
    card, body = get(each_engine, "anna.vcf")
    assert (card.key, body) == (key, ANNA.replace(b"early", b"late"))
    assert listing(each_engine, slug="staff", who=ADMIN) == {}


def test_one_that_cannot_leave_keeps_another_from_coming(each_engine: Services) -> None:
    # bob swaps names through a third; ben's way back is taken, so anna cannot have hers.
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "ben.vcf", BEN)
    move(each_engine, "anna.vcf", "spare.vcf", who=BOB)
    move(each_engine, "ben.vcf", "anna.vcf", who=BOB)
    put(each_engine, "ben.vcf", vcard("zoe", "Zoe"))
    told = take_back(each_engine, BOBS)
    assert fates(told) == {"anna.vcf": Fate.STAYS, "ben.vcf": Fate.STAYS}
    assert set(listing(each_engine)) == {"anna.vcf", "ben.vcf", "spare.vcf"}


def test_only_one_device_is_taken_back(each_engine: Services) -> None:
    put_with(each_engine, "iphone", "anna.vcf", ANNA)
    put_with(each_engine, "laptop", "ben.vcf", BEN)
    put(each_engine, "zoe.vcf", vcard("zoe", "Zoe"), who=BOB)
    for wanted in (Acts("bob", "iphone"), Acts(device="iphone")):
        assert fates(would_take_back(each_engine, wanted)) == {"anna.vcf": Fate.GOES}
        with each_engine.directory.reading(ADMIN, HERE) as reading:
            scope = history.managed(reading)
            assert actors(reading, scope, wanted) == [("bob", "iphone")]
            assert actors(reading, scope, Acts(device="alice iphone")) == []
    take_back(each_engine, Acts("bob", "iphone"))
    assert set(listing(each_engine)) == {"ben.vcf", "zoe.vcf"}


def test_only_what_is_in_the_window_is_taken_back(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA, who=BOB)
    first = datetime.now(UTC)
    put(each_engine, "anna.vcf", ANNA.replace(b"early", b"late"), who=BOB)
    second = datetime.now(UTC)
    put(each_engine, "ben.vcf", BEN, who=BOB)
    take_back(each_engine, Acts("bob", since=first, until=second))
    assert get(each_engine, "anna.vcf")[1] == ANNA
    assert set(listing(each_engine)) == {"anna.vcf", "ben.vcf"}


def test_undoing_is_for_those_who_manage(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA, who=BOB)
    put(each_engine, "sam.vcf", vcard("sam", "Sam"), slug="staff", who=ALICE)
    for who in (BOB, CAROL):
        for slug in ("", "customers", "nowhere"):
            with pytest.raises(AccessDenied):
                take_back(each_engine, BOBS, slug=slug, who=who)
            last = events(each_engine)[-1].event
            assert isinstance(last, AuditEvent)
            assert (last.action, last.actor) == (AuditAction.CARD_UNDO, who.login)
    # alice writes to staff, but does not manage it.
    assert fates(take_back(each_engine, Acts(login="alice"), who=ALICE)) == {}
    assert fates(take_back(each_engine, BOBS, who=ALICE)) == {"anna.vcf": Fate.GOES}


def test_a_card_that_is_in_a_book_of_others_is_left_alone(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA, who=BOB)
    move(each_engine, "anna.vcf", "secret-name.vcf", to_slug="staff", who=ADMIN)
    put(each_engine, "secret-name.vcf", ANNA.replace(b"Anna", b"Hidden"), slug="staff", who=ADMIN)
    with each_engine.directory.reading(ALICE, HERE) as reading:
        found = plan(reading, history.managed(reading), BOBS)
    (told,) = found.outcomes
    assert (told.fate, told.book, told.href, told.name) == (
        Fate.STAYS, "customers", "anna.vcf", "Anna",
    )  # fmt: skip
    assert found.goals == ()


def test_nothing_to_take_back_leaves_no_trace(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    before = traces(each_engine)
    assert take_back(each_engine, BOBS) == ()
    assert traces(each_engine) == before
