"""Cards that the system tests send. CARD_TEXT is in each, so that a log can be searched for it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from tests.organisation import vcard
from tests.system.secrecy import CARD_TEXT


def made_up(uid: str, name: str, *more: str) -> bytes:
    """A card with ``CARD_TEXT`` in it."""
    return vcard(uid, name, f"NICKNAME:{CARD_TEXT}", *more)


def with_photo(uid: str, name: str, size: int, *more: str) -> bytes:
    """A card with a picture of ``size`` bytes, folded as clients fold it."""
    octets = b"".join(hashlib.sha256(f"{uid}{n}".encode()).digest() for n in range(size // 32 + 1))
    line = "PHOTO;ENCODING=b;TYPE=JPEG:" + base64.b64encode(octets[:size]).decode()
    folded = [line[:75], *(f" {line[at : at + 74]}" for at in range(75, len(line), 74))]
    return made_up(uid, name, *more, *folded)


def crowd(prefix: str, count: int, *, photo: int = 0, every: int = 20) -> Iterator[bytes]:
    """Cards of ``count`` people, one in ``every`` with a picture of ``photo`` bytes."""
    for number in range(count):
        uid, name = f"{prefix}-{number:04}", f"Person{number:04} {prefix.title()}"
        tel = f"TEL;TYPE=WORK:+49 30 77{number:05}"
        if photo and number % every == 0:
            yield with_photo(uid, name, photo, tel)
        else:
            yield made_up(uid, name, tel)
