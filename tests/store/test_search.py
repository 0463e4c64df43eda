"""A search in SQL finds what the oracle finds in memory, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from dirserver.model.fields import Field
from dirserver.model.hits import Details, Hits, attributes_of, book_of, id_of, key_of, version_of
from dirserver.model.ordering import BY_NAME, WHOLE, SortKey, Span
from dirserver.model.query import (
    EVERYTHING,
    NOTHING,
    PERSONS,
    UNDEFINED,
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Between,
    BookIs,
    Equals,
    Keyed,
    KeyIs,
    Moment,
    Not,
    Or,
    Present,
    Query,
    Substring,
)
from dirserver.store.search.question import Question
from dirserver.store.search.searching import hits, hrefs_found, search
from tests.store.library import (
    FIELDS,
    MOMENTS,
    NONE,
    PLAN,
    Library,
    RolledBack,
    keep,
    keys,
    pieces_of,
)
from tests.store.oracle import OracleCard, found


def agree(
    library: Library, queries: Sequence[Query], hidden: Sequence[frozenset[str]] = (NONE, NONE)
) -> int:
    """Require that SQL and the oracle find the same; return how often something was found."""
    scopes = [(hidden[0], [library.first]), (hidden[1], [library.second])]
    hits = 0
    with library.store.reading() as connection:
        for query in queries:
            expected = found(library.cards, query, scopes, PLAN)
            assert keys(connection, query, scopes) == expected, query
            hits += bool(expected)
    return hits


def test_every_kind_of_test_finds_what_the_oracle_finds(library: Library) -> None:
    random = Random(815)

    def asked(field: Field) -> str:
        return "".join(random.choices(pieces_of(field), k=random.choice((1, 1, 1, 2))))

    queries: list[Query] = [Present(field) for field in Field]
    for field in (Field.FULL_NAME, Field.ANY_PHONE):
        for piece in pieces_of(field):
            queries += [
                Equals(field, piece),
                Substring(field, initial=piece),
                Substring(field, initial=piece, at_word=True),
                Substring(field, any=(piece,)),
                Substring(field, final=piece),
            ]
    for piece in pieces_of(Field.ANY_PHONE):
        for phones in ((Field.WORK_PHONE, Field.MOBILE_PHONE), (Field.HOME_PHONE, Field.ANY_PHONE)):
            number = Anywhere(phones, Equals(Field.WORK_PHONE, piece))
            queries += [number, Not(number), Or((number, Equals(Field.FULL_NAME, piece)))]
    mixed = (Field.FULL_NAME, Field.MAIL, Field.ORGANISATION, Field.WORK_PHONE, Field.NOTE)
    for field in (Field.FULL_NAME, Field.ANY_PHONE):
        for piece in pieces_of(field):
            queries += [
                Anywhere(mixed, Equals(field, piece)),
                Anywhere(mixed, Substring(field, initial=piece, at_word=True)),
                Anywhere(mixed, Substring(field, any=(piece,))),
                Not(Anywhere(mixed, Substring(field, any=(piece,)))),
            ]
    for field in FIELDS:
        for _ in range(6):
            one, two, three = asked(field), asked(field), asked(field)
            queries += [
                Equals(field, one),
                AtLeast(field, one),
                AtMost(field, one),
                Below(field, one),
                Substring(field, any=(one,)),
                Substring(field, initial=one, final=two),
                Substring(field, any=(one, two)),
                Substring(field, one, (two,), three),
                Substring(field, one, (two,), three, at_word=True),
            ]
    queries += [Keyed(digits) for digits in ("2", "26", "2662", "5", "436", "43674680", "0")]
    # As many again that are whole values, or begin and end as one does.
    for card in library.cards[::4]:
        for field, (value, *_) in card.fields.items():
            middle = len(value) // 2
            queries += [
                Equals(field, value),
                Substring(field, value[:middle], (), value[middle:]),
                Substring(field, any=(value[1 : middle + 1],)),
            ]
    for moment in Moment:
        for at in MOMENTS:
            queries += [
                Between(moment, at),
                Between(moment, end=at),
                Between(moment, at, MOMENTS[3]),
            ]
    queries += [BookIs(library.first), BookIs(library.second), BookIs(library.empty)]
    hits = agree(library, queries)
    assert hits > len(queries) // 3


def test_a_search_may_begin_behind_any_card_that_it_found(library: Library) -> None:
    scopes = [(NONE, [library.first, library.second])]
    with library.store.reading() as connection:
        for query in (EVERYTHING, Substring(Field.FULL_NAME, any=("a",))):
            question = Question(query, scopes, PLAN)
            hits = list(search(connection, question))
            assert len(hits) > 10
            for at, hit in enumerate(hits, 1):
                behind = list(search(connection, question, Span(after=hit.place)))
                assert behind == hits[at:]
            assert list(search(connection, question, Span(2, hits[0].place))) == hits[1:3]


@pytest.mark.parametrize("has_groups", [True, False])
def test_brief_rows_are_of_the_same_cards_in_the_same_order(
    library: Library, has_groups: bool
) -> None:
    one, both, groups = [library.first], [library.first, library.second], [library.empty]
    place = ("b", "k7")
    spans = [
        *(WHOLE, Span(3), Span(3, skip=2), Span(4, backwards=True), Span(after=place)),
        *(Span(2, after=place, skip=1), Span(3, after=place, backwards=True)),
    ]
    backwards = (SortKey(Field.FULL_NAME, reverse=True),)
    cases = [
        *((query, one, order) for query in (EVERYTHING, PERSONS) for order in (BY_NAME, backwards)),
        *((PERSONS, both, BY_NAME), (PERSONS, groups, BY_NAME)),
        (Substring(Field.FULL_NAME, any=("a",)), both, BY_NAME),
    ]
    with suppress(RolledBack), library.store.writing() as connection:
        if has_groups:
            kinds = [OracleCard(f"g{at}", library.empty, {Field.KIND: ("group",)}) for at in "12"]
            keep(connection, [*kinds, OracleCard("p", library.empty, {})])
        for query, books, order in cases:
            question = Question(query, [(NONE, books)], PLAN, order)
            for span in spans:
                for details in (Details(attributes=True), Details(revision=True)):
                    full = told(connection, question, span, details)
                    brief = told(connection, question, span, replace(details, brief=True))
                    assert brief == full
                    placed = told(connection, question, span, details, placed=False)
                    for is_brief in (True, False):
                        less = replace(details, brief=is_brief, placed=False)
                        assert told(connection, question, span, less, placed=False) == placed
        if has_groups:
            there = [keys(connection, query, [(NONE, groups)]) for query in (EVERYTHING, PERSONS)]
            assert list(map(sorted, there)) == [["g1", "g2", "p"], ["p"]]
        raise RolledBack


def told(
    connection: Connection,
    question: Question,
    span: Span,
    details: Details,
    *,
    placed: bool = True,
) -> list[object]:
    """Return what is told of each card that is found, and perhaps where they stand."""
    runs = list(hits(connection, question, span, details))
    found = [row for run in runs for row in run.rows]
    rows = [(book_of(row), key_of(row), attributes_of(row)) for row in found]
    versions = [(version_of(row), id_of(row)) for row in found] if details.revision else []
    entries = Hits(found).entries()
    if not placed:
        return [*rows, *versions, *(entry._replace(place=()) for entry in entries)]
    return [*rows, *versions, *entries, *(run.last_place for run in runs)]


bounds = st.none() | st.sampled_from(MOMENTS)


@st.composite
def leaves(draw: st.DrawFn) -> Query:
    field = draw(st.sampled_from(FIELDS))
    # No text in a card has a NUL, but a request may.
    pieces = st.sampled_from([*pieces_of(field), "\0"])

    def asked() -> str:
        return "".join(draw(st.lists(pieces, min_size=1, max_size=2)))

    match draw(st.integers(0, 11)):
        case 11:
            return Keyed(draw(st.sampled_from(["2", "26", "5", "685", "4", "9"])))
        case 0:
            return Present(field)
        case 1 | 2:
            return Equals(field, asked())
        case 3:
            return AtLeast(field, asked())
        case 4:
            return AtMost(field, asked()) if draw(st.booleans()) else Below(field, asked())
        case 5:
            return Substring(field, initial=asked(), at_word=draw(st.booleans()))
        case 6:
            return Substring(field, any=(asked(),))
        case 7:
            return Substring(field, any=(asked(),), final=asked())
        case 8:
            return draw(
                st.builds(BookIs, st.integers(0, 4))
                | st.builds(Between, st.sampled_from(Moment), bounds, bounds)
            )
        case 9:
            return KeyIs(draw(st.sampled_from(["k0", "k1", "k7", "K7", "%", "\0"])))
        case _:
            return draw(st.sampled_from([EVERYTHING, NOTHING, UNDEFINED]))


queries = st.recursive(
    leaves(),
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(And, st.lists(parts, max_size=3).map(tuple))
        | st.builds(Or, st.lists(parts, max_size=4).map(tuple))
    ),
    max_leaves=8,
)
hidings = st.frozensets(st.sampled_from(["NOTE", "ORG", "TEL"]), max_size=2)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(queries, hidings, hidings)
def test_a_search_finds_what_the_oracle_finds(
    library: Library, query: Query, hidden: frozenset[str], hidden_there: frozenset[str]
) -> None:
    agree(library, [query, Not(query)], (hidden, hidden_there))


@st.composite
def begun(draw: st.DrawFn) -> Query:
    field = draw(st.sampled_from([Field.FULL_NAME, Field.ORGANISATION, Field.MAIL]))
    piece = draw(st.sampled_from(pieces_of(field)))
    length = draw(st.integers(1, len(piece)))
    return Substring(field, initial=piece[:length], at_word=field is not Field.MAIL)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(queries | begun() | st.builds(Or, st.lists(begun(), max_size=3).map(tuple)), hidings)
def test_those_that_are_wanted_are_the_first_of_all_that_are_found(
    library: Library, query: Query, hidden: frozenset[str]
) -> None:
    scopes = [(hidden, [library.first]), (NONE, [library.second])]
    expected = found(library.cards, query, scopes, PLAN)
    with library.store.reading() as connection:
        for limit in (1, 3, 7):
            assert keys(connection, query, scopes, limit) == expected[:limit]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(queries, hidings)
def test_one_book_is_searched_for_names_of_cards_alike(
    library: Library, query: Query, hidden: frozenset[str]
) -> None:
    expected = found(library.cards, query, [(hidden, [library.first])], PLAN)
    with library.store.reading() as connection:
        hrefs = hrefs_found(connection, query, hidden, library.first, PLAN)
    assert hrefs == sorted(f"{key}.vcf" for key in expected)
