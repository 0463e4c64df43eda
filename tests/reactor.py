"""The reactor for tests: it runs in a thread of its own while the tests talk to it."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import pytest
from twisted.internet import reactor as _global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.threads import blockingCallFromThread

P = ParamSpec("P")
T = TypeVar("T")

_START_TIMEOUT = 10


class ReactorThread:
    """The one reactor of this process, running since it was first asked for.

    A reactor cannot be started twice, so it runs until the process ends.
    """

    _the_only: ReactorThread | None = None

    def __init__(self) -> None:
        self.reactor = cast("PosixReactorBase", _global_reactor)
        self._threads = cast("IReactorFromThreads", _global_reactor)
        self._thread = threading.Thread(target=self._run, name="reactor", daemon=True)

    @classmethod
    def running(cls) -> ReactorThread:
        """Return it, having started it if need be."""
        if cls._the_only is None:
            cls._the_only = cls()
            cls._the_only._start()
        return cls._the_only

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in the reactor's thread; return or raise what it does."""
        return blockingCallFromThread(self._threads, function, *args, **kwargs)

    def wait(self, function: Callable[P, Deferred[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in the reactor's thread; return what its Deferred fires with."""
        return cast("T", self.call(function, *args, **kwargs))

    def _start(self) -> None:
        running = threading.Event()
        self.reactor.callWhenRunning(running.set)
        self._thread.start()
        if not running.wait(_START_TIMEOUT):
            raise RuntimeError("the reactor did not start")
        atexit.register(self._stop)

    def _run(self) -> None:
        self.reactor.run(installSignalHandlers=False)

    def _stop(self) -> None:
        self.reactor.callFromThread(self.reactor.stop)
        self._thread.join(_START_TIMEOUT)


@pytest.fixture(scope="session")
def reactor_thread() -> ReactorThread:
    """The running reactor. Import this into the conftest.py of tests that need it."""
    return ReactorThread.running()
