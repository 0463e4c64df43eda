"""Searches that went wrong somewhere once, or could: wildcards, short parts, odd requests."""

from __future__ import annotations

from contextlib import suppress

import pytest

from dirserver.model.fields import Field
from dirserver.model.query import (
    EVERYTHING,
    NOTHING,
    And,
    AtLeast,
    AtMost,
    Equals,
    KeyIs,
    Not,
    Or,
    Present,
    Query,
    Substring,
)
from tests.store.library import NONE, Library, RolledBack, keep, keys, shelf
from tests.store.oracle import OracleCard


def begins(part: str) -> Query:
    return Substring(Field.FULL_NAME, initial=part)


def contains(*parts: str) -> Query:
    return Substring(Field.FULL_NAME, any=parts)


def ends(part: str) -> Query:
    return Substring(Field.FULL_NAME, final=part)


def test_wildcards_of_sql_are_letters_like_any_other(library: Library) -> None:
    names = ("100 percent", "100% cotton", "1000%", "a_b", "axb", "a\\b", 'a"b', "it's", "*a*")
    with shelf(library, *names) as find:
        assert find(begins("100%")) == ["100% cotton"]
        assert find(contains("0%")) == ["100% cotton", "1000%"]
        assert find(contains("00%")) == ["100% cotton", "1000%"]
        assert find(ends("%")) == ["1000%"]
        assert find(contains("a_b")) == find(contains("_")) == ["a_b"]
        assert find(contains("a\\b")) == find(contains("\\")) == ["a\\b"]
        assert find(contains('a"b')) == find(contains('"')) == ['a"b']
        assert find(contains("t's")) == find(contains("'")) == ["it's"]
        assert find(contains("*a*")) == find(Equals(Field.FULL_NAME, "*a*")) == ["*a*"]
        assert find(contains("a*b")) == find(contains("OR")) == find(contains("%%")) == []
        assert find(Equals(Field.FULL_NAME, "a%")) == []


def test_one_and_two_characters_are_found_inside_a_name(library: Library) -> None:
    with shelf(library, "李小龍", "王小明", "Li Xiaolong", "Łukasz", "🙂 Smile") as find:
        assert find(contains("小")) == ["李小龍", "王小明"]
        assert find(contains("小明")) == find(ends("明")) == ["王小明"]
        assert find(contains("李小龍")) == find(begins("李")) == ["李小龍"]
        assert find(contains("X")) == find(contains("xi")) == ["Li Xiaolong"]
        assert find(contains("l")) == ["Li Xiaolong", "Łukasz", "🙂 Smile"]
        assert find(contains("🙂")) == ["🙂 Smile"]


def test_what_is_no_number_is_there_and_no_number_finds_it(library: Library) -> None:
    said = ("sip:anna@example.org", "030 1234567", "9" * 40)
    tests: tuple[Query, ...] = (
        AtMost(Field.WORK_PHONE, "9"),
        AtLeast(Field.WORK_PHONE, "0"),
        Substring(Field.WORK_PHONE, any=("0",)),
        Substring(Field.WORK_PHONE, initial="0"),
        Substring(Field.WORK_PHONE, final="7"),
    )
    for field in (Field.WORK_PHONE, Field.ANY_PHONE):
        with shelf(library, *said, field=field) as find:
            assert sorted(find(Present(field))) == sorted(said)
            assert find(Not(Present(field))) == []
            assert [find(one) for one in tests] == [["030 1234567"]] * len(tests)
            assert find(Equals(field, "sip:anna@example.org")) == []


@pytest.mark.parametrize("field", [Field.MAIL, Field.TITLE])
@pytest.mark.parametrize("others", [0, 80])
def test_one_ideograph_is_found_in_what_is_no_name(
    library: Library, others: int, field: Field
) -> None:
    # With so many others, the trigram index has them already.
    said = ['"王"@a.example', "小明@b.example", "c@明王.example", *map(str, range(others))]
    with shelf(library, *said, field=field) as find:
        assert sorted(find(Substring(field, any=("王",)))) == sorted([said[0], said[2]])
        assert find(Substring(field, any=("小明",))) == [said[1]]
        assert find(Substring(field, any=("王明",))) == []
        assert len(find(Not(Substring(field, any=("王",))))) == len(said) - 2


