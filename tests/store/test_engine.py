"""Transactions as everything above relies on them, and databases that are not there."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, Text, insert, select, text
from sqlalchemy.exc import DBAPIError

from dirserver.assembly import Services
from dirserver.errors import StoreBusy, StoreUnavailable, TimeIsUp
from dirserver.store import deadline, settings, turns
from dirserver.store.engine import MOST_CONNECTIONS, Store
from dirserver.store.tables import audit_event, principal, setting
from tests.postgresql import Server, fresh_database


class _Broken(Exception):
    pass


def _put_twice(store: Store) -> None:
    with store.writing() as connection:
        settings.put(connection, "x", "2")
        connection.execute(insert(setting).values(name="x", value="correct horse"))


def test_a_snapshot_does_not_move_while_others_write(each_engine: Services) -> None:
    store = each_engine.store
    with store.reading() as before:
        assert settings.get(before, "x") == ""
        with store.writing() as connection:
            settings.put(connection, "x", "1")
        # In its own snapshot, not even after the commit.
        assert settings.get(before, "x") == ""
        with store.reading() as after:
            assert settings.get(after, "x") == "1"
        assert settings.get(before, "x") == ""


def test_readers_do_not_wait_for_a_writer_and_see_nothing_of_it(each_engine: Services) -> None:
    store = each_engine.store
    with store.writing() as connection:
        settings.put(connection, "x", "1")
        with ThreadPoolExecutor(1) as other, store.reading() as before:
            assert other.submit(settings.get, before, "x").result(timeout=60) == ""
    with store.reading() as after:
        assert settings.get(after, "x") == "1"


def test_a_transaction_that_is_broken_off_leaves_no_trace(each_engine: Services) -> None:
    store = each_engine.store

    def break_off() -> None:
        with store.writing() as connection:
            settings.put(connection, "x", "1")
            raise _Broken

    with pytest.raises(_Broken):
        break_off()
    with pytest.raises(DBAPIError):
        _put_twice(store)
    with pytest.raises(_Broken), store.reading():
        raise _Broken
    with store.reading() as connection:
        assert settings.get(connection, "x") == ""
    with store.writing() as connection:
        settings.put(connection, "x", "4")
    with store.reading() as connection:
        assert settings.get(connection, "x") == "4"


def test_what_takes_too_long_is_broken_off_and_harms_nobody_after_it(
    each_engine: Services,
) -> None:
    store = each_engine.store
    endless = text(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) "
        "SELECT count(*) FROM n"
    )

    def ask() -> None:
        with store.reading() as connection:
            deadline.limit(connection, 0.05)
            connection.execute(endless)

    with pytest.raises(TimeIsUp):
        ask()
    some = text(str(endless).replace("300000000", "300000"))
    for _ in range(3):
        with store.reading() as connection:
            assert connection.scalar(some) == 300_000


def test_writers_take_turns(each_engine: Services) -> None:
    store = each_engine.store

    def count_up(_: int) -> None:
        with store.writing() as connection:
            chosen = select(principal.c.id).where(principal.c.name == "alice").with_for_update()
            connection.execute(chosen)
            settings.put(connection, "x", str(int(settings.get(connection, "x") or 0) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(40)))
    with store.reading() as connection:
        assert settings.get(connection, "x") == "40"


def test_a_writer_that_others_keep_waiting_is_told_so(each_engine: Services) -> None:
    def write(patience: float) -> None:
        with each_engine.store.writing(patience) as connection:
            turns.take(connection, turns.Turn.AUDIT)

    with ThreadPoolExecutor(1) as other:
        with each_engine.store.writing() as connection:
            turns.take(connection, turns.Turn.AUDIT)
            waiting = other.submit(write, 0.1)
            with pytest.raises(StoreBusy):
                waiting.result(timeout=60)
        other.submit(write, 0.1).result(timeout=60)


def test_of_two_that_wait_for_each_other_one_is_told_to_come_again(
    postgresql_server: Server,
) -> None:
    """Nothing here is known to do so; if it ever does, it is no outage."""
    with fresh_database(postgresql_server) as url, closing(Store(url)) as store:

        def write(mine: turns.Turn, then: turns.Turn) -> str:
            try:
                with store.writing() as connection:
                    connection.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
                    turns.take(connection, mine)
                    both.wait(60)
                    turns.take(connection, then)
            except StoreBusy as error:
                return str(error)
            return ""

        both = Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(write, turns.Turn.AUDIT, turns.Turn.BATCH)
            other = pool.submit(write, turns.Turn.BATCH, turns.Turn.AUDIT)
            told = [one.result(timeout=60), other.result(timeout=60)]
        assert sorted(told)[0] == ""
        assert "deadlock detected" in sorted(told)[1]


def test_a_writer_that_another_process_keeps_waiting_is_told_so(services: Services) -> None:
    file = services.store.engine.url.database
    assert file is not None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy), services.store.writing(0.1):
            pytest.fail("it is another's turn")
        other.execute("ROLLBACK")
    with services.store.writing(0.1) as connection:
        settings.put(connection, "x", "1")


def test_a_snapshot_may_be_read_on_in_another_thread(each_engine: Services) -> None:
    with each_engine.store.reading() as connection:
        rows = connection.execute(select(principal.c.name).order_by(principal.c.name))
        assert next(rows)[0] == "alice"
        with ThreadPoolExecutor(1) as other:
            assert other.submit(next, rows).result(timeout=60)[0] == "bob"
        assert next(rows)[0] == "carol"


def test_moments_come_back_in_utc_to_the_microsecond(each_engine: Services) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    moments = [
        datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, tzinfo=east),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    empty = {column.name: "" for column in audit_event.c if isinstance(column.type, Text)}
    with each_engine.store.writing() as connection:
        rows = [{**empty, "at": at, "erased": False} for at in moments]
        connection.execute(insert(audit_event), rows)
    with each_engine.store.reading() as connection:
        newest = select(audit_event.c.at).order_by(audit_event.c.id.desc()).limit(3)
        found = list(connection.scalars(newest))[::-1]
        later = select(audit_event.c.at).where(audit_event.c.at >= moments[1])
        assert moments[1] in list(connection.scalars(later))
    assert found == moments
    assert {moment.utcoffset() for moment in found} == {timedelta(0)}


def test_an_error_tells_nothing_of_what_was_written(each_engine: Services) -> None:
    with pytest.raises(DBAPIError) as caught:
        _put_twice(each_engine.store)
    assert "correct horse" not in str(caught.value)


def test_sqlite_is_set_up_so_that_what_is_committed_survives(services: Services) -> None:
    def pragma(connection: Connection, name: str) -> object:
        return connection.scalar(text(f"PRAGMA {name}"))

    with services.store.reading() as one, services.store.reading() as other:
        for connection in (one, other):
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "synchronous") == 2
            assert pragma(connection, "foreign_keys") == 1


def test_what_sqlite_keeps_in_memory_is_limited_for_the_whole_process(services: Services) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(services.store.reading()) for _ in range(3)]
        asked = text("PRAGMA soft_heap_limit")
        assert [one.execute(asked).scalar_one() for one in connections] == [12_000_000] * 3


def test_more_at_once_than_there_are_connections_are_told_so(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pool would wait for seconds.
    monkeypatch.setattr(services.store.engine.pool, "_timeout", 0.05)
    with services.store.writing():
        # What it writes on stands by from now on, and is none of theirs.
        pass
    with ExitStack() as stack:
        opened = [stack.enter_context(services.store.reading()) for _ in range(MOST_CONNECTIONS)]
        assert len(set(opened)) == MOST_CONNECTIONS
        with pytest.raises(StoreUnavailable), services.store.reading():
            pytest.fail("there is no connection left")
    with services.store.reading() as connection:
        assert settings.get(connection, "x") == ""


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"there is no directory .*missing"):
        Store(f"sqlite:///{tmp_path}/missing/test.db")


def test_a_file_that_is_no_database_is_unavailable_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    file.write_bytes(b"BEGIN:VCARD\r\n" * 1000)
    store = Store(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match="not a database"), store.reading():
        pytest.fail("there is nothing to read")
    with pytest.raises(StoreUnavailable, match="not a database"), store.writing():
        pytest.fail("there is nothing to write to")
    store.close()
    assert file.read_bytes() == b"BEGIN:VCARD\r\n" * 1000


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"postgresql+psycopg://dirserver@/test?host={tmp_path}")
    with pytest.raises(StoreUnavailable), store.reading():
        pytest.fail("there is nothing to read")
    with pytest.raises(StoreUnavailable), store.writing():
        pytest.fail("there is nothing to write to")
    store.close()


def test_a_server_that_dropped_its_connections_is_found_again(postgresql_server: Server) -> None:
    dropped = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with fresh_database(postgresql_server) as url:
        store = Store(url)

        def write_while_all_are_dropped() -> None:
            with store.writing() as connection:
                settings.put(connection, "x", "1")
                with store.writing() as other:
                    other.execute(text(dropped))
                settings.put(connection, "x", "2")

        with pytest.raises(StoreUnavailable):
            write_while_all_are_dropped()
        with store.writing() as connection:
            settings.put(connection, "y", settings.get(connection, "x") + "3")
        with store.reading() as connection:
            assert settings.get(connection, "y") == "3"
        store.close()
