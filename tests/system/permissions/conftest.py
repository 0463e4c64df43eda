"""One server for all of these tests, with every kind of grant, and the clients that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver.cli import main
from tests.organisation import ADMIN, HERE, open_organisation
from tests.system.dav import DAVClient
from tests.system.ldapsocket import LDAPConnection
from tests.system.permissions.table import (
    BOOKS,
    CARDS,
    GIVEN,
    NOBODY,
    PERSONAL,
    card_of,
    write_permissions,
)
from tests.system.running import RunningServer, running


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder together, since they share a server."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.xdist_group(here.name))


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The books with their cards."""
    found = open_organisation(write_permissions(tmp_path_factory.mktemp("permissions")))
    with found.directory.writing(ADMIN, HERE) as writing:
        for book in (*BOOKS, *PERSONAL.values()):
            for uid in CARDS:
                slug = f"{book.owner}/{book.slug}" if book.owner else book.slug
                writing.put_card(slug, f"{uid}.vcf", card_of(uid))
    yield found
    found.store.close()


@pytest.fixture(scope="session")
def server(services: Services) -> Iterator[RunningServer]:
    """A server of these, which hears of what is given when it runs already."""
    with running(services.config.path) as found:
        for book in BOOKS:
            for grant in book.grants:
                if grant.to == GIVEN:
                    words = ["grant", "add", book.slug, "--to", GIVEN, "--as", "boss"]
                    words += ["--access", grant.level.name.lower()]
                    words += ["--hide", ",".join(grant.hide)]
                    assert main(["-c", str(services.config.path), *words]) == 0
        yield found


@pytest.fixture(scope="session")
def dav(server: RunningServer) -> Iterator[Callable[[str], DAVClient]]:
    """Make CardDAV clients by login."""
    clients: dict[str, DAVClient] = {}

    def of(person: str) -> DAVClient:
        if person not in clients:
            login = "" if person == NOBODY else person
            clients[person] = DAVClient(server.address("http"), login)
        return clients[person]

    yield of
    for client in clients.values():
        client.close()


@pytest.fixture(scope="session")
def ldap(server: RunningServer) -> Iterator[Callable[[str], LDAPConnection]]:
    """Make LDAP connections by login."""
    connections: dict[str, LDAPConnection] = {}

    def of(person: str) -> LDAPConnection:
        if person not in connections:
            connections[person] = LDAPConnection(server.address("ldap"))
            if person != NOBODY:
                assert connections[person].bind(person) == "success"
        return connections[person]

    yield of
    for connection in connections.values():
        connection.__exit__(None, None, None)
