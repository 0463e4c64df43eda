"""Answers that are good as long as nothing at all has been written to the database.

What many telephones ask is mostly the same: who it is that calls all of a department at once, or
the names that begin with the same three letters.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from dirserver.ldap.codec.encode import ResultCode

# An entry, and an answer, take about so much more than their octets.
_BESIDE_ENTRY, _BESIDE_ANSWER = 48, 400


@dataclass(frozen=True, slots=True)
class Short:
    """Entries without the messages that they are in, and how the search ended."""

    entries: Sequence[bytes]
    code: ResultCode

    @property
    def octets(self) -> int:
        """About how much memory it takes."""
        entries = self.entries
        return sum(map(len, entries)) + _BESIDE_ENTRY * len(entries) + _BESIDE_ANSWER


class KeptAnswers:
    """Answers of one moment of the database. For one thread.

    A moment is known by its being the same object; with another all that was kept goes.
    """

    def __init__(self, most_octets: int) -> None:
        """Begin with none; those kept first go when there are more than ``most_octets``."""
        self._most = most_octets
        self._octets = 0
        self._moment: object | None = None
        self._kept: dict[Hashable, Short] = {}

    def get(self, moment: object | None, asked: Hashable) -> Short | None:
        """Return what was answered to the same at this ``moment``, or None."""
        return self._kept.get(asked) if moment is self._moment else None

    def put(self, moment: object | None, asked: Hashable, answer: Short) -> None:
        """Keep an answer, unless it is not known which moment it is of."""
        if moment is None:
            return
        if moment is not self._moment:
            self._kept.clear()
            self._octets, self._moment = 0, moment
        self._octets += answer.octets
        while self._octets > self._most and self._kept:
            self._octets -= self._kept.pop(next(iter(self._kept))).octets
        self._kept[asked] = answer
