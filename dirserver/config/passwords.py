"""Hashes of passwords: which ones a user may have."""

from __future__ import annotations

from typing import Final

from passlib.context import CryptContext

from dirserver.config.faults import Refused
from dirserver.config.values import string

PASSWORD_SCHEMES: Final = (
    "argon2",
    "scrypt",
    "bcrypt",
    "bcrypt_sha256",
    "pbkdf2_sha512",
    "pbkdf2_sha256",
    "pbkdf2_sha1",
    "sha512_crypt",
    "sha256_crypt",
    "ldap_salted_sha512",
    "ldap_salted_sha256",
    "ldap_salted_sha1",
    "ldap_salted_md5",
    "apr_md5_crypt",
    "md5_crypt",
)
"""The schemes of passlib whose hashes are salted and can be told from a password.

The weak ones at the end are there for whoever brings an htpasswd file or an old directory.
"""

_CONTEXT = CryptContext(schemes=PASSWORD_SCHEMES)


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
