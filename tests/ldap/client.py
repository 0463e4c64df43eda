"""LDAP clients for conversations: words in, responses out, one fact a line.

    C: bind dn=alice password="correct horse"
    S: BindResponse success
    C: search base=ou=customers,dc=example,dc=org
       filter="(cn=anna beispiel)" attributes=cn,mail
    S: SearchResultEntry uid=$anna,ou=customers,dc=example,dc=org
         cn: Anna Beispiel
       SearchResultDone success

The lines of a request are one list of words. Any of them may be ``control=OID``, or with an
exclamation mark before the OID when it is critical.
"""

# Twisted's testing tools carry few annotations.
# mypy: allow-untyped-calls

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from twisted.internet.address import IPv4Address
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from dirserver.errors import NotAtOnce
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.messages import (
    AbandonRequest,
    MalformedMessage,
    Message,
    SearchRequest,
    UnbindRequest,
)
from dirserver.ldap.factory import LDAPFactory
from dirserver.ldap.operations import Act, Answered, Request
from dirserver.ldap.session import LDAPSession
from dirserver.tls import ServerTLS
from tests.ldap import wire

_WORD = re.compile(r'(\w+)(?:=("[^"]*"|\S*))?')
STARTTLS = "1.3.6.1.4.1.1466.20037"


def encode(words: str, message_id: int) -> bytes:
    """Return the message that ``words`` describe."""
    kind, *arguments = _WORD.findall(words)
    controls = [
        wire.control(value.lstrip("!"), critical=value.startswith("!"))
        for name, value in arguments
        if name == "control"
    ]
    given = {name: value.strip('"') for name, value in arguments if name != "control"}
    return wire.message(message_id, _operation(kind[0], given), controls)


def _operation(kind: str, given: dict[str, str]) -> bytes:
    dn = given.get("dn", "")
    match kind:
        case "bind" if "sasl" in given:
            return wire.sasl_bind(dn, given["sasl"])
        case "bind":
            version = int(given.get("version", "3"))
            return wire.bind(dn, given.get("password", ""), version=version)
        case "search":
            return _search(given)
        case "compare":
            return wire.compare(dn, given["attribute"], given["value"])
        case "add":
            return wire.add(dn, "cn", "Someone")
        case "modify":
            return wire.modify(dn, "cn", "Someone Else")
        case "delete":
            return wire.delete(dn)
        case "rename":
            return wire.modify_dn(dn, "uid=other")
        case "abandon":
            return wire.abandon(int(given["id"]))
        case "extended":
            return wire.extended(given["oid"])
        case "starttls":
            return wire.extended(STARTTLS)
        case "unbind":
            return wire.unbind()
    raise ValueError(f"no such request: {kind}")


def _search(given: dict[str, str]) -> bytes:
    return wire.search(
        given.get("base", ""),
        given.get("filter", "(objectClass=*)"),
        scope=given.get("scope", "sub"),
        deref=int(given.get("deref", "0")),
        size_limit=int(given.get("size_limit", "0")),
        time_limit=int(given.get("time_limit", "0")),
        types_only="types_only" in given,
        attributes=[name for name in given.get("attributes", "").split(",") if name],
    )


def rendered(data: bytes) -> list[str]:
    """Return what a server has sent, one fact a line."""
    return [line.rstrip() for response in wire.responses(data) for line in response.lines()]


class Client:
    """A client of one connection, bound or not. Message ids go up by one."""

    def __init__(self) -> None:
        self.last_id = 0

    def say(self, lines: list[str]) -> list[str]:
        """Send the request that ``lines`` describe and render the answer."""
        self.last_id += 1
        return rendered(self.exchange(encode(" ".join(lines), self.last_id)))

    def exchange(self, message: bytes) -> bytes:
        """Send a message and return everything that comes back."""
        raise NotImplementedError


def _no_turn() -> Callable[[], object]:
    return lambda: None


