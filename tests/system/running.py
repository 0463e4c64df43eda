"""A real ``dirserver serve`` process of the tests' own: started, signalled, looked at, stopped."""

from __future__ import annotations

import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests import processes
from tests.processes import Process
from tests.system.secrecy import assert_nothing_secret

_URL = re.compile(
    r"(?P<scheme>http|https|ldap|ldaps)://(?P<host>\[[^\]]+\]|[^:,\s]+):(?P<port>\d+)"
)
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class NotServing(AssertionError):
    """The process ended, or said nothing in time, instead of being ready."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener of the server is."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The URL of it, without a path."""
        return f"{self.scheme}://{self.host}:{self.port}"


def environment() -> dict[str, str]:
    """Return what a command of this tree runs in, installed or not."""
    return {**processes.environment(), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


def run_command(
    config: Path, *arguments: str, stdin: bytes = b"", timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """Run ``dirserver -c config`` with ``arguments`` to its end."""
    return processes.run("-c", config, *arguments, stdin=stdin, timeout=timeout, env=environment())


def run_cold(
    config: Path, *arguments: str, timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """Run the same in a process that imports what it needs itself, for whoever measures it."""
    return subprocess.run(
        [sys.executable, "-m", "dirserver", "-c", str(config), *arguments],
        capture_output=True,
        timeout=timeout,
        env=environment(),
        check=False,
    )


@dataclass(slots=True)
class RunningServer:
    """A server process that is ready."""

    process: Process | subprocess.Popen[bytes]
    config: Path
    log_path: Path
    addresses: tuple[Address, ...] = ()

    def address(self, scheme: str) -> Address:
        """Return where the first listener for ``scheme`` is."""
        return next(address for address in self.addresses if address.scheme == scheme)

    def url(self, scheme: str) -> str:
        """Return the URL of the first listener for ``scheme``."""
        return self.address(scheme).url

    @property
    def log(self) -> str:
        """Everything that the process has written to its standard error."""
        return self.log_path.read_text(encoding="utf-8")

    def wait_for(self, what: str, *, times: int = 1, seconds: float = 60) -> None:
        """Wait until the log has ``what`` so many times."""
        wait_until(lambda: self.log.count(what) >= times, f"the log to say {what!r}", seconds)

    def reload(self, expected: str = "config applied") -> None:
        """Have the config file read again and wait for the log to tell how that went."""
        before = self.log.count(expected)
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(expected, times=before + 1)

    def terminate(self) -> None:
        """Ask the process to end, as a service manager does, and do not wait."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the process to end and return its exit code."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End the process as a power cut does."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """End the process, however it is, and look through what it has logged."""
        if self.process.poll() is None:
            self.terminate()
            try:
                code = self.wait()
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"SIGTERM did not end the server:\n{self.log}") from None
            assert code == 0, f"the server ended with {code}:\n{self.log}"
        log = self.log
        assert_nothing_secret(log)
        stumbled = [line for line in log.splitlines() if "Traceback" in line]
        assert not stumbled, f"the server stumbled: {stumbled[0]}"


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for ``condition``, which is ``what`` in words."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def start(config: Path, *options: str, seconds: float = START_SECONDS) -> RunningServer:
    """Start a server for ``config`` and return it when it is ready.

    Raises NotServing with what the server said when it is not ready.
    """
    log_path = _log_of(config)
    with log_path.open("wb") as log:
        process = processes.begin(
            "-c",
            config,
            *options,
            "serve",
            stdout=subprocess.PIPE,
            stderr=log.fileno(),
            env=environment(),
        )
    return _when_ready(process, config, log_path, seconds)


def start_cold(
    config: Path,
    *options: str,
    module: str = "dirserver",
    starting: Callable[[subprocess.Popen[bytes]], None] = lambda _process: None,
) -> RunningServer:
    """Start a server that imports what it needs itself, as any does but those of most tests.

    ``module`` is what is run; ``starting`` is called with the process when it was just made.
    Raises NotServing with what the server said when it is not ready.
    """
    log_path = _log_of(config)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "-c", str(config), *options, "serve"],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(),
        )
    starting(process)
    return _when_ready(process, config, log_path, START_SECONDS)


def _log_of(config: Path) -> Path:
    return config.with_name(f"serve-{time.monotonic_ns()}.log")


def _when_ready(
    process: Process | subprocess.Popen[bytes], config: Path, log_path: Path, seconds: float
) -> RunningServer:
    assert process.stdout is not None
    line = _first_line(process.stdout, seconds)
    if not line.startswith("dirserver ready"):
        process.kill()
        process.wait(STOP_SECONDS)
        raise NotServing(f"{line!r}, exit code {process.returncode}\n{log_path.read_text()}")
    addresses = tuple(
        Address(found["scheme"], found["host"], int(found["port"])) for found in _URL.finditer(line)
    )
    return RunningServer(process, config, log_path, addresses)


@contextmanager
def running(config: Path, *options: str) -> Iterator[RunningServer]:
    """Start a server for ``config`` and stop it in the end."""
    server = start(config, *options)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_cold(config: Path, *options: str, module: str = "dirserver") -> Iterator[RunningServer]:
    """Start a server as :func:`start_cold` does and stop it in the end."""
    server = start_cold(config, *options, module=module)
    try:
        yield server
    finally:
        server.stop()


def _first_line(stream: IO[bytes], seconds: float) -> str:
    """Return the first line of ``stream``; empty when none comes in time.

    A thread goes on reading, so that the process never waits for somebody to listen.
    """
    lines: queue.Queue[bytes] = queue.Queue()

    def read() -> None:
        with stream:
            for line in stream:
                lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, daemon=True).start()
    try:
        return lines.get(timeout=seconds).decode()
    except queue.Empty:
        return ""
