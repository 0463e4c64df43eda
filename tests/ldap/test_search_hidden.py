"""What a principal may not read does not exist for them: in results, counts and filters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conversation import play
from tests.ldap.client import Client

Connect = Callable[..., Client]

SUFFIX = "dc=example,dc=org"
CUSTOMERS = f"ou=customers,{SUFFIX}"


def count(client: Client, filter_: str, base: str = SUFFIX, scope: str = "sub") -> int:
    """Return how many cards and other entries a filter finds."""
    *entries, done = client.say(
        [f'search base={base} scope={scope} filter="{filter_}" attributes=1.1']
    )
    assert done == "SearchResultDone success"
    return len(entries)


# carol reads customers without NOTE, BDAY and ORG.


def test_a_hidden_property_is_not_in_any_result(ldap: Connect) -> None:
    for attributes in ("", "attributes=o,ou,cn,company,department", "attributes=*,+,o"):
        said = ldap("carol").say(
            [f'search base={CUSTOMERS} filter="(cn=anna beispiel)" {attributes}']
        )
        assert "  cn: Anna Beispiel" in said
        assert not [line for line in said if "Kunde AG" in line or "Einkauf" in line]
    seen = ldap("alice").say([f'search base={CUSTOMERS} filter="(cn=anna beispiel)"'])
    assert "  o: Kunde AG" in seen


@pytest.mark.parametrize(
    "filter_",
    [
        "(o=Kunde AG)",
        "(o=*)",
        "(o=K*)",
        "(o=*unde*)",
        "(o>=A)",
        "(o<=Z)",
        "(o~=Kunde)",
        "(company=Kunde AG)",
        "(2.5.4.10=Kunde AG)",
        "(o:caseIgnoreMatch:=Kunde AG)",
        "(ou=Einkauf)",
        "(searchContact=*Kunde*)",
        "(!(o=Nobody))",
        "(!(o=*))",
        "(!(!(o=Kunde AG)))",
        "(!(&(cn=*)(o=Nobody)))",
        "(&(cn=anna*)(!(o=*)))",
        "(o=ag*)",
        "(searchContact=ag*)",
        "(searchContact=kunde*)",
        "(searchContact=*kunde*)",
        "(|(cn=ag*)(sn=ag*)(mozillaNickname=ag*))",
        "(searchContact=24*)",
        "(!(|(cn=nobody)(o=*)))",
    ],
)
def test_a_hidden_property_finds_nothing_however_it_is_asked_for(
    ldap: Connect, filter_: str
) -> None:
    # A test of it is Undefined, and so is its negation (RFC 4511 section 4.5.1.7).
    assert count(ldap("carol"), filter_, CUSTOMERS, "one") == 0


def test_beside_a_hidden_property_the_rest_of_a_filter_counts(ldap: Connect) -> None:
    assert count(ldap("carol"), "(|(o=Kunde AG)(cn=anna*))", CUSTOMERS) == 1
    assert count(ldap("carol"), "(&(cn=anna*)(|(o=*)(sn=beispiel)))", CUSTOMERS) == 1
    assert count(ldap("carol"), "(|(!(o=*))(cn=anna*))", CUSTOMERS, "one") == 1


def test_what_is_hidden_in_one_book_is_still_found_in_another(ldap: Connect) -> None:
    play(
        ldap("carol"),
        """
        C: search base=dc=example,dc=org filter=(&(objectClass=person)(o=*)) attributes=cn,o
        S: SearchResultEntry $_,ou=staff,dc=example,dc=org
             cn: Clara Otto
             o: Example GmbH
           SearchResultDone success
        """,
    )


@pytest.mark.parametrize("attribute", ["o", "company", "ou", "description", "birthday"])
def test_a_hidden_property_cannot_be_compared(ldap: Connect, attribute: str) -> None:
    client = ldap("carol")
    known = play(
        client,
        f"""
        C: search base={CUSTOMERS} filter=(cn=anna*) attributes=1.1
        S: SearchResultEntry $anna
           SearchResultDone success
        """,
    )
    answers = {
        value: client.say([f'compare dn={known["anna"]} attribute={attribute} value="{value}"'])
        for value in ("Kunde AG", "Einkauf", "Nobody")
    }
    (answer,) = {tuple(said) for said in answers.values()}
    assert answer in (
        ("CompareResponse noSuchAttribute",),
        ("CompareResponse undefinedAttributeType",),
    )


@pytest.mark.parametrize("attribute", ["note", "description", "bday", "birthday", "birthyear"])
def test_notes_and_birthdays_are_in_nobodys_results(ldap: Connect, attribute: str) -> None:
    said = ldap("alice").say(
        [f'search base={CUSTOMERS} filter="(cn=anna beispiel)" attributes=cn,{attribute}']
    )
    assert said[1:] == ["  cn: Anna Beispiel", "SearchResultDone success"]
    assert count(ldap("alice"), f"({attribute}=*)", CUSTOMERS, "one") == 0
    assert count(ldap("alice"), f"(!({attribute}=x))", CUSTOMERS, "one") == 0


# erin has nothing but staff, which everyone reads.


def test_a_book_without_a_grant_is_in_no_result(ldap: Connect) -> None:
    assert count(ldap("alice"), "(objectClass=*)") == 14
    assert count(ldap("erin"), "(objectClass=*)") == 4
    assert count(ldap("alice"), "(ou=secret)") == 1
    assert count(ldap("erin"), "(ou=secret)") == 0
    assert count(ldap("alice"), "(cn=*geheim*)") == 1
    assert count(ldap("erin"), "(cn=*geheim*)") == 0
    assert count(ldap("erin"), "(&(cn=*)(!(cn=nobody)))") == 2


def test_a_card_without_a_grant_is_as_absent_as_one_that_never_was(ldap: Connect) -> None:
    known = play(
        ldap("alice"),
        """
        C: search base=ou=secret,dc=example,dc=org filter=(cn=xaver*) attributes=uid
        S: SearchResultEntry $xaver
             uid: $key
           SearchResultDone success
        """,
    )
    play(
        ldap("erin"),
        """
        C: search base=$xaver scope=base
        S: SearchResultDone noSuchObject
             matchedDN: dc=example,dc=org
        C: search base=uid=$key,ou=staff,dc=example,dc=org scope=base
        S: SearchResultDone noSuchObject
             matchedDN: ou=staff,dc=example,dc=org
        C: search base=dc=example,dc=org filter=(uid=$key)
        S: SearchResultDone success
        C: compare dn=$xaver attribute=cn value="Xaver Geheim"
        S: CompareResponse noSuchObject
             matchedDN: dc=example,dc=org
        """,
        known,
    )


def test_other_people_who_log_in_are_nobodys_business(ldap: Connect) -> None:
    play(
        ldap("erin"),
        """
        C: search base=ou=users,dc=example,dc=org filter=(uid=*) attributes=1.1
        S: SearchResultEntry uid=erin,ou=users,dc=example,dc=org
           SearchResultDone success
        C: search base=dc=example,dc=org filter=(uid=erin)
        S: SearchResultDone success
        C: compare dn=uid=alice,ou=users,dc=example,dc=org attribute=uid value=alice
        S: CompareResponse noSuchObject
             matchedDN: ou=users,dc=example,dc=org
        """,
    )
