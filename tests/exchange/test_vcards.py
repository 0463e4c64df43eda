"""Reading vCard 3.0 and 4.0 files: what is kept, what is mended, and what is said about it."""

from __future__ import annotations

from uuid import UUID

import pytest

from dirserver.exchange.vcards import ReadCard, read_vcards, write_vcards
from dirserver.model.contentline import unescape, unfolded
from dirserver.model.vcard import VCard, parse_card

MADE_UID = "UID was missing; one was made from the card's content"


def one(data: bytes) -> ReadCard:
    (card,) = read_vcards(data)
    return card


def file(*lines: str, version: str = "3.0", charset: str = "utf-8") -> bytes:
    text = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])
    return text.encode(charset)


def stored(data: bytes) -> VCard:
    body = one(data).body
    assert body is not None
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert one(body).body == body
    return parse_card(body)


def value(data: bytes, name: str) -> str:
    line = stored(data).first(name)
    assert line is not None
    return unescape(line.value)


@pytest.mark.parametrize("version", ["3.0", "4.0"])
@pytest.mark.parametrize("line_break", [b"\r\n", b"\n", b"\r", b"\r\r\n"])
def test_a_good_card_keeps_all_but_its_line_ends(version: str, line_break: bytes) -> None:
    good = file(
        "UID:4711",
        "item1.TEL;type=pref:1",
        "item1.X-ABLabel:_$!<Main>!$_",
        "x-foo;A=b:c",
        "NOTE:one",
        " ,two",
        "\tthree",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ",
        "FN: Zoë ",
        version=version,
    )
    card = one(good.replace(b"\r\n", line_break))
    assert card == ReadCard(1, 1, good, "Zoë", "4711", ())


def test_the_spelling_of_begin_and_end_may_stay() -> None:
    good = file("UID:1", "FN:x").replace(b"VCARD", b"vCard")
    assert one(good).body == good
    assert one(good.replace(b":vCard", b" : vCard ")).body == file("UID:1", "FN:x")


def test_cards_come_one_by_one_with_their_places() -> None:
    data = file("UID:1", "FN:a") + b"\r\n\r\n" + file("UID:2", "FN:b", version="4.0")
    assert [(card.number, card.line, card.name, card.uid) for card in read_vcards(data)] == [
        (1, 1, "a", "1"),
        (2, 8, "b", "2"),
    ]


def test_a_missing_uid_is_the_same_at_every_reading() -> None:
    data = file("FN:x", "NOTE:a", " b", "REV:20200101T000000Z")
    card = one(data)
    assert card.notes == (MADE_UID,)
    assert UUID(card.uid).version == 5
    assert one(data.replace(b"\r\n", b"\n")).uid == card.uid
    # A program that exports the same card again dates it anew.
    assert one(data.replace(b"REV:2020", b"REV:2021")).uid == card.uid
    assert one(data.replace(b"FN:x", b"FN:y")).uid != card.uid
    # What is made has a UID like any other card.
    assert card.body is not None
    assert one(card.body).uid == card.uid


def test_a_made_uid_of_a_4_0_card_is_a_uri() -> None:
    assert one(file("FN:x", version="4.0")).uid.startswith("urn:uuid:")


def test_an_empty_uid_is_a_missing_one() -> None:
    card = stored(file("FN:x", "UID: "))
    assert card.uid
    assert len(card.all("UID")) == 1


@pytest.mark.parametrize("second", ["UID:2", "UID:" + "x" * 1001])
def test_a_uid_that_cannot_be_the_cards_is_kept_under_another_name(second: str) -> None:
    data = file("FN:x", "UID:1", second)
    assert one(data).uid == "1"
    assert value(data, "X-OTHER-UID") == second.removeprefix("UID:")
    assert one(data).notes == ("line 5: this UID cannot be the card's and was kept as X-OTHER-UID",)


@pytest.mark.parametrize(
    ("line", "name", "source"),
    [
        ("N:Müller;Jürgen;;Dr.;", "Dr. Jürgen Müller", "N"),
        ("NICKNAME:Jogi,J", "Jogi", "NICKNAME"),
        (r"ORG:Müller\, Söhne;Einkauf", "Müller, Söhne", "ORG"),
        ("EMAIL:a@example.org", "a@example.org", "EMAIL"),
        ("TEL;TYPE=FAX:+49 30 23125", "+49 30 23125", "TEL"),
        ("X-AIM:joe", "joe", "IMPP"),
        (r"NOTE:First line\nsecond", "First line", "NOTE"),
        ("ADR:;;Straße 1;Berlin;;;", "Straße 1", "ADR"),
    ],
)
def test_a_missing_name_is_made_of_the_best_that_there_is(
    line: str, name: str, source: str
) -> None:
    for empty in ((), ("FN:",), ("FN: ", "N:;;;;")):
        data = file("UID:1", *empty, line)
        card = one(data)
        assert card.name == name
        assert card.notes == (f"FN was missing; one was made from {source}",)
        assert value(data, "FN") == name
    # The better source wins.
    assert one(file("UID:1", "NOTE:n", "TEL:1", line, "EMAIL:z@z")).name in (name, "z@z", "1")


