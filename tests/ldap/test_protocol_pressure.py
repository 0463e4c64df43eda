"""Long answers to clients that take them slowly, stop taking them, or go away."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context
from tests.ldap.client import encode
from tests.ldap.crowd import CROWD
from tests.ldap.gate import Gate
from tests.ldap.serving import Line, Serving, eventually

Serve = Callable[..., Serving]

BIND = 'bind dn=alice password="correct horse"'
EVERYBODY = "search base=ou=customers,dc=example,dc=org scope=one"
# A window so small that the server soon has to wait for the client.
WINDOW = 65536


@pytest.fixture
def crowd(context: Context, crowded: Services) -> Context:
    """The face in front of the crowd."""
    return replace(context, directory=crowded.directory, authenticator=crowded.authenticator)


def snapshots(services: Services) -> int:
    """Return how many connections to the database are in use."""
    return services.store.connections_in_use


def buffered(serving: Serving) -> int:
    """Return how many octets wait in this process to be sent."""

    def count() -> int:
        transports = [protocol.transport for protocol in serving.factory._connections]
        return sum(len(one.dataBuffer) + one._tempDataLen for one in transports)

    return serving.thread.call(count)


def hits(serving: Serving) -> int:
    """Return how many entries the one answer has by now."""

    def count() -> int:
        (protocol,) = serving.factory._connections
        return protocol._session.answered.hits

    return serving.thread.call(count)


def stalled(serving: Serving) -> Line:
    """Return a client that has asked for everybody and takes nothing of the answer."""
    line = serving.connect(receive_buffer=WINDOW)
    assert line.say([BIND]) == ["BindResponse success"]
    line.ask(EVERYBODY)
    last = -1

    def stands_still() -> bool:
        nonlocal last
        before, last = last, hits(serving)
        return 0 < last == before

    for _ in range(3):
        last = -1
        assert eventually(stands_still)
    return line


def everybody(line: Line) -> tuple[list[str], str]:
    """Return the DNs of an answer that the client now takes, and how it ends."""
    found = []
    while (response := line.receive()).name == "SearchResultEntry":
        found.append(response.dn)
    return found, response.code


def test_the_answer_to_a_client_that_does_not_read_is_not_made(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    serving = serve(crowd, hold_seconds=60.0)
    line = stalled(serving)
    assert hits(serving) < CROWD // 2
    assert buffered(serving) < 512 * 1024
    assert snapshots(crowded) == 1
    # Whoever begins to read again gets all of it.
    found, code = everybody(line)
    assert (len(found), code) == (CROWD, "success")
    assert eventually(lambda: snapshots(crowded) == 0)


def test_a_client_that_does_not_read_keeps_no_snapshot_open_for_long(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    serving = serve(crowd, hold_seconds=0.05)
    line = stalled(serving)
    assert eventually(lambda: snapshots(crowded) == 0)
    assert hits(serving) < CROWD // 2
    # The answer goes on behind what was sent: nobody is missing, and nobody comes twice.
    found, code = everybody(line)
    assert (len(found), len(set(found)), code) == (CROWD, CROWD, "success")
    assert found[1:] == sorted(found[1:])


def test_many_clients_that_do_not_read_hold_up_nobody(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    # More than there are places, or connections to the database.
    serving = serve(crowd)
    many = [serving.connect(receive_buffer=4096) for _ in range(60)]
    for line in many:
        line.send(encode(BIND, 1), *(encode(EVERYBODY, number) for number in range(2, 30)))
    other = serving.connect()
    began = time.monotonic()
    assert other.say([BIND]) == ["BindResponse success"]
    assert len(other.say([f"{EVERYBODY} size_limit=2 attributes=1.1"])) == 3
    assert time.monotonic() - began < 20
    assert eventually(lambda: snapshots(crowded) == 0)
    for line in many:
        line.close()
    assert eventually(lambda: serving.open == 1)
    assert not serving.factory.places.is_contended


def test_a_client_that_does_not_read_holds_up_nobody_else(serve: Serve, crowd: Context) -> None:
    serving = serve(crowd)
    lines = [serving.connect(receive_buffer=WINDOW) for _ in range(6)]
    for line in lines:
        assert line.say([BIND]) == ["BindResponse success"]
        line.ask(EVERYBODY)
    other = serving.connect()
    assert other.say([BIND]) == ["BindResponse success"]
    said = other.say([f"{EVERYBODY} size_limit=2 attributes=1.1"])
    assert len(said) == 3


def test_requests_that_cannot_be_answered_yet_are_not_taken(
    serve: Serve, context: Context, organisation: Services
) -> None:
    gate = Gate(organisation)
    line = serve(replace(context, directory=gate)).connect()
    line.socket.settimeout(0.5)
    many = encode(EVERYBODY, 1) * 1000
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 64 * 1024 * 1024:
            sent += line.socket.send(many)
    gate.open()
    assert sent < 32 * 1024 * 1024


def test_a_client_that_is_gone_leaves_nothing_open(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    serving = serve(crowd, hold_seconds=60.0)
    line = stalled(serving)
    assert snapshots(crowded) == 1
    line.close()
    assert eventually(lambda: snapshots(crowded) == 0)
    assert eventually(lambda: serving.open == 0)


def test_a_client_that_takes_nothing_for_too_long_is_cut_off(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    serving = serve(crowd, stall_seconds=0.5)
    line = serving.connect(receive_buffer=WINDOW)
    assert line.say([BIND]) == ["BindResponse success"]
    line.ask(EVERYBODY)
    assert eventually(lambda: serving.open == 0)
    assert eventually(lambda: snapshots(crowded) == 0)


def test_when_many_take_nothing_they_are_cut_off_sooner(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    # What was sent to them is kept in memory.
    serving = serve(crowd, stalls=2, hurried_stall_seconds=0.3)
    lines = [serving.connect(receive_buffer=4096) for _ in range(8)]
    for line in lines:
        assert line.say([BIND]) == ["BindResponse success"]
        line.ask(EVERYBODY)
    assert eventually(lambda: serving.open <= 2)
    assert eventually(lambda: snapshots(crowded) <= 2)


def test_a_client_that_takes_it_slowly_is_served_to_the_end(serve: Serve, crowd: Context) -> None:
    # Every read makes room for more, so that the time for taking it begins anew.
    line = serve(crowd, stall_seconds=1.0).connect()
    assert line.say([BIND]) == ["BindResponse success"]
    line.ask(f"{EVERYBODY} size_limit=5000")
    found = 0
    while (response := line.receive()).name == "SearchResultEntry":
        found += 1
    assert (found, response.code) == (5000, "sizeLimitExceeded")


@pytest.mark.parametrize("hold_seconds", [60.0, 0.0])
def test_abandoning_what_one_does_not_read_lets_go_of_it(
    serve: Serve, crowd: Context, crowded: Services, hold_seconds: float
) -> None:
    serving = serve(crowd, hold_seconds=hold_seconds)
    line = stalled(serving)
    line.send(encode(f"abandon id={line.last_id}", 99))
    assert eventually(lambda: len(serving.told) == 2)
    assert eventually(lambda: snapshots(crowded) == 0)
    assert serving.open == 1


def test_leaving_without_reading_lets_go_of_everything(
    serve: Serve, crowd: Context, crowded: Services
) -> None:
    serving = serve(crowd, close_seconds=0.2, hold_seconds=60.0)
    line = stalled(serving)
    line.send(encode("unbind", 99))
    assert eventually(lambda: snapshots(crowded) == 0)
    # What was written already is not waited for.
    assert eventually(lambda: serving.open == 0)


def test_many_at_once_get_their_answers(serve: Serve, crowd: Context, crowded: Services) -> None:
    serving = serve(crowd)
    lines = [serving.connect() for _ in range(20)]
    for line in lines:
        assert line.say([BIND]) == ["BindResponse success"]
        line.ask(f"{EVERYBODY} size_limit=300 attributes=cn")
    for line in lines:
        found = 0
        while (response := line.receive()).name == "SearchResultEntry":
            found += 1
        assert (found, response.code) == (300, "sizeLimitExceeded")
    assert eventually(lambda: snapshots(crowded) == 0)
