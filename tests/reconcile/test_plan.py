"""What would change, as a person reads it: two structures become steps and sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dirserver.model.audit import AuditAction
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.principal import Group
from dirserver.reconcile.plan import (
    BookStep,
    GrantStep,
    GroupStep,
    Plan,
    UserStep,
    action_of,
    book_of,
    make_plan,
    sentence_of,
    sign_of,
)
from dirserver.store.structure import Book, Structure, User

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub"
OTHER_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$AnotherOne"

ALICE = User("alice", "Alice", "alice@example.org", HASH)
SALES = Group("sales", "Sales", ("alice", "bob"))
NETWORK = parse_network("10.20.0.0/16")


def book(*grants: Grant, name: str = "Customers", owner: str = "", text: str = "") -> Book:
    return Book("customers", owner, name, text, {grant.grantee: grant for grant in grants})


READ = Grant("group:sales", Privilege.READ)
HIDE = Grant("group:sales", Privilege.READ, frozenset({"NOTE", "BDAY"}))
FROM = Grant("anonymous", Privilege.SEARCH, frozenset(), (NETWORK,))


def users(*found: User) -> Structure:
    return Structure(users={user.login: user for user in found})


def groups(*found: Group) -> Structure:
    return Structure(groups={group.name: group for group in found})


def books(*found: Book, archived: bool = False) -> Structure:
    labels = {each.label: each for each in found}
    return Structure(books=labels, archived=frozenset(labels) if archived else frozenset())


NOTHING = Structure()
CASES: list[tuple[Structure, Structure, str, AuditAction, str]] = [
    (NOTHING, users(ALICE), "+", AuditAction.USER_ADD, "user alice: Alice <alice@example.org>"),
    (
        NOTHING,
        users(User("bob", "Bob", "", "")),
        "+",
        AuditAction.USER_ADD,
        "user bob: Bob",
    ),
    (users(ALICE), NOTHING, "-", AuditAction.USER_REMOVE, "user alice"),
    (
        users(ALICE),
        users(User("alice", "Alice B.", "alice@example.org", HASH)),
        "~",
        AuditAction.USER_CHANGE,
        'user alice: name "Alice" -> "Alice B."',
    ),
    (
        users(ALICE),
        users(User("alice", "Alice", "a@example.org", OTHER_HASH)),
        "~",
        AuditAction.USER_CHANGE,
        'user alice: mail "alice@example.org" -> "a@example.org", another password',
    ),
    (
        users(ALICE),
        users(User("alice", "Alice", "alice@example.org", "")),
        "~",
        AuditAction.USER_CHANGE,
        "user alice: another password",
    ),
    (NOTHING, groups(SALES), "+", AuditAction.GROUP_ADD, "group sales: Sales, members alice, bob"),
    (
        NOTHING,
        groups(Group("sales", "Sales", ())),
        "+",
        AuditAction.GROUP_ADD,
        "group sales: Sales, members none",
    ),
    (groups(SALES), NOTHING, "-", AuditAction.GROUP_REMOVE, "group sales"),
    (
        groups(SALES),
        groups(Group("sales", "Selling", ("bob", "group:interns"))),
        "~",
        AuditAction.GROUP_CHANGE,
        'group sales: name "Sales" -> "Selling", group:interns joins, alice leaves',
    ),
    (NOTHING, books(book()), "+", AuditAction.BOOK_ADD, "book customers: Customers"),
    (
        NOTHING,
        books(book(owner="alice", name="Personal")),
        "+",
        AuditAction.BOOK_ADD,
        "book alice/customers: Personal",
    ),
    (
        books(book()),
        NOTHING,
        "-",
        AuditAction.BOOK_ARCHIVE,
        "book customers: archived (invisible, but kept)",
    ),
    (
        books(book(name="Clients"), archived=True),
        books(book()),
        "+",
        AuditAction.BOOK_RETURN,
        "book customers: Customers, back from the archive",
    ),
    (
        books(book()),
        books(book(name="Clients", text="All of them")),
        "~",
        AuditAction.BOOK_CHANGE,
        'book customers: name "Customers" -> "Clients", description "" -> "All of them"',
    ),
    (
        books(book()),
        books(replace(book(), delegate=False)),
        "~",
        AuditAction.BOOK_CHANGE,
        'book customers: delegate "true" -> "false"',
    ),
    (
        books(book()),
        books(book(READ)),
        "+",
        AuditAction.GRANT_ADD,
        "grant on customers to group sales: read",
    ),
    (
        books(book()),
        books(book(FROM)),
        "+",
        AuditAction.GRANT_ADD,
        "grant on customers to anonymous: search from 10.20.0.0/16",
    ),
    (
        books(book(HIDE)),
        books(book()),
        "-",
        AuditAction.GRANT_REMOVE,
        "grant on customers to group sales: read without BDAY, NOTE",
    ),
    (
        books(book(READ)),
        books(book(HIDE)),
        "~",
        AuditAction.GRANT_CHANGE,
        "grant on customers to group sales: read -> read without BDAY, NOTE",
    ),
]


@pytest.mark.parametrize(("old", "new", "sign", "action", "sentence"), CASES)
def test_a_change_is_one_step_and_one_sentence(
    old: Structure, new: Structure, sign: str, action: AuditAction, sentence: str
) -> None:
    (step,) = make_plan(old, new).steps
    assert (sign_of(step), action_of(step), sentence_of(step)) == (sign, action, sentence)
    in_book = old.books or new.books
    assert book_of(step) == ("".join(in_book) if in_book else "")


def test_nothing_that_is_printed_has_a_hash_in_it() -> None:
    for old, new, *_ in CASES:
        plan = make_plan(old, new)
        for text in (repr(plan), *map(sentence_of, plan.steps)):
            assert "$argon2" not in text


def test_the_same_structures_need_no_step() -> None:
    for old, new, *_ in CASES:
        for same in (old, new):
            if not same.archived:
                assert make_plan(same, same).is_empty
    assert not make_plan(NOTHING, NOTHING, reindex=1).is_empty


def test_a_book_that_stays_in_the_archive_is_left_alone() -> None:
    assert make_plan(books(book(READ), archived=True), NOTHING) == Plan()


def test_a_book_comes_before_its_grants_and_people_before_books() -> None:
    both = Structure({"alice": ALICE}, {"sales": SALES}, {"customers": book(READ, FROM)})
    kinds = [type(step) for step in make_plan(NOTHING, both).steps]
    assert kinds == [UserStep, GroupStep, BookStep, GrantStep, GrantStep]


def test_a_book_that_returns_gets_the_grants_of_the_file() -> None:
    plan = make_plan(books(book(READ), archived=True), books(book(FROM)))
    assert [sentence_of(step) for step in plan.steps] == [
        "book customers: Customers, back from the archive",
        "grant on customers to anonymous: search from 10.20.0.0/16",
        "grant on customers to group sales: read",
    ]
    assert [sign_of(step) for step in plan.steps] == ["+", "+", "-"]


def test_what_managers_gave_is_kept_and_shown_whatever_the_file_grants() -> None:
    given = replace(READ, given_by="alice"), replace(HIDE, grantee="bob", given_by="carol")
    had = replace(book(FROM), delegated={grant.grantee: grant for grant in given})
    people = Structure({"alice": ALICE}, {"sales": SALES}, {"customers": book(READ)})
    plan = make_plan(Structure(people.users, people.groups, {"customers": had}), people)
    # That to bob comes first, as he does by his name.
    assert [one.sentence for one in plan.kept] == [
        "grant on customers to bob: read without BDAY, NOTE, given by carol; there is no user bob",
        "grant on customers to group sales: read, given by alice",
    ]
    assert [sentence_of(step) for step in plan.steps] == [
        "grant on customers to anonymous: search from 10.20.0.0/16",
        "grant on customers to group sales: read",
    ]
    unshared = replace(people, books={"customers": replace(book(READ), delegate=False)})
    plan = make_plan(Structure(people.users, people.groups, {"customers": had}), unshared)
    assert {one.idle for one in plan.kept} == {"does not count, as the book has delegate = false"}


def test_what_managers_gave_alone_is_nothing_to_do() -> None:
    had = replace(book(), delegated={READ.grantee: replace(READ, given_by="alice")})
    assert make_plan(books(had), books(book())).is_empty
