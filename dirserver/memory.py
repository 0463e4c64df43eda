"""How much memory the allocator of the C library keeps for threads."""

from __future__ import annotations

import ctypes

# M_ARENA_MAX of mallopt(3).
_ARENA_MAX = -8


def share_among_threads() -> None:
    """Have all threads take their memory from two places, where the C library knows how.

    The GNU one has up to eight for each core, and what was free in one is of no use in another.
    To be called before there are threads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 2)