def test_an_organisation_without_a_person_shows_as_one() -> None:
    assert value(file("UID:1", "ORG:Acme"), "X-ABSHOWAS") == "COMPANY"
    assert value(file("UID:1", "ORG:Acme", version="4.0"), "KIND") == "org"
    assert len(stored(file("UID:1", "ORG:Acme", "X-ABShowAs:COMPANY")).all("X-ABSHOWAS")) == 1
    assert stored(file("UID:1", "N:Doe;;;;", "ORG:Acme")).first("X-ABSHOWAS") is None


def test_a_card_with_a_picture_only_is_kept() -> None:
    card = one(file("UID:1", "PHOTO;ENCODING=b:/9j/4AAQ"))
    assert card.name == "(no name)"
    assert card.notes == ("FN was missing; it has no name at all",)


@pytest.mark.parametrize(
    "lines", [(), ("UID:1",), ("REV:2020",), ("FN:", "N:;;;;", "TEL:"), ("junk",)]
)
def test_a_card_that_says_nothing_is_reported_and_not_kept(lines: tuple[str, ...]) -> None:
    card = one(file(*lines))
    assert card.body is None
    assert card.notes[-1] == "there is nothing in it that a person could read"


def test_long_lines_are_folded_between_characters() -> None:
    note = "NOTE:" + "ü€😀" * 100
    assert unfolded(file("UID:1", "FN:x", note).decode())[4] == note
    body = one(file("UID:1", "FN:x", note)).body
    assert body is not None
    assert note in unfolded(body.decode())
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    for line in body.split(b"\r\n"):
        line.decode()


def test_folds_through_a_character_are_mended_without_a_word() -> None:
    data = file("UID:1", "FN:x", "NOTE:Müller")
    cut = data.replace("ü".encode(), b"\xc3\r\n \xbc")
    assert one(cut).body == data
    assert one(cut).notes == ()


def test_control_characters_are_removed() -> None:
    data = file("UID:1", "FN:a\x00b\x0bc", "NOTE:tab\tstays\ufffe")
    assert value(data, "FN") == "abc"
    assert value(data, "NOTE") == "tab\tstays"
    assert one(data).notes == ("lines 4 and 5: control characters were removed",)


def test_what_is_not_utf_8_is_read_as_windows_1252() -> None:
    data = file("UID:1", "FN:Zoë Müller", "NOTE:5 € – „gut“", charset="cp1252")
    assert value(data, "FN") == "Zoë Müller"
    assert value(data, "NOTE") == "5 € – „gut“"
    assert one(data).notes == ("lines 4 and 5: this is not UTF-8 and was read as Windows-1252",)


def test_one_broken_octet_does_not_spoil_a_line_of_utf_8() -> None:
    data = file("UID:1", "FN:Ñandú").replace("ú".encode(), "ú".encode() + b"\xc3")
    assert value(data, "FN") == "Ñandú\ufffd"
    assert one(data).notes == ("line 4: bytes that are not UTF-8 were replaced by \ufffd",)


def test_octets_of_no_encoding_are_replaced() -> None:
    data = file("UID:1", "FN:x@").replace(b"@", b"\x81")
    assert value(data, "FN") == "x\ufffd"
    assert one(data).notes == ("line 4: bytes of no known encoding were replaced by \ufffd",)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_files_in_other_encodings_are_read(charset: str) -> None:
    good = file("UID:1", "FN:Ольга 😀")
    assert one(good.decode().encode(charset)).body == good
    if charset == "utf-16-be":
        assert one(b"\xfe\xff" + good.decode().encode(charset)).body == good


def test_a_charset_in_a_3_0_card_is_honoured_and_dropped() -> None:
    latin = file("UID:1", "FN;CHARSET=ISO-8859-1:Zoë", charset="latin-1")
    assert value(latin, "FN") == "Zoë"
    assert b"CHARSET" not in (one(latin).body or b"")
    utf8 = file("UID:1", "FN;CHARSET=UTF-8:Zoë")
    assert one(utf8).body == utf8


def test_quoted_printable_in_a_3_0_card_is_decoded() -> None:
    data = file(
        "UID:1",
        "FN;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB",
        "NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0A=",
        r"b\, c=",
        "d",
        "ADR;ENCODING=QUOTED-PRINTABLE:;;Stra=C3=9Fe 1=3B 2;Berlin;;;",
    )
    assert value(data, "FN") == "Zoë"
    assert value(data, "NOTE") == "a\nb, cd"
    assert value(data, "ADR") == ";;Straße 1; 2;Berlin;;;"
    assert b"1\\; 2;Berlin" in (one(data).body or b"")
    assert one(data).notes == (
        "lines 4, 5 and 8: this is written as in vCard 2.1 and was rewritten",
    )


