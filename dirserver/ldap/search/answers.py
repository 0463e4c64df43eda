"""Answers that are good as long as nothing has changed that they are made from.

What many telephones ask is mostly the same: who it is that calls all of a department at once, or
the names that begin with the same three letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dirserver.ldap.codec.encode import ResultCode

# An entry, and an answer, take about so much more than their octets.
_BESIDE_ENTRY, _BESIDE_ANSWER = 48, 400
# What answers depend on beside the octets that ask for them.
_On = TypeVar("_On", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Short:
    """Entries without the messages that they are in, and how the search ended."""

    entries: Sequence[bytes]
    code: ResultCode


class KeptAnswers(Generic[_On]):
    """Answers of one moment, which is known by its being the same object. For one thread.

    With another moment all that was kept goes.
    """

    def __init__(self, most_octets: int, beside: Callable[[_On], int] = lambda _on: 0) -> None:
        """Begin with none; those kept first go when all take more than ``most_octets``.

        What answers depend on is kept with them, and takes so much ``beside``.
        """
        self._most = most_octets
        self._beside = beside
        self._octets = 0
        self._moment: object | None = None
        self._kept: dict[tuple[_On, bytes], tuple[Short, int]] = {}
        self._depend: Counter[_On] = Counter()

    def get(self, moment: object | None, asked: tuple[_On, bytes]) -> Short | None:
        """Return what was answered to the same at this ``moment``, or None."""
        kept = self._kept.get(asked) if moment is self._moment else None
        return None if kept is None else kept[0]

    def put(self, moment: object | None, asked: tuple[_On, bytes], answer: Short) -> None:
        """Keep an answer that was not there, unless it is not known which moment it is of."""
        if moment is None:
            return
        if moment is not self._moment:
            self._kept.clear()
            self._depend.clear()
            self._octets, self._moment = 0, moment
        on, said = asked
        if on not in self._depend:
            self._octets += self._beside(on)
        self._depend[on] += 1
        octets = _octets(said, answer)
        self._kept[asked] = answer, octets
        self._octets += octets
        while self._octets > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, asked: tuple[_On, bytes]) -> None:
        on, _ = asked
        _, octets = self._kept.pop(asked)
        self._octets -= octets
        self._depend[on] -= 1
        if not self._depend[on]:
            del self._depend[on]
            self._octets -= self._beside(on)


def _octets(said: bytes, answer: Short) -> int:
    """Return about how much memory it takes to keep an answer."""
    entries = answer.entries
    return sum(map(len, entries)) + _BESIDE_ENTRY * len(entries) + len(said) + _BESIDE_ANSWER
