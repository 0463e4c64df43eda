"""How a database comes to the schema of the code, and what is done about one that has another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.errors import StoreUnavailable
from dirserver.reconcile import apply_config, plan_config
from dirserver.store import schema
from dirserver.store.engine import Store
from dirserver.store.tables import metadata
from tests.organisation import ADMIN, HERE, write_config


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A database of each engine that has nothing in it."""
    store = Store(database_url.replace("///test.db", f"///{tmp_path}/test.db"))
    _clear(store)
    yield store
    store.close()


def _clear(store: Store) -> None:
    with store.writing() as connection:
        if not store.is_sqlite:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))


def described(store: Store) -> set[object]:
    """Say what is in a database, in facts whose order does not matter."""
    with store.reading() as connection:
        if store.is_sqlite:
            facts = {
                (row.type, row.name, frozenset(_lines(row.sql or "")))
                for row in connection.execute(text("SELECT type, name, sql FROM sqlite_master"))
            }
        else:
            facts = {tuple(row) for query in _CATALOGUE for row in connection.execute(text(query))}
    return {fact for fact in facts if "alembic_version" not in str(fact)}


def _lines(sql: str) -> Iterator[str]:
    for line in sql.splitlines():
        yield " ".join(line.split()).rstrip(",").replace("KEY(", "KEY (")


_CATALOGUE = (
    "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE proname = 'keep_audit_event'",
    "SELECT extname, '' FROM pg_extension",
)


def test_the_migrations_reach_exactly_the_tables_of_the_code(empty: Store, tmp_path: Path) -> None:
    schema.upgrade(empty)
    migrated = described(empty)
    if empty.is_sqlite:
        straight = Store(f"sqlite:///{tmp_path}/straight.db")
    else:
        straight = empty
        _clear(straight)
    with straight.writing() as connection:
        metadata.create_all(connection)
    assert described(straight) == migrated
    assert len(migrated) > 30
    assert any("trigram" in str(fact) for fact in migrated)
    straight.close()


def test_a_database_is_brought_up_once_and_then_left_alone(empty: Store) -> None:
    assert schema.current(empty) == ""
    with pytest.raises(StoreUnavailable, match="not set up yet; run: dirserver apply"):
        schema.require_current(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.newest()
    schema.require_current(empty)
    before = described(empty)
    schema.upgrade(empty)
    assert described(empty) == before


def test_a_database_of_a_newer_dirserver_is_refused_and_left_alone(empty: Store) -> None:
    schema.upgrade(empty)
    with empty.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = described(empty)
    for act in (schema.upgrade, schema.require_current):
        with pytest.raises(StoreUnavailable, match="9999, which a newer dirserver has made"):
            act(empty)
    assert schema.current(empty) == "9999"
    assert described(empty) == before


def test_neither_plan_nor_apply_touches_a_newer_database(database_url: str, tmp_path: Path) -> None:
    services = open_services(config.load(write_config(tmp_path, database_url)))
    schema.upgrade(services.store)
    with services.store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="newer dirserver"):
        plan_config(services)
    with pytest.raises(StoreUnavailable, match="newer dirserver"):
        apply_config(services, ADMIN, HERE)
    with services.store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM principal")) == 0
    services.store.close()


def test_an_upgrade_that_fails_half_way_leaves_nothing(empty: Store) -> None:
    with empty.writing() as connection:
        # What has the name of the last of the tables is in the way.
        connection.execute(text("CREATE VIEW card_value AS SELECT 1 AS mine"))
    with pytest.raises((StoreUnavailable, DBAPIError)):
        schema.upgrade(empty)
    assert schema.current(empty) == ""
    with empty.reading() as connection:
        assert inspect(connection).get_table_names() == []
    with empty.writing() as connection:
        connection.execute(text("DROP VIEW card_value"))
    schema.upgrade(empty)
    schema.require_current(empty)


def test_a_database_that_another_program_has_filled_is_refused_and_left_alone(
    empty: Store,
) -> None:
    with empty.writing() as connection:
        connection.execute(text("CREATE TABLE wp_posts (title TEXT)"))
    before = described(empty)
    with pytest.raises(StoreUnavailable, match="something else, such as the table wp_posts"):
        schema.upgrade(empty)
    assert described(empty) == before


def test_servers_that_start_together_set_the_database_up_once(
    database_url: str, tmp_path: Path
) -> None:
    path = write_config(tmp_path, database_url)
    servers = [open_services(config.load(path)) for _ in range(4)]
    _clear(servers[0].store)
    start = threading.Barrier(len(servers))

    def apply(server: Services) -> int:
        start.wait()
        return len(apply_config(server, ADMIN, HERE).steps)

    with ThreadPoolExecutor(len(servers)) as pool:
        changes = list(pool.map(apply, servers, timeout=60))
    # One of them did all, and the others found it done.
    assert sorted(map(bool, changes)) == [False, False, False, True]
    with servers[0].store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM principal")) == 7
    for server in servers:
        server.store.close()
