"""Fixtures that every room's tests may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dirserver import config
from dirserver.assembly import Services, open_services
from tests.organisation import open_organisation, write_config
from tests.postgresql import Server, applied_database, fresh_database, running_server

# On a busy machine an example takes as long as it takes. All else is as the default has it, which
# is another one where CI says that it is CI.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that rewrite what tests compare with."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite schema/tables.sql from dirserver/store/tables.py",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the commands of the README, one test of a minute: at the end, all wait for it."""
    items.sort(key=lambda item: "test_docs" not in item.nodeid)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server for this process's tests."""
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh database, once of each engine.

    For a test of the organisation's services, its config is applied to it already.
    """
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        make = applied_database if "each_engine" in request.fixturenames else fresh_database
        with make(server) as url:
            yield url
    else:
        yield "sqlite:///test.db"


@pytest.fixture
def each_engine(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """The organisation's services, once on each engine."""
    path = write_config(tmp_path, database_url)
    if database_url.startswith("sqlite"):
        services = open_organisation(path)
    else:
        services = open_services(config.load(path))
    yield services
    services.store.close()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The organisation's services on SQLite."""
    found = open_organisation(write_config(tmp_path))
    yield found
    found.store.close()
