"""Turns to write: one at a time, and no more wait for theirs than may."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from dirserver.errors import StoreBusy
from dirserver.store.writers import Turns


def test_turns_are_taken_one_at_a_time() -> None:
    turns = Turns()
    writing: list[int] = []

    def write(number: int) -> None:
        with turns.taken(5.0):
            writing.append(number)
            assert writing == [number]
            time.sleep(0.001)
            writing.clear()

    # More than may wait when nothing moves.
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(100)))


def test_a_turn_that_does_not_come_in_time_is_given_up() -> None:
    turns = Turns()
    with ThreadPoolExecutor(1) as pool, turns.taken(1.0):
        waiting = pool.submit(_take, turns, 0.05)
        with pytest.raises(StoreBusy):
            waiting.result(timeout=5)


def test_a_turn_says_how_much_patience_is_left() -> None:
    with Turns().taken(1.0) as left:
        assert 0.5 < left <= 1.0


def test_when_nothing_moves_only_so_many_wait() -> None:
    turns = Turns(most_waiting=3)
    go_on = threading.Event()

    def stand_still() -> None:
        with turns.taken(5.0):
            go_on.wait(30)

    with ThreadPoolExecutor(20) as pool:
        pool.submit(stand_still)
        time.sleep(0.6)
        waiting = [pool.submit(_take, turns, 20.0) for _ in range(10)]
        refused = 0
        for one in waiting:
            with suppress(TimeoutError):
                refused += isinstance(one.exception(timeout=0.1), StoreBusy)
        assert refused == 7
        go_on.set()
        assert sum(one.exception(timeout=10) is None for one in waiting) == 3


def _take(turns: Turns, patience: float) -> None:
    with turns.taken(patience):
        pass
