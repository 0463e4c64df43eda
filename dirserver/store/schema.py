"""The schema's versions: where a database stands and how it gets to where the code is."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from dirserver.errors import StoreUnavailable
from dirserver.store import turns
from dirserver.store.engine import Connection, Store


def schema_directory() -> Path:
    """Return the folder of migrations and DDL: in the package when installed, else beside it."""
    package = Path(str(files("dirserver")))
    installed = package / "_schema"
    return installed if installed.is_dir() else package.parent / "schema"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema_directory() / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """Return the version of the schema that this code works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StoreUnavailable("the installation has no migrations")
    return head


def current(store: Store) -> str:
    """Return the version of the database's schema; empty when there is none yet."""
    if not store.exists:
        # Only to look must not leave a file behind, owned by whoever looked.
        return ""
    with store.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def require_current(store: Store) -> None:
    """Raise StoreUnavailable, saying what to do, unless the database has the code's schema."""
    version = current(store)
    if not version:
        raise StoreUnavailable("the database is not set up yet; run: dirserver apply")
    _refuse_newer(version)
    if version != newest():
        raise StoreUnavailable(
            f"the database has schema {version}, this dirserver needs {newest()}; "
            "run: dirserver apply"
        )


def upgrade(store: Store) -> None:
    """Bring the database to the schema of this code, in one transaction.

    Raises StoreUnavailable when a newer dirserver or another program has been at it, and leaves
    it alone then.
    """
    version = current(store)
    if version == newest():
        return
    _refuse_newer(version)
    with store.writing() as connection:
        migrate(connection)


def migrate(connection: Connection, version: str = "head") -> None:
    """Bring the database to ``version`` of the schema, as a part of a transaction that writes."""
    # Whoever has to wait finds the work done: Alembic looks again.
    turns.take(connection, turns.Turn.SCHEMA)
    _refuse_foreign(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def is_known(version: str) -> bool:
    """Say whether this code knows the version of the schema, and so can bring it up to date."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return version in {script.revision for script in scripts}


def _refuse_foreign(connection: Connection) -> None:
    """Raise StoreUnavailable for a database that another program has filled."""
    tables = inspect(connection).get_table_names()
    if tables and not MigrationContext.configure(connection).get_current_revision():
        raise StoreUnavailable(f"it holds something else, such as the table {tables[0]}")


def _refuse_newer(version: str) -> None:
    if version and not is_known(version):
        raise StoreUnavailable(
            f"the database has schema {version}, which a newer dirserver has made; "
            "install that version, or restore a backup from before"
        )
