"""How long a client may take over what it has to do next."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from math import inf

from dirserver.ldap.settings import ConnectionLimits


class Waiting(Enum):
    """What the client has to do next."""

    BEGIN = "send its first request"
    ASK = "send another request"
    FINISH_ASKING = "send the rest of a request"
    TAKE = "take what was sent"
    LEAVE = "let the connection be closed"
    NOTHING = "wait for its answer"


def seconds_for(waiting: Waiting, limits: ConnectionLimits, stalled: int) -> float | None:
    """Return how long the server waits for that, or None when it is not the client's turn.

    ``stalled`` is how many clients have not taken what was sent.
    """
    match waiting:
        case Waiting.BEGIN:
            return limits.first_seconds
        case Waiting.ASK:
            return limits.idle_seconds
        case Waiting.FINISH_ASKING:
            return limits.message_seconds
        case Waiting.TAKE if stalled > limits.stalls:
            return min(limits.hurried_stall_seconds, limits.stall_seconds)
        case Waiting.TAKE:
            return limits.stall_seconds
        case Waiting.LEAVE:
            return limits.close_seconds
        case Waiting.NOTHING:
            return None


class Patience:
    """Waits for what a client has to do next, and calls ``over`` when it is not done in time.

    Whether it is, somebody has to look at once in a while.
    """

    __slots__ = ("_limits", "_over", "_until", "waiting_for")

    def __init__(self, limits: ConnectionLimits, over: Callable[[], None]) -> None:
        """Wait for nothing yet."""
        self.waiting_for = Waiting.NOTHING
        self._limits = limits
        self._over = over
        self._until = inf

    def next(self, *, closing: bool, paused: bool, answering: bool, unread: bool) -> Waiting:
        """Return what there is to wait for next on a connection of which this is true.

        That is whether it is being closed, what was sent is not taken, a request is being answered,
        and there is part of another.
        """
        if closing:
            return Waiting.LEAVE
        if paused:
            return Waiting.TAKE
        if answering:
            return Waiting.NOTHING
        if unread:
            return Waiting.FINISH_ASKING
        return Waiting.BEGIN if self.waiting_for is Waiting.BEGIN else Waiting.ASK

    def wait(self, waiting: Waiting, stalled: int = 0) -> None:
        """Wait from now on for ``waiting``; ``stalled`` is as in ``seconds_for``."""
        self.waiting_for = waiting
        seconds = seconds_for(waiting, self._limits, stalled)
        self._until = inf if seconds is None else time.monotonic() + seconds

    def check_time(self, now: float) -> None:
        """Wait no more if the time is over by ``now``, by the monotonic clock."""
        if self._until <= now:
            self._until = inf
            self._over()
