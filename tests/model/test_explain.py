"""A decision, explained: by which grants, through which groups, and what is lacking."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.addressbook import AddressBook
from dirserver.model.explain import Kept, explain
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.policy import Policy, user_principal
from dirserver.model.principal import ANONYMOUS, EVERYONE, Group, Principal, operator

BOOK = AddressBook(1, "uuid", "customers")
PRIVATE = AddressBook(2, "uuid", "personal", owner="alice", delegate=False)
OFFICE = (parse_network("10.20.0.0/16"),)
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
    found = explain(policy(grant), USERS[who], Privilege.READ, BOOK, "")
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
    found = explain(policy(*grants), USERS["ida"], Privilege.READ, BOOK, "192.0.2.1")
    assert [(one.grant.grantee, one.shortfall) for one in found.reaches] == [
        ("group:sales", ""),
        ("group:staff", ""),
        ("ida", "counts only from 10.20.0.0/16, and the client is at 192.0.2.1"),
        (EVERYONE, "gives only search"),
    ]
    assert found.decision.reason == "group:sales has write (config file)"
    found = explain(policy(*grants), USERS["ida"], Privilege.MANAGE, BOOK, "10.20.3.4")
    assert found.decision.reason == "ida has manage from 10.20.0.0/16 (config file)"


def test_what_is_given_does_not_count_where_the_book_says_so() -> None:
    book = AddressBook(1, "uuid", "customers", delegate=False)
    grant = Grant("ida", Privilege.WRITE, given_by="bob")
    manager = Grant("bob", Privilege.MANAGE)
    found = explain(policy(grant, manager, book=book), USERS["ida"], Privilege.READ, book, "")
    (reach,) = found.reaches
    assert reach.shortfall == "does not count, as the book has delegate = false"
    assert found.decision.reason == (
        "no grant of read on customers; that to ida (given by bob) does not count, as the book "
        "has delegate = false"
    )
    assert found.givers == ()
    found = explain(policy(grant, manager), USERS["ida"], Privilege.READ, BOOK, "")
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
    found = explain(policy(Grant("bob", Privilege.MANAGE)), principal, privilege, BOOK, "")
    assert not found.decision.allowed
    assert (found.takers, found.givers) == (takers, givers)


def test_what_stays_hidden_is_told_and_what_another_grant_shows() -> None:
    grants = [
        Grant(EVERYONE, Privilege.READ, frozenset({"NOTE", "ADR"})),
        Grant("group:sales", Privilege.READ, frozenset({"NOTE"})),
        Grant("ida", Privilege.SEARCH),
    ]
    found = explain(policy(*grants), USERS["ida"], Privilege.READ, BOOK, "")
    assert found.kept == (Kept("ADR", "group:sales"), Kept("NOTE", ""))
    found = explain(policy(*grants), USERS["ida"], Privilege.SEARCH, BOOK, "")
    assert {one.shown_by for one in found.kept} == {"group:sales", "ida"}


def test_nobody_else_comes_to_a_private_book() -> None:
    owned = explain(policy(), USERS["alice"], Privilege.MANAGE, PRIVATE, "")
    assert (owned.decision.reason, owned.reaches, owned.kept) == ("owner", (), ())
    other = explain(policy(), USERS["bob"], Privilege.READ, PRIVATE, "")
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
        found = explain(known, who, privilege, book, address)
        assert found.decision == known.decide(who, privilege, book, address)
        enough = [one for one in found.reaches if not one.shortfall]
        if not who.is_operator:
            assert found.decision.allowed is bool(enough)
        assert bool(found.takers) is not found.decision.allowed
