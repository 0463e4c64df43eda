"""Going on with what may be done at once, step by step, without keeping others waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

# For so long one client is answered while others wait.
_TURN_SECONDS = 0.005


class Later(Protocol):
    """A call that is still to come."""

    def active(self) -> bool:
        """Say whether it is."""

    def cancel(self) -> None:
        """See to it that it does not."""


class Going:
    """Calls ``step`` when it is called itself, and again as often as that happens meanwhile.

    So a step never runs within a step, and of much that is sent in one go not all is answered
    before others have had their turn.
    """

    def __init__(
        self, step: Callable[[], None], call_later: Callable[[float, Callable[[], None]], Later]
    ) -> None:
        """Have nothing to do yet."""
        self._step = step
        self._call_later = call_later
        self._later: Later | None = None
        self._is_going = False
        self._goes_on = False

    def __call__(self) -> None:
        """Do what there is to be done."""
        self._goes_on = True
        if self._is_going:
            return
        self._is_going = True
        until = time.monotonic() + _TURN_SECONDS
        try:
            while self._goes_on:
                self._goes_on = False
                if time.monotonic() < until:
                    self._step()
                else:
                    self.stop()
                    self._later = self._call_later(0, self)
        finally:
            self._is_going = False

    def stop(self) -> None:
        """Forget what was left for later."""
        if self._later is not None and self._later.active():
            self._later.cancel()
        self._later = None
