"""Searches that are read by comparison: never anything but what the decoder reads."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.layouts import Layout, Layouts
from dirserver.ldap.codec.messages import MalformedMessage, Message, SearchRequest
from tests.ldap import wire

# Of some lengths only, so that often two are built alike.
_words = st.sampled_from(["a", "b", "*", "anna", "emil", "\\ff\\00", "\u00e4", "0"])
_tests = st.builds(
    lambda name, form, *words: f"({name}{form.format(*words)})",
    st.sampled_from(["cn", "sn", "telephoneNumber"]),
    st.sampled_from(
        ["={}", "={}*", "=*{}*", "=*{}", "={}*{}*{}", "=*{}*{}*", ">={}", "<={}", "~={}", "=*"]
    ),
    *[_words.filter(lambda word: word != "*")] * 3,
)
_filters = st.recursive(
    _tests,
    lambda parts: (
        st.builds(lambda part: f"(!{part})", parts)
        | st.builds(
            lambda how, some: f"({how}{''.join(some)})",
            st.sampled_from("&|"),
            st.lists(parts, max_size=3),
        )
    ),
    max_leaves=4,
)


def search(message_id: int, text: str, base: str = "dc=example", *names: str) -> bytes:
    return wire.message(message_id, wire.search(base, text, size_limit=50, attributes=names))


def layout(data: bytes) -> Layout:
    request = decode_message(data).op
    assert isinstance(request, SearchRequest)
    return Layout(data, request)


def decoded(data: bytes) -> Message | None:
    try:
        return decode_message(data)
    except MalformedMessage:
        return None


@given(st.lists(st.tuples(st.integers(1, 300), _filters), min_size=2, max_size=12))
@example([(1, "(cn=anna)"), (2, "(cn=emil)")])
@example([(1, "(|(cn=a*)(sn=a*))"), (2, "(|(cn=b*)(sn=b*))"), (300, "(|(cn=b*)(sn=b*))")])
@example([(1, "(cn=a*anna*b*a)"), (2, "(cn=b*emil*a*b)")])
@example([(1, "(&)"), (2, "(&)"), (3, "(|)")])
def test_one_search_after_the_other_is_read_as_by_itself(some: list[tuple[int, str]]) -> None:
    layouts = Layouts()
    messages = [search(*one) for one in some]
    for data in [*messages, *messages]:
        read, alone = layouts.decode(data), decode_message(data)
        assert (read, read.octets) == (alone, alone.octets)


@given(_filters, st.data())
def test_whatever_octets_are_others_it_is_read_as_by_itself_or_not_at_all(
    text: str, data: st.DataObject
) -> None:
    one = search(5, text)
    changed = bytearray(one)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(one) - 1))] = data.draw(st.integers(0, 255))
    read = layout(one).read(bytes(changed))
    assert read is None or read == decoded(bytes(changed))


@pytest.mark.parametrize("by", [-1, 1])
def test_no_other_length_is_read(by: int) -> None:
    one = search(5, "(cn=anna)")
    assert layout(one).read(one[:by] if by < 0 else one + b"\0") is None


def test_an_id_that_is_none_is_not_read() -> None:
    one = search(200, "(cn=anna)")
    known = layout(one)
    at = one.index(wire.integer(200)) + 2
    for id_, is_one in (
        (b"\x00\xc8", True),
        (b"\x7f\xff", True),
        (b"\xff\xff", False),
        (b"\0\0", False),
    ):
        other = one[:at] + id_ + one[at + 2 :]
        assert (known.read(other) is not None) is is_one
        assert known.read(other) == decoded(other)


def _compared(messages: Iterable[bytes]) -> list[bool]:
    """Return which of ``messages`` were read by comparison."""
    layouts = Layouts()
    about = []
    for data in messages:
        request = layouts.decode(data).op
        assert isinstance(request, SearchRequest)
        about.append(request.about)
    # What is read by comparison has all but its words from another.
    return [
        one is not None and one is before for one, before in zip(about[1:], about, strict=False)
    ]


def test_what_differs_in_words_alone_is_read_by_comparison() -> None:
    names = "cn", "telephoneNumber"
    asked = [
        search(1, "(|(cn=an*)(sn=an*))", "dc=example", *names),
        search(2, "(|(cn=em*)(sn=em*))", "dc=example", *names),
        search(3, "(|(cn=em*)(sn=an*))", "dc=example", *names),
        search(4, "(|(sn=em*)(cn=an*))", "dc=example", *names),
        search(5, "(|(sn=em*)(cn=an*))", "dc=example"),
    ]
    assert _compared(asked) == [True, True, False, False]


def test_what_has_a_control_or_a_rule_or_is_long_is_not_kept() -> None:
    control = wire.message(1, wire.search("", "(cn=a)"), [wire.control("1.2.3")])
    for data in (control, search(1, "(cn:2.5.13.2:=a)"), search(1, f"(cn={'a' * 600})")):
        assert _compared([data, data]) == [False]


def test_of_each_length_the_last_few_are_kept() -> None:
    layouts = Layouts()

    def about(name: str) -> object:
        request = layouts.decode(search(1, f"({name}=a)")).op
        assert isinstance(request, SearchRequest)
        return request.about

    first = [about(name) for name in ("cn", "sn", "ou", "on", "no")]
    assert [
        about(name) is before
        for name, before in zip(("no", "sn"), (first[4], first[1]), strict=True)
    ] == [True, True]
    assert about("cn") is not first[0]
    # Which took the place of another.
    assert about("sn") is not first[1]
