"""A client that sends exactly the bytes it is told to, and reads what comes back."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from dataclasses import dataclass

TIMEOUT = 30.0
# Whoever sends a large body has to say who they are; here nobody asks whether it is true.
LOGIN = "Authorization: Basic YTpi\n"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; the names of its fields are in lower case."""

    status: int
    reason: str
    fields: dict[str, str]
    body: bytes


class Wire:
    """One connection to the server under test."""

    def __init__(self, sock: socket.socket | ssl.SSLSocket) -> None:
        self.socket = sock
        self.socket.settimeout(TIMEOUT)
        self._buffer = b""

    def send(self, data: bytes | str) -> None:
        """Send ``data``; of a text, lines end as in HTTP."""
        if isinstance(data, str):
            data = data.replace("\n", "\r\n").encode("latin-1")
        self.socket.sendall(data)

    def receive(self, method: str = "GET") -> Response:
        """Read one answer, to a request with ``method``."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, reason = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        fields: dict[str, str] = {}
        for line in lines:
            name, value = line.split(": ", 1)
            assert name.lower() not in fields, f"{name} came twice"
            fields[name.lower()] = value
        body = b""
        if method != "HEAD" and int(status) not in (100, 204, 304):
            body = self._body(fields)
        return Response(int(status), reason, fields, body)

    def ask(self, data: bytes | str, method: str = "GET") -> Response:
        """Send ``data`` and read one answer."""
        self.send(data)
        return self.receive(method)

    def ends(self) -> bool:
        """Return whether the server sends nothing more and closes."""
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
            return self._buffer == b"" and self.socket.recv(1) == b""
        return True

    def end(self) -> None:
        """Send nothing more; answers may still come."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Go away, and let the server know: an end alone might be that of the requests only."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """Close this side."""
        self.socket.close()

    def _body(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding") == "chunked":
            chunks: list[bytes] = []
            while not chunks or chunks[-1]:
                chunks.append(self._exactly(int(self._line(), 16)))
                assert self._line() == b""
            return b"".join(chunks)
        if "content-length" in fields:
            return self._exactly(int(fields["content-length"]))
        with contextlib.suppress(EOFError):
            while True:
                self._more()
        body, self._buffer = self._buffer, b""
        return body

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _exactly(self, size: int) -> bytes:
        data = bytearray(self._buffer[:size])
        self._buffer = self._buffer[size:]
        while len(data) < size:
            more = self.socket.recv(min(size - len(data), 1_000_000))
            if not more:
                raise EOFError
            data += more
        return bytes(data)

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self._buffer += data