def test_one_ideograph_is_found_in_the_long_name_of_an_authority(library: Library) -> None:
    name = "中华人民共和国国家发展和改革委员会价格监测中心第三分局信息处华东办事处上海联络点甲"
    with shelf(library, name, field=Field.ORGANISATION) as find:
        assert find(Substring(Field.ORGANISATION, any=("甲",))) == [name]
        assert find(Substring(Field.ORGANISATION, any=("点甲",))) == [name]


def test_what_has_several_lines_is_found_as_it_is_shown_in_one(library: Library) -> None:
    with shelf(library, "Am Weg\n2", "Am Weg 2", field=Field.WORK_STREET) as find:
        assert find(Equals(Field.WORK_STREET, "am weg, 2")) == ["Am Weg\n2"]
        assert find(Equals(Field.WORK_STREET, "Am Weg 2")) == ["Am Weg\n2", "Am Weg 2"]


def test_names_are_found_with_and_without_umlauts(library: Library) -> None:
    with shelf(library, "Anna Müller", "Bert Mueller", "Carl Muller", "Иванов") as find:
        assert find(contains("Müll")) == ["Anna Müller", "Bert Mueller", "Carl Muller"]
        assert find(contains("muell")) == ["Anna Müller", "Bert Mueller"]
        assert find(contains("mull")) == ["Anna Müller", "Carl Muller"]
        assert find(And((contains("ann"), contains("mul")))) == ["Anna Müller"]
        assert find(Or((contains("ann"), contains("иван")))) == ["Anna Müller", "Иванов"]


def test_parts_follow_each_other_without_overlap(library: Library) -> None:
    with shelf(library, "anna", "annanna", "Anna Maria") as find:
        assert find(contains("ann", "nna")) == ["annanna"]
        assert find(Substring(Field.FULL_NAME, "anna", (), "anna")) == []
        assert find(Substring(Field.FULL_NAME, "ann", (), "anna")) == ["annanna"]
        assert find(begins("Anna ")) == ["Anna Maria"]
        assert find(contains("a  m")) == ["Anna Maria"]


def test_a_result_is_sorted_by_name_and_cut_after_that(library: Library) -> None:
    with shelf(library, "Zoe", "Ärger", "anna", "Ødegaard", "Bernd", "anna") as find:
        everyone = ["anna", "anna", "Ärger", "Bernd", "Ødegaard", "Zoe"]
        assert find(EVERYTHING) == everyone
        assert find(Present(Field.FULL_NAME), limit=3) == everyone[:3]
        assert find(contains("e"), limit=2) == ["Ärger", "Bernd"]
        assert find(EVERYTHING, limit=0) == []
        assert find(EVERYTHING, limit=100) == everyone


def test_no_digits_find_no_number(library: Library) -> None:
    phone = Field.ANY_PHONE
    with shelf(library, "+49 30 901820", "567", "ask Anna", field=phone) as find:
        for text in ("foo", "", "+", "()"):
            for test in (Equals(phone, text), AtLeast(phone, text), AtMost(phone, text)):
                assert find(test) == []
            assert find(Substring(phone, initial=f"{text}-")) == []
            assert find(Substring(phone, any=(f"{text}-",), final="-")) == []
        # Punctuation in one part says nothing; digits in another do.
        assert find(Substring(phone, initial="+", final="820")) == ["+49 30 901820"]
        assert find(Substring(phone, initial="030", any=("-",))) == ["+49 30 901820"]
        assert find(Substring(phone, final="67")) == ["567"]
        assert find(Present(phone)) == ["+49 30 901820", "567", "ask Anna"]


