"""The organisation served over CardDAV, and its people as clients."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.config.schema import Shield
from dirserver.reconcile import apply_config
from dirserver_radicale.application import Application
from tests.organisation import ADMIN, HERE, open_organisation, write_config
from tests.radicale.bodies import FILES
from tests.radicale.dav_client import DAVClient


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the organisation's config and its database, made once."""
    directory = tmp_path_factory.mktemp("organisation")
    open_organisation(write_config(directory)).store.close()
    return directory


@contextmanager
def copied(template: Path, directory: Path) -> Iterator[Services]:
    """Open the organisation's services on a copy of the database in ``directory``."""
    shutil.copytree(template, directory, dirs_exist_ok=True)
    found = open_services(config.load(directory / "dirserver.toml"))
    yield found
    found.store.close()


@pytest.fixture
def services(template: Path, tmp_path: Path) -> Iterator[Services]:
    """The organisation's services on a fresh copy of the database."""
    with copied(template, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def standing(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The CardDAV face for a whole module, whose tests leave the books as they found them."""
    with copied(template, tmp_path_factory.mktemp("standing")) as found:
        # Together they delete more than a person does.
        unshielded = replace(found.config, shield=Shield(enabled=False))
        yield Application(open_services(unshielded, before=found))


@pytest.fixture
def application(services: Services) -> Application:
    """The CardDAV face of the organisation."""
    return Application(services)


@pytest.fixture
def nobody(application: Application) -> DAVClient:
    """A client without a login."""
    return DAVClient(application, files=FILES)


@pytest.fixture
def alice(application: Application) -> DAVClient:
    """Manages customers and the secret book, writes staff."""
    return DAVClient(application, "alice", files=FILES)


@pytest.fixture
def bob(application: Application) -> DAVClient:
    """Writes customers, reads staff."""
    return DAVClient(application, "bob", files=FILES)


@pytest.fixture
def carol(application: Application) -> DAVClient:
    """Reads customers without notes, birthdays and organisations; reads staff."""
    return DAVClient(application, "carol", files=FILES)


@pytest.fixture
def dave(application: Application) -> DAVClient:
    """Only looks customers up over LDAP; reads staff."""
    return DAVClient(application, "dave", files=FILES)


@pytest.fixture
def erin(application: Application) -> DAVClient:
    """Reads staff, as everyone does."""
    return DAVClient(application, "erin", files=FILES)


def reconfigured(services: Services, old: str, new: str) -> Application:
    """Put ``new`` for ``old`` in the config file, apply it, and serve anew from the same store."""
    path = services.config.path
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    again = open_services(config.load(path), services.store)
    apply_config(again, ADMIN, HERE)
    return Application(again)
