"""Stopping loses nothing that has begun."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from twisted.internet.defer import Deferred

from tests.http.conftest import Serve
from tests.http.serving import Echo, Serving, answering, eventually
from tests.reactor import ReactorThread

GET = "GET /a HTTP/1.1\nHost: x\n\n"


class Gate:
    """An application that has begun, and answers when it is let."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.begun.set()
        assert self.open.wait(60)
        start_response("200 OK", [])
        return [b"done"]


def begin_to_stop(thread: ReactorThread, serving: Serving, seconds: float) -> threading.Event:
    """Tell the face to stop; return an event that is set when it has."""
    stopped = threading.Event()

    def stop() -> None:
        deferred: Deferred[None] = serving.factory.stop(seconds)
        deferred.addCallback(lambda _: stopped.set())

    thread.call(stop)
    return stopped


def test_a_face_without_connections_stops_at_once(
    reactor_thread: ReactorThread, serve: Serve, echo: Echo
) -> None:
    assert begin_to_stop(reactor_thread, serve(echo), 10).is_set()


def test_connections_that_wait_are_closed(
    reactor_thread: ReactorThread,
    serve: Serve,
    echo: Echo,
    caplog: pytest.LogCaptureFixture,
) -> None:
    serving = serve(echo)
    fresh, used, amid_head = serving.connect(), serving.connect(), serving.connect()
    used.ask(GET)
    amid_head.send("GET /a HT")
    time.sleep(0.05)
    stopped = begin_to_stop(reactor_thread, serving, 1.0)
    assert fresh.ends()
    assert used.ends()
    assert amid_head.ends()
    # Nor is anybody cut off when the time is up.
    assert stopped.wait(30)
    time.sleep(1.1)
    assert caplog.messages == []


def test_a_request_in_flight_is_answered(reactor_thread: ReactorThread, serve: Serve) -> None:
    gate = Gate()
    serving = serve(gate)
    wire = serving.connect()
    wire.send(GET + GET)
    assert gate.begun.wait(10)
    stopped = begin_to_stop(reactor_thread, serving, 10)
    assert not stopped.wait(0.2)
    gate.open.set()
    answer = wire.receive()
    assert (answer.status, answer.body) == (200, b"done")
    assert answer.fields["connection"] == "close"
    assert wire.ends()
    assert stopped.wait(30)
    assert len(serving.records) == 1


def test_a_body_that_is_on_its_way_is_waited_for(
    reactor_thread: ReactorThread, serve: Serve, echo: Echo
) -> None:
    serving = serve(echo)
    wire = serving.connect()
    wire.send("PUT /a HTTP/1.1\nHost: x\nContent-Length: 5\n\nhel")
    time.sleep(0.05)
    stopped = begin_to_stop(reactor_thread, serving, 10)
    answer = wire.ask(b"lo")
    assert (answer.body, answer.fields["connection"]) == (b"hello", "close")
    assert stopped.wait(30)


def test_a_long_answer_is_sent_to_its_end(reactor_thread: ReactorThread, serve: Serve) -> None:
    class Long:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x" * 1000] * 30_000)

    serving = serve(answering(body=Long()))
    wire = serving.connect()
    wire.send(GET)
    time.sleep(0.1)
    stopped = begin_to_stop(reactor_thread, serving, 10)
    assert len(wire.receive().body) == 30_000_000
    assert wire.ends()
    assert stopped.wait(30)


def test_a_client_that_asked_ahead_but_reads_nothing_is_not_waited_for_longer_than_told(
    reactor_thread: ReactorThread, serve: Serve
) -> None:
    serving = serve(answering(body=[b"x" * 60_000]))
    wire = serving.connect()
    wire.send(GET * 300)
    time.sleep(0.3)
    assert begin_to_stop(reactor_thread, serving, 0.3).wait(30)


def test_what_takes_too_long_is_cut_off(
    reactor_thread: ReactorThread, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    serving = serve(gate)
    wire = serving.connect()
    wire.send(GET)
    assert gate.begun.wait(10)
    started = time.monotonic()
    assert begin_to_stop(reactor_thread, serving, 0.3).wait(30)
    assert time.monotonic() - started > 0.2
    assert wire.ends()
    assert caplog.messages == ["1 connection was cut off at the end"]
    gate.open.set()
    assert [record.complete for record in serving.records] == [False]


def test_a_stopped_face_takes_no_more_connections(
    reactor_thread: ReactorThread, serve: Serve, echo: Echo
) -> None:
    serving = serve(echo)
    begin_to_stop(reactor_thread, serving, 10)
    assert serving.connect().ends()


def test_the_application_and_the_options_can_be_replaced_between_requests(serve: Serve) -> None:
    serving = serve(answering(body=[b"old"]))
    wire = serving.connect()
    assert wire.ask(GET).body == b"old"
    serving.factory.application = answering(body=[b"new"])
    assert wire.ask(GET).body == b"new"
    assert eventually(lambda: len(serving.records) == 2)
