"""What is said to who mistyped a name."""

from __future__ import annotations

from collections.abc import Iterable

from dirserver.config.faults import listing, nearest

_MOST_NAMED = 12


def hint(name: str, names: Iterable[str]) -> str:
    """Return how to end a sentence: which of ``names`` was probably meant, or which there are."""
    known = sorted(names)
    meant = nearest(name, known)
    if meant is not None:
        return f"; did you mean {meant}?"
    return f"; there is {listing(known, 'and')}." if 0 < len(known) <= _MOST_NAMED else "."
