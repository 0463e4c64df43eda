"""Smart books over LDAP: a container like any other, which shows some cards once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event

from dirserver.assembly import Services
from dirserver.ldap.session import Context
from dirserver.ldap.settings import LDAPSettings
from tests.conversation import play
from tests.directory.acts import put
from tests.ldap.client import Client
from tests.organisation import open_organisation, vcard, write_config
from tests.smart import add_smart_books, person

Connect = Callable[..., Client]

SUFFIX = "dc=example,dc=org"
VIP, FIRMS = f"ou=vip,{SUFFIX}", f"ou=firms,{SUFFIX}"
CUSTOMERS, STAFF = f"ou=customers,{SUFFIX}", f"ou=staff,{SUFFIX}"
# Another book, so that there is one more query of another kind.
MORE = """
[books.born]
name = "Born"
query = "has birthday"
grants = [{ to = "alice", access = "read" }]
"""


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The organisation with smart books: vip has customers (1) and staff (3)."""
    path = write_config(tmp_path_factory.mktemp("smart"))
    add_smart_books(path)
    services = open_organisation(add_smart_books(path, MORE))
    put(services, "c1.vcf", person(1, ("VIP",), "ORG:Acme", "TEL:+49 30 901820", "BDAY:19700102"))
    put(services, "c2.vcf", person(2, ("Press",), "ORG:Acme", "TEL:+49 30 901821"))
    put(services, "c3.vcf", person(3), slug="staff")
    put(services, "c4.vcf", person(4, ()), slug="staff")
    # The same person as a customer.
    put(services, "c1.vcf", person(1, ("VIP",)), slug="staff")
    group = vcard("g", "All", "X-ADDRESSBOOKSERVER-KIND:group", "CATEGORIES:VIP")
    member = b"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:c1\r\nEND:VCARD"
    put(services, "g.vcf", group.replace(b"END:VCARD", member))
    yield services
    services.store.close()


@pytest.fixture(scope="module")
def context(organisation: Services) -> Context:
    """What the face answers from."""
    settings = LDAPSettings(
        suffix=SUFFIX,
        organisation="Example GmbH",
        anonymous=True,
        max_hits=5,
        plan=organisation.deriver.plan,
        starttls=True,
    )
    return Context(organisation.directory, organisation.authenticator, settings)


def found(
    client: Client, base: str, filter_: str = "(objectClass=*)", scope: str = "sub"
) -> list[str]:
    """Return what a search finds: names with the end of the DN, and then its result."""
    request = f'search base={base} scope={scope} filter="{filter_}" attributes=cn'
    names: list[str] = []
    for line in client.say([request]):
        if line.startswith("SearchResultEntry"):
            names.append(line.removeprefix("SearchResultEntry ").removesuffix(f",{SUFFIX}"))
        elif line.strip().startswith("cn"):
            names[-1] = f"{line.partition(':')[2].strip()} {names[-1].partition(',')[2]}".strip()
        elif not line.endswith(" success"):
            names.append(line)
    return names


NOTHING = ["SearchResultDone noSuchObject", f"  matchedDN: {SUFFIX}"]


