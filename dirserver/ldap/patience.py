"""How long a client may take over what it has to do next."""

from __future__ import annotations

from enum import Enum

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
