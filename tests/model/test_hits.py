"""Runs of what a search finds, and the pieces that they go out in."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from dirserver.model.hits import Hits, Row, key_of


def row(number: int, attributes: bytes | None, body: bytes | None) -> Row:
    """Return a card of which this is known."""
    known = (attributes, None, number, None, None, None, None, body)
    return (1, f"k{number}", *known, f"name {number}", f"k{number}")


def brief(number: int, attributes: bytes | None) -> Row:
    """Return a card of which only that is known, or only its revision."""
    if attributes is None:
        return (1, f"k{number}", None, 5, number, f"name {number}")
    return (1, f"k{number}", attributes, f"name {number}")


octets = st.integers(0, 60).map(bytes)


@given(
    st.lists(octets, max_size=12) | st.lists(st.none(), max_size=12),
    st.none() | octets,
    st.integers(1, 5),
    st.integers(1, 100),
)
@example([b"x" * 100] * 3, None, 2, 100)
@example([], None, 1, 1)
def test_the_pieces_are_all_of_it_in_its_order_and_none_is_large(
    attributes: list[bytes | None], body: bytes | None, most: int, enough: int
) -> None:
    rows = [row(number, one, body) for number, one in enumerate(attributes)]
    pieces = list(Hits(rows).pieces(most, enough))
    assert [one for piece in pieces for one in piece.rows] == rows
    assert all(0 < len(piece) <= most for piece in pieces)
    for piece in pieces:
        sizes = [len(row[2] or b"") + len(body or b"") for row in piece.rows]
        assert sum(sizes[:-1]) < enough or len(sizes) == 1


@given(
    st.lists(octets, max_size=12) | st.lists(st.none(), max_size=12),
    st.integers(1, 5),
    st.integers(1, 100),
)
@example([None] * 3, 5, 100)
@example([None] * 3, 2, 100)
def test_what_little_is_known_of_cards_goes_out_in_the_same_pieces(
    attributes: list[bytes | None], most: int, enough: int
) -> None:
    full = Hits([row(number, one, None) for number, one in enumerate(attributes)])
    hits = Hits([brief(number, one) for number, one in enumerate(attributes)])
    pieces = list(hits.pieces(most, enough))
    assert list(map(len, pieces)) == list(map(len, full.pieces(most, enough)))
    assert [one for piece in pieces for one in piece.rows] == hits.rows
    if attributes:
        assert hits.last_place == full.last_place


def test_cards_found_without_their_attributes_are_given_them_by_their_ids() -> None:
    hits = Hits([row(1, None, None), row(2, None, None)]).stored({2: b"two", 1: b"one"})
    assert [(one.key, one.attributes) for one in hits.entries()] == [("k1", b"one"), ("k2", b"two")]
    assert hits.last_place == ("name 2", "k2")
    assert list(map(key_of, hits.first(1).rows)) == ["k1"]
    assert hits.first(5) is hits
