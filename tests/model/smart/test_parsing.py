"""The language of smart books: what its texts mean, and where one that is misspelt is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.fields import Field
from dirserver.model.query import (
    EVERYTHING,
    GROUPS,
    NOTHING,
    PERSONS,
    And,
    Equals,
    Not,
    Or,
    Present,
    Query,
    Substring,
    resolve,
)
from dirserver.model.smart import vocabulary
from dirserver.model.smart.condition import books_named, in_book
from dirserver.model.smart.misspelt import Misspelt, place
from dirserver.model.smart.parsing import DEEPEST, LONGEST, MOST_VALUES, parse

VIP = Equals(Field.CATEGORY, "VIP")
BERLIN = Or((Equals(Field.WORK_LOCALITY, "Berlin"), Equals(Field.HOME_LOCALITY, "Berlin")))


def meaning(text: str, book: str = "customers") -> Query:
    """What ``text`` asks of the cards in a book."""
    return resolve(in_book(parse(text).condition, book), frozenset())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('categories = "VIP"', VIP),
        ("categories = 'VIP'", VIP),
        ('CATEGORIES  =\n"VIP"', VIP),
        ('categories != "VIP"', Not(VIP)),
        ('not categories = "VIP"', Not(VIP)),
        ('not not categories = "VIP"', VIP),
        ('categories in ("VIP", "Press")', Or((VIP, Equals(Field.CATEGORY, "Press")))),
        (
            'categories not in ("VIP", "Press")',
            And((Not(VIP), Not(Equals(Field.CATEGORY, "Press")))),
        ),
        ('org contains "gmbh"', Substring(Field.ORGANISATION, any=("gmbh",))),
        ('name starts with "Mül"', Substring(Field.FULL_NAME, initial="Mül")),
        ("has email", Present(Field.MAIL)),
        ("not has tel", Not(Present(Field.ANY_PHONE))),
        ('tel = "030 123"', Equals(Field.ANY_PHONE, "030 123")),
        ('city = "Berlin"', BERLIN),
        ('kind = "group"', GROUPS),
        ('kind = "individual"', PERSONS),
        ('kind in ("individual", "group")', Or((PERSONS, GROUPS))),
        ('x-custom1 = "a"', Equals(Field.CUSTOM_1, "a")),
        (r'title = "a \"b\" \\"', Equals(Field.TITLE, 'a "b" \\')),
        (r"title = 'it\'s'", Equals(Field.TITLE, "it's")),
        (
            'has tel and has email or categories = "VIP"',
            Or((And((Present(Field.ANY_PHONE), Present(Field.MAIL))), VIP)),
        ),
        (
            'has tel and (has email or categories = "VIP")',
            And((Present(Field.ANY_PHONE), Or((Present(Field.MAIL), VIP)))),
        ),
        ('not has tel and categories = "VIP"', And((Not(Present(Field.ANY_PHONE)), VIP))),
    ],
)
def test_a_query_means_what_it_says(text: str, expected: Query) -> None:
    assert meaning(text) == expected


def test_the_book_is_decided_on_before_any_card_is_looked_at() -> None:
    text = 'categories = "VIP" and book in ("customers", "partners")'
    assert meaning(text, "customers") == VIP
    assert meaning(text, "staff") == NOTHING
    assert meaning('book != "staff"', "customers") == EVERYTHING
    assert meaning('book != "staff"', "staff") == NOTHING
    either = 'book = "customers" or book = "partners" and categories = "VIP"'
    assert meaning(either, "customers") == EVERYTHING
    assert meaning(either, "partners") == VIP


def test_what_is_hidden_is_neither_found_nor_found_by_being_absent() -> None:
    hidden = frozenset({"CATEGORIES"})
    for text in ('categories = "VIP"', 'categories != "VIP"', "not has categories"):
        assert resolve(in_book(parse(text).condition, "customers"), hidden) == NOTHING


def test_the_books_are_named_with_their_places() -> None:
    text = '(book = "a" or not book in ("b", "c")) and has email'
    named = list(books_named(parse(text).condition))
    assert [one.name for one in named] == ["a", "b", "c"]
    assert [text[one.at : one.at + 3] for one in named] == ['"a"', '"b"', '"c"']


def test_the_same_query_in_another_spelling_is_the_same() -> None:
    one = parse('categories="VIP"  and has email')
    other = parse("Categories = 'VIP'\nAND HAS Email")
    assert one == other
    assert one.digest == other.digest != parse('categories = "vip" and has email').digest


@pytest.mark.parametrize(
    ("text", "at", "expected", "found"),
    [
        ("", 1, 'a field, "has", "not" or "("', "the end of the query"),
        ("categories", 11, '"contains" and "starts with"', "the end of the query"),
        ('category = "x"', 1, "a field", '"category"'),
        ('categories == "x"', 13, "a value between quotes", '"="'),
        ("categories = VIP", 14, "a value between quotes", '"VIP"'),
        ('categories = "VIP', 14, "a value that ends", "no such end"),
        (r'categories = "V\IP"', 14, "a backslash before", "no such end"),
        ("(has email", 11, '")"', "the end of the query"),
        ("has email)", 10, "the end of the query", '")"'),
        ("has email has tel", 11, '"and", "or"', '"has"'),
        ("has kind", 5, "a field", '"kind"'),
        ("has book", 5, "a field", '"book"'),
        ("has", 4, "a field", "the end of the query"),
        ('kind = "org"', 8, '"individual" or "group"', 'the value "org"'),
        ('kind contains "group"', 6, '"not in"', '"contains"'),
        ('book contains "x"', 6, '"not in"', '"contains"'),
        ('tel = "abc"', 7, "a telephone number", 'the value "abc"'),
        ('tel in ("030 1", "abc")', 18, "a telephone number", 'the value "abc"'),
        ('name not "x"', 10, '"in"', 'the value "x"'),
        ('name starts "x"', 13, '"with"', 'the value "x"'),
        ("name in ()", 10, "a value", '")"'),
        ('name in "x"', 9, '"("', 'the value "x"'),
        ('name in ("a" "b")', 14, '"," or ")"', 'the value "b"'),
        ('name = ""', 8, "some text", "none"),
        ('name = "  "', 8, "some text", "none"),
        ('name = "a" & has email', 12, "a word", '"&"'),
        ('"VIP" = categories', 1, "a field", 'the value "VIP"'),
    ],
)
def test_an_error_says_where_what_was_expected(
    text: str, at: int, expected: str, found: str
) -> None:
    with pytest.raises(Misspelt) as raised:
        parse(text)
    assert place(text, raised.value.at) == f"column {at}"
    said, _, there = str(raised.value).partition("; found ")
    assert said.startswith("expected ")
    assert expected in said
    assert there == found


def test_in_a_query_of_several_lines_the_line_is_told() -> None:
    text = 'has email\nand (has tel\n  or "x")'
    with pytest.raises(Misspelt) as raised:
        parse(text)
    assert place(text, raised.value.at) == "line 3, column 6"


def test_what_was_meant_is_among_the_choices() -> None:
    with pytest.raises(Misspelt) as raised:
        parse('Category = "x"')
    assert raised.value.word == "category"
    assert "categories" in raised.value.choices


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "has email" + ")" * 500,
        "not " * 500 + "has email",
        " or ".join(['name = "a"'] * (MOST_VALUES + 1)),
        f'name = "{"a" * LONGEST}"',
    ],
)
def test_a_query_has_its_limits(text: str) -> None:
    with pytest.raises(Misspelt, match="at most"):
        parse(text)


def test_up_to_its_limits_a_query_is_read() -> None:
    parse("(" * (DEEPEST - 1) + "has email" + ")" * (DEEPEST - 1))
    parse(" or ".join(['name = "a"'] * MOST_VALUES))


_values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5)
_quoted = _values.filter(str.strip).map(
    lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
_fields = st.sampled_from([one for one in vocabulary.FIELDS if one != vocabulary.TEL])
_tests = st.one_of(
    st.builds("{} {} {}".format, _fields, st.sampled_from(["=", "!=", "contains"]), _quoted),
    st.builds("{} starts with {}".format, _fields, _quoted),
    st.builds("{} in ({}, {})".format, _fields, _quoted, _quoted),
    st.builds("has {}".format, _fields),
    st.builds("book = {}".format, _quoted),
)
_queries = st.recursive(
    _tests,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)


@given(_queries)
def test_any_query_is_read_the_same_from_its_one_spelling(text: str) -> None:
    read = parse(text)
    again = parse(read.words)
    assert again == read
    assert again.words == read.words


@given(st.text(max_size=40) | st.text("ab=!()\"',\\ \nnot in has email", max_size=40))
def test_any_text_is_read_or_refused_at_a_place_in_it(text: str) -> None:
    at = 0
    try:
        parse(text)
    except Misspelt as misspelt:
        at = misspelt.at
    assert 0 <= at <= len(text)
