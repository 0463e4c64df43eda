"""The card that a PUT brings, and what Radicale is shown of it.

Radicale reads every card with vobject, whose regular expressions backtrack without bound on
some lines, and hands the storage plugin only what that made of it. So the bytes are kept here
as they come, and Radicale reads a small card of our own that stands for them: it has the same
UID, in hexadecimal lest vobject take it for something else.
"""

from __future__ import annotations

from typing import Any, Protocol

from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.errors import CardTooLarge, InvalidCard
from dirserver.model.vcard import parse_card
from dirserver_radicale.headers.environ import PackedBody, content_length, require_unpacked

_STAND_IN = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{}\r\nFN:-\r\nN:-;;;;\r\nEND:VCARD\r\n"
# Radicale refuses a card without a UID.
_NO_UID = "-"


class Input(Protocol):
    """Where a body is read from (PEP 3333)."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes."""


def spell_uid(uid: str) -> str:
    """Return the UID that Radicale is told for a card with ``uid``."""
    return uid.encode().hex() or _NO_UID


def read_uid(spelled: str) -> str:
    """Return the UID that ``spell_uid`` spelled so; empty for anything else."""
    try:
        return bytes.fromhex(spelled).decode()
    except ValueError:
        return ""


class Upload:
    """The body of a PUT. Radicale reads it as ``wsgi.input``."""

    def __init__(self, environ: dict[str, Any]) -> None:
        """Take the place of the body in ``environ``; nothing is read before it is asked for."""
        self._environ = environ
        self._length = content_length(environ)
        self._input: Input = environ["wsgi.input"]
        self._body: bytes | None = None
        environ["wsgi.input"] = self
        if self._length <= MAX_CARD_BYTES:
            # Radicale takes more than it was promised, but not less.
            environ["CONTENT_LENGTH"] = "1"

    def body(self) -> bytes:
        """Return the bytes that the client sent.

        Raises CardTooLarge, PackedBody, and InvalidCard when the client left before the end.
        """
        require_unpacked(self._environ)
        if self._length > MAX_CARD_BYTES:
            raise CardTooLarge(MAX_CARD_BYTES)
        if self._body is None:
            self._body = self._input.read(self._length) if self._length else b""
        if len(self._body) < self._length:
            raise InvalidCard("the card is cut off")
        return self._body

    def read(self, _size: int = -1, /) -> bytes:
        """Return what stands for the card in Radicale's eyes.

        Raises RuntimeError for what is no card, which Radicale answers with 400.
        """
        try:
            card = parse_card(self.body())
        except (CardTooLarge, InvalidCard, PackedBody) as error:
            raise RuntimeError(str(error)) from error
        return _STAND_IN.format(spell_uid(card.uid)).encode()
