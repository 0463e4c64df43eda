"""Who somebody is: HTTP Basic (RFC 7617), by login or mail."""

from __future__ import annotations

import logging
from base64 import b64encode

import pytest
from passlib.hash import argon2

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from dirserver_radicale.configuration import challenge, configuration, realm
from tests.conversation import play
from tests.organisation import PASSWORD, password_hash
from tests.radicale.bodies import FILES
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import DAVClient

METHODS = ["GET", "HEAD", "PUT", "DELETE", "MOVE", "PROPFIND", "PROPPATCH", "REPORT", "MKCOL"]


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here; nothing is stored."""
    return standing


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/alice/", "/alice/customers/", "/alice/customers/a.vcf"])
def test_without_a_login_every_method_asks_for_one(
    nobody: DAVClient, method: str, path: str
) -> None:
    """RFC 9110 section 15.5.2: a 401 MUST say how."""
    answer = nobody.send(method, path, {"Destination": "/alice/customers/b"}, FILES["anna.vcf"])
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Example GmbH"'
    assert b"alice" not in answer.body
    said = b"A user name is needed, and the password that goes with it.\n"
    assert answer.body == (b"" if method == "HEAD" else said)


@pytest.mark.parametrize("method", [*METHODS, "OPTIONS"])
@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice", "wrong"),
        ("alice", ""),
        ("zeno", PASSWORD),
        ("", PASSWORD),
        ("alice:", PASSWORD),
        (":alice", PASSWORD),
        ("alice@", PASSWORD),
        ("@example.org", PASSWORD),
        ("a@b@c", PASSWORD),
        ("alice/", PASSWORD),
        ("..", PASSWORD),
        ("alice\0", PASSWORD),
        ("al\nice", PASSWORD),
        ("group:sales", PASSWORD),
        ("everyone", PASSWORD),
        ("anonymous", PASSWORD),
        ("x" * 5000, PASSWORD),
        ("alice", "x" * 5000),
        ("alice", "\0"),
    ],
)
def test_a_login_that_is_none_is_refused(
    nobody: DAVClient, method: str, login: str, password: str
) -> None:
    # Who fails too often is kept waiting, there and under that name.
    client = DAVClient(nobody.application, address="198.51.100.1")
    token = b64encode(f"{login}:{password}".encode()).decode()
    answer = client.send(method, "/alice/", {"Authorization": f"Basic {token}"})
    # OPTIONS may be asked by anybody, and without a name nobody has tried to be somebody.
    nameless = login == "" or login.startswith(":")
    assert answer.status == (200 if method == "OPTIONS" and nameless else 401)


@pytest.mark.parametrize(
    "name", ["alice", "Alice", "ALICE", "alice@example.org", "Alice@Example.ORG"]
)
def test_login_and_mail_are_as_good_in_any_case(nobody: DAVClient, name: str) -> None:
    play(
        DAVClient(nobody.application, name, files=FILES),
        """
        C: PROPFIND /
           Depth: 0
           <principal.xml
        S: 207
           / 200 current-user-principal = /alice/
        """,
    )


def test_a_mail_and_a_password_may_hold_any_character(services: Services) -> None:
    """RFC 7617 section 2: the password may contain colons."""
    password = "a:b 'ü\"€;=%"
    cheap = argon2.using(rounds=1, memory_cost=8, parallelism=1)
    application = reconfigured(
        services,
        f'mail = "alice@example.org"\npassword_hash = "{password_hash()}"',
        f'mail = "o\'connor+x@example.org"\npassword_hash = "{cheap.hash(password)}"',
    )
    for name in ("alice", "o'connor+x@example.org"):
        client = DAVClient(application, name, password, files=FILES)
        assert client.say(["PROPFIND /alice/", "Depth: 0", "<etag.xml"])[0] == "207"


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YWxpY2U",
        "Basic YWxpY2U=",
        "Basic ä",
        "Bearer abc",
        "Digest username=alice",
        "BasicYWxpY2U6eA==",
        "",
    ],
)
def test_a_malformed_authorization_is_no_login(nobody: DAVClient, header: str) -> None:
    for method in ("PROPFIND", "PUT"):
        answer = nobody.send(method, "/alice/", {"Authorization": header})
        assert answer.status == 401


def test_the_name_of_the_scheme_is_in_any_case(alice: DAVClient, nobody: DAVClient) -> None:
    """RFC 9110 section 11.1."""
    for scheme in ("basic", "BASIC", "Basic "):
        header = alice.credentials.replace("Basic", scheme)
        answer = nobody.send("PROPFIND", "/alice/", {"Authorization": header, "Depth": "0"})
        assert answer.status == 207


def test_an_old_password_is_refused_at_once(services: Services) -> None:
    alice = DAVClient(Application(services), "alice")
    assert alice.say(["PROPFIND /alice/", "Depth: 0"])[0] == "207"
    other = argon2.using(rounds=1, memory_cost=8, parallelism=1).hash("another")
    reconfigured(services, password_hash(), other)
    assert alice.say(["PROPFIND /alice/", "Depth: 0"])[0] == "401"


def test_no_thread_is_kept_asleep_for_a_refusal(services: Services) -> None:
    """The directory counts attempts; Radicale would sleep, and a sleeping thread helps nobody."""
    found = configuration(services)
    assert found.get("auth", "delay") == 0
    assert found.get("server", "delay_on_error") == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Example GmbH", "Example GmbH"),
        ("Bäckerei „Ü“", "Backerei U"),
        ('A "quoted" \\ name', "A quoted name"),
        ("王小明", "Address books"),
        ("two\r\nlines: x", "two lines: x"),
    ],
)
def test_a_realm_fits_into_a_header(name: str, expected: str) -> None:
    assert realm(name) == expected


def test_no_password_is_in_any_log(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    """Nor what a card says, at whatever level."""
    caplog.set_level(logging.DEBUG)
    application = Application(services)
    for password in (PASSWORD, "not the password"):
        client = DAVClient(application, "alice", password, files=FILES)
        for line in (
            "PUT /alice/customers/a.vcf",
            "GET /alice/customers/a.vcf",
            "PROPFIND /alice/",
        ):
            client.say([line, "Depth: 1", "<anna.vcf"] if line[1] == "U" else [line, "Depth: 1"])
        client.send("REPORT", "/alice/customers/", {}, FILES["sync.xml"])
        client.send("PUT", "/alice/customers/bad", {}, b"BEGIN:VCARD\r\nNOTE:pays late\r\n")
        assert client.password not in caplog.text
        assert client.credentials.split(" ")[1] not in caplog.text
    assert "pays late" not in caplog.text
    assert "/alice/customers/a.vcf" in caplog.text


@pytest.mark.parametrize("path", ["/%0d", "/%EF%BF%BF", "/alice/%1b[31m.vcf", "/%ff", "/%e2%80%8b"])
def test_a_path_that_no_name_has_is_refused_and_is_no_error_of_the_server(
    nobody: DAVClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.INFO)
    assert nobody.send("GET", path, {}, b"").status == 400
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_the_log_of_a_failed_login_says_who_from_where_and_why(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    client = DAVClient(Application(services), "bob", "not the password")
    assert client.send("GET", "/", {}, b"").status == 401
    assert "Failed login attempt from 192.0.2.7: bob from 192.0.2.7: wrong password" in caplog.text


def test_a_login_is_asked_for_in_one_way(nobody: DAVClient) -> None:
    answer = nobody.send("GET", "/", {}, b"")
    assert answer.headers["WWW-Authenticate"] == challenge("Example GmbH")


def test_a_password_that_was_typed_as_the_login_is_in_no_log(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = DAVClient(Application(services), PASSWORD, "x")
    assert client.say(["PROPFIND /alice/", "Depth: 0"])[0] == "401"
    assert "Failed login attempt from 192.0.2.7: unknown:" in caplog.text
    assert PASSWORD.lower() not in caplog.text.lower()
