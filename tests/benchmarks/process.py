"""The server processes that are measured, and what the system says about them."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.turns import busy
from tests.processes import Process

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that is measured: ``process`` and whatever that has started.

    ``home`` is where alice's books are, and ``book`` where the cards are.
    """

    name: str
    process: Process | subprocess.Popen[bytes]
    http: tuple[str, int]
    ldap: tuple[str, int] | None
    version: str
    home: str
    book: str

    def cpu_seconds(self) -> float:
        """Return how long its processes have been busy, with those that have ended."""
        return _ended_seconds(self.process.pid) + sum(map(_busy_seconds, self._processes()))

    def memory(self) -> float:
        """Return how many megabytes it has; a page that several processes have counts once."""
        return sum(map(_own_pages, self._processes())) / 1024

    def _processes(self) -> list[int]:
        found = [self.process.pid]
        for pid in found:
            found += _children(pid)
        return found


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        texts = [(one / "children").read_text(encoding="ascii") for one in threads]
    except OSError:
        return []
    return [int(child) for text in texts for child in text.split()]


def _busy_seconds(pid: int) -> float:
    try:
        return busy(pid)
    except OSError:
        return 0.0


def _ended_seconds(pid: int) -> float:
    """Return how long the children that ``pid`` has seen end were busy."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    # The name of the command may have blanks and parentheses in it.
    fields = text.rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS


def _own_pages(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def machine() -> str:
    """Return a line about this machine and what runs on it."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if "model name" in line), "?")
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
