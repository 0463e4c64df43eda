"""The table of figures, as a document can take it in."""

from __future__ import annotations

import sys

from tests.benchmarks.measuring import Figure
from tests.benchmarks.process import Subject

_NAME_WIDTH = 44
# Beyond this the client may be what holds it up, which a star tells.
_BUSY_CLIENT = 0.8


class Table:
    """Printed line by line, as the figures come."""

    def __init__(self, found: list[Subject]) -> None:
        """Print the head, with columns for each of ``found``."""
        whose = [f"{subject.name} " if len(found) > 1 else "" for subject in found]
        self._columns = [name + what for name in whose for what in ("p50 ms", "CPU ms", "per s")]
        self._line("operation", self._columns)
        self._line("-" * _NAME_WIDTH, ["-" * (self._width(at) - 1) + ":" for at in self._range])

    @property
    def _range(self) -> range:
        return range(len(self._columns))

    def _width(self, at: int) -> int:
        return max(9, len(self._columns[at]))

    def row(self, name: str, *figures: Figure) -> None:
        """Print what each subject has cost; what is missing at the end stays empty."""
        values = [value for one in figures for value in (one.p50, one.cpu, one.rate)]
        cells = [f"{value:.{0 if value >= 100 else 2}f}" for value in values]
        busy = any(one.share > _BUSY_CLIENT for one in figures)
        self._line(name + " *" * busy, cells + [""] * (len(self._columns) - len(cells)))

    def _line(self, name: str, cells: list[str]) -> None:
        padded = [f"{cell:>{self._width(at)}}" for at, cell in enumerate(cells)]
        print(f"| {name:<{_NAME_WIDTH}} | {' | '.join(padded)} |")
        sys.stdout.flush()
