"""Who a real LDAP client is taken for: every form of a name, and everything that is no login."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.organisation import PASSWORD
from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up
from tests.system.running import RunningServer, running
from tests.system.secrecy import WRONG_PASSWORD
from tests.system.serving import CUSTOMERS, SUFFIX, Authority, make_authority, write_served

SECRET = f"ou=secret,{SUFFIX}"
ALICE = f"uid=alice,ou=users,{SUFFIX}"

SUCCESS = 0
PROTOCOL_ERROR = 2
CONFIDENTIALITY_REQUIRED = 13
NO_SUCH_OBJECT = 32
INVALID_CREDENTIALS = 49
INSUFFICIENT_ACCESS_RIGHTS = 50
UNWILLING_TO_PERFORM = 53


@pytest.fixture(scope="module")
def strict(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server that talks to nobody without a name, and takes no password without TLS."""
    path = write_served(
        tmp_path_factory.mktemp("strict"),
        authority,
        anonymous=False,
        ldap='plaintext_bind = "never"',
    )
    with running(path) as found:
        yield found


def sees(client: LDAPClient, base: str) -> int:
    """Return the result of looking at one entry."""
    return client.search("(objectClass=*)", "1.1", base=base, scope="base").code


@pytest.mark.parametrize(
    "name",
    [
        ALICE,
        f"UID=Alice, OU=Users, {SUFFIX.upper()}",
        f"uid=\\61lice,ou=users,{SUFFIX}",
        "cn=alice,o=whatever a phone was set up with",
        "alice",
        "alice@example.org",
        "Alice@Example.ORG",
    ],
)
def test_a_name_in_any_form_is_a_login(ldap: Callable[..., LDAPClient], name: str) -> None:
    assert sees(ldap(name), SECRET) == SUCCESS


@pytest.mark.parametrize("name", ["erin", f"uid=erin,ou=users,{SUFFIX}", "erin@example.org"])
def test_whoever_logs_in_is_nobody_else(ldap: Callable[..., LDAPClient], name: str) -> None:
    client = ldap(name)
    assert sees(client, f"uid=erin,ou=users,{SUFFIX}") == SUCCESS
    assert sees(client, SECRET) == NO_SUCH_OBJECT
    assert sees(client, ALICE) == NO_SUCH_OBJECT


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("bob", WRONG_PASSWORD),
        (f"uid=bob,ou=users,{SUFFIX}", PASSWORD + " "),
        ("nobody-here", PASSWORD),
        ("", PASSWORD),
        (SUFFIX, PASSWORD),
        ("uid=*,ou=users", PASSWORD),
        ("not=a=dn,", PASSWORD),
    ],
)
def test_a_login_that_is_none_is_refused_without_a_reason(
    server: RunningServer, name: str, password: str
) -> None:
    client = LDAPClient(server.url("ldap"))
    outcome = client.run("ldapsearch", "-D", name, "-w", password, "-b", SUFFIX, "(cn=*)")
    assert outcome.code == INVALID_CREDENTIALS
    assert outcome.stderr == "ldap_bind: Invalid credentials (49)\n"
    assert not outcome.entries


def test_a_name_without_a_password_is_no_login(ldap: Callable[..., LDAPClient]) -> None:
    """RFC 4513 section 5.1.2: else a client that forgot to ask looks logged in."""
    outcome = ldap(ALICE, "").search("(objectClass=*)", base=SUFFIX, scope="base")
    assert outcome.code == UNWILLING_TO_PERFORM
    assert not outcome.entries


def test_version_2_of_the_protocol_is_refused(ldap: Callable[..., LDAPClient]) -> None:
    outcome = ldap("alice").run("ldapsearch", "-P", "2", "-b", SUFFIX, "(cn=*)")
    assert outcome.code == PROTOCOL_ERROR


