"""A directory that answers when the test lets it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dirserver.assembly import Services
from dirserver.directory import DirectoryReader, Reading
from dirserver.errors import NotAtOnce
from dirserver.model.principal import Client, Principal

_TIMEOUT = 60.0


class Gate(DirectoryReader):
    """The directory of ``services``; nobody may read before the gate is open."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.store, services.deriver)
        self.arrived = threading.Semaphore(0)
        self._open = threading.Event()

    @contextmanager
    def reading(
        self,
        principal: Principal,
        client: Client,
        *,
        at_once: bool = False,
        of_turn: bool = False,
    ) -> Iterator[Reading]:
        """Wait for the gate, then open a snapshot as ever."""
        if at_once or of_turn:
            raise NotAtOnce
        self.arrived.release()
        if not self._open.wait(_TIMEOUT):
            raise TimeoutError("the gate stayed shut")
        with super().reading(principal, client) as reading:
            yield reading

    def await_somebody(self) -> None:
        """Wait until somebody stands before the gate."""
        assert self.arrived.acquire(timeout=_TIMEOUT)

    def open(self) -> None:
        """Let everybody in, from now on."""
        self._open.set()
