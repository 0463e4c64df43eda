"""One server process for the tests of a module, and the clients that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.organisation import PASSWORD, without_shield
from tests.postgresql import fresh_database
from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.running import RunningServer, running
from tests.system.serving import Authority, make_authority, write_served


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a module together, since they share a server."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The certificate authority that every test client trusts."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The organisation, served from SQLite to all tests of a module."""
    path = without_shield(write_served(tmp_path_factory.mktemp("served"), authority))
    with running(path) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server_on_each_engine(
    request: pytest.FixtureRequest,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningServer]:
    """The organisation, served from each engine in turn, for modules that want both."""
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            database = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(database))
        path = write_served(tmp_path_factory.mktemp(request.param), authority, url)
        yield stack.enter_context(running(without_shield(path)))


@pytest.fixture(scope="module")
def dav(server: RunningServer) -> Iterator[Callable[[str], DAVClient]]:
    """Make CardDAV clients by login, which keep their connections while the module lasts."""
    clients: dict[str, DAVClient] = {}

    def of(login: str) -> DAVClient:
        if login not in clients:
            clients[login] = DAVClient(server.address("http"), login)
        return clients[login]

    yield of
    for client in clients.values():
        client.close()


@pytest.fixture(scope="module")
def ldap(server: RunningServer) -> Callable[..., LDAPClient]:
    """Make LDAP clients by the name that they bind with."""

    def of(name: str = "", password: str = PASSWORD) -> LDAPClient:
        return LDAPClient(server.url("ldap"), name, password)

    return of
