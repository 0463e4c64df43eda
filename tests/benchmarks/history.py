"""``python -m tests.benchmarks history``: what the past costs, as ratios of one run.

In this process and without a network, where the difference shows most.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import bindparam, text, update

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory import Reading, Writing
from dirserver.directory.importing import import_cards
from dirserver.directory.restoring import restore_book
from dirserver.model.audit import AuditAction
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.query import Equals, Substring
from dirserver.reconcile import apply_config
from dirserver.store import writing as store
from dirserver.store.cards import find_many
from dirserver.store.settings import policy_epoch
from dirserver.store.tables import card, card_version
from dirserver.store.writing import NewCard
from tests.benchmarks.cards import people, person
from tests.benchmarks.subjects import write_config
from tests.organisation import ADMIN, HERE

BOOK = "customers"
_VERSIONS = 20
_PUTS = 400
_ROUNDS = 5
_BODY = (
    update(card_version)
    .where(card_version.c.id == card.c.version_id, card.c.id == bindparam("card_id"))
    .values(body=bindparam("new_body"), etag=bindparam("new_etag"))
)
_CARD = (
    update(card)
    .where(card.c.id == bindparam("card_id"))
    .values(
        etag=bindparam("new_etag"),
        size=bindparam("new_size"),
        revision=bindparam("new_revision"),
        modified=bindparam("new_modified"),
    )
)


class Forgetful(Writing):
    """Writes as a server without history would: the new body takes the place of the old one."""

    def store(self, view: VisibleBook, new: Sequence[NewCard], operation: str) -> None:
        """Replace cards that are there, and remember no ``operation``."""
        del operation
        for one in new:
            assert one.replaces is not None
            card_id = one.replaces.id
            revision = store.next_revisions(self.connection, view.book.id, 1, self.at)
            self.connection.execute(
                _BODY, {"card_id": card_id, "new_body": one.body, "new_etag": one.etag}
            )
            self.connection.execute(
                _CARD,
                {
                    "card_id": card_id,
                    "new_etag": one.etag,
                    "new_size": len(one.body),
                    "new_revision": revision,
                    "new_modified": self.at,
                },
            )
            changes = [(one.href, revision)]
            store.note_changes(self.connection, view.book.id, changes, vanished=False)
            derived = [(card_id, one.derived)]
            store.store_derived(self.connection, derived, replaced=[card_id])


def run(cards: int) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        services = open_services(config.load(write_config(Path(name))))
        apply_config(services, ADMIN, HERE)
        began = time.perf_counter()
        _fill(services, (one.card for one in people(cards)))
        print(f"{cards} cards imported in {time.perf_counter() - began:.1f} s\n")
        _compare_puts(services, cards)
        _compare_reads(services, cards)
        _restores(services, cards)
        services.store.close()


def _fill(services: Services, bodies: Iterable[bytes]) -> None:
    with services.directory.writing(ADMIN, HERE) as writing:
        for _ in import_cards(writing, BOOK, "people.vcf", bodies):
            pass


def _row(name: str, one: float, other: float, what: str) -> None:
    ratio = f"{one / other:5.2f} of {other * 1000:.2f} ms {what}"
    print(f"{name:<44} {one * 1000:9.2f} ms  {ratio}")


def _compare_puts(services: Services, cards: int) -> None:
    """Change cards one by one, in turn with and without history."""
    deriver, policy = services.deriver, services.directory.policy()
    times: tuple[list[float], list[float]] = ([], [])
    busy = [0.0, 0.0]
    for number in range(_PUTS):
        for way in (0, 1):
            one = person(number * 7 % cards, edition=number * 2 + way + 1)
            began, cpu = time.perf_counter(), time.process_time()
            if way == 0:
                with services.directory.writing(ADMIN, HERE) as writing:
                    writing.put_card(BOOK, one.href, one.card)
            else:
                with services.store.writing() as connection:
                    at = datetime.now(UTC)
                    # As every writing does, to see whether the policy is still in force.
                    policy_epoch(connection)
                    forgetful = Forgetful(connection, policy, ADMIN, HERE, deriver, at)
                    forgetful.put_card(BOOK, one.href, one.card)
            times[way].append(time.perf_counter() - began)
            busy[way] += time.process_time() - cpu
    without = "without history and audit"
    _row("PUT, median", statistics.median(times[0]), statistics.median(times[1]), without)
    _row("PUT, CPU", busy[0] / _PUTS, busy[1] / _PUTS, without)


def _compare_reads(services: Services, cards: int) -> None:
    before = _reads(services, cards)
    with services.store.writing() as connection:
        names = [one.name for one in card_version.c if one.name != "id"]
        columns = ", ".join(f'"{name}"' for name in names)
        newest = "SELECT version_id FROM card"
        for number in range(1, _VERSIONS):
            # Of one name, no two versions have the same revision.
            copied = columns.replace('"revision"', f"revision - {number * 1_000_000}")
            connection.execute(
                text(
                    f"INSERT INTO card_version ({columns}) SELECT {copied} FROM card_version"
                    f" WHERE id IN ({newest})"
                )
            )
        connection.execute(
            text(
                "UPDATE card SET version_id ="
                " (SELECT max(v.id) FROM card_version v WHERE v.key = card.key)"
            )
        )
    for name, seconds in _reads(services, cards).items():
        _row(f"{name}, {_VERSIONS} versions each", seconds, before[name], "with 1 version each")


def _reads(services: Services, cards: int) -> dict[str, float]:
    def listing(reading: Reading, view: VisibleBook) -> None:
        assert sum(1 for _ in reading.listing(view)) == cards

    def bodies(reading: Reading, view: VisibleBook) -> None:
        assert sum(1 for _ in reading.bodies(view)) == cards

    def nothing(reading: Reading, view: VisibleBook) -> None:
        assert not list(reading.changes(view, reading.state(view).revision))

    def sync(reading: Reading, view: VisibleBook) -> None:
        assert len(list(reading.changes(view, reading.state(view).revision - 200))) >= 100

    def name(reading: Reading, view: VisibleBook) -> None:
        list(reading.search(Substring(Field.FULL_NAME, any=("müll",)), [view], 50))

    def number(reading: Reading, view: VisibleBook) -> None:
        assert list(reading.search(Equals(Field.ANY_PHONE, person(17).phone), [view]))

    ways = {"listing": listing, "all bodies": bodies, "sync, nothing new": nothing}
    ways |= {"sync, 200 changes": sync, "search by name": name, "search by number": number}
    return {name: _best(services, way) for name, way in ways.items()}


def _best(services: Services, way: Callable[[Reading, VisibleBook], None]) -> float:
    times = []
    for _ in range(_ROUNDS):
        with services.directory.reading(ADMIN, HERE) as reading:
            view = reading.book(BOOK, Privilege.READ)
            began = time.perf_counter()
            way(reading, view)
            times.append(time.perf_counter() - began)
    return min(times)


def _restores(services: Services, cards: int) -> None:
    for what in ("deleted", "changed"):
        then = datetime.now(UTC)
        if what == "changed":
            _fill(services, (person(number, edition=7_000).card for number in range(cards)))
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
        seconds, busy = time.perf_counter() - began, time.process_time() - cpu
        print(f"{f'restore of {cards} {what} cards':<44} {seconds:9.1f} s   {busy:5.1f} s of CPU")
