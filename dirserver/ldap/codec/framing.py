"""Whole LDAPMessages out of a stream of octets (RFC 4511 section 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from dirserver.ldap.codec.ber import SEQUENCE, long_length
from dirserver.ldap.codec.messages import MalformedMessage

# RFC 8446 section 5.1.
_TLS_HANDSHAKE = 0x16


class Framer:
    """Cuts a stream into messages.

    ``limit`` is the most octets that a message may have with its header. It may be changed at
    any time and counts for every message that has not begun to be cut out, so that a client
    that has bound may send larger ones.
    """

    __slots__ = ("_buffer", "_needed", "_whole", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        # What nearly always comes: one message, and nothing else.
        self._whole = b""
        self._buffer = bytearray()
        # How long the buffer must be before looking at it again can be of any use.
        self._needed = 2

    @property
    def pending(self) -> int:
        """How many octets wait to be cut out.

        After a StartTLS request there must be none: they came without TLS, and whoever sent
        them need not be the client (RFC 4511 section 4.14.1).
        """
        return len(self._whole) + len(self._buffer)

    def is_sole(self, data: bytes) -> bool:
        """Say whether ``data`` is one whole message, within the limit, and nothing else waits."""
        if self._whole or self._buffer or len(data) > self.limit:
            return False
        return _is_one_message(data)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take ``data`` in and return the messages that are complete by now.

        They are cut out one at a time, as the iterator is asked. One that is not asked to its
        end leaves the rest for the next call. Raises MalformedMessage, when it is reached,
        at what cannot begin a message or exceeds the limit; the stream is of no use after.
        """
        if self._whole:
            self._buffer += self._whole
            self._whole = b""
        if not self._buffer and _is_one_message(data):
            self._whole = data
        else:
            self._buffer += data
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Go on with the messages."""
        return self

    def __next__(self) -> bytes:
        """Cut out the next message."""
        if whole := self._whole:
            if len(whole) > self.limit:
                raise MalformedMessage("the message is too long")
            self._whole = b""
            return whole
        buffer = self._buffer
        # The first octet tells a TLS hello or an HTTP request from a slow client.
        if buffer and buffer[0] != SEQUENCE:
            if buffer[0] == _TLS_HANDSHAKE:
                raise MalformedMessage("TLS was begun without StartTLS")
            raise MalformedMessage("what came does not begin like a message")
        if len(buffer) < self._needed:
            raise StopIteration
        size = buffer[1]
        start = 2
        if size >= 0x80:
            start = 2 + (size & 0x7F)
            if len(buffer) < start and 0x80 < size < 0xFF:
                self._needed = start
                raise StopIteration
            size, start = long_length(buffer, 1, len(buffer))
        stop = start + size
        if stop > self.limit:
            raise MalformedMessage("the message is too long")
        if len(buffer) < stop:
            self._needed = stop
            raise StopIteration
        message = bytes(memoryview(buffer)[:stop])
        del buffer[:stop]
        self._needed = 2
        return message


def _is_one_message(data: bytes) -> bool:
    """Say whether ``data`` is a whole message, and nothing else is with it."""
    octets = len(data)
    if octets < 2 or data[0] != SEQUENCE:
        return False
    size = data[1]
    if size < 0x80:
        return octets == 2 + size
    start = 2 + (size & 0x7F)
    return 0x80 < size < 0xFF and octets == start + int.from_bytes(data[2:start], "big")
