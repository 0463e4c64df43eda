"""Restores: a field, a card, a deleted card, or a whole book is again what it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver.directory.past.restoring import plan_book, restore_book
from dirserver.directory.past.settling import Fate, Outcome
from dirserver.errors import AccessDenied, AlreadyExists, NotFound, UIDConflict
from dirserver.model.audit import AuditAction
from dirserver.model.audit import Outcome as AuditOutcome
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts, DeedKind, deeds
from dirserver.model.query import EVERYTHING
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
from tests.directory.past import keys_named, life, restore, restore_to, take_back
from tests.organisation import (
    ADMIN,
    ALICE,
    BOB,
    HERE,
    open_organisation,
    vcard,
    without_shield,
    write_config,
)

ANNA = vcard("anna", "Anna", "TEL;TYPE=cell:0171 1", "NOTE:early")
LATE = vcard("anna", "Anna", "TEL;TYPE=cell:0171 2", "NOTE:late")
BEN = vcard("ben", "Ben")


@pytest.fixture
def each_engine(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """The organisation on each engine, where a client may delete as much as it likes."""
    services = open_organisation(without_shield(write_config(tmp_path, database_url)))
    yield services
    services.close()


def would_restore(services: Services, at: datetime) -> list[Outcome]:
    with services.directory.reading(ADMIN, HERE) as reading:
        return list(plan_book(reading, reading.book("customers", Privilege.MANAGE), at))


def test_a_card_is_again_what_it_was(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "anna.vcf", LATE, who=BOB)
    card, token = get(each_engine, "anna.vcf")[0], revision(each_engine)
    first = life(each_engine, card.key)[0]
    told = restore(each_engine, first, who=ALICE)
    assert told.fate is Fate.CHANGES
    assert [(one.field, one.after) for one in told.fields] == [
        ("mobile number", "0171 1"), ("note", "early"),
    ]  # fmt: skip
    again, body = get(each_engine, "anna.vcf")
    assert (again.key, body) == (card.key, ANNA)
    assert [one.href for one in changes(each_engine, token)] == ["anna.vcf"]
    last = events(each_engine)[-1].event
    assert (last.action, last.card, last.actor) == (AuditAction.CARD_RESTORE, "anna.vcf", "alice")
    before = traces(each_engine)
    assert restore(each_engine, first).fate is Fate.STAYS
    assert traces(each_engine) == before


def test_a_field_comes_back_alone(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "anna.vcf", LATE)
    first = life(each_engine, get(each_engine, "anna.vcf")[0].key)[0]
    restore(each_engine, first, "TEL")
    assert get(each_engine, "anna.vcf")[1] == LATE.replace(b"0171 2", b"0171 1")
    assert "restore 1: TEL as of" in events(each_engine)[-1].event.detail


def test_a_deleted_card_comes_back_under_its_name_and_key(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    card, token = get(each_engine, "anna.vcf")[0], revision(each_engine)
    delete(each_engine, "anna.vcf")
    (key,) = keys_named(each_engine, "anna.vcf")
    version = life(each_engine, key)[0]
    with pytest.raises(NotFound):
        restore(each_engine, version, "TEL")
    assert restore(each_engine, version).fate is Fate.RETURNS
    again, body = get(each_engine, "anna.vcf")
    assert (again.key, body) == (card.key, ANNA)
    assert [(one.href, one.vanished) for one in changes(each_engine, token)] == [
        ("anna.vcf", False)
    ]
    with each_engine.directory.reading(ALICE, HERE) as reading:
        found = list(reading.search(EVERYTHING, reading.books(Privilege.SEARCH)))
    assert [entry.key for entry in found] == [card.key]
    kinds = [deed.kind for deed in deeds(life(each_engine, key))]
    assert kinds == [DeedKind.CREATED, DeedKind.DELETED, DeedKind.RETURNED]
    take_back(each_engine, Acts(batch=1))
    assert listing(each_engine) == {}


def test_a_card_does_not_come_back_in_the_place_of_another(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    version = life(each_engine, get(each_engine, "anna.vcf")[0].key)[0]
    delete(each_engine, "anna.vcf")
    put(each_engine, "anna.vcf", BEN)
    with pytest.raises(AlreadyExists, match=r"anna\.vcf"):
        restore(each_engine, version)
    move(each_engine, "anna.vcf", "ben.vcf")
    put(each_engine, "a.vcf", LATE)
    with pytest.raises(UIDConflict) as conflict:
        restore(each_engine, version)
    assert conflict.value.href == "a.vcf"


def test_restoring_is_for_those_who_manage(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    version = life(each_engine, get(each_engine, "anna.vcf")[0].key)[0]
    put(each_engine, "anna.vcf", LATE)
    with pytest.raises(AccessDenied):
        restore(each_engine, version, who=BOB)
    with pytest.raises(AccessDenied):
        restore_to(each_engine, version.at, who=BOB)
    told = [one.event for one in events(each_engine)[-2:]]
    assert [(one.action, one.outcome) for one in told] == [
        (AuditAction.CARD_RESTORE, AuditOutcome.REFUSED),
        (AuditAction.BOOK_RESTORE, AuditOutcome.REFUSED),
    ]
    assert keys_named(each_engine, "anna.vcf", who=BOB) == []
    assert keys_named(each_engine, version.key, who=BOB) == []


def test_a_book_is_again_what_it_was(each_engine: Services) -> None:
    import_all(each_engine, [vcard(f"uid-{n}", f"Name {n}", "NOTE:a") for n in range(230)])
    put(each_engine, "anna.vcf", ANNA)
    before = {href: (one.key, one.etag) for href, one in listing(each_engine).items()}
    then, token = datetime.now(UTC), revision(each_engine)
    import_all(each_engine, [vcard(f"uid-{n}", f"Name {n}", "NOTE:b") for n in range(120)])
    for number in range(110, 230):
        delete(each_engine, f"uid-{number}.vcf", who=BOB)
    put(each_engine, "ben.vcf", BEN, who=BOB)
    move(each_engine, "anna.vcf", "uid-229.vcf")
    planned = would_restore(each_engine, then)
    restore_to(each_engine, then, who=ALICE)
    after = {href: (one.key, one.etag) for href, one in listing(each_engine).items()}
    assert after == before
    assert would_restore(each_engine, then) == []
    fates = {(one.href, one.fate) for one in planned}
    assert fates >= {
        ("ben.vcf", Fate.GOES), ("uid-1.vcf", Fate.CHANGES), ("uid-200.vcf", Fate.RETURNS),
        ("uid-229.vcf", Fate.GOES), ("uid-229.vcf", Fate.RETURNS), ("anna.vcf", Fate.RETURNS),
    }  # fmt: skip
    assert {one.href for one in changes(each_engine, token)} == {one.href for one in planned}
    last = events(each_engine)[-1].event
    assert (last.action, last.book, last.actor) == (AuditAction.BOOK_RESTORE, "customers", "alice")
    assert last.detail.endswith("231 stored, 2 taken out")
    take_back(each_engine, Acts(batch=int(last.detail.split()[1].rstrip(":"))))
    assert len(listing(each_engine)) == 112


def test_what_has_not_changed_is_not_touched(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    then = datetime.now(UTC)
    put(each_engine, "ben.vcf", BEN)
    put(each_engine, "anna.vcf", LATE)
    put(each_engine, "anna.vcf", ANNA)
    before = revision(each_engine)
    restore_to(each_engine, then)
    assert [one.href for one in changes(each_engine, before)] == ["ben.vcf"]
    assert revision(each_engine) == before + 1


def test_a_card_that_is_in_another_book_by_now_comes_back_as_another_one(
    each_engine: Services,
) -> None:
    put(each_engine, "anna.vcf", ANNA)
    key, then = get(each_engine, "anna.vcf")[0].key, datetime.now(UTC)
    move(each_engine, "anna.vcf", "anna.vcf", to_slug="staff")
    restore_to(each_engine, then)
    assert get(each_engine, "anna.vcf", slug="staff")[0].key == key
    card, body = get(each_engine, "anna.vcf")
    assert (card.key != key, body) == (True, ANNA)
    assert would_restore(each_engine, then) == []


def test_a_moment_before_everything_empties_the_book(each_engine: Services) -> None:
    then = datetime.now(UTC)
    put(each_engine, "anna.vcf", ANNA)
    restore_to(each_engine, then)
    assert listing(each_engine) == {}


def test_the_count_grows_to_its_end(services: Services) -> None:
    then = datetime.now(UTC)
    import_all(services, [vcard(f"uid-{n}", f"Name {n}") for n in range(250)])
    seen = []
    with services.directory.writing(ADMIN, HERE) as writing:
        for count in restore_book(writing, "customers", then):
            seen.append(count.done)
    assert seen == sorted(seen)
    assert count.done == count.total
