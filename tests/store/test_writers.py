"""Turns to write: one at a time, and no more wait for theirs than may."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from dirserver.errors import StoreBusy
from dirserver.store.sqlite.writers import Turns


def test_turns_are_taken_one_at_a_time() -> None:
    turns = Turns[str]()
    writing: list[int] = []

    def write(number: int) -> None:
        with _taken(turns, 5.0):
            writing.append(number)
            assert writing == [number]
            time.sleep(0.001)
            writing.clear()

    # More than may wait when nothing moves.
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(100)))


def test_a_turn_that_does_not_come_in_time_is_given_up() -> None:
    turns = Turns[str]()
    with ThreadPoolExecutor(1) as pool, _taken(turns, 1.0):
        waiting = pool.submit(_take, turns, 0.05)
        with pytest.raises(StoreBusy):
            waiting.result(timeout=60)


def test_a_turn_says_how_much_patience_is_left() -> None:
    with _taken(Turns[str](), 1.0) as left:
        assert 0.5 < left <= 1.0


def test_when_nothing_moves_only_so_many_wait() -> None:
    turns = Turns[str](most_waiting=3)
    go_on = threading.Event()

    def stand_still() -> None:
        with _taken(turns, 5.0):
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
        assert sum(one.exception(timeout=60) is None for one in waiting) == 3


def test_the_turn_goes_on_with_what_was_begun_in_it() -> None:
    turns = Turns[str]()
    turns.take(1.0)
    assert not turns.hand_on("nobody waits")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(turns.take, 5.0)
        while not turns.hand_on("begun"):
            time.sleep(0.001)
        assert waiting.result(timeout=60)[1] == "begun"
    turns.end()
    assert turns.take(1.0)[1] is None


def _take(turns: Turns[str], patience: float) -> None:
    with _taken(turns, patience):
        pass


@contextmanager
def _taken(turns: Turns[str], patience: float) -> Iterator[float]:
    left, _ = turns.take(patience)
    try:
        yield left
    finally:
        turns.end()
