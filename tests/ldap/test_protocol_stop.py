"""How the face stops: what has been asked is answered, and everybody is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context
from tests.ldap.client import encode
from tests.ldap.gate import Gate
from tests.ldap.serving import Serving, eventually
from tests.ldap.test_protocol_tls import notice

Serve = Callable[..., Serving]

BIND = 'bind dn=alice password="correct horse"'
STAFF = "search base=ou=staff,dc=example,dc=org scope=base attributes=1.1"


class Stopping:
    """The face while it stops."""

    def __init__(self, serving: Serving, seconds: float) -> None:
        self._thread = threading.Thread(
            target=serving.thread.wait, args=(serving.factory.stop, seconds)
        )
        self._thread.start()

    def is_over(self, seconds: float = 10.0) -> bool:
        """Wait for the end."""
        self._thread.join(seconds)
        return not self._thread.is_alive()


def test_a_client_that_has_asked_nothing_is_told_and_disconnected(serve: Serve) -> None:
    serving = serve()
    new, bound = serving.connect(), serving.connect()
    assert bound.say([BIND]) == ["BindResponse success"]
    assert eventually(lambda: serving.open == 2)
    stopping = Stopping(serving, 10)
    for line in (new, bound):
        notice(line, "unavailable")
    assert stopping.is_over()


def test_stopping_without_a_connection_is_over_at_once(serve: Serve) -> None:
    began = time.monotonic()
    assert Stopping(serve(), 60).is_over()
    assert time.monotonic() - began < 30


def test_what_has_been_asked_is_answered_first(
    serve: Serve, context: Context, organisation: Services
) -> None:
    gate = Gate(organisation)
    serving = serve(replace(context, directory=gate))
    line = serving.connect()
    line.send(encode(BIND, 1), encode(STAFF, 2), encode(STAFF, 3))
    gate.await_somebody()
    stopping = Stopping(serving, 10)
    # No longer taken: neither a connection nor a request.
    assert eventually(lambda: serving.factory._stopped is not None)
    assert serving.connect().ends()
    line.send(encode(STAFF, 4))
    assert not stopping.is_over(0.1)
    gate.open()
    answers = [(response.id, response.code) for response in (line.receive() for _ in range(5))]
    assert answers == [(1, "success"), (2, ""), (2, "success"), (3, ""), (3, "success")]
    notice(line, "unavailable")
    assert stopping.is_over()


def test_who_takes_too_long_is_cut_off(serve: Serve, context: Context, crowded: Services) -> None:
    crowd = replace(context, directory=crowded.directory, authenticator=crowded.authenticator)
    serving = serve(crowd)
    line = serving.connect(receive_buffer=4096)
    assert line.say([BIND]) == ["BindResponse success"]
    line.ask("search base=ou=customers,dc=example,dc=org scope=one")
    assert line.receive().name == "SearchResultEntry"
    began = time.monotonic()
    assert Stopping(serving, 0.3).is_over()
    assert time.monotonic() - began > 0.2
    assert eventually(lambda: crowded.store.connections_in_use == 0)


@pytest.mark.parametrize("seconds", [0.2])
def test_a_search_that_never_ends_does_not_keep_the_server(
    serve: Serve, context: Context, organisation: Services, seconds: float
) -> None:
    gate = Gate(organisation)
    serving = serve(replace(context, directory=gate))
    line = serving.connect()
    line.ask(STAFF)
    gate.await_somebody()
    assert Stopping(serving, seconds).is_over()
    assert line.ends()
    gate.open()
