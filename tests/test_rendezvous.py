"""Where commands meet the servers of their database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dirserver import rendezvous

POSTGRESQL = "postgresql+psycopg://somewhere/contacts"


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for temporary files, with a short name, and none for running services."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setattr(rendezvous, "_RUN", Path(folder, "none"))
        yield Path(folder)


def test_the_place_is_beside_the_database_where_its_name_is_not_too_long(temporary: Path) -> None:
    near = f"sqlite:///{temporary}/test.db"
    assert next(rendezvous.places(near)).parent == temporary
    far = f"sqlite:///{temporary}/{'x' * 90}/test.db"
    assert [one.parent.name for one in rendezvous.places(far)] == [f"dirserver-{os.getuid()}"]


def test_servers_of_another_database_are_not_met(temporary: Path) -> None:
    here, there = (next(rendezvous.places(f"{POSTGRESQL}{number}")) for number in (1, 2))
    assert here.parent == there.parent
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(there))
        listening.listen()
        assert list(rendezvous.heard(f"{POSTGRESQL}1", "")) == []


def test_a_directory_that_others_can_write_to_is_not_used(temporary: Path) -> None:
    own = temporary / f"dirserver-{os.getuid()}"
    own.mkdir()
    own.chmod(0o777)
    assert list(rendezvous.places(POSTGRESQL)) == []
    own.rmdir()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    own.symlink_to(elsewhere)
    assert list(rendezvous.places(POSTGRESQL)) == []


def test_what_a_killed_server_left_is_passed_over_and_removed(temporary: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine = next(rendezvous.places(POSTGRESQL))
    left = mine.with_suffix(f".{ended.pid}")
    for path in (mine, left):
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(path))
    assert list(rendezvous.heard(POSTGRESQL, "")) == []
    rendezvous.remove_stale(POSTGRESQL)
    assert (mine.exists(), left.exists()) == (True, False)
