"""Just enough of HTTP and LDAP to know when an answer is complete, at little cost.

The client shares the machine with the server, so it parses nothing that it need not.
"""

from __future__ import annotations

from typing import Protocol


class WrongAnswer(Exception):
    """The server answered something else than what is to be measured."""


class Reader(Protocol):
    """Takes in the answer to one request."""

    def begin(self) -> None:
        """Expect a new answer."""

    def feed(self, data: bytes) -> bool:
        """Take in ``data``; say whether the answer is complete. Raises WrongAnswer."""

    @property
    def closes(self) -> bool:
        """Whether the server hangs up behind this answer."""

    @property
    def body(self) -> bytes:
        """What the answer says."""


class HTTPReader:
    """Reads HTTP/1 answers with a length or in chunks, each with the status that is expected."""

    def __init__(self, *statuses: int) -> None:
        """Expect one of ``statuses``."""
        self._statuses = statuses
        self.begin()

    def begin(self) -> None:
        """Expect a new answer."""
        self._data = bytearray()
        self._body_at = 0
        self._length = -1
        self._chunk_at = -1
        self._closes = False

    @property
    def closes(self) -> bool:
        """Whether the server hangs up behind this answer."""
        return self._closes

    @property
    def body(self) -> bytes:
        """The body, without chunks around it."""
        if self._chunk_at < 0:
            return bytes(self._data[self._body_at :])
        parts, at = [], self._body_at
        while (end := self._data.index(b"\r\n", at)) and (size := int(self._data[at:end], 16)):
            parts.append(bytes(self._data[end + 2 : end + 2 + size]))
            at = end + size + 4
        return b"".join(parts)

    def feed(self, data: bytes) -> bool:
        """Take in ``data``; say whether the answer is complete."""
        self._data += data
        if not self._body_at and not self._head():
            return False
        if self._chunk_at < 0:
            return len(self._data) - self._body_at >= self._length
        return self._chunks()

    def _head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._data[:end]).lower()
        status = int(head[9:12])
        if status not in self._statuses:
            raise WrongAnswer(bytes(self._data[:2000]))
        self._body_at = end + 4
        self._closes = head.startswith(b"http/1.0") or b"\r\nconnection: close" in head
        if b"\r\ntransfer-encoding: chunked" in head:
            self._chunk_at = self._body_at
        else:
            _, found, rest = head.partition(b"\r\ncontent-length:")
            self._length = int(rest.partition(b"\r\n")[0]) if found else 0
        return True

    def _chunks(self) -> bool:
        while (end := self._data.find(b"\r\n", self._chunk_at)) >= 0:
            size = int(self._data[self._chunk_at : end], 16)
            following = end + size + 4
            if following > len(self._data):
                return False
            if not size:
                return True
            self._chunk_at = following
        return False


class LDAPReader:
    """Reads LDAP answers up to a result that says no more than its code.

    SearchResultDone and BindResponse are then 14 octets, when the message ID is below 128.
    """

    closes = False
    _RESULT = 14
    _SUCCESS = (0, 4)

    def __init__(self) -> None:
        """Expect success, or as much as the client has asked for."""
        self._data = bytearray()

    def begin(self) -> None:
        """Expect a new answer."""
        self._data = bytearray()

    @property
    def body(self) -> bytes:
        """The messages."""
        return bytes(self._data)

    def feed(self, data: bytes) -> bool:
        """Take in ``data``; say whether the result is among it."""
        self._data += data
        end = self._data[-self._RESULT :]
        if len(end) < self._RESULT or end[:2] != b"\x30\x0c" or end[5] not in (0x65, 0x61):
            return False
        if end[9] not in self._SUCCESS:
            raise WrongAnswer(bytes(end))
        return True
