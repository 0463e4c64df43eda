"""The trigram index of SQLite is brought up to date for many cards at a time; nobody sees that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from dirserver.assembly import Services
from dirserver.directory import Directory
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.query import Or, Substring
from dirserver.store.index import trigram
from tests.organisation import ALICE, HERE, vcard
from tests.store.trigrams import disagreements, settled_disagreements


def put(services: Services, number: int, name: str, *lines: str) -> None:
    with services.directory.writing(ALICE, HERE) as writing:
        writing.put_card("customers", f"{number}.vcf", vcard(f"{number}", name, *lines))


def delete(services: Services, number: int) -> None:
    with services.directory.writing(ALICE, HERE) as writing:
        writing.delete_card("customers", f"{number}.vcf")


def settle(services: Services) -> None:
    with services.store.writing() as connection:
        trigram.settle(connection)


def contain(services: Services, part: str, *fields: Field) -> list[str]:
    """Return the names of the cards that contain ``part``, in one of the fields or in the name."""
    with services.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        query = Or(tuple(Substring(one, any=(part,)) for one in fields or (Field.FULL_NAME,)))
        return sorted(card.href for card, _body in reading.candidates(view, query))


@contextmanager
def reading(services: Services) -> Iterator[Connection]:
    with services.store.reading() as connection:
        yield connection


def due(services: Services) -> int:
    with reading(services) as connection:
        return int(connection.scalar(text("SELECT count(*) FROM trigram_due")) or 0)


@pytest.mark.parametrize("is_settled", [False, True])
def test_what_a_card_says_now_is_found_and_nothing_that_it_said(
    services: Services, is_settled: bool
) -> None:
    put(services, 1, "Anna Altmann")
    put(services, 2, "Anna Beispiel")
    settle(services)
    put(services, 1, "Anna Neumann")
    delete(services, 2)
    # SQLite gives it the id of the one that went.
    put(services, 3, "Carla Ersatz")
    if is_settled:
        settle(services)
    assert due(services) == (0 if is_settled else 2)
    assert contain(services, "altmann") == []
    assert contain(services, "beispiel") == []
    assert contain(services, "neumann") == ["1.vcf"]
    assert contain(services, "ersatz") == ["3.vcf"]
    with services.store.writing() as connection:
        assert settled_disagreements(connection) == set()


def test_a_part_is_found_in_one_value_and_not_across_two(services: Services) -> None:
    put(services, 1, "Anna Bert")
    settle(services)
    # Its trigrams are there, each in another place.
    assert contain(services, "anna bann") == []
    assert contain(services, "ertanna") == []
    assert contain(services, "na be") == ["1.vcf"]


def test_a_part_is_looked_for_in_names_and_in_all_else_at_once(services: Services) -> None:
    put(services, 1, "Anna 4711", "NOTE:Bert")
    put(services, 2, "Bert", "NOTE:Anna", "TEL:+49 30 4711")
    put(services, 3, "Carla", "TITLE:Anna Bert")
    settle(services)
    assert contain(services, "anna") == ["1.vcf"]
    assert contain(services, "anna", Field.NOTE) == ["2.vcf"]
    assert contain(services, "anna", Field.TITLE, Field.NOTE) == ["2.vcf", "3.vcf"]
    assert contain(services, "anna", Field.TITLE, Field.FULL_NAME) == ["1.vcf", "3.vcf"]
    assert contain(services, "bert", Field.NOTE, Field.FULL_NAME, Field.TITLE) == [
        *("1.vcf", "2.vcf", "3.vcf")
    ]
    assert contain(services, "4711", Field.ANY_PHONE) == ["2.vcf"]
    assert contain(services, "4711", Field.ANY_PHONE, Field.FULL_NAME, Field.NOTE) == [
        *("1.vcf", "2.vcf")
    ]


def test_what_a_change_leaves_as_it_is_is_not_indexed_again(services: Services) -> None:
    def written() -> list[list[tuple[int, bytes]]]:
        with reading(services) as connection:
            return [
                [(row[0], row[1]) for row in connection.execute(text(f"SELECT * FROM {one}_data"))]
                for one in trigram.INDEXES
            ]

    put(services, 1, "Anna", "NOTE:likes tea", "TEL:1234567")
    settle(services)
    before = written()
    for number, lines in enumerate(
        (
            ("NOTE:likes tea", "TEL:7654321"),
            ("NOTE:likes tea", "TEL:7654321", "ORG:Tea"),
            ("NOTE:likes coffee", "TEL:7654321", "ORG:Tea"),
        )
    ):
        put(services, 1, "Anna", *lines)
        settle(services)
        after = written()
        assert [one == other for one, other in zip(before, after, strict=True)] == [
            at != number for at in range(3)
        ]
        before = after


def test_the_index_is_never_behind_with_more_than_it_may_be(services: Services) -> None:
    most = 0
    for number in range(trigram.MOST_DUE + 3):
        put(services, number, f"Name {number}")
        most = max(most, due(services))
    assert most == trigram.MOST_DUE - 1
    assert due(services) == 3
    with services.store.writing() as connection:
        assert disagreements(connection) == set()


@pytest.mark.parametrize("bring", [Directory.tidy_index, Directory.settle_index])
def test_what_is_done_now_and_then_leaves_nothing_to_be_done(
    services: Services, bring: Callable[[Directory], None]
) -> None:
    put(services, 1, "Anna")
    assert due(services) == 1
    bring(services.directory)
    assert due(services) == 0
    assert contain(services, "anna") == ["1.vcf"]


def test_settled_cards_have_lines_with_what_they_say_in_the_order_of_their_names(
    services: Services,
) -> None:
    def lines() -> list[str]:
        with reading(services) as connection:
            found = connection.scalars(text("SELECT full_name FROM card_line ORDER BY place"))
            return list(found)

    put(services, 1, "Anna Müller")
    put(services, 2, "Bert")
    assert lines() == []
    settle(services)
    anna = "anna mueller\x1fanna muller"
    assert lines() == [anna, "bert"]
    put(services, 2, "Carla")
    assert lines() == [anna]
    put(services, 3, "Bea")
    settle(services)
    assert lines() == [anna, "bea", "carla"]
    with services.store.writing() as connection:
        connection.execute(text("UPDATE card SET sort_name = 'aaron' WHERE sort_name = 'carla'"))
    assert lines() == [anna, "bea"]
    delete(services, 3)
    settle(services)
    assert lines() == ["carla", anna]
