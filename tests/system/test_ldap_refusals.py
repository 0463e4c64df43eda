"""A directory that is only read: what every attempt to write gets, compare, and controls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up
from tests.system.serving import CUSTOMERS, SUFFIX

ALICE = f"uid=alice,ou=users,{SUFFIX}"
COMPARE_FALSE = 5
COMPARE_TRUE = 6
UNAVAILABLE_CRITICAL_EXTENSION = 12
NO_SUCH_ATTRIBUTE = 16
UNDEFINED_ATTRIBUTE_TYPE = 17
NO_SUCH_OBJECT = 32
UNWILLING_TO_PERFORM = 53
# What the programs end with when an extended operation is refused.
FAILED = 1


@pytest.fixture(scope="module")
def anna(dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]) -> str:
    """The DN of a card."""
    card = made_up("anna", "Anna Bäcker", "TEL;TYPE=WORK:+49 30 555017", "NOTE:nice", "ORG:ACME")
    assert dav("alice").put("/alice/customers/anna.vcf", card).status == 201
    (entry,) = ldap("alice").search("(givenName=Anna)", base=CUSTOMERS).entries
    return entry.dn


@pytest.mark.parametrize(
    ("program", "arguments", "stdin"),
    [
        ("ldapmodify", (), "dn: {anna}\nchangetype: modify\nreplace: cn\ncn: Eve\n"),
        ("ldapmodify", (), f"dn: {CUSTOMERS}\nchangetype: modify\nadd: l\nl: x\n"),
        ("ldapmodify", (), "dn: cn=nothere\nchangetype: modify\nreplace: cn\ncn: Eve\n"),
        ("ldapadd", (), f"dn: uid=eve,{CUSTOMERS}\nobjectClass: inetOrgPerson\ncn: Eve\nsn: Eve\n"),
        ("ldapdelete", ("{anna}",), ""),
        ("ldapdelete", (CUSTOMERS,), ""),
        ("ldapmodrdn", ("-r", "{anna}", "uid=eve"), ""),
        ("ldapmodrdn", ("-s", SUFFIX, "{anna}", "uid=eve"), ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["", "erin", "alice"])
def test_every_way_to_write_is_refused_and_changes_nothing(
    ldap: Callable[..., LDAPClient],
    anna: str,
    program: str,
    arguments: tuple[str, ...],
    stdin: str,
    name: str,
) -> None:
    filled = [argument.format(anna=anna) for argument in arguments]
    outcome = ldap(name).run(program, *filled, stdin=stdin.format(anna=anna))
    assert outcome.code == UNWILLING_TO_PERFORM, outcome
    assert ldap("alice").names("(cn=*)", CUSTOMERS) == ["Anna Bäcker"]


def test_a_password_is_not_changed_here(ldap: Callable[..., LDAPClient]) -> None:
    outcome = ldap("alice").run("ldappasswd", "-s", "Another-Swordfish-48", ALICE)
    assert outcome.code == FAILED
    assert "unwilling to perform (53)" in outcome.stdout + outcome.stderr
    assert ldap("alice").search("(cn=*)", base=SUFFIX).code == 0


@pytest.mark.parametrize("oid", ["1.2.3.4", "1.3.6.1.1.8"])
def test_an_extended_operation_that_is_not_announced_is_a_protocol_error(
    ldap: Callable[..., LDAPClient], oid: str
) -> None:
    """RFC 4511 section 4.12."""
    (root,) = ldap().search("(objectClass=*)", "supportedExtension", base="", scope="base").entries
    assert oid not in root["supportedExtension"]
    outcome = ldap("alice").run("ldapexop", oid)
    assert "Protocol error (2)" in outcome.stdout + outcome.stderr


def test_a_client_is_told_who_it_is(ldap: Callable[..., LDAPClient]) -> None:
    assert ldap("alice@example.org").run("ldapwhoami").stdout.strip() == f"dn:{ALICE}"
    assert ldap().run("ldapwhoami").stdout.strip() == "anonymous"


# Compare.


@pytest.mark.parametrize(
    ("assertion", "code"),
    [
        ("cn:Anna Bäcker", COMPARE_TRUE),
        ("cn:anna baecker", COMPARE_TRUE),
        ("commonName:Anna Bäcker", COMPARE_TRUE),
        ("telephoneNumber:030 555017", COMPARE_TRUE),
        ("objectClass:inetOrgPerson", COMPARE_TRUE),
        ("cn:Eve", COMPARE_FALSE),
        ("cn:Anna", COMPARE_FALSE),
        ("telephoneNumber:+49 30 555018", COMPARE_FALSE),
        ("objectClass:organization", COMPARE_FALSE),
        ("pager:1", NO_SUCH_ATTRIBUTE),
        ("noSuchAttribute:x", UNDEFINED_ATTRIBUTE_TYPE),
    ],
)
def test_compare_tells_whether_a_value_is_there(
    ldap: Callable[..., LDAPClient], anna: str, assertion: str, code: int
) -> None:
    assert ldap("alice").run("ldapcompare", anna, assertion).code == code


def test_compare_tells_nothing_of_what_is_hidden(
    ldap: Callable[..., LDAPClient], anna: str
) -> None:
    assert ldap("alice").run("ldapcompare", anna, "o:ACME").code == COMPARE_TRUE
    assert ldap("carol").run("ldapcompare", anna, "o:ACME").code == NO_SUCH_ATTRIBUTE
    assert ldap("carol").run("ldapcompare", anna, "o:Other").code == NO_SUCH_ATTRIBUTE
    for base in (anna, CUSTOMERS, f"uid=nothere,{CUSTOMERS}", f"ou=nothere,{SUFFIX}"):
        assert ldap("erin").run("ldapcompare", base, "cn:Anna Bäcker").code == NO_SUCH_OBJECT


def test_compare_looks_at_what_is_no_card_too(ldap: Callable[..., LDAPClient]) -> None:
    alice = ldap("alice")
    assert alice.run("ldapcompare", SUFFIX, "o:Example GmbH").code == COMPARE_TRUE
    assert alice.run("ldapcompare", CUSTOMERS, "ou:customers").code == COMPARE_TRUE
    assert alice.run("ldapcompare", CUSTOMERS, "ou:staff").code == COMPARE_FALSE
    assert alice.run("ldapcompare", ALICE, "mail:alice@example.org").code == COMPARE_TRUE


# Controls.


def test_a_critical_control_that_is_known_does_no_harm(
    ldap: Callable[..., LDAPClient], anna: str
) -> None:
    for option in ("-M", "-MM"):
        outcome = ldap("alice").search("(cn=*)", "cn", base=CUSTOMERS, options=option)
        assert (outcome.code, outcome.names) == (0, ["Anna Bäcker"])
        assert ldap("alice").run("ldapcompare", option, anna, "cn:Eve").code == COMPARE_FALSE


@pytest.mark.parametrize("control", ["!1.2.3.4", "!1.2.3.4=:value", "!sync=ro"])
def test_a_critical_control_that_is_not_known_is_refused(
    ldap: Callable[..., LDAPClient], anna: str, control: str
) -> None:
    """RFC 4511 section 4.1.11: the operation must not be done without it."""
    options = f"-E {control}"
    outcome = ldap("alice").search("(cn=*)", "cn", base=CUSTOMERS, options=options)
    assert outcome.code == UNAVAILABLE_CRITICAL_EXTENSION
    assert not outcome.entries


def test_a_critical_control_that_is_not_known_is_refused_with_any_operation(
    ldap: Callable[..., LDAPClient], anna: str
) -> None:
    for program, *arguments in (("ldapcompare", anna, "cn:Eve"), ("ldapdelete", anna)):
        outcome = ldap("alice").run(program, "-e", "!1.2.3.4", *arguments)
        assert outcome.code == UNAVAILABLE_CRITICAL_EXTENSION


@pytest.mark.parametrize("control", ["1.2.3.4", "1.2.3.4=:value", "subentries=false"])
def test_a_control_that_is_not_known_nor_critical_is_passed_over(
    ldap: Callable[..., LDAPClient], anna: str, control: str
) -> None:
    options = f"-E {control}"
    outcome = ldap("alice").search("(cn=*)", "cn", base=CUSTOMERS, options=options)
    assert (outcome.code, outcome.names) == (0, ["Anna Bäcker"])
