"""Books that users make, and what they set on books, for themselves; on each engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.directory.ownbooks import archive_book, is_slug, make_book, rename_book
from dirserver.directory.past.purging import archived_books, purge_book
from dirserver.directory.properties import LONGEST, change_properties
from dirserver.errors import AccessDenied, AlreadyExists, InvalidHref, QuotaExceeded
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.principal import Principal
from dirserver.store.tables import addressbook, book_property
from tests.directory.acts import events, put, reconfigure, rows
from tests.organisation import ADMIN, ALICE, BOB, HERE, vcard

PERSONAL = ('country = "DE"', 'country = "DE"\npersonal_books = true')


@pytest.fixture
def generous(each_engine: Services) -> Services:
    """An organisation in which everybody has a book of their own."""
    reconfigure(each_engine, PERSONAL)
    return each_engine


def make(services: Services, slug: str, who: Principal = BOB) -> None:
    with services.directory.writing(who, HERE) as writing:
        make_book(writing, slug, "Friends")


def slugs(services: Services, who: Principal) -> list[str]:
    with services.directory.reading(who, HERE) as reading:
        return [view.book.slug for view in reading.books(Privilege.READ)]


def test_a_book_is_made_renamed_and_archived_and_its_name_is_free_again(generous: Services) -> None:
    make(generous, "friends")
    assert slugs(generous, BOB) == ["customers", "staff", "friends", "personal"]
    assert "friends" not in slugs(generous, ALICE)
    put(generous, "a.vcf", vcard("a", "Anna"), slug="friends", who=BOB)
    with generous.directory.writing(BOB, HERE) as writing:
        rename_book(writing, writing.book("friends", Privilege.READ), "Foes", "said")
    with generous.directory.reading(BOB, HERE) as reading:
        book = reading.book("friends", Privilege.MANAGE).book
    assert (book.name, book.description, book.owner) == ("Foes", "said", "bob")
    with generous.directory.writing(BOB, HERE) as writing:
        archive_book(writing, "friends")
    assert "friends" not in slugs(generous, BOB)
    make(generous, "friends")
    with generous.directory.reading(BOB, HERE) as reading:
        assert reading.count(reading.book("friends", Privilege.READ)) == 0
    kept = rows(generous, select(addressbook.c.slug).where(addressbook.c.archived.is_not(None)))
    assert len(kept) == 1
    assert str(kept[0][0]).startswith("friends~")


def test_only_who_is_given_a_book_may_make_one(each_engine: Services) -> None:
    with pytest.raises(AccessDenied):
        make(each_engine, "friends")
    (event,) = [found.event for found in events(each_engine) if found.event.actor == "bob"]
    assert (event.action, event.outcome) == (AuditAction.BOOK_ADD, Outcome.REFUSED)


def test_what_is_there_or_cannot_be_is_not_made(generous: Services) -> None:
    for slug in ("customers", "personal"):
        with pytest.raises(AlreadyExists):
            make(generous, slug)
    for slug in ("", ".x", "a/b", "a~b", "x" * 101, "a\nb", "users", "Users"):
        with pytest.raises(InvalidHref):
            make(generous, slug)
    assert is_slug("Müller & Co")


def test_of_two_that_make_the_same_book_at_once_one_does(generous: Services) -> None:
    def attempt(_number: int) -> bool:
        try:
            make(generous, "friends")
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_books_of_the_config_file_are_neither_renamed_nor_archived(generous: Services) -> None:
    for slug in ("customers", "personal"):
        with pytest.raises(AccessDenied), generous.directory.writing(ALICE, HERE) as writing:
            archive_book(writing, slug)
        with pytest.raises(AccessDenied), generous.directory.writing(ALICE, HERE) as writing:
            rename_book(writing, writing.book(slug, Privilege.READ), "X", "")
    refused = [found.event for found in events(generous) if found.event.outcome is Outcome.REFUSED]
    assert [event.book for event in refused] == [
        "customers",
        "customers",
        "alice/personal",
        "alice/personal",
    ]


def test_properties_are_of_one_user_and_go_with_the_book(generous: Services) -> None:
    for who, value in ((ALICE, "red"), (BOB, "blue")):
        with generous.directory.writing(who, HERE) as writing:
            book = writing.book("customers", Privilege.READ).book
            change_properties(writing, book, {"{urn:x}colour": value, "{urn:x}gone": "x"})
            change_properties(writing, book, {"{urn:x}gone": None})
    for who, value in ((ALICE, "red"), (BOB, "blue")):
        with generous.directory.reading(who, HERE) as reading:
            assert reading.properties() == {book.id: {"{urn:x}colour": value}}
    with generous.directory.writing(BOB, HERE) as writing, pytest.raises(QuotaExceeded):
        change_properties(writing, book, {"{urn:x}long": "x" * LONGEST})
    make(generous, "friends")
    with generous.directory.writing(BOB, HERE) as writing:
        own = writing.book("friends", Privilege.READ).book
        change_properties(writing, own, {"{urn:x}colour": "green"})
        archive_book(writing, "friends")
    with generous.directory.writing(ADMIN, HERE) as acting:
        (label,) = [name for name in archived_books(acting) if name.startswith("bob/friends~")]
        purge_book(acting, label)
    assert own.id not in {row[0] for row in rows(generous, select(addressbook.c.id))}
    left = rows(generous, select(book_property.c.value).order_by(book_property.c.value))
    assert left == [("blue",), ("red",)]


def test_listings_agree_however_much_of_the_cards_they_read(each_engine: Services) -> None:
    for number in range(3):
        put(each_engine, f"{number}.vcf", vcard(str(number), f"Name {number}"))
    put(each_engine, "1.vcf", vcard("1", "Another"))
    with each_engine.directory.writing(ALICE, HERE) as writing:
        writing.delete_card("customers", "0.vcf")
    with each_engine.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        bodies = list(reading.bodies(view))
        assert [*reading.etags(view)] == [(card.href, card.etag) for card, _ in bodies]
        assert [*reading.texts(view)] == [(card.href, card.etag, body) for card, body in bodies]
        named = ["2.vcf", "none", "0.vcf", "1.vcf"]
        assert sorted(reading.texts(view, named)) == [*reading.texts(view)]
        for since in range(7):
            changed = list(reading.changed(view, since))
            assert [(href, revision, card is None) for revision, href, card in changed] == [
                (change.href, change.revision, change.vanished)
                for change in reading.changes(view, since)
            ]
            alive = [one for one in changed if one[2] is not None]
            assert [*reading.changed(view, since, alive=True)] == alive
            assert {card for _, _, card in alive} <= {card for card, _ in bodies}


def test_the_file_is_not_where_the_books_of_users_are(generous: Services, tmp_path: Path) -> None:
    make(generous, "friends")
    assert reconfigure(generous, ('name = "Staff"', 'name = "All"')).steps
    assert "friends" in slugs(generous, BOB)
    assert "friends" not in (tmp_path / "dirserver.toml").read_text(encoding="utf-8")
