"""Real LDAP clients and the finer points of the standard: controls, SASL, the schema."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.organisation import vcard
from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.running import RunningServer, running
from tests.system.serving import CUSTOMERS, SUFFIX, Authority, write_served

NAMES = ["Anna Adam", "Bea Zorn", "Carl Busch", "Dora Adler", "Emil Vogt"]
BY_FAMILY = ["Anna Adam", "Dora Adler", "Carl Busch", "Emil Vogt", "Bea Zorn"]
PERSONS = "(objectClass=person)"
CONFIDENTIALITY_REQUIRED = 13
NO_MECHANISM = 250
INVALID_CREDENTIALS = 49
# Debian's own Python has python-ldap; what is built for another one would need a compiler.
PYTHON = "/usr/bin/python3"
READER = """
import json, sys, ldap, ldap.schema
name, schema = ldap.schema.urlfetch(sys.argv[1])
classes = schema.listall(ldap.schema.ObjectClass)
person = schema.get_obj(ldap.schema.ObjectClass, "evolutionPerson")
must, may = schema.attribute_types(["evolutionPerson", "mozillaAbPersonAlpha"])
unknown = [one for one in (*must, *may) if schema.get_obj(ldap.schema.AttributeType, one) is None]
print(json.dumps({
    "name": name,
    "classes": len(classes),
    "sup": person.sup,
    "must": sorted(one.names[0] for one in must.values()),
    "mail": schema.get_obj(ldap.schema.AttributeType, "mail").equality,
    "unknown": unknown,
}))
"""


@pytest.fixture(scope="module")
def clients_ca() -> trustme.CA:
    """Who certifies clients."""
    return trustme.CA()


@pytest.fixture(scope="module")
def server(
    authority: Authority, clients_ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server that trusts the certificates of clients."""
    directory = tmp_path_factory.mktemp("standards")
    clients_ca.cert_pem.write_to_path(directory / "clients.pem")
    keys = 'client_ca = "clients.pem"\nshow_users = ["group:sales"]'
    with running(write_served(directory, authority, ldap=keys)) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def cards(dav: Callable[[str], DAVClient]) -> None:
    """The customers."""
    for name in NAMES:
        href = f"/alice/customers/{name[0]}.vcf"
        assert dav("alice").put(href, vcard(name[0], name)).status == 201


def certified(directory: Path, by: trustme.CA, name: str) -> Path:
    """Return a certificate of a client's with its key, made out to ``name``."""
    issued = by.issue_cert(f"{name}.example.org", common_name=name)
    path = directory / f"{name}.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    return path


def over_tls(server: RunningServer, authority: Authority, **more: object) -> LDAPClient:
    """Return a client that has TLS from the start."""
    return LDAPClient(server.url("ldaps"), ca=authority.ca, **more)  # type: ignore[arg-type]  # what it has


def test_ldapsearch_downloads_in_pages(ldap: Callable[..., LDAPClient]) -> None:
    found = ldap("alice").search(PERSONS, "cn", base=CUSTOMERS, options="-E !pr=2/noprompt")
    assert (found.code, found.names) == (0, NAMES)
    assert found.stdout.count("dn: ") == 5


def test_ldapsearch_sorts(ldap: Callable[..., LDAPClient]) -> None:
    alice = ldap("alice")
    assert alice.search(PERSONS, "cn", base=CUSTOMERS, options="-E !sss=sn").names == BY_FAMILY
    options = "-E !sss=-sn:2.5.13.3 -E pr=2/noprompt"
    assert alice.search(PERSONS, "cn", base=CUSTOMERS, options=options).names == BY_FAMILY[::-1]


def test_ldapsearch_looks_through_a_window(ldap: Callable[..., LDAPClient]) -> None:
    alice = ldap("alice")
    for window, names in (
        ("1/1/3/0", BY_FAMILY[1:4]),
        ("0/1:b", BY_FAMILY[2:4]),
        ("0/9:ado", BY_FAMILY[2:]),
    ):
        options = f"-E !sss=sn -E !vlv={window}"
        found = alice.run(
            "ldapsearch", "-o", "ldif-wrap=no", "-b", CUSTOMERS, *options.split(), PERSONS, "cn"
        )
        # Then it asks where to look next, and nobody answers.
        assert found.names[: len(names)] == names
        assert "vlvResult: pos=" in found.stdout
        assert "count=5" in found.stdout


