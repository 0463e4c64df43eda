"""An edit of a linked card: carried into the others by whoever may write there, or offered."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.audit import AuditAction
from dirserver.model.history.life import Acts
from dirserver.model.linking import LinkMode
from dirserver.store import pruning
from tests.directory.acts import (
    changes,
    delete,
    events,
    get,
    import_all,
    move,
    put,
    reconfigure,
    revision,
)
from tests.directory.linked import accept, dismiss, key, link, offers, unlink
from tests.directory.past import life, restore, take_back
from tests.organisation import ADMIN, ALICE, BOB, CAROL, ERIN, vcard

ANNA, HERE_TOO = "customers/anna.vcf", "staff/vogt.vcf"
NUMBERS = [f"TEL;TYPE=cell:0171 39200{n}0" for n in range(1, 4)]
OLD, NEW, LATER = NUMBERS


def anna(*lines: str) -> bytes:
    return vcard("a", "Anna Vogt", *lines)


def vogt(*lines: str) -> bytes:
    return vcard("v", "Anna Vogt", *lines)


def staff(services: Services) -> bytes:
    return get(services, "vogt.vcf", slug="staff")[1]


def told(services: Services) -> list[tuple[str, ...]]:
    """Return what is offered: to which card, in which field, and what it becomes."""
    return [
        (f"{one.target.label}/{one.target.href}", change.property, change.before, change.after)
        for one in offers(services)
        for change in one.changes
    ]


def fill(services: Services) -> Services:
    """Put Anna into two books, each with a note of its own."""
    put(services, "anna.vcf", anna(OLD, "NOTE:buys"))
    put(services, "vogt.vcf", vogt(OLD, "NOTE:helps"), slug="staff")
    return services


@pytest.fixture
def two(services: Services) -> Services:
    return fill(services)


@pytest.fixture
def two_on_each(each_engine: Services) -> Services:
    return fill(each_engine)


@pytest.fixture
def carrying(two: Services) -> Services:
    link(two, ANNA, HERE_TOO, mode=LinkMode.CARRY)
    return two


@pytest.fixture
def carrying_on_each(two_on_each: Services) -> Services:
    link(two_on_each, ANNA, HERE_TOO, mode=LinkMode.CARRY)
    return two_on_each


def test_an_edit_is_carried_in_the_same_transaction_as_a_version_of_its_own(
    carrying_on_each: Services,
) -> None:
    carrying = carrying_on_each
    token = revision(carrying, "staff")
    put(carrying, "anna.vcf", anna(NEW, "NOTE:buys more", "CATEGORIES:VIP"))
    assert staff(carrying) == vogt(NEW, "NOTE:helps")
    (change,) = changes(carrying, token, slug="staff")
    assert change.href == "vogt.vcf"
    (_, last), (here, *_) = (life(carrying, key(carrying, place)) for place in (HERE_TOO, ANNA))
    assert (last.operation, last.actor, last.agent) == ("carry", "alice", here.agent)
    assert last.at == life(carrying, key(carrying, ANNA))[-1].at
    event = events(carrying)[-1].event
    assert (event.action, event.actor, event.book, event.card) == (
        AuditAction.CARD_CARRY, "alice", "staff", "vogt.vcf",
    )  # fmt: skip
    assert event.detail == f"from card {key(carrying, ANNA)}"
    # And the other way round; nothing comes back from there.
    put(carrying, "vogt.vcf", vogt(LATER, "NOTE:helps"), slug="staff")
    assert LATER.encode() in get(carrying, "anna.vcf")[1]
    assert [one.operation for one in life(carrying, key(carrying, HERE_TOO))] == [
        "put", "carry", "put",
    ]  # fmt: skip
    assert offers(carrying) == []


def test_what_is_no_ones_to_write_is_offered_to_whoever_may(carrying: Services) -> None:
    # Bob only reads the staff.
    put(carrying, "anna.vcf", anna(NEW, "NOTE:buys"), who=BOB)
    assert staff(carrying) == vogt(OLD, "NOTE:helps")
    assert told(carrying) == [(HERE_TOO, "TEL", "0171 3920010", "0171 3920020")]
    for who in (BOB, CAROL, ERIN):
        assert offers(carrying, who) == []
        with pytest.raises(AccessDenied):
            accept(carrying, HERE_TOO, who)
        with pytest.raises(AccessDenied):
            dismiss(carrying, HERE_TOO, who)
    (changed,) = accept(carrying, HERE_TOO)
    assert (changed.before, changed.after) == ("0171 3920010", "0171 3920020")
    assert staff(carrying) == vogt(NEW, "NOTE:helps")
    assert (offers(carrying), accept(carrying, HERE_TOO)) == ([], ())
    assert events(carrying)[-1].event.detail == f"offered by card {key(carrying, ANNA)}"


def test_an_offer_is_not_for_one_who_may_not_read_where_it_comes_from(two: Services) -> None:
    put(two, "vogt.vcf", vogt(OLD), slug="secret")
    link(two, HERE_TOO, "secret/vogt.vcf")
    put(two, "vogt.vcf", vogt(NEW), slug="secret")
    grant = '{{ to = "alice", access = "write" }}'.format()
    reconfigure(two, (grant, f'{grant}, {{ to = "bob", access = "write" }}'))
    assert (len(offers(two)), offers(two, BOB)) == (1, [])
    assert (accept(two, HERE_TOO, BOB), dismiss(two, HERE_TOO, BOB)) == ((), 0)
    assert len(offers(two)) == 1
    with pytest.raises(NotFound):
        accept(two, "secret/vogt.vcf", BOB)


def test_what_is_hidden_from_somebody_is_not_offered_to_them(two: Services) -> None:
    grant = '{{ to = "alice", access = "write" }}'.format()
    reconfigure(two, (grant, f'{grant}, {{ to = "carol", access = "write" }}'))
    link(two, ANNA, HERE_TOO)
    put(two, "anna.vcf", anna(NEW, "BDAY:1980-01-01", "ORG:Acme"))
    (seen,) = offers(two, CAROL)
    assert [one.property for one in seen.changes] == ["TEL"]
    accept(two, HERE_TOO, CAROL)
    assert staff(two) == vogt(NEW, "NOTE:helps")


def test_several_edits_are_one_offer_and_one_that_is_taken_back_is_none(
    two_on_each: Services,
) -> None:
    two = two_on_each
    link(two, ANNA, HERE_TOO)
    put(two, "anna.vcf", anna(NEW))
    put(two, "anna.vcf", anna(LATER, "EMAIL:a@example.org"))
    assert told(two) == [
        (HERE_TOO, "TEL", "0171 3920010", "0171 3920030"),
        (HERE_TOO, "EMAIL", "", "a@example.org"),
    ]
    # Somebody types it in there by themselves.
    put(two, "vogt.vcf", vogt(LATER), slug="staff")
    assert told(two) == [(HERE_TOO, "EMAIL", "", "a@example.org")]
    take_back(two, Acts(since=life(two, key(two, ANNA))[1].at), slug="customers")
    assert get(two, "anna.vcf")[1] == anna(OLD, "NOTE:buys")
    assert dismiss(two, HERE_TOO) == 0
    put(two, "anna.vcf", anna(OLD, "TITLE:Boss"))
    assert (told(two), dismiss(two, HERE_TOO)) == ([(HERE_TOO, "TITLE", "", "Boss")], 1)
    assert events(two)[-1].event.action is AuditAction.CARD_DISMISS
    assert told(two) == []
    # What was dismissed is not offered again with the next edit.
    put(two, "anna.vcf", anna(OLD, "TITLE:Boss", "BDAY:1980-01-01"))
    assert told(two) == [(HERE_TOO, "BDAY", "", "1980-01-01")]
    unlink(two, ANNA)
    assert told(two) == []


def test_undoing_the_edit_takes_back_what_was_carried(carrying: Services) -> None:
    put(carrying, "anna.vcf", anna(NEW, "NOTE:buys"), who=ALICE)
    put(carrying, "vogt.vcf", vogt(NEW, "NOTE:helps, says bob"), slug="staff", who=ADMIN)
    first = life(carrying, key(carrying, ANNA))[0]
    restore(carrying, first)
    assert staff(carrying) == vogt(OLD, "NOTE:helps, says bob")
    put(carrying, "anna.vcf", anna(NEW, "NOTE:buys"))
    assert staff(carrying) == vogt(NEW, "NOTE:helps, says bob")
    # In one book, or in all of them at once: the outcome is the same.
    take_back(carrying, Acts(since=life(carrying, key(carrying, ANNA))[-1].at))
    assert get(carrying, "anna.vcf")[1] == anna(OLD, "NOTE:buys")
    assert staff(carrying) == vogt(OLD, "NOTE:helps, says bob")


def test_a_batch_carries_and_is_taken_back_as_one(carrying: Services) -> None:
    import_all(carrying, [anna(NEW, "NOTE:buys")])
    last = life(carrying, key(carrying, HERE_TOO))[-1]
    number = life(carrying, key(carrying, ANNA))[-1].batch
    assert number is not None
    assert (last.operation, last.batch) == ("carry", number)
    (carried,) = (
        one.event for one in events(carrying) if one.event.action is AuditAction.CARD_CARRY
    )
    assert carried.detail == f"batch {number}, 1 card: from linked cards (1)"
    take_back(carrying, Acts(batch=number))
    assert staff(carrying) == vogt(OLD, "NOTE:helps")
    assert get(carrying, "anna.vcf")[1] == anna(OLD, "NOTE:buys")


def test_what_a_client_may_have_done_by_mistake_is_only_offered(carrying: Services) -> None:
    numbers = [f"EMAIL:{n}@example.org" for n in range(12)]
    put(carrying, "anna.vcf", anna(OLD, *numbers))
    assert b"EMAIL:11@" in staff(carrying)
    put(carrying, "anna.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:x\r\nEND:VCARD\r\n")
    assert b"EMAIL:11@" in staff(carrying)
    assert len(told(carrying)) > len(numbers)


def test_a_book_that_would_reject_it_is_offered_it(carrying: Services) -> None:
    rules = '[books.staff.standards]\nphones = "e164"\npolicy = { phones = "reject" }\n'
    reconfigure(carrying, ("[books.secret]", f"{rules}[books.secret]"))
    put(carrying, "anna.vcf", anna(NEW))
    assert staff(carrying) == vogt(OLD, "NOTE:helps")
    assert [one[0] for one in told(carrying)] == [HERE_TOO]
    assert all(one.event.outcome == "done" for one in events(carrying))


def test_a_link_that_moves_with_its_card_still_carries(carrying: Services) -> None:
    move(carrying, "anna.vcf", "a.vcf", to_slug="secret")
    put(carrying, "a.vcf", anna(NEW), slug="secret")
    assert staff(carrying) == vogt(NEW, "NOTE:helps")
    delete(carrying, "a.vcf", slug="secret")
    assert staff(carrying) == vogt(NEW, "NOTE:helps")


def test_offers_go_with_the_history_that_they_are_made_of(two_on_each: Services) -> None:
    two = two_on_each
    link(two, ANNA, HERE_TOO)
    put(two, "anna.vcf", anna(NEW))
    put(two, "anna.vcf", anna(NEW, "TITLE:Boss"))
    assert len(told(two)) == 2
    now = life(two, key(two, ANNA))[-1].at
    with two.store.writing() as connection:
        for book_id in (1, 2, 3):
            pruning.prune(connection, book_id, now.replace(year=now.year + 1), 100)
    assert told(two) == []
    # The link is still there.
    put(two, "anna.vcf", anna(NEW, "BDAY:1980-01-01"))
    assert told(two) == [(HERE_TOO, "BDAY", "", "1980-01-01")]


def test_an_unlinked_card_is_written_as_ever(two: Services) -> None:
    put(two, "anna.vcf", anna(NEW))
    assert staff(two) == vogt(OLD, "NOTE:helps")
    assert [one.operation for one in life(two, key(two, ANNA))] == ["put", "put"]
