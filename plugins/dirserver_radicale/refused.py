"""A precondition that does not hold (RFC 4918 section 16)."""

from __future__ import annotations

from http import client


class Refused(Exception):
    """A precondition of a request does not hold; ``element`` names it."""

    def __init__(self, element: str, status: int = client.FORBIDDEN) -> None:
        super().__init__(element)
        self.element = element
        self.status = status
