"""Answers that are good as long as nothing has changed that they are made from.

What many telephones ask is mostly the same: who it is that calls all of a department at once, or
the names that begin with the same three letters.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.ldap.codec.encode import ResultCode

# An entry, and an answer, take about so much more than their octets.
_BESIDE_ENTRY, _BESIDE_ANSWER = 48, 400
# What an answer depends on, and the octets that ask for it.
Asked: TypeAlias = tuple[Hashable, bytes]


@dataclass(frozen=True, slots=True)
class Short:
    """Entries without the messages that they are in, and how the search ended."""

    entries: Sequence[bytes]
    code: ResultCode


class KeptAnswers:
    """Answers of one moment, which is known by its being the same object. For one thread.

    With another moment all that was kept goes.
    """

    def __init__(self, most_octets: int) -> None:
        """Begin with none; those kept first go when all take more than ``most_octets``."""
        self._most = most_octets
        self._octets = 0
        self._moment: object | None = None
        self._kept: dict[Asked, Short] = {}

    def get(self, moment: object | None, asked: Asked) -> Short | None:
        """Return what was answered to the same at this ``moment``, or None."""
        return self._kept.get(asked) if moment is self._moment else None

    def put(self, moment: object | None, asked: Asked, answer: Short) -> None:
        """Keep an answer, unless it is not known which moment it is of."""
        if moment is None:
            return
        if moment is not self._moment:
            self._kept.clear()
            self._octets, self._moment = 0, moment
        self._kept[asked] = answer
        self._octets += _octets(asked, answer)
        while self._octets > self._most:
            first = next(iter(self._kept))
            self._octets -= _octets(first, self._kept.pop(first))


def _octets(asked: Asked, answer: Short) -> int:
    """Return about how much memory it takes to keep an answer."""
    entries, (_, said) = answer.entries, asked
    return sum(map(len, entries)) + _BESIDE_ENTRY * len(entries) + len(said) + _BESIDE_ANSWER
