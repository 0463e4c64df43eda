"""vCard 2.1: what it says is said in 3.0, whatever it is written in."""

from __future__ import annotations

import pytest

from dirserver.exchange.vcards import ReadCard, read_vcards
from dirserver.model.contentline import ContentLine, split_value, unescape
from dirserver.model.vcard import parse_card


def read(*lines: str | bytes) -> ReadCard:
    octets = [line if isinstance(line, bytes) else line.encode() for line in lines]
    data = b"\r\n".join([b"BEGIN:VCARD", b"VERSION:2.1", b"UID:1", b"FN:x", *octets])
    (card,) = read_vcards(data + b"\r\nEND:VCARD\r\n")
    return card


def line(*lines: str | bytes, name: str) -> ContentLine:
    body = read(*lines).body
    assert body is not None
    card = parse_card(body)
    assert card.version == "3.0"
    found = card.first(name)
    assert found is not None
    return found


def value(*lines: str | bytes, name: str = "NOTE") -> str:
    return unescape(line(*lines, name=name).value)


def parts(*lines: str | bytes, name: str) -> list[str]:
    return [unescape(part) for part in split_value(line(*lines, name=name).value, ";")]


def test_bare_words_become_types() -> None:
    found = line("TEL; WORK ;VOICE;X-Foo=bar;LANGUAGE=de:1", name="TEL")
    assert found.params == (
        ("TYPE", ("WORK", "VOICE")),
        ("X-FOO", ("bar",)),
        ("LANGUAGE", ("de",)),
    )


def test_a_card_without_fault_is_converted_without_a_word() -> None:
    assert read("TEL;WORK:1", "NOTE;QUOTED-PRINTABLE:=C3=84").notes == ()


@pytest.mark.parametrize(
    "head", ["ENCODING=QUOTED-PRINTABLE", "QUOTED-PRINTABLE", "quoted-printable"]
)
def test_quoted_printable_is_decoded(head: str) -> None:
    assert value(f"NOTE;{head}:=C3=84rger=0D=0Aund=", " mehr= ", "=3D1", "TEL:1") == (
        "Ärger\nund mehr=1"
    )


def test_an_empty_line_ends_quoted_printable() -> None:
    lines = ("NOTE;QUOTED-PRINTABLE:=C3=84=", "", "TEL:1")
    assert value(*lines) == "Ä"
    assert value(*lines, name="TEL") == "1"


def test_the_end_of_the_card_ends_quoted_printable() -> None:
    assert value("NOTE;QUOTED-PRINTABLE:=C3=84=") == "Ä"


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("ISO-8859-1", "latin-1"),
        ("iso-8859-1", "cp1252"),
        ("ISO-8859-15", "iso-8859-15"),
        ("windows-1252", "cp1252"),
        ("", "cp1252"),
        ("no-such-thing", "utf-8"),
        ("unicode_escape", "utf-8"),
    ],
)
def test_a_charset_is_honoured_line_by_line(charset: str, codec: str) -> None:
    head = f";CHARSET={charset}" if charset else ""
    text = "Zoë Müller, 5 €" if codec in ("utf-8", "cp1252", "iso-8859-15") else "Zoë Müller"
    octets = text.encode(codec)
    encoded = "".join(f"={octet:02X}" for octet in octets)
    assert value(f"NOTE{head}:".encode() + octets) == text
    assert value(f"NOTE{head};ENCODING=QUOTED-PRINTABLE:{encoded}") == text
    assert value("NOTE:Zoë", f"ROLE{head}:".encode() + octets) == "Zoë"


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("SHIFT_JIS", "shift_jis", "表示ソフト"),
        ("ISO-2022-JP", "iso-2022-jp", "山田"),
        ("GB2312", "gb2312", "王小明"),
        ("Big5", "big5", "許功蓋"),
        ("KOI8-R", "koi8-r", "Ольга"),
        ("windows-1251", "cp1251", "Ольга"),
        ("EUC-KR", "euc-kr", "김철수"),
    ],
)
def test_asian_and_cyrillic_charsets_keep_the_parts_of_a_name(
    charset: str, codec: str, text: str
) -> None:
    octets = f"{text};{text};;;".encode(codec)
    assert parts(f"N;CHARSET={charset}:".encode() + octets, name="N") == [text, text, "", "", ""]


def test_a_backslash_is_a_backslash_but_before_a_separator() -> None:
    assert value(r"NOTE:C:\temp\\server a\;b\,c\:d") == r"C:\temp\\server a;b,c:d"
    assert parts(r"ADR:;;Stra\;e;C:\temp;;;", name="ADR")[2:4] == ["Stra;e", r"C:\temp"]


def test_a_borrowed_line_break_is_one_unless_the_line_is_encoded() -> None:
    assert value(r"NOTE:one\ntwo") == "one\ntwo"
    assert value(r"NOTE;QUOTED-PRINTABLE:C:\new") == r"C:\new"


def test_commas_and_semicolons_of_a_text_are_escaped() -> None:
    assert line("NOTE:a,b;c", name="NOTE").value == r"a\,b\;c"
    assert line("N:von Ähm, Jr.;A", name="N").value == r"von Ähm\, Jr.;A"


