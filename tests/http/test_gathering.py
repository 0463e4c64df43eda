"""Requests answered together, so that what all of them wait for is waited for once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dirserver.errors import NotAtOnce, StoreUnavailable
from tests.http.conftest import Serve
from tests.http.serving import Echo, Serving, eventually
from tests.http.wire import LOGIN, Wire


class Shop:
    """Takes in what is PUT, some of it at a time.

    ``rounds`` are the paths that were answered together. The first of all waits for ``open``. A
    round fails at its end with ``failure``, or goes wrong at once if that ``is_closed``. What is
    ``refused`` is not answered together.
    """

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.open = threading.Event()
        self.open.set()
        self.begun = threading.Event()
        self.failure: Exception | None = None
        self.is_closed = False
        self.refused: set[str] = set()
        self.at_end: Callable[[], None] = lambda: None

    def admits(self, environ: WSGIEnvironment, /) -> bool:
        return str(environ["REQUEST_METHOD"]) == "PUT"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] in self.refused:
            raise NotAtOnce
        self.begun.set()
        assert self.open.wait(10)
        self.rounds[-1].append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"together: ", environ["wsgi.input"].read()]

    @contextmanager
    def together(self) -> Iterator[Callable[[], bool]]:
        if self.is_closed:
            raise StoreUnavailable("closed")
        taken: list[str] = []
        self.rounds.append(taken)
        yield lambda: len(taken) < 3
        self.at_end()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def serving(serve: Serve, echo: Echo, shop: Shop) -> Serving:
    serving = serve(echo)
    serving.thread.call(serving.factory.serve, echo, None, shop)
    return serving


def put(number: int) -> str:
    return f"PUT /{number} HTTP/1.1\nHost: x\n{LOGIN}Content-Length: 5\n\nbody{number}"


def sent(serving: Serving, shop: Shop, number: int) -> list[Wire]:
    """Send so many requests, of which all but the first come while that is at work."""
    shop.open.clear()
    wires = [serving.connect() for _ in range(number)]
    wires[0].send(put(0))
    assert shop.begun.wait(10)
    for at in range(1, number):
        wires[at].send(put(at))
        waiting = serving.factory.gathering
        assert waiting is not None
        assert eventually(lambda: len(waiting._waiting) == at)  # noqa: B023 - at once
    shop.open.set()
    return wires


def test_those_who_come_meanwhile_are_answered_together_in_their_order(
    serving: Serving, shop: Shop
) -> None:
    wires = sent(serving, shop, 5)
    heard = [wire.receive().body for wire in wires]
    assert heard == [b"together: body%d" % number for number in range(5)]
    assert shop.rounds == [["/0", "/1", "/2"], ["/3", "/4"]]
    # And then on, one by one.
    assert wires[0].ask(put(7)).body == b"together: body7"
    assert shop.rounds[2:] == [["/7"]]


def test_nobody_is_told_before_all_is_done(serving: Serving, shop: Shop) -> None:
    told: list[int] = []
    shop.at_end = lambda: told.append(len(serving.records))
    for wire in sent(serving, shop, 3):
        wire.receive()
    assert told == [0]
    assert eventually(lambda: len(serving.records) == 3)


@pytest.mark.parametrize("failure", [StoreUnavailable("full"), ZeroDivisionError()])
def test_when_nothing_was_done_each_is_answered_alone_with_its_whole_body(
    serving: Serving, shop: Shop, echo: Echo, failure: Exception
) -> None:
    shop.failure = failure
    wires = sent(serving, shop, 5)
    assert [wire.receive().body for wire in wires] == [b"body%d" % number for number in range(5)]
    assert len(echo.bodies) == 5
    # Nobody has to wait for what does not work; and the next are taken in again.
    shop.failure = None
    assert wires[0].ask(put(0)).body == b"together: body0"


def test_when_it_cannot_be_begun_each_is_answered_alone(serving: Serving, shop: Shop) -> None:
    shop.is_closed = True
    assert serving.ask(put(1)).body == b"body1"
    assert shop.rounds == []


def test_what_is_not_admitted_is_answered_alone(serving: Serving, shop: Shop, echo: Echo) -> None:
    assert serving.ask("GET /a HTTP/1.1\nHost: x\n\n").body == b"/a"
    large = f"PUT /a HTTP/1.1\nHost: x\n{LOGIN}Content-Length: 300000\n\n{'b' * 300_000}"
    assert serving.ask(large).body == b"b" * 300_000
    assert shop.rounds == []


def test_what_turns_out_to_take_longer_is_answered_alone_and_the_others_are_not(
    serving: Serving, shop: Shop
) -> None:
    shop.refused = {"/1"}
    wires = sent(serving, shop, 3)
    assert [wire.receive().body for wire in wires] == [
        b"together: body0",
        b"body1",
        b"together: body2",
    ]
    assert shop.rounds == [["/0", "/2"]]


def test_who_goes_away_meanwhile_is_not_waited_for(serving: Serving, shop: Shop) -> None:
    wires = sent(serving, shop, 2)
    wires[0].reset()
    assert wires[1].receive().body == b"together: body1"
    assert wires[1].ask(put(2)).body == b"together: body2"
