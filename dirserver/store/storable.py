"""Text that a database can take: PostgreSQL keeps no NUL, and neither engine half a character.

Cards have neither, but what clients say of themselves, of others and in searches may.
"""

from __future__ import annotations

import re

_NEVER_STORED = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Say whether a database can keep ``text``, or even compare with it."""
    return _NEVER_STORED.search(text) is None


def made_storable(text: str) -> str:
    """Return ``text`` with a replacement character for everything that cannot be kept."""
    return _NEVER_STORED.sub("\ufffd", text)
