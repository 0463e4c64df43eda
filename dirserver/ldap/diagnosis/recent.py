"""What clients have asked lately, so that somebody can say why they found nothing.

It is in the memory of the process only, bounded by number, size and age, and gone with the
process: what people look up is nobody's business once the phone works. Passwords are not in it.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dirserver.ldap.codec.messages import (
    BindRequest,
    Message,
    SASLAuthentication,
    SearchRequest,
    SimpleAuthentication,
)
from dirserver.ldap.session import LDAPSession

# A phone asks with every key that is pressed, so that some minutes are a dozen requests.
_MOST_EACH = 30
_MOST_CLIENTS = 500
_MOST_OCTETS = 2 * 1024 * 1024
_LONGEST_SECONDS = 3600.0
_LOOK_SECONDS = 10.0
# Phones' requests have some hundreds; of a longer one is kept how it went.
_LONGEST_REQUEST = 4096
_LONGEST_TEXT = 256


class Heard(NamedTuple):
    """A request and what became of it; ``connection`` is one on which nothing was understood.

    There is one with every request, of which nobody mostly ever asks: hence a tuple.

    ``at`` is in seconds since 1970. ``code`` is the name of the result, ``refusal`` that of the
    error behind it and ``reason`` what it says, which clients are not told. ``login`` and
    ``device`` are who was answered. A bind has a ``name`` and a ``method``; a search has the
    ``octets`` of its message, unless they were too many.
    """

    at: float
    address: str
    secure: bool
    operation: str
    code: str = ""
    refusal: str = ""
    reason: str = ""
    login: str = ""
    device: str = ""
    hits: int = 0
    name: str = ""
    method: str = ""
    octets: bytes = b""


class Recent:
    """The last requests of each client."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Begin with none."""
        self._clock = clock
        self._clients: OrderedDict[str, deque[Heard]] = OrderedDict()
        self._octets = 0
        self._next_look = 0.0

    def answered(self, session: LDAPSession) -> Heard:
        """Remember the request that ``session`` has answered last, and return what is kept of it.

        That is the same as is told elsewhere.
        """
        answered, principal = session.answered, session.principal
        name, method, octets = "", "", b""
        if isinstance(answered.request, Message):
            match answered.request.op:
                case SearchRequest():
                    octets = answered.request.octets
                case BindRequest() as request:
                    name, method = request.name[:_LONGEST_TEXT], _method(request)
        heard = Heard(
            self._clock(),
            session.client.address,
            session.secure,
            answered.operation,
            answered.code,
            answered.refusal,
            answered.reason[:_LONGEST_TEXT],
            principal.login,
            principal.device_name,
            answered.hits,
            name,
            method,
            octets if len(octets) <= _LONGEST_REQUEST else b"",
        )
        self._remember(heard)
        return heard

    def misheard(self, session: LDAPSession, reason: str) -> None:
        """Remember a connection that ended because of ``reason``, with no request understood."""
        address, now = session.client.address, self._clock()
        said = reason[:_LONGEST_TEXT]
        self._remember(Heard(now, address, session.secure, "connection", reason=said))

    def of(self, address: str = "") -> list[Heard]:
        """Return what is remembered of a client, or of all of them, oldest first."""
        oldest = self._clock() - _LONGEST_SECONDS
        clients = [self._clients.get(address, ())] if address else self._clients.values()
        heard = [one for client in clients for one in client if one.at >= oldest]
        return sorted(heard, key=lambda one: one.at)

    def _remember(self, one: Heard) -> None:
        kept = self._clients.get(one.address)
        if kept is None:
            kept = self._clients[one.address] = deque()
        self._clients.move_to_end(one.address)
        kept.append(one)
        self._octets += len(one.octets)
        if len(kept) > _MOST_EACH:
            self._octets -= len(kept.popleft().octets)
        # Whether somebody has been silent for too long is no question of seconds.
        is_much = len(self._clients) > _MOST_CLIENTS or self._octets > _MOST_OCTETS
        if is_much or one.at >= self._next_look:
            self._forget(one.at)

    def _forget(self, now: float) -> None:
        self._next_look = now + _LOOK_SECONDS
        while self._is_too_much(now - _LONGEST_SECONDS):
            _, gone = self._clients.popitem(last=False)
            self._octets -= sum(len(other.octets) for other in gone)

    def _is_too_much(self, oldest: float) -> bool:
        longest_silent = next(iter(self._clients.values()))
        return (
            len(self._clients) > _MOST_CLIENTS
            or self._octets > _MOST_OCTETS
            or longest_silent[-1].at < oldest
        )


def _method(request: BindRequest) -> str:
    """Say how somebody proves who they are; never with what."""
    match request.authentication:
        case _ if request.version != 3:
            return f"LDAP version {request.version}"
        case SimpleAuthentication(password):
            without = "no password" if request.name else "anonymous"
            return "password" if password else without
        case SASLAuthentication(mechanism):
            return f"SASL {mechanism[:40]}"
        case _:
            return "unknown"


def as_json(heard: Iterable[Heard]) -> bytes:
    """Return ``heard`` as it is handed from one process to another: one a line."""
    rows = [{**one._asdict(), "octets": one.octets.hex()} for one in heard]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def from_json(data: bytes) -> list[Heard]:
    """Read what ``as_json`` has written. Raises ValueError, TypeError, KeyError."""
    rows = [json.loads(line) for line in data.splitlines()]
    return [Heard(**{**row, "octets": bytes.fromhex(row["octets"])}) for row in rows]
