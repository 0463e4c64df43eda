"""The process above the workers: it has the sockets, replaces who dies, passes signals on.

It has no threads and no reactor, so that it can fork at any time.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from dirserver.sockets import ListenError, open_socket
from dirserver.workers.line import Line, give_socket, pair, read_message, say
from dirserver.workers.restarts import Restarts

log = structlog.get_logger("dirserver.workers")

# Serves, and returns the exit code of its process.
Work: TypeAlias = Callable[[Line], int]

_MOST_BYTES = 64 * 1024
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
# A worker cuts off who is not answered after a while; one that still is there then hangs.
_STOP_SECONDS = 25.0


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and the supervisor's ends of its line."""

    number: int
    pid: int
    doors: socket.socket
    news: socket.socket
    began: float
    is_ready: bool = False
    names: set[str] = field(default_factory=set)


class Supervisor:
    """Keeps so many workers at work."""

    def __init__(self, count: int, work: Work, ready: Callable[[list[str]], None]) -> None:
        """Have ``count`` workers do ``work``; ``ready`` hears where, once all of them do."""
        self._count = count
        self._work = work
        self._ready = ready
        self._workers: dict[int, _Worker] = {}
        self._sockets: dict[str, socket.socket] = {}
        self._restarts = {number: Restarts() for number in range(1, count + 1)}
        # When which worker is to be replaced.
        self._due: dict[int, float] = {}
        self._selector = selectors.DefaultSelector()
        self._announced = False
        self._deadline: float | None = None
        self._code = 0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code.

        The first worker begins alone: what keeps it from serving would keep the others, too, and
        it has said so.
        """
        waking, self._waker = socket.socketpair()
        for end in (waking, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, lambda _signal, _frame: None)
        self._selector.register(waking, selectors.EVENT_READ, lambda: self._signalled(waking))
        self._due[1] = time.monotonic()
        while self._workers or (self._deadline is None and self._due):
            self._begin_due()
            for key, _ in self._selector.select(self._patience()):
                key.data()
            self._reap()
            if self._deadline is not None and time.monotonic() > self._deadline:
                self._signal(signal.SIGKILL)
        return self._code

    def _patience(self) -> float | None:
        """Return how long nothing is to be done unless something happens."""
        moments = [*self._due.values()] if self._deadline is None else [self._deadline]
        return max(0.0, min(moments) - time.monotonic()) + 0.01 if moments else None

    # Processes.

    def _begin_due(self) -> None:
        now = time.monotonic()
        for number in [one for one, moment in self._due.items() if moment <= now]:
            if self._deadline is None:
                del self._due[number]
                self._fork(number)

    def _fork(self, number: int) -> None:
        doors, asking = pair()
        news, telling = pair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            doors.close()
            news.close()
            self._work_as(Line(number, self._count, asking, telling))
        asking.close()
        telling.close()
        worker = _Worker(number, pid, doors, news, time.monotonic())
        self._workers[pid] = worker
        self._selector.register(doors, selectors.EVENT_READ, lambda: self._asked(worker))
        self._selector.register(news, selectors.EVENT_READ, lambda: self._told(worker))

    def _work_as(self, line: Line) -> None:
        """Be the worker at this end of ``line``, and never return."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            # What the supervisor has, also of other workers, would stay open for good.
            for other in self._workers.values():
                other.doors.close()
                other.news.close()
            for opened in self._sockets.values():
                opened.close()
            self._waker.close()
            self._selector.close()
            code = self._work(line)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            # Whoever called the supervisor is not to go on twice.
            os._exit(code)

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            worker = self._workers.pop(pid, None)
            if worker is not None:
                self._ended(worker, os.waitstatus_to_exitcode(status))

    def _ended(self, worker: _Worker, code: int) -> None:
        for end in (worker.doors, worker.news):
            if end.fileno() >= 0:
                self._hang_up(end)
        if self._deadline is not None:
            return
        if not self._announced and worker.number == 1 and not worker.is_ready:
            self._code = code if code > 0 else 1
            self._stop()
            return
        lived = time.monotonic() - worker.began
        wait = self._restarts[worker.number].wait(lived)
        log.error("worker ended", number=worker.number, pid=worker.pid, code=code, replaced_in=wait)
        self._due[worker.number] = time.monotonic() + wait

    # Signals.

    def _signalled(self, waking: socket.socket) -> None:
        try:
            numbers = waking.recv(_MOST_BYTES)
        except BlockingIOError:
            return
        if signal.SIGHUP in numbers:
            self._signal(signal.SIGHUP)
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stop()

    def _stop(self) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + _STOP_SECONDS
            self._due.clear()
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._workers:
            os.kill(pid, number)

    # What workers say.

    def _asked(self, worker: _Worker) -> None:
        data = worker.doors.recv(_MOST_BYTES)
        if not data:
            self._hang_up(worker.doors)
            return
        _, name, host, port = read_message(data)
        worker.names.add(str(name))
        try:
            if str(name) not in self._sockets:
                self._sockets[str(name)] = open_socket(str(host), int(port))
        except ListenError as error:
            worker.names.discard(str(name))
            say(worker.doors, str(error))
        else:
            give_socket(worker.doors, self._sockets[str(name)])

    def _told(self, worker: _Worker) -> None:
        data = worker.news.recv(_MOST_BYTES)
        if not data:
            self._hang_up(worker.news)
            return
        kind, *words = read_message(data)
        match kind:
            case "keep":
                worker.names = set(map(str, words))
                self._close_unused()
            case "ready":
                self._is_ready(worker, list(map(str, words)))
            case _:
                for other in self._workers.values():
                    if other is not worker:
                        say(other.news, kind, *words)

    def _is_ready(self, worker: _Worker, urls: list[str]) -> None:
        worker.is_ready = True
        if self._announced:
            log.info("worker ready", number=worker.number, pid=worker.pid)
            return
        for number in range(2, self._count + 1) if worker.number == 1 else ():
            self._due[number] = time.monotonic()
        if sum(one.is_ready for one in self._workers.values()) == self._count:
            self._announced = True
            self._ready(urls)

    def _close_unused(self) -> None:
        """Close the sockets that no worker has any more, unless one is being replaced."""
        if len(self._workers) < self._count:
            return
        used = set().union(*(worker.names for worker in self._workers.values()))
        for name in self._sockets.keys() - used:
            self._sockets.pop(name).close()

    def _hang_up(self, end: socket.socket) -> None:
        self._selector.unregister(end)
        end.close()
