"""The answer to one request while it is made: in batches, since it may be long."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import NamedTuple

from dirserver.errors import NotAtOnce
from dirserver.ldap.operations import Act, Output, Request
from dirserver.ldap.session import LDAPSession
from dirserver.ldap.settings import Size


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
    responses that were made already, and ``bug`` is what kept them from being made. ``made`` is the
    beginning of the next batch.
    """

    session: LDAPSession
    request: Request
    outputs: Generator[Output]
    began: float
    is_abandoned: bool = False
    ready: Batch | None = None
    bug: Exception | None = None
    made: list[bytes] = field(default_factory=list)

    def next_batch(self, enough: int) -> Batch:
        """Make responses until there are ``enough`` octets to send."""
        if self.ready is not None:
            ready, self.ready = self.ready, None
            return ready
        made = self.made
        size = 0
        for output in self.outputs:
            if isinstance(output, Act):
                # Nothing follows it, and whoever asked may be gone before a thread has said so.
                self.end()
                return Batch(self._taken(), output, ended=True)
            made.append(output)
            size += len(output)
            if size >= enough:
                return Batch(self._taken(), None, ended=False)
        return Batch(self._taken(), None, ended=True)

    def _taken(self) -> bytes:
        data = b"".join(self.made)
        self.made.clear()
        return data

    def let_go(self) -> None:
        """Let go of what the answer is made from; ``next_batch`` goes on all the same."""
        self.outputs.close()
        self.outputs = self.session.resume(self.request)

    def begin_anew(self) -> None:
        """Make all of it again, of which nothing was sent."""
        self.made.clear()
        self.outputs = self.session.answer(self.request)

    def end(self) -> None:
        """Let go of whatever the rest of the answer would have been made from."""
        self.outputs.close()


def begin(
    session: LDAPSession, request: Request, size: Size, write: Callable[[bytes], object]
) -> Answer | bytes:
    """Begin to answer ``request``; what takes no longer than to hand it to a thread is made.

    What is short is all that is returned. Else it has the ``size`` at the most: the last batch is
    ``ready``, and those before it are given to ``write``, so that they need not be held all at
    once. What is left of a longer answer holds nothing meanwhile.
    """
    began = time.monotonic()
    try:
        if (short := session.short(request)) is not None:
            return short
    except Exception as broken:  # noqa: BLE001 - whatever it is: it is told of, and tried elsewhere
        return Answer(session, request, session.answer(request), began, bug=_bug(broken))
    answer = Answer(session, request, session.answer(request, at_once=True), began)
    written = 0
    try:
        ready = answer.next_batch(size.batch)
        while not ready.ended and written + len(ready.data) < size.most:
            write(ready.data)
            written += len(ready.data)
            ready = answer.next_batch(size.batch)
    except Exception as broken:  # noqa: BLE001 - as above
        answer.bug = _bug(broken)
        if written:
            answer.let_go()
        else:
            answer.begin_anew()
        return answer
    if not ready.ended:
        answer.let_go()
    answer.ready = ready
    return answer


def _bug(broken: Exception) -> Exception | None:
    return None if isinstance(broken, NotAtOnce) else broken
