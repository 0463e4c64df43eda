"""What is no proper request is refused with a sentence, before the application sees it."""

from __future__ import annotations

import pytest

from dirserver.http import BridgeOptions, Limits
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo
from tests.http.wire import LOGIN

MALFORMED: dict[str, str | bytes] = {
    "no request line": "nonsense\nHost: x\n\n",
    "two spaces": "GET  /a HTTP/1.1\nHost: x\n\n",
    "space in the target": "GET /a b HTTP/1.1\nHost: x\n\n",
    "bytes in the target": "GET /\xe4 HTTP/1.1\nHost: x\n\n",
    "control character in the target": "GET /a\x01 HTTP/1.1\nHost: x\n\n",
    "NUL in the decoded path": "GET /a%00b HTTP/1.1\nHost: x\n\n",
    "method that is no token": "G@T /a HTTP/1.1\nHost: x\n\n",
    "HTTP/0.9": "GET /a\n\n",
    "no version": "GET /a HTPP/1.1\nHost: x\n\n",
    "authority for a target": "CONNECT example.org:443 HTTP/1.1\nHost: x\n\n",
    "asterisk for GET": "GET * HTTP/1.1\nHost: x\n\n",
    "relative target": "GET a HTTP/1.1\nHost: x\n\n",
    "no Host": "GET /a HTTP/1.1\n\n",
    "two Hosts": "GET /a HTTP/1.1\nHost: x\nHost: x\n\n",
    "path for Host": "GET /a HTTP/1.1\nHost: x/y\n\n",
    "user in the authority": "GET http://me@x/ HTTP/1.1\nHost: x\n\n",
    "port beyond the last": "GET /a HTTP/1.1\nHost: x:65536\n\n",
    "bad Host in HTTP/1.0": "GET /a HTTP/1.0\nHost: x y\n\n",
    "no colon": "GET /a HTTP/1.1\nHost: x\nnonsense\n\n",
    "no name": "GET /a HTTP/1.1\nHost: x\n: y\n\n",
    "space before the colon": "GET /a HTTP/1.1\nHost: x\nA : y\n\n",
    "folded field": "GET /a HTTP/1.1\nHost: x\nA: b\n c\n\n",
    "space before the first field": "GET /a HTTP/1.1\n Host: x\n\n",
    "name that is no token": "GET /a HTTP/1.1\nHost: x\nA(b): c\n\n",
    "NUL in a value": "GET /a HTTP/1.1\nHost: x\nA: b\0c\n\n",
    "length that is no number": "PUT /a HTTP/1.1\nHost: x\nContent-Length: abc\n\n",
    "negative length": "PUT /a HTTP/1.1\nHost: x\nContent-Length: -1\n\n",
    "signed length": "PUT /a HTTP/1.1\nHost: x\nContent-Length: +1\n\n",
    "length in hexadecimal": "PUT /a HTTP/1.1\nHost: x\nContent-Length: 0x10\n\n",
    "empty length": "PUT /a HTTP/1.1\nHost: x\nContent-Length:\n\n",
    "length with underscores": "PUT /a HTTP/1.1\nHost: x\nContent-Length: 1_0\n\n",
    "length of thousands of digits": f"PUT /a HTTP/1.1\nHost: x\nContent-Length: {'9' * 5000}\n\n",
    "two lengths": "PUT /a HTTP/1.1\nHost: x\nContent-Length: 1\nContent-Length: 2\n\n",
    "list of lengths": "PUT /a HTTP/1.1\nHost: x\nContent-Length: 1, 1\n\n",
    "length and chunks": (
        "PUT /a HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n"
    ),
    "chunks and length": (
        "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n"
    ),
    "chunked twice": (
        "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n0\n\n"
    ),
    "chunks in HTTP/1.0": "PUT /a HTTP/1.0\nTransfer-Encoding: chunked\n\n0\n\n",
    "chunk that is no number": "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nz\nhello\n",
    "negative chunk": "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n-1\nhello\n",
    "chunk longer than said": (
        "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n2\nhello\n0\n\n"
    ),
    "endless chunk size": (
        f"PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n{'0' * 5000}\n"
    ),
    "LF in the request line": b"GET /a\n HTTP/1.1\r\nHost: x\r\n\r\n",
    "CR in a value": b"GET /a HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
    "LF in a value": b"GET /a HTTP/1.1\r\nHost: x\r\nA: b\nc: d\r\n\r\n",
    "LF for all line ends": b"GET /a HTTP/1.1\nHost: x\n\n",
    "TLS": bytes.fromhex("16030100c8010000c4030300000000000000000000000a00"),
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
OTHERWISE = {"HTTP/2 by prior knowledge": 505}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_refused_and_the_connection_closed(
    serve: Serve, echo: Echo, name: str
) -> None:
    serving = serve(echo)
    wire = serving.connect()
    answer = wire.ask(MALFORMED[name])
    assert answer.status == OTHERWISE.get(name, 400)
    assert answer.fields["content-type"] == "text/plain; charset=utf-8"
    assert answer.fields["connection"] == "close"
    assert answer.body.endswith(b".\n")
    assert wire.ends()
    assert echo.environs == []
    assert [record.status for record in serving.records] == [answer.status]


def test_what_follows_a_malformed_request_is_not_taken_for_another(
    serve: Serve, echo: Echo
) -> None:
    wire = serve(echo).connect()
    answer = wire.ask("GET /a HTTP/1.1\nHost: x\nA : y\n\nGET /b HTTP/1.1\nHost: x\n\n")
    assert answer.status == 400
    assert wire.ends()
    assert echo.environs == []


def test_another_version_of_http_is_named(serve: Serve, echo: Echo) -> None:
    assert serve(echo).ask("GET /a HTTP/1.2\nHost: x\n\n").status == 505


@pytest.mark.parametrize("coding", ["gzip", "gzip, chunked", "identity"])
def test_another_transfer_coding_is_not_implemented(serve: Serve, echo: Echo, coding: str) -> None:
    head = f"PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: {coding}\n\n"
    assert serve(echo).ask(head).status == 501


@pytest.mark.parametrize("expectation", ["200-ok", "100-continue, more"])
def test_another_expectation_fails(serve: Serve, echo: Echo, expectation: str) -> None:
    head = f"PUT /a HTTP/1.1\nHost: x\nContent-Length: 1\nExpect: {expectation}\n\n"
    assert serve(echo).ask(head).status == 417


def limited(limits: Limits) -> BridgeOptions:
    return BridgeOptions(plaintext=ANYWHERE, limits=limits)


@pytest.mark.parametrize("end", ["", " HTTP/1.1\nHost: x\n\n"])
def test_a_request_line_has_a_limit(serve: Serve, echo: Echo, end: str) -> None:
    serving = serve(echo, limited(Limits(request_line=100)))
    assert serving.ask(f"GET /{'a' * 200}{end}").status == 414
    assert serving.ask(f"GET /{'a' * 80} HTTP/1.1\nHost: x\n\n").status == 200


@pytest.mark.parametrize("end", ["", "\n\n"])
def test_the_fields_together_have_a_limit(serve: Serve, echo: Echo, end: str) -> None:
    serving = serve(echo, limited(Limits(head=1000)))
    head = f"GET /a HTTP/1.1\nHost: x\nA: {'b' * 1000}"
    assert serving.ask(head + end).status == 431
    assert serving.ask(f"GET /a HTTP/1.1\nHost: x\nA: {'b' * 900}\n\n").status == 200


def test_the_number_of_fields_has_a_limit(serve: Serve, echo: Echo) -> None:
    serving = serve(echo, limited(Limits(fields=10)))
    head = "GET /a HTTP/1.1\nHost: x\n" + "A: b\n" * 10
    assert serving.ask(head + "\n").status == 431
    assert serving.ask("GET /a HTTP/1.1\nHost: x\n" + "A: b\n" * 9 + "\n").status == 200


def test_the_limits_hold_for_each_request_of_a_connection(serve: Serve, echo: Echo) -> None:
    wire = serve(echo, limited(Limits(head=200, fields=3))).connect()
    head = f"GET /a HTTP/1.1\nHost: x\nA: {'b' * 100}\n\n"
    assert [wire.ask(head).status for _ in range(4)] == [200] * 4


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_asked_for(
    serve: Serve, echo: Echo
) -> None:
    wire = serve(echo, limited(Limits(body=10))).connect()
    answer = wire.ask("PUT /a HTTP/1.1\nHost: x\nContent-Length: 11\nExpect: 100-continue\n\n")
    assert answer.status == 413
    assert b"10 bytes" in answer.body
    assert wire.ends()


def test_a_chunked_body_is_refused_when_it_passes_the_limit(serve: Serve, echo: Echo) -> None:
    serving = serve(echo, limited(Limits(body=10)))
    wire = serving.connect()
    wire.send("PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n")
    wire.send("6\naaaaaa\n6\nbbbbbb\n6\ncccccc\n0\n\n")
    assert wire.receive().status == 413
    assert wire.ends()
    assert echo.environs == []
    assert [record.status for record in serving.records] == [413]


@pytest.mark.parametrize("size", ["b", "ffffffffffffffffff", "f" * 900])
def test_a_chunk_that_is_announced_too_large_is_refused_at_once(
    serve: Serve, echo: Echo, size: str
) -> None:
    wire = serve(echo, limited(Limits(body=10))).connect()
    wire.send(f"PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n{size}\n")
    assert wire.receive().status == 413
    assert wire.ends()
    assert echo.environs == []


STRANGERS = BridgeOptions(
    plaintext=ANYWHERE, limits=Limits(body=100, body_of_strangers=10), challenge='Basic realm="A"'
)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ("Content-Length: 11\n", ""),
        ("Content-Length: 11\nExpect: 100-continue\n", ""),
        ("Authorization: Bearer x\nContent-Length: 11\n", ""),
        ("Content-Length: 101\n", ""),
        ("Transfer-Encoding: chunked\n", "b\n"),
        ("Transfer-Encoding: chunked\n", "6\naaaaaa\n6\n"),
    ],
)
def test_who_sends_much_without_a_login_is_asked_for_one_at_once(
    serve: Serve, echo: Echo, fields: str, body: str
) -> None:
    wire = serve(echo, STRANGERS).connect()
    answer = wire.ask(f"PUT /a HTTP/1.1\nHost: x\n{fields}\n{body}")
    assert answer.status == 401
    assert answer.fields["www-authenticate"] == 'Basic realm="A"'
    assert wire.ends()
    assert echo.environs == []


