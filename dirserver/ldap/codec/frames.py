"""What is around entries that are ready, in the messages that send them (RFC 4511 section 4.5.2).

It depends on sizes alone, of which there are few: so it is put together once for each, and an
answer of many entries is little more than a list of pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from dirserver.ldap.codec.ber import encode_integer, length

# Entries that are larger than this are few.
_MOST_READY = 4096
# What is before the id of a message, before the name in it, and behind that.
_Around: TypeAlias = tuple[bytes, bytes, bytes]


def in_messages(message_id: int, entries: Sequence[bytes]) -> bytes:
    """Return SearchResultEntries as messages, one behind the other."""
    id_ = encode_integer(message_id)
    heads = _heads(len(id_))
    pieces = [id_] * (3 * len(entries))
    pieces[::3] = [
        heads[size] if size < _MOST_READY else _head(len(id_), size) for size in map(len, entries)
    ]
    pieces[2::3] = entries
    return b"".join(pieces)


def named_in_messages(
    message_id: int, names: Sequence[bytes], attributes: Sequence[bytes]
) -> bytes:
    """Return entries as messages: of each there are its name and its attributes, encoded."""
    id_ = encode_integer(message_id)
    pieces: list[bytes] = []
    name_size = -1
    around: dict[int, _Around] = {}
    for name, one in zip(names, attributes, strict=True):
        if name_size != len(name):
            name_size = len(name)
            around = _all_around(len(id_), name_size)
        size = len(one)
        try:
            head, middle, end = around[size]
        except KeyError:
            head, middle, end = _learned(around, len(id_), name_size, size)
        pieces += (head, id_, middle, name, end, one)
    return b"".join(pieces)


def named(names: Sequence[bytes], attributes: Sequence[bytes]) -> list[bytes]:
    """Return such entries as ``in_messages`` takes them."""
    entries: list[bytes] = []
    name_size = -1
    around: dict[int, _Around] = {}
    for name, one in zip(names, attributes, strict=True):
        if name_size != len(name):
            name_size = len(name)
            around = _all_around(0, name_size)
        size = len(one)
        try:
            _, middle, end = around[size]
        except KeyError:
            _, middle, end = _learned(around, 0, name_size, size)
        entries.append(b"".join((middle, name, end, one)))
    return entries


@lru_cache(maxsize=8)
def _heads(id_size: int) -> list[bytes]:
    """Return what begins a message, by the size of the entry in it."""
    return [_head(id_size, size) for size in range(_MOST_READY)]


def _head(id_size: int, size: int) -> bytes:
    return b"\x30" + length(id_size + size)


# Names in a book have nearly all the same size, and there are three of ids mostly.
@lru_cache(maxsize=16)
def _all_around(_id_size: int, _name_size: int) -> dict[int, _Around]:
    """Return what is known to be around entries, by the sizes of their attributes."""
    return {}


def _learned(around: dict[int, _Around], id_size: int, name_size: int, size: int) -> _Around:
    end = b"\x30" + length(size)
    named = b"\x04" + length(name_size)
    octets = len(named) + name_size + len(end) + size
    middle = b"\x64" + length(octets) + named
    made = b"\x30" + length(id_size + len(middle) + name_size + len(end) + size), middle, end
    if size < _MOST_READY:
        around[size] = made
    return made
