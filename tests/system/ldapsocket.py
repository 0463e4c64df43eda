"""An LDAP connection that stays open, for what the command line programs cannot show."""

from __future__ import annotations

import socket
import ssl
from types import TracebackType

from tests.ldap import wire
from tests.organisation import PASSWORD
from tests.system.running import Address

_TIMEOUT = 30


class LDAPConnection:
    """A plain connection. With ``slow``, the system takes little of what nobody reads."""

    def __init__(self, address: Address, *, slow: bool = False) -> None:
        """Connect."""
        self._socket = socket.socket()
        if slow:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(_TIMEOUT)
        self._socket.connect((address.host, address.port))
        self._stream = self._socket.makefile("rb", buffering=65536)
        self._last_id = 0

    def __enter__(self) -> LDAPConnection:
        """Hang up when the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._stream.close()
        self._socket.close()

    def send(self, *operations: bytes) -> None:
        """Send requests without waiting for their answers."""
        data = b""
        for operation in operations:
            self._last_id += 1
            data += wire.message(self._last_id, operation)
        self._socket.sendall(data)

    def send_raw(self, octets: bytes) -> None:
        """Send what need not be a message."""
        self._socket.sendall(octets)

    def receive(self) -> wire.Response | None:
        """Return the next message, or None when the server has hung up."""
        head = self._stream.read(2)
        if len(head) < 2:
            return None
        size = head[1]
        if size & 0x80:
            octets = self._stream.read(size & 0x7F)
            head, size = head + octets, int.from_bytes(octets, "big")
        (found,) = wire.responses(head + self._stream.read(size))
        return found

    def result(self) -> tuple[list[wire.Response], wire.Response]:
        """Return the entries that come, and the result behind them."""
        entries: list[wire.Response] = []
        while (found := self.receive()) is not None:
            if found.name != "SearchResultEntry":
                return entries, found
            entries.append(found)
        raise ConnectionError("the server hung up before it had answered")

    def ask(self, operation: bytes) -> tuple[list[str], str]:
        """Send a request; return the DNs of the entries and the name of the result code."""
        self.send(operation)
        entries, result = self.result()
        return [entry.dn for entry in entries], result.code

    def start_tls(self, tls: ssl.SSLContext) -> None:
        """Speak TLS from here on."""
        self._stream.close()
        self._socket = tls.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._stream = self._socket.makefile("rb", buffering=65536)

    def bind(self, name: str, password: str = PASSWORD) -> str:
        """Log in and return the name of the result code."""
        return self.ask(wire.bind(name, password))[1]
