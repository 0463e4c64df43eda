"""A shell, and the organisation to use it on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dirserver import config
from dirserver.assembly import open_services
from dirserver.directory.intake.importing import import_cards
from tests.cli.shell import Shell
from tests.organisation import ADMIN, HERE, open_organisation, vcard, write_config

CARDS = {
    "anna": vcard(
        "anna", "Anna Müller", "ORG:Blumen Müller", "TEL;TYPE=work:+49 30 1234-567",
        "EMAIL:anna@blumen.example.org", "NOTE:pays late",
    ),
    "ben": vcard("ben", "Ben Østergaard", "TEL;TYPE=cell:0171 3920010", "ORG:Nordlys ApS"),
    "zoe": vcard("zoe", "Zoë Muller-Groß", "EMAIL:zoe@example.org", "ORG:Blumen Müller"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIRSERVER_CONFIG", "DIRSERVER_DEBUG", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def applied_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the organisation's config file, and the database that it makes."""
    directory = tmp_path_factory.mktemp("applied")
    open_organisation(write_config(directory)).store.close()
    return directory


@pytest.fixture(scope="session")
def filled_directory(applied_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with three customers."""
    directory = tmp_path_factory.mktemp("filled")
    shutil.copytree(applied_directory, directory, dirs_exist_ok=True)
    services = open_services(config.load(directory / "dirserver.toml"))
    with services.directory.writing(ADMIN, HERE) as writing:
        assert list(import_cards(writing, "customers", "people.vcf", list(CARDS.values())))
    services.store.close()
    return directory


@pytest.fixture
def unapplied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A shell for a config file that was never applied."""
    path = write_config(tmp_path)
    path.chmod(0o600)
    return Shell(path, capsys, monkeypatch)


@pytest.fixture
def shell(unapplied: Shell, applied_directory: Path) -> Shell:
    """A shell for the organisation, whose config is applied and whose books are empty."""
    shutil.copytree(applied_directory, unapplied.config.parent, dirs_exist_ok=True)
    return unapplied


@pytest.fixture
def filled(unapplied: Shell, filled_directory: Path) -> Shell:
    """A shell for the organisation, with three customers."""
    shutil.copytree(filled_directory, unapplied.config.parent, dirs_exist_ok=True)
    return unapplied


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """A file of the three customers."""
    path = tmp_path / "people.vcf"
    path.write_bytes(b"".join(list(CARDS.values())))
    return path


@pytest.fixture
def on_each_engine(
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    """A shell for the organisation, not applied, once on each engine."""
    return Shell(write_config(tmp_path, database_url), capsys, monkeypatch)
