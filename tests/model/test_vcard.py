"""Cards that may be stored, and what is shown of them to whom not all may be shown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.errors import InvalidCard
from dirserver.model.contentline import logical_lines, parse_line
from dirserver.model.vcard import lines_named, parse_card, uid_of, without

CARD = (
    "BEGIN:VCARD\r\n"
    "VERSION:3.0\r\n"
    "UID:4711\r\n"
    "FN:Zoë\r\n"
    "item1.TEL;TYPE=WORK:+49 30 23125\r\n"
    " -100\r\n"
    "item1.X-ABLabel:Empfang\r\n"
    "TEL;TYPE=CELL:0171 3920000\r\n"
    "item2.ADR:;;Straße 1;Berlin;;;\r\n"
    "item2.X-ABLabel:Lager\r\n"
    "item2.X-ABADR:de\r\n"
    "END:VCARD\r\n"
)


def lines(*inner: str, version: str = "3.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *inner, "END:VCARD", ""]).encode()


def refusal(body: bytes) -> InvalidCard:
    with pytest.raises(InvalidCard) as caught:
        parse_card(body)
    return caught.value


def test_a_card_knows_its_version_uid_and_properties() -> None:
    card = parse_card(CARD.encode())
    assert (card.version, card.uid) == ("3.0", "4711")
    assert [line.value for line in card.all("TEL")] == ["+49 30 23125-100", "0171 3920000"]
    first = card.first("TEL")
    assert first is not None
    assert first.group == "item1"
    assert card.first("NOTE") is None
    assert [line.name for line in card.lines][:3] == ["VERSION", "UID", "FN"]


@pytest.mark.parametrize(
    "body",
    [
        CARD.replace("\r\n", "\n").encode(),
        CARD.replace("\r\n", "\r").encode(),
        CARD.replace("VCARD", "vCard").replace("BEGIN", "begin").encode(),
        CARD.replace("\r\n", "\r\n\r\n").replace("\r\n\r\n -", "\r\n -").encode(),
        b"\r\n \r\n" + CARD.encode() + b"\n\n",
        CARD.removesuffix("\r\n").encode(),
        CARD.replace("VERSION:3.0", "VERSION: 4.0 ").encode(),
    ],
    ids=["LF", "CR", "case", "blank lines", "blank around", "no last line break", "spaces"],
)
def test_what_every_reader_forgives_is_forgiven(body: bytes) -> None:
    assert parse_card(body).uid == "4711"


def test_a_card_may_lack_uid_name_and_everything() -> None:
    card = parse_card(lines())
    assert card.uid == ""
    assert [line.name for line in card.lines] == ["VERSION"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the card is empty"),
        (b"\r\n\r\n", "the card is empty"),
        (b"hello", "line 1: a card begins with BEGIN:VCARD"),
        (b"FN:x\r\nBEGIN:VCARD\r\n", "line 1: a card begins with BEGIN:VCARD"),
        (b"BEGIN:VCALENDAR\r\n", "line 1: a card begins with BEGIN:VCARD"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "the card is cut off: there is no END:VCARD"),
        (lines("END:VEVENT"), "line 3: a card ends with END:VCARD"),
        (lines("FN:x") + lines("FN:y"), "line 5: there is something after END:VCARD"),
        (lines() + b"hello", "line 4: there is something after END:VCARD"),
        (lines("BEGIN:VCARD"), "line 3: there is a second BEGIN before END:VCARD"),
        (lines("VERSION:3.0"), "line 3: this is a second VERSION"),
        (lines("UID:1", "UID:1"), "line 4: this is a second UID"),
        (b"BEGIN:VCARD\nFN:x\nEND:VCARD\n", "the card does not say its VERSION"),
        (lines("NOTE:a", " b", "nonsense"), "line 5: there is no colon, so this is not a property"),
        (lines("UID:" + "ü" * 501), "line 3: a UID has at most 1000 bytes"),
        (b"\xef\xbb\xbf" + lines(), "line 1: the card begins with a byte order mark"),
        (lines("FN:Zo\xeb").replace(b"\xc3\xab", b"\xeb"), "line 3: the text is not UTF-8"),
        (lines("FN:a\x00"), "line 3: a card cannot hold the character U+0000"),
        (lines("FN:x", "NOTE:a\x0bb"), "line 4: a card cannot hold the character U+000B"),
        (lines("FN:a\ufffe"), "line 3: a card cannot hold the character U+FFFE"),
        (lines().replace(b"3.0", b"\xed\xa0\x80"), "line 2: the text is not UTF-8"),
    ],
)
def test_a_refusal_says_where_and_why(body: bytes, reason: str) -> None:
    error = refusal(body)
    assert error.reason == reason
    assert not error.unsupported_version


@pytest.mark.parametrize("version", ["2.1", "5.0", "", "3.0beta"])
def test_other_versions_are_refused_as_such(version: str) -> None:
    error = refusal(lines("FN:x", version=version))
    assert error.unsupported_version
    assert error.reason == f"line 2: this server keeps vCard 3.0 and 4.0, not {version!r}"


def test_a_uid_of_a_thousand_bytes_is_kept() -> None:
    assert parse_card(lines("UID:" + "ü" * 500)).uid == "ü" * 500


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_card_or_refused(inner: bytes) -> None:
    for body in (inner, b"BEGIN:VCARD\nVERSION:4.0\n" + inner + b"\nEND:VCARD"):
        with suppress(InvalidCard):
            parse_card(body)


def test_hidden_properties_go_with_their_folds_and_labels() -> None:
    assert without(CARD.encode(), frozenset({"TEL"})).decode() == (
        "BEGIN:VCARD\r\n"
        "VERSION:3.0\r\n"
        "UID:4711\r\n"
        "FN:Zoë\r\n"
        "item2.ADR:;;Straße 1;Berlin;;;\r\n"
        "item2.X-ABLabel:Lager\r\n"
        "item2.X-ABADR:de\r\n"
        "END:VCARD\r\n"
    )
    assert "item2" not in without(CARD.encode(), frozenset({"ADR"})).decode()


def test_a_label_stays_while_its_group_holds_something_else() -> None:
    body = lines("Item1.TEL:1", "item1.URL:x", "ITEM1.X-ABLabel:y")
    assert without(body, frozenset({"TEL"})) == lines("item1.URL:x", "ITEM1.X-ABLabel:y")


def test_the_address_in_an_x_abadr_never_outlives_its_address() -> None:
    body = lines("item1.ADR:;;a;;;;", "item1.TEL:1", "item1.X-ABADR:a", "item1.X-ABLabel:b")
    assert without(body, frozenset({"ADR"})) == lines("item1.TEL:1", "item1.X-ABLabel:b")


def test_labels_of_nothing_hidden_stay() -> None:
    body = lines("item1.X-ABLabel:a", "X-ABLabel:b", "X-ABADR:de")
    assert without(body, frozenset({"TEL", "ADR"})) == body


def test_nothing_hidden_leaves_every_byte() -> None:
    body = b"\n" + CARD.encode().replace(b"\r\n", b"\n") + b"\r\n\r"
    assert without(body, frozenset()) == body
    assert without(body, frozenset({"PHOTO"})) == body


NAMES = st.sampled_from(["TEL", "NOTE", "X-Foo", "Adr", "bday"])
PIECES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)
VALUES = st.lists(PIECES, max_size=3).map("\r\n ".join)
PROPERTIES = st.lists(st.tuples(NAMES, VALUES), max_size=8)
HIDDEN = st.frozensets(st.sampled_from(["TEL", "NOTE", "X-FOO", "ADR", "BDAY"]))


@given(PROPERTIES, HIDDEN, st.sampled_from(["\r\n", "\n"]))
def test_exactly_the_hidden_properties_go(
    properties: list[tuple[str, str]], hidden: frozenset[str], line_break: str
) -> None:
    def card(kept: list[tuple[str, str]]) -> bytes:
        inner = [f"{name}:{value}{line_break}" for name, value in kept]
        return "".join(["BEGIN:VCARD\nVERSION:4.0\n", *inner, "END:VCARD\n"]).encode()

    visible = [(name, value) for name, value in properties if name.upper() not in hidden]
    shown = without(card(properties), hidden)
    assert shown == card(visible)
    names = {parse_line(line.text).name for line in logical_lines(shown.decode())}
    assert names.isdisjoint(hidden)


def test_the_lines_of_some_names_are_those_that_the_whole_card_has() -> None:
    text = 'BEGIN:VCARD\nVERSION:3.0\nitem1.tel;X="a:b.NOTE;":1\nfn:An\n na\nNOTE.X:y\nEND:VCARD\n'
    body = text.encode()
    for names in ({"TEL"}, {"FN", "VERSION"}, {"X", "BEGIN", "END"}, {"NOTE"}):
        there = [line for line in parse_card(body).lines if line.name in names]
        assert lines_named(body, frozenset(names)) == there


@pytest.mark.parametrize(
    "said",
    [
        "UID:4711",
        "uid;VALUE=text:4711",
        "item1.UID:urn:uuid:4711",
        'a.b.Uid;X="1:2;3": 47\\,11 ',
        "UI\r\n D:folded\r\n\t in its name",
        "NOTE:UID:none\r\nX-UID:none\r\nUID.X:none\r\nuıd:none\r\nUID.UID:4711",
        "NOTE:none",
    ],
)
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_a_uid_alone_is_read_as_it_is_with_the_card(said: str, line_break: str) -> None:
    body = lines(said).replace(b"\r\n", line_break.encode())
    if "ı" in said:
        assert uid_of(body) == "4711"
    else:
        assert uid_of(body) == parse_card(body).uid


@given(st.text('UID.:;="\\ \r\n\tx,', max_size=40))
def test_a_uid_alone_is_that_of_the_card_whatever_that_says(text: str) -> None:
    body = lines(text)
    uid = uid_of(body)
    with suppress(InvalidCard):
        assert parse_card(body).uid == uid


def test_what_is_no_card_has_no_uid_or_any() -> None:
    for body in (b"", b"\xff\xfe", b"UID", b'UID;X="', b"UID:1", b"\r\nUID:1\nUID:2"):
        assert uid_of(body) in ("", "1")
