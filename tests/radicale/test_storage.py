"""Radicale's locks as transactions, whatever Radicale makes of an error."""

from __future__ import annotations

import pytest
from radicale.item import Item

from dirserver.assembly import Services
from dirserver.errors import AccessDenied, StoreUnavailable
from dirserver_radicale import request
from dirserver_radicale.configuration import configuration
from dirserver_radicale.request import Request
from dirserver_radicale.stock.books import BookCollection, refused
from dirserver_radicale.storage import Storage
from dirserver_radicale.upload import read_uid, spell_uid
from tests.directory.acts import get, put
from tests.directory.merging import merged
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient


@pytest.fixture
def storage(services: Services) -> Storage:
    """The plugin, as Radicale makes it."""
    request.end()
    return Storage(configuration(services), services)


def item(card: bytes) -> Item:
    """Return what Radicale would upload."""
    return Item(collection_path="alice/customers", text=card.decode(), uid="x")


def book(storage: Storage, path: str = "/alice/customers/") -> BookCollection:
    """Return the book at ``path``, under a lock."""
    found = next(iter(storage.discover(path)))
    assert isinstance(found, BookCollection)
    return found


def hrefs(storage: Storage) -> list[str | None]:
    """Return the names of the cards in customers."""
    with storage.acquire_lock("r", "alice"):
        return [card.href for card in book(storage).get_all()]


def test_an_error_that_became_an_answer_undoes_the_transaction_all_the_same(
    storage: Storage,
) -> None:
    """Radicale catches the ValueError, answers 400 and ends its lock as if all were well."""
    with storage.acquire_lock("w", "alice", actor="alice"):
        customers = book(storage)
        customers.upload("a.vcf", item(vcard("a", "A B")))
        with pytest.raises(ValueError, match="UID"):
            customers.upload("b.vcf", item(vcard("a", "A B")))
    assert hrefs(storage) == []
    with storage.acquire_lock("w", "alice", actor="alice"):
        book(storage).upload("a.vcf", item(vcard("a", "A B")))
    assert hrefs(storage) == ["a.vcf"]


def test_an_error_of_the_store_is_not_taken_for_one_of_the_client() -> None:
    error = StoreUnavailable("gone")
    assert refused(error) is error
    assert isinstance(refused(AccessDenied("no")), ValueError)
    request.end()


def test_what_is_for_a_card_that_is_one_with_another_now_lands_there(
    storage: Storage, services: Services
) -> None:
    put(services, "a.vcf", vcard("a", "Anna"))
    put(services, "b.vcf", vcard("b", "Anna"))
    merged(services, "a.vcf", "b.vcf")
    with storage.acquire_lock("w", "alice", actor="alice"):
        body = vcard("b", "Anna", "NOTE:tall")
        stored, replaced = book(storage).upload("b.vcf", item(body))
        assert (stored.href, stored.serialize().encode(), replaced) == ("b.vcf", body, None)
    assert hrefs(storage) == ["a.vcf"]
    assert b"NOTE:tall" in get(services, "a.vcf")[1]


def test_an_exception_undoes_the_transaction(storage: Storage) -> None:
    def fail() -> None:
        with storage.acquire_lock("w", "alice", actor="alice"):
            book(storage).upload("a.vcf", item(vcard("a", "A B")))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert hrefs(storage) == []


def test_who_is_no_longer_a_user_finds_nothing(storage: Storage) -> None:
    for mode in ("r", "w"):
        with storage.acquire_lock(mode, "zeno"):
            assert list(storage.discover("/zeno/", "1")) == []
            assert list(storage.discover("/zeno/staff/", "1")) == []


def test_nothing_is_looked_at_without_a_lock(storage: Storage) -> None:
    with pytest.raises(RuntimeError):
        next(iter(storage.discover("/")))


def test_a_lock_for_reading_does_not_write(storage: Storage) -> None:
    with storage.acquire_lock("r", "alice"), pytest.raises(AccessDenied):
        book(storage).writing()


def test_books_are_neither_made_nor_taken_away_nor_renamed(storage: Storage) -> None:
    """Whatever an admin permits in Radicale's own config file."""
    with storage.acquire_lock("w", "alice", actor="alice"):
        with pytest.raises(AccessDenied):
            storage.create_collection("/alice/new/", props={"tag": "VADDRESSBOOK"})
        with pytest.raises(AccessDenied):
            book(storage).delete()
        with pytest.raises(AccessDenied):
            book(storage).set_meta({"D:displayname": "X"})
    assert storage.verify()


def test_a_thread_keeps_nothing_of_the_request_that_it_answered(alice: DAVClient) -> None:
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    assert request.current() == Request()


@pytest.mark.parametrize("uid", ["a", "urn:uuid:4fbe8971", "ä\\,;:\n", "-", " ", "x" * 1000])
def test_a_uid_is_spelled_so_that_radicale_gives_it_back(uid: str) -> None:
    assert read_uid(spell_uid(uid)) == uid
    assert spell_uid(uid).isalnum()


def test_no_uid_is_nobodys() -> None:
    assert spell_uid("")
    assert read_uid(spell_uid("")) == ""
    assert read_uid("no hexadecimal") == ""
