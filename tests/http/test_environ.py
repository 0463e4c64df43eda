"""What the application is told of a request (RFC 3875, PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.validate import validator

import pytest

from dirserver.http import BridgeOptions
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo, Environ


def environ_of(serve: Serve, request: str, options: BridgeOptions | None = None) -> Environ:
    echo = Echo()
    answer = serve(echo, options or BridgeOptions(plaintext=ANYWHERE)).ask(request)
    assert answer.status == 200
    return echo.environ


def test_the_request_is_spelled_in_variables(serve: Serve) -> None:
    environ = environ_of(
        serve,
        "REPORT /a%20b/%C3%A4?q=%20 HTTP/1.1\nHost: Example.org:8443\nDepth: 1\n"
        "Content-Type: text/xml; charset=utf-8\nContent-Length: 2\nX-Two: a\nx-two: b\n\nhi",
    )
    assert {
        name: value
        for name, value in environ.items()
        if name.isupper() and not name.startswith("wsgi.")
    } == {
        "REQUEST_METHOD": "REPORT",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/\xc3\xa4",
        "QUERY_STRING": "q=%20",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": "2",
        "SERVER_NAME": "Example.org",
        "SERVER_PORT": "8443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "Example.org:8443",
        "HTTP_DEPTH": "1",
        "HTTP_X_TWO": "a, b",
    }
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["wsgi.multithread"] is True
    assert environ["wsgi.version"] == (1, 0)


def test_without_a_body_there_is_no_length(serve: Serve) -> None:
    environ = environ_of(serve, "GET /a HTTP/1.1\nHost: x\n\n")
    assert "CONTENT_LENGTH" not in environ
    assert "CONTENT_TYPE" not in environ


def test_an_empty_body_has_a_length(serve: Serve) -> None:
    environ = environ_of(serve, "PUT /a HTTP/1.1\nHost: x\nContent-Length: 0\n\n")
    assert environ["CONTENT_LENGTH"] == "0"
    environ = environ_of(serve, "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n0\n\n")
    assert environ["CONTENT_LENGTH"] == "0"


def test_the_port_is_that_of_the_scheme_when_the_client_names_none(serve: Serve) -> None:
    environ = environ_of(serve, "GET /a HTTP/1.1\nHost: example.org\n\n")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("example.org", "80")


def test_an_old_client_that_names_no_host_gets_our_address(serve: Serve) -> None:
    environ = environ_of(serve, "GET /a HTTP/1.0\n\n")
    assert environ["SERVER_NAME"] == "127.0.0.1"
    assert environ["SERVER_PORT"] != "80"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.0"
    assert "HTTP_HOST" not in environ


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://example.org:81/a/b?c", "/a/b"),
        ("HTTPS://example.org:81/", "/"),
        ("http://example.org:81", "/"),
    ],
)
def test_a_url_for_a_target_counts_instead_of_host(serve: Serve, target: str, path: str) -> None:
    environ = environ_of(serve, f"GET {target} HTTP/1.1\nHost: other\n\n")
    assert environ["PATH_INFO"] == path
    assert environ["HTTP_HOST"] == "example.org:81"


def test_options_may_ask_about_the_server_itself(serve: Serve) -> None:
    assert environ_of(serve, "OPTIONS * HTTP/1.1\nHost: x\n\n")["PATH_INFO"] == "/"


def test_an_ipv6_host_keeps_its_brackets(serve: Serve) -> None:
    environ = environ_of(serve, "GET /a HTTP/1.1\nHost: [2001:db8::1]:5232\n\n")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("[2001:db8::1]", "5232")


@pytest.mark.parametrize(
    "field",
    [
        "X-Script-Name: /evil",
        "X-Remote-User: alice",
        "Remote-User: alice",
        "X-Remote-Addr: 10.0.0.1",
        "X-Real-IP: 10.0.0.1",
        "X-Forwarded-For: 10.0.0.1",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil",
        "X-Forwarded-Port: 1",
        "X-Forwarded-Anything: evil",
        "Forwarded: for=10.0.0.1;proto=https",
        "Proxy: http://evil/",
        "Depth_: underscore",
        "X_Script_Name: /evil",
        "Connection: keep-alive",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Upgrade: h2c",
    ],
)
def test_some_fields_are_never_passed_on(serve: Serve, field: str) -> None:
    plain = environ_of(serve, "GET /a HTTP/1.1\nHost: x\n\n")
    environ = environ_of(serve, f"GET /a HTTP/1.1\nHost: x\n{field}\n\n")
    streams = {"wsgi.input", "wsgi.errors"}
    assert {name: environ[name] for name in environ.keys() - streams} == {
        name: plain[name] for name in plain.keys() - streams
    }


def test_an_underscore_cannot_stand_for_a_hyphen(serve: Serve) -> None:
    environ = environ_of(serve, "GET /a HTTP/1.1\nHost: x\nIf_Match: evil\nIf-Match: good\n\n")
    assert environ["HTTP_IF_MATCH"] == "good"


def test_the_rules_of_wsgi_are_kept(serve: Serve) -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter([environ["wsgi.input"].read(3), environ["wsgi.input"].read(100)])

    wire = serve(validator(application)).connect()
    for request in ("GET /a?b HTTP/1.1\nHost: x\n\n", "OPTIONS * HTTP/1.1\nHost: x\n\n"):
        assert wire.ask(request).status == 200
    answer = wire.ask("PUT /a HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello")
    assert (answer.status, answer.body) == (200, b"hello")


def test_what_the_application_writes_to_errors_is_logged(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    environ = environ_of(serve, "GET /a HTTP/1.1\nHost: x\n\n")
    with caplog.at_level(logging.WARNING):
        print("something odd", file=environ["wsgi.errors"])
        environ["wsgi.errors"].writelines(["line one\n", "line two\n"])
        environ["wsgi.errors"].flush()
    assert caplog.messages == ["something odd", "line one", "line two"]
