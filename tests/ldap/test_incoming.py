"""Requests in the order in which they are answered, without any socket."""

from __future__ import annotations

import pytest

from dirserver.ldap.codec.messages import AbandonRequest, Envelope, MalformedMessage, UnbindRequest
from dirserver.ldap.incoming import Incoming
from dirserver.ldap.settings import ConnectionLimits
from dirserver.model.principal import ANONYMOUS
from tests.ldap import wire
from tests.ldap.client import STARTTLS
from tests.organisation import ALICE

_SEARCH = wire.search("dc=example")
_BAD_SEARCH = wire.search("", scope=9)
_BAD_BIND = wire.bind("x", "y", version=128)


def waiting(incoming: Incoming) -> list[int]:
    """Take every request that waits and return their ids."""
    ids = []
    while (request := incoming.take()) is not None:
        ids.append(request.id)
        incoming.answered(request)
    return ids


def received(*messages: bytes, limits: ConnectionLimits | None = None) -> Incoming:
    """Return what has received these messages at once and nothing urgent among them."""
    incoming = Incoming(limits or ConnectionLimits())
    assert incoming.receive(b"".join(messages)) is None
    return incoming


def test_requests_wait_in_the_order_in_which_they_came() -> None:
    incoming = received(*(wire.message(number, _SEARCH) for number in (5, 3, 9)))
    assert waiting(incoming) == [5, 3, 9]


def test_what_makes_no_sense_waits_like_any_other() -> None:
    incoming = received(
        wire.message(1, _SEARCH), wire.message(2, _BAD_SEARCH), wire.message(3, _SEARCH)
    )
    assert waiting(incoming) == [1, 2, 3]


def test_a_request_that_waits_can_be_abandoned() -> None:
    incoming = received(*(wire.message(number, _SEARCH) for number in (1, 2, 3)))
    urgent = incoming.receive(wire.message(4, wire.abandon(2)))
    assert urgent == AbandonRequest(2)
    incoming.abandon(2)
    assert waiting(incoming) == [1, 3]


@pytest.mark.parametrize("operation", [wire.bind("x", "y"), _BAD_BIND, wire.extended(STARTTLS)])
def test_binds_and_start_tls_cannot_be_abandoned(operation: bytes) -> None:
    # RFC 4511 section 4.11.
    incoming = received(wire.message(2, operation))
    incoming.abandon(2)
    assert waiting(incoming) == [2]


def test_a_refused_request_can_be_abandoned() -> None:
    incoming = received(wire.message(2, _BAD_SEARCH))
    incoming.abandon(2)
    assert waiting(incoming) == []


def test_an_abandon_with_an_unknown_critical_control_is_not_performed() -> None:
    # RFC 4511 section 4.1.11: there is no response either.
    abandon = wire.message(4, wire.abandon(1), [wire.control("1.2.3", critical=True)])
    assert waiting(received(wire.message(1, _SEARCH), abandon)) == [1]


@pytest.mark.parametrize("operation", [wire.abandon(-1), wire.abandon(1)])
def test_an_abandon_that_makes_no_sense_is_passed_over(operation: bytes) -> None:
    malformed = wire.message(4, operation, [wire.control("\ufffd").replace(b"\xef", b"\xff")])
    assert waiting(received(malformed)) == []


def test_an_unbind_is_an_unbind_whatever_is_wrong_with_it() -> None:
    malformed = wire.message(4, wire.unbind(), [wire.control("\ufffd").replace(b"\xef", b"\xff")])
    for message in (wire.message(4, wire.unbind()), malformed):
        incoming = Incoming(ConnectionLimits())
        assert incoming.receive(message) == UnbindRequest()


def test_no_more_is_read_than_may_wait() -> None:
    incoming = received(
        *(wire.message(number, _SEARCH) for number in range(1, 8)),
        limits=ConnectionLimits(waiting=3),
    )
    assert incoming.is_full
    assert incoming.unread
    assert waiting(incoming) == [1, 2, 3]
    assert incoming.receive() is None
    assert waiting(incoming) == [4, 5, 6]


@pytest.mark.parametrize(
    "behind", [wire.message(2, _SEARCH), b"\x30", wire.message(2, wire.abandon(1))]
)
@pytest.mark.parametrize("is_separate", [True, False])
def test_nothing_may_follow_a_request_to_start_tls(behind: bytes, is_separate: bool) -> None:
    # RFC 4511 section 4.14.1: it would be taken for what came under TLS.
    start = wire.message(1, wire.extended(STARTTLS))
    incoming = Incoming(ConnectionLimits())
    if is_separate:
        assert incoming.receive(start) is None
        start = b""
    with pytest.raises(MalformedMessage) as raised:
        incoming.receive(start + behind)
    assert raised.value.envelope is None


def test_the_answer_to_an_earlier_request_does_not_let_anything_follow_start_tls() -> None:
    incoming = received(wire.message(1, _SEARCH), wire.message(2, wire.extended(STARTTLS)))
    search = incoming.take()
    assert search is not None
    incoming.answered(search)
    with pytest.raises(MalformedMessage):
        incoming.receive(wire.message(3, _SEARCH))


