"""A name is found however it is typed; what are letters in their script stay letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.fold import fold, fold_part, forms, part_forms

# Text that can be in a card or a request: surrogates cannot be encoded.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def find_each_other(one: str, other: str) -> bool:
    return not set(forms(one)).isdisjoint(forms(other))


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Müller", "Mueller"),
        ("Müller", "muller"),
        ("MÜLLER", "müller"),
        ("Jörg Öztürk", "Joerg Oeztuerk"),
        ("Jörg Öztürk", "jorg ozturk"),
        ("Weiß", "WEISS"),
        ("Weiß", "weiss"),
        ("STRAẞE", "strasse"),
        ("Łódź", "lodz"),
        ("Ørsted", "orsted"),
        ("Ørsted", "Oersted"),
        ("Ångström", "Aangstroem"),
        ("Ångström", "angstrom"),
        ("Æsir", "aesir"),
        ("Ǽsir", "aesir"),
        ("Đorđe", "dorde"),
        ("Þór", "thor"),
        ("Œuvre", "oeuvre"),
        ("Işık", "isik"),
        ("İstanbul", "istanbul"),
        ("José Núñez", "jose nunez"),
        ("Dvořák", "DVORAK"),
        ("Νικόλαος", "νικολαοσ"),
        ("ΝΙΚΌΛΑΟΣ", "νικόλαος"),
        ("Иванов", "иванов"),
        ("ЁЛКИН", "елкин"),
        ("Юлий", "юлии"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("ﬁnanz", "finanz"),
        ("ＭＵＬＬＥＲ", "muller"),
        ("O’Brien", "O'Brien"),
        ("Meyer–Landrut", "meyer-landrut"),
        ("  Anna \t Maria  ", "anna maria"),
        ("Anna\u00a0Maria", "Anna Maria"),
        ("ｶﾞ", "ガ"),
    ],
)
def test_both_spellings_find_each_other(said: str, asked: str) -> None:
    assert find_each_other(said, asked)
    assert find_each_other(asked, said)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mueller", "Muller"),  # two names, as long as nobody writes the umlaut
        ("Michael", "Michaela"),
        ("ガ", "カ"),  # voiced, another syllable
        ("ば", "は"),
        ("김", "ㄱㅣㅁ"),
        ("की", "का"),  # another vowel
        ("क", "कि"),
        ("王", "玉"),
    ],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert not find_each_other(one, other)


def test_hangul_is_kept_in_syllables() -> None:
    assert fold("김철수") == "김철수"
    assert fold(unicodedata.normalize("NFD", "김철수")) == "김철수"


def test_the_vowel_signs_of_devanagari_are_kept() -> None:
    assert fold("हिन्दी") == "हिन्दी"


def test_a_name_with_umlauts_has_two_forms_and_a_plain_one_has_one() -> None:
    assert forms("Müller") == ("muller", "mueller")
    assert forms("Mueller") == ("mueller",)
    assert forms("Núñez") == ("nunez",)


def test_every_character_is_folded_in_one_go() -> None:
    # Ideographs, Hangul and private use have no case, and take most of the time.
    characters = [*range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x20000)]
    twice = [chr(code) for code in characters if fold(fold(chr(code))) != fold(chr(code))]
    assert twice == []


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_folding_twice_is_folding_once_and_never_fails(text: str) -> None:
    for form in (fold(text), *forms(text)):
        assert fold(form) == form
    assert fold(text) == forms(text)[0]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    assert forms(composed) == forms(decomposed) == forms(text)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_text_finds_itself_in_any_case(text: str) -> None:
    assert find_each_other(text, text.casefold())
    assert find_each_other(text, unicodedata.normalize("NFC", text).casefold())


@pytest.mark.parametrize(
    ("part", "folded"),
    [
        ("Anna ", "anna "),
        (" Anna", " anna"),
        ("\tA\u00a0 b ", " a b "),
        ("  ", " "),
        ("", ""),
        ("\u0301", ""),
        ("é", "e"),
    ],
)
def test_a_part_keeps_the_blank_at_its_ends(part: str, folded: str) -> None:
    assert fold_part(part) == folded


def test_a_part_has_a_plain_and_a_digraph_spelling() -> None:
    assert part_forms("Mü") == ("mu", "mue")
    assert part_forms("mu") == ("mu", "mu")


@settings(max_examples=200, deadline=None)
@given(texts, st.integers(0, 30), st.integers(0, 30))
def test_a_part_of_plain_text_is_a_part_of_its_fold(text: str, start: int, end: int) -> None:
    plain = fold(text)
    assert fold_part(plain[start:end]) in plain
