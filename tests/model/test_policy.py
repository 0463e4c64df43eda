"""What a principal has: books as they see them, groups in groups, names in any case."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.addressbook import AddressBook
from dirserver.model.device import Device
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.policy import Policy, VisibleBook, grantees_of, user_principal
from dirserver.model.principal import ANONYMOUS, EVERYONE, Group, operator

CUSTOMERS = AddressBook(1, "1", "customers")
STAFF = AddressBook(2, "2", "staff")
SECRET = AddressBook(3, "3", "secret")
OWN = AddressBook(4, "4", "personal", owner="alice")
ALICE = user_principal("alice", "Alice", "Alice@Example.org", ())
BOB = user_principal("bob", "Bob", "", ())

POLICY = Policy(
    1,
    {"alice": ALICE, "bob": BOB},
    (),
    (OWN, STAFF, CUSTOMERS, SECRET),
    {
        1: (
            Grant("alice", Privilege.WRITE),
            Grant(EVERYONE, Privilege.READ, frozenset({"NOTE"})),
            Grant("anonymous", Privilege.SEARCH, networks=(parse_network("10.20.0.0/16"),)),
        ),
        2: (Grant("bob", Privilege.SEARCH, frozenset({"BDAY", "NOTE"})),),
    },
)


def seen(view: VisibleBook | None) -> tuple[str, Privilege, set[str]] | None:
    return None if view is None else (view.book.slug, view.access, set(view.hidden))


def test_a_book_is_seen_with_the_highest_privilege() -> None:
    assert seen(POLICY.view(ALICE, CUSTOMERS)) == ("customers", Privilege.WRITE, set())
    assert seen(POLICY.view(BOB, CUSTOMERS)) == ("customers", Privilege.READ, {"NOTE"})
    assert seen(POLICY.view(BOB, STAFF)) == ("staff", Privilege.SEARCH, {"BDAY", "NOTE"})
    assert seen(POLICY.view(ALICE, OWN)) == ("personal", Privilege.MANAGE, set())
    assert seen(POLICY.view(operator("root"), SECRET)) == ("secret", Privilege.MANAGE, set())


def test_a_book_without_a_grant_is_not_there() -> None:
    assert POLICY.view(ALICE, STAFF) is None
    assert POLICY.view(ALICE, SECRET) is None
    assert POLICY.view(BOB, OWN) is None
    assert POLICY.view(ANONYMOUS, CUSTOMERS) is None
    assert POLICY.view(ANONYMOUS, CUSTOMERS, "192.0.2.1") is None
    assert POLICY.view(ANONYMOUS, CUSTOMERS, "10.20.1.1") is not None


def test_one_s_own_book_stands_before_a_shared_one_of_its_name() -> None:
    mine = AddressBook(5, "5", "customers", owner="alice")
    policy = Policy(1, POLICY.users, (), (STAFF, CUSTOMERS, mine, OWN), POLICY.grants)
    assert policy.named("alice", "customers") == mine
    assert policy.named("bob", "customers") == CUSTOMERS
    assert policy.named("alice", "personal") == OWN
    assert policy.named("bob", "personal") is None
    seen_by_alice = [view.book for view in policy.visible(ALICE, Privilege.READ)]
    assert seen_by_alice == [mine, OWN]
    seen_by_root = policy.visible(operator("root"), Privilege.READ)
    assert {view.book.id for view in seen_by_root} == {1, 2, 4, 5}


def test_who_is_given_a_book_may_make_others() -> None:
    assert POLICY.may_make_books(ALICE)
    assert not POLICY.may_make_books(BOB)
    everywhere = replace(ALICE, device=Device(1, "alice", "phone"))
    assert POLICY.may_make_books(everywhere)
    one_book = replace(ALICE, device=Device(1, "alice", "phone", books=frozenset({"customers"})))
    assert not POLICY.may_make_books(one_book)
    assert not OWN.made_by_owner
    assert AddressBook(5, "5", "friends", owner="alice").made_by_owner


def test_shared_books_come_first_and_all_by_name() -> None:
    def slugs(privilege: Privilege) -> list[str]:
        return [view.book.slug for view in POLICY.visible(operator("root"), privilege)]

    assert slugs(Privilege.MANAGE) == ["customers", "secret", "staff", "personal"]
    assert [view.book.slug for view in POLICY.visible(BOB, Privilege.SEARCH)] == [
        "customers",
        "staff",
    ]
    assert [view.book.slug for view in POLICY.visible(BOB, Privilege.READ)] == ["customers"]
    assert POLICY.visible(ANONYMOUS, Privilege.SEARCH, "192.0.2.1") == ()


def test_visibility_tells_what_is_hidden_apart_and_nothing_else() -> None:
    def visibility(*hidden: str, access: Privilege = Privilege.READ) -> str:
        return VisibleBook(CUSTOMERS, access, frozenset(hidden)).visibility

    assert visibility() == "0"
    assert visibility("NOTE", "BDAY") == visibility("BDAY", "NOTE")
    assert visibility("NOTE", access=Privilege.SEARCH) == visibility("NOTE")
    assert len({visibility(), visibility("NOTE"), visibility("BDAY", "NOTE")}) == 3


def test_a_user_is_known_by_login_and_mail_in_any_case() -> None:
    for name in ("alice", "ALICE", "alice@example.org", "ALICE@EXAMPLE.ORG"):
        assert POLICY.user(name) is ALICE
    for name in ("", "@", "alice@", "alice@example.com", "carol", "Alice Example"):
        assert POLICY.user(name) is None
    # Bob has no mail, which is not the same as an empty one.
    assert POLICY.user("bob") is BOB


def test_groups_reach_the_members_of_their_groups() -> None:
    groups = (
        Group("company", "Company", ("group:sales", "carol")),
        Group("sales", "Sales", ("group:interns", "bob")),
        Group("interns", "Interns", ("ida",)),
    )
    assert grantees_of("ida", groups) == {
        "ida",
        EVERYONE,
        "group:interns",
        "group:sales",
        "group:company",
    }
    assert grantees_of("carol", groups) == {"carol", EVERYONE, "group:company"}
    assert grantees_of("sales", groups) == {"sales", EVERYONE}


def test_a_circle_of_groups_ends_and_gives_all_of_it() -> None:
    groups = (
        Group("a", "A", ("group:b",)),
        Group("b", "B", ("group:c", "ida")),
        Group("c", "C", ("group:a",)),
        Group("self", "Self", ("group:self",)),
    )
    assert grantees_of("ida", groups) == {"ida", EVERYONE, "group:a", "group:b", "group:c"}


names = st.sampled_from("abcde")
members = st.sampled_from([*(f"group:{name}" for name in "abcde"), "ida", "bob", EVERYONE])
some_groups = st.lists(st.builds(Group, names, names, st.lists(members).map(tuple)), max_size=5)


@settings(max_examples=200, deadline=None)
@given(some_groups)
def test_groups_of_any_shape_come_to_an_end(groups: list[Group]) -> None:
    reached = grantees_of("ida", groups)
    assert reached == grantees_of("ida", list(reversed(groups)))
    for group in groups:
        is_inside = not reached.isdisjoint(group.members)
        assert (f"group:{group.name}" in reached) or not is_inside