def test_under_tls_others_may_follow_a_request_to_start_it() -> None:
    start, search = wire.message(1, wire.extended(STARTTLS)), wire.message(2, _SEARCH)
    secure = Incoming(ConnectionLimits(), secure=True)
    assert secure.receive(start + search) is None
    assert waiting(secure) == [1, 2]
    started = received(start)
    started.secured()
    assert started.receive(wire.message(3, wire.extended(STARTTLS)) + search) is None
    assert waiting(started) == [1, 3, 2]


def test_when_start_tls_is_answered_more_may_come() -> None:
    incoming = received(wire.message(1, wire.extended(STARTTLS)))
    assert waiting(incoming) == [1]
    assert incoming.receive(wire.message(2, _SEARCH)) is None
    assert waiting(incoming) == [2]


def test_whoever_has_bound_may_send_larger_messages() -> None:
    limits = ConnectionLimits(message_before_bind=100, message_after_bind=1000)
    large = wire.message(1, wire.search("dc=" + "x" * 500))
    with pytest.raises(MalformedMessage):
        Incoming(limits).receive(large)
    incoming = Incoming(limits)
    incoming.bound(ANONYMOUS)
    with pytest.raises(MalformedMessage):
        incoming.receive(large)
    incoming = Incoming(limits)
    incoming.bound(ALICE)
    assert incoming.receive(large) is None
    assert waiting(incoming) == [1]
    with pytest.raises(MalformedMessage):
        incoming.receive(wire.message(2, wire.search("dc=" + "x" * 1000)))


def test_an_envelope_says_which_operation_was_meant() -> None:
    request = received(wire.message(7, _BAD_BIND)).take()
    assert isinstance(request, Envelope)
    assert (request.id, request.operation.name) == (7, "BIND_REQUEST")


def test_of_long_requests_few_wait() -> None:
    # However they are made: what is kept of a client is bounded in octets, too.
    limits = ConnectionLimits(waiting_octets=1000)
    requests = [wire.message(number, wire.search("dc=" + "x" * 400)) for number in range(1, 9)]
    incoming = received(*requests, limits=limits)
    assert incoming.is_full
    assert incoming.unread == sum(map(len, requests[3:]))
    found = []
    while (request := incoming.take()) is not None:
        found.append(request.id)
        assert incoming.receive() is None
    assert found == list(range(1, 9))
    assert not incoming.is_full


def test_what_is_abandoned_makes_room() -> None:
    limits = ConnectionLimits(waiting_octets=800)
    requests = [wire.message(number, wire.search("dc=" + "x" * 400)) for number in (1, 2)]
    incoming = received(*requests, limits=limits)
    assert incoming.is_full
    incoming.abandon(2)
    assert not incoming.is_full


@pytest.mark.parametrize("asked", [_SEARCH, wire.bind("x", "y"), wire.unbind()])
def test_a_search_bind_or_unbind_that_comes_alone_need_not_wait(asked: bytes) -> None:
    incoming = received()
    message = incoming.sole(wire.message(7, asked))
    assert message is not None
    assert message.id == 7
    assert not incoming.waits


def test_what_has_come_alone_and_has_to_be_received_is_received() -> None:
    incoming = received()
    others = [wire.message(number, wire.extended("1.2.3")) for number in (1, 2, 3)]
    assert incoming.sole(others[0]) is None
    # Others may come before it, as bits and pieces of one.
    assert incoming.receive(others[1][:5]) is None
    assert incoming.receive(others[1][5:] + others[0]) is None
    assert incoming.sole(others[2]) is None
    assert incoming.receive(others[2]) is None
    found = [incoming.take() for _ in range(3)]
    assert [one.id for one in found if one is not None] == [2, 1, 3]


@pytest.mark.parametrize(
    ("before", "data"),
    [
        # Something waits, or has come in part, or is not to be followed.
        (wire.message(1, _SEARCH), wire.message(2, _SEARCH)),
        (wire.message(1, _SEARCH)[:9], wire.message(1, _SEARCH)[9:]),
        (wire.message(1, _SEARCH)[:9], wire.message(1, _SEARCH)),
        (wire.message(1, wire.extended(STARTTLS)), wire.message(2, _SEARCH)),
        # It is part of a message, or one and a part, or two.
        (b"", wire.message(2, _SEARCH)[:-1]),
        (b"", wire.message(2, _SEARCH) + b"\x30"),
        (b"", wire.message(2, _SEARCH) * 2),
        # It is none, or of another kind.
        (b"", wire.message(2, _BAD_SEARCH)),
        (b"", wire.message(2, wire.extended("1.2.3"))),
        (b"", wire.message(2, wire.abandon(1))),
        (b"", b""),
    ],
)
def test_all_else_is_to_be_received(before: bytes, data: bytes) -> None:
    assert received(before).sole(data) is None


def test_a_message_that_is_too_long_does_not_come_alone() -> None:
    message = wire.message(1, _SEARCH)
    for limit, fits in ((len(message), True), (len(message) - 1, False)):
        incoming = Incoming(ConnectionLimits(message_before_bind=limit))
        assert (incoming.sole(message) is not None) is fits
