"""The same thing done by turns with several servers, for what it costs each of them.

A machine that does other things as well is slow for one and then for the other: so each has its
turn again and again, and what counts is the processor's time, and the median.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.libldap import LibraryError
from tests.benchmarks.lookups import Call, Workload, connected
from tests.benchmarks.process import Subject


@dataclass(slots=True)
class Turn:
    """What a server did in one turn: operations a second, of its time and of everybody's."""

    per_cpu: float
    per_second: float
    latencies: list[float]


@dataclass(slots=True)
class Outcome:
    """What a server did in all of its turns."""

    turns: list[Turn] = field(default_factory=list)

    @property
    def per_cpu(self) -> float:
        """Operations in a second of the server's processor time."""
        return statistics.median(turn.per_cpu for turn in self.turns)

    @property
    def per_second(self) -> float:
        """Operations in a second by the clock."""
        return statistics.median(turn.per_second for turn in self.turns)

    def quantile(self, share: float) -> float:
        """Return within how many milliseconds this share of the calls was answered."""
        times = sorted(time for turn in self.turns for time in turn.latencies)
        return times[min(len(times) - 1, int(share * len(times)))] * 1000


class Crowd:
    """So many connections to one server, each asking as soon as it was answered."""

    def __init__(
        self, workload: Workload, subject: Subject, entries: int, connections: int
    ) -> None:
        """Connect. Raises LibraryError when the server cannot do this at all."""
        self._subject = subject
        self._numbers = [0] * connections
        self._connections = [connected(subject) for _ in range(connections)]
        self._calls = [workload.call(one, subject, entries) for one in self._connections]
        # Not counted: whatever the server remembers from here on.
        for number in range(workload.before(entries)):
            self._calls[0](number)

    def turn(self, seconds: float) -> Turn:
        """Ask for so long."""
        latencies: list[list[float]] = [[] for _ in self._calls]
        done = [0] * len(self._calls)
        failures: list[LibraryError] = []
        before, began = self._subject.cpu_seconds(), time.perf_counter()

        def ask(at: int, call: Call) -> None:
            now = time.perf_counter()
            try:
                while now - began < seconds:
                    # Not what the others ask at this moment.
                    done[at] += call(self._numbers[at] * len(self._calls) + at)
                    self._numbers[at] += 1
                    latencies[at].append(time.perf_counter() - now)
                    now = time.perf_counter()
            except LibraryError as failure:
                failures.append(failure)

        threads = [
            threading.Thread(target=ask, args=(at, call)) for at, call in enumerate(self._calls)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - began
        if failures:
            raise failures[0]
        cpu = self._subject.cpu_seconds() - before
        number = sum(done)
        return Turn(
            number / max(cpu, 0.01),
            number / elapsed,
            [latency for one in latencies for latency in one],
        )

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()


def by_turns(
    workload: Workload,
    subjects: Sequence[Subject],
    entries: int,
    connections: int,
    *,
    turns: int,
    seconds: float,
) -> list[Outcome]:
    """Return what each of ``subjects`` did. Raises LibraryError, saying why one cannot."""
    crowds: list[Crowd] = []
    outcomes = [Outcome() for _ in subjects]
    try:
        for subject in subjects:
            crowds.append(Crowd(workload, subject, entries, connections))
        for _ in range(turns):
            for crowd, outcome in zip(crowds, outcomes, strict=True):
                outcome.turns.append(crowd.turn(seconds))
    finally:
        for crowd in crowds:
            crowd.close()
    return outcomes
