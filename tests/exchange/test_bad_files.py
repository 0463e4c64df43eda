"""Files that are no vCards, not whole, or made to do harm: a report, and never an exception."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.exchange.cardfile import MAX_CARD_LINES
from dirserver.exchange.vcards import ReadCard, read_vcards
from dirserver.model.derive import derive
from dirserver.model.vcard import parse_card

CORPUS = Path(__file__).parents[1] / "corpus"


def read(data: bytes) -> list[ReadCard]:
    """Read a file and hold what was promised of all files against it."""
    cards = list(read_vcards(data))
    assert cards
    assert [card.number for card in cards] == list(range(1, len(cards) + 1))
    for card in cards:
        if card.body is None:
            assert card.notes
            continue
        parsed = parse_card(card.body)
        derive(parsed)
        assert parsed.uid == card.uid != ""
        assert card.name
        assert all(len(line) <= 75 for line in card.body.split(b"\r\n"))
        # Nothing is left to mend in what was mended.
        assert [again.body for again in read_vcards(card.body)] == [card.body]
    return cards


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"", "the file is empty"),
        (b"\r\n\n \n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (bytes(range(256)) * 20, "this is no vCard file: there is no BEGIN:VCARD in it"),
        (b"PK\x03\x04" + b"\x00" * 500, "this is no vCard file: there is no BEGIN:VCARD in it"),
        (b"Name;Telefon\nx;1\n", "this is no vCard file: there is no BEGIN:VCARD in it"),
        (b"END:VCARD\n", "this is no vCard file: there is no BEGIN:VCARD in it"),
    ],
)
def test_a_file_without_cards_is_reported(data: bytes, note: str) -> None:
    (card,) = read(data)
    assert card.body is None
    assert card.notes == (note,)


def test_what_is_between_cards_is_reported() -> None:
    good = b"BEGIN:VCARD\nVERSION:3.0\nUID:1\nFN:x\nEND:VCARD\n"
    cards = read(b"From: me\n\n" + good + b"one\n\ntwo\n" + good + b"END:VCARD\n")
    assert [(card.line, card.body is None, card.notes) for card in cards] == [
        (1, True, ("line 1: this belongs to no card",)),
        (3, False, ()),
        (8, True, ("lines 8 to 10: this belongs to no card",)),
        (11, False, ()),
        (16, True, ("line 16: this belongs to no card",)),
    ]


def test_a_card_without_end_ends_with_the_next_card_or_the_file() -> None:
    first, second = read(
        b"BEGIN:VCARD\nVERSION:3.0\nUID:1\nFN:a\nBEGIN:VCARD\nVERSION:3.0\nUID:2\nFN:b\n"
    )
    assert (first.name, second.name) == ("a", "b")
    note = "the card is cut off: END:VCARD was missing and was added"
    assert first.notes == second.notes == (note,)


def test_a_photo_that_breaks_off_is_kept_as_far_as_it_goes() -> None:
    (card,) = read(b"BEGIN:VCARD\nVERSION:2.1\nUID:1\nFN:a\nPHOTO;BASE64:\n /9j/4\n AAQS")
    assert b"PHOTO;ENCODING=b:/9j/4AAQ\r\n" in (card.body or b"")
    assert card.notes == (
        "the card is cut off: END:VCARD was missing and was added",
        "line 5: the base64 is damaged; what can be read of it was kept",
    )


@pytest.mark.parametrize("name", ["outlook-2007.vcf", "rfc6350-example.vcf", "gmail-single.vcf"])
def test_a_file_may_break_off_anywhere(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    for length in range(0, len(data), 7):
        read(data[:length])


def test_a_card_of_too_many_lines_is_left_out_alone() -> None:
    lines = b"A:\n" * MAX_CARD_LINES
    good = b"BEGIN:VCARD\nVERSION:3.0\nUID:1\nFN:x\nEND:VCARD\n"
    long, short = read(b"BEGIN:VCARD\n" + lines + b"END:VCARD\n" + good)
    assert long.notes == (f"the card has more than {MAX_CARD_LINES} lines",)
    assert short.name == "x"


def test_many_faults_of_one_kind_are_one_remark() -> None:
    junk = b"".join(b"junk %d\n" % number for number in range(1000))
    (card,) = read(b"BEGIN:VCARD\nVERSION:3.0\nUID:1\nFN:x\n" + junk + b"END:VCARD\n")
    assert card.notes == (
        "lines 5, 6, 7, 8, 9 and 995 more: this is no property and was kept as X-UNREADABLE",
    )


HEAD = b"BEGIN:VCARD\nVERSION:2.1\nFN:x\n"
SIZE = 200_000


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 50_000_000,
        b"\r" * SIZE,
        b"\r\r\n" * SIZE,
        b"BEGIN:VCARD\n" + b" " * SIZE,
        b"BEGIN:VCARD\n" * (SIZE // 100),
        b"AGENT:\nBEGIN:VCARD\n" * (SIZE // 20),
        HEAD + b"AGENT:\nBEGIN:VCARD\n" * (SIZE // 20),
        HEAD + b"A" + b';"' * SIZE + b":x",
        HEAD + b"A" + b'\n "' * (SIZE // 20) + b":",
        HEAD + b"A;B=" + b"=a" * SIZE + b'"x',
        HEAD + b"junk\n" * (SIZE // 20),
        HEAD + b"NOTE:a\n" + b"junk\n" * (SIZE // 20),
        HEAD + b"NOTE;QUOTED-PRINTABLE:" + b"=\n" * SIZE,
        HEAD + b"NOTE;QUOTED-PRINTABLE:" + b"=C3" * SIZE,
        HEAD + b"PHOTO;BASE64:\n" + b"A\n" * (SIZE // 4),
        HEAD + b"X-A:" + b"\\;" * SIZE,
        HEAD + b"TEL" + b" " * SIZE + b"x:1",
        HEAD + b"NOTE;CHARSET=" + b"u" * SIZE + b":\xff",
        HEAD + b"NOTE:" + b"\xff" * SIZE,
    ],
    ids=lambda data: repr(data[-20:]),
)
def test_hostile_files_take_linear_time(data: bytes) -> None:
    started = time.process_time()
    assert list(read_vcards(data))
    # Several times what is needed; anything worse than linear needs minutes at the least.
    assert time.process_time() - started < 8


PIECES = [
    *(b"BEGIN:VCARD\r\n", b"END:VCARD\n", b"VERSION:2.1\n", b"VERSION:3.0\r\n", b"VERSION:4.0\n"),
    *(b"AGENT:\n", b"FN", b"N", b"UID:1\n", b"NOTE", b"PHOTO", b"item1.", b";QUOTED-PRINTABLE"),
    *(b";ENCODING=b", b";BASE64", b";CHARSET=iso-2022-jp", b";CHARSET=gb18030", b";TYPE=a,b"),
    *(b":", b":", b";", b",", b'"', b"^n", b"\\", b"\\n", b"=\r\n", b"=C3", b"=3B", b"\n", b"\n "),
    *(
        b"\r",
        b"\r\r\n",
        b"\t",
        b" ",
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\xbc",
        b"\xef\xbf\xbe",
        b"\x1b$B",
    ),
    *(b"AAAA", b"x", b"data:;base64,A", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8"),
]


@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    read(data)
    read(HEAD + data)
    read(b"BEGIN:VCARD\nVERSION:4.0\nFN:x\n" + data + b"\nEND:VCARD\n")


@given(
    st.sampled_from(sorted(CORPUS.glob("*.vcf"))),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 20)), max_size=8),
)
def test_real_cards_with_faults_put_in_are_read(
    path: Path, faults: list[tuple[float, bytes, int]]
) -> None:
    data = path.read_bytes()
    data = data[:2500] + data[-400:]
    for where, piece, lost in faults:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + lost :]
    read(data)
