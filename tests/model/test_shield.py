"""When too much is taken out of a book, and when a card is made blank."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.edit import edited
from dirserver.model.shield import Shield, is_blanked
from dirserver.model.vcard import parse_card
from tests.organisation import vcard

WAYS = ["TEL;TYPE=cell:0171 1", "EMAIL:a@example.org", "ADR:;;Weg 1;Ort;;1;", "item1.TEL:1"]
OTHERS = ["ORG:Kunde", "NOTE:x", "NICKNAME:A", "URL:http://x", "BDAY:1970-01-02", "TITLE:T"]


@pytest.mark.parametrize(
    ("taken", "whole", "crossed"),
    [
        (20, 20, False),
        (21, 21, True),
        (21, 209, True),
        (21, 210, False),
        (22, 210, True),
        (1000, 10_000, False),
        (1001, 10_000, True),
    ],
)
def test_both_shares_must_be_crossed(taken: int, whole: int, crossed: bool) -> None:
    assert Shield().is_crossed(taken, whole) is crossed
    assert not Shield(enabled=False).is_crossed(taken, whole)


@given(st.integers(1, 100), st.integers(1, 100), st.integers(0, 500), st.integers(0, 500))
def test_taking_more_never_makes_it_right_again(
    cards: int, percent: int, taken: int, whole: int
) -> None:
    shield = Shield(cards=cards, percent=percent)
    if taken < whole and shield.is_crossed(taken, whole):
        assert shield.is_crossed(taken + 1, whole)


def card(*lines: str) -> bytes:
    return vcard("u", "Anna Berg", *lines)


def blanks(before: bytes, after: bytes) -> bool:
    return is_blanked(edited(parse_card(before), parse_card(after)))


@given(
    st.lists(st.sampled_from(WAYS), min_size=1, unique=True),
    st.lists(st.sampled_from(OTHERS), unique=True),
    st.lists(st.sampled_from(OTHERS), unique=True),
)
def test_a_card_without_any_way_to_reach_somebody_is_blank(
    ways: list[str], others: list[str], left: list[str]
) -> None:
    assert blanks(card(*ways, *others), card(*left))
    empty = [f"{way.partition(':')[0]}:{' ; ;' if 'ADR' in way else ''}" for way in ways]
    assert blanks(card(*ways, *others), card(*left, *empty))


@given(
    st.lists(st.sampled_from([*WAYS, *OTHERS]), unique=True),
    st.lists(st.sampled_from([*WAYS, *OTHERS]), unique=True),
)
def test_a_card_that_grows_or_stays_is_not_blank(before: list[str], more: list[str]) -> None:
    assert not blanks(card(*before), card(*before, *more))
    assert not blanks(card(*before), card(*before[:-1], "TEL:2"))


@given(st.integers(1, 60), st.integers(0, 60))
def test_a_card_that_loses_more_than_two_thirds_of_its_properties_is_blank(
    before: int, after: int
) -> None:
    def notes(number: int) -> bytes:
        return b"BEGIN:VCARD\nVERSION:4.0\n" + b"NOTE:x\n" * number + b"END:VCARD\n"

    # VERSION is one, too.
    assert blanks(notes(before), notes(after)) is (3 * (after + 1) < before + 1)


@pytest.mark.parametrize("lost", ["TEL;TYPE=cell:0171 1", "EMAIL:a@example.org", "NOTE:x"])
def test_losing_one_of_several_things_is_an_edit(lost: str) -> None:
    lines = [*WAYS, "NOTE:x"]
    assert not blanks(card(*lines), card(*(line for line in lines if line != lost)))
