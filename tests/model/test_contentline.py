"""Content lines: RFC 6350 section 3, RFC 6868 and the bare parameters of vCard 2.1."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.contentline import (
    ContentLine,
    LogicalLine,
    escape,
    fold,
    format_line,
    logical_lines,
    parse_line,
    split_value,
    unescape,
    unfolded,
)

# A token that is bare in a head, and text that can be a parameter's value or a value.
NAMES = st.from_regex(r"[A-Z0-9-]{1,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
PARAM_VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=20)
PARAMS = st.lists(
    st.tuples(NAMES, st.lists(PARAM_VALUES, min_size=1, max_size=3).map(tuple))
    | st.tuples(NAMES, st.just(())),
    max_size=4,
).map(tuple)
LINES = st.builds(ContentLine, st.just("") | NAMES, NAMES, PARAMS, TEXTS)
# Texts made of what decides where a line ends.
BROKEN_TEXTS = st.lists(
    st.sampled_from(["\r", "\n", "\r\n", " ", "\t", "a", "é", ":", "\x0b", "\u2028", "\x85"]),
    max_size=30,
).map("".join)


def test_a_line_goes_on_where_the_next_begins_with_a_space_or_a_tab() -> None:
    text = "NOTE:one\r\n  two\r\n\tthree\r\nFN:x\r\n"
    assert list(logical_lines(text)) == [
        LogicalLine("NOTE:one twothree", 0, 25, 1),
        LogicalLine("FN:x", 25, 31, 4),
    ]


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_every_kind_of_line_break_ends_and_folds_lines(line_break: str) -> None:
    text = line_break.join(["A:1", " 2", "B:3", ""])
    assert [line.text for line in logical_lines(text)] == ["A:12", "B:3"]
    assert [line.number for line in logical_lines(text)] == [1, 3]


def test_no_other_character_ends_a_line() -> None:
    text = "NOTE:a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg"
    assert [line.text for line in logical_lines(text)] == [text]


@given(BROKEN_TEXTS)
def test_spans_follow_each_other_without_a_gap(text: str) -> None:
    lines = list(logical_lines(text))
    assert "".join(text[line.start : line.end] for line in lines) == text
    assert [line.start for line in lines[1:]] == [line.end for line in lines[:-1]]


@given(BROKEN_TEXTS)
def test_unfolded_gives_the_texts_of_the_logical_lines(text: str) -> None:
    slow = [line.text for line in logical_lines(text)]
    fast = unfolded(text)
    assert fast + [""] * (len(slow) - len(fast)) == slow


@given(BROKEN_TEXTS)
def test_line_numbers_are_those_of_an_editor(text: str) -> None:
    for line in logical_lines(text):
        before = text[: line.start].replace("\r\n", "\n").replace("\r", "\n")
        assert line.number == before.count("\n") + 1


@given(LINES)
def test_a_line_that_was_written_is_read_as_it_was(line: ContentLine) -> None:
    assert parse_line(format_line(line)) == line


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=400))
def test_folding_is_undone_by_unfolding(text: str) -> None:
    octets = fold(f"X:{text}")
    assert [line.text for line in logical_lines(octets.decode())] == [f"X:{text}"]
    for piece in octets.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(piece) <= 75
        piece.decode()


def test_group_name_parameters_and_value_are_taken_apart() -> None:
    line = parse_line('item1.tel;type=HOME,"work,fax";PREF=1;X-a="x;y:z":+49 30;ext=1')
    assert line == ContentLine(
        "item1",
        "TEL",
        (("TYPE", ("HOME", "work,fax")), ("PREF", ("1",)), ("X-A", ("x;y:z",))),
        "+49 30;ext=1",
    )


def test_a_repeated_parameter_adds_to_its_values() -> None:
    line = parse_line("TEL;TYPE=WORK;PREF=2;TYPE=FAX:1")
    assert line.param("TYPE") == ("WORK", "FAX")
    assert line.param("PREF") == ("2",)
    assert line.param("LANGUAGE") == ()


def test_bare_words_of_2_1_keep_their_spelling_and_have_no_values() -> None:
    line = parse_line("TEL;Work;VOICE,MSG;ENCODING=QUOTED-PRINTABLE;:1")
    assert line.params == (
        ("Work", ()),
        ("VOICE", ()),
        ("MSG", ()),
        ("ENCODING", ("QUOTED-PRINTABLE",)),
    )


def test_types_are_all_of_them_in_lower_case_without_encodings() -> None:
    line = parse_line('TEL;WORK;QUOTED-PRINTABLE;TYPE=Voice,pref;TYPE="cell,text":1')
    assert line.types() == {"work", "voice", "pref", "cell", "text"}
    assert parse_line("PHOTO;BASE64;JPEG:x").types() == {"jpeg"}
    assert parse_line("TEL;TYPE=:1").types() == frozenset()
    assert parse_line("TEL:1").types() == frozenset()


def test_carets_in_parameters_are_decoded_as_rfc_6868_says() -> None:
    line = parse_line("ADR;LABEL=\"^'A^^B^'^nC^x\":;;;;;;")
    assert line.param("LABEL") == ('"A^B"\nC^x',)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no property", "no colon"),
        ("", "no colon"),
        (":value", "name of a property"),
        ("two words:value", "name of a property"),
        ("item1.:value", "name of a property"),
        ("ÄÖ:value", "name of a property"),
        ("FN;=x:value", "no proper name"),
        ('FN;"a:b"=x:value', "no proper name"),
        ('FN;X="never closed:value', "closing quote"),
        ('FN;X="a;b:c"', "no colon"),
    ],
)
def test_what_is_no_property_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_line(text)


def test_kde_names_with_a_slash_are_names() -> None:
    assert parse_line("X-messaging/aim-All:joe").name == "X-MESSAGING/AIM-ALL"


def test_values_are_split_at_separators_without_a_backslash_only() -> None:
    assert split_value(r"a;b\;c;\\;d\\\;e", ";") == ["a", r"b\;c", r"\\", r"d\\\;e"]
    assert split_value("", ";") == [""]
    assert split_value(";", ";") == ["", ""]


def test_escapes_become_what_they_mean() -> None:
    assert unescape(r"a\nb\Nc\,d\;e\\f") == "a\nb\nc,d;e\\f"
    assert unescape(r"http\://x \"y\"") == 'http://x "y"'
    assert unescape(r"C:\temp\\new") == r"C:\temp\new"
    assert unescape("end\\") == "end\\"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_escaping_is_undone_by_unescaping(text: str) -> None:
    assert unescape(escape(text)) == text
    assert split_value(escape(text), ";") == [escape(text)]
    assert split_value(escape(text), ",") == [escape(text)]


@pytest.mark.parametrize(
    "text",
    [
        # vobject needs two seconds for 22 of these, and twice as long for each one more.
        "TEL;A" + "=a" * 100_000 + '"x',
        "TEL;A=" + '""' * 100_000 + ":x",
        "TEL;A=" + '"' * 199_999 + ":x",
        "TEL" + ";" * 200_000 + ":x",
        "TEL;A=" + "," * 200_000 + ":x",
        "TEL;A=" + "^" * 200_001 + ":x",
        "A." * 100_000 + "TEL:x",
        "x" * 200_000,
        "N:" + "\\" * 200_001 + ";" + "\\;" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_lines_take_linear_time(text: str) -> None:
    started = time.process_time()
    try:
        line = parse_line(text)
    except ValueError:
        pass
    else:
        line.types()
        split_value(line.value, ";")
        unescape(line.value)
    # Ten times what is needed; anything worse than linear needs minutes at the least.
    assert time.process_time() - started < 3


@pytest.mark.parametrize("piece", ["\r", "\n", "\r\n ", "\n\t", "\r\r\n", " \n", "\r\n", "\r "])
def test_hostile_folds_take_linear_time(piece: str) -> None:
    text = piece * 50_000
    started = time.process_time()
    assert sum(line.end - line.start for line in logical_lines(text)) == len(text)
    unfolded(text)
    assert time.process_time() - started < 3
