"""Each family of phones finds a person by name and by number, with its maker's own filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.conversation import play
from tests.ldap.client import Client
from tests.organisation import PASSWORD

Connect = Callable[..., Client]

SUFFIX = "dc=example,dc=org"
CUSTOMERS = f"ou=customers,{SUFFIX}"
USER_DN = f"uid=alice,ou=users,{SUFFIX}"
# The numbers of Anna Beispiel as phones have them: from the caller ID, as they are dialled with
# and without the outside line, and as they stand in other directories.
OFFICE = [
    "0305550017",
    "00305550017",
    "+49305550017",
    "0049305550017",
    "+49 30 5550017",
    "030/5550017",
]
MOBILE = ["01715550017", "001715550017", "+491715550017", "00491715550017", "0171-555 00 17"]
# Inside a number no prefix is looked for that is dialled before it.
PARTS = ("0305550017", "+49305550017", "030/5550017", "5550017", "01715550017", "+491715550017")


@dataclass(frozen=True)
class Family:
    """How a phone asks: ``%`` in a filter is what was typed, with the wildcards it puts there."""

    name_filter: str
    typed: str
    number_filter: str
    attributes: str
    numbers: tuple[str, ...] = (*OFFICE, *MOBILE)
    limit: int = 50
    base: str = SUFFIX
    scope: str = "sub"
    bind: str = "alice"
    time_limit: int = 0


FAMILIES = {
    "yealink by beginning": Family(
        "(|(cn=%)(sn=%))",
        "bei*",
        "(|(telephoneNumber=%)(mobile=%)(ipPhone=%))",
        "cn,sn,telephoneNumber,mobile,ipPhone",
    ),
    "yealink by part": Family(
        "(|(cn=%)(sn=%))", "*eispi*", "(|(telephoneNumber=%)(mobile=%)(ipPhone=%))", "cn,sn"
    ),
    "yealink, name and something": Family(
        "(&(cn=*)(sn=%))", "bei*", "(|(telephoneNumber=%)(mobile=%)(homePhone=%))", "cn,sn"
    ),
    "snom": Family(
        "(&(telephoneNumber=*)(sn=%))",
        "bei*",
        "(&(telephoneNumber=%)(sn=*))",
        "cn,sn,telephoneNumber",
        numbers=tuple(OFFICE),
    ),
    "snom from 10.1.27": Family(
        "(|(cn=%*)(o=%*))", "anna", "(|(telephoneNumber=%*)(mobile=%*))", "cn,sn", limit=25
    ),
    "snom behind estos": Family(
        "(|(searchContact=%))",
        "bei*",
        "(|(searchNumber=%))",
        "cn,sn,displayName,telephoneNumber",
    ),
    "grandstream": Family(
        "(|(cn=%)(sn=%))",
        "*bei*",
        "(|(telephoneNumber=%)(Mobile=%))",
        "gn,cn,sn,telephoneNumber,Mobile",
        limit=0,
        time_limit=30,
    ),
    "grandstream, name with a number": Family(
        "(&(cn=%)(telephoneNumber=*))",
        "anna*",
        "(&(telephoneNumber=%)(cn=*))",
        "cn,sn,description",
        numbers=tuple(OFFICE),
    ),
    "cisco by beginning": Family(
        "(sn=%*)",
        "bei",
        "(|(telephoneNumber=%)(mobile=%))",
        "givenName,sn,cn,telephoneNumber,facsimileTelephoneNumber,mobile,ipphone,homephone,"
        "otherphone,pagertelephonenumber,mail,postalAddress,uid,title",
    ),
    "cisco by part": Family(
        "(&(sn=*%*)(cn=*%*))", "spiel", "(|(telephoneNumber=%)(mobile=%))", "sn,cn"
    ),
    "poly": Family(
        "(&(objectclass=person)(sn=%))",
        "bei*",
        "(&(objectclass=person)(|(telephoneNumber=%)(mobile=%)))",
        "sn,givenName,telephoneNumber",
        limit=0,
        bind=USER_DN,
    ),
    "poly by order": Family(
        "(&(objectclass=person)(&(sn>=%)(sn<=%~)))",
        "bei",
        "(&(objectclass=person)(|(telephoneNumber=%)(mobile=%)))",
        "sn,givenName,telephoneNumber",
        limit=0,
        bind=USER_DN,
    ),
    "gigaset": Family(
        "(displayName=%)",
        "anna*",
        "(|(telephoneNumber=%)(mobile=%)(homePhone=%))",
        "displayName,sn,givenName,telephoneNumber,mobile,homePhone",
    ),
    "gigaset with two names": Family(
        "(|(cn=%)(sn=%))", "anna b*", "(|(telephoneNumber=%)(mobile=%)(homePhone=%))", "cn,sn"
    ),
    "fanvil": Family(
        "(|(cn=%)(sn=%))",
        "*bei*",
        "(|(telephoneNumber=%)(mobile=%)(other=%))",
        "cn,sn,ou,telephoneNumber,mobile,other",
    ),
    "mitel 6800": Family(
        "(&(sn=%)(telephoneNumber=*))",
        "b*",
        "(&(telephoneNumber=%)(sn=*))",
        "cn,givenName,sn,telephoneNumber",
        numbers=tuple(OFFICE),
        base=CUSTOMERS,
        scope="one",
    ),
    "mitel oip": Family(
        "(&(objectClass=person)(|(sn=%*)(givenName=%*)(company=%*)))",
        "kunde",
        "(&(objectClass=person)(|(telephoneNumber=%)(cell=%)(homephone=%)(pager=%)))",
        "givenName,sn,telephoneNumber,facsimileTelephoneNumber,homephone,cell,pager,company,"
        "displayName,mail2,url,department,info",
    ),
    "avaya j100": Family(
        "(|(cn=%*)(sn=%*))",
        "bei",
        "(|(telephoneNumber=*%)(mobile=*%))",
        "cn,sn,telephoneNumber",
        numbers=PARTS,
    ),
    "avaya b179": Family(
        "(|(sn=%*)(cn=%*))", "Bei", "(|(telephoneNumber=%)(mobile=%))", "cn,sn,telephoneNumber"
    ),
    "panasonic": Family(
        "(|(cn=%)(sn=%))",
        "bei*",
        "(|(telephoneNumber=%)(mobile=%)(homePhone=%))",
        "cn,sn,telephoneNumber,mobile,homePhone",
        limit=20,
        time_limit=5,
    ),
    "unify cp": Family(
        "(&(sn=%*)(givenName=a*)(o=Kunde*)(departmentNumber=Ein*)(title=Leit*))",
        "Bei",
        "(|(telephoneNumber=%)(mobile=%)(homePhone=%)(facsimileTelephoneNumber=%))",
        "sn,givenName,telephoneNumber,facsimileTelephoneNumber,mobile,homePhone,o,"
        "departmentNumber,title,mail",
        bind=USER_DN,
    ),
    "auerswald": Family(
        "(|(sn=%*)(givenName=%*))",
        "anna",
        "(|(telephoneNumber=*%*)(mobile=*%*)(homePhone=*%*))",
        "sn,givenName,telephoneNumber,mobile",
        numbers=PARTS,
    ),
    "innovaphone": Family(
        "(&(objectClass=person)(|(sn=%*)(givenName=%*)(o=%*)))",
        "bei",
        "(&(objectClass=person)(|(telephoneNumber=%)(homePhone=%)(mobile=%)))",
        "sn,givenName,o,telephoneNumber,homePhone,mobile",
    ),
    "vtech": Family("(givenName=%)", "ann*", "(|(telephoneNumber=%)(mobile=%))", "cn", limit=200),
    "htek": Family("(cn=%)", "*bei*", "(|(telephoneNumber=%)(Mobile=%))", "cn", limit=32000),
    "konftel": Family("(|(sn=%*)(cn=%*))", "bei", "(|(telephoneNumber=%)(mobile=%))", "cn"),
    "alcatel": Family("(|(cn=%*)(sn=%*))", "bei", "(|(telephoneNumber=%)(mobile=%))", "cn"),
    "linphone": Family(
        "(sn=*%*)",
        "bei",
        "(|(telephoneNumber=*%*)(mobile=*%*))",
        "",
        numbers=PARTS,
        limit=6,
        time_limit=5,
    ),
}


def _searched(client: Client, family: Family, filter_: str, typed: str) -> list[str]:
    """Return the DNs that the phone is shown for what was typed."""
    said = client.say(
        [
            f"search base={family.base} scope={family.scope} size_limit={family.limit}",
            f'time_limit={family.time_limit} filter="{filter_.replace("%", typed)}"',
            f"attributes={family.attributes}",
        ]
    )
    assert said[-1] == "SearchResultDone success"
    return [line for line in said if line.startswith("SearchResultEntry")]


def _anna(client: Client) -> list[str]:
    return client.say([f'search base={CUSTOMERS} filter="(cn=Anna Beispiel)" attributes=1.1'])[:1]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_a_phone_finds_a_person_by_name(ldap: Connect, family: Family) -> None:
    client = ldap()
    play(client, f'C: bind dn={family.bind} password="{PASSWORD}"\nS: BindResponse success')
    assert _searched(client, family, family.name_filter, family.typed) == _anna(client)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_a_phone_finds_a_person_by_number(ldap: Connect, family: Family) -> None:
    client = ldap()
    play(client, f'C: bind dn={family.bind} password="{PASSWORD}"\nS: BindResponse success')
    anna = _anna(client)
    found = {
        number: _searched(client, family, family.number_filter, number) for number in family.numbers
    }
    assert found == dict.fromkeys(family.numbers, anna)


def test_a_phone_that_dials_an_extension_finds_who_has_it(ldap: Connect) -> None:
    play(
        ldap("erin"),
        """
        C: search base=dc=example,dc=org filter=(telephoneNumber=71)
           attributes=cn,telephoneNumber
        S: SearchResultEntry $_
             cn: Clara Otto
             telephoneNumber: +49 30 555010-71
           SearchResultDone success
        """,
    )


def test_a_list_with_nothing_typed_is_everything_sorted_and_capped(ldap: Connect) -> None:
    # What snom asks when its directory is opened, and Gigaset's list mode.
    play(
        ldap("alice"),
        """
        C: search base=dc=example,dc=org size_limit=3 filter=(|(cn=*)(sn=*)) attributes=cn
        S: SearchResultEntry $_
             cn: Anna Beispiel
           SearchResultEntry $_
             cn: Clara Otto
           SearchResultEntry $_
             cn: David Wolf
           SearchResultDone sizeLimitExceeded
        """,
    )


def test_a_phone_without_a_login_is_served_where_anonymous_has_a_grant(ldap: Connect) -> None:
    # An empty password and an empty name, as Cisco's empty credentials; or no bind at all.
    for first in (["bind"], []):
        client = ldap(address="10.20.0.77")
        for line in first:
            assert client.say([line]) == ["BindResponse success"]
        play(
            client,
            """
            C: search base=dc=example,dc=org attributes=cn
               filter=(|(telephoneNumber=0305550017)(mobile=0305550017))
            S: SearchResultEntry $_
                 cn: Anna Beispiel
               SearchResultDone success
            """,
        )
