"""Writers of an SQLite file share a transaction, and none is told that it is done before it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import text

from dirserver.assembly import Services
from dirserver.errors import StoreUnavailable
from dirserver.store import settings
from dirserver.store.engine import Store
from dirserver.store.sqlite import batches
from dirserver.store.sqlite.driver import driver_of


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_MOST_SECONDS", 60.0)


class _BrokenOff(Exception):
    """What a writer breaks off with."""


def test_who_waits_shares_the_commit_and_is_told_after_it(services: Services) -> None:
    with _commits(services.store) as commits, ThreadPoolExecutor(4) as pool:
        waiting = _while_writing(services.store, pool, ["a", "b", "c"])
        assert [one.result(timeout=60) for one in waiting] == [True, True, True]
    assert len(commits) == 1
    assert _names(services.store) >= {"first", "a", "b", "c"}


def test_a_part_that_is_broken_off_leaves_the_others(services: Services) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = _while_writing(services.store, pool, ["a", "broken", "c"])
        assert isinstance(waiting[1].exception(timeout=60), _BrokenOff)
        assert waiting[0].result(timeout=60)
        assert waiting[2].result(timeout=60)
    names = _names(services.store)
    assert names >= {"first", "a", "c"}
    assert "broken" not in names


def test_nobody_is_told_that_it_is_done_when_the_commit_fails(services: Services) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = _while_writing(services.store, pool, ["a", "uncommittable"])
        failed = [isinstance(one.exception(timeout=60), StoreUnavailable) for one in waiting]
        assert failed == [True, True]
    assert not _names(services.store) & {"first", "a", "uncommittable"}
    with services.store.writing() as connection:
        settings.put(connection, "after", "1")
    assert "after" in _names(services.store)


def _while_writing(store: Store, pool: ThreadPoolExecutor, names: list[str]) -> list[Future[bool]]:
    """Have all of ``names`` written by writers who wait, in this order, until "first" is."""
    with_turn, go_on = threading.Event(), threading.Event()

    def first() -> bool:
        with store.writing() as connection:
            with_turn.set()
            assert go_on.wait(10)
            settings.put(connection, "first", "1")
        return True

    pool.submit(first)
    assert with_turn.wait(10)
    found = []
    for at, name in enumerate(names, start=1):
        found.append(pool.submit(_write, store, name))
        # It can be seen nowhere else that somebody waits.
        while len(store._batches._turns._queue) < at:
            time.sleep(0.001)
    go_on.set()
    return found


def _write(store: Store, name: str) -> bool:
    with store.writing() as connection:
        settings.put(connection, name, "1")
        if name == "broken":
            raise _BrokenOff
        if name == "uncommittable":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            connection.execute(text("INSERT INTO card_entry VALUES (123456, x'00')"))
    return name in _names(store)


def _names(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.scalars(text("SELECT name FROM setting")))


@contextmanager
def _commits(store: Store) -> Iterator[list[int]]:
    commits: list[int] = []
    # All who write do so on this connection.
    with store.writing() as connection:
        driver = driver_of(connection)
    driver.set_trace_callback(lambda said: commits.append(1) if said == "COMMIT" else None)
    yield commits
    driver.set_trace_callback(None)


def test_what_a_thread_writes_together_is_committed_once_and_seen_by_nobody_before(
    services: Services,
) -> None:
    store = services.store
    with _commits(store) as commits:
        with store.together(10) as has_room:
            assert _write(store, "a") is False
            assert _write(store, "b") is False
            assert has_room()
        assert len(commits) == 1
    assert _names(store) >= {"a", "b"}
    # The next is on its own again.
    assert _write(store, "c")


@pytest.mark.parametrize("names", [["broken", "b"], ["a", "broken", "b"]])
def test_of_what_is_written_together_a_part_that_is_broken_off_leaves_the_others(
    services: Services, names: list[str]
) -> None:
    with services.store.together(10):
        for name in names:
            with suppress(_BrokenOff):
                _write(services.store, name)
    assert _names(services.store) >= {*names} - {"broken"}
    assert "broken" not in _names(services.store)


def test_nothing_of_what_is_written_together_is_kept_when_the_commit_fails(
    services: Services,
) -> None:
    def write(names: list[str]) -> None:
        with services.store.together(10):
            for name in names:
                _write(services.store, name)

    with pytest.raises(StoreUnavailable):
        write(["a", "uncommittable"])
    assert not _names(services.store) & {"a", "uncommittable"}
    assert _write(services.store, "b")


def test_there_is_room_for_so_many_that_nobody_waits_long(services: Services) -> None:
    written = 0
    with services.store.together(10) as has_room:
        while has_room():
            _write(services.store, f"part{written}")
            written += 1
    assert written == batches._MOST_PARTS


def test_who_writes_together_hands_the_transaction_on(services: Services) -> None:
    store = services.store
    with ThreadPoolExecutor(2) as pool, _commits(store) as commits:
        with store.together(10):
            _write(store, "a")
            other = pool.submit(_write, store, "other")
            while not store._batches._turns._queue:
                time.sleep(0.001)
        assert other.result(timeout=10)
        assert len(commits) == 1
