"""Linked cards: who links which, who is told of it, and that they are one person in a search."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver.directory.same import duplicates, linking
from dirserver.directory.same.linking import CannotLink
from dirserver.errors import AccessDenied, InvalidHref, NotFound
from dirserver.model.audit import AuditAction
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts
from dirserver.model.linking import LINKED_BY_DEFAULT, MOST_LINKED, LinkMode
from dirserver.model.principal import Principal
from dirserver.model.query import Equals, Query, Substring
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import changes, delete, events, move, put, reconfigure, revision
from tests.directory.linked import found, key, link, linked, unlink
from tests.directory.past import take_back
from tests.directory.persons import erased, find
from tests.organisation import ADMIN, ALICE, BOB, CAROL, DAVE, ERIN, HERE, vcard
from tests.smart import add_smart_books, person

ANNA, HERE_TOO = "customers/anna.vcf", "staff/vogt.vcf"
MOBILE = "TEL;TYPE=cell:+49 171 3920010"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_card_can_have_is_no_linked_card_s(each_engine: Services, name: str) -> None:
    """PostgreSQL would fail to look for it."""
    put(each_engine, "anna.vcf", vcard("a", "Anna Vogt"))
    put(each_engine, "vogt.vcf", vcard("v", "Anna Vogt"), slug="staff")
    link(each_engine, ANNA, HERE_TOO)
    with pytest.raises(InvalidHref):
        move(each_engine, "anna.vcf", name)
    with pytest.raises(NotFound):
        delete(each_engine, name)


def fill(services: Services) -> Services:
    """Put Anna into two books, by two UIDs, and somebody else."""
    put(services, "anna.vcf", vcard("a", "Anna Vogt", MOBILE))
    put(services, "vogt.vcf", vcard("v", "Anni Vogt", MOBILE), slug="staff")
    put(services, "ben.vcf", vcard("b", "Ben Groß"), slug="staff")
    return services


@pytest.fixture
def two(services: Services) -> Services:
    return fill(services)


@pytest.fixture
def two_on_each(each_engine: Services) -> Services:
    return fill(each_engine)


def test_linked_cards_are_one_person_in_a_search_for_whoever_may_see_both(
    two_on_each: Services,
) -> None:
    two = two_on_each
    asked: list[Query] = [
        Equals(Field.MOBILE_PHONE, "0171 3920010"),
        Substring(Field.FULL_NAME, any=("vogt",)),
    ]
    assert found(two) == ["customers a", "staff b", "staff v"]
    assert link(two, ANNA, HERE_TOO) is not None
    assert found(two, limit=5) == found(two) == ["customers a", "staff b"]
    for query in asked:
        # Few are found, more than asked for, and all.
        assert found(two, query, limit=5) == ["customers a"]
        assert found(two, query, limit=1) == ["customers a"]
        assert found(two, query) == ["customers a"]
        # Where bob may write; and who reads the one book has nothing but its card.
        assert found(two, query, BOB) == ["customers a"]
        assert found(two, query, ERIN) == ["staff v"]
        # Dave looks into the customers, and reads the staff.
        assert found(two, query, DAVE) == ["staff v"]
    # Only one of them says so.
    assert found(two, Equals(Field.FULL_NAME, "Anni Vogt")) == ["staff v"]
    assert unlink(two, HERE_TOO) is not None
    assert found(two) == ["customers a", "staff b", "staff v"]


def test_a_link_joins_what_the_uid_joins_already(two: Services) -> None:
    put(two, "same.vcf", vcard("a", "Anna Vogt", MOBILE), slug="secret")
    assert found(two) == ["customers a", "staff b", "staff v"]
    link(two, ANNA, HERE_TOO)
    assert found(two) == ["customers a", "staff b"]
    assert found(two, Equals(Field.MOBILE_PHONE, "01713920010"), limit=9) == ["customers a"]


def test_who_cannot_read_a_book_is_told_of_no_link_with_it(two: Services) -> None:
    link(two, ANNA, HERE_TOO)
    assert linked(two, ANNA) == [HERE_TOO]
    assert linked(two, HERE_TOO, BOB) == [ANNA]
    assert linked(two, HERE_TOO, ERIN) == []
    assert linked(two, "staff/ben.vcf") == []
    for book, card, other in (
        ("customers", "anna.vcf", key(two, HERE_TOO)),
        ("staff", "vogt.vcf", key(two, ANNA)),
    ):
        (told,) = [
            one.event
            for one in events(two, AuditFilter(book=book))
            if one.event.action is AuditAction.CARD_LINK
        ]
        assert (told.card, told.actor, told.detail) == (
            card,
            "alice",
            f"number 1, offer with {other}",
        )


def test_only_whoever_may_write_to_both_links_them(two: Services) -> None:
    put(two, "c.vcf", vcard("c", "Anna Vogt"), slug="secret")
    hidden = key(two, "secret/c.vcf")
    for who, refused_in in ((BOB, "staff"), (CAROL, "customers")):
        with pytest.raises(AccessDenied):
            link(two, ANNA, HERE_TOO, who=who)
        last = events(two)[-1].event
        assert (last.action, last.outcome, last.book) == ("card:link", "refused", refused_in)
    with pytest.raises(NotFound, match=hidden):
        link(two, ANNA, "secret/c.vcf", who=BOB)
    link(two, ANNA, HERE_TOO)
    # Bob may take the card out that he may write to, and only that.
    with pytest.raises(AccessDenied):
        unlink(two, HERE_TOO, BOB)
    told = unlink(two, ANNA, BOB)
    assert told is not None
    assert [one.href for one in told.cards] == ["vogt.vcf"]
    assert unlink(two, ANNA, BOB) is None
    # Of a link with what he does not see there is nothing for him to take back.
    link(two, ANNA, "secret/c.vcf")
    assert unlink(two, ANNA, BOB) is None
    assert linked(two, ANNA) == ["secret/c.vcf"]


def test_a_link_grows_and_says_what_it_was_told_last(two: Services) -> None:
    put(two, "c.vcf", vcard("c", "Anna Vogt"), slug="secret")
    first = link(two, ANNA, HERE_TOO, mode=LinkMode.CARRY, properties=("TEL",))
    assert first is not None
    assert link(two, HERE_TOO, ANNA) is None
    assert link(two, HERE_TOO, ANNA, mode=LinkMode.CARRY) is None
    grown = link(two, "secret/c.vcf", ANNA)
    assert grown is not None
    assert (grown.link, linked(two, "secret/c.vcf")) == (first.link, [ANNA, HERE_TOO])
    other = link(two, ANNA, HERE_TOO, mode=LinkMode.OFFER, properties=LINKED_BY_DEFAULT)
    assert other is not None
    assert (other.link.mode, other.link.properties) == (LinkMode.OFFER, LINKED_BY_DEFAULT)
    unlink(two, ANNA)
    assert linked(two, HERE_TOO) == ["secret/c.vcf"]
    unlink(two, HERE_TOO)
    assert linked(two, "secret/c.vcf") == []


def test_cards_of_one_book_are_not_linked_nor_too_many(two: Services) -> None:
    with pytest.raises(CannotLink, match="staff would have two"):
        link(two, HERE_TOO, "staff/ben.vcf")
    with pytest.raises(CannotLink, match="two cards"):
        link(two, ANNA, ANNA)
    link(two, ANNA, HERE_TOO)
    with pytest.raises(CannotLink, match="staff would have two"):
        link(two, ANNA, "staff/ben.vcf")
    books = "".join(
        f'[books.b{n}]\nname = "B"\ngrants = [{{ to = "alice", access = "write" }}]\n'
        for n in range(MOST_LINKED)
    )
    reconfigure(two, ("[books.secret]", f"{books}[books.secret]"))
    places = []
    for n in range(MOST_LINKED):
        put(two, "x.vcf", vcard(f"x{n}", "Anna Vogt"), slug=f"b{n}")
        places.append(f"b{n}/x.vcf")
    assert link(two, *places) is not None
    with pytest.raises(CannotLink, match=f"{MOST_LINKED} linked cards"):
        link(two, ANNA, places[0])


def test_a_linked_pair_is_no_duplicate_any_more(two: Services) -> None:
    def pairs() -> int:
        with two.directory.reading(ALICE, HERE) as reading:
            gathered = duplicates.gather(
                reading, reading.books(Privilege.READ), lambda _done, _total: None
            )
            return len(duplicates.compare(gathered, lambda _done, _total: None).pairs)

    def twins() -> int:
        with two.directory.reading(ALICE, HERE) as reading:
            view = reading.book("customers", Privilege.READ)
            views = reading.books(Privilege.READ)
            return len(duplicates.twins_of_stored(reading, views, view, "anna.vcf"))

    put(two, "vogt.vcf", vcard("v", "Anna Vogt", MOBILE), slug="staff")
    assert (pairs(), twins()) == (1, 1)
    keys = [key(two, ANNA), key(two, HERE_TOO)]
    with two.directory.writing(ALICE, HERE) as writing:
        duplicates.deny(writing, *keys)
    with pytest.raises(CannotLink, match="not of one person"):
        link(two, ANNA, HERE_TOO)
    with two.directory.writing(ALICE, HERE) as writing:
        duplicates.deny(writing, *keys, undo=True)
    link(two, ANNA, HERE_TOO)
    assert (pairs(), twins()) == (0, 0)
    unlink(two, ANNA)
    assert (pairs(), twins()) == (1, 1)


def test_a_card_that_goes_and_comes_back_or_moves_keeps_its_link(two_on_each: Services) -> None:
    two = two_on_each
    link(two, ANNA, HERE_TOO)
    anna = key(two, ANNA)
    delete(two, "anna.vcf", who=BOB)
    assert (found(two), linked(two, HERE_TOO)) == (["staff b", "staff v"], [])
    take_back(two, Acts(login="bob"))
    assert (key(two, ANNA), found(two)) == (anna, ["customers a", "staff b"])
    move(two, "anna.vcf", "moved.vcf", to_slug="secret")
    assert linked(two, HERE_TOO) == ["secret/moved.vcf"]
    assert found(two) == ["secret a", "staff b"]
    assert found(two, who=BOB) == ["staff b", "staff v"]
    # In one book they are two again, for somebody to merge.
    move(two, "moved.vcf", "here.vcf", slug="secret", to_slug="staff")
    assert linked(two, HERE_TOO) == ["staff/here.vcf"]
    assert found(two, Substring(Field.FULL_NAME, any=("vogt",))) == ["staff a", "staff v"]


def test_who_may_be_shown_another_card_now_is_told_that_something_changed(two: Services) -> None:
    for act in (
        lambda: link(two, ANNA, HERE_TOO),
        lambda: delete(two, "anna.vcf", who=BOB),
        lambda: take_back(two, Acts(login="bob")),
        lambda: unlink(two, ANNA),
    ):
        token = revision(two, "staff")
        act()
        (told,) = changes(two, token, slug="staff")
        assert (told.href, told.vanished) == ("vogt.vcf", False)


def test_all_linked_cards_of_a_person_are_found_and_erased(two_on_each: Services) -> None:
    two = two_on_each
    put(two, "other.vcf", vcard("o", "A. Schmidt", "EMAIL:schmidt@example.org"), slug="secret")
    link(two, ANNA, "secret/other.vcf", mode=LinkMode.CARRY)
    put(two, "anna.vcf", vcard("a", "Anna Vogt", "TEL:030 1234567"))
    delete(two, "other.vcf", slug="secret")
    (person,) = find(two, "schmidt@example.org").people
    assert sorted(card.href for card in person.cards) == ["anna.vcf", "other.vcf"]
    assert erased(two, "schmidt@example.org").cards == 1
    assert found(two, who=ADMIN) == ["staff b", "staff v"]
    with two.store.reading() as connection:
        assert not two.directory.policy().linked_books
        for table in ("link", "linked_card", "link_offer"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_of_linked_cards_a_smart_book_shows_one_that_it_finds(each_engine: Services) -> None:
    add_smart_books(each_engine.config.path)
    reconfigure(each_engine)
    put(each_engine, "c1.vcf", person(1))
    put(each_engine, "c3.vcf", person(3), slug="staff")
    put(each_engine, "c4.vcf", person(4), slug="staff")

    def shown(who: Principal = BOB) -> list[str]:
        with each_engine.directory.reading(who, HERE) as reading:
            smart = reading.smart_book("vip", Privilege.READ)
            assert smart is not None
            views = linking.as_one(reading, smart.parts)
            return [card.href for view in views for card in reading.listing(view)]

    assert shown() == ["c1.vcf", "c3.vcf", "c4.vcf"]
    link(each_engine, "customers/c1.vcf", "staff/c3.vcf")
    assert shown() == ["c1.vcf", "c4.vcf"]
    token = revision(each_engine, "staff")
    put(each_engine, "c1.vcf", person(1, ("Press",)))
    assert shown() == ["c3.vcf", "c4.vcf"]
    # Who syncs is told of the card that comes instead.
    assert [one.href for one in changes(each_engine, token, slug="staff")] == ["c3.vcf"]
