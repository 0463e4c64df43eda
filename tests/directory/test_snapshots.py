"""A view of the directory is of one moment; the next one sees what has changed since."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver.errors import AccessDenied, InvalidSyncToken
from dirserver.model.addressbook import Change
from dirserver.model.grant import Privilege
from dirserver.model.query import EVERYTHING
from tests.directory.acts import (
    WITHOUT_BOB,
    changes,
    delete,
    get,
    listing,
    put,
    reconfigure,
    revision,
)
from tests.organisation import ADMIN, ALICE, BOB, CAROL, HERE, vcard


def person(number: int) -> bytes:
    return vcard(f"uid-{number}", f"Name {number}")


def test_a_view_that_was_open_before_a_write_does_not_see_it(each_engine: Services) -> None:
    put(each_engine, "1.vcf", person(1))
    with each_engine.directory.reading(ALICE, HERE) as before:
        view = before.book("customers", Privilege.READ)
        put(each_engine, "2.vcf", person(2))
        put(each_engine, "1.vcf", vcard("uid-1", "Changed"))
        delete(each_engine, "2.vcf")
        assert [card.href for card in before.listing(view)] == ["1.vcf"]
        assert before.body(view, "1.vcf") == person(1)
        assert before.state(view).revision == 2
        assert list(before.changes(view, 0)) == [Change("1.vcf", 2, vanished=False)]
        assert len(list(before.search(EVERYTHING, [view]))) == 1
        assert before.count(view) == 1
    assert revision(each_engine) == 5


def test_a_listing_that_is_being_read_goes_on_as_it_began(each_engine: Services) -> None:
    for number in range(30):
        put(each_engine, f"{number:02}.vcf", person(number))
    with each_engine.directory.reading(ALICE, HERE) as reading:
        cards = reading.listing(reading.book("customers", Privilege.READ))
        first = next(cards)
        for number in range(15, 30):
            delete(each_engine, f"{number:02}.vcf")
        assert [first.href, *[card.href for card in cards]] == [
            f"{number:02}.vcf" for number in range(30)
        ]
    assert len(listing(each_engine)) == 15


def test_changes_since_a_revision_are_those_after_it(each_engine: Services) -> None:
    start = revision(each_engine)
    for number in (1, 2, 3):
        put(each_engine, f"{number}.vcf", person(number))
    put(each_engine, "1.vcf", vcard("uid-1", "Changed"))
    delete(each_engine, "2.vcf")
    everything = [
        Change("3.vcf", start + 3, vanished=False),
        Change("1.vcf", start + 4, vanished=False),
        Change("2.vcf", start + 5, vanished=True),
    ]
    for since in range(start + 6):
        assert changes(each_engine, since) == [
            change for change in everything if change.revision > since
        ]
    with pytest.raises(InvalidSyncToken):
        changes(each_engine, start + 6)


def test_a_removed_user_is_out_at_the_next_request(each_engine: Services) -> None:
    put(each_engine, "1.vcf", person(1))
    with each_engine.directory.reading(BOB, HERE) as before:
        reconfigure(each_engine, *WITHOUT_BOB)
        # Whatever was begun is finished as of when it began.
        assert [view.book.slug for view in before.books(Privilege.WRITE)] == ["customers"]
        assert before.body(before.book("customers", Privilege.READ), "1.vcf") == person(1)
    with pytest.raises(AccessDenied):
        get(each_engine, "1.vcf", who=BOB)
    with pytest.raises(AccessDenied):
        put(each_engine, "1.vcf", person(2), who=BOB)
    assert get(each_engine, "1.vcf", who=ALICE)[1] == person(1)


def test_a_changed_grant_counts_from_the_next_request_on(each_engine: Services) -> None:
    put(each_engine, "1.vcf", vcard("uid-1", "Name", "NOTE:secret"))
    assert b"secret" not in get(each_engine, "1.vcf", who=CAROL)[1]
    assert b"secret" in get(each_engine, "1.vcf", who=BOB)[1]
    reconfigure(
        each_engine,
        (', hide = ["NOTE", "BDAY", "ORG"]', ""),
        ('to = "group:sales", access = "write"', 'to = "group:sales", access = "search"'),
    )
    assert b"secret" in get(each_engine, "1.vcf", who=CAROL)[1]
    with pytest.raises(AccessDenied):
        get(each_engine, "1.vcf", who=BOB)
    reconfigure(each_engine, ('members = ["carol"]', 'members = ["bob"]'))
    assert b"secret" in get(each_engine, "1.vcf", who=BOB)[1]
    with pytest.raises(AccessDenied):
        get(each_engine, "1.vcf", who=CAROL)


def test_a_book_that_is_archived_is_gone_for_everybody(each_engine: Services) -> None:
    put(each_engine, "1.vcf", person(1))
    customers = "[books.customers]"
    start = each_engine.config.path.read_text().index(customers)
    text = each_engine.config.path.read_text()[start:].split("[books.staff]")[0]
    reconfigure(each_engine, (text, ""))
    for who in (ALICE, ADMIN):
        with pytest.raises(AccessDenied):
            get(each_engine, "1.vcf", who=who)
    with pytest.raises(AccessDenied):
        put(each_engine, "1.vcf", person(2))
