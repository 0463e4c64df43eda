"""Cards that move, within their book and to another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.errors import AccessDenied, AlreadyExists, InvalidHref, NotFound, UIDConflict
from dirserver.model.addressbook import Change
from dirserver.model.audit import AuditAction, Outcome
from dirserver.store import writing
from dirserver.store.tables import card_version
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import (
    changes,
    delete,
    events,
    get,
    listing,
    move,
    put,
    revision,
    rows,
    traces,
)
from tests.organisation import BOB, CAROL, vcard

ANNA = vcard("anna", "Anna", "NOTE:first")
BERT = vcard("bert", "Bert")


def said(services: Services, book: str, action: str) -> list[tuple[str, str]]:
    wanted = AuditFilter(book=book, action=action)
    return [(found.event.card, found.event.detail) for found in events(services, wanted)]


def test_a_card_moves_within_its_book_with_its_key(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    old = get(each_engine, "anna.vcf")[0]
    stored = move(each_engine, "anna.vcf", "anna-2.vcf", who=BOB)
    assert stored.created
    new, body = get(each_engine, "anna-2.vcf")
    assert (new.key, new.etag, new.uid, body) == (old.key, old.etag, "anna", ANNA)
    assert list(listing(each_engine)) == ["anna-2.vcf"]
    assert changes(each_engine) == [
        Change("anna.vcf", 3, vanished=True),
        Change("anna-2.vcf", 4, vanished=False),
    ]
    operations = select(card_version.c.href, card_version.c.operation, card_version.c.body)
    assert rows(each_engine, operations.order_by(card_version.c.revision)) == [
        ("anna.vcf", "put", ANNA),
        ("anna.vcf", "move", None),
        ("anna-2.vcf", "move", ANNA),
    ]
    assert said(each_engine, "customers", "card:move") == [("anna.vcf", "to customers/anna-2.vcf")]


def test_a_card_moves_to_another_book_and_both_books_tell_of_it(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    key = get(each_engine, "anna.vcf")[0].key
    there = revision(each_engine, "staff")
    move(each_engine, "anna.vcf", "new.vcf", to_slug="staff")
    assert listing(each_engine) == {}
    assert get(each_engine, "new.vcf", slug="staff")[0].key == key
    assert changes(each_engine, 2) == [Change("anna.vcf", 3, vanished=True)]
    assert changes(each_engine, there, slug="staff") == [
        Change("new.vcf", there + 1, vanished=False)
    ]
    assert said(each_engine, "customers", "card:move") == [("anna.vcf", "to staff/new.vcf")]
    assert said(each_engine, "staff", "card:move") == [("new.vcf", "from customers/anna.vcf")]


def test_a_card_in_the_way_is_left_or_deleted_as_asked(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "bert.vcf", BERT.replace(b"UID:", b"X-OLD-UID:"))
    before = traces(each_engine)
    with pytest.raises(AlreadyExists):
        move(each_engine, "anna.vcf", "bert.vcf")
    assert traces(each_engine) == before
    assert not move(each_engine, "anna.vcf", "bert.vcf", overwrite=True).created
    assert list(listing(each_engine)) == ["bert.vcf"]
    assert get(each_engine, "bert.vcf")[1] == ANNA
    # What became of Bert is told, too.
    assert said(each_engine, "customers", "card:delete") == [
        ("bert.vcf", "for customers/anna.vcf, which was moved here")
    ]


def test_a_card_does_not_take_the_place_of_one_with_another_uid(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "bert.vcf", BERT)
    before = traces(each_engine)
    with pytest.raises(UIDConflict) as caught:
        move(each_engine, "anna.vcf", "bert.vcf", overwrite=True)
    assert caught.value.href == "bert.vcf"
    assert traces(each_engine) == before


def test_a_card_that_moves_onto_itself_stays(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    before = traces(each_engine)
    assert not move(each_engine, "anna.vcf", "anna.vcf", overwrite=True).created
    with pytest.raises(AlreadyExists):
        move(each_engine, "anna.vcf", "anna.vcf")
    assert traces(each_engine) == before


def test_a_card_does_not_move_to_where_its_uid_is_taken(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "there.vcf", vcard("anna", "Anna there"), slug="staff")
    before = traces(each_engine)
    with pytest.raises(UIDConflict) as caught:
        move(each_engine, "anna.vcf", "new.vcf", to_slug="staff")
    assert caught.value.href == "there.vcf"
    assert traces(each_engine) == before
    # In the place of the card that has it, it may.
    move(each_engine, "anna.vcf", "there.vcf", to_slug="staff", overwrite=True)
    assert get(each_engine, "there.vcf", slug="staff")[1] == ANNA


def test_what_is_not_there_does_not_move(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    before = traces(each_engine)
    for absent in ("absent.vcf", "", "a\0b", "\ud800"):
        with pytest.raises(NotFound):
            move(each_engine, absent, "new.vcf")
    for impossible in ("", "a/b", "a\0b", "\ud800"):
        with pytest.raises(InvalidHref):
            move(each_engine, "anna.vcf", impossible)
    assert traces(each_engine) == before


def test_moving_takes_the_right_to_write_in_both_books(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    before = traces(each_engine)
    for who, slug, to_slug in ((BOB, "customers", "staff"), (CAROL, "customers", "customers")):
        with pytest.raises(AccessDenied):
            move(each_engine, "anna.vcf", "new.vcf", slug=slug, to_slug=to_slug, who=who)
    refused = [found.event for found in events(each_engine, AuditFilter(action="card:move"))]
    assert [(one.actor, one.book, one.outcome) for one in refused] == [
        ("bob", "staff", Outcome.REFUSED),
        ("carol", "customers", Outcome.REFUSED),
    ]
    assert {one.action for one in refused} == {AuditAction.CARD_MOVE}
    after = traces(each_engine)
    assert (after.versions, after.revisions) == (before.versions, before.revisions)


def test_cards_that_move_towards_each_other_both_arrive(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "bert.vcf", BERT, slug="staff")
    books = [book.id for book in each_engine.directory.policy().books]
    with ThreadPoolExecutor(2) as pool:
        # Both come while the books are taken, and have to wait for them.
        with each_engine.store.writing() as connection:
            for book_id in sorted(books):
                writing.lock(connection, book_id)
            anna = pool.submit(move, each_engine, "anna.vcf", "anna.vcf", to_slug="staff")
            bert = pool.submit(
                move, each_engine, "bert.vcf", "bert.vcf", slug="staff", to_slug="customers"
            )
            sleep(0.2)
        assert anna.result(timeout=60).created
        assert bert.result(timeout=60).created
    assert list(listing(each_engine)) == ["bert.vcf"]
    assert list(listing(each_engine, slug="staff")) == ["anna.vcf"]


def test_a_card_that_moved_away_leaves_its_name_free(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    move(each_engine, "anna.vcf", "anna.vcf", to_slug="staff")
    put(each_engine, "anna.vcf", ANNA)
    delete(each_engine, "anna.vcf", slug="staff")
    assert get(each_engine, "anna.vcf")[1] == ANNA
