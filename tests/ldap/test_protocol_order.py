"""Answers over a socket: their order, their ids, and requests that are given up."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from dirserver.assembly import Services
from dirserver.ldap.session import Context
from tests.conversation import play
from tests.ldap.client import encode
from tests.ldap.gate import Gate
from tests.ldap.serving import Line, Serving, eventually
from tests.ldap.wire import Response

Serve = Callable[..., Serving]

BIND = 'bind dn=alice password="correct horse"'
STAFF = "search base=ou=staff,dc=example,dc=org scope=base attributes=1.1"
CROWD = "search base=ou=customers,dc=example,dc=org scope=one"


def results(line: Line, count: int) -> list[tuple[int, str]]:
    """Return the ids and the codes of the next results, passing over entries."""
    found: list[Response] = []
    while len(found) < count:
        response = line.receive()
        if response.name != "SearchResultEntry":
            found.append(response)
    return [(one.id, one.code) for one in found]


def test_a_conversation_goes_over_a_socket_as_without_one(serve: Serve) -> None:
    play(
        serve().connect(),
        """
        C: bind dn=alice password="correct horse"
        S: BindResponse success
        C: search base=dc=example,dc=org filter="(cn=anna beispiel)" attributes=mail
        S: SearchResultEntry uid=$_,ou=customers,dc=example,dc=org
             mail: anna@kunde.example
             mail: anna.b@example.net
           SearchResultDone success
        C: delete dn=dc=example,dc=org
        S: DelResponse unwillingToPerform
             This directory is changed over CardDAV.
        """,
    )


def test_pipelined_requests_are_answered_in_order_and_with_their_ids(serve: Serve) -> None:
    line = serve().connect()
    ids = [5, 3, 1000, 2147483647, 7]
    line.send(encode(BIND, 1), *(encode(STAFF, number) for number in ids), encode(STAFF, 8))
    assert results(line, 7) == [(number, "success") for number in (1, *ids, 8)]


def test_more_requests_than_may_wait_are_all_answered(serve: Serve) -> None:
    line = serve(waiting=4).connect()
    line.send(*(encode("search scope=base", number) for number in range(1, 301)))
    assert results(line, 300) == [(number, "success") for number in range(1, 301)]


def test_a_bind_counts_for_what_comes_after_it_and_not_for_what_came_before(
    serve: Serve,
) -> None:
    line = serve().connect()
    wrong = "bind dn=alice password=wrong"
    messages = [STAFF, BIND, STAFF, wrong, STAFF]
    line.send(*(encode(words, number) for number, words in enumerate(messages, 1)))
    assert results(line, 5) == [
        (1, "noSuchObject"),
        (2, "success"),
        (3, "success"),
        (4, "invalidCredentials"),
        (5, "noSuchObject"),
    ]


def test_a_refusal_does_not_overtake_the_answers_before_it(serve: Serve) -> None:
    line = serve().connect()
    senseless = encode(STAFF, 2).replace(b"\x0a\x01\x00", b"\x0a\x01\x09", 1)
    line.send(encode(BIND, 1), senseless, encode(STAFF, 3))
    assert results(line, 3) == [(1, "success"), (2, "protocolError"), (3, "success")]


@pytest.fixture
def gate(organisation: Services) -> Gate:
    """What every search waits for."""
    return Gate(organisation)


@pytest.fixture
def gated(serve: Serve, context: Context, gate: Gate) -> Serving:
    """The face before which the gate stands."""
    return serve(replace(context, directory=gate))


def test_a_bind_behind_a_slow_search_waits_for_it(gated: Serving, gate: Gate) -> None:
    line = gated.connect()
    line.send(encode(BIND, 1))
    assert results(line, 1) == [(1, "success")]
    line.send(encode(STAFF, 2), encode("bind", 3), encode(STAFF, 4))
    gate.await_somebody()
    gate.open()
    assert results(line, 3) == [(2, "success"), (3, "success"), (4, "noSuchObject")]


def test_a_slow_search_holds_up_nobody_else(gated: Serving, gate: Gate) -> None:
    slow, quick = gated.connect(), gated.connect()
    slow.send(encode(STAFF, 1))
    gate.await_somebody()
    assert quick.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"
    gate.open()
    assert results(slow, 1) == [(1, "noSuchObject")]


def test_an_abandoned_request_that_waits_is_never_answered(gated: Serving, gate: Gate) -> None:
    line = gated.connect()
    line.send(encode(BIND, 1), encode(STAFF, 2), encode(STAFF, 3), encode(STAFF, 4))
    gate.await_somebody()
    line.send(encode("abandon id=3", 5), encode("abandon id=1", 6), encode("abandon id=99", 7))
    line.send(encode("search scope=base", 8))
    gate.open()
    assert results(line, 4) == [(1, "success"), (2, "success"), (4, "success"), (8, "success")]


def test_of_an_abandoned_search_nothing_more_comes(
    serve: Serve, crowded: Services, context: Context
) -> None:
    crowd = replace(context, directory=crowded.directory, authenticator=crowded.authenticator)
    line = serve(crowd).connect(receive_buffer=4096)
    line.send(encode(BIND, 1), encode(CROWD, 2))
    assert results(line, 1) == [(1, "success")]
    assert line.receive().id == 2
    line.send(encode("abandon id=2", 3), encode("search scope=base attributes=1.1", 4))
    entries = 0
    while (response := line.receive()).id == 2:
        assert response.name == "SearchResultEntry"
        entries += 1
    assert response.id == 4
    assert entries < 19_000
    assert eventually(lambda: crowded.store.connections_in_use == 0)


def test_an_unbind_ends_the_session_and_whatever_it_had_asked_for(
    gated: Serving, gate: Gate
) -> None:
    line = gated.connect()
    line.send(encode(STAFF, 1))
    gate.await_somebody()
    line.send(encode("unbind", 2), encode(STAFF, 3))
    assert line.ends()
    gate.open()
    assert eventually(lambda: gated.told == [("search", "noSuchObject")])
    assert eventually(lambda: gated.open == 0)


def test_the_log_hears_of_every_request(serve: Serve) -> None:
    serving = serve()
    line = serving.connect()
    for words in (BIND, STAFF, "search scope=base", "extended oid=1.2.3"):
        line.say([words])
    assert eventually(
        lambda: (
            serving.told
            == [
                ("bind", "success"),
                ("search", "success"),
                ("search", "success"),
                ("extended", "protocolError"),
            ]
        )
    )


def test_a_client_that_has_asked_all_it_wants_is_answered(serve: Serve) -> None:
    serving = serve()
    line = serving.connect()
    line.send(encode(BIND, 1), *(encode(STAFF, number) for number in range(2, 20)))
    line.socket.shutdown(socket.SHUT_WR)
    assert results(line, 19) == [(number, "success") for number in range(1, 20)]
    assert line.ends()
    assert eventually(lambda: serving.open == 0)


def test_a_client_that_ends_amid_a_request_is_not_waited_for(serve: Serve) -> None:
    serving = serve()
    line = serving.connect()
    line.send(encode(STAFF, 1)[:-1])
    line.socket.shutdown(socket.SHUT_WR)
    assert line.ends()
    assert eventually(lambda: serving.open == 0)
