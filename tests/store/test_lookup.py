"""What the order of the values leads to is found without a sort, and is the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from dirserver.model.fields import PHONES, Field
from dirserver.model.hits import Details, book_of, key_of
from dirserver.model.ordering import BY_NAME, Span
from dirserver.model.query import (
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Equals,
    Or,
    Present,
    Query,
    Substring,
)
from dirserver.store.search import lookup
from dirserver.store.search.question import Question
from dirserver.store.search.searching import hits
from dirserver.store.tables import card
from tests.store.library import FIELDS, NONE, PLAN, Library, RolledBack, keep
from tests.store.oracle import OracleCard, found

BRIEF = Details(revision=True, brief=True, placed=False)
FULL = Details(revision=True, person=True, moments=True)
WORK, MOBILE = Field.WORK_PHONE, Field.MOBILE_PHONE
NUMBERS = tuple(sorted(PHONES & set(FIELDS)))


def found_by(
    library: Library,
    query: Query,
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]],
    most: int,
) -> list[list[str]]:
    """Return the keys of what is found, as it is asked for by telephones and in whole rows."""
    question = Question(query, scopes, PLAN, BY_NAME)
    with library.store.reading() as connection:
        return [
            [
                key_of(row)
                for some in hits(connection, question, Span(most), one)
                for row in some.rows
            ]
            for one in (BRIEF, FULL)
        ]


def by_values(random: Random, cards: Sequence[OracleCard]) -> Query:
    """Return a test of what some card says, or of what is near that."""
    fields = random.choice(cards).fields or {WORK: ("1",)}
    field = random.choice(sorted(fields))
    (said, *_) = fields[field]
    if field not in PHONES:
        return random.choice((Equals, AtLeast, AtMost, Below))(field, said)
    if random.random() < 0.5:
        return Anywhere(NUMBERS, Equals(field, said))
    return Substring(random.choice((field, Field.ANY_PHONE)), initial=said[: random.randint(1, 4)])


@pytest.mark.parametrize("hidden", [NONE, frozenset({"TEL"})], ids=["all", "without numbers"])
def test_it_finds_what_the_oracle_finds(library: Library, hidden: frozenset[str]) -> None:
    random = Random(2025)
    scopes = [(NONE, [library.first]), (hidden, [library.second])]
    there = 0
    for _ in range(60):
        some = [by_values(random, library.cards) for _ in range(random.randint(1, 3))]
        query = some[0] if len(some) == 1 else Or(tuple(some))
        expected = found(library.cards, query, scopes, PLAN)
        there += bool(expected)
        for most in (0, 1, 5, 200):
            assert found_by(library, query, scopes, most) == [expected[:most]] * 2, query
    assert there > 30


def test_whoever_has_a_number_twice_is_there_once_and_many_are_sorted(library: Library) -> None:
    book, number = library.empty, "+49 30 5550100"
    names = [f"Anna {at * 7 % 20:02}" for at in range(20)]
    cards = [
        OracleCard(f"n{at}", book, {Field.FULL_NAME: (name,), WORK: (number,), MOBILE: (number,)})
        for at, name in enumerate(names)
    ]
    query = Anywhere((WORK, MOBILE, Field.HOME_PHONE), Equals(WORK, "030 5550100"))
    expected = [one.key for one in sorted(cards, key=lambda one: one.order)]
    question = Question(query, [(NONE, [book])], PLAN, BY_NAME)
    with suppress(RolledBack), library.store.writing() as connection:
        keep(connection, cards)
        for most in (1, 19, 20, 21, 40, 41):
            rows = [
                row for some in hits(connection, question, Span(most), BRIEF) for row in some.rows
            ]
            assert [key_of(row) for row in rows] == expected[:most]
            assert {book_of(row) for row in rows} == {book}
        raise RolledBack


def test_it_is_for_what_the_order_of_the_values_leads_to() -> None:
    number = Anywhere((WORK, MOBILE), Equals(WORK, "0301234567"))
    mail = Substring(Field.MAIL, initial="anna")

    def selects(query: Query, ranks: tuple[tuple[int, int], ...] = ()) -> int | None:
        question = Question(query, [(NONE, [1])], PLAN, BY_NAME, ranks)
        made = lookup.selects(question, sqlite.dialect(), [card.c.id])
        assert lookup.selects(question, postgresql.dialect(), [card.c.id]) is None  # type: ignore[no-untyped-call]  # SQLAlchemy's
        return None if made is None else len(made)

    assert selects(number) == selects(mail) == selects(Or((number, mail))) == 1
    assert selects(number, ((1, 0), (2, 1))) is None
    for other in (
        Present(WORK),
        And((number, mail)),
        Substring(Field.MAIL, any=("anna",)),
        Substring(WORK, final="4567"),
        Substring(Field.FULL_NAME, initial="anna", at_word=True),
        Equals(Field.NOTE, "vormittags"),
    ):
        assert selects(other) is None
        assert selects(Or((number, other))) is None
