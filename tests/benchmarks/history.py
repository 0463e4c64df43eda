"""``python -m tests.benchmarks history``: what the past costs, as ratios of one run.

A PUT is measured as a client makes it, by the CPU of the server. Reads are measured in this
process and without a network, where the difference shows most: of two books in one database,
with the same cards, one has a past.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import text

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory import Reading
from dirserver.directory.intake.importing import import_cards
from dirserver.directory.past.restoring import restore_book
from dirserver.model.audit import AuditAction
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.query import Equals, Substring
from dirserver.reconcile import apply_config
from dirserver.store.cards import find_many
from dirserver.store.tables import card_version
from tests.benchmarks import carddav
from tests.benchmarks.cards import people, person
from tests.benchmarks.measuring import Line
from tests.benchmarks.subjects import subject_of, write_config
from tests.benchmarks.turns import Ratio, Turn, busy, in_turns
from tests.organisation import ADMIN, HERE
from tests.system.running import RunningServer, running_cold

BOOK = "customers"
# The same cards with a past.
VETERANS = "veterans"
_VETERANS = """
[books.veterans]
name = "Veterans"
grants = [{ to = "alice", access = "manage" }]
"""
_VERSIONS = 20
_PUTS = 10
_PUT_ROUNDS = 80
_READ_ROUNDS = 21
# What takes less is done more often in a turn.
_TURN_SECONDS = 0.01

_Way: TypeAlias = Callable[[Reading, VisibleBook], object]


def run(cards: int) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        with_past, without, reads = (Path(name) / one for one in ("with", "without", "reads"))
        with_past.mkdir()
        file = write_config(with_past)
        file.write_text(file.read_text(encoding="utf-8") + _VETERANS, encoding="utf-8")
        services = open_services(config.load(file))
        apply_config(services, ADMIN, HERE)
        began, cpu = time.perf_counter(), time.process_time()
        _fill(services, BOOK, [one.card for one in people(cards)])
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        print(f"{cards} cards imported in {seconds:.1f} s, {used:.1f} s of CPU\n")
        services.close()
        shutil.copytree(with_past, without)
        shutil.copytree(with_past, reads)
        print(f"{'CPU, median and quartiles':<44} ratio")
        _compare_puts(with_past, without, cards)
        services = open_services(config.load(reads / file.name))
        _fill(services, VETERANS, [one.card for one in people(cards)])
        _give_a_past(services)
        services.close()
        services = open_services(config.load(reads / file.name))
        _compare_reads(services, cards)
        _restores(services, cards)
        services.close()


def _fill(services: Services, book: str, bodies: Collection[bytes]) -> None:
    with services.directory.writing(ADMIN, HERE) as writing:
        for _ in import_cards(writing, book, "people.vcf", bodies):
            pass


def _row(name: str, ratio: Ratio) -> None:
    print(f"{name:<44} {ratio}", flush=True)


def _compare_puts(with_past: Path, without: Path, cards: int) -> None:
    """Change the same cards in turns at a server with and at one without history and audit."""
    with (
        running_cold(with_past / "dirserver.toml") as one,
        running_cold(without / "dirserver.toml", module="tests.benchmarks.forgetful") as other,
    ):
        ratio = in_turns(_puts(one, cards), _puts(other, cards), _PUT_ROUNDS)
    _row("PUT, with and without history and audit", ratio)


def _puts(server: RunningServer, cards: int) -> Turn:
    book = carddav.Book(subject_of(server), cards)
    task = book.task(204, script=lambda _: [book.put(book.changed()) for _ in range(_PUTS)])
    line = Line(task, task.reader())

    def change_some() -> float:
        line.begin(0)
        before = busy(server.process.pid)
        while not line.go_on():
            pass
        return (busy(server.process.pid) - before) / _PUTS

    return change_some


def _give_a_past(services: Services) -> None:
    """Have each card of one book in so many versions, of which the last is the one in force."""
    names = ", ".join(f'"{one.name}"' for one in card_version.c if one.name != "id")
    ours = "addressbook_id = (SELECT id FROM addressbook WHERE slug = :book)"
    with services.store.writing() as connection:
        for number in range(1, _VERSIONS):
            # Of one name, no two versions have the same revision.
            copied = names.replace('"revision"', f"revision - {number * 1_000_000}")
            connection.execute(
                text(
                    f"INSERT INTO card_version ({names}) SELECT {copied} FROM card_version WHERE"
                    f" id IN (SELECT version_id FROM card WHERE {ours}) ORDER BY id"
                ),
                {"book": VETERANS},
            )
        newest = "SELECT max(v.id) FROM card_version v WHERE v.key = card.key"
        connection.execute(
            text(f"UPDATE card SET version_id = ({newest}) WHERE {ours}"), {"book": VETERANS}
        )


def _compare_reads(services: Services, cards: int) -> None:
    for name, way in _ways(cards).items():
        old, young = _reads(services, VETERANS, way), _reads(services, BOOK, way)
        ratio = in_turns(old, young, _READ_ROUNDS)
        _row(f"{name}, {_VERSIONS} versions each and 1", ratio)


def _ways(cards: int) -> dict[str, _Way]:
    def listing(reading: Reading, view: VisibleBook) -> None:
        assert sum(1 for _ in reading.listing(view)) == cards

    def bodies(reading: Reading, view: VisibleBook) -> None:
        assert sum(1 for _ in reading.bodies(view)) == cards

    def nothing(reading: Reading, view: VisibleBook) -> None:
        assert not list(reading.changes(view, reading.state(view).revision))

    def sync(reading: Reading, view: VisibleBook) -> None:
        assert len(list(reading.changes(view, reading.state(view).revision - 200))) == 200

    def name(reading: Reading, view: VisibleBook) -> None:
        assert list(reading.search(Substring(Field.FULL_NAME, any=("müll",)), [view], 50))

    def number(reading: Reading, view: VisibleBook) -> None:
        assert list(reading.search(Equals(Field.ANY_PHONE, person(17).phone), [view]))

    ways: dict[str, _Way] = {"listing": listing, "all bodies": bodies, "sync, nothing new": nothing}
    ways |= {"sync, 200 changes": sync, "search by name": name, "search by number": number}
    return ways


def _reads(services: Services, book: str, way: _Way) -> Turn:
    def read(times: int) -> float:
        with services.directory.reading(ADMIN, HERE) as reading:
            view = reading.book(book, Privilege.READ)
            began = time.thread_time()
            for _ in range(times):
                way(reading, view)
            return (time.thread_time() - began) / times

    read(1)
    times = max(1, round(_TURN_SECONDS / read(1)))
    return lambda: read(times)


def _restores(services: Services, cards: int) -> None:
    for what in ("deleted", "changed"):
        then = datetime.now(UTC)
        if what == "changed":
            bodies = [person(number, edition=7_000).card for number in range(cards)]
            _fill(services, BOOK, bodies)
        else:
            with services.directory.writing(ADMIN, HERE) as writing:
                view = writing.writable(BOOK, AuditAction.BOOK_RESTORE, privilege=Privilege.MANAGE)
                hrefs = [one.href for one in writing.listing(view)]
                stored = find_many(writing.connection, view.book.id, "href", hrefs)
                writing.remove(view, list(stored.values()), "delete")
        began, cpu = time.perf_counter(), time.process_time()
        with services.directory.writing(ADMIN, HERE) as writing:
            *_, count = restore_book(writing, BOOK, then)
        assert count.stored == cards
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        print(f"{f'restore of {cards} {what} cards':<44} {seconds:5.1f} s, {used:.1f} s of CPU")
