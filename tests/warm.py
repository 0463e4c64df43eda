"""A process that has imported the server, and is forked whenever a test wants dirserver to run.

It takes a core a second and more to import the server, and the tests start it some hundred times.
What is forked is a process in all respects: it has its own memory, environment, files and folder,
does what ``python -m dirserver`` does, and ends as that does. The command line itself is imported
by each, as that depends on what was typed.

This runs as ``python -m tests.warm SOCKET``; tests use it through tests/processes.py.
"""

from __future__ import annotations

import gc
import json
import os
import re
import runpy
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from importlib import import_module

from dirserver.lean import import_lean

# The server, what commands import of others, and what is kept in sync with it.
IMPORTED = (
    "alembic.command",
    "alembic.ddl.postgresql",
    "dirserver.server",
    "dirserver.tls",
    "rich.progress",
    "rich.table",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "typer",
    "vdirsyncer.cli.tasks",
    "vdirsyncer.storage.dav",
    "vdirsyncer.storage.filesystem",
)
# What decides by its environment, when it is imported, whether it counts for itself alone; and who
# has it from there.
LEFT_COLD = re.compile(r"prometheus_client\b|dirserver\.(metrics|server)$")
# All that is told of a process: its number when it begins, and its exit code when it ended.
NUMBER = struct.Struct("i")
_LARGEST_REQUEST = 1 << 17


@dataclass(frozen=True, slots=True)
class Request:
    """A process to be: it comes with its three streams and a pipe for what is told of it."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    new_session: bool = False

    def __bytes__(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode()


def _fork_for_each(control: socket.socket) -> Request | None:
    """Fork for each request, in which process it is returned; None when nobody asks any more."""
    children: dict[int, tuple[int, int]] = {}
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready in children:
                pid, told = children.pop(ready)
                _, status = os.waitpid(pid, 0)
                _tell(told, os.waitstatus_to_exitcode(status))
                os.close(told)
                poll.unregister(ready)
                os.close(ready)
                continue
            said, files, _, _ = socket.recv_fds(control, _LARGEST_REQUEST, 4)
            if not said:
                return None
            pid = os.fork()
            if not pid:
                for place in range(3):
                    os.dup2(files[place], place)
                control.detach()
                os.closerange(3, max(*files, *children, 3) + 1)
                return Request(**json.loads(said))
            _tell(files[3], pid)
            for file in files[:3]:
                os.close(file)
            ended = os.pidfd_open(pid)
            children[ended] = (pid, files[3])
            poll.register(ended, select.POLLIN)


def _tell(pipe: int, number: int) -> None:
    os.write(pipe, NUMBER.pack(number))


def _become(request: Request) -> None:
    """Be as a process is that has just begun."""
    if request.new_session:
        os.setsid()
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    sys.argv[1:] = request.arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, file in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        old = getattr(sys, name)
        at_once = name == "stderr" or os.isatty(file) or "PYTHONUNBUFFERED" in os.environ
        new = open(  # noqa: SIM115  # as long as the process is there
            file,
            "r" if name == "stdin" else "w",
            encoding=old.encoding,
            errors=old.errors,
            closefd=False,
        )
        new.reconfigure(line_buffering=at_once)
        setattr(sys, name, new)


def main() -> None:
    """Serve, and in whatever was forked do what was asked for."""
    control = socket.socket(fileno=int(sys.argv[1]))
    # It ends when nobody asks any more; an interrupt is for those who do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_lean()
    for name in IMPORTED:
        import_module(name)
    for name in filter(LEFT_COLD.match, list(sys.modules)):
        del sys.modules[name]
    # Neither threads nor what a reactor waits with are there after a fork, or they are there twice.
    assert threading.active_count() == 1
    assert "twisted.internet.reactor" not in sys.modules
    # Nor may anything be decided by the environment, as each has its own.
    assert tempfile.tempdir is None
    gc.collect()
    gc.freeze()
    request = _fork_for_each(control)
    if request is not None:
        _become(request)
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
