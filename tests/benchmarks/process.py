"""The server processes that are measured, and what the system says about them."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that is measured."""

    name: str
    process: subprocess.Popen[bytes]
    http: tuple[str, int]
    ldap: tuple[str, int] | None
    version: str

    def cpu_seconds(self) -> float:
        """Return how long its threads have been busy, all together."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        # The name of the command may have blanks and parentheses in it.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> str:
        """Return what it has had in memory at most, and what of that it has for itself now.

        The rest are files: pages of the database that several connections have mapped count
        for each of them, though they are there once.
        """
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        fields = dict(line.split(":", 1) for line in text.splitlines())
        peak, own = (int(fields[name].split()[0]) / 1024 for name in ("VmHWM", "RssAnon"))
        return f"peak memory of {self.name}: {peak:.0f} MB; its own in the end: {own:.0f} MB"


def machine() -> str:
    """Return a line about this machine and what runs on it."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if "model name" in line), "?")
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
