"""The most memory that servers have had while they were measured."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmarks.process import Subject

# To look takes some milliseconds.
_EVERY = 0.5


@contextmanager
def watched(found: Sequence[Subject]) -> Iterator[list[float]]:
    """Yield the peaks of ``found``, in megabytes, which grow meanwhile."""
    peaks = [0.0] * len(found)
    done = threading.Event()

    def look() -> None:
        while not done.wait(_EVERY):
            for at, subject in enumerate(found):
                peaks[at] = max(peaks[at], subject.memory())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield peaks
    finally:
        done.set()
        looking.join()
