"""What one client may send, and how long it may take: everybody else must not be disturbed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress

from dirserver.assembly import Services
from dirserver.ldap.session import Context
from tests.ldap import wire
from tests.ldap.client import encode
from tests.ldap.gate import Gate
from tests.ldap.serving import Line, Serving, eventually
from tests.ldap.test_protocol_tls import notice

Serve = Callable[..., Serving]

BIND = 'bind dn=alice password="correct horse"'
STAFF = "search base=ou=staff,dc=example,dc=org scope=base attributes=1.1"
TLS_HELLO = bytes.fromhex("16030100c8010000c4030300") + bytes(188)


@pytest.mark.parametrize(
    "octets",
    [
        TLS_HELLO,
        b"GET / HTTP/1.1\r\nHost: ldap.example.org\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        bytes(50),
        b"\xff" * 50,
        b"\x30\x80\x02\x01\x01\x00\x00",
        b"\x30\xff",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x05\x02\x01\x00\x42\x00",
        b"\x30\x05\x02\x01\x01\x42\x05",
        b"\x30\x05\x02\x01\x01\x61\x00",
        b"\x30\x06\x02\x01\x01\x42\x01\x00",
    ],
)
def test_what_is_no_ldap_gets_a_notice_of_disconnection(serve: Serve, octets: bytes) -> None:
    # RFC 4511 section 4.1.1.
    serving = serve()
    line = serving.connect()
    line.send(octets)
    notice(line, "protocolError")
    assert eventually(lambda: serving.open == 0)


def test_garbage_behind_a_request_ends_the_session_too(serve: Serve) -> None:
    line = serve().connect()
    assert line.say([BIND]) == ["BindResponse success"]
    line.send(b"\x30\x80garbage")
    notice(line, "protocolError")


def test_before_a_bind_messages_are_small(serve: Serve) -> None:
    line = serve().connect()
    # The header alone is refused: nothing of such a message is waited for.
    line.send(b"\x30\x83" + (70_000).to_bytes(3, "big"))
    notice(line, "protocolError")


def test_whoever_has_bound_may_send_up_to_a_megabyte(serve: Serve) -> None:
    line = serve().connect()
    assert line.say([BIND]) == ["BindResponse success"]
    large = wire.search("dc=example,dc=org", f"(cn={'x' * 1_000_000})")
    (done,) = wire.responses(line.exchange(wire.message(2, large)))
    assert done.code == "success"
    line.send(b"\x30\x83" + (1_048_577).to_bytes(3, "big"))
    notice(line, "protocolError")


def test_a_client_that_asks_nothing_is_not_waited_for_long(serve: Serve) -> None:
    serving = serve(first_seconds=0.1)
    line = serving.connect()
    assert line.ends()
    assert eventually(lambda: serving.open == 0)


def test_a_client_that_asks_no_more_is_waited_for_longer_but_not_for_ever(serve: Serve) -> None:
    line = serve(first_seconds=0.1, idle_seconds=0.5).connect()
    assert line.say([BIND]) == ["BindResponse success"]
    began = time.monotonic()
    assert line.ends()
    assert time.monotonic() - began > 0.4


def test_each_request_gives_the_client_its_time_anew(serve: Serve) -> None:
    line = serve(idle_seconds=1.2).connect()
    for _ in range(4):
        time.sleep(0.4)
        assert line.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"


def test_a_message_that_comes_octet_by_octet_must_come_in_time(serve: Serve) -> None:
    line = serve(message_seconds=0.3).connect()
    message = encode(f"{STAFF} filter=(cn={'x' * 200})", 1)
    began, sent = time.monotonic(), 0
    with contextlib.suppress(ConnectionError):
        for octet in message:
            line.send(bytes([octet]))
            sent += 1
            time.sleep(0.02)
    assert time.monotonic() - began > 0.3
    assert sent < len(message)
    notice(line, "protocolError")


def test_a_client_that_waits_for_its_answer_is_not_idle(
    serve: Serve, context: Context, organisation: Services
) -> None:
    gate = Gate(organisation)
    line = serve(
        replace(context, directory=gate),
        first_seconds=0.1,
        idle_seconds=0.1,
        message_seconds=0.1,
    ).connect()
    line.ask(STAFF)
    line.send(b"\x30")
    gate.await_somebody()
    time.sleep(0.4)
    gate.open()
    assert line.receive().code == "noSuchObject"


def test_there_may_be_only_so_many_connections(serve: Serve) -> None:
    serving = serve(connections=2)
    first, second = serving.connect(), serving.connect()
    for line in (first, second):
        assert line.say([BIND]) == ["BindResponse success"]
    assert serving.connect().ends()
    first.close()
    assert eventually(lambda: serving.open == 1)
    assert serving.connect().say([BIND]) == ["BindResponse success"]
    assert second.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"


def test_one_address_leaves_connections_to_all_others(serve: Serve) -> None:
    serving = serve(connections_each=2)
    first, second = serving.connect(), serving.connect()
    for line in (first, second):
        assert line.say([BIND]) == ["BindResponse success"]
    assert serving.connect().ends()
    elsewhere = cast("IAddress", IPv4Address("TCP", "192.0.2.9", 50000))
    assert serving.thread.call(lambda: serving.factory.buildProtocol(elsewhere)) is not None
    first.close()
    assert eventually(lambda: serving.open == 1)
    assert serving.connect().say([BIND]) == ["BindResponse success"]


@pytest.mark.parametrize("depth", [33, 200])
def test_a_filter_without_bottom_is_refused(serve: Serve, depth: int) -> None:
    deep = "(!" * depth + "(cn=x)" + ")" * depth
    line = serve().connect()
    answer = line.exchange(wire.message(1, wire.search("", deep)))
    assert [one.code for one in wire.responses(answer)] == ["adminLimitExceeded"]
    assert line.say(["search scope=base attributes=1.1"])[-1] == "SearchResultDone success"


def test_a_length_that_lies_inside_a_message_ends_the_session(serve: Serve) -> None:
    line = serve().connect()
    request = bytearray(encode(STAFF, 1))
    request[6] = 0x7F
    line.send(bytes(request))
    notice(line, "protocolError")


def test_one_who_is_disconnected_disturbs_no_other(serve: Serve) -> None:
    serving = serve()
    good = serving.connect()
    assert good.say([BIND]) == ["BindResponse success"]
    for octets in (b"\x00", TLS_HELLO, b"\x30\x80"):
        bad: Line = serving.connect()
        bad.send(octets)
        notice(bad, "protocolError")
    assert good.say([STAFF])[-1] == "SearchResultDone success"
