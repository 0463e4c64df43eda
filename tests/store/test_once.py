"""Each person is found once: in the best of the books where they are found at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from string import ascii_lowercase

import pytest
from sqlalchemy import Connection

from dirserver.model.fields import Field
from dirserver.model.hits import Details, Hits, key_of
from dirserver.model.ordering import BY_NAME, Order, Place, SortKey, Span
from dirserver.model.query import And, Equals, Not, Or, Present, Query, Substring
from dirserver.store.moment import Moment
from dirserver.store.search import searching
from dirserver.store.search.probes import Named
from dirserver.store.search.question import Question
from dirserver.store.writing import store_cards
from tests.store.library import ACT, NONE, PLAN, Library, RolledBack, new_card
from tests.store.oracle import OracleCard, found

MOSTS = (0, 1, 3, 20, 90)
BRIEF = Details(revision=True, brief=True, placed=False)
BODIES = Details(body=True)


@dataclass(frozen=True)
class Copy:
    """A card, and what tells whose it is."""

    card: OracleCard
    uid: str
    link: int | None


def copies(random: Random, books: Sequence[int], number: int) -> Iterator[Copy]:
    """Yield cards of which some are of the same people, who may be called otherwise elsewhere."""
    taken: set[tuple[int, str]] = set()
    for at in range(number):
        book, uid = random.choice(books), random.choice(("", f"u{random.randrange(number // 3)}"))
        if uid and (book, uid) in taken:
            uid = f"own{at}"
        taken.add((book, uid))
        name = f"an{random.choice(ascii_lowercase)} {random.choice('xyz')}"
        fields = {Field.FULL_NAME: (name,), Field.ORGANISATION: (random.choice(("one", "two")),)}
        link = random.randrange(1, number) if random.random() < 0.3 else None
        yield Copy(OracleCard(f"copy{at}", book, fields), uid, link)


def wanted(there: Sequence[Copy], keys: Sequence[str], ranks: dict[int, int]) -> list[str]:
    """Return those of ``keys``, which are found, that no better one of them stands for."""
    by_key = {one.card.key: one for one in there}
    among = [by_key[key] for key in keys]
    return [
        one.card.key
        for one in among
        if not any(
            ranks[other.card.book] < ranks[one.card.book]
            and ((one.uid and other.uid == one.uid) or (one.link and other.link == one.link))
            for other in among
        )
    ]


def asked(connection: Connection, question: Question, most: int) -> list[str]:
    """Return the keys that are found as telephones ask; each way there is finds the same."""
    ways = []
    for details in (BRIEF, Details(person=True, attributes=True), BODIES):
        found_ = searching.hits(connection, question, Span(most), details)
        ways.append([key_of(row) for some in found_ for row in some.rows])
    assert ways[0] == ways[1] == ways[2]
    return ways[0]


def paged(connection: Connection, question: Question, size: int) -> list[str]:
    """Return the keys that are found page by page."""
    keys: list[str] = []
    after: Place | None = None
    while True:
        span = Span(size, after)
        page = [one for some in searching.hits(connection, question, span) for one in some.rows]
        assert len(page) <= size
        keys += map(key_of, page)
        if len(page) < size:
            return keys
        after = Hits(page).last_place


def store(connection: Connection, there: Sequence[Copy]) -> None:
    for one in there:
        new = replace(new_card(one.card), uid=one.uid, link_id=one.link)
        store_cards(connection, one.card.book, [new], ACT)


QUERIES: Sequence[Query] = (
    Substring(Field.FULL_NAME, initial="an"),
    Substring(Field.FULL_NAME, any=("an",)),
    Or((Substring(Field.FULL_NAME, any=("n",)), Equals(Field.ORGANISATION, "one"))),
    And((Substring(Field.FULL_NAME, initial="an"), Equals(Field.ORGANISATION, "two"))),
    And((Substring(Field.FULL_NAME, initial="an"), Not(Equals(Field.ORGANISATION, "two")))),
    # What leads to no cards by itself, so that books are walked through.
    Present(Field.ORGANISATION),
    Not(Equals(Field.ORGANISATION, "one")),
)


@pytest.mark.parametrize("seed", range(2))
def test_the_first_are_those_of_all_that_are_found(library: Library, seed: int) -> None:
    random = Random(seed)
    books = [library.first, library.second, library.empty]
    random.shuffle(books)
    ranks = {book: rank for rank, book in enumerate(books)}
    there = list(copies(random, books, random.choice((30, 120))))
    hidden = random.choice((NONE, frozenset({"ORG"})))
    scopes = [(NONE, books[:1]), (hidden, books[1:])]
    with suppress(RolledBack), library.store.writing() as connection:
        store(connection, there)
        for query in QUERIES:
            # Of the library's own cards there may be some as well.
            cards = [*library.cards, *(one.card for one in there)]
            own = [Copy(card, "", None) for card in library.cards]
            keys = found(cards, query, scopes, PLAN)
            for has_links in (True, False):
                linked = there if has_links else [replace(one, link=None) for one in there]
                expected = wanted([*own, *linked], keys, ranks)
                question = Question(
                    query, scopes, PLAN, BY_NAME, tuple(ranks.items()), has_links=has_links
                )
                for most in MOSTS:
                    assert asked(connection, question, most) == expected[:most], query
                for size in (3, 20):
                    assert paged(connection, question, size) == expected, query
        raise RolledBack


@pytest.mark.parametrize("order", [BY_NAME, (SortKey(Field.FULL_NAME, reverse=True),)])
def test_several_books_are_walked_through_in_any_direction(library: Library, order: Order) -> None:
    books = [library.first, library.second, library.empty]
    there = list(copies(Random(3), books, 60))
    scopes = [(NONE, books[:1]), (frozenset({"ORG"}), books[1:])]
    query = Or((Present(Field.ORGANISATION), Not(Equals(Field.MAIL, "nobody"))))
    with suppress(RolledBack), library.store.writing() as connection:
        store(connection, there)
        cards = [*library.cards, *(one.card for one in there)]
        keys = found(cards, query, scopes, PLAN)
        if order != BY_NAME:
            keys.reverse()
        question = Question(query, scopes, PLAN, order)
        for span in (Span(7), Span(7, skip=5), Span(500), Span(7, backwards=True), Span(0)):
            rows = [one for some in searching.hits(connection, question, span) for one in some.rows]
            there_ = keys[::-1] if span.backwards else keys
            end = span.skip + (span.limit or 0)
            assert [*map(key_of, rows)] == there_[span.skip : end], span
        assert paged(connection, question, 9) == keys
        raise RolledBack


def test_where_nobody_is_twice_little_is_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = searching.Finder._hits

    def fronts_only(
        self: searching.Finder, connection: Connection, query: Query, moment: Moment
    ) -> Iterator[Hits]:
        assert not self._question.ranks, "all that is found is ranked"
        return whole(self, connection, query, moment)

    monkeypatch.setattr(searching.Finder, "_hits", fronts_only)
    books = [library.first, library.second]
    there = list(copies(Random(1), books, 90))
    alone = [replace(one, uid=f"of {one.card.key}", link=None) for one in there]
    # A few are twice, by the same name.
    twice = [
        Copy(replace(one.card, key=f"twin{at}", book=library.empty), one.uid, None)
        for at, one in enumerate(alone[:6])
    ]
    ranks = ((library.empty, 0), (library.first, 1), (library.second, 2))
    question = Question(QUERIES[0], [(NONE, [*books, library.empty])], PLAN, BY_NAME, ranks)
    with suppress(RolledBack), library.store.writing() as connection:
        store(connection, [*alone, *twice])
        for most in (5, 50):
            assert len(asked(connection, question, most)) == most
            assert len(paged(connection, question, most)) >= 90
        raise RolledBack


@pytest.mark.parametrize("is_selective", [True, False])
def test_much_that_is_asked_of_many_books_makes_no_endless_statement(
    library: Library, is_selective: bool
) -> None:
    # Those that are not there are as good: before it is run, a statement has to be made.
    books = [library.first, library.second, library.empty, *range(10**6, 10**6 + 60)]
    tests = [Substring(Field.FULL_NAME, any=(f"{one}{two}",)) for one in "annul" for two in "leruz"]
    query = Or((*tests, *([] if is_selective else [Present(Field.MAIL)])))
    scopes = [(NONE, books)]
    expected = found(library.cards, query, scopes, PLAN)
    question = Question(query, scopes, PLAN, BY_NAME)
    with library.store.reading() as connection:
        assert asked(connection, question, 9) == expected[:9]
        made = searching._select(question, connection.dialect, Span(9), Named(), BRIEF)
        # One for each test, and not for each of all books once more.
        assert 0 < str(made).count("SELECT") < 10 * len(tests)


def test_a_book_and_its_copy_are_as_one(library: Library) -> None:
    books = [library.first, library.second]
    one_book = list(copies(Random(2), books[:1], 60))
    there = [replace(one, uid=f"of {one.card.key}", link=None) for one in one_book]
    copied = [
        replace(one, card=replace(one.card, key=f"{one.card.key}'", book=books[1])) for one in there
    ]
    ranks = ((books[0], 0), (books[1], 1))
    query = Substring(Field.FULL_NAME, initial="an")
    with suppress(RolledBack), library.store.writing() as connection:
        store(connection, [*there, *copied])
        expected = found(
            [*library.cards, *(one.card for one in there)], query, [(NONE, books)], PLAN
        )
        question = Question(query, [(NONE, books)], PLAN, BY_NAME, ranks)
        for most in MOSTS:
            assert asked(connection, question, most) == expected[:most]
        for size in (7, 20):
            assert paged(connection, question, size) == expected
        raise RolledBack


def test_hardly_more_bodies_are_held_than_are_wanted(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be pictures in them; those of a book and its copy are read once and no more."""
    held: list[int] = []
    hits = searching.Finder._hits

    def counted(
        self: searching.Finder, connection: Connection, query: Query, moment: Moment
    ) -> Iterator[Hits]:
        found_ = list(hits(self, connection, query, moment))
        if not self._question.ranks:
            held.append(sum(map(len, found_)))
        return iter(found_)

    monkeypatch.setattr(searching.Finder, "_hits", counted)
    books = [library.first, library.second]
    there = [
        Copy(replace(one.card, key=f"{one.card.key} {book}", book=book), f"of {one.card.key}", None)
        for one in copies(Random(2), books[:1], 60)
        for book in books
    ]
    ranks = ((books[0], 0), (books[1], 1))
    question = Question(QUERIES[0], [(NONE, books)], PLAN, BY_NAME, ranks)
    with suppress(RolledBack), library.store.writing() as connection:
        store(connection, there)
        found_ = searching.hits(connection, question, Span(20), BODIES)
        assert sum(map(len, found_)) == 20
        raise RolledBack
    assert held
    assert max(held) < 30
