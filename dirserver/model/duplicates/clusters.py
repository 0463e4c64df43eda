"""What hangs together: cards of one person that are more than two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

from dirserver.model.duplicates.scan import Pair
from dirserver.model.duplicates.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cards, by their keys, that certain pairs join.

    ``whole`` says that nothing speaks against any two of them: A like B and B like C does not
    make A like C. One that is not whole is for somebody to look at.
    """

    keys: tuple[str, ...]
    whole: bool


def clusters(pairs: Iterable[Pair], speaks_against: Callable[[str, str], bool]) -> list[Cluster]:
    """Return what the certain ones of ``pairs`` join, in the order of their first keys.

    ``speaks_against`` says of two cards, also of such as are no pair, that something does.
    """
    leader: dict[str, str] = {}

    def led_by(key: str) -> str:
        while (above := leader.setdefault(key, key)) != key:
            key = above
        return key

    for pair in pairs:
        if pair.verdict is Verdict.CERTAIN:
            first, second = sorted((led_by(pair.one), led_by(pair.other)))
            leader[second] = first
    members: dict[str, list[str]] = {}
    for key in sorted(leader):
        members.setdefault(led_by(key), []).append(key)
    return [
        Cluster(tuple(keys), not any(speaks_against(*two) for two in combinations(keys, 2)))
        for _, keys in sorted(members.items())
    ]
