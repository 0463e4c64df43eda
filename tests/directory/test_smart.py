"""Smart books: what is seen of other books through them, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dirserver.assembly import Services
from dirserver.directory import Reading, Writing
from dirserver.directory.access.granting import give, take
from dirserver.errors import AccessDenied, InvalidGrant
from dirserver.model.audit import AuditAction
from dirserver.model.derive import derive
from dirserver.model.device import Device
from dirserver.model.fields import Field
from dirserver.model.grant import Grant, Privilege
from dirserver.model.policy import SmartView, VisibleBook, shown_of
from dirserver.model.principal import Client, Principal
from dirserver.model.query import EVERYTHING, Equals, Query, Substring
from dirserver.model.smart.parsing import parse
from dirserver.model.vcard import parse_card
from tests.directory.acts import put, reconfigure
from tests.organisation import (
    ADMIN,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    HERE,
    open_organisation,
    write_config,
)
from tests.postgresql import fresh_database
from tests.smart import SMART, add_smart_books, person

CARDS = {
    ("customers", "c1.vcf"): person(1, ("VIP", "Press"), "ORG:Acme;Sales", "TEL:+49 30 901820"),
    ("customers", "c2.vcf"): person(2, ("Press",), "EMAIL:c2@example.org", "TITLE:Müller"),
    ("customers", "c3.vcf"): person(3, (), "ADR;TYPE=work:;;;Berlin;;10115;Germany"),
    ("staff", "c4.vcf"): person(4, ("vip",), "ADR;TYPE=home:;;;Wien;;1010;Austria"),
    ("staff", "c5.vcf"): person(5, ("Très VIP",), "X-CUSTOM1:a"),
    ("staff", "g.vcf"): person(6, ("VIP",), "X-ADDRESSBOOKSERVER-KIND:group"),
    ("secret", "c7.vcf"): person(7, ("VIP",), "ORG:acmé"),
}


def fill(services: Services) -> None:
    for (slug, href), body in CARDS.items():
        put(services, href, body, slug=slug)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    """The organisation with smart books and people, on each engine, for tests that only read."""
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(server))
        path = write_config(tmp_path_factory.mktemp("smart"), url)
        services = open_organisation(add_smart_books(path))
        stack.callback(services.store.close)
        fill(services)
        yield services


@pytest.fixture
def smart(services: Services) -> Services:
    """The same, to be changed."""
    reconfigure(services, ("[books.secret]", f"{SMART}\n[books.secret]"))
    fill(services)
    return services


def through(reading: Reading, slug: str, privilege: Privilege = Privilege.READ) -> SmartView:
    found = reading.smart_book(slug, privilege)
    assert found is not None
    return found


def shown(reading: Reading, view: SmartView) -> dict[str, list[str]]:
    return {part.book.slug: [card.href for card in reading.listing(part)] for part in view.parts}


def test_every_way_to_read_shows_the_same(standing: Services) -> None:
    with standing.directory.reading(BOB, HERE) as reading:
        view = through(reading, "vip")
        customers, staff = view.parts
        assert (customers.access, staff.access) == (Privilege.WRITE, Privilege.READ)
        assert shown(reading, view) == {"customers": ["c1.vcf"], "staff": ["c4.vcf", "g.vcf"]}
        assert [href for href, _ in reading.etags(staff)] == ["c4.vcf", "g.vcf"]
        every = ["c5.vcf", "g.vcf", "none.vcf", "c4.vcf", "a/b", ""]
        assert {card.href for card in reading.find(staff, every)} == {"c4.vcf", "g.vcf"}
        assert [card.href for card, _ in reading.bodies(staff)] == ["c4.vcf", "g.vcf"]
        assert [card.href for card, _ in reading.bodies(staff, every)] == ["c4.vcf", "g.vcf"]
        assert {href for href, _, _ in reading.texts(staff, every)} == {"c4.vcf", "g.vcf"}
        assert {href for href, _, _ in reading.texts(staff)} == {"c4.vcf", "g.vcf"}
        assert set(reading.lengths(staff)) == {"c4.vcf", "g.vcf"}
        assert reading.count(staff) == 2
        assert reading.number_in(view.parts) == 3
        assert reading.stored(staff, "c4.vcf") is not None
        assert reading.stored(staff, "c5.vcf") is None
        asked = Substring(Field.FULL_NAME, initial="Card")
        found = reading.matching(staff, asked, lambda *_: True, ["FN"])
        assert [card.href for card, _ in found] == ["c4.vcf", "g.vcf"]
        found = reading.matching(staff, EVERYTHING, lambda *_: True, [], only="c5.vcf")
        assert list(found) == []
        keys = [entry.uid for entry in reading.search(asked, view.parts)]
        assert keys == ["c1", "c4", "c6"]
        assert reading.number_found(Equals(Field.UID, "c2"), view.parts) == 0


def test_the_grants_of_the_books_decide_and_that_of_the_smart_one(standing: Services) -> None:
    def sees(who: Principal, slug: str, privilege: Privilege = Privilege.READ) -> list[str]:
        with standing.directory.reading(who, HERE) as reading:
            found = reading.smart_book(slug, privilege)
            return [] if found is None else [part.book.slug for part in found.parts]

    assert sees(ALICE, "vip") == sees(BOB, "vip") == sees(CAROL, "vip") == ["customers", "staff"]
    assert sees(ALICE, "firms") == ["customers", "secret", "staff"]
    # ORG is hidden from her in customers, and so nothing is found there by it.
    assert sees(CAROL, "firms") == ["staff"]
    assert sees(DAVE, "vip") == []
    assert sees(DAVE, "vip", Privilege.SEARCH) == ["customers", "staff"]
    assert sees(ERIN, "vip", Privilege.SEARCH) == []
    with standing.directory.reading(DAVE, HERE) as reading:
        parts = through(reading, "vip", Privilege.SEARCH).parts
        # He reads staff, but what shows it to him here is for lookups only.
        assert [part.access for part in parts] == [Privilege.SEARCH, Privilege.SEARCH]


def test_a_device_for_the_smart_book_alone_reads_through_it(standing: Services) -> None:
    policy = standing.directory.policy()
    bob = policy.users["bob"]
    phone = replace(bob, device=Device(1, "bob", "phone", books=frozenset({"vip"})))
    (view,) = policy.smart_books(phone, Privilege.READ)
    assert [part.access for part in view.parts] == [Privilege.READ, Privilege.READ]
    other = replace(bob, device=Device(1, "bob", "phone", books=frozenset({"staff"})))
    assert policy.smart_books(other, Privilege.READ) == ()


ACTS: list[Callable[[Writing], object]] = [
    lambda writing: writing.book("vip", Privilege.READ),
    lambda writing: writing.put_card("vip", "c9.vcf", person(9)),
    lambda writing: writing.delete_card("vip", "c1.vcf"),
    lambda writing: writing.move_card("customers", "c1.vcf", "vip", "c1.vcf", overwrite=False),
    lambda writing: writing.granted("vip", AuditAction.CARD_IMPORT),
]


def test_it_is_no_book_that_cards_are_put_into(smart: Services) -> None:
    for act in ACTS:
        with smart.directory.writing(ALICE, HERE) as writing, pytest.raises(AccessDenied):
            act(writing)
    with smart.directory.reading(ALICE, HERE) as reading:
        assert "vip" not in [view.book.slug for view in reading.books(Privilege.SEARCH)]


def test_who_manages_it_gives_read_on_it_and_nothing_else(smart: Services) -> None:
    with smart.directory.writing(ALICE, HERE) as writing:
        give(writing, "vip", Grant("erin", Privilege.READ))
    with smart.directory.reading(ERIN, HERE) as reading:
        assert shown(reading, through(reading, "vip")) == {"staff": ["c4.vcf", "g.vcf"]}
    for grant in (
        Grant("erin", Privilege.WRITE),
        Grant("erin", Privilege.READ, frozenset({"NOTE"})),
    ):
        with smart.directory.writing(ALICE, HERE) as writing, pytest.raises(InvalidGrant):
            give(writing, "vip", grant)
    with smart.directory.writing(ALICE, HERE) as writing:
        take(writing, "vip", "erin")
    with smart.directory.reading(ERIN, HERE) as reading:
        assert reading.smart_book("vip", Privilege.READ) is None


def test_the_plan_tells_of_a_query_that_changes(smart: Services) -> None:
    plan = reconfigure(smart, ("query = 'has org'", "query = 'has org and has tel'"))
    (step,) = plan.steps
    assert step.new is not None
    with smart.directory.reading(ALICE, HERE) as reading:
        assert shown(reading, through(reading, "firms")) == {
            "customers": ["c1.vcf"],
            "secret": [],
            "staff": [],
        }


QUERIES = [
    *('categories = "vip"', 'categories != "VIP"', 'categories contains "vip"', "has categories"),
    *('org = "ACME"', 'org in ("acme", "other")', "not has org", 'org starts with "ac"'),
    *('tel = "030/901820"', 'tel starts with "+4930"', "has tel", "has email"),
    *('city = "berlin"', 'country in ("Germany", "Austria")', 'postal_code starts with "10"'),
    *('kind = "group"', 'kind != "group"', 'title = "mueller"', 'name contains "ard"'),
    *('book = "staff"', 'book in ("customers", "secret")', 'book != "secret"', 'x-custom1 = "a"'),
]
_queries = st.recursive(
    st.sampled_from(QUERIES),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=4,
)


def found_alone(reading: Reading, views: tuple[VisibleBook, ...], text: str) -> set[str]:
    """Return what one test of ``QUERIES`` finds, through a search of its own."""
    return {
        entry.uid
        for view in views
        for entry in reading.search(EVERYTHING, [replace(view, shown=asked(text, view))])
    }


def asked(text: str, view: VisibleBook) -> Query:
    return shown_of(view.book, parse(text))


@pytest.fixture
def reading(standing: Services) -> Iterator[Reading]:
    with standing.directory.reading(ADMIN, Client("test")) as opened:
        yield opened


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=_queries, again=st.sampled_from(QUERIES))
def test_tests_compose_as_the_sets_that_they_find(reading: Reading, text: str, again: str) -> None:
    """What is put together finds what follows from what its tests find by themselves."""
    views = reading.books(Privilege.READ)
    everybody = {derive(parse_card(body))[Field.UID][0] for body in CARDS.values()}
    one, other = found_alone(reading, views, text), found_alone(reading, views, again)
    assert found_alone(reading, views, f"({text}) or ({again})") == one | other
    assert found_alone(reading, views, f"({text}) and ({again})") == one & other
    assert found_alone(reading, views, f"not ({text})") == everybody - one


FOUND = [
    (QUERIES[0], "c1 c4 c6 c7"),
    (QUERIES[1], "c2 c3 c5"),
    (QUERIES[2], "c1 c4 c5 c6 c7"),
    ('org = "ACME"', "c1 c7"),
    ("not has org", "c2 c3 c4 c5 c6"),
    ('unit = "sales"', "c1"),
    ('tel = "030/901820"', "c1"),
    ('tel starts with "+4930"', "c1"),
    ("has email", "c2"),
    ('city = "berlin"', "c3"),
    ('city in ("WIEN")', "c4"),
    ('country in ("Germany", "Austria")', "c3 c4"),
    ('postal_code starts with "10"', "c3 c4"),
    ('kind = "group"', "c6"),
    ('kind = "individual"', "c1 c2 c3 c4 c5 c7"),
    ('title = "mueller"', "c2"),
    ('name starts with "card"', "c1 c2 c3 c4 c5 c6 c7"),
    ('x-custom1 = "A"', "c5"),
    ('book = "secret" or x-custom1 = "a"', "c5 c7"),
    ('name = "100%" or title contains "_"', ""),
]


def test_a_test_finds_what_it_says(reading: Reading) -> None:
    views = reading.books(Privilege.READ)
    for text, uids in FOUND:
        assert sorted(found_alone(reading, views, text)) == uids.split(), text
