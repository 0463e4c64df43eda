"""Who may do what, end to end: the same refusal for hidden and absent, and its trace."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.principal import ANONYMOUS, EVERYONE, Client, Principal, PrincipalKind
from dirserver.model.query import EVERYTHING
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import delete, events, import_all, listing, move, put, traces
from tests.organisation import ADMIN, ALICE, BOB, CAROL, DAVE, ERIN, HERE, vcard

ANNA = vcard("anna", "Anna")
INSIDE = Client("ldap", "10.20.30.40")
OUTSIDE = Client("ldap", "192.0.2.1")

# What each of them has on the books customers, secret and staff.
RIGHTS = {
    "alice": (ALICE, "manage", "manage", "write"),
    "bob": (BOB, "write", "", "read"),
    "carol": (CAROL, "read", "", "read"),
    "dave": (DAVE, "search", "", "read"),
    "erin": (ERIN, "", "", "read"),
    "root": (ADMIN, "manage", "manage", "manage"),
    "anonymous": (ANONYMOUS, "", "", ""),
    "anonymous inside": (ANONYMOUS, "search", "", ""),
}


@pytest.mark.parametrize("who", RIGHTS)
def test_everybody_has_the_books_that_the_config_gives_them(services: Services, who: str) -> None:
    principal, *expected = RIGHTS[who]
    client = INSIDE if who.endswith("inside") else OUTSIDE
    with services.directory.reading(principal, client) as reading:
        have = {view.book.slug: view.access.label for view in reading.books(Privilege.SEARCH)}
        assert [have.get(slug, "") for slug in ("customers", "secret", "staff")] == expected
        for slug in ("customers", "secret", "staff"):
            for privilege in Privilege:
                allowed = slug in have and Privilege[have[slug].upper()] >= privilege
                if allowed:
                    assert reading.book(slug, privilege).book.slug == slug
                else:
                    with pytest.raises(AccessDenied):
                        reading.book(slug, privilege)


@pytest.mark.parametrize("slug", ["secret", "absent", "", "customers\0", "bob/customers"])
def test_hidden_and_absent_books_are_refused_alike(each_engine: Services, slug: str) -> None:
    with each_engine.directory.reading(BOB, HERE) as reading, pytest.raises(AccessDenied):
        reading.book(slug, Privilege.SEARCH)
    before = traces(each_engine)
    for act in (
        lambda: put(each_engine, "anna.vcf", ANNA, slug=slug, who=BOB),
        lambda: delete(each_engine, "anna.vcf", slug=slug, who=BOB),
        lambda: move(each_engine, "anna.vcf", "b.vcf", slug=slug, who=BOB),
        lambda: import_all(each_engine, [ANNA], slug=slug, who=BOB),
    ):
        with pytest.raises(AccessDenied):
            act()
    refused = [found.event for found in events(each_engine)][before.events :]
    assert [one.action for one in refused] == [
        AuditAction.CARD_UPDATE,
        AuditAction.CARD_DELETE,
        AuditAction.CARD_MOVE,
        AuditAction.CARD_IMPORT,
    ]
    assert {(one.actor, one.outcome) for one in refused} == {("bob", Outcome.REFUSED)}
    assert {one.book for one in refused} == {slug.replace("\0", "\ufffd")}
    assert all(one.detail for one in refused)
    assert {(one.protocol, one.address, one.agent) for one in refused} == {
        ("test", "192.0.2.7", "pytest")
    }


def test_a_refusal_is_told_though_all_that_was_written_is_undone(each_engine: Services) -> None:
    before = traces(each_engine)

    def write_where_one_may_and_where_not() -> None:
        with each_engine.directory.writing(BOB, HERE) as writing:
            writing.put_card("customers", "anna.vcf", ANNA)
            writing.put_card("staff", "anna.vcf", ANNA)

    with pytest.raises(AccessDenied):
        write_where_one_may_and_where_not()
    after = traces(each_engine)
    assert (after.cards, after.versions, after.revisions) == (0, 0, before.revisions)
    assert after.events == before.events + 1
    last = events(each_engine)[-1].event
    assert (last.book, last.card, last.outcome) == ("staff", "anna.vcf", Outcome.REFUSED)


def test_a_refusal_that_the_caller_got_over_stays_told_and_the_rest_is_kept(
    services: Services,
) -> None:
    with services.directory.writing(BOB, HERE) as writing:
        with pytest.raises(AccessDenied):
            writing.put_card("staff", "anna.vcf", ANNA)
        writing.put_card("customers", "anna.vcf", ANNA)
    assert list(listing(services)) == ["anna.vcf"]
    told = [found.event.outcome for found in events(services, AuditFilter(actor="bob"))]
    assert sorted(told) == [Outcome.DONE, Outcome.REFUSED]


def test_a_principal_has_the_groups_of_the_config_and_not_those_it_came_with(
    services: Services,
) -> None:
    forged = Principal(
        PrincipalKind.USER, "erin", grantees=frozenset({"alice", "group:sales", EVERYONE})
    )
    with services.directory.reading(forged, HERE) as reading:
        assert [view.book.slug for view in reading.books(Privilege.SEARCH)] == ["staff"]
        assert reading.principal.name == "Erin Example"


@pytest.mark.parametrize("login", ["zoe", "", "group:sales", "anonymous", "ALICE", "alice\0"])
def test_who_is_no_user_has_nothing(each_engine: Services, login: str) -> None:
    nobody = Principal(PrincipalKind.USER, login, grantees=frozenset({"alice", EVERYONE}))
    for opened in (each_engine.directory.reading, each_engine.directory.writing):
        with pytest.raises(AccessDenied), opened(nobody, HERE):
            pytest.fail("nobody came in")


def test_nobody_without_a_name_writes_even_from_inside(services: Services) -> None:
    with pytest.raises(AccessDenied):
        put(services, "anna.vcf", ANNA, who=ANONYMOUS, client=INSIDE)
    put(services, "anna.vcf", ANNA)
    with services.directory.reading(ANONYMOUS, INSIDE) as reading:
        found = list(reading.search(EVERYTHING, reading.books(Privilege.SEARCH)))
        assert len(found) == 1
        with pytest.raises(AccessDenied):
            reading.book("customers", Privilege.READ)


def test_the_trail_of_a_book_is_for_those_who_manage_it(services: Services) -> None:
    put(services, "anna.vcf", ANNA, who=BOB)
    put(services, "anna.vcf", ANNA, slug="secret")
    with services.directory.reading(ALICE, HERE) as reading:
        seen = list(reading.audit(AuditFilter(book="customers")))
        assert {found.event.book for found in seen} == {"customers"}
        assert seen[-1].event.actor == "bob"
        with pytest.raises(AccessDenied):
            list(reading.audit(AuditFilter()))
        with pytest.raises(AccessDenied):
            list(reading.audit(AuditFilter(book="staff")))
    with services.directory.reading(BOB, HERE) as reading, pytest.raises(AccessDenied):
        list(reading.audit(AuditFilter(book="customers")))
    with services.directory.reading(ADMIN, HERE) as reading:
        told = [found.event for found in reading.audit(AuditFilter(action="card"))]
        books = {event.book for event in told if event.outcome is Outcome.DONE}
        assert books == {"customers", "secret"}
