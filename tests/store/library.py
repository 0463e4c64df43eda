"""A store with generated cards, and the means to search it as the oracle does in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import Connection

from dirserver.model.fields import PHONES, Field
from dirserver.model.number import DialPlan
from dirserver.model.ordering import BY_NAME, Order, Span
from dirserver.model.principal import Client
from dirserver.model.query import Query
from dirserver.store.engine import Store
from dirserver.store.index import trigram
from dirserver.store.index.beginnings import words_of
from dirserver.store.index.derived import Derived
from dirserver.store.search.question import Question
from dirserver.store.search.searching import search
from dirserver.store.search.values import indexed_values
from dirserver.store.writing import Act, NewCard, store_cards
from tests.store.oracle import OracleCard

PLAN = DialPlan("DE", ("0",))
ACT = Act("put", "alice", Client("test"), datetime(2026, 1, 1, tzinfo=UTC))
MOMENTS = [ACT.at + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000, 10**11)]
NONE: frozenset[str] = frozenset()
FIELDS = [
    *(Field.FULL_NAME, Field.NOTE, Field.ORGANISATION, Field.MAIL),
    *(Field.WORK_PHONE, Field.FAX),
]

# Pieces of which names and searches are made, so that they meet; and what SQL could trip over.
PIECES = [
    *("a", "A", "an", "anna", "Mül", "mul", "muell", "ler", "ü", "ue", "ß", "SS", "é", "e\u0301"),
    *("%", "_", "\\", "'", '"', "*", "100%", "a_b", "OR", "NEAR(", "--", "\u0301", "x" * 40),
    *("王", "小明", "李小龍", "김철수", "🙂", "Иван", "иВАН", "ガ", "カ", "İ", "ﬁ"),
    *(" ", "  ", "\u00a0", "-", "Γεωργίου", "26", "2662"),
]
DIGITS = [
    *("+49 30 901820", "030/901820", "0030901820", "+49 (0)30 901820-17", "030", "30", "9018", "0"),
    *("17", "+", "-", " ", "ext. 5", "foo", "+1 212 555 0123", "110", "(", "٣", "00"),
]


def pieces_of(field: Field) -> list[str]:
    return DIGITS if field in PHONES else PIECES


def generated_cards(first: int, second: int) -> list[OracleCard]:
    """Cards of which each says something else, in two books; always the same ones."""
    random = Random(4711)
    cards = []
    for number in range(80):
        fields = {
            field: tuple(
                "".join(random.choices(pieces_of(field), k=random.randint(1, 3)))
                for _ in range(random.randint(1, 2))
            )
            for field in FIELDS
            if random.random() < 0.6
        }
        book, at = random.choice((first, second)), MOMENTS[number % len(MOMENTS)]
        cards.append(OracleCard(f"k{number}", book, fields, at))
    return cards


def keep(connection: Connection, cards: Sequence[OracleCard]) -> None:
    """Store cards with the values of their fields, as if these had been in a vCard."""
    for book, at in sorted({(card.book, card.at) for card in cards}):
        new = [new_card(card) for card in cards if (card.book, card.at) == (book, at)]
        store_cards(connection, book, new, replace(ACT, at=at))


def new_card(card: OracleCard) -> NewCard:
    values = {
        (field, indexed)
        for field, said in card.fields.items()
        for value in said
        for indexed in indexed_values(field, value, PLAN)
    }
    said = tuple(sorted(values))
    derived = Derived(said, card.order[0], card.key.encode(), words_of(said))
    return NewCard(f"{card.key}.vcf", card.key, "", b"body", "etag", derived, None)


class Library(NamedTuple):
    """A store with two books, what is in them, and an empty one."""

    store: Store
    first: int
    second: int
    empty: int
    cards: list[OracleCard]


def keys(
    connection: Connection,
    query: Query,
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]],
    limit: int | None = None,
    order: Order = BY_NAME,
) -> list[str]:
    hits = list(search(connection, Question(query, scopes, PLAN, order), Span(limit)))
    assert [hit.attributes for hit in hits] == [hit.key.encode() for hit in hits]
    return [hit.key for hit in hits]


class RolledBack(Exception):
    pass


Finder = Callable[..., list[str]]


@contextmanager
def shelf(
    library: Library, *said: str, field: Field = Field.FULL_NAME, is_settled: bool = False
) -> Iterator[Finder]:
    """Fill the empty book with a card for each of ``said``, as long as the block lasts.

    The trigram index is behind with them, or has them where it ``is_settled``.
    """
    # A number is kept as one of some kind, never as one of any.
    kept_as = Field.WORK_PHONE if field is Field.ANY_PHONE else field
    cards = [
        OracleCard(f"s{number}", library.empty, {kept_as: (value,)})
        for number, value in enumerate(said)
    ]
    with suppress(RolledBack), library.store.writing() as connection:
        keep(connection, cards)
        if is_settled:
            trigram.settle(connection)

        def find(query: Query, limit: int | None = None, order: Order = BY_NAME) -> list[str]:
            hits = keys(connection, query, [(NONE, [library.empty])], limit, order)
            return [said[int(key[1:])] for key in hits]

        yield find
        raise RolledBack
