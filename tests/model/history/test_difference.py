"""The difference of two cards, as a person reads it."""

from __future__ import annotations

import pytest
from hypothesis import given

from dirserver.model.history.difference import FieldChange, difference
from tests.model.history.some_cards import cards
from tests.organisation import vcard


def card(*lines: str) -> bytes:
    return vcard("anna", "Anna", *lines)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["TEL;TYPE=cell:0171 1"], ["TEL;TYPE=CELL:0171 2"],
         [("TEL", "mobile number", "0171 1", "0171 2")]),
        (["EMAIL;TYPE=INTERNET,WORK:a@example.org"], [],
         [("EMAIL", "work mail", "a@example.org", "")]),
        ([], [r"NOTE:pays\, late\nalways"], [("NOTE", "note", "", "pays, late\nalways")]),
        (["item1.TEL:1", "item1.X-ABLabel:_$!<Mobile>!$_"],
         ["item3.TEL:2", "item3.X-ABLABEL:_$!<Mobile>!$_"],
         [("TEL", "mobile number", "1", "2")]),
        (["item1.TEL:1", "item1.X-ABLabel:Büro"], ["item1.TEL:1", "item1.X-ABLabel:Lager"],
         [("TEL", 'number "Büro"', "1", '1 (number "Lager")')]),
        (["TEL;TYPE=work:1"], ["TEL;TYPE=cell:1"],
         [("TEL", "work number", "1", "1 (mobile number)")]),
        (["TEL;TYPE=cell:1"], ["TEL;TYPE=cell,pref:2"], [("TEL", "mobile number", "1", "2")]),
        (["TEL;TYPE=cell:1"], ["TEL;TYPE=cell;PREF=1:1"],
         [("TEL", "mobile number", "TEL;TYPE=cell:1", "TEL;TYPE=cell;PREF=1:1")]),
        (["TEL;TYPE=home,fax:1"], [], [("TEL", "home fax number", "1", "")]),
        (["ADR;TYPE=home:;;Street 1;Town;;1;DE"], ["ADR;TYPE=home:;;Street 2;Town;;1;DE"],
         [("ADR", "home address", "Street 1, Town, 1, DE", "Street 2, Town, 1, DE")]),
        (["ORG:A;B"], ["ORG:A;C"], [("ORG", "organisation", "A, B", "A, C")]),
        (["CATEGORIES:a,b"], ["CATEGORIES:a"], [("CATEGORIES", "categories", "a, b", "a")]),
        (["PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 1000],
         ["PHOTO;ENCODING=b;TYPE=JPEG:" + "REVG" * 1000],
         [("PHOTO", "photo", "JPEG, 3 kB", "JPEG, 3 kB (another)")]),
        ([], ["PHOTO:data:image/png;base64,QUJD"], [("PHOTO", "photo", "", "PNG, 3 bytes")]),
        ([], ["PHOTO;VALUE=uri:https://example.org/a.jpg"],
         [("PHOTO", "photo", "", "https://example.org/a.jpg")]),
        (["X-FOO:1"], ["X-FOO:2"], [("X-FOO", "X-FOO", "1", "2")]),
        (["TEL:1", "TEL:2", "TEL:2"], ["TEL:2", "TEL:1"], [("TEL", "number", "2", "")]),
    ],
)  # fmt: skip
def test_a_field_is_told_from_what_to_what(
    before: list[str], after: list[str], expected: list[tuple[str, str, str, str]]
) -> None:
    found = difference(card(*before), card(*after))
    assert found == tuple(FieldChange(*one) for one in expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["REV:1", "PRODID:a"], ["PRODID:b", "REV:2"]),
        (["TEL;TYPE=CELL;TYPE=VOICE:1"], ["tel;type=voice,cell:1"]),
        (["TEL;CELL:1"], ["TEL;TYPE=cell:1"]),
        (["NOTE:a long", "X-A:1"], ["X-A:1", "NOTE:a \r\n long"]),
        ([r"NOTE:a\nb: c"], [r"NOTE:a\Nb\: c"]),
        (["PHOTO;ENCODING=b:QUJD\r\n  REVG"], ["PHOTO;ENCODING=B:QUJDREVG"]),
        (["TEL;TYPE=home;X-A=b:1"], ["TEL;X-A=b;TYPE=home:1"]),
    ],
)
def test_how_a_card_is_written_is_no_difference(one: list[str], other: list[str]) -> None:
    assert difference(card(*one), card(*other)) == ()


def test_the_name_is_told_as_it_is_spoken() -> None:
    found = difference(vcard("a", "Anna Müller"), vcard("a", "Anna Vogt"))
    assert [(one.field, one.before, one.after) for one in found] == [
        ("full name", "Anna Müller", "Anna Vogt"),
        ("name", "Anna Müller", "Anna Vogt"),
    ]


@given(cards(), cards())
def test_the_difference_the_other_way_round_is_as_long(one: bytes, other: bytes) -> None:
    assert len(difference(one, other)) == len(difference(other, one))
    assert difference(one, one) == ()
