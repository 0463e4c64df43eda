"""Lookups over LDAP beside a large sync over CardDAV, and with two workers instead of one."""

from __future__ import annotations

import ctypes
import select
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dirserver import __version__
from tests.benchmarks.carddav import OPERATIONS, Book
from tests.benchmarks.crowds import Crowd, Outcome, by_turns
from tests.benchmarks.libldap import Connection
from tests.benchmarks.lookups import LOOKUP, PREFIX, Ask, connected
from tests.benchmarks.measuring import ask
from tests.benchmarks.process import Subject
from tests.system.running import running_cold

_SYNC = "sync-collection, empty token"
_P95_MS = 20.0
_TIMES = 1.6
_PER_SECOND = 5_000
_CONNECTIONS = 16


def beside_a_sync(subject: Subject, entries: int, seconds: float) -> None:
    """Print how long a number lookup takes while somebody downloads the book again and again."""
    book, done = Book(subject, entries), threading.Event()

    def download() -> None:
        while not done.is_set():
            ask(OPERATIONS[_SYNC](book))

    downloading = threading.Thread(target=download)
    downloading.start()
    crowd = Crowd(LOOKUP, subject, entries, 1)
    try:
        outcome = Outcome([crowd.turn(seconds)])
    finally:
        done.set()
        crowd.close()
        downloading.join()
    p95 = outcome.quantile(0.95)
    print(
        f"number lookup beside a sync: p95 {p95:.1f} ms, at most {_P95_MS}: {_said(p95 <= _P95_MS)}"
    )


def lookups_a_second(subjects: Sequence[Subject], entries: int, turns: int, seconds: float) -> None:
    """Print how many number lookups one process answers, of each of two subjects.

    The second is one to which every question is new.
    """
    outcomes = by_turns(LOOKUP, subjects, entries, _CONNECTIONS, turns=turns, seconds=seconds)
    for outcome, asked in zip(outcomes, ("", ", each anew"), strict=True):
        rate = outcome.per_second
        print(
            f"number lookups of one process{asked}: {rate:.0f}/s, {_PER_SECOND} wanted: "
            f"{_said(rate >= _PER_SECOND)}"
        )


def two_workers(
    directory: Path, subject: Subject, module: str, entries: int, turns: int, seconds: float
) -> None:
    """Print what a second worker brings where 16 connections ask, the client beside them.

    All is new to ``subject``, which runs as ``module``, and to its workers: of what is kept, the
    client has more to do than they have.
    """
    with _served_by_two(directory, subject, module) as other:
        for workload in (PREFIX, LOOKUP):
            assert workload.asking is not None
            ask = workload.asking(entries)
            circles = [_Circle(one, ask) for one in (subject, other)]
            rates = [[circle.turn(seconds) for circle in circles] for _ in range(turns)]
            for circle in circles:
                circle.close()
            one, two = map(statistics.median, zip(*rates, strict=True))
            times = two / one
            print(
                f"two workers, {workload.name}, anew: {one:.0f}/s become {two:.0f}/s, "
                f"{times:.2f} times, {_TIMES} wanted: {_said(times >= _TIMES)}"
            )


class _Circle:
    """Connections that one thread asks, each anew as soon as it is answered.

    A thread for each would take as much of the two processors again, only to be woken.
    """

    def __init__(self, subject: Subject, ask: Ask) -> None:
        self._ask = ask
        self._number = 0
        self._connections = [connected(subject) for _ in range(_CONNECTIONS)]

    def turn(self, seconds: float) -> float:
        """Ask for so long, and return how many answers there were in a second."""
        waiting, done = {}, 0
        with select.epoll() as poll:
            began = now = time.perf_counter()
            for connection in self._connections:
                waiting[connection.fileno()] = connection, self._next(connection)
                poll.register(connection.fileno(), select.EPOLLIN)
            while waiting:
                for descriptor, _ in poll.poll():
                    connection, asked = waiting.pop(descriptor)
                    connection.entries(asked)
                    done += 1
                    now = time.perf_counter()
                    if now - began < seconds:
                        waiting[descriptor] = connection, self._next(connection)
        return done / (now - began)

    def _next(self, connection: Connection) -> ctypes.c_int:
        self._number += 1
        return self._ask(connection, self._number)

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()


@contextmanager
def _served_by_two(directory: Path, subject: Subject, module: str) -> Iterator[Subject]:
    """Serve the same database with two workers."""
    config = directory / "two.toml"
    text = (directory / "dirserver.toml").read_text(encoding="utf-8")
    config.write_text(f"{text}\n[server]\nworkers = 2\n", encoding="utf-8")
    with running_cold(config, module=module) as server:
        http, ldap = server.address("http"), server.address("ldap")
        yield Subject(
            "two workers",
            server.process,
            (http.host, http.port),
            (ldap.host, ldap.port),
            f"dirserver {__version__}",
            subject.home,
            subject.book,
        )


def _said(is_reached: bool) -> str:
    return "pass" if is_reached else "MISS"
