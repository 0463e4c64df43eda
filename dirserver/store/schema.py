"""The schema's versions: where a database stands and how it gets to where the code is."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from dirserver.errors import StoreUnavailable
from dirserver.store import turns
from dirserver.store.engine import Connection, Store

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where a schema is changed: a server that only looks whether it is the right
# one would carry a tenth of its memory for it.


def schema_directory() -> Path:
    """Return the folder of migrations and DDL: in the package when installed, else beside it."""
    package = Path(str(files("dirserver")))
    installed = package / "_schema"
    return installed if installed.is_dir() else package.parent / "schema"


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(schema_directory() / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """Return the version of the schema that this code works with."""
    # Their files have the version in front, as in 0001_first_tables.py.
    scripts = (schema_directory() / "migrations" / "versions").glob("[0-9]*_*.py")
    versions = [script.name.partition("_")[0] for script in scripts]
    if not versions:
        raise StoreUnavailable("the installation has no migrations")
    return max(versions)


def current(store: Store) -> str:
    """Return the version of the database's schema; empty when there is none yet."""
    if not store.exists:
        # Only to look must not leave a file behind, owned by whoever looked.
        return ""
    with store.reading() as connection:
        return _version(connection)


def _version(connection: Connection) -> str:
    # As Alembic has it.
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def require_current(store: Store) -> None:
    """Raise StoreUnavailable, saying what to do, unless the database has the code's schema."""
    version = current(store)
    if not version:
        raise StoreUnavailable("the database is not set up yet; run: dirserver apply")
    if version != newest():
        _refuse_newer(version)
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
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def is_known(version: str) -> bool:
    """Say whether this code knows the version of the schema, and so can bring it up to date."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return version in {script.revision for script in scripts}


def _refuse_foreign(connection: Connection) -> None:
    """Raise StoreUnavailable for a database that another program has filled."""
    tables = inspect(connection).get_table_names()
    if tables and not _version(connection):
        raise StoreUnavailable(f"it holds something else, such as the table {tables[0]}")


def _refuse_newer(version: str) -> None:
    if version and not is_known(version):
        raise StoreUnavailable(
            f"the database has schema {version}, which a newer dirserver has made; "
            "install that version, or restore a backup from before"
        )
