"""A purged book is gone with all that belongs to it, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Table, func, insert, select, text

from dirserver.assembly import Services
from dirserver.directory.past.purging import purge_book
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.audit import AuditAction, Outcome
from dirserver.store import incarnations
from dirserver.store.incarnations import Remembered
from dirserver.store.purging import Belongings
from dirserver.store.same import forwarding
from dirserver.store.same.forwarding import Forward
from dirserver.store.tables import metadata, sighting, stopped_client
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import delete, events, get, move, put, reconfigure
from tests.organisation import ADMIN, ALICE, HERE, vcard
from tests.store.trail import broken_links
from tests.store.trigrams import disagreements

SECRET = '\n[books.secret]\nname = "Secret"\ngrants = [{ to = "alice", access = "manage" }]\n'


def counts(services: Services) -> dict[str, int]:
    with services.store.reading() as connection:

        def count(table: Table) -> int:
            return connection.scalar(select(func.count()).select_from(table)) or 0

        return {table.name: count(table) for table in metadata.sorted_tables}


def fill(services: Services, slug: str) -> None:
    """Leave a trace of a book in every table that has something of books."""
    put(services, "anna.vcf", vcard(f"anna-{slug}", f"Anna {slug.title()}"), slug=slug)
    put(services, "anna.vcf", vcard(f"anna-{slug}", f"Anna von {slug.title()}"), slug=slug)
    put(services, "bert.vcf", vcard(f"bert-{slug}", "Bert Berg"), slug=slug)
    delete(services, "bert.vcf", slug=slug)
    book = next(one for one in services.directory.policy().books if one.slug == slug)
    with services.store.writing() as connection:
        incarnations.begin(connection, Remembered(), datetime.now(UTC))
        row = {"addressbook_id": book.id, "login": "alice", "device": "phone"}
        now = datetime.now(UTC)
        stopped = {"at": now, "reason": "shield", "released_by": ""}
        connection.execute(insert(stopped_client).values(**row, **stopped))
        seen = {"agent": "x", "revision": 1, "first_at": now, "last_at": now}
        connection.execute(insert(sighting).values(**row, **seen))
        forward = Forward("old.vcf", "old", f"old-{slug}", "key", 1, 1)
        forwarding.add(connection, book.id, [forward], now)


def purge(services: Services, label: str) -> Belongings:
    with services.directory.writing(ADMIN, HERE) as writing:
        return purge_book(writing, label)


def test_all_that_belongs_to_the_book_goes_and_nothing_else(each_engine: Services) -> None:
    fill(each_engine, "customers")
    before = counts(each_engine)
    fill(each_engine, "secret")
    reconfigure(each_engine, (SECRET, ""))
    assert purge(each_engine, "secret") == Belongings(1, 4, 2)
    after = counts(each_engine)
    for name in ("addressbook", "book_grant"):
        # Those of the book were there before it was filled.
        assert after.pop(name) == before.pop(name) - 1
    assert after.pop("incarnation") == before.pop("incarnation") - 1 + 2
    for name in ("audit_event", "setting"):
        assert after.pop(name) >= before.pop(name)
    assert after == before
    assert get(each_engine, "anna.vcf")[0].uid == "anna-customers"


def test_the_index_forgets_the_book(each_engine: Services) -> None:
    fill(each_engine, "secret")
    reconfigure(each_engine, (SECRET, ""))
    purge(each_engine, "secret")
    if each_engine.store.is_sqlite:
        with each_engine.store.writing() as connection:
            assert disagreements(connection) == set()
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_the_trail_tells_of_it_and_stays_whole(each_engine: Services) -> None:
    fill(each_engine, "secret")
    reconfigure(each_engine, (SECRET, ""))
    purge(each_engine, "secret")
    last = events(each_engine)[-1].event
    assert (last.action, last.actor, last.book) == (AuditAction.BOOK_PURGE, "root", "secret")
    assert last.detail.endswith(": 1 card, 4 versions, 2 change rows")
    assert broken_links(each_engine.store) == []
    assert events(each_engine, AuditFilter(book="secret", action="card"))


def test_a_card_that_was_moved_out_in_time_stays(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", vcard("anna", "Anna"), slug="secret")
    key = get(each_engine, "anna.vcf", slug="secret")[0].key
    move(each_engine, "anna.vcf", "anna.vcf", slug="secret", to_slug="customers")
    reconfigure(each_engine, (SECRET, ""))
    purge(each_engine, "secret")
    assert get(each_engine, "anna.vcf")[0].key == key


def test_a_book_in_use_or_one_that_never_was_cannot_be_purged(each_engine: Services) -> None:
    for label in ("customers", "nothing"):
        with pytest.raises(NotFound):
            purge(each_engine, label)
    assert len(each_engine.directory.policy().books) == 3


def test_only_the_operator_purges_and_others_are_told_of(each_engine: Services) -> None:
    reconfigure(each_engine, (SECRET, ""))
    with (
        pytest.raises(AccessDenied),
        each_engine.directory.writing(ALICE, HERE) as writing,
    ):
        purge_book(writing, "secret")
    last = events(each_engine)[-1].event
    assert (last.action, last.outcome) == (AuditAction.BOOK_PURGE, Outcome.REFUSED)
    assert purge(each_engine, "secret").cards == 0


def test_a_book_of_the_same_name_is_another_one(each_engine: Services) -> None:
    fill(each_engine, "secret")
    before = {book.slug: book.uuid for book in each_engine.directory.policy().books}
    config = each_engine.config.path
    reconfigure(each_engine, (SECRET, ""))
    purge(each_engine, "secret")
    config.write_text(config.read_text(encoding="utf-8") + SECRET, encoding="utf-8")
    reconfigure(each_engine)
    after = {book.slug: book.uuid for book in each_engine.directory.policy().books}
    assert after["customers"] == before["customers"]
    assert after["secret"] != before["secret"]