def test_a_certificate_is_as_good_as_a_password(
    server: RunningServer, authority: Authority, clients_ca: trustme.CA, tmp_path: Path
) -> None:
    client = over_tls(
        server,
        authority,
        certificate=certified(tmp_path, clients_ca, "alice"),
        mechanism="EXTERNAL",
    )
    assert client.run("ldapwhoami").stdout.strip() == f"dn:uid=alice,ou=users,{SUFFIX}"
    assert client.search(PERSONS, "cn", base=CUSTOMERS).names == NAMES
    found = client.search("(objectClass=*)", "supportedSASLMechanisms", base="", scope="base")
    assert found.entries[0]["supportedSASLMechanisms"] == ["PLAIN", "EXTERNAL"]
    plain = LDAPClient(
        server.url("ldap"),
        ca=authority.ca,
        certificate=client.certificate,
        mechanism="EXTERNAL",
        options=("-ZZ",),
    )
    assert plain.run("ldapwhoami").stdout.strip() == f"dn:uid=alice,ou=users,{SUFFIX}"


def test_a_certificate_of_somebody_else_is_none(
    server: RunningServer, authority: Authority, clients_ca: trustme.CA, tmp_path: Path
) -> None:
    # The server names whom it trusts; ldapsearch then keeps the certificate of another to itself.
    for by, name, code in (
        (trustme.CA(), "bob", NO_MECHANISM),
        (clients_ca, "mallory", INVALID_CREDENTIALS),
    ):
        client = over_tls(
            server, authority, certificate=certified(tmp_path, by, name), mechanism="EXTERNAL"
        )
        assert client.run("ldapwhoami").code == code
        # With a password, such a client is as welcome as any other.
        again = over_tls(server, authority, name="alice", certificate=client.certificate)
        assert again.run("ldapwhoami").code == 0
    nobody = over_tls(server, authority, mechanism="EXTERNAL")
    assert nobody.run("ldapwhoami").code != 0


def test_a_password_comes_by_sasl_under_tls_only(
    server: RunningServer, authority: Authority
) -> None:
    good = over_tls(server, authority, name="alice", mechanism="PLAIN")
    assert good.run("ldapwhoami").stdout.strip() == f"dn:uid=alice,ou=users,{SUFFIX}"
    wrong = over_tls(server, authority, name="alice", password="wrong", mechanism="PLAIN")
    assert wrong.run("ldapwhoami").code == INVALID_CREDENTIALS
    clear = LDAPClient(server.url("ldap"), "alice", mechanism="PLAIN", options=("-O", "none"))
    assert clear.run("ldapwhoami").code == CONFIDENTIALITY_REQUIRED


def test_those_who_may_see_all_who_log_in(ldap: Callable[..., LDAPClient]) -> None:
    def seen(login: str) -> list[str]:
        users = f"ou=users,{SUFFIX}"
        return [one["uid"][0] for one in ldap(login).search("(uid=*)", "uid", base=users).entries]

    assert seen("bob") == ["alice", "bob", "carol", "dave", "erin"]
    assert seen("alice") == ["alice"]


def test_python_ldap_reads_the_schema(server: RunningServer) -> None:
    done = subprocess.run(
        [PYTHON, "-W", "error", "-c", READER, server.url("ldap")],
        capture_output=True,
        timeout=30,
        check=False,
    )
    if b"No module named 'ldap'" in done.stderr and not os.environ.get("CI"):
        pytest.skip("python3-ldap is not on this machine")
    assert done.stderr == b""
    assert json.loads(done.stdout) == {
        "name": "cn=Subschema",
        "classes": 13,
        "sup": ["inetOrgPerson"],
        "must": ["cn", "objectClass", "sn"],
        "mail": "caseIgnoreIA5Match",
        "unknown": [],
    }
