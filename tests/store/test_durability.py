"""Nothing that was acknowledged is lost when the process dies, and nothing is half there."""

from __future__ import annotations

from pathlib import Path
from random import Random
from subprocess import PIPE
from time import monotonic, sleep

from sqlalchemy import func, select, text

from dirserver.assembly import Services
from dirserver.model.grant import Privilege
from dirserver.store.tables import (
    addressbook,
    audit_event,
    card,
    card_beginning,
    card_entry,
    card_value,
    card_version,
    change,
)
from tests import processes
from tests.organisation import ALICE, HERE, without_shield
from tests.store.restless import body_of
from tests.store.trail import broken_links
from tests.store.trigrams import disagreements, settled_disagreements

ROUNDS = 3
# On a busy machine little is done before the end comes; then there are more rounds.
FEWEST_ACTS, MOST_ROUNDS = 11, 30


def run_and_kill(path: Path, start: int, after: float) -> list[str]:
    """Let the restless write, kill it some seconds after its first act, and return its words."""
    process = processes.begin(path, str(start), stdout=PIPE, module="tests.store.restless")
    assert process.stdout is not None
    with process.stdout:
        lines = [process.stdout.readline()]
        # Not when it says something, which is between two acts, but at any moment.
        sleep(after)
        process.kill()
        lines += process.stdout.readlines()
    process.wait()
    return [line.decode().rstrip("\n") for line in lines if line.endswith(b"\n")]


def test_what_was_acknowledged_survives_the_death_of_the_process(each_engine: Services) -> None:
    random = Random()
    # The restless delete more than any client may.
    without_shield(each_engine.config.path)
    expected: dict[str, bytes] = {}
    acts, start, rounds = 0, 0, 0
    while rounds < ROUNDS or (acts < FEWEST_ACTS and rounds < MOST_ROUNDS):
        rounds += 1
        words = run_and_kill(each_engine.config.path, start, random.uniform(0.05, 0.4))
        tries = [word.split() for word in words if word.startswith("try")]
        assert tries
        unsure = tries[-1] if words[-1] != "done" else None
        for _, what, href, number in tries if unsure is None else tries[:-1]:
            _note(expected, what, href, number)
            acts += 1
        start = int(tries[-1][3]) + 1
        start += -start % 15
        wait_for_the_server(each_engine)
        found = read_all(each_engine)
        if unsure is not None:
            # Whoever was not told that it is done cannot know; but it is done or not done.
            maybe = dict(expected)
            _note(maybe, *unsure[1:])
            if found == maybe != expected:
                expected = maybe
                acts += 1
        assert found == expected
        check_whole(each_engine, acts)
    assert acts >= FEWEST_ACTS


def _note(cards: dict[str, bytes], what: str, href: str, number: str) -> None:
    if what == "put":
        cards[href] = body_of(href, int(number))
    else:
        del cards[href]


def wait_for_the_server(services: Services) -> None:
    """Wait until PostgreSQL has noticed that its client is dead, and has finished what it sent."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    deadline = monotonic() + 60
    while not services.store.is_sqlite and monotonic() < deadline:
        with services.store.reading() as connection:
            if connection.scalar(others) == 0:
                return
        sleep(0.01)


def read_all(services: Services) -> dict[str, bytes]:
    with services.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        return {card.href: body for card, body in reading.bodies(view)}


def check_whole(services: Services, acts: int) -> None:
    """Require that of every act all traces are there, and of no other any."""
    with services.store.reading() as connection:

        def column(statement: str) -> list[object]:
            return list(connection.scalars(text(statement)))

        hrefs = column("SELECT href FROM card ORDER BY href")
        assert column("SELECT href FROM change WHERE NOT vanished ORDER BY href") == hrefs
        joined = "SELECT href FROM card JOIN card_entry ON card_id = card.id ORDER BY href"
        assert column(joined) == hrefs
        valued = "SELECT href FROM card WHERE id IN (SELECT card_id FROM card_value) ORDER BY href"
        assert column(valued) == hrefs
        orphans = select(func.count()).where(card_value.c.card_id.not_in(select(card.c.id)))
        assert connection.scalar(orphans) == 0
        orphans = select(func.count()).where(card_beginning.c.card_id.not_in(select(card.c.id)))
        assert connection.scalar(orphans) == 0
        orphans = select(func.count()).where(card_entry.c.card_id.not_in(select(card.c.id)))
        assert connection.scalar(orphans) == 0
        # One version, one revision and one event of each act.
        last = connection.scalar(select(addressbook.c.revision).where(addressbook.c.id == 1))
        revisions = select(card_version.c.revision).order_by(card_version.c.revision)
        assert last == 1 + acts
        assert connection.scalars(revisions).all() == list(range(2, acts + 2))
        told = select(audit_event.c.card).where(audit_event.c.action.startswith("card:"))
        events = connection.scalars(told.order_by(audit_event.c.id)).all()
        versions = select(card_version.c.href).order_by(card_version.c.revision)
        assert events == connection.scalars(versions).all()
        newest = select(card.c.href).where(
            card.c.revision
            != select(change.c.revision).where(change.c.href == card.c.href).scalar_subquery()
        )
        assert connection.scalars(newest).all() == []
    assert broken_links(services.store) == []
    if services.store.is_sqlite:
        with services.store.writing() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert disagreements(connection) == set()
            assert settled_disagreements(connection) == set()
