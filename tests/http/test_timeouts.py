"""Every wait for a client has an end."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import pytest

from dirserver.http import BridgeOptions, Limits
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, Echo, Serving, eventually
from tests.http.wire import Wire
from tests.reactor import ReactorThread

PATIENT = Limits(
    idle_timeout=60, head_timeout=60, body_timeout=60, body_rate=1000, send_timeout=60, linger=60
)
GET = "GET /a HTTP/1.1\nHost: x\n\n"


def open_face(serve: Serve, echo: Echo, limits: Limits) -> Serving:
    return serve(echo, BridgeOptions(plaintext=ANYWHERE, limits=limits))


def seconds_until_closed(wire: Wire) -> float:
    started = time.monotonic()
    assert wire.ends()
    return time.monotonic() - started


def trickle(wire: Wire, data: bytes, pause: float) -> int:
    """Send ``data`` a byte at a time, as long as the server takes it; return how many it took."""
    with contextlib.suppress(OSError):
        for index in range(len(data)):
            wire.send(data[index : index + 1])
            time.sleep(pause)
        return len(data)
    return index


def test_a_connection_on_which_nothing_is_asked_is_closed(serve: Serve, echo: Echo) -> None:
    wire = open_face(serve, echo, replace(PATIENT, idle_timeout=0.3)).connect()
    assert seconds_until_closed(wire) > 0.1


def test_a_connection_is_closed_when_nothing_more_is_asked(serve: Serve, echo: Echo) -> None:
    serving = open_face(serve, echo, replace(PATIENT, idle_timeout=1.0))
    wire = serving.connect()
    for _ in range(3):
        assert wire.ask(GET).status == 200
        time.sleep(0.4)
    assert wire.ends()
    assert len(serving.records) == 3


def test_a_head_that_trickles_in_is_refused(serve: Serve, echo: Echo) -> None:
    serving = open_face(serve, echo, replace(PATIENT, head_timeout=0.4))
    wire = serving.connect()
    trickle(wire, b"GET /" + b"a" * 40, 0.02)
    assert wire.receive().status == 408
    assert wire.ends()
    assert [record.status for record in serving.records] == [408]


def test_the_idle_time_does_not_bound_a_head(serve: Serve, echo: Echo) -> None:
    wire = open_face(serve, echo, replace(PATIENT, idle_timeout=0.3)).connect()
    trickle(wire, GET.replace("\n", "\r\n").encode(), 0.04)
    assert wire.receive().status == 200


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_trickles_in_is_refused(serve: Serve, echo: Echo, framing: str) -> None:
    wire = open_face(serve, echo, replace(PATIENT, body_timeout=0.4)).connect()
    wire.send(f"PUT /a HTTP/1.1\nHost: x\n{framing}\n\n")
    trickle(wire, b"1\r\na\r\n" * 6, 0.03)
    assert wire.receive().status == 408
    assert wire.ends()
    assert echo.environs == []


def test_a_body_that_comes_slowly_but_steadily_is_taken(serve: Serve, echo: Echo) -> None:
    limits = replace(PATIENT, body_timeout=0.3, body_rate=100)
    wire = open_face(serve, echo, limits).connect()
    wire.send("PUT /a HTTP/1.1\nHost: x\nContent-Length: 1000\n\n")
    for _ in range(10):
        wire.send(b"x" * 100)
        time.sleep(0.1)
    assert wire.receive().status == 200


def test_a_refused_client_that_goes_on_sending_is_cut_off(serve: Serve, echo: Echo) -> None:
    wire = open_face(serve, echo, replace(PATIENT, linger=0.3)).connect()
    wire.send("PUT /a HTTP/1.1\nHost: x\nContent-Length: x\n\n")
    assert trickle(wire, b"x" * 400, 0.01) < 400


def test_no_clock_runs_while_nobody_is_connected(
    reactor_thread: ReactorThread, serve: Serve, echo: Echo
) -> None:
    serving = serve(echo)
    wire = serving.connect()
    wire.ask(GET)
    assert reactor_thread.call(reactor_thread.reactor.getDelayedCalls)
    wire.close()
    assert eventually(lambda: not reactor_thread.call(reactor_thread.reactor.getDelayedCalls))


def test_an_application_may_think_as_long_as_it_likes(serve: Serve) -> None:
    echo = Echo()

    class Slow(Echo):
        def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
            time.sleep(0.6)
            return echo(environ, start_response)

    limits = Limits(0x2000, 0x8000, 100, 1000, 1000, 0.2, 0.2, 0.2, 1000, 0.2, 0.2)
    assert open_face(serve, Slow(), limits).ask(GET).status == 200
