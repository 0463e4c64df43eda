"""A table of figures, as a document can take it in."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_NAME_WIDTH = 36
_WIDTH = 13


class Table:
    """Printed line by line, as the figures come."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Print the head with these ``columns``."""
        self._columns = columns
        self._line("operation", columns)
        self._line("-" * _NAME_WIDTH, ["-" * (self._width(at) - 1) + ":" for at in self._range])

    @property
    def _range(self) -> range:
        return range(len(self._columns))

    def _width(self, at: int) -> int:
        # What says how it was is short.
        return max(_WIDTH if len(self._columns[at]) > len("target") else 7, len(self._columns[at]))

    def row(self, name: str, cells: Sequence[str]) -> None:
        """Print what was found; what is missing at the end stays empty."""
        self._line(name, [*cells, *[""] * (len(self._columns) - len(cells))])

    def _line(self, name: str, cells: Sequence[str]) -> None:
        padded = [f"{cell:>{self._width(at)}}" for at, cell in enumerate(cells)]
        print(f"| {name:<{_NAME_WIDTH}} | {' | '.join(padded)} |")
        sys.stdout.flush()
