"""The one decision: the whole table of principal, privilege and grant, and what stays hidden."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Decision, Grant, Privilege, decide
from dirserver.model.network import comes_from, parse_network
from dirserver.model.policy import user_principal
from dirserver.model.principal import (
    ANONYMOUS,
    EVERYONE,
    Group,
    Principal,
    PrincipalKind,
    operator,
)

SHARED = AddressBook(1, "uuid", "customers")
PRIVATE = AddressBook(2, "uuid", "personal", owner="alice")
OFFICE = (ip_network("10.20.0.0/16"), ip_network("2001:db8::/32"))
INSIDE, OUTSIDE = "10.20.3.4", "192.0.2.1"

GROUPS = (
    Group("sales", "Sales", ("bob", "group:interns")),
    Group("interns", "Interns", ("ida",)),
)
PRINCIPALS = {
    "operator": operator("root"),
    "alice": user_principal("alice", "Alice", "", GROUPS),
    "bob": user_principal("bob", "Bob", "", GROUPS),
    "ida": user_principal("ida", "Ida", "", GROUPS),
    "anonymous": ANONYMOUS,
    # Nobody told the face who this is; what they are called gives them nothing.
    "nobody": Principal(PrincipalKind.USER, "nobody"),
}
# Whom a grant to each grantee reaches.
REACHES = {
    "alice": {"alice"},
    "bob": {"bob"},
    "ida": {"ida"},
    "group:sales": {"bob", "ida"},
    "group:interns": {"ida"},
    "group:support": set[str](),
    EVERYONE: {"alice", "bob", "ida"},
    "anonymous": {"anonymous"},
    "operator": set[str](),
}


@pytest.mark.parametrize("who", PRINCIPALS)
@pytest.mark.parametrize("privilege", Privilege)
@pytest.mark.parametrize("grantee", REACHES)
def test_a_grant_gives_its_privilege_and_those_before_it_to_whom_it_reaches(
    who: str, privilege: Privilege, grantee: str
) -> None:
    for access, networks, address in product(Privilege, ((), OFFICE), (INSIDE, OUTSIDE, "")):
        grant = Grant(grantee, access, networks=networks)
        reached = who in REACHES[grantee] and (not networks or address == INSIDE)
        for book in (SHARED, PRIVATE):
            expected = (
                who == "operator"
                or (book is PRIVATE and who == "alice")
                or (reached and access >= privilege)
            )
            decision = decide(PRINCIPALS[who], privilege, book, [grant], address)
            assert decision.allowed is expected
            assert decision.reason
            assert decision.hidden == frozenset()


@pytest.mark.parametrize("who", PRINCIPALS)
@pytest.mark.parametrize("privilege", Privilege)
def test_without_a_grant_only_the_owner_and_the_operator_may_do_anything(
    who: str, privilege: Privilege
) -> None:
    principal = PRINCIPALS[who]
    assert decide(principal, privilege, SHARED, ()).allowed is (who == "operator")
    allowed = decide(principal, privilege, PRIVATE, ()).allowed
    assert allowed is (who in ("operator", "alice"))


def test_a_book_that_belongs_to_the_login_anonymous_is_not_open_to_all() -> None:
    book = AddressBook(3, "uuid", "personal", owner="anonymous")
    assert not decide(ANONYMOUS, Privilege.SEARCH, book, ()).allowed


def test_a_shared_book_belongs_to_nobody_not_even_to_an_empty_login() -> None:
    nameless = Principal(PrincipalKind.USER, "")
    assert not decide(nameless, Privilege.SEARCH, SHARED, ()).allowed


def test_what_one_grant_hides_another_may_show() -> None:
    grants = [
        Grant(EVERYONE, Privilege.READ, frozenset({"NOTE", "BDAY"})),
        Grant("group:sales", Privilege.READ, frozenset({"NOTE", "ORG"})),
        Grant("group:interns", Privilege.SEARCH),
    ]
    for order in permutations(grants):
        for who, hidden in (("alice", {"NOTE", "BDAY"}), ("bob", {"NOTE"}), ("ida", {"NOTE"})):
            assert decide(PRINCIPALS[who], Privilege.READ, SHARED, order).hidden == hidden
        assert not decide(PRINCIPALS["ida"], Privilege.SEARCH, SHARED, order).hidden


def test_whoever_may_write_sees_everything_for_reading() -> None:
    grants = [Grant(EVERYONE, Privilege.READ, frozenset({"NOTE"})), Grant("bob", Privilege.WRITE)]
    assert decide(PRINCIPALS["bob"], Privilege.READ, SHARED, grants).hidden == frozenset()
    assert decide(PRINCIPALS["ida"], Privilege.READ, SHARED, grants).hidden == {"NOTE"}


def test_what_would_tell_a_hidden_property_is_hidden_with_it() -> None:
    grants = [Grant(EVERYONE, Privilege.READ, frozenset({"ADR", "IMPP"}))]
    hidden = decide(PRINCIPALS["ida"], Privilege.READ, SHARED, grants).hidden
    assert {"ADR", "LABEL", "X-ABADR", "IMPP", "X-ICQ", "X-SKYPE"} <= hidden


def test_the_owner_and_the_operator_see_everything_whatever_a_grant_hides() -> None:
    grants = [Grant("alice", Privilege.READ, frozenset({"NOTE"}))]
    assert decide(PRINCIPALS["alice"], Privilege.READ, PRIVATE, grants) == Decision(True, "owner")
    assert decide(operator("alice"), Privilege.READ, SHARED, grants).hidden == frozenset()


def test_a_grant_from_elsewhere_hides_and_shows_nothing() -> None:
    grants = [
        Grant("anonymous", Privilege.SEARCH, frozenset({"NOTE"})),
        Grant("anonymous", Privilege.SEARCH, frozenset(), OFFICE),
    ]
    assert decide(ANONYMOUS, Privilege.SEARCH, SHARED, grants, OUTSIDE).hidden == {"NOTE"}
    assert decide(ANONYMOUS, Privilege.SEARCH, SHARED, grants, INSIDE).hidden == frozenset()


grants_of_alice = st.lists(
    st.builds(
        Grant,
        st.sampled_from(["alice", EVERYONE, "group:sales"]),
        st.sampled_from(Privilege),
        st.frozensets(st.sampled_from(["NOTE", "BDAY", "TEL"])),
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(grants_of_alice, grants_of_alice, st.sampled_from(Privilege))
def test_no_grant_takes_anything_away(
    some: list[Grant], more: list[Grant], privilege: Privilege
) -> None:
    alice = PRINCIPALS["alice"]
    before = decide(alice, privilege, SHARED, some)
    after = decide(alice, privilege, SHARED, [*more, *some])
    if before.allowed:
        assert after.allowed
        assert after.hidden <= before.hidden


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.20.0.0", True),
        ("10.20.255.255", True),
        ("10.21.0.0", False),
        ("::ffff:10.20.3.4", True),  # how a dual-stack socket names an IPv4 client
        ("::ffff:10.21.3.4", False),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("::10.20.3.4", False),
        ("", False),
        ("localhost", False),
        ("10.20.3.4:389", False),
        ("10.20.3.4, 192.0.2.1", False),
    ],
)
def test_a_network_has_the_addresses_in_it(address: str, inside: bool) -> None:
    assert comes_from(address, OFFICE) is inside


def test_no_address_is_in_no_network() -> None:
    assert not comes_from(INSIDE, ())


def test_a_network_is_read_as_it_is_written() -> None:
    assert str(parse_network("10.20.0.0/16")) == "10.20.0.0/16"
    assert str(parse_network("192.0.2.7")) == "192.0.2.7/32"
    for wrong in ("10.20.0.1/16", "all", ""):
        with pytest.raises(ValueError, match=r"does not appear to be|has host bits set"):
            parse_network(wrong)


def test_privileges_have_the_names_of_the_config_file() -> None:
    assert [privilege.label for privilege in Privilege] == ["search", "read", "write", "manage"]
