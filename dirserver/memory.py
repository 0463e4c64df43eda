"""How the process has its memory looked after, by the C library and by Python."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

# M_ARENA_MAX of mallopt(3).
_ARENA_MAX = -8
# As many as some megabytes hold.
_MANY_OBJECTS = 50_000


def share_among_threads() -> None:
    """Have all threads take their memory from two places, where the C library knows how.

    The GNU one has up to eight for each core, and what was free in one is of no use in another.
    To be called before there are threads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 2)


def settle() -> None:
    """Let Python not look again for garbage among what is there by now, as it is there to stay.

    To look through all of it takes longer than a telephone waits without noticing.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def in_bulk() -> Iterator[None]:
    """Look for garbage seldom while there are many things at once, none of them garbage.

    To look at each batch of cards again and again takes a sixth of the time of an import.
    """
    before = gc.get_threshold()
    gc.set_threshold(_MANY_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
