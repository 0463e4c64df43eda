"""A PostgreSQL server of the tests' own, and a fresh database in it for each test.

pytest-postgresql makes and drops the databases. It cannot start a server as root, since
PostgreSQL refuses to run as root; where the tests do, the server runs as ``postgres``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_postgresql.janitor import DatabaseJanitor

from dirserver.store import schema
from dirserver.store.engine import Store

USER = "dirserver"
_TEMPLATE = "with_schema"


def _binaries() -> Path | None:
    on_path = shutil.which("pg_ctl")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)
    found = [*places, *([Path(on_path)] if on_path else [])]
    return found[0].parent if found else None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, reached through the socket in ``directory``."""

    directory: Path

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.directory}"

    def janitor(self, database: str, template: str | None = None) -> DatabaseJanitor:
        """Whoever makes a database and drops it."""
        return DatabaseJanitor(
            user=USER,
            host=str(self.directory),
            port=5432,
            dbname=database,
            template_dbname=template,
            connection_timeout=10,
        )


def _run(*command: str | Path) -> None:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, *map(str, command)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server for the tests of one process and stop it afterwards."""
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
        _run(
            binaries / "initdb", "--no-sync", "--auth=trust", f"--username={USER}",
            "--encoding=UTF8", "--locale=C.UTF-8", "-D", data,
        )  # fmt: skip
        options = f"-F -c listen_addresses= -c unix_socket_directories={directory}"
        _run(binaries / "pg_ctl", "start", "-w", "-D", data, "-o", options, "-l", directory / "log")
        try:
            server = Server(directory)
            template = server.janitor(_TEMPLATE)
            template.init()
            store = Store(server.url(_TEMPLATE))
            schema.upgrade(store)
            store.close()
            yield server
        finally:
            _run(binaries / "pg_ctl", "stop", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Make a database that has the schema and nothing in it; yield its URL."""
    with _database(server, _TEMPLATE) as url:
        yield url


@contextmanager
def empty_database(server: Server) -> Iterator[str]:
    """Make a database without anything in it, not even the schema; yield its URL."""
    with _database(server, None) as url:
        yield url


@contextmanager
def _database(server: Server, template: str | None) -> Iterator[str]:
    name = f"t{uuid4().hex}"
    janitor = server.janitor(name, template)
    janitor.init()
    try:
        yield server.url(name)
    finally:
        janitor.drop()