def test_an_encoded_semicolon_separates_nothing() -> None:
    assert parts("ADR;QUOTED-PRINTABLE:;;a=3Bb=3bc;Berlin;;;", name="ADR")[2:4] == [
        "a;b;c",
        "Berlin",
    ]
    # Some encode each octet of a value; then it is the separators that are encoded.
    assert parts("N;QUOTED-PRINTABLE:=44=6F=65=3B=4A=6F=65", name="N") == ["Doe", "Joe"]


def test_uris_numbers_and_dates_are_not_escaped() -> None:
    for text in ("URL:http://x/a,b;c", "TEL:123,,4;5", "REV:2020", "BDAY:1970-01-02"):
        name, _, said = text.partition(":")
        assert line(text, name=name).value == said
    assert line("URL;QUOTED-PRINTABLE:http://x/=3Ba;b", name="URL").value == "http://x/;a;b"


def test_a_position_has_a_semicolon_in_3_0() -> None:
    assert line("GEO:37.24,-17.87", name="GEO").value == "37.24;-17.87"


def test_categories_stay_a_list() -> None:
    assert line("CATEGORIES:A,B", name="CATEGORIES").value == "A,B"


def test_a_fold_of_2_1_keeps_its_blank() -> None:
    assert value("NOTE:This goes", " on, and", "\ton") == "This goes on, and\ton"
    # Before the colon a blank means nothing.
    assert line("TEL;WORK;", " VOICE:1", name="TEL").param("TYPE") == ("WORK", "VOICE")


@pytest.mark.parametrize(
    "lines",
    [
        ("PHOTO;JPEG;BASE64:/9j/4AAQ", "SkZJ", "", "TEL:1"),
        ("PHOTO;JPEG;ENCODING=BASE64:", " /9j/4AAQ", "  SkZJ", "TEL:1"),
        ("PHOTO;TYPE=JPEG;ENCODING=b:/9j/4AAQSkZJ", "TEL:1"),
        ("PHOTO;JPEG;base64:", "", "/9j/4AAQ", "SkZJ", "", "TEL:1"),
    ],
)
def test_base64_is_kept_however_its_lines_were_continued(lines: tuple[str, ...]) -> None:
    photo = line(*lines, name="PHOTO")
    assert photo.value == "/9j/4AAQSkZJ"
    assert photo.params == (("TYPE", ("JPEG",)), ("ENCODING", ("b",)))
    assert value(*lines, name="TEL") == "1"


def test_text_in_base64_becomes_text() -> None:
    assert value("NOTE;CHARSET=UTF-8;BASE64:w4RyZ2VyLCBqYQ==") == "Ärger, ja"


@pytest.mark.parametrize("place", ["VALUE=URL", "URL", "VALUE=uri"])
def test_a_picture_elsewhere_stays_an_address(place: str) -> None:
    photo = line(f"PHOTO;GIF;{place}:http://x/a,b.gif", name="PHOTO")
    assert photo.value == "http://x/a,b.gif"
    assert photo.param("VALUE") == ("uri",)
    assert photo.param("TYPE") == ("GIF",)


def test_groups_labels_and_unknown_properties_are_kept() -> None:
    card = read(
        "A.TEL;X-Own:1",
        "A.X-ABLabel;QUOTED-PRINTABLE:B=C3=BCro",
        "LABEL;WORK;QUOTED-PRINTABLE:a=0D=0Ab",
        r"X-ANDROID-CUSTOM:vnd.android/nickname;A\;B,C;1;;",
        "SOUND;X-IRMC-N;CHARSET=UTF-8:Yamada;Taro;;;",
        "MAILER:x",
    )
    assert card.body is not None
    assert card.body.decode().split("\r\n")[4:-2] == [
        "A.TEL;TYPE=X-Own:1",
        "A.X-ABLabel:Büro",
        r"LABEL;TYPE=WORK:a\nb",
        r"X-ANDROID-CUSTOM:vnd.android/nickname;A\;B\,C;1;;",
        "SOUND;TYPE=X-IRMC-N:Yamada;Taro;;;",
        "MAILER:x",
    ]


def test_an_agent_is_kept_as_the_text_of_its_card() -> None:
    nested = ["BEGIN:VCARD", "VERSION:2.1", "FN:Fred, the Agent", "AGENT:", "BEGIN:VCARD"]
    nested += ["FN:Deep", "END:VCARD", r"NOTE:C:\new\;", "END:VCARD"]
    lines = ("AGENT:", *nested, "TEL:1")
    assert value(*lines, name="AGENT") == "\n".join(nested)
    assert value(*lines, name="TEL") == "1"
    assert read(*lines).name == "x"


def test_a_lonely_quote_in_a_head_is_nothing() -> None:
    assert line('TEL;WORK;X-A=5":1', name="TEL").value == "1"
    assert line('TEL;WORK;X-A=5":1', name="TEL").param("TYPE") == ("WORK",)


def test_versions_before_2_1_are_read_as_2_1() -> None:
    (card,) = read_vcards(b"BEGIN:VCARD\nVERSION:2.0\nFN;QUOTED-PRINTABLE:=41\nEND:VCARD")
    assert card.name == "A"
    assert card.body is not None
    assert parse_card(card.body).version == "3.0"
