"""The log tells who did what, and how it went; it keeps what it was told in confidence.

Every server of the system tests has its log looked through when it stops. These tests make
the occasions on which a log is most likely to talk.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ldap import wire
from tests.organisation import PASSWORD, vcard
from tests.system.dav import dav_client
from tests.system.ldapsocket import LDAPConnection
from tests.system.people import made_up
from tests.system.running import RunningServer, running
from tests.system.secrecy import (
    CARD_TEXT,
    SEARCH_TEXT,
    WRONG_PASSWORD,
    assert_nothing_secret,
    basic,
)
from tests.system.serving import CUSTOMERS, SUFFIX, Authority, write_served

REFUSED_CARDS = (
    f"{CARD_TEXT}",
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{CARD_TEXT}\r\n",
    f"BEGIN:VCARD\r\nVERSION:3.0\r\n{CARD_TEXT}\r\nEND:VCARD\r\n",
    f"BEGIN:VCARD\r\nVERSION:9.9\r\nFN:{CARD_TEXT}\r\nEND:VCARD\r\n",
    f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-NAME:{CARD_TEXT}\r\nEND:VCALENDAR\r\n",
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:x\r\nTEL;{CARD_TEXT}\r\nEND:VCARD\r\n",
)
REFUSED_XML = (
    f"<{CARD_TEXT}",
    f"<!DOCTYPE a [<!ENTITY e '{SEARCH_TEXT}'>]><propfind xmlns='DAV:'>&e;</propfind>",
    f"<{SEARCH_TEXT} xmlns='DAV:'/>",
)
# What is inside of the server, and no client's affair.
INTERNAL = ("Traceback", "sqlalchemy", "sqlite", "dirserver/", ".py", "Exception", "Error:")


@pytest.fixture(params=[(), ("--verbose",)], ids=["usual", "verbose"])
def server(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[RunningServer]:
    """A server of each test's own, as it usually logs and as it logs when asked for more."""
    with running(write_served(tmp_path, authority), *request.param) as found:
        yield found


def test_the_log_keeps_passwords_cards_and_searches_to_itself(server: RunningServer) -> None:
    answers = [*wrong_logins(server), *refused_requests(server), *refused_messages(server)]
    searches_and_cards(server)
    log = server.log
    assert log.count("status=401") >= 2
    assert "status=403" in log
    assert "status=400" in log
    assert "result=invalidCredentials" in log
    # What a client asks for is no reason to wake an operator.
    assert "status=502" in log
    assert "level=critical" not in log
    assert "level=error" not in log
    assert_nothing_secret(log)
    for answer in answers:
        for text in INTERNAL:
            assert text.lower() not in answer.lower(), answer