def test_someone_who_guesses_waits_and_the_honest_user_elsewhere_does_not(
    server: RunningServer,
) -> None:
    http = server.address("http")

    def login_from(address: str, password: str) -> int:
        client = DAVClient(http, "dave", password, source=address)
        try:
            return client.request("PROPFIND", "/dave/", headers={"Depth": "0"}).status
        finally:
            client.close()

    assert {login_from("127.0.0.5", WRONG_PASSWORD) for _ in range(6)} == {401}
    assert login_from("127.0.0.5", PASSWORD) == 401
    assert login_from("127.0.0.6", PASSWORD) == 207


# Without a name.


@pytest.fixture
def anna(dav: Callable[[str], DAVClient]) -> Iterator[None]:
    """A card in the customers, where anybody here may look people up, and one in the staff."""
    client = dav("alice")
    client.put("/alice/customers/anna.vcf", made_up("anna", "Anna Berg"))
    client.put("/alice/staff/stefan.vcf", made_up("stefan", "Stefan Staff"))
    yield
    client.delete("/alice/customers/anna.vcf")
    client.delete("/alice/staff/stefan.vcf")


@pytest.mark.usefixtures("anna")
def test_a_client_without_a_name_finds_what_anybody_may(ldap: Callable[..., LDAPClient]) -> None:
    assert ldap().names("(cn=*)", SUFFIX) == ["Anna Berg"]
    assert sees(ldap(), CUSTOMERS) == SUCCESS
    for hidden in (f"ou=staff,{SUFFIX}", SECRET, f"ou=users,{SUFFIX}", ALICE):
        assert sees(ldap(), hidden) == NO_SUCH_OBJECT


def test_where_policy_wants_a_name_there_is_no_search_without(
    strict: RunningServer, authority: Authority
) -> None:
    nobody = LDAPClient(strict.url("ldap"))
    for base, scope in ((SUFFIX, "sub"), (SUFFIX, "base"), (CUSTOMERS, "one"), ("", "sub")):
        outcome = nobody.search("(cn=*)", base=base, scope=scope)
        assert outcome.code == INSUFFICIENT_ACCESS_RIGHTS, (base, scope)
        assert not outcome.entries
    # What a client must know before it can log in (RFC 4513 section 5.1 and appendix B).
    for base in ("", "cn=Subschema"):
        assert nobody.search("(objectClass=*)", base=base, scope="base").code == SUCCESS
    named = LDAPClient(strict.url("ldaps"), "erin", ca=authority.ca)
    assert sees(named, SUFFIX) == SUCCESS


# TLS.


def test_start_tls_makes_the_connection_safe_for_a_password(
    strict: RunningServer, authority: Authority
) -> None:
    plain = LDAPClient(strict.url("ldap"), ALICE)
    assert sees(plain, SECRET) == CONFIDENTIALITY_REQUIRED
    started = LDAPClient(strict.url("ldap"), ALICE, ca=authority.ca, options=("-ZZ",))
    assert sees(started, SECRET) == SUCCESS


def test_ldaps_is_safe_from_the_first_byte(strict: RunningServer, authority: Authority) -> None:
    assert sees(LDAPClient(strict.url("ldaps"), ALICE, ca=authority.ca), SECRET) == SUCCESS


def test_a_password_is_wrong_over_tls_too(strict: RunningServer, authority: Authority) -> None:
    client = LDAPClient(strict.url("ldaps"), ALICE, WRONG_PASSWORD, authority.ca)
    assert sees(client, SECRET) == INVALID_CREDENTIALS


@pytest.mark.parametrize(("scheme", "options"), [("ldap", ("-ZZ",)), ("ldaps", ())])
def test_a_client_that_trusts_somebody_else_goes_away(
    strict: RunningServer, tmp_path: Path, scheme: str, options: tuple[str, ...]
) -> None:
    other = make_authority(tmp_path)
    client = LDAPClient(strict.url(scheme), ALICE, ca=other.ca, options=options)
    outcome = client.search("(objectClass=*)", base=SUFFIX)
    assert outcome.code != SUCCESS
    assert not outcome.entries


def test_tls_does_not_begin_twice(strict: RunningServer, authority: Authority) -> None:
    client = LDAPClient(strict.url("ldaps"), ALICE, ca=authority.ca, options=("-ZZ",))
    assert sees(client, SECRET) != SUCCESS
