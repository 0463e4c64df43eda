"""Cards that are copied, as whoever copies them sees them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.directory.writing import Stored
from dirserver.errors import AccessDenied, AlreadyExists, InvalidHref, NotFound, UIDConflict
from dirserver.model.principal import Principal
from dirserver.store.tables import card_version
from tests.directory.acts import events, get, put, reconfigure, rows, traces
from tests.organisation import ALICE, BOB, CAROL, HERE, vcard

ANNA = vcard("anna", "Anna", "NOTE:hidden from carol")


def copy(
    services: Services,
    href: str,
    to_href: str,
    *,
    slug: str = "customers",
    to_slug: str = "staff",
    overwrite: bool = False,
    who: Principal = ALICE,
) -> Stored:
    with services.directory.writing(who, HERE) as writing:
        return writing.copy_card(slug, href, to_slug, to_href, overwrite=overwrite)


def test_a_copy_has_a_key_of_its_own_and_a_version_that_says_what_it_is(
    each_engine: Services,
) -> None:
    put(each_engine, "anna.vcf", ANNA)
    assert copy(each_engine, "anna.vcf", "a.vcf").created
    (old, body), (new, copied) = (
        get(each_engine, "anna.vcf"),
        get(each_engine, "a.vcf", slug="staff"),
    )
    assert (new.etag, new.uid, copied) == (old.etag, old.uid, body)
    assert new.key != old.key
    operations = select(card_version.c.href, card_version.c.operation)
    assert rows(each_engine, operations.order_by(card_version.c.id)) == [
        ("anna.vcf", "put"),
        ("a.vcf", "copy"),
    ]
    event = events(each_engine)[-1].event
    assert (str(event.action), event.book, event.card, event.detail) == (
        "card:copy",
        "staff",
        "a.vcf",
        "from customers/anna.vcf",
    )


def test_the_same_copy_again_changes_nothing(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    copy(each_engine, "anna.vcf", "a.vcf")
    before = traces(each_engine)
    assert not copy(each_engine, "anna.vcf", "a.vcf", overwrite=True).created
    assert traces(each_engine) == before


def test_who_does_not_see_all_copies_what_they_see(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    reconfigure(
        each_engine,
        (
            '{ to = "alice", access = "write" }]',
            '{ to = "alice", access = "write" }, { to = "carol", access = "write" }]',
        ),
    )
    copy(each_engine, "anna.vcf", "a.vcf", who=CAROL)
    assert b"NOTE" not in get(each_engine, "a.vcf", slug="staff")[1]


def test_what_cannot_be_copied_leaves_no_trace(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "there.vcf", vcard("other", "Other"), slug="staff")
    before = traces(each_engine)
    for to_href, overwrite, error in (
        ("there.vcf", False, AlreadyExists),
        ("there.vcf", True, UIDConflict),
        ("a/b", False, InvalidHref),
    ):
        with pytest.raises(error):
            copy(each_engine, "anna.vcf", to_href, overwrite=overwrite)
    with pytest.raises(UIDConflict):
        copy(each_engine, "anna.vcf", "again.vcf", to_slug="customers")
    with pytest.raises(NotFound):
        copy(each_engine, "absent.vcf", "a.vcf")
    assert traces(each_engine) == before
    for who, slug, to_slug in ((BOB, "customers", "staff"), (BOB, "secret", "customers")):
        with pytest.raises(AccessDenied):
            copy(each_engine, "anna.vcf", "a.vcf", slug=slug, to_slug=to_slug, who=who)
    assert [found.event.detail for found in events(each_engine)[-2:]] == [
        "no grant of write on staff; that to everyone (config file) gives only read",
        "no grant of read on secret",
    ]