def test_who_sends_little_or_has_a_login_is_answered_by_the_application(
    serve: Serve, echo: Echo
) -> None:
    wire = serve(echo, STRANGERS).connect()
    for login, size in (("", 10), (LOGIN, 100)):
        head = f"PUT /a HTTP/1.1\nHost: x\n{login}Content-Length: {size}\n\n"
        assert wire.ask(head + "x" * size).status == 200
    assert wire.ask(f"PUT /a HTTP/1.1\nHost: x\n{LOGIN}Content-Length: 101\n\n").status == 413


def test_a_body_may_be_as_large_as_the_limit(serve: Serve, echo: Echo) -> None:
    serving = serve(echo, limited(Limits(body=10)))
    assert serving.ask("PUT /a HTTP/1.1\nHost: x\nContent-Length: 10\n\n0123456789").status == 200


def test_a_client_that_sends_its_whole_body_first_still_sees_the_refusal(
    serve: Serve, echo: Echo
) -> None:
    """More than the sockets' buffers hold, so a server that closed at once would reset it."""
    body = b"x" * 20_000_000
    wire = serve(echo, limited(Limits(body=1000))).connect()
    wire.send(f"PUT /a HTTP/1.1\nHost: x\nContent-Length: {len(body)}\n\n")
    wire.send(body)
    assert wire.receive().status == 413


def test_a_refusal_of_head_has_no_body(serve: Serve, echo: Echo) -> None:
    wire = serve(echo).connect()
    answer = wire.ask("HEAD /a%00 HTTP/1.1\nHost: x\n\n", "HEAD")
    assert answer.status == 400
    assert int(answer.fields["content-length"]) > 0
    assert wire.ends()
