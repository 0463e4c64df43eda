"""An edit of one card, carried into another of the same person: where it goes, and what stays."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings

from dirserver.model.carrying import carried
from dirserver.model.history.items import read
from dirserver.model.linking import LINKED_BY_DEFAULT, linkable
from dirserver.model.number import DialPlan
from dirserver.model.vcard import parse_card
from tests.model.history.some_cards import cards
from tests.organisation import vcard

PLAN = DialPlan("DE")


def lines(*said: str, name: str = "Anna Vogt", version: str = "3.0") -> bytes:
    return vcard("a", name, *said, version=version)


def carry(before: bytes, after: bytes, other: bytes, *names: str) -> list[str]:
    """Return what the other card then has that it had not, and has no more, as + and - lines."""
    body = carried(before, after, other, names or LINKED_BY_DEFAULT, PLAN).body
    had, has = (Counter(one.decode().splitlines()) for one in (other, body))
    return [f"-{one}" for one in had - has] + [f"+{one}" for one in has - had]


@pytest.mark.parametrize(
    ("old", "new", "own", "expected"),
    [
        # It was the same: the change goes there.
        (["TEL:030 1234567"], ["TEL:030 7654321"], ["TEL:030 1234567"],
         ["-TEL:030 1234567", "+TEL:030 7654321"]),
        # The same in another notation, under another name, which stays.
        (["TEL;TYPE=cell:0171 3920010"], ["TEL;TYPE=cell:0171 3920020"],
         ["TEL;TYPE=work:+49 171 3920010"],
         ["-TEL;TYPE=work:+49 171 3920010", "+TEL;TYPE=work:0171 3920020"]),
        # It has another number there: nothing of that is lost.
        (["TEL:030 1234567"], ["TEL:030 7654321"], ["TEL:040 1234567"], []),
        # New here, and not known there, or known already.
        ([], ["TEL:030 7654321"], ["TEL:040 1234567"], ["+TEL:030 7654321"]),
        ([], ["TEL:030 7654321"], ["TEL;TYPE=home:+49 30 7654321"], []),
        ([], ["EMAIL:Anna@Example.org"], ["EMAIL:anna@example.org"], []),
        # There is one birthday only.
        ([], ["BDAY:1980-01-01"], [], ["+BDAY:1980-01-01"]),
        ([], ["BDAY:1980-01-01"], ["BDAY:1981-01-01"], []),
        (["TITLE:CEO"], ["TITLE:CTO"], ["TITLE:Boss"], []),
        (["TITLE:CEO"], ["TITLE:CTO"], ["TITLE;LANGUAGE=en:CEO"],
         ["-TITLE;LANGUAGE=en:CEO", "+TITLE;LANGUAGE=en:CTO"]),
        # Gone here: gone there, if it is the same.
        (["EMAIL:a@example.org"], [], ["EMAIL:A@example.org"], ["-EMAIL:A@example.org"]),
        (["EMAIL:a@example.org"], [], ["EMAIL:b@example.org"], []),
        # It has what was and what is.
        (["EMAIL:a@example.org"], ["EMAIL:b@example.org"],
         ["EMAIL:a@example.org", "EMAIL:b@example.org"], ["-EMAIL:a@example.org"]),
        # What a number is called is carried only where it was called the same.
        (["TEL;TYPE=home:030 1"], ["TEL;TYPE=work:030 1"], ["TEL;TYPE=HOME:030 1"],
         ["-TEL;TYPE=HOME:030 1", "+TEL;TYPE=work:030 1"]),
        (["TEL;TYPE=home:030 1"], ["TEL;TYPE=work:030 1"], ["TEL;TYPE=fax:030 1"], []),
        # A label is a part of what it labels.
        ([], ["item1.TEL:030 1234567", "item1.X-ABLabel:Boat"], ["item1.EMAIL:a@example.org"],
         ["+item2.TEL:030 1234567", "+item2.X-ABLabel:Boat"]),
        # Each book has its own notes and categories, whatever a card says.
        (["NOTE:one"], ["NOTE:two", "CATEGORIES:VIP"], ["NOTE:one"], []),
    ],
)  # fmt: skip
def test_an_edit_goes_where_the_other_card_said_the_same_or_nothing(
    old: list[str], new: list[str], own: list[str], expected: list[str]
) -> None:
    assert sorted(carry(lines(*old), lines(*new), lines(*own))) == sorted(expected)


def test_a_name_goes_with_all_of_its_parts_and_is_never_taken_away() -> None:
    before, after = lines(), lines(name="Anna Groß")
    assert carry(before, after, lines("NOTE:hers")) == [
        "-FN:Anna Vogt", "-N:Vogt;Anna;;;", "+FN:Anna Groß", "+N:Groß;Anna;;;",
    ]  # fmt: skip
    assert carry(before, after, lines(name="Anni Vogt")) == []
    nameless = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna Vogt\r\nEND:VCARD\r\n"
    assert carry(before, nameless, lines()) == []


def test_a_card_of_another_version_is_told_in_its_own() -> None:
    before, after = lines(), lines("TEL;TYPE=cell,voice,pref:+49 171 3920010")
    assert carry(before, after, lines(version="4.0")) == [
        "+TEL;TYPE=cell,voice;PREF=1:+49 171 3920010"
    ]
    four = lines("TEL;VALUE=uri:tel:+49-171-3920010", version="4.0")
    (added,) = carry(lines(version="4.0"), four, lines())
    assert "VALUE" not in added
    assert carry(lines(version="4.0"), four, lines("TEL:0171 3920010")) == []


def test_only_the_properties_of_the_link_are_carried() -> None:
    before, after = lines(), lines("TEL:030 1234567", "URL:https://example.org")
    assert carry(before, after, lines(), "URL") == ["+URL:https://example.org"]
    assert carry(before, after, lines()) == ["+TEL:030 1234567"]


SOME = settings(max_examples=40)


@SOME
@given(cards(), cards(), cards())
def test_what_is_not_linked_stays_byte_for_byte_and_the_outcome_can_be_stored(
    before: bytes, after: bytes, other: bytes
) -> None:
    found = carried(before, after, other, LINKED_BY_DEFAULT, PLAN)
    parse_card(found.body)
    assert (found.body == other) is (not found.changes)

    def own(body: bytes) -> list[str]:
        items = read(body).items
        return [one.written.raw for one in items if one.name not in LINKED_BY_DEFAULT]

    assert own(found.body) == own(other)


@SOME
@given(cards(), cards())
def test_a_card_that_said_the_same_says_the_same_again(before: bytes, after: bytes) -> None:
    # Where several numbers change at once, one may still be called what it was.
    def says(body: bytes) -> set[object]:
        return {item.value for item in read(body).items if item.name in names}

    names = frozenset({"TEL", "EMAIL", "ADR"})
    assume(parse_card(before).version == parse_card(after).version)
    for body in (before, after):
        values = [item.line.value for item in read(body).items if item.name in names]
        assume(len(set(values)) == len(values))
    found = carried(before, after, before, names, PLAN)
    assert says(found.body) == says(after)
    assert carried(before, after, found.body, names, PLAN).changes == ()


@pytest.mark.parametrize("said", [[], ["note"], ["TEL", "categories"], ["a b"], ["x" * 50]])
def test_what_is_never_linked_or_no_property_is_refused(said: list[str]) -> None:
    with pytest.raises(ValueError, match=r"propert|never linked"):
        linkable(said)
    assert linkable(["tel", " Email", "TEL"]) == ("TEL", "EMAIL")
