"""How many there are, in words."""

from __future__ import annotations


def counted(number: int, what: str, several: str = "") -> str:
    """Return how many there are of ``what``, as in "1 card" and "2 cards", or ``several``."""
    return f"{number} {what if number == 1 else several or what + 's'}"
