"""A name is asked for by its words, in Latin letters and on the keys of a telephone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.fold import fold, forms
from dirserver.model.spelling import beginnings, is_ideographic, keyed, keys_asked, name_forms


@pytest.mark.parametrize(
    ("folded", "words"),
    [
        ("anna", ()),
        ("anna beispiel", ("beispiel",)),
        ("dr. anna-maria o'neil", ("anna-maria o'neil", "maria o'neil", "o'neil", "neil")),
        ("robert (bob) stern", ("bob) stern", "stern")),
        ("muller & sohne", ("sohne",)),
        ("王小明", ("小明", "明")),
        ("김철수", ("철수", "수")),
        ("田中 taro", ("中 taro", "taro")),
        ("100% sure", ("sure",)),
        ("„adler“ apotheke", ("adler“ apotheke", "apotheke")),
        ("«bon pain» · lyon", ("bon pain» · lyon", "pain» · lyon", "lyon")),
        ("taxi—ruf *1*", ("ruf *1*", "1*")),
        ("", ()),
    ],
)
def test_a_name_may_be_begun_at_any_word_and_any_ideograph(
    folded: str, words: tuple[str, ...]
) -> None:
    assert beginnings(folded) == words


def test_a_name_of_very_many_words_has_a_bounded_number_of_beginnings() -> None:
    assert len(beginnings("a " * 5_000)) == len(beginnings("王" * 5_000)) == 64


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Пётр Иванов", "petr ivanov"),
        ("Юлия Щербакова", "yuliya shcherbakova"),
        ("Ольга Объедкова", "olga obedkova"),
        ("ДМИТРИЙ", "dmitriy"),
        ("Νικόλαος Παπαδόπουλος", "nikolaos papadopoulos"),
        ("ΓΕΩΡΓΊΟΥ", "georgiou"),
        ("Ost-Вест", "ost-vest"),
    ],
)
def test_cyrillic_and_greek_names_are_found_in_latin_letters(name: str, latin: str) -> None:
    assert name_forms(name) == (*forms(name), latin)


def test_the_words_of_a_name_are_spelled_each_in_its_own_way() -> None:
    assert name_forms("Jürgen Müller") == (
        "jurgen muller",
        "jurgen mueller",
        "juergen muller",
        "juergen mueller",
    )
    assert name_forms("Jörg Bär-Öller") == (
        "jorg bar-oller",
        "jorg baer-oeller",
        "joerg bar-oller",
        "joerg baer-oeller",
    )
    # Of many such words there would be very many spellings.
    many = "Ä Ö Ü Å"
    assert name_forms(many) == forms(many)


@pytest.mark.parametrize("name", ["Anna", "Müller", "王小明", "김철수", "שרה", "أحمد", ""])
def test_other_names_are_spelled_as_they_are(name: str) -> None:
    assert name_forms(name) == forms(name)


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("John", {"5646"}),
        ("John Doe", {"5646363", "363"}),
        (
            "Jürgen Müller",
            {
                "587436" + "685537",
                "587436" + "6835537",
                "5837436" + "685537",
                "5837436" + "6835537",
                "685537",
                "6835537",
            },
        ),
        ("O'Neil", {"66345", "6345"}),
        ("Пётр", {"7387"}),
        ("Studio 54", {"78834654", "54"}),
        ("王小明", set()),
        ("", set()),
        ("a" * 100, {"2" * 32}),
    ],
)
def test_a_name_is_spelled_on_the_keys_of_a_telephone(name: str, digits: set[str]) -> None:
    assert keyed(name_forms(name)) == digits


@pytest.mark.parametrize(
    ("text", "digits"),
    [("5646", "5646"), (" 56 46 ", "5646"), ("5646x", ""), ("+5646", ""), ("", ""), ("٥٦", "")],
)
def test_only_digits_are_keys(text: str, digits: str) -> None:
    assert keys_asked(text) == digits


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_what_a_name_is_asked_for_by_is_folded_and_in_it(name: str) -> None:
    for form in name_forms(name):
        assert fold(form) == form
        for part in beginnings(form):
            assert form.endswith(part)
            assert part != form
            assert len(form) > len(part) > 0
    for digits in keyed(name_forms(name)):
        assert digits.isascii()
        assert digits.isdecimal()


@settings(max_examples=100, deadline=None)
@given(st.text("王小明李龍田中ガ김 ab", min_size=1, max_size=20), st.data())
def test_whatever_begins_with_an_ideograph_begins_a_value_or_one_of_its_words(
    name: str, data: st.DataObject
) -> None:
    # So that one or two of them inside a name are found as beginnings are.
    value = fold(name)
    at = data.draw(st.integers(0, max(0, len(value) - 1)))
    part = value[at : at + 2]
    if is_ideographic(part):
        assert any(one.startswith(part) for one in (value, *beginnings(value)))
