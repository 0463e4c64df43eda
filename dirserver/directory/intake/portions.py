"""Cards on their way in, so many at a time: some with pictures of megabytes are fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_MOST = 500
_MOST_BYTES = 8 * 1024 * 1024

_T = TypeVar("_T")


def portions(cards: Iterable[_T], body: Callable[[_T], bytes]) -> Iterator[list[_T]]:
    """Yield ``cards``, of which each has a ``body``, in lists that go into memory together."""
    portion: list[_T] = []
    size = 0
    for one in cards:
        portion.append(one)
        size += len(body(one))
        if len(portion) == _MOST or size >= _MOST_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
