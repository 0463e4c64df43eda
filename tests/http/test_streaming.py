"""Long answers: as fast as the client takes them, and no longer than it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dirserver.http import BridgeOptions, Limits
from tests.http.conftest import Serve
from tests.http.serving import ANYWHERE, answering, eventually
from tests.http.wire import Wire

GET = "GET /a HTTP/1.1\nHost: x\n\n"
MEGABYTE = 1_000_000
SMALL = 64 * 1024


class Endless:
    """A body of ``most`` bytes that counts what is made of it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.made = 0
        self.closed = 0
        self.overlapping = False
        self._busy = threading.Lock()

    def __iter__(self) -> Iterator[bytes]:
        chunk = b"x" * 10_000
        while self.made < self.most:
            if not self._busy.acquire(blocking=False):
                self.overlapping = True
            self.made += len(chunk)
            self._busy.release()
            yield chunk

    def close(self) -> None:
        self.closed += 1


def settle(body: Endless) -> int:
    """Return how much had been made when no more was."""
    made = -1
    while made != body.made:
        made = body.made
        time.sleep(0.2)
    return made


def read(wire: Wire, size: int) -> int:
    count = 0
    while count < size:
        data = wire.socket.recv(MEGABYTE)
        if not data:
            break
        count += len(data)
    return count


def test_no_more_is_made_than_the_client_takes(serve: Serve) -> None:
    body = Endless(200 * MEGABYTE)
    wire = serve(answering(body=body)).connect(receive_buffer=SMALL)
    wire.send(GET)
    # The kernel's buffers of both sockets hold some megabytes; we hold hardly anything.
    assert settle(body) < 10 * MEGABYTE
    taken = read(wire, 30 * MEGABYTE)
    assert settle(body) < taken + 10 * MEGABYTE
    assert body.closed == 0


def test_a_long_list_is_sent_no_faster_than_the_client_takes_it(serve: Serve) -> None:
    serving = serve(answering(body=[b"x" * 100 * MEGABYTE]))
    wire = serving.connect()
    wire.send(GET)
    assert read(wire, 100 * MEGABYTE) >= 100 * MEGABYTE
    assert eventually(lambda: [record.bytes for record in serving.records] == [100 * MEGABYTE])


def test_a_client_that_leaves_stops_the_making_and_closes(serve: Serve) -> None:
    body = Endless(10**12)
    serving = serve(answering(body=body))
    wire = serving.connect()
    wire.send(GET)
    read(wire, 5 * MEGABYTE)
    wire.close()
    assert eventually(lambda: body.closed == 1)
    made = body.made
    time.sleep(0.1)
    assert body.made == made
    (record,) = serving.records
    assert (record.status, record.complete) == (200, False)
    assert record.bytes >= 4 * MEGABYTE


def test_a_client_that_leaves_while_we_wait_for_it_closes_too(serve: Serve) -> None:
    body = Endless(10**12)
    wire = serve(answering(body=body)).connect(receive_buffer=SMALL)
    wire.send(GET)
    settle(body)
    wire.close()
    assert eventually(lambda: body.closed == 1)


def test_a_client_that_takes_nothing_is_cut_off(serve: Serve) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(send_timeout=0.4))
    body = Endless(10**12)
    wire = serve(answering(body=body), options).connect(receive_buffer=SMALL)
    wire.send(GET)
    assert eventually(lambda: body.closed == 1)


def test_a_client_that_takes_its_time_is_not_cut_off(serve: Serve) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(send_timeout=0.6))
    body = Endless(40 * MEGABYTE)
    serving = serve(answering(body=body), options)
    wire = serving.connect(receive_buffer=SMALL)
    wire.send(GET)
    taken = 0
    for _ in range(5):
        taken += read(wire, 6 * MEGABYTE)
        time.sleep(0.3)
    read(wire, 40 * MEGABYTE - taken)
    assert eventually(lambda: [record.complete for record in serving.records] == [True])


def test_an_application_may_think_after_a_client_that_was_slow(serve: Serve) -> None:
    options = BridgeOptions(plaintext=ANYWHERE, limits=Limits(send_timeout=0.3))

    class Thoughtful(Endless):
        def __iter__(self) -> Iterator[bytes]:
            yield from super().__iter__()
            time.sleep(1)
            yield b"end"

    body = Thoughtful(10 * MEGABYTE)
    serving = serve(answering(body=body), options)
    wire = serving.connect(receive_buffer=SMALL)
    wire.send(GET)
    time.sleep(0.1)
    assert wire.receive().body.endswith(b"end")


def test_a_client_that_leaves_after_it_was_slow_is_missed_at_once(serve: Serve) -> None:
    go_on = threading.Event()

    class Waiting(Endless):
        def __iter__(self) -> Iterator[bytes]:
            yield from super().__iter__()
            yield b"x" * 100_000
            assert go_on.wait(60)

    body = Waiting(10 * MEGABYTE)
    serving = serve(answering(body=body))
    wire = serving.connect(receive_buffer=SMALL)
    wire.send(GET)
    time.sleep(0.1)
    wire.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        read(wire, 20 * MEGABYTE)
    wire.reset()
    assert eventually(lambda: [record.complete for record in serving.records] == [False])
    go_on.set()
    assert eventually(lambda: body.closed == 1)


def test_a_client_that_leaves_before_a_long_answer_begins_closes_it(serve: Serve) -> None:
    begun, go_on = threading.Event(), threading.Event()
    body = Endless(10**12)

    def application(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        begun.set()
        assert go_on.wait(60)
        start_response("200 OK", [])
        return body

    serving = serve(application)
    wire = serving.connect()
    wire.send(GET)
    assert begun.wait(10)
    # Without a reset: that nobody listens any more shows only when there is something to hear.
    wire.close()
    go_on.set()
    assert eventually(lambda: [record.complete for record in serving.records] == [False])
    assert eventually(lambda: body.closed == 1)
    assert body.made < MEGABYTE


def test_a_body_is_pulled_by_one_thread_at_a_time(serve: Serve) -> None:
    body = Endless(20 * MEGABYTE)
    serve(answering(body=body)).ask(GET)
    assert not body.overlapping


def test_clients_that_read_slowly_hold_no_threads(serve: Serve) -> None:
    """There are four threads in the pool."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Endless(10**12) if environ["PATH_INFO"] == "/endless" else [b"quick"]

    serving = serve(application)
    for _ in range(8):
        serving.connect(receive_buffer=SMALL).send("GET /endless HTTP/1.1\nHost: x\n\n")
    time.sleep(0.5)
    # The others keep what they have for two minutes.
    assert serving.ask(GET).body == b"quick"


@pytest.mark.parametrize("size", [1, 999, 65_536, 65_537, 3 * MEGABYTE])
def test_the_size_of_chunks_does_not_matter(serve: Serve, size: int) -> None:
    whole = bytes(range(251)) * 4000

    class Cut:
        def __iter__(self) -> Iterator[bytes]:
            step = max(size, len(whole) // 2000)
            for start in range(0, len(whole), step):
                yield whole[start : start + step]
                yield b""

    assert serve(answering(body=Cut())).ask(GET).body == whole


def test_the_answers_of_several_connections_do_not_mix(serve: Serve) -> None:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        letter = environ["PATH_INFO"][1:].encode()
        return (letter * 1000 for _ in range(1000))

    serving = serve(application)
    wires = {letter: serving.connect() for letter in "abcdef"}
    for letter, wire in wires.items():
        wire.send(f"GET /{letter} HTTP/1.1\nHost: x\n\n")
    for letter, wire in wires.items():
        assert wire.receive().body == letter.encode() * MEGABYTE
