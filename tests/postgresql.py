"""A PostgreSQL server of the tests' own, and a fresh database in it for each test.

It is started here since PostgreSQL refuses to run as root; where the tests do, the server runs as
``postgres``. Nothing in it has to outlive a power cut, and databases come and go all the time, so
it waits for no disk and keeps as little as it can of what it would need after one.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from dirserver.store import schema
from dirserver.store.engine import Store
from tests.organisation import open_organisation, write_config

USER = "dirserver"
_EMPTY, _WITH_SCHEMA, _APPLIED = "template1", "with_schema", "applied"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "autovacuum": "off",
}


def _binaries() -> Path | None:
    on_path = shutil.which("pg_ctl")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)
    found = [*places, *([Path(on_path)] if on_path else [])]
    return found[0].parent if found else None


class Server:
    """A running server, reached through the socket in ``directory``."""

    def __init__(self, directory: Path) -> None:
        """Connect to it, for making databases."""
        self.directory = directory
        self._admin = psycopg.connect(
            host=str(directory), user=USER, dbname="postgres", autocommit=True
        )

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.directory}"

    def make(self, database: str, template: str = _EMPTY) -> str:
        """Make a database that has what ``template`` has, and return its URL."""
        self._do(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take a database away from whoever is in it."""
        self._do(f"DROP DATABASE {database} WITH (FORCE)")

    def close(self) -> None:
        """Make no databases any more."""
        self._admin.close()

    def _do(self, statement: str) -> None:
        self._admin.execute(statement.encode())


def _command(*words: str | Path) -> list[str]:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*prefix, *map(str, words)]


def _run(*words: str | Path) -> None:
    done = subprocess.run(_command(*words), capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server for the tests of one process and stop it afterwards."""
    with started_server() as directory:
        server = Server(directory)
        _make_templates(server)
        yield server
        server.close()


@contextmanager
def started_server() -> Iterator[Path]:
    """Start a server, yield the directory that it is reached in, and stop it.

    It also ends when this process does, in whatever way.
    """
    binaries = _binaries()
    if binaries is None:
        message = "no PostgreSQL binaries on this machine"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(directory, owner.pw_uid, owner.pw_gid)
        data = directory / "data"
        with _stopped_in_the_end(binaries, directory, data):
            _run(
                binaries / "initdb", "--no-sync", "--auth=trust", f"--username={USER}",
                "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=4", "-D", data,
            )  # fmt: skip
            settings = {**_SETTINGS, "unix_socket_directories": str(directory)}
            options = " ".join(f"-c {name}={value}" for name, value in settings.items())
            log = directory / "log"
            _run(binaries / "pg_ctl", "start", "-w", "-D", data, "-o", options, "-l", log)
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _stopped_in_the_end(binaries: Path, directory: Path, data: Path) -> Iterator[None]:
    """Stop the server after the block, or when this process is killed in it.

    Either way the pipe ends that a process waits at; signals for the tests' group do not reach it.
    """
    script = 'read -r _; "$0" stop -s -m immediate -D "$1"; rm -rf "$2"'
    waiting = subprocess.Popen(
        _command("sh", "-c", script, binaries / "pg_ctl", data, directory),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield
    finally:
        waiting.communicate()


def _make_templates(server: Server) -> None:
    store = Store(server.make(_WITH_SCHEMA))
    schema.upgrade(store)
    store.close()
    with tempfile.TemporaryDirectory() as directory:
        path = write_config(Path(directory), server.make(_APPLIED, _WITH_SCHEMA))
        open_organisation(path).store.close()


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Make a database that has the schema and nothing in it; yield its URL."""
    with _database(server, _WITH_SCHEMA) as url:
        yield url


@contextmanager
def applied_database(server: Server) -> Iterator[str]:
    """Make a database where the organisation's config is applied; yield its URL."""
    with _database(server, _APPLIED) as url:
        yield url


@contextmanager
def empty_database(server: Server) -> Iterator[str]:
    """Make a database without anything in it, not even the schema; yield its URL."""
    with _database(server, _EMPTY) as url:
        yield url


@contextmanager
def _database(server: Server, template: str) -> Iterator[str]:
    name = f"t{uuid4().hex}"
    url = server.make(name, template)
    try:
        yield url
    finally:
        server.drop(name)
