"""Which books a smart book shows to whom, and what of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dirserver.model.addressbook import PERSONAL, AddressBook
from dirserver.model.device import Device
from dirserver.model.grant import Grant, Privilege
from dirserver.model.policy import Policy, user_principal
from dirserver.model.principal import Principal, operator
from dirserver.model.smart.parsing import parse

ALICE = user_principal("alice", "Alice", "", ())
BOB = user_principal("bob", "Bob", "", ())
SHARED = AddressBook(1, "1", "customers")
OWN = AddressBook(2, "2", PERSONAL, owner="alice")
MADE = AddressBook(3, "3", "friends", owner="alice")
EVERYONE = (Grant("everyone", Privilege.READ),)


def shown(query: str, who: Principal, *books: AddressBook) -> list[str]:
    """Return the books of which somebody is shown something by a smart book with this query."""
    smart = AddressBook(9, "9", "smart", smart=parse(query))
    grants = {9: EVERYONE, 1: (Grant("everyone", Privilege.READ, frozenset({"ORG"})),)}
    users = {"alice": ALICE, "bob": BOB}
    policy = Policy(1, users=users, books=(SHARED, OWN, MADE, smart, *books), grants=grants)
    return [
        f"{part.book.owner}/{part.book.slug}"
        for view in policy.smart_books(who, Privilege.READ)
        for part in view.parts
    ]


@pytest.mark.parametrize(
    ("query", "alices", "bobs"),
    [
        ("has tel", ["/customers", "alice/friends", "alice/personal"], ["/customers"]),
        ('book = "personal"', ["alice/personal"], []),
        ('book = "customers" and has tel', ["/customers"], ["/customers"]),
        ('book != "customers"', ["alice/friends", "alice/personal"], []),
        # Nobody's own book has a name that the config file could know.
        ('book = "friends"', [], []),
        ("has org", ["alice/friends", "alice/personal"], []),
    ],
)
def test_everybody_is_shown_what_is_shared_with_them_and_their_own(
    query: str, alices: list[str], bobs: list[str]
) -> None:
    assert shown(query, ALICE) == alices
    assert shown(query, BOB) == bobs


def test_the_operator_is_shown_what_is_shared() -> None:
    """Who may read everything is not to hand out somebody's own cards by mistake."""
    assert shown("has tel", operator("root")) == ["/customers"]


def test_a_book_of_ones_own_stands_before_a_smart_one_of_the_same_name() -> None:
    namesake = AddressBook(4, "4", "smart", owner="alice")
    assert shown("has tel", ALICE, namesake) == []
    assert shown("has tel", BOB, namesake) == ["/customers"]


def test_a_device_sees_through_it_if_it_is_good_for_it() -> None:
    phone = Device(1, "alice", "phone", books=frozenset({"smart"}))
    assert shown('book = "customers"', replace(ALICE, device=phone)) == ["/customers"]
    desk = replace(phone, books=frozenset({"customers"}))
    assert shown('book = "customers"', replace(ALICE, device=desk)) == []
