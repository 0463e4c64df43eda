"""The first by name are walked to, by what is known of the cards, and are the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest

from dirserver.model.fields import PHONES, Field
from dirserver.model.hits import Details, Row, book_of, key_of
from dirserver.model.ordering import BY_NAME, Span
from dirserver.model.query import (
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Equals,
    Keyed,
    Or,
    Query,
    Substring,
)
from dirserver.store import moment
from dirserver.store.index import trigram
from dirserver.store.search import searching, walks
from dirserver.store.search.question import Question
from dirserver.store.search.searching import hits
from dirserver.store.search.statements import Statements
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


# Brief rows as telephones have them, whole ones, and such as have more than is known of cards.
DETAILS = (
    BRIEF,
    Details(revision=True, brief=True),
    Details(person=True, placed=False),
    FULL,
    Details(attributes=True, brief=True),
    Details(attributes=True, body=True),
)


def by_parts(random: Random, cards: Sequence[OracleCard]) -> Query:
    """Return a test of what is somewhere in some field, or begins a word there."""
    fields = random.choice(cards).fields or {Field.FULL_NAME: ("anna",)}
    field = random.choice(sorted(fields))
    said = random.choice(fields[field])
    begin = random.randrange(max(1, len(said) - 2))
    part = said[begin : begin + random.randint(1, 5)]
    asked_of = (*NUMBERS, Field.ANY_PHONE) if field in PHONES else (Field.FULL_NAME, Field.MAIL)
    tests: list[Query] = [
        Substring(field, any=(part,)),
        Substring(field, initial=part, at_word=field is Field.FULL_NAME),
        Substring(field, initial=said[:2], any=(part,)),
        Anywhere(tuple({*asked_of, field}), Substring(field, any=(part,))),
        Equals(field, said),
    ]
    if random.random() < 0.2:
        return Keyed(random.choice(("26", "2662", "685")))
    return random.choice(tests)


def shown(row: Row, details: Details) -> Sequence[object]:
    """Return all of a row, but for the revision that somebody gets who did not ask for it."""
    is_more = details.revision or (details.brief and details.attributes)
    return row if is_more else (*row[:3], None, *row[4:])


@pytest.mark.parametrize(
    ("most_kept", "most", "is_settled"),
    [(15_000, 1000, True), (15_000, 1000, False), (3, 1000, True), (15_000, 5, False)],
    ids=["settled", "behind", "little kept", "many found"],
)
def test_what_is_known_of_a_moment_is_what_is_there(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    most_kept: int,
    most: int,
    is_settled: bool,
) -> None:
    monkeypatch.setattr(moment, "_MOST_KEPT", most_kept)
    monkeypatch.setattr(walks, "_MOST", most)
    monkeypatch.setattr(walks, "_MOST_OTHERS", most)
    # Statements that were made before were made with another number.
    monkeypatch.setattr(searching, "_statements", Statements())
    random = Random(most_kept + most)
    hidden = frozenset({"ORG", "TEL"})
    scopes = [(NONE, [library.first]), (hidden, [library.second])]
    there = 0
    with suppress(RolledBack), library.store.writing() as connection:
        if is_settled:
            trigram.settle(connection)
        known = moment.Moment()
        for _ in range(70):
            some = [by_parts(random, library.cards) for _ in range(random.randint(1, 3))]
            query = some[0] if len(some) == 1 else Or(tuple(some))
            expected = found(library.cards, query, scopes, PLAN)
            there += bool(expected)
            question = Question(query, scopes, PLAN, BY_NAME)
            span = Span(random.choice((1, 2, 5, 9)))
            details = random.choice(DETAILS)
            finder = searching.Finder(question, span, details)
            warm, cold = (
                [row for hits in finder.hits(connection, query, at) for row in hits.rows]
                for at in (known, None)
            )
            assert warm == cold
            assert [key_of(row) for row in warm] == expected[: span.limit], query
            # Without a limit it is one SELECT.
            whole = searching.Finder(question, Span(), details).hits(connection, query)
            rows = [row for hits in whole for row in hits.rows][: span.limit]
            assert [shown(row, details) for row in warm] == [shown(row, details) for row in rows]
            kept = len(known.cards), len(known.lines), len(known.numbers)
            assert max(kept) <= most_kept
        raise RolledBack
    assert there > 30


def test_a_walk_goes_no_further_than_what_is_wanted(library: Library) -> None:
    cards = [
        OracleCard(
            f"c{at}",
            library.empty,
            {Field.FULL_NAME: (f"{at:03} Hanna",), WORK: (f"030 55501{at:03}",)},
        )
        for at in range(600)
    ]
    known = moment.Moment()
    with suppress(RolledBack), library.store.writing() as connection:
        keep(connection, cards)
        trigram.settle(connection)
        for query in (
            Substring(Field.FULL_NAME, any=("ann",)),
            Substring(Field.FULL_NAME, initial="han", at_word=True),
            Or((Substring(Field.MAIL, any=("5550",)), Substring(WORK, any=("5550",)))),
        ):
            question = Question(query, [(NONE, [library.empty])], PLAN, BY_NAME)
            finder = searching.Finder(question, Span(9), BRIEF)
            rows = [row for hits in finder.hits(connection, query, known) for row in hits.rows]
            assert [key_of(row) for row in rows] == [f"c{at}" for at in range(9)]
        raise RolledBack
    # PostgreSQL finds them by a SELECT.
    looked_at = len(known.lines), len(known.cards), len(known.numbers)
    assert all(9 <= number <= 30 for number in looked_at) is library.store.is_sqlite
    assert max(looked_at) <= 30


def test_hundreds_with_nearly_the_same_name_are_in_their_order(library: Library) -> None:
    random = Random(7)
    cards = [
        OracleCard(
            f"m{at}",
            book,
            {Field.FULL_NAME: (f"Maximilian U {name}",), WORK: (f"030 5550{name}",)},
        )
        for at, name in enumerate(random.sample(range(1000), 700))
        for book in (random.choice((library.empty, library.first)),)
    ]
    known = moment.Moment()
    scopes = [(NONE, [library.empty])]
    with suppress(RolledBack), library.store.writing() as connection:
        # Each comes behind those that were there, wherever it is in the order.
        for begin in range(0, 700, 50):
            keep(connection, cards[begin : begin + 50])
            trigram.settle(connection)
        for part in ("imil", "max", "7", "550", "5501", "ian u 9"):
            for query in (
                Substring(Field.FULL_NAME, any=(part,)),
                Substring(Field.FULL_NAME, initial=part, at_word=True),
                Or((Substring(Field.FULL_NAME, any=(part,)), Substring(WORK, any=(part,)))),
            ):
                expected = found(cards, query, scopes, PLAN)
                question = Question(query, scopes, PLAN, BY_NAME)
                for most in (1, 5, 40, 400):
                    finder = searching.Finder(question, Span(most), BRIEF)
                    rows = [
                        row for hits in finder.hits(connection, query, known) for row in hits.rows
                    ]
                    assert [key_of(row) for row in rows] == expected[:most], (query, most)
        raise RolledBack