def test_the_first_are_found_of_names_that_begin_alike_for_long(library: Library) -> None:
    names = [f"Annemarie {number * 7 % 40:02}" for number in range(40)]
    with shelf(library, "Anna", *names, "Zoe Anne") as find:
        for asked in ("a", "an", "ann", "anne"):
            query = Substring(Field.FULL_NAME, initial=asked, at_word=True)
            everybody = find(query)
            assert everybody == sorted(everybody)
            assert len(everybody) == 42 - (asked == "anne")
            for limit in (1, 2, 20, 41, 50):
                assert find(query, limit) == everybody[:limit]


def test_a_number_is_found_by_its_beginning_as_it_is_dialled(library: Library) -> None:
    phone = Field.ANY_PHONE
    with shelf(library, "+49 (0)30 901820", field=phone) as find:
        for asked in ("030", "+4930", "004930", "0004930", "30901", "00309018"):
            assert find(Substring(phone, initial=asked)), asked
        for asked in ("0031", "31", "901"):
            assert not find(Substring(phone, initial=asked)), asked


def test_what_is_hidden_in_one_book_is_found_in_another(library: Library) -> None:
    note = frozenset({"NOTE"})
    cards = [
        OracleCard(f"h{book}", book, {Field.FULL_NAME: ("Hidden",), Field.NOTE: ("Quux",)})
        for book in (library.first, library.second)
    ]
    with suppress(RolledBack), library.store.writing() as connection:
        keep(connection, cards)
        scopes = [(note, [library.first]), (NONE, [library.second])]
        secret = contains("Hidden")
        for query, expected in (
            (secret, {f"h{library.first}", f"h{library.second}"}),
            (And((secret, Present(Field.NOTE))), {f"h{library.second}"}),
            (And((secret, Equals(Field.NOTE, "quux"))), {f"h{library.second}"}),
            (And((secret, Not(Present(Field.NOTE)))), set()),
            (And((secret, Not(Equals(Field.NOTE, "foo")))), {f"h{library.second}"}),
            (And((secret, Not(Not(Substring(Field.NOTE, any=("uu",)))))), {f"h{library.second}"}),
        ):
            assert set(keys(connection, query, scopes)) == expected
        raise RolledBack


def test_no_book_has_no_cards(library: Library) -> None:
    with library.store.reading() as connection:
        assert keys(connection, EVERYTHING, []) == []
        assert keys(connection, EVERYTHING, [(NONE, [])]) == []
        assert keys(connection, EVERYTHING, [(NONE, [library.empty])]) == []
        assert keys(connection, NOTHING, [(NONE, [library.first])]) == []


STRANGE = ["\0", "a\0b", "\ud800", "\udcff", "\x01", "\ufffe", "a" * 100_000, "%" * 60_000]


@pytest.mark.parametrize("text", STRANGE)
def test_strange_text_is_looked_for_and_not_found(library: Library, text: str) -> None:
    with shelf(library, "Anna") as find:
        for test in (
            Equals(Field.FULL_NAME, text),
            begins(text),
            contains(text),
            ends(text),
            contains("an", text),
            KeyIs(text),
            Equals(Field.ANY_PHONE, text),
            Substring(Field.ANY_PHONE, any=(text,)),
        ):
            assert find(test) == []
        for bound in (AtLeast(Field.FULL_NAME, text), AtMost(Field.FULL_NAME, text)):
            assert find(bound) in ([], ["Anna"])


def test_long_values_are_found_by_their_beginning_and_as_a_whole(library: Library) -> None:
    long = "Anna " + "lang" * 500
    with shelf(library, long) as find:
        assert find(Equals(Field.FULL_NAME, long)) == [long]
        assert find(begins("anna lang")) == [long]
        assert find(contains("glangl")) == [long]


def test_hundreds_of_alternatives_are_one_search(library: Library) -> None:
    names = tuple(Equals(Field.FULL_NAME, f"Name {one}") for one in range(600))
    others = tuple(KeyIs(f"s{one}") for one in range(1, 600))
    with shelf(library, "Name 3", "Name 449", "Name 1000") as find:
        assert find(And((Or(names), Not(contains("449"))))) == ["Name 3"]
        assert find(Not(Or(names[:450]))) == ["Name 1000"]
        assert find(Or((Or(others), *names))) == ["Name 1000", "Name 3", "Name 449"]
