"""Two things done in turns: what one costs of the other, whatever else the machine is doing."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

# Does something once more, and says how many seconds of CPU each time of it took.
Turn: TypeAlias = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """What one thing costs of another: the median, and between what half of the rounds were."""

    one: float
    other: float
    median: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it as a table has it."""
        spread = f"({self.low:.2f} to {self.high:.2f})"
        return (
            f"{self.median:5.2f} {spread:<16} {self.one * 1000:9.3f} ms of {self.other * 1000:.3f}"
        )


def in_turns(one: Turn, other: Turn, rounds: int) -> Ratio:
    """Compare two things. What comes first in one round, comes second in the next."""
    # Not counted: whatever is remembered from here on.
    one(), other()
    first, second = [], []
    for number in range(rounds):
        if number % 2:
            second.append(other())
            first.append(one())
        else:
            first.append(one())
            second.append(other())
    # Of a round each, since the machine is another one a second later.
    ratios = [a / b for a, b in zip(first, second, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4)
    return Ratio(statistics.median(first), statistics.median(second), median, low, high)


def busy(process: int) -> float:
    """Return how many seconds a process has been busy; finer than /proc tells."""
    # The clock of a process as clock_getcpuclockid(3) names it.
    return time.clock_gettime((~process << 3) | 2)
