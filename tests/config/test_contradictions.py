"""Refusals of what could each be right by itself, but not together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.config import Config

Faults = Callable[[str], list[str]]

PEOPLE = """
[users.alice]
name = "Alice"
mail = "alice@example.org"

[users.bob]
name = "Bob"

[groups.sales]
name = "Sales"
members = ["alice", "bob"]
"""


def grants(*grants: str) -> str:
    """Return a book with these grants to people who exist."""
    return f'{PEOPLE}\n[books.staff]\nname = "Staff"\ngrants = [{", ".join(grants)}]'


OVERLAPS = {
    '[carddav]\nlisten = ["127.0.0.1:80", "127.0.0.1:80"]': (
        '[carddav] listen (2nd) = "127.0.0.1:80": this overlaps with "127.0.0.1:80" of [carddav]'
        " listen (1st)"
    ),
    '[carddav]\nlisten = ["0.0.0.0:389"]\n[ldap]\nlisten = ["10.0.0.1:389"]': (
        '[ldap] listen (1st) = "10.0.0.1:389": this overlaps with "0.0.0.0:389" of [carddav]'
        " listen (1st)"
    ),
    '[carddav]\nlisten = ["[::1]:389"]\n[ldap]\nlisten = ["[0::0]:389"]': (
        '[ldap] listen (1st) = "[::]:389": this overlaps with "[::1]:389" of [carddav] listen (1st)'
    ),
    '[carddav]\nlisten = ["localhost:389"]\n[ldap]\nlisten = ["127.0.0.1:389"]': (
        '[ldap] listen (1st) = "127.0.0.1:389": this overlaps with "localhost:389" of [carddav]'
        " listen (1st)"
    ),
    '[ldap]\nlisten = ["0.0.0.0:5232"]': (
        '[ldap] listen (1st) = "0.0.0.0:5232": this overlaps with "127.0.0.1:5232" of [carddav]'
        " listen (by default)"
    ),
    '[carddav]\nlisten = ["0.0.0.0:1389"]': (
        '[carddav] listen (1st) = "0.0.0.0:1389": this overlaps with "127.0.0.1:1389" of [ldap]'
        " listen (by default)"
    ),
    '[metrics]\nlisten = ["127.0.0.1:1389"]': (
        '[metrics] listen (1st) = "127.0.0.1:1389": this overlaps with "127.0.0.1:1389" of [ldap]'
        " listen (by default)"
    ),
    '[metrics]\nlisten = ["127.0.0.1:9464", "0.0.0.0:9464"]': (
        '[metrics] listen (2nd) = "0.0.0.0:9464": this overlaps with "127.0.0.1:9464" of [metrics]'
        " listen (1st)"
    ),
}

NO_OVERLAPS = [
    '[carddav]\nlisten = ["127.0.0.1:0", "127.0.0.1:0", "0.0.0.0:0"]',
    '[carddav]\nlisten = ["0.0.0.0:80", "[::]:80"]',
    '[carddav]\nlisten = ["127.0.0.1:80", "127.0.0.2:80"]',
    '[carddav]\nlisten = ["0.0.0.0:80", "0.0.0.0:81"]',
    "[carddav]\nlisten = []\n[ldap]\nlisten = []",
]

MEMBERS = {
    '"alice", "bbo"': ' (2nd) = "bbo": there is no user "bbo"; did you mean "bob"?',
    '"zed"': ' (1st) = "zed": there is no user "zed"; correct the name, or add a table [users.zed]',
    '"sales"': ' (1st) = "sales": there is no user "sales"; did you mean "group:sales"?',
    '"group:slaes"': ' (1st) = "group:slaes": there is no group "slaes"; did you mean "sales"?',
    '"group:alice"': (
        ' (1st) = "group:alice": there is no group "alice"; did you mean the user "alice"?'
    ),
    '"group:a b"': (
        ' (1st) = "group:a b": there is no group "a b"; correct the name, or add a table'
        ' [groups."a b"]'
    ),
    '"everyone"': (
        ' (1st) = "everyone": a book can be granted to these, but they cannot be members of a group'
    ),
    '"anonymous"': (
        ' (1st) = "anonymous": a book can be granted to these, but they cannot be members of'
        " a group"
    ),
    '"alice", "alice"': ' (2nd) = "alice": this member is listed twice',
}

GRANTS = {
    ('{ to = "group:slaes", access = "read" }',): (
        ' (1st).to = "group:slaes": there is no group "slaes"; did you mean "sales"?'
    ),
    ('{ to = "everyoen", access = "read" }',): (
        ' (1st).to = "everyoen": there is no user "everyoen"; did you mean "everyone"?'
    ),
    ('{ to = "bob", access = "read" }', '{ to = "bob", access = "write" }'): (
        ' (2nd).to = "bob": grants (1st) grants to the same; make one grant of the two'
    ),
    ('{ to = "bob", access = "write", hide = ["note"] }',): (
        ' (1st).hide = ["NOTE"]: who may change a card must see all of it; only "search" and "read"'
        " can hide"
    ),
    ('{ to = "bob", access = "manage", hide = ["TEL", "ADR"] }',): (
        ' (1st).hide = ["ADR", "TEL"]: who may change a card must see all of it; only "search" and'
        ' "read" can hide'
    ),
    ('{ to = "everyone", access = "read", from = [] }',): (
        " (1st).from = []: expected at least one network"
    ),
}


@pytest.mark.parametrize(("text", "expected"), OVERLAPS.items())
def test_listeners_that_overlap_are_refused(faults: Faults, text: str, expected: str) -> None:
    assert faults(text) == [expected]


@pytest.mark.parametrize("text", NO_OVERLAPS)
def test_listeners_that_do_not_overlap_are_accepted(
    read: Callable[[str], object], text: str
) -> None:
    assert read(text)


@pytest.mark.parametrize("section", ["carddav", "ldap"])
def test_listening_with_tls_needs_a_certificate(faults: Faults, section: str) -> None:
    assert faults(f'[{section}]\nlisten_tls = ["[::]:443"]') == [
        f'[{section}] listen_tls = ["[::]:443"]: TLS needs a certificate; add a table [tls], or'
        " leave listen_tls out"
    ]


def test_a_tls_that_is_at_fault_is_not_said_to_be_absent(faults: Faults) -> None:
    assert faults('[ldap]\nlisten_tls = ["[::]:636"]\n[tls]\nkey = 5\ncertificate = 5') == [
        "[tls] certificate = 5: expected a string, in quotes; found a whole number",
        "[tls] key = 5: expected a string, in quotes; found a whole number",
    ]


def test_a_network_has_one_profile(faults: Faults) -> None:
    text = '[[ldap.profiles]]\nnetworks = ["::1"]\n[[ldap.profiles]]\nnetworks = ["::2", "::1/128"]'
    assert faults(text) == [
        '[ldap] profiles (2nd).networks (2nd) = "::1/128": profiles (1st).networks (1st) is'
        " the same network"
    ]


def test_numbers_with_an_outside_line_need_one(faults: Faults) -> None:
    assert faults('[[ldap.profiles]]\nnetworks = ["::1"]\nnumbers = "outside-line"') == [
        '[ldap] profiles (1st).numbers = "outside-line": nothing is dialled for an outside'
        " line; add"
        " outside_line to [organisation]"
    ]


def test_a_mail_address_belongs_to_one_user(faults: Faults) -> None:
    text = f'{PEOPLE}\n[users.carol]\nname = "Carol"\nmail = "ALICE@example.org"'
    assert faults(text) == [
        '[users.carol] mail = "ALICE@example.org": [users.alice] has the same mail address, and'
        " users can log in with theirs"
    ]


@pytest.mark.parametrize(("members", "expected"), MEMBERS.items())
def test_who_cannot_be_a_member_is_refused(faults: Faults, members: str, expected: str) -> None:
    text = f'{PEOPLE}\n[groups.all]\nname = "All"\nmembers = [{members}]'
    assert faults(text) == [f"[groups.all] members{expected}"]


def test_groups_that_contain_themselves_are_refused_naming_the_circle(faults: Faults) -> None:
    text = """
        groups.one = { name = "1", members = ["group:two"] }
        groups.two = { name = "2", members = ["group:three", "group:four"] }
        groups.three = { name = "3", members = ["group:one"] }
        groups.four = { name = "4", members = ["group:four"] }
        groups.five = { name = "5", members = ["group:one", "group:four"] }
    """
    assert sorted(faults(text)) == [
        '[groups.four] members (1st) = "group:four": the groups go round in a circle: four > four',
        '[groups.one] members (1st) = "group:two": the groups go round in a circle: one >'
        " two > three"
        " > one",
    ]


def test_a_book_cannot_be_called_users(faults: Faults) -> None:
    assert faults('[books.users]\nname = "Users"') == [
        "[books.users]: ou=users holds the people who log in; give the book another name"
    ]


def test_a_book_cannot_be_called_personal_beside_personal_books(
    faults: Faults, read: Callable[[str], object]
) -> None:
    book = '[books.personal]\nname = "Personal"\n'
    assert read(book)
    organisation = '[organisation]\nname = "E"\ndomain = "e.org"\ncountry = "DE"\n'
    assert faults(f"{book}{organisation}personal_books = true") == [
        "[books.personal]: with personal_books = true in [organisation] every user has a book of"
        " this name; give this one another"
    ]


@pytest.mark.parametrize(("written", "expected"), GRANTS.items())
def test_a_grant_is_refused(faults: Faults, written: tuple[str, ...], expected: str) -> None:
    assert faults(grants(*written)) == [f"[books.staff] grants{expected}"]


def test_a_grant_to_anonymous_needs_anonymous_searches(
    faults: Faults, read: Callable[[str], object]
) -> None:
    text = grants('{ to = "anonymous", access = "search" }')
    assert faults(text) == [
        '[books.staff] grants (1st).to = "anonymous": with anonymous = false in [ldap]'
        " nobody searches"
        " without a name; set that to true, or take this grant out"
    ]
    assert read(f"{text}\n[ldap]\nanonymous = true")


@pytest.mark.parametrize("access", ["write", "manage"])
def test_anonymous_can_only_look(faults: Faults, access: str) -> None:
    text = grants(f'{{ to = "anonymous", access = "{access}" }}')
    assert faults(f"{text}\n[ldap]\nanonymous = true") == [
        f'[books.staff] grants (1st).access = "{access}": every change needs a name; grant'
        " anonymous"
        ' "search" or "read"'
    ]


def test_all_faults_are_told_at_once(faults: Faults) -> None:
    text = """
        [organisation]
        name = "Example GmbH"
        domain = "example.org"
        country = "Germany"

        [ldap]
        anonymus = true
        max_hits = "100"

        [users.alice]
        name = 5

        [groups.sales]
        name = "Sales"
        members = ["alice", "bob"]

        [books.customers]
        name = "Customers"
        grants = [
          { to = "alice", access = "manage" },
          { to = "group:slaes", access = "raed", hide = ["NOTE"] },
          { to = "group:slaes", access = "read" },
          { to = "anonymous", access = "search" },
        ]
    """
    assert faults(text) == [
        '[organisation] country = "Germany": expected the two letters of a country in ISO 3166,'
        ' such as "DE"',
        '[ldap] anonymus: there is no such key; did you mean "anonymous"?',
        '[ldap] max_hits = "100": expected a whole number, without quotes; found a string',
        "[users.alice] name = 5: expected a string, in quotes; found a whole number",
        '[books.customers] grants (2nd).access = "raed": expected "search", "read", "write" or'
        ' "manage"; did you mean "read"?',
        '[groups.sales] members (2nd) = "bob": there is no user "bob"; correct the name, or add a'
        " table [users.bob]",
        '[books.customers] grants (2nd).to = "group:slaes": there is no group "slaes"; did you mean'
        ' "sales"?',
        '[books.customers] grants (3rd).to = "group:slaes": grants (2nd) grants to the same;'
        " make one"
        " grant of the two",
    ]


def test_a_fault_in_a_list_hides_no_other_of_its_items(faults: Faults) -> None:
    text = """
        [organisation]
        name = "Example GmbH"
        domain = "example.org"
        country = "DE"

        [carddav]
        listen = ["foo", "127.0.0.1:5232", "0.0.0.0:5232"]

        [groups.sales]
        name = "Sales"
        members = [7, "nobody-here", "group:support"]

        [groups.support]
        name = "Support"
        members = ["group:sales", true]
    """
    told = faults(text)
    assert len(told) == 6
    for start in (
        '[carddav] listen (1st) = "foo": expected a host and a port',
        '[carddav] listen (3rd) = "0.0.0.0:5232": this overlaps with "127.0.0.1:5232"',
        "[groups.sales] members (1st) = 7: expected a string",
        '[groups.sales] members (2nd) = "nobody-here": there is no user',
        "[groups.support] members (2nd) = true: expected a string",
        '[groups.sales] members (3rd) = "group:support": the groups go round in a circle',
    ):
        assert any(fault.startswith(start) for fault in told), start


def test_a_misspelt_table_is_one_fault_not_one_for_each_mention_of_what_is_in_it(
    faults: Faults,
) -> None:
    text = grants('{ to = "alice", access = "read" }').replace("[users.", "[user.")
    assert faults(text) == ["[user]: there is no such table; did you mean [users]?"]


def test_users_are_shown_to_somebody_who_exists(
    faults: Faults, read: Callable[[str], Config]
) -> None:
    for good in ("everyone", "alice", "group:sales"):
        assert read(f'{PEOPLE}\n[ldap]\nshow_users = ["{good}"]').ldap.show_users == (good,)
    assert faults(f'{PEOPLE}\n[ldap]\nshow_users = ["alice", "sales"]') == [
        '[ldap] show_users (2nd) = "sales": there is no user "sales"; did you mean "group:sales"?'
    ]
    assert faults(f'{PEOPLE}\n[ldap]\nshow_users = ["anonymous"]')


def test_certificates_of_clients_need_tls(faults: Faults) -> None:
    (fault,) = faults('[ldap]\nclient_ca = "/dev/null"')
    assert fault == (
        '[ldap] client_ca = "/dev/null": clients show certificates over TLS only; add a table'
        " [tls], or leave client_ca out"
    )


@pytest.mark.parametrize(
    ("book", "expected"),
    [
        ("staf", 'there is no book "staf"; did you mean "staff"?'),
        ("personal", 'there is no book "personal"; name one of the books'),
    ],
)
def test_new_cards_go_to_a_book_that_there_is(faults: Faults, book: str, expected: str) -> None:
    text = grants().replace('name = "Bob"', f'name = "Bob"\ndefault_book = "{book}"')
    assert faults(text) == [f'[users.bob] default_book = "{book}": {expected}']


def test_the_name_of_the_merged_book_is_taken(faults: Faults) -> None:
    (fault,) = faults(grants().replace("books.staff", "books.all-contacts"))
    assert "the one book of a merged home" in fault
