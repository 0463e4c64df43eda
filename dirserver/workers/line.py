"""What a worker and its supervisor say to each other, over two pairs of sockets.

On one the worker asks for a listening socket and waits for it. On the other both say what has
happened, when it has. A message is a JSON list that begins with what it is about.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.sockets import ListenError

_MOST_BYTES = 64 * 1024

Word: TypeAlias = str | int | bool
Message: TypeAlias = list[Word]


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two ends that keep messages apart, and tell when the other is gone."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def read_message(data: bytes) -> Message:
    """Return the message that ``data`` is."""
    said: Message = json.loads(data)
    return said


def say(end: socket.socket, *words: Word) -> None:
    """Send a message; what nobody takes is lost, since nobody may be made to wait."""
    with suppress(BlockingIOError, ConnectionError):
        end.send(json.dumps(words).encode(), socket.MSG_DONTWAIT)


def give_socket(end: socket.socket, opened: socket.socket) -> None:
    """Answer who asked for a socket."""
    with suppress(BlockingIOError, ConnectionError):
        socket.send_fds(end, [b"[]"], [opened.fileno()], socket.MSG_DONTWAIT)


@dataclass(frozen=True, slots=True)
class Line:
    """The worker's end. ``number`` is which worker it is, of how many there are."""

    number: int
    workers: int
    doors: socket.socket
    news: socket.socket

    def open(self, name: str, host: str, port: int) -> socket.socket:
        """Return the socket ``name``, which listens at ``host`` and ``port``.

        Raises ListenError.
        """
        self.doors.send(json.dumps(["open", name, host, port]).encode())
        data, files, _, _ = socket.recv_fds(self.doors, _MOST_BYTES, 1)
        if files:
            return socket.socket(fileno=files[0])
        said = read_message(data) if data else ["the server is being stopped"]
        raise ListenError(str(said[0]))

    def keep(self, names: Iterable[str]) -> None:
        """Say at which sockets connections are still taken; the others are of no more use."""
        say(self.news, "keep", *names)

    def ready(self, urls: Iterable[str]) -> None:
        """Say that everything is served, and where."""
        say(self.news, "ready", *urls)

    def attempted(self, login: str, address: str, succeeded: bool) -> None:
        """Tell the other workers how a login went."""
        say(self.news, "attempt", login, address, succeeded)

    def follow(self, attempted: Callable[[str, str, bool], None]) -> None:
        """Pass on what the other workers tell; return when the supervisor is gone."""
        while True:
            try:
                data = self.news.recv(_MOST_BYTES)
            except OSError:
                return
            if not data:
                return
            _, login, address, succeeded = read_message(data)
            attempted(str(login), str(address), bool(succeeded))
