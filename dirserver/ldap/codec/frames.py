"""What is around entries that are ready, in the messages that send them (RFC 4511 section 4.5.2).

It depends on sizes alone, of which there are few: so it is put together once for each, and an
answer of many entries is little more than a list of pieces.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from dirserver.ldap.codec.ber import encode_integer, length

# Entries that are larger than this are few.
_MOST_READY = 4096


def in_messages(message_id: int, entries: Iterable[bytes]) -> bytes:
    """Return SearchResultEntries as messages, one behind the other."""
    id_ = encode_integer(message_id)
    heads = _heads(len(id_))
    pieces: list[bytes] = []
    for one in entries:
        size = len(one)
        pieces += (heads[size] if size < _MOST_READY else _head(len(id_), size), id_, one)
    return b"".join(pieces)


def named_in_messages(message_id: int, entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return entries as messages: of each there are its name and its attributes, encoded."""
    id_ = encode_integer(message_id)
    pieces: list[bytes] = []
    for name, attributes in entries:
        head, middle, end = _around(len(id_), len(name), len(attributes))
        pieces += (head, id_, middle, name, end, attributes)
    return b"".join(pieces)


@lru_cache(maxsize=8)
def _heads(id_size: int) -> list[bytes]:
    """Return what begins a message, by the size of the entry in it."""
    return [_head(id_size, size) for size in range(_MOST_READY)]


def _head(id_size: int, size: int) -> bytes:
    return b"\x30" + length(id_size + size)


@lru_cache(maxsize=_MOST_READY)
def _around(id_size: int, name_size: int, size: int) -> tuple[bytes, bytes, bytes]:
    """Return what is before the id of a message, before the name in it, and behind that."""
    end = b"\x30" + length(size)
    named = b"\x04" + length(name_size)
    octets = len(named) + name_size + len(end) + size
    middle = b"\x64" + length(octets) + named
    return b"\x30" + length(id_size + len(middle) + name_size + len(end) + size), middle, end
