"""Of a long text every word is found, on both engines, and nothing that it does not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.fields import Field
from dirserver.model.ordering import SortKey
from dirserver.model.query import AtLeast, AtMost, Below, Equals, Not, Present, Query, Substring
from dirserver.store.index.pieces import IN_COMMON, LONGEST, pieces_of
from tests.store.library import Library, shelf

LONG = " ".join(f"word{number:03}" for number in range(500))
NOTE = Field.NOTE


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        (Substring(NOTE, any=("word000",)), True),
        (Substring(NOTE, any=("word263",)), True),
        (Substring(NOTE, any=("word063 word064 word065",)), True),
        (Substring(NOTE, any=("word127 word128 word129",)), True),
        (Substring(NOTE, any=("ORD499",)), True),
        (Substring(NOTE, any=("word500",)), False),
        (Substring(NOTE, any=("w",)), True),
        (Substring(NOTE, initial="word000"), True),
        (Substring(NOTE, final="word499"), True),
        (Substring(NOTE, initial="word000", final="word001"), False),
        (Equals(NOTE, LONG), True),
        (Equals(NOTE, LONG[:LONGEST]), False),
        (AtLeast(NOTE, "word000"), True),
        (AtLeast(NOTE, "x"), False),
        (AtMost(NOTE, "a"), False),
        (Below(NOTE, "a"), False),
        (Below(NOTE, "x"), True),
        (Present(NOTE), True),
    ],
)
def test_a_long_note_is_searched_to_its_end(library: Library, query: Query, is_found: bool) -> None:
    with shelf(library, LONG, field=NOTE) as find:
        assert find(query) == [LONG] * is_found
        assert find(Not(query)) == [LONG] * (not is_found)


def test_no_piece_but_the_first_and_the_last_begins_or_ends_a_note(library: Library) -> None:
    with shelf(library, LONG, field=NOTE) as find:
        for at in range(1, len(LONG) - 3):
            if LONG[at : at + 3] != LONG[:3]:
                continue
            assert find(Substring(NOTE, initial=LONG[at : at + 20])) == []
            if at > 500:
                break
        assert find(Substring(NOTE, final=LONG[: LONGEST - 1][-9:])) == []


def test_a_long_note_is_sorted_by_its_beginning(library: Library) -> None:
    notes = ("b", f"c{LONG}", "d")
    with shelf(library, *notes, field=NOTE) as find:
        assert find(Present(NOTE), order=(SortKey(NOTE),)) == list(notes)


@given(st.text("ab ", min_size=1, max_size=5 * LONGEST))
def test_pieces_are_short_and_have_together_what_the_text_has(text: str) -> None:
    pieces = pieces_of(text)
    assert max(map(len, pieces)) <= LONGEST
    bare = [piece.strip("\x1f") for piece in pieces]
    assert bare[0] == text[: len(bare[0])]
    assert bare[-1] == text[len(text) - len(bare[-1]) :]
    assert bare[0] + "".join(piece[IN_COMMON:] for piece in bare[1:]) == text
    assert not pieces[0].startswith("\x1f")
    assert not pieces[-1].endswith("\x1f")
