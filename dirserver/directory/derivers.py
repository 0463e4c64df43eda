"""Deriving many cards at once: on the other cores, while this one stores what came before.

What is derived follows from a card and nothing else, so that a process of its own can do it. Such
a process knows the deriver alone, and nothing of the store; it ends with the process that began
it, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeAlias, TypeVar

from dirserver.directory.derivation import Deriver
from dirserver.store.index.derived import Derived

# A body and the key of its card.
Job: TypeAlias = tuple[bytes, str]
_T = TypeVar("_T")
_Given: TypeAlias = tuple[_T, Sequence[Job]]

# To begin a process takes as long as to derive so many.
_WORTH_IT = 4_000
# What is stored takes as long as what two processes derive.
_MOST_PROCESSES = 3
_AHEAD = 2


def derived(
    deriver: Deriver, batches: Iterable[_Given[_T]], cards: int
) -> Iterator[tuple[_T, list[Derived]]]:
    """Yield each of ``batches`` with what is kept beside its cards, in their order.

    When there are so many ``cards`` that it is worth it, the next ones are worked on meanwhile.
    Raises InvalidCard.
    """
    processes = min(len(os.sched_getaffinity(0)) - 1, _MOST_PROCESSES)
    if cards < _WORTH_IT or processes < 1:
        for batch, jobs in batches:
            yield batch, _derive(deriver, jobs)
        return
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _begin, (deriver,)
    ) as pool:
        waiting: deque[tuple[_T, Sequence[Job], Future[list[Derived]] | None]] = deque()
        for batch, jobs in batches:
            waiting.append((batch, jobs, _submitted(pool, jobs)))
            if len(waiting) > _AHEAD * processes:
                yield _next(deriver, *waiting.popleft())
        while waiting:
            yield _next(deriver, *waiting.popleft())


def _submitted(pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> Future[list[Derived]] | None:
    try:
        return pool.submit(_derive_there, jobs)
    except BrokenProcessPool:
        return None


def _next(
    deriver: Deriver, batch: _T, jobs: Sequence[Job], future: Future[list[Derived]] | None
) -> tuple[_T, list[Derived]]:
    if future is not None:
        try:
            return batch, future.result()
        except BrokenProcessPool:
            # The system may end a process for want of memory. This one can do it as well.
            pass
    return batch, _derive(deriver, jobs)


def _derive(deriver: Deriver, jobs: Sequence[Job]) -> list[Derived]:
    return [deriver.derive_body(body, key) for body, key in jobs]


class _There:
    """What a process of its own knows."""

    deriver: Deriver


def _begin(deriver: Deriver) -> None:
    _There.deriver = deriver
    # Whoever presses Ctrl-C means the process that began this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _derive_there(jobs: Sequence[Job]) -> list[Derived]:
    return _derive(_There.deriver, jobs)
