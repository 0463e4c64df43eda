"""Where commands meet the servers of the same database: sockets that only their user may open.

Each process of a server has one, beside an SQLite database or in a directory for such things. Its
name begins with what the database's URL digests to, and has the number of the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

# The system takes no longer names of sockets.
_LONGEST = 100
_SECONDS = 5.0
_RUN = Path("/run/dirserver")


def places(url: str) -> Iterator[Path]:
    """Yield where this process may have its socket, the best place first."""
    for folder in _folders(url):
        path = folder / f"{_stem(url)}.{os.getpid()}"
        if len(os.fsencode(path)) <= _LONGEST:
            yield path


def heard(url: str, question: str) -> Iterator[bytes]:
    """Ask every server of the database at ``url``; yield what each says."""
    for folder in _folders(url):
        for path in sorted(folder.glob(f"{_stem(url)}.*")):
            with contextlib.suppress(OSError):
                yield _asked(path, question)


def remove_stale(url: str) -> None:
    """Remove the sockets of processes that are gone."""
    for folder in _folders(url):
        for path in folder.glob(f"{_stem(url)}.*"):
            with contextlib.suppress(OSError, ValueError):
                if not _is_alive(int(path.suffix[1:])):
                    path.unlink()


def _asked(path: Path, question: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(_SECONDS)
        sock.connect(str(path))
        sock.sendall(question.encode() + b"\n")
        data = b""
        while octets := sock.recv(1 << 16):
            data += octets
    return data


def _folders(url: str) -> Iterator[Path]:
    if url.startswith("sqlite:///"):
        yield Path(url.removeprefix("sqlite:///")).parent
    if _RUN.is_dir() and os.access(_RUN, os.R_OK | os.X_OK):
        yield _RUN
    own = Path(tempfile.gettempdir()) / f"dirserver-{os.getuid()}"
    with contextlib.suppress(OSError):
        own.mkdir(mode=0o700, exist_ok=True)
        found = own.lstat()
        # Anybody may make a directory there, and lay sockets into it.
        if found.st_uid == os.getuid() and found.st_mode & 0o777 == 0o700 and own.is_dir():
            yield own


def _stem(url: str) -> str:
    return f"dirserver-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
