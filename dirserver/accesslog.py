"""The access log: one line a request on standard error, in the form of all other lines.

There are too many of them for the layers of ``logging``, and even to put each together key by key:
that would take longer than to read a card.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import lru_cache

from dirserver.http import AccessRecord
from dirserver.ldap.session import LDAPSession

# What is told in every line: which of several processes it is.
_everywhere = ""


def configure(worker: int | None) -> None:
    """Have each line say which of several ``worker`` processes it is from."""
    global _everywhere
    _everywhere = "" if worker is None else f" worker={worker}"


def http_request(record: AccessRecord) -> None:
    """Tell of a request that the CardDAV face has answered."""
    _tell(
        f"event=http address={_known(record.address)} method={_quoted(record.method)} "
        f"path={_quoted(record.path)} status={record.status} bytes={record.bytes} "
        f"ms={record.seconds * 1000:.1f} agent={_quoted(record.user_agent)} "
        f"complete={_flag(record.complete)}"
    )


def ldap_request(session: LDAPSession, began: float) -> None:
    """Tell of a request that the LDAP face has answered. ``began`` is a monotonic time."""
    answered, principal = session.answered, session.principal
    _tell(
        f"event=ldap address={_known(session.client.address)} login={_known(principal.login)} "
        f"device={_known(principal.device_name)} operation={answered.operation} "
        f"result={answered.code} hits={answered.hits} "
        f"ms={(time.monotonic() - began) * 1000:.1f} tls={_flag(session.secure)}"
    )


def _tell(said: str) -> None:
    now = time.time()
    second = int(now)
    stamp = f"{_second(second)}.{int((now - second) * 1_000_000):06}Z"
    # Nothing fails because nobody can read of it.
    with suppress(OSError):
        sys.stderr.write(
            f"timestamp={stamp} level=info logger=dirserver.access {said}{_everywhere}\n"
        )


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
