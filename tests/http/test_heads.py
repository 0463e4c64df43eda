"""Reading heads: the pure part, with whatever bytes there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dirserver.http.head import BodyLimit, RequestHead, body_length, parse_head
from dirserver.http.limits import Limits
from dirserver.http.refusal import Refusal
from dirserver.http.target import parse_target

LIMITS = Limits()
PIECES = [
    b"GET",
    b" ",
    b"/",
    b"%41%00",
    b"http://x",
    b"*",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"\r\n",
    b"\n",
    b"\0",
    b"Host: x",
    b"Content-Length: 1",
    b"Content-Length",
    b"Transfer-Encoding: chunked",
    b":",
    b"\xe4",
]


@given(st.one_of(st.binary(), st.lists(st.sampled_from(PIECES)).map(b"".join)))
def test_whatever_is_sent_is_read_or_refused(block: bytes) -> None:
    try:
        head = parse_head(block, LIMITS)
        target = parse_target(head)
        length = body_length(head, BodyLimit(LIMITS.body))
    except Refusal:
        return
    assert target.path.startswith(b"/")
    assert length is None or 0 <= length <= LIMITS.body


NAMES = st.sampled_from(["Host", "Depth", "If-Match", "X-a.b!#", "DEPTH", "depth"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")).map(
    lambda value: value.strip(" \t")
)


@given(st.lists(st.tuples(NAMES, VALUES, st.sampled_from(["", " ", " \t "])), max_size=20))
def test_a_well_formed_head_is_read_as_it_was_written(
    fields: list[tuple[str, str, str]],
) -> None:
    lines = [f"{name}:{space}{value}{space}" for name, value, space in fields]
    block = "\r\n".join(["PROPFIND /a%20b?c HTTP/1.1", *lines]).encode("latin-1")
    expected: dict[bytes, list[bytes]] = {}
    for name, value, _ in fields:
        expected.setdefault(name.lower().encode(), []).append(value.encode("latin-1"))
    assert parse_head(block, LIMITS) == RequestHead(b"PROPFIND", b"/a%20b?c", b"HTTP/1.1", expected)
