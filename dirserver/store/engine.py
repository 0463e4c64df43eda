"""Engines and transactions: how a database is opened, read from and written to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from dirserver.errors import NotAtOnce, StoreUnavailable
from dirserver.store.failures import as_conditions
from dirserver.store.moment import Moment
from dirserver.store.prepared import Found, Prepared
from dirserver.store.sqlite import files
from dirserver.store.sqlite.batches import Batches
from dirserver.store.sqlite.driver import driver_of
from dirserver.store.sqlite.snapshots import Snapshots

# How long a writer waits for others to finish their transactions, of whatever process.
PATIENCE = 10.0
# More than the server can hold at once, so that nobody who has one waits for another: each of
# its 16 threads may have two, each of the 12 searches at work between its batches has one, and so
# has each of the 12 readers that an answer goes to as fast as they take it.
MOST_CONNECTIONS = 64
_KEPT_CONNECTIONS = 8
_CONNECTION_SECONDS = 3.0
# By which PostgreSQL knows our connections.
APPLICATION = "dirserver"


class Store:
    """A database, with the two kinds of transaction that everything runs in.

    Raises StoreUnavailable, here and in every method, when the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        """Open the database at ``url``; SQLite files are created when they are missing."""
        self.url = url
        self._engine = _sqlite_engine(url) if url.startswith("sqlite") else _server_engine(url)
        self._batches = Batches(self._engine)
        self._snapshots = Snapshots(self._engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file of this machine."""
        return self._engine.dialect.name == "sqlite"

    @property
    def exists(self) -> bool:
        """Whether there is something to connect to; connecting makes an SQLite file."""
        return not self.is_sqlite or self.file.exists()

    @property
    def file(self) -> Path:
        """The file of an SQLite database."""
        return Path(self._engine.url.database or "")

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations."""
        return self._engine

    def reading(
        self, *, at_once: bool = False, of_turn: bool = False
    ) -> AbstractContextManager[Connection]:
        """Open a snapshot: everything read in it is of one moment, and no writer is held up.

        Raises TimeIsUp when there is a ``deadline`` for it and something takes longer. With
        ``at_once`` it raises NotAtOnce when anything takes long, or the database is a server.
        ``of_turn`` is that as well, and the one snapshot of a ``turn`` where there is one.
        """
        if self.is_sqlite:
            return self._snapshots.open(at_once=at_once, of_turn=of_turn)
        if at_once or of_turn:
            raise NotAtOnce
        return self._reading_elsewhere()

    def turn(self) -> Callable[[], None]:
        """Begin a turn of this thread, in which what has come together is answered together.

        Return what ends it. Others in the thread must not have begun one.
        """
        turn = self._snapshots.turn
        turn.begin()
        return turn.end

    @property
    def moment(self) -> Moment | None:
        """What stands for all that is in the snapshot that was taken in this turn, if one was.

        It is the same thing as in a turn before where nothing was written since but by ``noting``.
        """
        return self._snapshots.turn.moment

    def glance_at_moment(self) -> Moment | None:
        """Return ``moment``, and before there is one in this turn, that of now if it is known.

        It is None where that did not work out; ``glance`` says more.
        """
        try:
            return self._snapshots.turn.glance()
        except sqlite3.Error:
            return None

    @contextmanager
    def _reading_elsewhere(self) -> Iterator[Connection]:
        with as_conditions():
            connection = self._engine.connect()
        with connection:
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with as_conditions(), connection.begin() as transaction:
                yield connection
                transaction.rollback()

    def writing(self, patience: float = PATIENCE) -> AbstractContextManager[Connection]:
        """Open a transaction that commits at the end, or leaves no trace when it is broken off.

        Raises StoreBusy when other writers keep it waiting for more than ``patience`` seconds,
        on PostgreSQL only when that is less than usual.
        """
        return self._writing(patience)

    def noting(self, patience: float = PATIENCE) -> AbstractContextManager[Connection]:
        """Open the same for what no search and no right depends on, and so no ``moment``.

        That are the audit trail, and who was seen when: while telephones are at work, something
        of it is written every few seconds.
        """
        return self._writing(patience, is_marked=False)

    @contextmanager
    def _writing(self, patience: float, *, is_marked: bool = True) -> Iterator[Connection]:
        if self.is_sqlite:
            batches = self._batches
            with as_conditions(), batches.writing(patience, is_marked=is_marked) as connection:
                yield connection
            return
        with as_conditions(), self._engine.connect() as connection, connection.begin():
            if patience < PATIENCE:
                limit = func.set_config("lock_timeout", f"{int(patience * 1000)}ms", True)
                connection.execute(select(limit))
            yield connection

    @contextmanager
    def together(self, patience: float) -> Iterator[Callable[[], bool]]:
        """Let what this thread writes in the block be committed at its end, all of it or nothing.

        What is broken off in it leaves no trace. Yields what says whether there is room for more.
        It is for SQLite, where a commit keeps all others waiting. Raises as ``writing`` does.
        """
        with as_conditions(), self._batches.together(patience) as batch:
            yield lambda: batch.has_room

    def glance(self, statement: Prepared) -> Found | None:
        """Return the row that ``statement`` finds now, or None when that did not work out.

        For what is asked before every request: a transaction would be most of what it costs.
        """
        try:
            if self.is_sqlite:
                return self._snapshots.glance(statement)
            with self._engine.connect() as connection:
                return statement.row(connection)
        except (
            self._engine.dialect.loaded_dbapi.Error,
            DBAPIError,
            TimeoutError,
            StoreUnavailable,
        ):
            # Whoever then opens a transaction is told what is the matter.
            return None

    @property
    def parameters(self) -> dict[str, str]:
        """What PostgreSQL's own programs need to connect, by libpq's names; a secret."""
        url = self._engine.url
        found = url.translate_connect_args(username="user", database="dbname")
        further = {
            name: value if isinstance(value, str) else ",".join(value)
            for name, value in url.query.items()
        }
        return {name: str(value) for name, value in {**found, **further}.items()}

    def close(self) -> None:
        """Close every connection."""
        self._snapshots.close()
        self._batches.close()
        self._engine.dispose()

    @property
    def connections_in_use(self) -> int:
        """How many transactions are open."""
        pool = self._engine.pool
        if not isinstance(pool, QueuePool):
            return 0
        return pool.checkedout() - self._snapshots.idle - self._batches.idle


def _sqlite_engine(url: str) -> Engine:
    file = make_url(url).database
    if file and file != ":memory:" and not Path(file).parent.is_dir():
        raise StoreUnavailable(f"there is no directory {Path(file).parent}")
    if file and Path(file).is_dir():
        raise StoreUnavailable(f"{file} is a directory")
    engine = create_engine(
        url,
        poolclass=QueuePool,
        # The one used last has its pages and statements at hand; the others had better be few.
        pool_use_lifo=True,
        pool_size=_KEPT_CONNECTIONS,
        # The writer's stands by for itself.
        max_overflow=MOST_CONNECTIONS - _KEPT_CONNECTIONS + 1,
        pool_timeout=_CONNECTION_SECONDS,
        # An error's text goes to the log, where no card and no password hash may be.
        hide_parameters=True,
        # A streamed answer may be continued in another thread than it was begun in.
        connect_args={"check_same_thread": False, "timeout": PATIENCE},
    )

    @event.listens_for(engine, "do_connect")
    def make(*_arguments: object) -> None:
        if file and file != ":memory:":
            files.make(Path(file))

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # The driver would begin transactions in its own way and too late (PEP 249 mode).
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # A commit that was acknowledged must survive the loss of power.
        cursor.execute("PRAGMA synchronous = FULL")
        # What is written again and again is copied back once in some eighty cards, not twenty.
        cursor.execute("PRAGMA wal_autocheckpoint = 4000")
        # In KiB: what a card changes in the indexes is all over them.
        cursor.execute("PRAGMA cache_size = -8000")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Mostly snapshots and batches have done so already.
        driver = driver_of(connection)
        if not driver.in_transaction:
            driver.execute("BEGIN")

    return engine


def _server_engine(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=_KEPT_CONNECTIONS,
        max_overflow=MOST_CONNECTIONS - _KEPT_CONNECTIONS,
        pool_timeout=_CONNECTION_SECONDS,
        hide_parameters=True,
        # A connection that died while it lay idle is replaced before anyone notices.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 10,
            "options": "-c timezone=UTC",
            "application_name": APPLICATION,
        },
    )
