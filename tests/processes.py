"""Processes of dirserver, which the warm process of tests/warm.py forks for the tests."""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from tests.warm import NUMBER, Request

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """Return what a process of this tree runs in, installed or not.

    It keeps its modules compiled, wherever the tests run, as what is installed has them.
    """
    kept = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    return {**kept, "PYTHONPATH": path}


class Process:
    """What the tests use of :class:`subprocess.Popen`, for a process that was forked."""

    def __init__(self, told: int, streams: Sequence[IO[bytes] | None]) -> None:
        """Wait until it has begun; ``told`` is where its number and its exit code come."""
        self._told = told
        self.stdin, self.stdout, self.stderr = streams
        self.returncode: int | None = None
        self.pid = self._hear()

    def _hear(self) -> int:
        said = os.read(self._told, NUMBER.size)
        assert said, "the warm process ended"
        (number,) = NUMBER.unpack(said)
        return int(number)

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end and return its exit code; raises TimeoutExpired."""
        if self.returncode is None:
            ready, _, _ = select.select([self._told], [], [], seconds)
            if not ready:
                raise subprocess.TimeoutExpired("dirserver", seconds or 0)
            self.returncode = self._hear()
            os.close(self._told)
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.poll() is None:
            # It may end between the two.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def begin(
    *arguments: str | Path,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    stderr: int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    module: str = "dirserver",
    new_session: bool = False,
) -> Process:
    """Begin what ``python -m dirserver`` does with ``arguments``.

    The streams are as for :class:`subprocess.Popen`: a file's number, DEVNULL, or PIPE.
    """
    request = Request(
        module,
        [*map(str, arguments)],
        dict(environment() if env is None else env),
        str(cwd or Path.cwd()),
        new_session,
    )
    heard, told = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    handed, ours, streams = [told, nothing], list[int](), list[IO[bytes] | None]()
    for stream, mode in ((stdin, "wb"), (stdout, "rb"), (stderr, "rb")):
        if stream == subprocess.PIPE:
            reading, writing = os.pipe()
            own, stream = (writing, reading) if mode == "wb" else (reading, writing)
            handed.append(stream)
            streams.append(os.fdopen(own, mode))
        else:
            streams.append(None)
        ours.append(nothing if stream == subprocess.DEVNULL else stream)
    try:
        socket.send_fds(_warm(), [bytes(request)], [*ours, told])
    finally:
        for file in handed:
            os.close(file)
    return Process(heard, streams)


def run(
    *arguments: str | Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
    module: str = "dirserver",
) -> subprocess.CompletedProcess[bytes]:
    """Do what ``python -m dirserver`` does with ``arguments``, to its end.

    Raises TimeoutExpired when that does not come, having ended it.
    """
    pipe = subprocess.PIPE
    process = begin(
        *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd, module=module
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with ThreadPoolExecutor(3) as pool, process.stdout, process.stderr:
        pool.submit(_give, process.stdin, stdin)
        out, err = pool.submit(process.stdout.read), pool.submit(process.stderr.read)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        said = out.result(), err.result()
    return subprocess.CompletedProcess([*map(str, arguments)], code, *said)


def _give(stream: IO[bytes], text: bytes) -> None:
    with suppress(BrokenPipeError), stream:
        stream.write(text)


@cache
def _warm() -> socket.socket:
    """Start this process's warm process and return where it is asked."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        cwd=ROOT,
        env=environment(),
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait(30)

    atexit.register(end)
    return ours
