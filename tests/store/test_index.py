"""What is kept beside the cards follows them: values, entries and the trigram index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import pytest
from sqlalchemy import Connection, event, func, select, text

from dirserver.assembly import Services
from dirserver.directory.intake.importing import import_cards
from dirserver.errors import UIDConflict
from dirserver.model.grant import Privilege
from dirserver.store import naming
from dirserver.store.index import reindex, trigram
from dirserver.store.same.duplicates import Wanted
from dirserver.store.same.sharing import Sharing
from dirserver.store.tables import card, card_beginning, card_entry, card_value, card_version
from tests.organisation import ALICE, HERE, vcard
from tests.store.trigrams import disagreements, settled_disagreements

Kept = tuple[
    list[tuple[str, str, str]],
    list[tuple[str, str, str]],
    list[tuple[str, bytes]],
    list[tuple[str, str]],
]


def kept(connection: Connection) -> Kept:
    """Return all that was derived from cards, by their keys."""
    values = select(card.c.key, card_value.c.field, card_value.c.value).join(
        card_value, card_value.c.card_id == card.c.id
    )
    words = select(card.c.key, card_beginning.c.head, card_beginning.c.value).join(
        card_beginning, card_beginning.c.card_id == card.c.id
    )
    entries = select(card.c.key, card_entry.c.attributes).join(
        card_entry, card_entry.c.card_id == card.c.id
    )
    names = select(card.c.key, card.c.sort_name)
    return (
        sorted((row[0], row[1], row[2]) for row in connection.execute(values)),
        sorted((row[0], row[1], row[2]) for row in connection.execute(words)),
        sorted((row[0], row[1]) for row in connection.execute(entries)),
        sorted((row[0], row[1]) for row in connection.execute(names)),
    )


def scribble(services: Services) -> None:
    """Create, change, move and delete cards in no order, always the same ones."""
    random = Random(99)
    for _ in range(60):
        href = f"{random.randrange(12)}.vcf"
        with suppress(UIDConflict), services.directory.writing(ALICE, HERE) as writing:
            view = writing.book("customers", Privilege.READ)
            there = next(iter(writing.find(view, [href])), None)
            act = random.random()
            if there and act < 0.3:
                writing.delete_card("customers", href)
            elif there and act < 0.5:
                to = f"{random.randrange(12)}.vcf"
                writing.move_card("customers", href, "customers", to, overwrite=True)
            else:
                name = "".join(random.choices(["Müller", "Anna ", " ", "小龍", "%", "xyz"], k=4))
                uid = there.uid if there is not None else f"{random.random()}"
                phone = f"TEL:+49 30 9018{random.randrange(10, 99)}"
                writing.put_card("customers", href, vcard(uid, name, phone))


def test_the_index_holds_what_the_cards_say_and_nothing_else(each_engine: Services) -> None:
    scribble(each_engine)
    with each_engine.store.reading() as connection:
        before = kept(connection)
        assert connection.scalar(select(func.count()).select_from(card_entry)) == len(before[2])
        assert connection.scalar(select(func.count()).select_from(card_value)) == len(before[0])
        beginnings = connection.scalar(select(func.count()).select_from(card_beginning))
        assert 3 < len(before[1]) == beginnings
        cards = connection.scalar(select(func.count()).select_from(card))
        assert 3 < len(before[2]) == cards
    with each_engine.store.writing() as connection:
        reindex.run(connection, each_engine.deriver.derive_body)
        assert kept(connection) == before


def test_the_trigram_index_of_sqlite_agrees_with_the_values(services: Services) -> None:
    scribble(services)
    check = "INSERT INTO {0} ({0}) VALUES ('integrity-check')"
    with services.store.writing() as connection:
        assert disagreements(connection) == set()
        assert settled_disagreements(connection) == set()
        reindex.run(connection, services.deriver.derive_body)
        assert settled_disagreements(connection) == set()
        # It raises when the index is not whole.
        for index in trigram.INDEXES:
            connection.execute(text(check.format(index)))


def test_cards_point_at_their_newest_version(each_engine: Services) -> None:
    scribble(each_engine)
    of_href = card_version.alias()
    newest = (
        select(func.max(of_href.c.revision)).where(of_href.c.href == card.c.href).scalar_subquery()
    )
    wrong = (
        select(card.c.href)
        .join(card_version, card_version.c.id == card.c.version_id)
        .where(
            (card_version.c.revision != newest)
            | (card_version.c.revision != card.c.revision)
            | (card_version.c.etag != card.c.etag)
            | (card_version.c.key != card.c.key)
        )
    )
    with each_engine.store.reading() as connection:
        assert connection.scalars(wrong).all() == []


def test_reindexing_reports_its_progress(services: Services) -> None:
    with services.directory.writing(ALICE, HERE) as writing:
        people = [vcard(f"{number}", f"Name {number}") for number in range(1100)]
        for _ in import_cards(writing, "customers", "people.vcf", people):
            pass
    heard: list[tuple[int, int]] = []
    with services.store.writing() as connection:
        assert reindex.count(connection) == 1100
        reindex.run(
            connection, services.deriver.derive_body, lambda done, all_: heard.append((done, all_))
        )
    assert heard == [(500, 1100), (1000, 1100), (1100, 1100)]


@contextmanager
def executed(connection: Connection) -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """Collect the statements that are executed, each with what it binds."""
    found: list[tuple[str, tuple[object, ...]]] = []

    def note(*said: object) -> None:
        _connection, _cursor, statement, bound, *_ = said
        assert isinstance(statement, str)
        assert isinstance(bound, tuple)
        found.append((statement, bound))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("asked", ["shares", "names"])
def test_what_cards_have_in_common_is_looked_up_in_the_index_by_values(
    services: Services, asked: str
) -> None:
    with services.store.reading() as connection:
        with executed(connection) as statements:
            if asked == "shares":
                wanted = Wanted("", ["a@example.org"], ["493090"], ["ann"], ["19800101"])
                Sharing(connection, [1, 2], 50).among([wanted])
            else:
                naming.naming(connection, 1, ["a", "b"])
        assert statements
        for said, bound in list(statements):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", bound)
            assert any("ix_card_value_ordered (field=? AND value=?)" in row[3] for row in plan)
