"""The secrets that devices log in with: random, and spelled for a telephone's keys.

128 bits, five to a character, in Crockford's base 32: without the letters i, l, o and u, of
which three look like digits. Whoever types one may leave the hyphens out, put blanks in, use
capitals, and mistake the look-alikes. Nobody guesses 128 bits, so a plain digest is as good a
keepsake of a secret as a slow hash is of a password that somebody thought of.
"""

from __future__ import annotations

import hashlib
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
BITS = 128
_PER_CHARACTER = 5
_LENGTH = -(-BITS // _PER_CHARACTER)
_GROUP = 4
_FORGIVEN = str.maketrans("ilo", "110", "- ")
# Longer than any way of writing one, and short enough to look at.
_MOST_WRITTEN = 2 * _LENGTH


def new_secret() -> str:
    """Return a secret that nobody had before, as it is shown."""
    return spell(secrets.randbits(BITS))


def spell(number: int) -> str:
    """Return the secret that stands for ``number``, which has at most 128 bits."""
    places = range(_PER_CHARACTER * (_LENGTH - 1), -1, -_PER_CHARACTER)
    text = "".join([ALPHABET[number >> place & 31] for place in places])
    return "-".join([text[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)])


def digest_of(typed: str) -> str:
    """Return the digest of the secret that somebody typed; empty for what cannot be one."""
    if len(typed) > _MOST_WRITTEN or not typed.isascii():
        return ""
    plain = typed.lower().translate(_FORGIVEN)
    if len(plain) != _LENGTH or not set(plain) <= set(ALPHABET):
        return ""
    return hashlib.sha256(plain.encode()).hexdigest()
