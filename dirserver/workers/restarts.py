"""How long to wait before a worker that has ended is replaced."""

from __future__ import annotations

from dataclasses import dataclass

# Whoever served for so long did not fail at what it begins with.
_WELL = 60.0
_FIRST = 0.5
_LONGEST = 30.0


@dataclass(slots=True)
class Restarts:
    """The ends of one worker and of those that took its place."""

    in_a_row: int = 0

    def wait(self, lived: float) -> float:
        """Return how many seconds to wait, when the last one has ``lived`` so many.

        The first is replaced at once; one that ends soon again is waited for longer and longer.
        """
        self.in_a_row = 1 if lived >= _WELL else self.in_a_row + 1
        if self.in_a_row == 1:
            return 0.0
        return min(_FIRST * 2.0 ** min(self.in_a_row - 2, 10), _LONGEST)