def wrong_logins(server: RunningServer) -> Iterator[str]:
    """Log in with a wrong password, over both faces; yield what is answered."""
    for login, password in (
        ("erin", WRONG_PASSWORD),
        ("nobody-here", PASSWORD),
        # In the wrong field.
        (WRONG_PASSWORD, "x"),
    ):
        with dav_client(server.address("http"), login, password) as client:
            answer = client.request("PROPFIND", "/")
            assert answer.status == 401
            yield answer.body.decode()
    with LDAPConnection(server.address("ldap")) as phone:
        for name in ("erin", f"uid=erin,ou=users,{SUFFIX}", "nobody-here", WRONG_PASSWORD):
            phone.send(wire.bind(name, WRONG_PASSWORD))
            _, result = phone.result()
            assert result.code == "invalidCredentials"
            yield result.diagnostic
    with socket.create_connection(
        (server.address("http").host, server.address("http").port), timeout=10
    ) as connection:
        # An Authorization header that makes no sense still has a password in it.
        secret = basic("erin", WRONG_PASSWORD).replace("Basic ", "")
        connection.sendall(
            f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {secret}!\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        yield b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def refused_requests(server: RunningServer) -> Iterator[str]:
    """Send cards and XML that no server takes; yield what is answered."""
    with dav_client(server.address("http"), "alice") as alice:
        elsewhere = {"Destination": "http://elsewhere.example/x"}
        yield alice.request("COPY", "/alice/customers/x.vcf", "", elsewhere).body.decode()
        for number, card in enumerate(REFUSED_CARDS):
            answer = alice.put(f"/alice/customers/bad-{number}.vcf", card.encode())
            assert answer.status in (400, 403, 415), (card, answer)
            yield answer.body.decode()
        for xml in REFUSED_XML:
            for method in ("PROPFIND", "REPORT"):
                answer = alice.request(method, "/alice/customers/", xml, {"Depth": "0"})
                assert 400 <= answer.status < 500, (method, xml, answer)
                yield answer.body.decode()
        for path in ("/alice/nothere/x.vcf", "/bob/customers/x.vcf", "/alice/a/b/c/d"):
            for method in ("GET", "PUT", "DELETE", "PROPFIND", "MKCOL", "MOVE"):
                answer = alice.request(method, path, vcard("x", CARD_TEXT))
                assert 400 <= answer.status < 500, (method, path, answer)
                yield answer.body.decode()


def refused_messages(server: RunningServer) -> Iterator[str]:
    """Send what is not LDAP; yield what is answered."""
    for octets in (
        b"GET / HTTP/1.1\r\nAuthorization: " + basic("erin", PASSWORD).encode() + b"\r\n\r\n",
        wire.message(1, wire.bind("erin", PASSWORD))[:-1] + b"\xff\x30\x84\xff\xff\xff\xff",
        b"\x30\x05\x02\x01\x01\x63\x00",
    ):
        with LDAPConnection(server.address("ldap")) as phone:
            phone.send_raw(octets)
            answer = phone.receive()
            yield "" if answer is None else answer.diagnostic


def searches_and_cards(server: RunningServer) -> None:
    """Do what works, with a card and searches that are nobody's affair."""
    with dav_client(server.address("http"), "alice") as alice:
        card = made_up("a", f"Anna {SEARCH_TEXT}")
        assert alice.put("/alice/customers/a.vcf", card).status == 201
        body = (
            '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop>'
            '<C:address-data/></prop><C:filter><C:prop-filter name="FN"><C:text-match>'
            f"{SEARCH_TEXT}</C:text-match></C:prop-filter></C:filter></C:addressbook-query>"
        )
        answer = alice.request("REPORT", "/alice/customers/", body, {"Depth": "1"})
        assert CARD_TEXT in answer.body.decode()
    with LDAPConnection(server.address("ldap")) as phone:
        assert phone.bind("alice") == "success"
        found, code = phone.ask(wire.search(CUSTOMERS, f"(cn=*{SEARCH_TEXT}*)"))
        assert (len(found), code) == (1, "success")
        assert phone.ask(wire.compare(found[0], "cn", SEARCH_TEXT))[1] == "compareFalse"


def test_a_request_is_one_line_that_says_who_what_and_how_it_went(
    authority: Authority, tmp_path: Path
) -> None:
    with running(write_served(tmp_path, authority)) as server:
        with dav_client(server.address("http"), "alice") as alice:
            alice.put("/alice/customers/a.vcf", made_up("a", "Anna Berg"))
        with LDAPConnection(server.address("ldap")) as phone:
            phone.bind("alice")
            phone.ask(wire.search(CUSTOMERS))
        server.wait_for("operation=search")
        lines = server.log.splitlines()
        (put,) = [line for line in lines if "method=PUT" in line]
        for said in (
            "address=127.0.0.1",
            "path=/alice/customers/a.vcf",
            "status=201",
            "level=info",
        ):
            assert said in put
        (search,) = [line for line in lines if "operation=search" in line]
        for said in ("address=127.0.0.1", "login=alice", "result=success", "hits=2", "tls=false"):
            assert said in search


def test_a_token_that_is_none_is_a_mistake_of_the_client_and_none_of_the_server(
    authority: Authority, tmp_path: Path
) -> None:
    with (
        running(write_served(tmp_path, authority)) as server,
        dav_client(server.address("http"), "alice") as alice,
    ):
        answer = alice.sync("/alice/customers/", "nonsense")
        assert answer.status == 403
        assert b"valid-sync-token" in answer.body
        assert "Traceback" not in server.log
