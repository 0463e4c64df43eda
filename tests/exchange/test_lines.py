"""Files are read a piece at a time; where a piece ends is nowhere to be seen."""

from __future__ import annotations

import codecs
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.exchange.lines import physical_lines
from dirserver.exchange.vcards import read_vcards
from tests.organisation import vcard


class Trickle(BytesIO):
    """A file that comes a few bytes at a time, as out of a pipe."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(self._size)


@given(
    st.lists(st.sampled_from([b"a", b"bc", b" ", b"\n", b"\r\n", b"\r", b"\r\r\n"]), max_size=30),
    st.integers(1, 7),
)
def test_lines_are_the_same_however_a_file_comes(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    if b"\r\r\r" in data:
        # How many lines that was meant to be, nobody can say.
        return
    assert list(physical_lines(Trickle(data, size))) == list(physical_lines(BytesIO(data)))


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_in_any_unicode_is_read_as_it_comes(charset: str) -> None:
    text = vcard("1", "Zoë 小明 😀").decode()
    cards = list(read_vcards(Trickle(text.encode(charset), 5)))
    assert [card.name for card in cards] == ["Zoë 小明 😀"]
    assert cards[0].body == text.encode()


def test_a_long_line_is_one_line() -> None:
    line = b"x" * 3_000_000
    data = codecs.BOM_UTF8 + line + b"\n" + line
    assert list(physical_lines(BytesIO(data))) == [(1, line), (2, line)]
