"""Requests one after another on a connection (RFC 9112)."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dirserver.http import BridgeOptions, Limits
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo, answering, eventually
from tests.http.wire import LOGIN

GET = "GET /a HTTP/1.1\nHost: x\n\n"


def test_a_connection_is_kept_for_the_next_request(serve: Serve, echo: Echo) -> None:
    wire = serve(echo).connect()
    assert [wire.ask(f"GET /{n} HTTP/1.1\nHost: x\n\n").body for n in range(3)] == [
        b"/0",
        b"/1",
        b"/2",
    ]


def test_pipelined_requests_are_answered_in_their_order(serve: Serve) -> None:
    def slower_first(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/0":
            time.sleep(0.1)
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    wire = serve(slower_first).connect()
    wire.send("".join(f"GET /{n} HTTP/1.1\nHost: x\n\n" for n in range(5)))
    assert [wire.receive().body for _ in range(5)] == [b"/%d" % n for n in range(5)]


def test_pipelined_requests_are_answered_whatever_pieces_they_come_in(
    serve: Serve, echo: Echo
) -> None:
    wire = serve(echo).connect()
    sent = (
        b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
        b"PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\ntw\r\n1;a=b\r\no\r\n0\r\nTrailer: no\r\n\r\n"
        b"GET /three HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    for index in range(len(sent)):
        wire.send(sent[index : index + 1])
    assert [wire.receive().body for _ in range(3)] == [b"one", b"two", b"/three"]


def test_one_connection_has_one_request_answered_at_a_time(serve: Serve) -> None:
    running: list[int] = []
    most: list[int] = []

    def counting(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()
        start_response("200 OK", [])
        return [b"x"]

    wire = serve(counting).connect()
    wire.send(GET * 10)
    for _ in range(10):
        wire.receive()
    assert most == [1] * 10


def test_a_client_that_reads_no_answers_is_not_read_from_without_end(serve: Serve) -> None:
    answered: list[int] = []

    def large(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answered.append(1)
        start_response("200 OK", [])
        return [b"x" * 60_000]

    serving = serve(large)
    wire = serving.connect(receive_buffer=65536)
    wire.socket.settimeout(0.5)
    request = GET.replace("\n", "\r\n").encode() * 100
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 100_000_000:
            sent += wire.socket.send(request)
    # What the buffers of both sockets hold, and little more.
    assert sent < 50_000_000
    assert len(answered) < 200
    wire.close()
    assert eventually(lambda: not serving.factory.connections)
    assert len(serving.records) == len(answered)


def test_a_client_that_asks_ahead_is_read_from_only_so_far(serve: Serve) -> None:
    go_on = threading.Event()

    def waiting(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert go_on.wait(60)
        start_response("200 OK", [])
        return [b"x"]

    wire = serve(waiting).connect()
    wire.socket.settimeout(0.5)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 100_000_000:
            sent += wire.socket.send(GET.replace("\n", "\r\n").encode() * 100)
    assert sent < 50_000_000
    go_on.set()
    wire.socket.settimeout(10)
    assert wire.receive().body == wire.receive().body == b"x"


def test_a_chunked_body_reaches_the_application_with_its_length(serve: Serve, echo: Echo) -> None:
    serving = serve(echo)
    answer = serving.ask(
        "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n5\nhello\n6;q=1\n world\n0\n\n"
    )
    assert answer.body == b"hello world"
    assert echo.environ["CONTENT_LENGTH"] == "11"
    assert "HTTP_TRANSFER_ENCODING" not in echo.environ


def test_a_body_that_is_too_large_for_memory_arrives_whole(serve: Serve, echo: Echo) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(body_in_memory=1000))
    body = bytes(range(256)) * 400
    head = f"PUT /a HTTP/1.1\nHost: x\n{LOGIN}Content-Length: {len(body)}\n\n"
    wire = serve(echo, options).connect()
    wire.send(head)
    assert wire.ask(body).body == body
    assert echo.environ["wsgi.input"].closed


@pytest.mark.parametrize(
    "request_head",
    [
        "GET /a HTTP/1.1\nHost: x\nConnection: close\n\n",
        "GET /a HTTP/1.1\nHost: x\nConnection: TE, Close\n\n",
        "GET /a HTTP/1.0\n\n",
        "GET /a HTTP/1.0\nConnection: keep-alive\n\n",
    ],
)
def test_the_connection_is_closed_when_the_client_says_so_or_is_old(
    serve: Serve, echo: Echo, request_head: str
) -> None:
    wire = serve(echo).connect()
    answer = wire.ask(request_head)
    assert (answer.status, answer.body) == (200, b"/a")
    assert answer.fields["connection"] == "close"
    assert wire.ends()


def test_an_empty_line_before_a_request_is_overlooked(serve: Serve, echo: Echo) -> None:
    wire = serve(echo).connect()
    assert wire.ask("\n" + GET).body == b"/a"
    assert wire.ask("\n\n" + GET).body == b"/a"


def test_100_continue_is_sent_before_the_body(serve: Serve, echo: Echo) -> None:
    wire = serve(echo).connect()
    wire.send("PUT /a HTTP/1.1\nHost: x\nContent-Length: 5\nExpect: 100-Continue\n\n")
    interim = wire.receive()
    assert (interim.status, interim.reason, interim.fields) == (100, "Continue", {})
    assert wire.ask(b"hello").body == b"hello"
    assert "HTTP_EXPECT" not in echo.environ


def test_100_continue_is_sent_before_a_chunked_body(serve: Serve, echo: Echo) -> None:
    wire = serve(echo).connect()
    head = "PUT /a HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nExpect: 100-continue\n\n"
    assert wire.ask(head).status == 100
    assert wire.ask("5\nhello\n0\n\n").body == b"hello"


@pytest.mark.parametrize(
    "head",
    [
        "GET /a HTTP/1.1\nHost: x\nExpect: 100-continue\n\n",
        "PUT /a HTTP/1.0\nContent-Length: 0\nExpect: 100-continue\n\n",
    ],
)
def test_100_continue_is_not_sent_where_no_body_follows(
    serve: Serve, echo: Echo, head: str
) -> None:
    assert serve(echo).ask(head).status == 200


def test_the_application_hears_nothing_of_a_client_that_left_amid_its_body(
    serve: Serve, echo: Echo
) -> None:
    # The body is in a file, which would be reported if it were not closed.
    serving = serve(echo, BridgeOptions(plaintext=ANYWHERE, limits=Limits(body_in_memory=1)))
    wire = serving.connect()
    wire.send("PUT /a HTTP/1.1\nHost: x\nContent-Length: 5\n\nhel")
    time.sleep(0.05)
    wire.close()
    assert eventually(lambda: len(serving.records) == 1)
    (record,) = serving.records
    assert (record.status, record.complete) == (0, False)
    assert echo.environs == []
    gc.collect()


def test_the_application_hears_nothing_of_a_client_that_left_while_threads_were_busy(
    serve: Serve,
) -> None:
    """There are four threads in the pool."""
    go_on = threading.Event()
    called: list[str] = []

    def waiting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        called.append(environ["PATH_INFO"])
        assert go_on.wait(60)
        start_response("200 OK", [])
        return [b"done"]

    serving = serve(waiting, BridgeOptions(plaintext=ANYWHERE, limits=Limits(body_in_memory=1)))
    wires = [serving.connect() for _ in range(4)]
    for wire in wires:
        wire.send(GET)
    assert eventually(lambda: len(called) == 4)
    leaving = serving.connect()
    leaving.send("PUT /left HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello")
    time.sleep(0.05)
    leaving.reset()
    assert eventually(lambda: len(serving.records) == 1)
    go_on.set()
    assert [wire.receive().body for wire in wires] == [b"done"] * 4
    assert serving.ask(GET).body == b"done"
    assert called == ["/a"] * 5
    gc.collect()


def test_a_client_that_leaves_while_it_is_answered_disturbs_nobody(serve: Serve) -> None:
    closed: list[bool] = []

    class Slow:
        def __iter__(self) -> Iterator[bytes]:
            time.sleep(0.1)
            yield b"late"

        def close(self) -> None:
            closed.append(True)

    serving = serve(answering(body=Slow()))
    wire = serving.connect()
    wire.send(GET)
    time.sleep(0.03)
    wire.close()
    assert eventually(lambda: closed == [True])
    assert serving.ask(GET).body == b"late"


def test_a_client_that_has_asked_all_it_wants_is_answered(serve: Serve) -> None:
    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(0.1)
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    serving = serve(slow)
    wire = serving.connect()
    wire.send("".join(f"GET /{n} HTTP/1.1\nHost: x\n\n" for n in range(3)))
    wire.end()
    assert [wire.receive().body for _ in range(3)] == [b"/0", b"/1", b"/2"]
    assert wire.ends()
    assert [record.complete for record in serving.records] == [True] * 3
    assert eventually(lambda: serving.factory.connections == 0)


@pytest.mark.parametrize("begun", ["", "GET", "PUT /a HTTP/1.1\nHost: x\nContent-Length: 5\n\nhel"])
def test_a_client_that_ends_amid_a_request_is_not_waited_for(
    serve: Serve, echo: Echo, begun: str
) -> None:
    serving = serve(echo)
    wire = serving.connect()
    wire.send(begun)
    wire.end()
    assert wire.ends()
    assert eventually(lambda: serving.factory.connections == 0)
    assert echo.environs == []


def test_a_refusal_reaches_a_client_that_has_ended(serve: Serve, echo: Echo) -> None:
    serving = serve(echo)
    wire = serving.connect()
    wire.send("NONSENSE\n\n")
    wire.end()
    assert wire.receive().status == 400
    assert wire.ends()
    assert eventually(lambda: serving.factory.connections == 0)


def test_no_more_connections_are_taken_than_allowed(serve: Serve, echo: Echo) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(connections=2))
    serving = serve(echo, options)
    first, second = serving.connect(), serving.connect()
    assert first.ask(GET).status == second.ask(GET).status == 200
    assert serving.connect().ends()
    first.close()

    def is_answered() -> bool:
        try:
            return serving.ask(GET).status == 200
        except (EOFError, ConnectionError):
            return False

    assert eventually(is_answered)
