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
        checksum = _CONTEXT.handler(scheme).from_string(read).checksum
    except (ValueError, TypeError, AssertionError):
        # passlib has no one exception for this: parts of it assert what they hope to find.
        checksum = None
    if not checksum:
        raise Refused(f"this {scheme} hash is not whole; make a new one with: dirserver passwd")
    return read


def concealed(value: object) -> str:
    """Return what a fault shows of a secret: that there is one."""
    return '"***"' if isinstance(value, str) else ""
