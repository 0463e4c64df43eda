"""How like two texts are. The only place that imports rapidfuzz."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

# Short names differ by a letter and are others: Tim and Tom.
_SHORTEST_MISSPELLED = 4
_LIKE_NAMES = 0.87


def spelled_alike(one: Iterable[str], others: Iterable[str]) -> float:
    """Return how like the most alike of two names' spellings are, 0.0 to 1.0."""
    others = tuple(others)
    return max((JaroWinkler.similarity(a, b) for a in one for b in others), default=0.0)


def is_misspelled(one: Iterable[str], others: Iterable[str]) -> bool:
    """Say whether one of two names may be the other with a slip of the pen."""
    others = tuple(others)
    return any(
        min(len(a), len(b)) >= _SHORTEST_MISSPELLED
        and (JaroWinkler.similarity(a, b) >= _LIKE_NAMES or OSA.distance(a, b, score_cutoff=1) <= 1)
        for a in one
        for b in others
    )


def is_one_slip(one: str, other: str) -> bool:
    """Say whether one key was pressed wrongly, left out, or two were interchanged."""
    return OSA.distance(one, other, score_cutoff=1) <= 1


def share_words(one: str, other: str) -> float:
    """Return how much of two texts is the same in any order of its words, 0.0 to 1.0."""
    return fuzz.token_sort_ratio(one, other) / 100
