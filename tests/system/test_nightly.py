"""The nightly backup, made by a running server that has missed it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dirserver.backup import check_backup
from tests.backup.acts import unseen
from tests.system.dav import dav_client
from tests.system.people import made_up
from tests.system.running import run_command, running, wait_until
from tests.system.serving import Authority, write_served


@pytest.fixture
def config(authority: Authority, tmp_path: Path) -> Path:
    """The organisation's config file, with a directory for backups, of which one is kept."""
    path = write_served(tmp_path, authority)
    with path.open("a", encoding="utf-8") as file:
        file.write('\n[backup]\ndirectory = "copies"\nkeep = 1\n')
    return path


def test_a_missed_backup_is_made_at_the_start_once(config: Path) -> None:
    copies = config.parent / "copies"
    copies.mkdir()
    (copies / "dirserver-2020-01-01T0230.backup").write_text("old")
    with running(config) as server:
        # The last of the night's: what one start leaves undone, the next would begin.
        server.wait_for('event="nightly task done" task=scrub')
    (file,) = copies.iterdir()
    assert check_backup(file, unseen).manifest.organisation == "Example GmbH"
    with running(config) as server:
        assert server.log.count("nightly task begins") == 0
        # It has looked, when it serves a second config.
        server.reload()
    assert list(copies.iterdir()) == [file]


def test_a_backup_that_fails_is_told_and_the_server_serves(config: Path) -> None:
    with running(config) as server:
        server.wait_for("NIGHTLY TASK FAILED")
        assert "There is no directory" in server.log
        with dav_client(server.address("http"), "alice") as alice:
            put = alice.put("/alice/customers/anna.vcf", made_up("anna", "Anna Berg"))
            assert put.status == 201
    told = run_command(config, "audit", "--action", "nightly")
    assert b"failed at night, backup: There is no directory" in told.stdout


def forget_the_night(config: Path) -> None:
    with closing(sqlite3.connect(config.parent / "test.db")) as database, database:
        database.execute("DELETE FROM setting WHERE name = 'night backup'")


def test_a_server_that_is_told_to_stop_does_not_finish_its_backup_first(config: Path) -> None:
    """It is made, whole, at the next start."""
    copies = config.parent / "copies"
    copies.mkdir()
    with running(config) as server, dav_client(server.address("http"), "alice") as alice:
        server.wait_for('event="nightly task done"')
        for number in range(20):
            card = made_up(f"p{number}", f"Person {number}", "NOTE:" + os.urandom(750_000).hex())
            assert alice.put(f"/alice/customers/{number}.vcf", card).status == 201
    (first,) = copies.iterdir()
    first.unlink()
    forget_the_night(config)
    with running(config) as server:
        server.wait_for("nightly task begins")
    assert "put off until the next start" in server.log
    assert list(copies.iterdir()) == []
    with running(config):
        wait_until(lambda: len(list(copies.glob("dirserver-*.backup"))) == 1, "a backup")
