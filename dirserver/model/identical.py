"""What follows from a tuple that stays the same object for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
_MOST = 1000


class Followed(Generic[_Given, _Made]):
    """Makes something of a thing once, and knows the thing again by its being the same object.

    To compare or to hash what a policy makes of a principal would cost more than to make it anew.
    """

    def __init__(self, make: Callable[[_Given], _Made]) -> None:
        """Call ``make`` for each thing that was not there before."""
        self._make = make
        self._kept: dict[int, tuple[_Given, _Made]] = {}

    def __call__(self, given: _Given) -> _Made:
        """Return what follows from ``given``, which never changes."""
        kept = self._kept.get(id(given))
        if kept is not None and kept[0] is given:
            return kept[1]
        made = self._make(given)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[id(given)] = given, made
        return made
