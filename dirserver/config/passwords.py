"""Hashes of passwords: which ones a user may have."""

from __future__ import annotations

from dirserver.config.faults import Refused
from dirserver.config.values import string
from dirserver.passwords import password_context

_CONTEXT = password_context()


def password_hash(value: object) -> str:
    """Read the hash of a password, whole and well formed."""
    read = string(value)
    scheme = _CONTEXT.identify(read) if read.isascii() and read.isprintable() else None
    if scheme is None:
        raise Refused("this is not a hash that dirserver knows; make one with: dirserver passwd")
    try:
        found = _CONTEXT.handler(scheme).from_string(read)
        # Argon2's own library also minds what is left over of the last letter of base64.
        is_whole = found.checksum and (scheme != "argon2" or found.to_string() == read)
    except (ValueError, TypeError, AssertionError):
        # passlib has no one exception for this: parts of it assert what they hope to find.
        is_whole = False
    if not is_whole:
        raise Refused(f"this {scheme} hash is not whole; make a new one with: dirserver passwd")
    return read


def concealed(value: object) -> str:
    """Return what a fault shows of a secret: that there is one."""
    return '"***"' if isinstance(value, str) else ""
