"""Messages out of a stream."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.ldap.codec.framing import Framer
from dirserver.ldap.codec.messages import MalformedMessage
from tests.ldap import wire

LIMIT = 64 * 1024

_messages = st.lists(
    st.builds(
        lambda contents, octets: wire.tlv(0x30, contents, octets=octets),
        st.binary(max_size=300),
        st.integers(0, 5),
    ),
    max_size=6,
)


@given(_messages)
def test_a_message_comes_out_once_it_is_whole_however_it_came_in(sent: list[bytes]) -> None:
    stream = b"".join(sent)
    at_once, one_by_one = Framer(LIMIT), Framer(LIMIT)
    assert list(at_once.feed(stream)) == sent
    assert [
        one for at in range(len(stream)) for one in one_by_one.feed(stream[at : at + 1])
    ] == sent
    assert at_once.pending == one_by_one.pending == 0


@given(_messages, st.integers(0, 2000))
def test_what_is_not_whole_waits(sent: list[bytes], cut: int) -> None:
    stream = b"".join(sent)
    framer = Framer(LIMIT)
    first = list(framer.feed(stream[:cut]))
    assert framer.pending == len(stream[:cut]) - len(b"".join(first))
    assert first + list(framer.feed(stream[cut:])) == sent


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_noise_is_refused_or_waited_for_and_nothing_else(noise: list[bytes]) -> None:
    framer = Framer(1000)
    given_back = 0
    try:
        for data in noise:
            given_back += sum(map(len, framer.feed(data)))
    except MalformedMessage:
        return
    assert given_back + framer.pending == sum(map(len, noise))


@pytest.mark.parametrize(
    "start", [b"\x16\x03\x01", b"GET / HTTP/1.1\r\n", b"\x00", b"\x31", b"\x16", b"\xff"]
)
def test_what_does_not_begin_like_a_message_is_refused_at_its_first_octet(start: bytes) -> None:
    with pytest.raises(MalformedMessage) as refusal:
        list(Framer(LIMIT).feed(start))
    assert refusal.value.envelope is None


@pytest.mark.parametrize("start", [b"\x30\x80", b"\x30\xff"])
def test_a_length_without_end_is_refused(start: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(Framer(LIMIT).feed(start))


def test_a_message_over_the_limit_is_refused_at_its_header() -> None:
    with pytest.raises(MalformedMessage):
        list(Framer(LIMIT).feed(b"\x30\x84\x7f\xff\xff\xff"))


def test_the_limit_counts_the_header() -> None:
    whole = wire.tlv(0x30, b"x" * 100)
    assert list(Framer(len(whole)).feed(whole)) == [whole]
    with pytest.raises(MalformedMessage):
        list(Framer(len(whole) - 1).feed(whole))


def test_a_new_limit_counts_for_the_messages_that_wait() -> None:
    small, large = wire.tlv(0x30, b"bind"), wire.tlv(0x30, b"x" * 200)
    framer = Framer(100)
    received = []
    for message in framer.feed(small + large):
        received.append(message)
        framer.limit = 1000
    assert received == [small, large]


def test_messages_that_nobody_asked_for_come_with_the_next_call() -> None:
    first, second = wire.tlv(0x30, b"1"), wire.tlv(0x30, b"2")
    framer = Framer(LIMIT)
    assert next(framer.feed(first + second)) == first
    assert framer.pending == len(second)
    assert list(framer.feed(b"")) == [second]


def test_a_megabyte_octet_by_octet_costs_no_more_than_its_octets() -> None:
    message = wire.tlv(0x30, b"x" * 2**20)
    framer = Framer(2**21)
    started = time.process_time()
    received = [one for octet in message for one in framer.feed(bytes((octet,)))]
    # Copying what has come at every octet would move half a terabyte.
    assert time.process_time() - started < 20
    assert received == [message]
