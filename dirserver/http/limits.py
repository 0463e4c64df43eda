"""Bounds on what one client can make the server hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    request_line: int = 8192
    head: int = 32 * 1024
    fields: int = 100
    body: int = 20 * 1024 * 1024
    # A body larger than this waits for its end in a temporary file instead of in memory.
    body_in_memory: int = 256 * 1024
    # Between two requests of a connection.
    idle_timeout: float = 75.0
    # From the first byte of a request to the end of its head.
    head_timeout: float = 20.0
    # A body may take this long, and one second longer for each ``body_rate`` bytes that came.
    body_timeout: float = 30.0
    body_rate: int = 1000
    # The client has not taken what was sent to it for so long.
    send_timeout: float = 120.0
    # After a refusal, what the client still sends is thrown away for so long.
    linger: float = 5.0
    # None leaves the number of connections to the operating system.
    connections: int | None = None
    # The body of whoever has not said who they are, and will hardly be told more than 401.
    body_of_strangers: int = 64 * 1024

    @property
    def shortest_timeout(self) -> float:
        """The time by which the finest of the timeouts runs."""
        return min(
            self.idle_timeout,
            self.head_timeout,
            self.body_timeout,
            self.send_timeout,
            self.linger,
        )
