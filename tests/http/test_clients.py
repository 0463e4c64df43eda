"""Who asks: proxies that are trusted, passwords that come in clear, credentials."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_network

import pytest

from dirserver.http import BridgeOptions, plain_address
from dirserver.http.proxy import Client, resolve_client
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo, Plaintext

TRUSTED = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.5"], "203.0.113.5"),
        (["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        (["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
        (["203.0.113.5, 10.1.2.3"], "203.0.113.5"),
        (["203.0.113.5 ,10.1.2.3, 10.9.9.9"], "203.0.113.5"),
        (["10.1.2.3"], "10.1.2.3"),
        (["203.0.113.5:4711"], "203.0.113.5"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:DB8::1"], "2001:db8::1"),
        (["::ffff:203.0.113.5"], "203.0.113.5"),
        (["2001:db8::1, fd00::1"], "2001:db8::1"),
        (["nonsense, 203.0.113.5"], "203.0.113.5"),
        (["203.0.113.5, nonsense"], "127.0.0.1"),
        (["203.0.113.5, unknown, 10.1.2.3"], "10.1.2.3"),
        ([""], "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_that_is_no_trusted_proxy(
    forwarded_for: list[str], address: str
) -> None:
    fields = {b"x-forwarded-for": [value.encode() for value in forwarded_for]}
    assert resolve_client("127.0.0.1", False, fields, TRUSTED) == Client(address, False)


def test_a_stranger_is_not_believed() -> None:
    fields = {
        b"x-forwarded-for": [b"10.0.0.1"],
        b"x-forwarded-proto": [b"https"],
        b"x-forwarded-host": [b"evil"],
    }
    assert resolve_client("203.0.113.5", False, fields, TRUSTED) == Client("203.0.113.5", False)


@pytest.mark.parametrize(
    ("tls", "protocol", "secure"),
    [
        (False, [b"https"], True),
        (False, [b"HTTPS"], True),
        (False, [b"http"], False),
        (False, [b"https, http"], False),
        (False, [b"http, https"], False),
        (False, [b"https", b"https"], True),
        (False, [], False),
        (True, [], True),
        # TLS from the proxy on does not help a password that reached the proxy without.
        (True, [b"http"], False),
    ],
)
def test_every_hop_must_be_encrypted(tls: bool, protocol: list[bytes], secure: bool) -> None:
    fields = {b"x-forwarded-proto": protocol} if protocol else {}
    assert resolve_client("127.0.0.1", tls, fields, TRUSTED).secure is secure


def test_an_ipv4_address_is_one_however_the_socket_names_it() -> None:
    assert plain_address("::ffff:192.0.2.1") == plain_address("192.0.2.1") == "192.0.2.1"
    assert plain_address("::FFFF") == "::ffff"
    assert plain_address("no address") == "no address"


def behind_a_proxy(plaintext: Plaintext) -> BridgeOptions:
    return BridgeOptions(plaintext=plaintext, trusted_proxies=TRUSTED)


def test_the_application_is_told_of_the_client_behind_the_proxy(serve: Serve, echo: Echo) -> None:
    serving = serve(echo, behind_a_proxy(Plaintext(())))
    serving.ask(
        "GET /a HTTP/1.1\nHost: 127.0.0.1:5232\nX-Forwarded-For: 203.0.113.5\n"
        "X-Forwarded-Proto: https\nX-Forwarded-Host: other, Contacts.example.org\n\n"
    )
    environ = echo.environ
    assert environ["REMOTE_ADDR"] == "203.0.113.5"
    assert (environ["HTTPS"], environ["wsgi.url_scheme"]) == ("on", "https")
    assert environ["HTTP_HOST"] == environ["SERVER_NAME"] == "Contacts.example.org"
    assert environ["SERVER_PORT"] == "443"
    assert not [name for name in environ if "FORWARDED" in name]
    assert [record.address for record in serving.records] == ["203.0.113.5"]


def test_a_stranger_cannot_pretend_to_be_behind_a_proxy(serve: Serve, echo: Echo) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, trusted_proxies=(ip_network("10.0.0.0/8"),))
    serve(echo, options).ask(
        "GET /a HTTP/1.1\nHost: x\nX-Forwarded-For: 203.0.113.5\nX-Forwarded-Proto: https\n"
        "X-Forwarded-Host: evil\n\n"
    )
    environ = echo.environ
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert "HTTPS" not in environ
    assert environ["HTTP_HOST"] == "x"


def basic(credentials: bytes) -> str:
    return "Basic " + b64encode(credentials).decode("ascii")


METHODS = ["GET", "HEAD", "OPTIONS", "PROPFIND", "PUT", "TRACE", "NONSENSE"]


@pytest.mark.parametrize("method", METHODS)
def test_without_tls_no_password_is_invited(serve: Serve, echo: Echo, method: str) -> None:
    wire = serve(echo, BridgeOptions(plaintext=Plaintext(()))).connect()
    answer = wire.ask(f"{method} /a HTTP/1.1\nHost: x\n\n", method)
    assert answer.status == 403
    assert answer.fields["content-type"] == "text/plain; charset=utf-8"
    assert "www-authenticate" not in answer.fields
    if method != "HEAD":
        assert answer.body == b"This server takes passwords over HTTPS only.\n"
    assert wire.ends()
    assert echo.environs == []


def test_the_refusal_says_where_to_go(serve: Serve, echo: Echo) -> None:
    url = "https://contacts.example.org"
    answer = serve(echo, BridgeOptions(plaintext=Plaintext(()), public_url=url)).ask(
        "GET /a HTTP/1.1\nHost: x\n\n"
    )
    assert url.encode() in answer.body


def test_the_refusal_does_not_wait_for_the_body(serve: Serve, echo: Echo) -> None:
    answer = serve(echo, BridgeOptions(plaintext=Plaintext(()))).ask(
        "PUT /a HTTP/1.1\nHost: x\nContent-Length: 1000\nExpect: 100-continue\n\n"
    )
    assert answer.status == 403


def test_a_password_in_clear_is_reported_but_not_repeated(
    serve: Serve, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    serving = serve(echo, BridgeOptions(plaintext=Plaintext(())))
    serving.ask(f"GET /a HTTP/1.1\nHost: x\nAuthorization: {basic(b'alice:hunter2')}\n\n")
    (message,) = caplog.messages
    assert "password" in message
    assert "127.0.0.1" in message
    assert "hunter2" not in message
    assert basic(b"alice:hunter2")[6:] not in message


def test_without_a_password_nothing_is_reported(
    serve: Serve, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    serve(echo, BridgeOptions(plaintext=Plaintext(()))).ask("GET /a HTTP/1.1\nHost: x\n\n")
    assert caplog.messages == []


def test_the_policy_is_asked_about_the_client_not_the_proxy(serve: Serve, echo: Echo) -> None:
    serving = serve(echo, behind_a_proxy(Plaintext(("127.0.0.1",))))
    head = "GET /a HTTP/1.1\nHost: x\n"
    assert serving.ask(head + "\n").status == 200
    assert serving.ask(head + "X-Forwarded-For: 203.0.113.5\n\n").status == 403
    proxied = "X-Forwarded-For: 203.0.113.5\nX-Forwarded-Proto: https\n\n"
    assert serving.ask(head + proxied).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YWxpY2U6c2VjcmV",
        "Basic YWxp Y2U6c2VjcmV0",
        "Basic\tYWxpY2U6c2VjcmV0",
        "Basically YWxpY2U6c2VjcmV0",
        "",
        basic(b"alice"),
        basic(b""),
        basic(b"\xff\xfe:x"),
        basic(b"alice:a\0b"),
        basic(b"al\nice:x"),
        f"{basic(b'alice:x')}, {basic(b'bob:x')}",
    ],
)
def test_malformed_credentials_are_refused(serve: Serve, echo: Echo, authorization: str) -> None:
    answer = serve(echo).ask(f"GET /a HTTP/1.1\nHost: x\nAuthorization: {authorization}\n\n")
    assert answer.status == 400
    assert answer.fields["content-type"] == "text/plain; charset=utf-8"
    assert echo.environs == []


def test_two_authorization_fields_are_refused(serve: Serve, echo: Echo) -> None:
    field = f"Authorization: {basic(b'alice:x')}\n"
    assert serve(echo).ask(f"GET /a HTTP/1.1\nHost: x\n{field}{field}\n").status == 400


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "Basic  "])
@pytest.mark.parametrize("credentials", ["alice:secret", "alice:", ":x", "älice:пароль:mehr"])
def test_well_formed_credentials_are_passed_on_in_one_spelling(
    serve: Serve, echo: Echo, scheme: str, credentials: str
) -> None:
    token = b64encode(credentials.encode()).decode("ascii")
    serve(echo).ask(f"GET /a HTTP/1.1\nHost: x\nAuthorization: {scheme} {token}\n\n")
    assert echo.environ["HTTP_AUTHORIZATION"] == f"Basic {token}"


def test_other_schemes_are_passed_on_as_they_are(serve: Serve, echo: Echo) -> None:
    serve(echo).ask("GET /a HTTP/1.1\nHost: x\nAuthorization: Bearer a.b-c\n\n")
    assert echo.environ["HTTP_AUTHORIZATION"] == "Bearer a.b-c"