class SessionClient(Client):
    """Talks to a session as it is, without sockets, threads or order.

    What has a short answer is asked again, unless the session has a clock of its own: twice in
    turns, if they are given, since the second may be told what was kept of the first.
    """

    def __init__(
        self,
        session: LDAPSession,
        *,
        again: bool = True,
        turn: Callable[[], Callable[[], object]] = _no_turn,
    ) -> None:
        super().__init__()
        self.session = session
        self._times = 2 if again else 0
        self._turn = turn

    def exchange(self, message: bytes) -> bytes:
        """Have the session answer a message."""
        try:
            request = decode_message(message)
        except MalformedMessage as error:
            if error.envelope is None:
                raise
            return self._answer(error.envelope)
        if isinstance(request.op, AbandonRequest | UnbindRequest):
            raise TypeError("a session knows nothing of other requests")
        return self._answer(request)

    def _answer(self, request: Request) -> bytes:
        data = self._answer_bit_by_bit(request)
        answered = self.session.answered
        # To bind once more would count as one more attempt.
        is_search = isinstance(request, Message) and isinstance(request.op, SearchRequest)
        for _ in range(self._times if is_search else 0):
            end = self._turn()
            try:
                short = self.session.short(request)
            except NotAtOnce:
                short = None
            finally:
                end()
            if short is not None:
                # What is answered in short is answered no other way, and the same is told of it.
                assert (short, _told(self.session.answered)) == (data, _told(answered))
        self.session.answered = answered
        return data

    def _answer_bit_by_bit(self, request: Request) -> bytes:
        data = b""
        for output in self.session.answer(request):
            if isinstance(output, Act):
                self.session.secure = True
            else:
                data += output
        return data


def _told(answered: Answered) -> tuple[object, ...]:
    return answered.operation, answered.code, answered.hits, answered.refusal, answered.reason


class _Transport(StringTransport):
    """A connection in memory on which TLS may be started, without being spoken."""

    tls: ServerTLS | None = None

    def getHandle(self) -> None:  # noqa: N802  # Twisted's name
        """No certificate of the client's is known of what only pretends to be TLS."""

    def startTLS(self, tls: ServerTLS) -> None:  # noqa: N802  # Twisted's name
        self.tls = tls


class _Inline:
    """Both thread pool and reactor: does what it is given when it is told to settle."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.callLater = self.clock.callLater
        self._calls: list[Callable[[], object]] = []

    def callFromThread(  # noqa: N802  # Twisted's name
        self, function: Callable[..., object], *arguments: object
    ) -> None:
        self._calls.append(lambda: function(*arguments))

    def callInThreadWithCallback(  # noqa: N802  # Twisted's name
        self, tell: Callable[[bool, object], None], work: Callable[[], object]
    ) -> None:
        def run() -> None:
            try:
                result = work()
            except Exception:  # noqa: BLE001  # as a thread pool does
                tell(False, Failure())
            else:
                tell(True, result)

        self._calls.append(run)

    def settle(self, until: Callable[[], bool] = lambda: False) -> None:
        """Do everything that waits to be done, one thing after the other."""
        while self._calls and not until():
            self._calls.pop(0)()


class OctetClient(Client):
    """Talks to the protocol on Twisted, sending one octet at a time."""

    def __init__(
        self, make_factory: Callable[[ThreadPool, ReactorBase], LDAPFactory], address: str
    ) -> None:
        super().__init__()
        self._inline = _Inline()
        factory = make_factory(cast("ThreadPool", self._inline), cast("ReactorBase", self._inline))
        peer = cast("IAddress", IPv4Address("TCP", address, 50000))
        protocol = factory.buildProtocol(peer)
        assert protocol is not None
        self.protocol = protocol
        self.transport = _Transport()
        protocol.makeConnection(self.transport)

    def exchange(self, message: bytes) -> bytes:
        """Send a message by single octets and return what the server writes in the end."""
        for octet in message:
            self.protocol.dataReceived(bytes([octet]))
        return self.settle()

    def feed(self, octets: bytes) -> bytes:
        """Send octets at once, unless the server has closed; return what it writes."""
        if not self.transport.disconnecting:
            self.protocol.dataReceived(octets)
        return self.settle()

    def settle(self, until: Callable[[], bool] = lambda: False) -> bytes:
        """Let the server finish what it is at, or get so far; return what it writes."""
        self._inline.settle(until)
        written: bytes = self.transport.value()
        self.transport.clear()
        return written

    def pending_calls(self) -> list[IDelayedCall]:
        """Return what the server would still do later, once it has looked whose time is over."""
        self._inline.clock.advance(1)
        return list(self._inline.clock.getDelayedCalls())
