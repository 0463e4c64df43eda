"""Deriving many cards at once: on the other cores, while this one stores what came before.

What is derived follows from a card and nothing else, so that a process of its own can do it. Such
a process knows the deriver alone, and nothing of the store; it ends with the process that began
it, however that ends.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

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
# A process with so many batches need not wait for this one, which has other things to do.
_AT_ONCE = 2
# The more, the more is in memory; but this one may be ahead by some.
_MOST_WAITING = 4


def derived(
    deriver: Deriver, batches: Iterable[_Given[_T]], cards: int
) -> Iterator[tuple[_T, list[Derived]]]:
    """Yield each of ``batches`` with what is kept beside its cards, in their order.

    When there are so many ``cards`` that it is worth it, the next ones are worked on meanwhile;
    and by this process, too, as long as the others have enough to do and nothing is ready.
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
        waiting: deque[_Waiting[_T]] = deque()
        for batch, jobs in batches:
            busy = sum(one.is_under_way for one in waiting)
            future = _submitted(pool, jobs) if busy < _AT_ONCE * processes else None
            found = _derive(deriver, jobs) if future is None else []
            waiting.append(_Waiting(batch, jobs, future, found))
            while waiting and (
                not waiting[0].is_under_way or len(waiting) > _MOST_WAITING * processes
            ):
                yield _ready(deriver, waiting.popleft())
        while waiting:
            yield _ready(deriver, waiting.popleft())


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_T]):
    """A batch, and what is derived from it: ``found`` here, or there in the ``future``."""

    batch: _T
    jobs: Sequence[Job]
    future: Future[list[Derived]] | None
    found: list[Derived]

    @property
    def is_under_way(self) -> bool:
        """Whether another process is at it."""
        return self.future is not None and not self.future.done()


def _submitted(pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> Future[list[Derived]] | None:
    try:
        return pool.submit(_derive_there, jobs)
    except BrokenProcessPool:
        return None


def _ready(deriver: Deriver, waiting: _Waiting[_T]) -> tuple[_T, list[Derived]]:
    if waiting.future is None:
        return waiting.batch, waiting.found
    try:
        return waiting.batch, waiting.future.result()
    except BrokenProcessPool:
        # The system may end a process for want of memory. This one can do it as well.
        return waiting.batch, _derive(deriver, waiting.jobs)


def _derive(deriver: Deriver, jobs: Sequence[Job]) -> list[Derived]:
    return [deriver.derive_body(body, key) for body, key in jobs]


class _There:
    """What a process of its own knows."""

    deriver: Deriver


def _begin(deriver: Deriver) -> None:
    _There.deriver = deriver
    # Nothing of what it makes refers to itself.
    gc.disable()
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