def test_it_is_a_container_whose_cards_have_their_own_names_in_it(ldap: Connect) -> None:
    bob = ldap("bob")
    play(
        bob,
        f"""
        C: search base={VIP} scope=base attributes=ou,hasSubordinates,numSubordinates
        S: SearchResultEntry {VIP}
             ou: vip
             ou: VIPs
             hasSubordinates: TRUE
             numSubordinates: 3
           SearchResultDone success
        C: search base={VIP} scope=one filter="(cn=card 1)" attributes=entryDN,cn
        S: SearchResultEntry $card
             cn: Card 1
             entryDN: $card
           SearchResultDone success
        C: search base=$card scope=base attributes=cn
        S: SearchResultEntry $card
             cn: Card 1
           SearchResultDone success
        C: compare dn=$card attribute=cn value="card 1"
        S: CompareResponse compareTrue
        C: compare dn=$card attribute=cn value="card 2"
        S: CompareResponse compareFalse
        C: search base={VIP} filter="(entryDN=$card)" attributes=cn
        S: SearchResultEntry $card
             cn: Card 1
           SearchResultDone success
        """,
    )


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ("(objectClass=person)", ["Card 1 ou=vip", "Card 3 ou=vip"]),
        ("(objectClass=groupOfNames)", ["All ou=vip"]),
        ("(cn=card 2)", []),
        ("(telephoneNumber=03090182*)", ["Card 1 ou=vip"]),
        ("(|(cn=card 2)(cn=card 3))", ["Card 3 ou=vip"]),
        ("(&(objectClass=person)(!(cn=card 1)))", ["Card 3 ou=vip"]),
        ("(ou:dn:=vip)", ["All ou=vip", "Card 1 ou=vip", "Card 3 ou=vip"]),
        ("(ou:dn:=customers)", []),
    ],
)
def test_what_a_client_asks_is_asked_of_what_it_shows(
    ldap: Connect, filter_: str, names: list[str]
) -> None:
    assert found(ldap("bob"), VIP, filter_, scope="one") == names


def test_from_above_everybody_is_found_once(ldap: Connect) -> None:
    alice = ldap("alice")
    names = ["All ou=customers", "Card 1 ou=customers", "Card 3 ou=staff"]
    assert found(alice, SUFFIX, "(|(cn=all)(cn=card 1)(cn=card 3))") == names
    listed = alice.say([f"search base={SUFFIX} scope=one attributes=1.1"])
    assert [line.split()[-1] for line in listed] == [
        *(
            f"ou={slug},{SUFFIX}"
            for slug in ("customers", "secret", "staff", "born", "firms", "vip")
        ),
        "success",
    ]


def test_everybody_finds_what_they_may_find_themselves(ldap: Connect) -> None:
    assert found(ldap("carol"), VIP, "(cn=card 1)") == ["Card 1 ou=vip"]
    # What is hidden from her finds nothing, and is not shown.
    assert found(ldap("carol"), FIRMS, "(cn=*)", scope="one") == []
    assert found(ldap("alice"), FIRMS, "(cn=*)", scope="one") == [
        "Card 1 ou=firms",
        "Card 2 ou=firms",
    ]
    assert found(ldap("dave"), VIP, "(cn=card 1)") == ["Card 1 ou=vip"]
    assert found(ldap("erin"), VIP) == NOTHING
    anonymous = ldap(address="10.20.0.5")
    assert found(anonymous, VIP, "(cn=card 1)") == ["Card 1 ou=vip"]


def test_what_ldap_never_shows_is_not_asked_for_either(ldap: Connect) -> None:
    """Unless the book says that it shows birthdays, nobody learns who has one."""
    assert found(ldap("alice"), f"ou=born,{SUFFIX}", "(cn=*)", scope="one") == []


def test_the_members_of_a_group_in_it_are_named_where_they_are_kept(ldap: Connect) -> None:
    lines = ldap("alice").say(
        [f'search base={VIP} scope=one filter="(objectClass=groupOfNames)" attributes=member']
    )
    assert [line.partition(",")[2] for line in lines if "member" in line] == [CUSTOMERS]


def test_one_statement_asks_both(ldap: Connect, organisation: Services) -> None:
    bob = ldap("bob")
    assert found(bob, VIP, "(cn=card 1)", scope="one") == ["Card 1 ou=vip"]
    said: list[str] = []
    listener = lambda *arguments: said.append(arguments[2])  # noqa: E731 - to be taken off again
    event.listen(organisation.store.engine, "before_cursor_execute", listener)
    assert found(bob, VIP, "(cn=card 3)", scope="one") == ["Card 3 ou=vip"]
    event.remove(organisation.store.engine, "before_cursor_execute", listener)
    assert len([one for one in said if "card_value" in one]) <= 1


def test_a_name_that_is_not_there_is_told_up_to_the_smart_book(ldap: Connect) -> None:
    bob = ldap("bob")
    said = bob.say([f"search base=uid=none,{VIP} scope=base attributes=1.1"])
    assert said == ["SearchResultDone noSuchObject", f"  matchedDN: {VIP}"]
