"""What the bridge answers by itself, without the application."""

from __future__ import annotations

from http import HTTPStatus


class Refusal(Exception):
    """The request is answered with ``status`` and a sentence, and never reaches the application.

    ``text`` is public: it says what is wrong with what the client sent, and quotes nothing of it.
    ``challenge`` is how a 401 asks for a login.
    """

    def __init__(self, status: HTTPStatus, text: str, challenge: str = "") -> None:
        super().__init__(f"{status.value} {text}")
        self.status = status
        self.text = text
        self.challenge = challenge


def malformed(text: str) -> Refusal:
    """Return the refusal of a request that breaks the grammar of HTTP."""
    return Refusal(HTTPStatus.BAD_REQUEST, text)
