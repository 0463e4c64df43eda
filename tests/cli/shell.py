"""Typing commands: into a process of their own, into one on a terminal, or into this one."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dirserver.cli import main
from tests import processes

ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed, and nothing else, read as JSON."""
        return json.loads(self.out)

    def lines(self) -> list[str]:
        """What it printed, line by line, without the blanks at the ends of lines."""
        return [line.rstrip() for line in self.out.splitlines()]


def environment(**more: str) -> dict[str, str]:
    """The environment of this process, without what would change what commands do."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DIRSERVER_") and name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    }
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    return {**kept, "PYTHONPATH": path, "TERM": "xterm-256color", **more}


def command(*arguments: str | Path) -> list[str]:
    """What starts dirserver with ``arguments``."""
    return [sys.executable, "-m", "dirserver", *map(str, arguments)]


def run(
    *arguments: str | Path,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Done:
    """Run dirserver in a process of its own, not on a terminal."""
    done = processes.run(
        *arguments, stdin=stdin, timeout=_TIMEOUT, cwd=cwd, env=environment(**(env or {}))
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_on_terminal(
    *arguments: str | Path,
    answers: Sequence[tuple[str, str]] = (),
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run dirserver on a terminal; return its exit code and all that the terminal showed.

    ``answers`` are what to wait for, and what to type then.
    """
    ours, theirs = pty.openpty()
    process = processes.begin(
        *arguments,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        new_session=True,
        env=environment(COLUMNS="100", LINES="40", **(env or {})),
    )
    os.close(theirs)
    shown, seen = b"", 0
    waiting = list(answers)
    try:
        while part := _read_terminal(ours):
            shown += part
            if waiting and (at := shown.find(waiting[0][0].encode(), seen)) >= 0:
                prompt, typed = waiting.pop(0)
                seen = at + len(prompt)
                os.write(ours, typed.encode())
        return process.wait(_TIMEOUT), shown.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_terminal(terminal: int) -> bytes:
    readable, _, _ = select.select([terminal], [], [], _TIMEOUT)
    assert readable, "nothing happens on the terminal"
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux's way of saying that nobody has the other end open any more.
        return b""


class Shell:
    """Commands with one config file, in this process: as fast as a call, and with all its ends."""

    def __init__(
        self,
        config: Path,
        capture: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Give ``config`` to every command."""
        self.config = config
        self._capture = capture
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> Done:
        """Run a command, with the config file, that has nothing to do with a terminal."""
        return self.bare("-c", self.config, *arguments, stdin=stdin)

    def hint(self, words: str, what: str = "this") -> str:
        """Return the line that says how ``what`` was done is taken back."""
        return f"To take {what} back: {self.proposed(words)}\n"

    def proposed(self, words: str) -> str:
        """Return a command as one is told to type it, with this config."""
        return f"dirserver -c {self.config} {words}"

    def bare(self, *arguments: str | Path, stdin: bytes = b"") -> Done:
        """Run just this."""
        self._capture.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            code = main([*map(str, arguments)])
        captured = self._capture.readouterr()
        return Done(code, captured.out, captured.err)
