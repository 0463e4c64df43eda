"""Doing one thing again and again, over one connection or several, and telling what it cost."""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.benchmarks.process import Subject
from tests.benchmarks.wire import Reader, WrongAnswer

_TIMEOUT = 300.0
_RECEIVE = 1 << 18
# Of what takes long, so many calls are enough, and of what takes very long, one.
_FEW_CALLS = 3
_LONG = 5

# The requests of one call, by the number of the call: each is sent when the last is answered.
Script: TypeAlias = Callable[[int], list[bytes]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured: who is talked to, how to read answers, and what is said.

    ``fresh`` has a connection of its own for each call, closed with ``farewell``. ``prepare``
    is done before each call and is not measured. ``most`` is the most calls there can be, and
    where there is such a limit, none is made to warm up. A call has so many ``requests``. The
    last answer of the first call must be as ``is_right`` says.
    """

    address: tuple[str, int]
    reader: Callable[[], Reader]
    script: Script
    connections: int = 1
    fresh: bool = False
    greeting: bytes = b""
    farewell: bytes = b""
    prepare: Callable[[], None] | None = None
    most: int | None = None
    requests: int = 1
    is_right: Callable[[bytes], bool] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a task cost. ``share`` is how much of its time the client itself was busy."""

    p50: float
    cpu: float
    rate: float
    calls: int
    share: float


@dataclass(slots=True)
class Line:
    """A connection and the call that goes over it."""

    task: Task
    reader: Reader
    socket: socket.socket | None = None
    waiting: list[bytes] = field(default_factory=list)
    began: float = 0.0

    def begin(self, number: int) -> None:
        """Begin the call ``number``."""
        self.waiting = self.task.script(number)[::-1]
        self.began = time.perf_counter()
        if self.socket is None:
            self.connect()
        self.say()

    def connect(self) -> None:
        """Connect, and say what must be said first."""
        self.socket = socket.create_connection(self.task.address, timeout=_TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.task.greeting:
            self.reader.begin()
            self.socket.sendall(self.task.greeting)
            while not self.reader.feed(self.receive()):
                pass

    def say(self) -> None:
        """Send the next request of the call."""
        self.reader.begin()
        if self.socket is None:
            self.connect()
        assert self.socket is not None
        self.socket.sendall(self.waiting.pop())

    def receive(self) -> bytes:
        """Return what has come."""
        assert self.socket is not None
        data = self.socket.recv(_RECEIVE)
        if not data:
            raise WrongAnswer(b"the server hung up")
        return data

    def go_on(self) -> bool:
        """Take in what has come; say whether the call is done."""
        if not self.reader.feed(self.receive()):
            return False
        if self.reader.closes:
            self.close()
        if self.waiting:
            self.say()
            return False
        if self.task.fresh:
            self.close()
        return True

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            if self.task.farewell:
                self.socket.sendall(self.task.farewell)
            self.socket.close()
            self.socket = None


def ask(task: Task, number: int = 0) -> bytes:
    """Do one call, and return the last answer."""
    line = Line(task, task.reader())
    line.begin(number)
    while not line.go_on():
        pass
    line.close()
    return line.reader.body


def measure(task: Task, subject: Subject, seconds: float) -> Figure:
    """Do ``task`` for so long and return what it cost.

    Where the first call already takes very long, it is all that is done, by one connection.
    """
    lines = [Line(task, task.reader()) for _ in range(task.connections)]
    try:
        number = 0
        if task.prepare is None and task.most is None:
            # Not counted: whatever the server remembers from here on.
            first = _first_call(lines[0], subject)
            if first.p50 > _LONG * seconds * 1000:
                return first
            number = 1
        if task.prepare is not None:
            return _one_by_one(lines[0], task.prepare, subject, seconds)
        return _all_at_once(lines, number, subject, seconds)
    finally:
        for line in lines:
            line.close()


def _first_call(line: Line, subject: Subject) -> Figure:
    before, began = subject.cpu_seconds(), time.perf_counter()
    line.begin(0)
    while not line.go_on():
        pass
    elapsed = time.perf_counter() - began
    check(line)
    return _figure([elapsed], subject.cpu_seconds() - before, elapsed, line.task, 0.0)


def check(line: Line) -> None:
    """Raise WrongAnswer when the last answer is not what is to be measured."""
    if line.task.is_right is not None and not line.task.is_right(line.reader.body):
        raise WrongAnswer(line.reader.body[:2000])


def _is_enough(calls: int, elapsed: float, seconds: float) -> bool:
    return elapsed >= seconds and (calls >= _FEW_CALLS or elapsed >= _LONG * seconds)


def _one_by_one(
    line: Line, prepare: Callable[[], None], subject: Subject, seconds: float
) -> Figure:
    latencies: list[float] = []
    cpu, began = 0.0, time.perf_counter()
    while not _is_enough(len(latencies), time.perf_counter() - began, seconds):
        prepare()
        before = subject.cpu_seconds()
        line.begin(len(latencies))
        while not line.go_on():
            pass
        latencies.append(time.perf_counter() - line.began)
        cpu += subject.cpu_seconds() - before
        check(line)
    return _figure(latencies, cpu, sum(latencies), line.task, 0.0)


def _all_at_once(lines: list[Line], number: int, subject: Subject, seconds: float) -> Figure:
    task = lines[0].task
    latencies: list[float] = []
    numbers = iter(range(number, task.most if task.most is not None else 1 << 60))
    with selectors.DefaultSelector() as selector:

        def begin_next(line: Line) -> None:
            """Begin another call on ``line``, if there is one left."""
            number = next(numbers, None)
            if number is None:
                return
            before = line.socket
            line.begin(number)
            busy.add(line.reader)
            follow(line, before)

        def follow(line: Line, before: socket.socket | None) -> None:
            """Watch the socket that the line has now instead of the one that it had."""
            if line.socket is before and before in watched:
                return
            if before is not None and before in watched:
                selector.unregister(before)
                watched.discard(before)
            if line.socket is not None:
                selector.register(line.socket, selectors.EVENT_READ, line)
                watched.add(line.socket)

        busy: set[Reader] = set()
        watched: set[socket.socket] = set()
        cpu, own, began = subject.cpu_seconds(), time.process_time(), time.perf_counter()
        for line in lines:
            begin_next(line)
        while busy:
            for key, _ in selector.select(_TIMEOUT):
                line = key.data
                before = line.socket
                is_done = line.go_on()
                follow(line, before)
                if not is_done:
                    continue
                busy.discard(line.reader)
                now = time.perf_counter()
                latencies.append(now - line.began)
                if not _is_enough(len(latencies), now - began, seconds):
                    begin_next(line)
        elapsed = time.perf_counter() - began
        share = (time.process_time() - own) / elapsed
        cpu = subject.cpu_seconds() - cpu
    return _figure(latencies, cpu, elapsed, task, share)


def _figure(latencies: list[float], cpu: float, elapsed: float, task: Task, share: float) -> Figure:
    calls = len(latencies)
    return Figure(
        statistics.median(latencies) * 1000,
        cpu / calls * 1000,
        calls * task.requests / elapsed,
        calls,
        share,
    )
