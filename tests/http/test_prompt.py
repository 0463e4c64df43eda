"""Requests that are answered in the reactor's thread, by an application that never waits."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dirserver.errors import NotAtOnce
from tests.http.conftest import Serve
from tests.http.serving import Echo, Serving
from tests.http.wire import LOGIN


class Clever(Echo):
    """Answers with the number of those it was asked for at once, unless a path begins with /slow.

    ``threads`` are those in which it was asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[int] = []

    def admits(self, environ: WSGIEnvironment, /) -> bool:
        return not str(environ["PATH_INFO"]).startswith("/other")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.threads.append(threading.get_ident())
        if environ["PATH_INFO"].startswith("/slow"):
            environ["wsgi.input"].read()
            raise NotAtOnce
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"%d" % len(self.threads)]


@pytest.fixture
def clever() -> Clever:
    return Clever()


@pytest.fixture
def serving(serve: Serve, echo: Echo, clever: Clever) -> Serving:
    serving = serve(echo)
    serving.factory.prompt = clever
    return serving


def post(path: str, body: str) -> str:
    return f"POST {path} HTTP/1.1\nHost: x\n{LOGIN}Content-Length: {len(body)}\n\n{body}"


def test_what_can_be_answered_at_once_is_so_in_one_thread(
    serving: Serving, clever: Clever, echo: Echo
) -> None:
    wire = serving.connect()
    assert [wire.ask(post("/a", "one")).body for _ in range(3)] == [b"1", b"2", b"3"]
    assert clever.threads == [serving.thread.call(threading.get_ident)] * 3
    assert echo.bodies == []
    assert [record.status for record in serving.records] == [200] * 3


def test_what_cannot_is_answered_by_another_with_its_whole_body(
    serving: Serving, clever: Clever, echo: Echo
) -> None:
    wire = serving.connect()
    assert [wire.ask(post("/slow", body)).body for body in ("one", "two")] == [b"one", b"two"]
    assert len(clever.threads) == 2
    assert [environ["CONTENT_LENGTH"] for environ in echo.environs] == ["3", "3"]


def test_a_bug_is_answered_with_500(serving: Serving, clever: Clever) -> None:
    wire = serving.connect()
    assert wire.ask("GET /broken HTTP/1.1\nHost: x\n\n").status == 500
    assert wire.ask("GET /a HTTP/1.1\nHost: x\n\n").body == b"2"


def test_who_asks_ahead_is_answered_in_order_and_lets_others_be_answered(
    serving: Serving, clever: Clever
) -> None:
    """However many, they are answered one after another, and never at once but for the last."""
    wire = serving.connect()
    wire.send("".join(f"GET /{n} HTTP/1.1\nHost: x\n\n" for n in range(400)))
    bodies = [wire.receive().body for _ in range(400)]
    assert bodies[:399] == [b"/%d" % n for n in range(399)]
    assert len(clever.threads) <= 1


def test_a_connection_may_end_with_what_is_answered_at_once(serving: Serving) -> None:
    wire = serving.connect()
    wire.send("GET /a HTTP/1.1\nHost: x\nConnection: close\n\n")
    assert wire.receive().body == b"1"
    assert wire.ends()


def test_a_long_body_is_not_looked_at_in_the_reactors_thread(
    serving: Serving, clever: Clever
) -> None:
    body = "b" * 20_000
    assert serving.ask(post("/a", body)).body == body.encode()
    assert clever.threads == []
