"""Cards in any order, from any place, on both engines: as the oracle has them."""

from __future__ import annotations

import pytest

from dirserver.model.fields import Field
from dirserver.model.fold import fold
from dirserver.model.ordering import BY_NAME, Fact, Order, SortKey, Span
from dirserver.model.query import EVERYTHING, Present, Query
from dirserver.store.search.question import Question
from dirserver.store.search.searching import number_before, number_found, search
from tests.store.library import NONE, PLAN, Library, shelf

ORDERS: list[Order] = [
    BY_NAME,
    (SortKey(Field.FULL_NAME, reverse=True),),
    (SortKey(Field.NOTE),),
    (SortKey(Field.NOTE, reverse=True),),
    (SortKey(Field.FAX), SortKey(Field.NOTE, reverse=True)),
    (SortKey(Fact.MODIFIED, reverse=True), SortKey(Field.ORGANISATION)),
    (SortKey(Fact.KEY),),
]


def question(
    library: Library, order: Order, query: Query = EVERYTHING, hidden: frozenset[str] = NONE
) -> Question:
    scopes = [(hidden, [library.first]), (NONE, [library.second])]
    return Question(query, scopes, PLAN, order)


@pytest.mark.parametrize("order", ORDERS)
def test_every_place_divides_an_order_into_what_was_and_what_comes(
    library: Library, order: Order
) -> None:
    asked = question(library, order)
    with library.store.reading() as connection:
        whole = list(search(connection, asked))
        assert {one.key for one in whole} == {card.key for card in library.cards}
        for at in range(0, len(whole), 7):
            after = Span(after=whole[at].place)
            assert list(search(connection, asked, after)) == whole[at + 1 :]
            assert list(search(connection, asked, Span(3, skip=at))) == whole[at : at + 3]
        turned = list(search(connection, asked, Span(9, skip=2, backwards=True)))
        assert turned == whole[::-1][2:11]


def test_what_has_no_value_is_behind_all_that_has(library: Library) -> None:
    for reverse in (False, True):
        asked = question(library, (SortKey(Field.NOTE, reverse),))
        with library.store.reading() as connection:
            values = [one.place[0] for one in search(connection, asked)]
        kept = [value for value in values if value is not None]
        assert kept == sorted(kept, reverse=reverse)
        missing = [None] * (len(values) - len(kept))
        assert missing
        assert values == ([*missing, *kept] if reverse else [*kept, *missing])


def test_what_is_no_number_has_no_place_among_numbers(library: Library) -> None:
    said = ("ask Anna", "030 1234567", "+43 1 512345")
    orders: list[Order] = [(SortKey(Field.WORK_PHONE, reverse),) for reverse in (False, True)]
    with shelf(library, *said, field=Field.WORK_PHONE) as find:
        assert [find(EVERYTHING, order=order) for order in orders] == [
            ["+43 1 512345", "030 1234567", "ask Anna"],
            ["ask Anna", "030 1234567", "+43 1 512345"],
        ]


@pytest.mark.parametrize(
    "field", [Field.FAMILY_NAME, Field.FULL_NAME, Field.ORGANISATION, Field.WORK_LOCALITY]
)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_letter_with_a_mark_is_sorted_as_the_one_without(
    library: Library, field: Field, reverse: bool
) -> None:
    said = ["Bach", "Bäcker", "Bader", "Baer", "Bär", "Bauer", "Kofel", "Köhler", "Kolb", "Mugler"]
    said += ["Muhr", "Müller Köln", "Mullis", "Nüss", "Nuße", "Ødegård", "Oder", "Ольга", "Олег"]
    wanted = sorted(said, key=fold, reverse=reverse)
    with shelf(library, *said, field=field) as find:
        assert find(EVERYTHING, order=(SortKey(field, reverse),)) == wanted


def test_what_is_hidden_in_a_book_has_no_value_there(library: Library) -> None:
    order = (SortKey(Field.NOTE),)
    asked = question(library, order, hidden=frozenset({"NOTE"}))
    with library.store.reading() as connection:
        found = list(search(connection, asked))
    assert {one.place[0] for one in found if one.book_id == library.first} == {None}
    assert {one.place[0] for one in found if one.book_id == library.second} != {None}


def test_positions_are_counted_as_the_order_has_them(library: Library) -> None:
    for order in ORDERS[1:5]:
        asked = question(library, order, Present(Field.NOTE))
        with library.store.reading() as connection:
            whole = list(search(connection, asked))
            assert number_found(connection, asked) == len(whole) > 10
            for at in range(0, len(whole), 5):
                value = whole[at].place[0]
                first = next(n for n, one in enumerate(whole) if one.place[0] == value)
                if value is not None:
                    assert number_before(connection, asked, value) == first