def test_a_fold_through_an_encoded_character_is_no_soft_line_break() -> None:
    data = file("UID:1", "FN;ENCODING=QUOTED-PRINTABLE:Zo=C3=", " AB", "NOTE:x")
    assert value(data, "FN") == "Zoë"
    data = file("UID:1", "FN;ENCODING=QUOTED-PRINTABLE:Zo=", " =C3=AB", "NOTE:x")
    assert value(data, "FN") == "Zoë"


def test_bare_types_in_a_3_0_card_get_their_name() -> None:
    data = file("UID:1", "FN:x", "item1.Tel;WORK,Voice;PREF:1", "TEL;TYPE=HOME;FAX:2")
    assert b"item1.Tel;TYPE=WORK,Voice,PREF:1\r\n" in (one(data).body or b"")
    assert b"TEL;TYPE=HOME,FAX:2\r\n" in (one(data).body or b"")


def test_base64_that_was_not_folded_is_joined() -> None:
    data = file("UID:1", "FN:x", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/", "4AAQ", "SkZJ", "TEL:1")
    assert value(data, "PHOTO") == "/9j/4AAQSkZJ"
    assert value(data, "TEL") == "1"
    assert one(data).notes == ("line 5: the base64 was not folded and was joined",)


def test_text_in_base64_becomes_text_in_a_3_0_card_too() -> None:
    assert value(file("UID:1", "FN:x", "NOTE;BASE64:w4RyZ2VyLCBqYTsg"), "NOTE") == "Ärger, ja; "


@pytest.mark.parametrize(
    ("damaged", "kept"),
    [("/9j/4AAQS", "/9j/4AAQ"), ("/9j/4AAQSk", "/9j/4AAQSk=="), ("/9j*/4?AA", "/9j/4AA=")],
)
def test_damaged_base64_is_kept_as_far_as_it_can_be_read(damaged: str, kept: str) -> None:
    data = file("UID:1", "FN:x", f"PHOTO;ENCODING=b:{damaged}")
    assert value(data, "PHOTO") == kept
    assert one(data).notes == ("line 5: the base64 is damaged; what can be read of it was kept",)


def test_a_damaged_data_uri_is_told_and_kept() -> None:
    data = file("UID:1", "FN:x", "PHOTO:data:image/jpeg;base64,/9j/4", version="4.0")
    assert one(data).body == data
    assert one(data).notes == (
        "line 5: the base64 of this data URI is damaged; it was kept as it is",
    )


def test_a_note_that_goes_on_in_the_first_column_is_one_note() -> None:
    data = file("UID:1", "FN:x", "NOTE:one", "two", "three", "TEL:1")
    assert value(data, "NOTE") == "one\ntwo\nthree"
    assert one(data).notes == (
        "lines 6 and 7: this is no property and was taken as going on with the text above",
    )


@pytest.mark.parametrize("junk", ["junk, with; a, comma", "Ä:b", "BEGIN:VNOTE", "END:VNOTE"])
def test_what_is_no_property_is_kept_as_text(junk: str) -> None:
    data = file("UID:1", "FN:x", junk)
    assert value(data, "X-UNREADABLE") == junk
    assert one(data).notes == ("line 5: this is no property and was kept as X-UNREADABLE",)


def test_a_missing_version_is_3_0_and_a_second_one_is_left_out() -> None:
    assert one(b"BEGIN:VCARD\nUID:1\nFN:x\nEND:VCARD\n").body == file("UID:1", "FN:x")
    card = one(file("UID:1", "FN:x", "VERSION:4.0"))
    assert card.body == file("UID:1", "FN:x")
    assert card.notes == ("line 5: a second VERSION was left out",)


@pytest.mark.parametrize(
    ("said", "read"), [("3", "3.0"), ("4", "4.0"), ("9.9", "3.0"), ("", "3.0")]
)
def test_an_odd_version_is_told(said: str, read: str) -> None:
    card = one(file("UID:1", "FN:x", version=said))
    assert card.body == file("UID:1", "FN:x", version=read)
    assert card.notes == (f"line 2: VERSION was {said!r} and is read as {read}",)


def test_a_version_stays_where_it_is() -> None:
    data = b"BEGIN:VCARD\r\nFN:x\r\nVERSION:3.0\r\nNOTE:\xfc\r\nUID:1\r\nEND:VCARD\r\n"
    assert [line.name for line in stored(data).lines] == ["FN", "VERSION", "NOTE", "UID"]


def test_a_written_file_is_read_back_as_it_was() -> None:
    bodies = [file("UID:1", "FN:a"), file("UID:2", "FN:b", version="4.0")]
    written = b"".join(write_vcards([bodies[0].removesuffix(b"\r\n"), bodies[1]]))
    assert [card.body for card in read_vcards(written)] == bodies
    assert b"".join(write_vcards([])) == b""
