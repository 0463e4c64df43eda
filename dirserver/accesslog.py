"""The access log: one line a request on standard error, in the form of all other lines.

There are too many of them for the layers of ``logging``, and even to put each together key by key:
that would take longer than to read a card. Those of lookups are written some at a time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from dirserver.http import AccessRecord
from dirserver.ldap.diagnosis.recent import Heard

# Nobody who reads along notices.
_LATER_SECONDS = 0.1
_MOST_AT_ONCE = 500


class AccessLog:
    """Tells of requests. Only to be used in the reactor's thread."""

    def __init__(
        self, call_later: Callable[[float, Callable[[], None]], object], worker: int | None = None
    ) -> None:
        """Write what can wait by way of ``call_later``.

        Where several processes serve, each line has the number of the ``worker``.
        """
        self._call_later = call_later
        self._behind = "\n" if worker is None else f" worker={worker}\n"
        self._waiting: list[tuple[Heard, float]] = []

    def http_request(self, record: AccessRecord) -> None:
        """Tell of a request that the CardDAV face has answered."""
        said = (
            f"event=http address={_known(record.address)} method={_quoted(record.method)} "
            f"path={_quoted(record.path)} status={record.status} bytes={record.bytes} "
            f"ms={record.seconds * 1000:.1f} agent={_quoted(record.user_agent)} "
            f"complete={_flag(record.complete)}"
        )
        self._write(f"{self._taken()}{self._line(time.time(), said)}")

    def ldap_request(self, heard: Heard, seconds: float) -> None:
        """Tell, before long, of a request that the LDAP face has answered in so many seconds."""
        waiting = self._waiting
        if not waiting:
            self._call_later(_LATER_SECONDS, self.flush)
        waiting.append((heard, seconds))
        if len(waiting) >= _MOST_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._write(self._taken())

    def _taken(self) -> str:
        """Return the lines that wait, which do so no longer."""
        taken, self._waiting = self._waiting, []
        lines = [
            self._line(
                heard.at,
                f"event=ldap address={_known(heard.address)} login={_known(heard.login)} "
                f"device={_known(heard.device)} operation={heard.operation} "
                f"result={heard.code} hits={heard.hits} ms={seconds * 1000:.1f} "
                f"tls={_flag(heard.secure)}",
            )
            for heard, seconds in taken
        ]
        return "".join(lines)

    def _line(self, at: float, said: str) -> str:
        second = int(at)
        stamp = f"{_second(second)}.{int((at - second) * 1_000_000):06}Z"
        return f"timestamp={stamp} level=info logger=dirserver.access {said}{self._behind}"

    def _write(self, lines: str) -> None:
        # Nothing fails because nobody can read of it.
        with suppress(OSError):
            sys.stderr.write(lines)


@lru_cache(maxsize=2)
def _second(since_epoch: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


def _flag(value: bool) -> str:  # as logfmt has it
    return "true" if value else "false"


def _quoted(value: str) -> str:
    """Return a value as logfmt has it: in quotes where it would not end where it ends."""
    if " " in value or "=" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{value}"'.replace("\n", "\\n")
    return value.replace("\n", "\\n")


# Clients, and who they are, come again and again.
_known = lru_cache(maxsize=1024)(_quoted)
