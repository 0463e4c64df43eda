"""Requests that come while others are at work, and are answered together by one thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

from twisted.internet.base import ReactorBase
from twisted.python.threadpool import ThreadPool

from dirserver.errors import DirectoryError, NotAtOnce
from dirserver.http.application import Answer, call_application
from dirserver.http.rest import log_failure


class Prompt(Protocol):
    """A WSGI application for some requests, which it may be asked in the reactor's thread."""

    def admits(self, environ: WSGIEnvironment, /) -> bool:
        """Say, by a mere look at it, whether a request is one of those."""

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse, /
    ) -> Iterable[bytes]:
        """Answer it. Raises NotAtOnce when more is found out that speaks against it."""


class Together(Prompt, Protocol):
    """The same for several requests in one thread, of which none is done before all of them are."""

    def together(self) -> AbstractContextManager[Callable[[], bool]]:
        """Let what is answered in the block be done when it ends, and not be told before that.

        Yields what says whether there is room for more. Raises DirectoryError when nothing of it
        is done.
        """


@dataclass(frozen=True, slots=True)
class Part:
    """One request, who is told the answer, and what is done if there is none."""

    environ: WSGIEnvironment
    tell: Callable[[Answer], None]
    instead: Callable[[], None]


class Gathering:
    """Has requests answered in the order in which they came, as many at a time as are there."""

    def __init__(self, together: Together, pool: ThreadPool, reactor: ReactorBase) -> None:
        """Answer in a thread of ``pool``, and tell of it in that of the ``reactor``."""
        self.together = together
        self._pool = pool
        self._reactor = reactor
        self._lock = threading.Lock()
        self._waiting: deque[Part] = deque()
        self._is_at_work = False

    def add(self, part: Part) -> None:
        """Have ``part`` answered, now or with those that come after whoever is at work."""
        with self._lock:
            self._waiting.append(part)
            begins, self._is_at_work = not self._is_at_work, True
        if begins:
            self._pool.callInThread(self._work)

    def _work(self) -> None:
        while self._is_there_more():
            self._answer_some()

    def _is_there_more(self) -> bool:
        with self._lock:
            self._is_at_work = bool(self._waiting)
            return self._is_at_work

    def _answer_some(self) -> None:
        answered: list[tuple[Part, Answer]] = []
        try:
            with self.together.together() as has_room:
                while self._waiting and has_room():
                    part = self._waiting.popleft()
                    try:
                        answer = call_application(self.together, part.environ, small=0)
                    except NotAtOnce:
                        self._reactor.callFromThread(part.instead)
                    else:
                        answered.append((part, answer))
        # Whatever is raised, nothing was done, and the next must not wait for ever.
        except Exception as error:  # noqa: BLE001 - it is logged, and tried elsewhere
            if not isinstance(error, DirectoryError):
                log_failure("together")
            # Each alone learns what the matter is; whoever waits does so no longer than alone.
            failed = [part for part, _ in answered]
            while self._waiting:
                failed.append(self._waiting.popleft())
            for part in failed:
                self._reactor.callFromThread(part.instead)
        else:
            self._reactor.callFromThread(_tell, answered)


def _tell(answered: list[tuple[Part, Answer]]) -> None:
    for part, answer in answered:
        part.tell(answer)
