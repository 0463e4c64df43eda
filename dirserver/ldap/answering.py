"""The answer to one request while it is made: in batches, since it may be long."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

from dirserver.errors import NotAtOnce
from dirserver.ldap.session import Act, LDAPSession, Output, Request


class Batch(NamedTuple):
    """Responses that were made in one go, and what is to be done when they are written.

    There is one with every request: hence a tuple.
    """

    data: bytes
    act: Act | None
    ended: bool


@dataclass(slots=True, eq=False)
class Answer:
    """What is answered to a request. ``began`` is when it was begun.

    ``session`` makes the rest of an answer whose ``outputs`` were closed amid it. ``ready`` are
    responses that were made already, and ``bug`` is what kept them from being made.
    """

    session: LDAPSession
    request: Request
    outputs: Generator[Output]
    began: float
    is_abandoned: bool = False
    ready: Batch | None = None
    bug: Exception | None = None

    def next_batch(self, enough: int) -> Batch:
        """Make responses until there are ``enough`` octets to send."""
        if self.ready is not None:
            ready, self.ready = self.ready, None
            return ready
        parts: list[bytes] = []
        size = 0
        for output in self.outputs:
            if isinstance(output, Act):
                # Nothing follows it, and whoever asked may be gone before a thread has said so.
                self.end()
                return Batch(b"".join(parts), output, ended=True)
            parts.append(output)
            size += len(output)
            if size >= enough:
                return Batch(b"".join(parts), None, ended=False)
        return Batch(b"".join(parts), None, ended=True)

    def let_go(self) -> None:
        """Let go of what the answer is made from; ``next_batch`` goes on all the same."""
        self.outputs.close()
        self.outputs = self.session.resume(self.request)

    def end(self) -> None:
        """Let go of whatever the rest of the answer would have been made from."""
        self.outputs.close()


def begin(session: LDAPSession, request: Request, enough: int) -> Answer:
    """Begin to answer ``request``; what takes no longer than to hand it to a thread is ``ready``.

    That is ``enough`` octets. What is left of a longer answer holds nothing meanwhile.
    """
    outputs = session.answer(request, at_once=True)
    answer = Answer(session, request, outputs, time.monotonic())
    try:
        ready = answer.next_batch(enough)
    except NotAtOnce:
        answer.outputs = session.answer(request)
        return answer
    except Exception as bug:  # noqa: BLE001 - whatever it is: it is told of, and tried elsewhere
        answer.bug = bug
        answer.outputs = session.answer(request)
        return answer
    if not ready.ended:
        answer.let_go()
    answer.ready = ready
    return answer
