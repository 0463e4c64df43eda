"""Who compares the numbers of an answer with the one asked for finds that one among them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.ldap.settings import ClientProfile
from dirserver.model.number_writing import NumberStyle
from tests.ldap.client import Client

Connect = Callable[..., Client]

WAYS = ("+49305550017", "0305550017", "0049305550017", "00305550017", "030/555 00 17")


def office_numbers(client: Client, filter_: str, attributes: str = "") -> list[str]:
    """Return Anna's office numbers in the answer to a search."""
    said = client.say([f'search base=dc=example,dc=org filter="{filter_}" {attributes}'.rstrip()])
    return [
        line.removeprefix("  telephoneNumber: ")
        for line in said
        if line.startswith("  telephoneNumber: ")
    ]


@pytest.mark.parametrize("asked", WAYS)
@pytest.mark.parametrize(
    "filter_", ["(telephoneNumber=%s)", "(|(mobile=*%s*)(homePhone=*%s*)(telephonenumber=*%s*))"]
)
def test_linphone_is_given_the_number_as_it_asked_for_it(
    ldap: Connect, asked: str, filter_: str
) -> None:
    # It asks for all attributes.
    found = office_numbers(ldap("alice"), filter_.replace("%s", asked))
    assert found == ["+49 (30) 555 00 17", asked]


def test_a_phone_that_names_attributes_is_not_shown_a_number_twice(ldap: Connect) -> None:
    found = office_numbers(
        ldap("alice"), "(telephoneNumber=0305550017)", "attributes=cn,telephoneNumber"
    )
    assert found == ["+49 (30) 555 00 17"]


def test_a_profile_may_give_numbers_as_they_were_asked_for_to_any_client(ldap: Connect) -> None:
    profile = ClientProfile(NumberStyle.E164, as_asked=True)
    client = ldap("alice", profile_for=lambda _address: profile)
    for asked, shown in (
        ("0305550017", ["+49305550017", "0305550017"]),
        ("+49305550017", ["+49305550017"]),
        # Another of her numbers, and only a part of one.
        ("01715550017", []),
        ("30555001*", ["+49305550017"]),
    ):
        attributes = "attributes=cn,telephoneNumber"
        assert office_numbers(client, f"(telephoneNumber={asked})", attributes) == shown


def test_where_a_schema_has_one_number_there_is_one(ldap: Connect) -> None:
    said = ldap("alice").say(
        ['search base=dc=example,dc=org filter="(mobile=00491715550017)" attributes=*']
    )
    assert sum(line.startswith("  mobile: ") for line in said) == 1
    said = ldap("alice").say(['search base=dc=example,dc=org filter="(mobile=00491715550017)"'])
    assert sum(line.startswith("  mobile: ") for line in said) == 2
    assert sum(line.startswith("  primaryPhone: ") for line in said) <= 1


def test_a_number_that_is_hidden_is_not_given_away_by_being_asked_for(ldap: Connect) -> None:
    client = ldap("alice")
    # What is in a negation, or of what is no number, is nothing that was looked up.
    assert office_numbers(client, "(&(sn=beispiel)(!(telephoneNumber=0999)))") == [
        "+49 (30) 555 00 17"
    ]
    assert office_numbers(client, "(&(sn=beispiel)(o=0305550017))") == []
