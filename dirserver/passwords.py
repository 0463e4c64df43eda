"""Hashes of passwords: which ones there may be, and how new ones are made."""

from __future__ import annotations

from typing import Final

from passlib.context import CryptContext

SCHEMES: Final = (
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


def password_context() -> CryptContext:
    """Return the context that makes and checks password hashes; new ones are argon2."""
    return CryptContext(schemes=list(SCHEMES), default="argon2")
