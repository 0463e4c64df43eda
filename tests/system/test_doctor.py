"""Why does the phone find nothing? What the doctor says while a server runs."""

from __future__ import annotations

import socket
import ssl
import stat
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.shell import Shell
from tests.ldap import wire
from tests.system.dav import DAVClient
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import RunningServer, wait_until
from tests.system.serving import CUSTOMERS, SUFFIX

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def anna(dav: Callable[[str], DAVClient]) -> None:
    """A customer."""
    card = made_up("anna", "Anna Beispiel", "TEL;TYPE=WORK:+49 30 1234-567")
    assert dav("alice").put("/alice/customers/anna.vcf", card).status == 201


@pytest.fixture
def shell(
    server: RunningServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A shell beside the server."""
    return Shell(server.config, capsys, monkeypatch)


def doctor(shell: Shell, *words: str) -> Any:
    """Return what the doctor says of this client, for programs."""
    done = shell("doctor", "ldap", "--client", HERE, "--json", *words)
    assert done.code == 0, done.err
    return done.json()


def test_the_doctor_says_why_each_request_of_a_client_went_as_it_did(
    server: RunningServer, shell: Shell, anna: None
) -> None:
    with LDAPConnection(server.address("ldap")) as phone:
        assert phone.bind(f"uid=dave,ou=users,{SUFFIX}", "wrong") == "invalidCredentials"
        assert phone.bind("dave") == "success"
        for base, text in (
            (SUFFIX, "(cn=anna*)"),
            (SUFFIX, "(cn=bei)"),
            ("dc=example,dc=com", "(cn=anna*)"),
            (SUFFIX, "(&(objectClass=user)(sn=bei*))"),
            (f"ou=secret,{SUFFIX}", "(cn=*)"),
        ):
            phone.ask(wire.search(base, text, attributes=["cn"]))
    told = doctor(shell)[-7:]
    assert [(one["operation"], one["cause"]) for one in told] == [
        ("bind", "wrong-password"),
        ("bind", "found"),
        ("search", "found"),
        ("search", "no-wildcard"),
        ("search", "base"),
        ("search", "object-class"),
        ("search", "no-grant"),
    ]
    found, exact = told[2:4]
    assert (found["hits"], found["before"], found["after"]) == (1, 1, 1)
    assert (exact["hits"], exact["before"], exact["after"], exact["login"]) == (0, 0, 0, "dave")
    assert exact["scope"] == "sub"


def test_a_grant_that_is_missing_shows_in_the_numbers(
    server: RunningServer, shell: Shell, anna: None
) -> None:
    with LDAPConnection(server.address("ldap")) as phone:
        assert phone.bind("erin") == "success"
        assert phone.ask(wire.search(SUFFIX, "(telephoneNumber=0301234567)")) == ([], "success")
    last = doctor(shell, "--limit", "1")[0]
    assert (last["before"], last["after"], last["cause"]) == (1, 0, "no-grant")
    assert f"{shell.proposed('why')} erin search" in last["advice"]


def test_whom_somebody_looked_up_is_shown_only_when_asked_and_not_in_secret(
    server: RunningServer, shell: Shell, anna: None
) -> None:
    with LDAPConnection(server.address("ldap")) as phone:
        phone.ask(wire.search(CUSTOMERS, "(|(cn=Zacharias*)(mobile=0171 99*))"))
    assert doctor(shell, "--limit", "1")[0]["filter"] == "(|(cn=xxxxxxxxx*)(mobile=9999 99*))"
    assert "ldap:show" not in shell("audit", "--json").out
    shown = doctor(shell, "--limit", "1", "--show")[0]
    assert shown["filter"] == "(|(cn=Zacharias*)(mobile=0171 99*))"
    trail = shell("audit", "--action", "ldap:show", "--json").json()
    assert [one["detail"] for one in trail] == [f"what {HERE} has asked over LDAP lately"]
    kept = [path for path in server.config.parent.iterdir() if path.is_file()]
    assert not any(b"acharias" in path.read_bytes() for path in (*kept, server.log_path))


def test_a_bind_that_failed_is_told_with_the_name_that_was_tried(
    server: RunningServer, shell: Shell
) -> None:
    with LDAPConnection(server.address("ldap")) as phone:
        phone.bind(f"uid=dave,ou=users,{SUFFIX}", "wrong")
    last = shell("doctor", "ldap", "--client", HERE, "--limit", "1").lines()[0]
    masked = f"uid=xxxx,ou=users,{SUFFIX}"
    assert last.endswith(f"bind tried as {masked}, no TLS: failed, invalidCredentials")
    shown = shell("doctor", "ldap", "--client", HERE, "--limit", "1", "--show").lines()[0]
    assert f"bind tried as uid=dave,ou=users,{SUFFIX}, no TLS: failed" in shown
    (row,) = [line for line in shell("doctor", "ldap").lines() if line.startswith(HERE)]
    assert "(bind failed)" in row


def test_nobody_else_can_ask_the_server(server: RunningServer) -> None:
    (place,) = [one for one in server.config.parent.iterdir() if one.is_socket()]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_tls_on_the_wrong_port_is_told_either_way(
    server: RunningServer, shell: Shell, anna: None
) -> None:
    with LDAPConnection(server.address("ldap")) as phone:
        phone.send_raw(bytes.fromhex("16030100050100000100"))
        assert phone.receive() is not None
    with LDAPConnection(server.address("ldaps")) as phone:
        phone.send(wire.bind("dave", "x"))
        phone.receive()

    def causes() -> list[str]:
        return [one["cause"] for one in doctor(shell, "--limit", "2")]

    wait_until(lambda: causes() == ["tls-on-plain-port", "plain-on-tls-port"], "both are told")


def test_a_phone_that_does_not_trust_the_certificate_is_told_apart(
    server: RunningServer, shell: Shell
) -> None:
    strangers = ssl.create_default_context()
    for scheme in ("ldaps", "ldap"):
        place = server.address(scheme)
        with socket.create_connection((place.host, place.port)) as plain:
            if scheme == "ldap":
                plain.sendall(wire.message(1, wire.extended("1.3.6.1.4.1.1466.20037")))
                plain.recv(1000)
            with pytest.raises(ssl.SSLCertVerificationError):
                strangers.wrap_socket(plain, server_hostname=HERE)
        wait_until(lambda: doctor(shell, "--limit", "1")[0]["cause"] == "tls-refused", scheme)


def test_a_person_is_told_in_sentences_and_who_has_asked(
    server: RunningServer, shell: Shell
) -> None:
    with LDAPConnection(server.address("ldap")) as phone:
        phone.ask(wire.search(CUSTOMERS, "(cn=bei)"))
    said = shell("doctor", "ldap", "--client", HERE).out
    assert "why: only values that are equal are asked for" in said
    assert f"Settings that work: {shell.proposed('phone')}" in said
    assert shell("doctor", "ldap").lines()[1].startswith(HERE)


def test_a_client_that_never_came_is_told_of_as_such(shell: Shell) -> None:
    done = shell("doctor", "ldap", "--client", "10.20.0.99")
    assert done.code == 1
    assert "Nothing has come from 10.20.0.99 in the last hour." in done.err


def test_a_server_that_stops_takes_its_socket_with_it(server: RunningServer, shell: Shell) -> None:
    # The last test here, as nobody is served after it.
    server.terminate()
    server.wait()
    assert not [one for one in server.config.parent.iterdir() if one.is_socket()]
    done = shell("doctor", "ldap", "--client", HERE)
    assert done.code == 1
    assert "No server of this config can be asked. Is it running" in done.err
