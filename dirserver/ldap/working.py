"""Work that is done in a thread, one piece after the other, for one connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

# What becomes of work: whether it succeeded, and its result or a Failure.
Done: TypeAlias = Callable[[bool, object], None]


class Working:
    """At most one piece of work in a thread."""

    def __init__(
        self, in_thread: Callable[..., object], from_thread: Callable[..., object]
    ) -> None:
        """Do nothing yet.

        Twisted's ``callInThreadWithCallback`` and ``callFromThread`` get things where they belong.
        """
        self._in_thread = in_thread
        self._from_thread = from_thread
        self.is_going = False

    def do(self, work: Callable[[], object], done: Done) -> None:
        """Do ``work`` in a thread and then, in the reactor's, what ``done`` makes of it."""
        self.is_going = True

        def finish(succeeded: bool, result: object) -> None:
            self.is_going = False
            done(succeeded, result)

        self._in_thread(partial(self._from_thread, finish), work)
