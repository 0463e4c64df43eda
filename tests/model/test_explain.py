"""A decision, explained: by which grants, through which groups, and what is lacking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.addressbook import AddressBook
from dirserver.model.device import Device
from dirserver.model.explain import Asker, Explanation, Kept, explain
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.policy import Policy, user_principal
from dirserver.model.principal import ANONYMOUS, EVERYONE, Group, Principal, operator
from dirserver.model.shield import Stop

BOOK = AddressBook(1, "uuid", "customers")
PRIVATE = AddressBook(2, "uuid", "personal", owner="alice", delegate=False)
OFFICE = (parse_network("10.20.0.0/16"),)
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
GROUPS = (
    Group("company", "Company", ("group:staff", "carol")),
    Group("staff", "Staff", ("group:sales", "group:circle")),
    Group("sales", "Sales", ("ida",)),
    # No config has such a one; whoever meets it must come to an end.
    Group("circle", "Circle", ("group:staff", "bob")),
)
USERS = {
    login: user_principal(login, login, "", GROUPS) for login in ("alice", "bob", "carol", "ida")
}


def explained(
    known: Policy, who: Principal, privilege: Privilege, book: AddressBook, address: str
) -> Explanation:
    return explain(known, Asker(who, NOW, address), privilege, book)


def policy(*grants: Grant, book: AddressBook = BOOK) -> Policy:
    return Policy(1, USERS, GROUPS, (book, PRIVATE), {book.id: grants})


@pytest.mark.parametrize(
    ("who", "grantee", "way"),
    [
        ("ida", "ida", ()),
        ("ida", EVERYONE, ()),
        ("ida", "group:sales", ("sales",)),
        ("ida", "group:company", ("sales", "staff", "company")),
        ("carol", "group:company", ("company",)),
        ("bob", "group:company", ("circle", "staff", "company")),
    ],
)
def test_the_way_through_the_groups_is_told(who: str, grantee: str, way: tuple[str, ...]) -> None:
    grant = Grant(grantee, Privilege.READ)
    found = explained(policy(grant), USERS[who], Privilege.READ, BOOK, "")
    assert found.decision.allowed
    assert [(one.grant, one.way, one.shortfall) for one in found.reaches] == [(grant, way, "")]
    assert (found.takers, found.givers) == ((), ())


def test_what_suffices_comes_first_and_the_rest_says_what_it_lacks() -> None:
    grants = [
        Grant(EVERYONE, Privilege.SEARCH),
        Grant("ida", Privilege.MANAGE, networks=OFFICE),
        Grant("group:staff", Privilege.READ, given_by="alice"),
        Grant("group:sales", Privilege.WRITE),
        Grant("bob", Privilege.MANAGE),
    ]
    found = explained(policy(*grants), USERS["ida"], Privilege.READ, BOOK, "192.0.2.1")
    assert [(one.grant.grantee, one.shortfall) for one in found.reaches] == [
        ("group:sales", ""),
        ("group:staff", ""),
        ("ida", "counts only from 10.20.0.0/16, and the client is at 192.0.2.1"),
        (EVERYONE, "gives only search"),
    ]
    assert found.decision.reason == "group:sales has write (config file)"
    found = explained(policy(*grants), USERS["ida"], Privilege.MANAGE, BOOK, "10.20.3.4")
    assert found.decision.reason == "ida has manage from 10.20.0.0/16 (config file)"


def test_what_is_given_does_not_count_where_the_book_says_so() -> None:
    book = AddressBook(1, "uuid", "customers", delegate=False)
    grant = Grant("ida", Privilege.WRITE, given_by="bob")
    manager = Grant("bob", Privilege.MANAGE)
    found = explained(policy(grant, manager, book=book), USERS["ida"], Privilege.READ, book, "")
    (reach,) = found.reaches
    assert reach.shortfall == "does not count, as the book has delegate = false"
    assert found.decision.reason == (
        "no grant of read on customers; that to ida (given by bob) does not count, as the book "
        "has delegate = false"
    )
    assert found.givers == ()
    found = explained(policy(grant, manager), USERS["ida"], Privilege.READ, BOOK, "")
    assert found.decision.reason == "ida has write (given by bob)"


@pytest.mark.parametrize(
    ("who", "privilege", "takers", "givers"),
    [
        ("ida", Privilege.READ,
         ("ida", "group:circle", "group:company", "group:sales", "group:staff",
          EVERYONE),
         ("bob",)),
        ("alice", Privilege.WRITE, ("alice", EVERYONE), ("bob",)),
        ("alice", Privilege.SEARCH, ("alice", EVERYONE), ("bob",)),
        ("alice", Privilege.MANAGE, ("alice", EVERYONE), ()),
        ("anonymous", Privilege.SEARCH, ("anonymous",), ()),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_needed_and_who_could_give_it(
    who: str, privilege: Privilege, takers: tuple[str, ...], givers: tuple[str, ...]
) -> None:
    principal = USERS.get(who, ANONYMOUS)
    found = explained(policy(Grant("bob", Privilege.MANAGE)), principal, privilege, BOOK, "")
    assert not found.decision.allowed
    assert (found.takers, found.givers) == (takers, givers)


def test_what_stays_hidden_is_told_and_what_another_grant_shows() -> None:
    grants = [
        Grant(EVERYONE, Privilege.READ, frozenset({"NOTE", "ADR"})),
        Grant("group:sales", Privilege.READ, frozenset({"NOTE"})),
        Grant("ida", Privilege.SEARCH),
    ]
    found = explained(policy(*grants), USERS["ida"], Privilege.READ, BOOK, "")
    assert found.kept == (Kept("ADR", "group:sales"), Kept("NOTE", ""))
    found = explained(policy(*grants), USERS["ida"], Privilege.SEARCH, BOOK, "")
    assert {one.shown_by for one in found.kept} == {"group:sales", "ida"}


def test_nobody_else_comes_to_a_private_book() -> None:
    owned = explained(policy(), USERS["alice"], Privilege.MANAGE, PRIVATE, "")
    assert (owned.decision.reason, owned.reaches, owned.kept) == ("owner", (), ())
    other = explained(policy(), USERS["bob"], Privilege.READ, PRIVATE, "")
    assert other.decision.reason == "personal is the private book of alice"
    assert (other.takers, other.givers) == ((), ())


some_grants = st.lists(
    st.builds(
        Grant,
        st.sampled_from(["ida", "bob", EVERYONE, "anonymous", "group:sales", "group:company"]),
        st.sampled_from(Privilege),
        st.frozensets(st.sampled_from(["NOTE", "TEL"])),
        st.sampled_from([(), OFFICE]),
        st.sampled_from(["", "bob"]),
    ),
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(some_grants, st.booleans())
def test_an_explanation_is_of_the_decision_that_is_taken(
    grants: list[Grant], delegate: bool
) -> None:
    book = AddressBook(1, "uuid", "customers", delegate=delegate)
    known = policy(*grants, book=book)
    people: list[Principal] = [*USERS.values(), ANONYMOUS, operator("root")]
    for who, privilege, address in product(people, Privilege, ("", "10.20.3.4")):
        found = explained(known, who, privilege, book, address)
        assert found.decision == known.decide(who, privilege, book, address)
        enough = [one for one in found.reaches if not one.shortfall]
        if not who.is_operator:
            assert found.decision.allowed is bool(enough)
        assert bool(found.takers) is not found.decision.allowed


LDAP_ONLY = Device(7, "ida", "desk", frozenset({"ldap"}))
IN_OFFICE = Device(7, "ida", "desk", networks=OFFICE)
OLD = Device(7, "ida", "desk", expires=NOW - timedelta(days=1))
ELSEWHERE = Device(7, "ida", "desk", books=frozenset({"staff"}))


@pytest.mark.parametrize(
    ("device", "privilege", "protocol", "address", "limit"),
    [
        (LDAP_ONLY, Privilege.READ, "", "", ""),
        (LDAP_ONLY, Privilege.READ, "carddav", "", "not for carddav"),
        # Nobody writes over LDAP.
        (LDAP_ONLY, Privilege.WRITE, "", "", "not for carddav"),
        (LDAP_ONLY, Privilege.WRITE, "ldap", "", "not for carddav"),
        (IN_OFFICE, Privilege.WRITE, "carddav", "10.20.3.4", ""),
        (IN_OFFICE, Privilege.WRITE, "carddav", "192.0.2.1", "not from this network"),
        (OLD, Privilege.SEARCH, "ldap", "", "expired on 2026-11-25"),
        (ELSEWHERE, Privilege.SEARCH, "ldap", "", "not for customers"),
    ],
)
def test_a_device_may_do_less_than_its_user(
    device: Device, privilege: Privilege, protocol: str, address: str, limit: str
) -> None:
    asker = Asker(replace(USERS["ida"], device=device), NOW, address, protocol)
    found = explain(policy(Grant("ida", Privilege.WRITE)), asker, privilege, BOOK)
    assert found.limit == (f"device desk: {limit}" if limit else "")
    assert found.decision.allowed is not bool(limit)
    # No grant is lacking.
    assert (len(found.reaches), found.takers, found.givers) == (1, (), ())


def test_a_stop_is_no_lack_of_grants_and_is_told_of_the_other_clients_too() -> None:
    phone = replace(USERS["ida"], device=Device(7, "ida", "phone"))
    stops = {
        (BOOK.id, "ida", "phone"): Stop(BOOK.id, "ida", "phone", NOW, "30 of 40"),
        (BOOK.id, "bob", ""): Stop(BOOK.id, "bob", "", NOW, "30 of 40"),
    }
    known = replace(policy(Grant("ida", Privilege.WRITE)), stops=stops)
    found = explain(known, Asker(phone, NOW), Privilege.WRITE, BOOK)
    assert (found.decision.allowed, found.takers) == (False, ())
    assert (found.stop, found.stops) == (stops[BOOK.id, "ida", "phone"], ())
    own = explained(known, USERS["ida"], Privilege.WRITE, BOOK, "")
    assert (own.decision.allowed, own.stop) == (True, None)
    assert own.stops == (stops[BOOK.id, "ida", "phone"],)
