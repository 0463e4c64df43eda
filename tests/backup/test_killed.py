"""A backup or a restore that is killed in the middle leaves nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from dirserver.assembly import Services
from dirserver.backup import check_backup
from dirserver.store.trail.audit import AuditFilter
from tests.backup.acts import make, unseen
from tests.directory.acts import events, import_all, listing, put
from tests.organisation import vcard
from tests.store.test_durability import wait_for_the_server
from tests.store.trail import broken_links

ROOT = Path(__file__).resolve().parents[2]
CARDS = 120
ROUNDS = 2


@pytest.fixture
def heavy(each_engine: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """The organisation with some megabytes of customers; temporary files go to its folder."""
    import_all(
        each_engine,
        [
            vcard(f"p{n}", f"Person {n}", "NOTE:" + Random(n).randbytes(20_000).hex())
            for n in range(CARDS)
        ],
    )
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return each_engine


def command(services: Services, *words: str | Path) -> list[str]:
    """What starts dirserver with ``words`` for the organisation."""
    named = [sys.executable, "-m", "dirserver", "-c", str(services.config.path)]
    return [*named, *map(str, words)]


def environment() -> dict[str, str]:
    """What a command of this tree runs in, installed or not."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    return {**os.environ, "PYTHONPATH": path}


def run_and_kill(services: Services, watched: Path, *words: str | Path) -> bool:
    """Run a command and kill it when it is at work in ``watched``; say whether it died of that."""
    services.store.close()
    with subprocess.Popen(
        command(services, *words),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        known = set(watched.glob(".dirserver-*.part"))
        while process.poll() is None and set(watched.glob(".dirserver-*.part")) <= known:
            time.sleep(0.005)
        time.sleep(Random().uniform(0, 0.2))
        process.kill()
        assert process.stderr is not None
        said = process.stderr.read()
    wait_for_the_server(services)
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode != 0


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(
    heavy: Services, tmp_path: Path
) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    died = 0
    for number in range(ROUNDS):
        file = directory / f"{number}.backup"
        if run_and_kill(heavy, directory, "backup", file):
            died += 1
            # The rename may have been the last that it did.
            assert not file.exists() or check_backup(file, unseen)
        file.unlink(missing_ok=True)
    assert died
    # The next one sweeps away what the others have left.
    make(heavy, directory / "whole.backup")
    check_backup(directory / "whole.backup", unseen)
    assert [path.name for path in directory.iterdir()] == ["whole.backup"]


def test_a_restore_that_is_killed_leaves_the_old_store_or_the_new_one(
    heavy: Services, tmp_path: Path
) -> None:
    file = tmp_path / "monday.backup"
    make(heavy, file)
    died = 0
    for number in range(ROUNDS):
        put(heavy, "later.vcf", vcard("later", f"Later {number}"))
        trail = len(events(heavy))
        died += run_and_kill(heavy, tmp_path, "backup", "restore", "--force", file)
        found = listing(heavy)
        # All of one or all of the other: the cards, and what the trail tells.
        assert broken_links(heavy.store) == []
        restored = events(heavy, AuditFilter(action="backup:restore"))
        if "later.vcf" in found:
            assert (len(found), len(events(heavy))) == (CARDS + 1, trail)
        else:
            assert (len(found), len(restored)) == (CARDS, 1)
    assert died
    heavy.store.close()
    restore_when_the_dead_are_gone(file, heavy)
    assert len(listing(heavy)) == CARDS
    assert list(tmp_path.glob(".dirserver-*")) == []


def restore_when_the_dead_are_gone(file: Path, services: Services) -> None:
    """Put a backup back, as an admin does after the accident."""
    deadline = time.monotonic() + 20
    while True:
        done = subprocess.run(
            command(services, "backup", "restore", "--force", file),
            env=environment(),
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return
        assert b"in use" in done.stderr
        assert time.monotonic() < deadline
