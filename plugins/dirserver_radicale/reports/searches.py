"""How many searches are at work at once: each may have to look at every card of a book.

They are answered by the threads that answer everybody, which all others would wait for. A search
that finds no place waits a little, and when too many wait already, it is refused at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Together with those that wait, fewer than there are threads.
TOTAL: Final = 6
FOR_ONE_LOGIN: Final = 3
MOST_WAITING: Final = 4
PATIENCE: Final = 5.0


class Crowded(Exception):
    """There are too many searches at the moment."""


class Searches:
    """The places of searches. For all threads."""

    def __init__(
        self,
        total: int = TOTAL,
        for_one_login: int = FOR_ONE_LOGIN,
        most_waiting: int = MOST_WAITING,
        patience: float = PATIENCE,
    ) -> None:
        """Begin with ``total`` free places; nobody waits longer than ``patience`` seconds."""
        self._total = total
        self._for_one_login = for_one_login
        self._most_waiting = most_waiting
        self._patience = patience
        self._changed = threading.Condition()
        self._of: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def place(self, login: str) -> Iterator[None]:
        """Have a place for a search of ``login``. Raises Crowded."""
        with self._changed:
            if not self._is_free(login):
                self._wait(login)
            self._of[login] += 1
        try:
            yield
        finally:
            with self._changed:
                self._of[login] -= 1
                if not self._of[login]:
                    del self._of[login]
                self._changed.notify_all()

    def _is_free(self, login: str) -> bool:
        return self._of.total() < self._total and self._of[login] < self._for_one_login

    def _wait(self, login: str) -> None:
        # One login alone cannot fill the queue either.
        if self._waiting.total() >= self._most_waiting or self._waiting[login] > 1:
            raise Crowded
        self._waiting[login] += 1
        try:
            if not self._changed.wait_for(lambda: self._is_free(login), self._patience):
                raise Crowded
        finally:
            self._waiting[login] -= 1
