"""How like two texts are. The only place that imports rapidfuzz."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

# Short names differ by a letter and are others: Tim and Tom.
_SHORTEST_MISSPELLED = 4
_LIKE_NAMES = 0.87
# Shorter numbers are alike by chance.
_FEWEST_WITHOUT_CODE = 7
_FEWEST_SLIPPED = 9
_NUMBERS = re.compile(r"\d+")


def spelled_alike(one: Iterable[str], others: Iterable[str]) -> float:
    """Return how like the most alike of two names' spellings are, 0.0 to 1.0."""
    others = tuple(others)
    return max((JaroWinkler.similarity(a, b) for a in one for b in others), default=0.0)


def is_misspelled(one: str, other: str) -> bool:
    """Say whether one of two names may be the other with a slip of the pen."""
    if min(len(one), len(other)) < _SHORTEST_MISSPELLED:
        return False
    alike = JaroWinkler.similarity(one, other, score_cutoff=_LIKE_NAMES)
    return alike > 0 or is_one_slip(one, other)


def is_one_slip(one: str, other: str) -> bool:
    """Say whether one key was pressed wrongly, left out, or two were interchanged."""
    return OSA.distance(one, other, score_cutoff=1) <= 1


def are_near_numbers(one: str, other: str) -> bool:
    """Say whether one number is the other with a slip of the pen, or without what one leaves out.

    That is the area code, which nobody dials at home.
    """
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _FEWEST_WITHOUT_CODE and longer.endswith(shorter):
        return True
    return len(shorter) >= _FEWEST_SLIPPED and is_one_slip(one, other)


def share_words(one: str, other: str) -> float:
    """Return how much of two texts is the same in any order of its words, 0.0 to 1.0."""
    return fuzz.token_sort_ratio(one, other) / 100


def have_same_numbers(one: str, other: str) -> bool:
    """Say whether two texts have the same numbers in them: Weg 1 is not nearly Weg 2."""
    return sorted(_NUMBERS.findall(one)) == sorted(_NUMBERS.findall(other))
