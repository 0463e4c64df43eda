"""The Basic Encoding Rules, as far as LDAP uses them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.ldap.codec import ber
from dirserver.ldap.codec.messages import MalformedMessage
from tests.ldap import wire


@given(st.binary(max_size=400), st.integers(0, 6))
def test_a_header_is_read_whatever_the_form_of_its_length(contents: bytes, octets: int) -> None:
    data = b"before" + wire.tlv(0x04, contents, octets=octets) + b"after"
    tag, start, stop = ber.header(data, 6, len(data))
    assert (tag, data[start:stop]) == (0x04, contents)
    assert data[stop:] == b"after"


@given(st.binary(max_size=400))
def test_a_length_is_written_in_as_few_octets_as_it_needs(contents: bytes) -> None:
    assert ber.tlv(0x04, contents) == wire.tlv(0x04, contents)


@given(st.integers(0, 2**40))
def test_an_integer_is_written_and_read_as_it_was(value: int) -> None:
    data = ber.encode_integer(value)
    assert data == wire.integer(value)
    assert ber.integer(data, 2, len(data)) == value


@given(st.integers(-(2**40), 2**40))
def test_a_negative_integer_is_read_as_one(value: int) -> None:
    data = wire.integer(value)
    assert ber.integer(data, 2, len(data)) == value


def test_an_integer_may_be_padded() -> None:
    assert ber.integer(b"\x00\x00\x00\x07", 0, 4) == 7


@pytest.mark.parametrize("octets", [b"", b"\x00" * 9])
def test_an_integer_without_octets_or_with_too_many_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedMessage):
        ber.integer(octets, 0, len(octets))


@pytest.mark.parametrize(("octet", "value"), [(b"\x00", False), (b"\x01", True), (b"\xff", True)])
def test_any_octet_but_zero_is_true(octet: bytes, value: bool) -> None:
    assert ber.boolean(octet, 0, 1) is value


@pytest.mark.parametrize("octets", [b"", b"\x00\x00"])
def test_a_boolean_has_one_octet(octets: bytes) -> None:
    with pytest.raises(MalformedMessage):
        ber.boolean(octets, 0, len(octets))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",  # indefinite (RFC 4511 section 5.1)
        b"\x30\xff" + b"\x00" * 200,  # reserved (X.690 section 8.1.3.5)
        b"\x30\x82\x01",
        b"\x30\x02\x01",
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_a_header_that_does_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        ber.header(data, 0, len(data))


def test_contents_may_not_pass_the_end_of_what_holds_them() -> None:
    data = wire.string("abc") + b"more"
    with pytest.raises(MalformedMessage):
        ber.header(data, 0, 4)


def test_trailing_components_are_passed_over_when_they_are_ber() -> None:
    ber.skip_rest(b"\x05\x00\x8a\x01x", 0, 5)
    with pytest.raises(MalformedMessage):
        ber.skip_rest(b"\x05\x00\x8a\x02x", 0, 5)
    with pytest.raises(MalformedMessage):
        ber.skip_rest(b"\x1f\x81\x00\x00", 0, 4)
