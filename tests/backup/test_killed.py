"""A backup or a restore that is killed in the middle leaves nothing half done."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryFile

import pytest

from dirserver.assembly import Services
from dirserver.backup import check_backup
from dirserver.store.trail.audit import AuditFilter
from tests import processes
from tests.backup.acts import make, unseen
from tests.directory.acts import events, import_all, listing, put
from tests.organisation import vcard
from tests.store.test_durability import wait_for_the_server
from tests.store.trail import broken_links

CARDS = 120
# Some end before they are killed; then there are more rounds, in which less is waited.
ROUNDS, MOST_ROUNDS = 2, 12


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


def rounds(died: list[bool]) -> Iterator[int]:
    """Count rounds until there were enough, of which one at least has ``died``."""
    for number in range(MOST_ROUNDS):
        if number < ROUNDS or not any(died):
            yield number


def run_and_kill(services: Services, watched: Path, number: int, *words: str | Path) -> bool:
    """Run a command and kill it when it is at work in ``watched``; say whether it died of that."""
    services.store.close()
    with TemporaryFile() as err:
        known = set(watched.glob(".dirserver-*.part"))
        process = processes.begin("-c", services.config.path, *words, stderr=err.fileno())
        while process.poll() is None and set(watched.glob(".dirserver-*.part")) <= known:
            time.sleep(0.005)
        time.sleep(Random().uniform(0, 0.2 / (number + 1)))
        process.kill()
        process.wait()
        err.seek(0)
        said = err.read()
    wait_for_the_server(services)
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode != 0


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(
    heavy: Services, tmp_path: Path
) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    died: list[bool] = []
    for number in rounds(died):
        file = directory / f"{number}.backup"
        died.append(run_and_kill(heavy, directory, number, "backup", file))
        if died[-1]:
            # The rename may have been the last that it did.
            assert not file.exists() or check_backup(file, unseen)
        file.unlink(missing_ok=True)
    assert any(died)
    # The next one sweeps away what the others have left.
    make(heavy, directory / "whole.backup")
    check_backup(directory / "whole.backup", unseen)
    assert [path.name for path in directory.iterdir()] == ["whole.backup"]


def test_a_restore_that_is_killed_leaves_the_old_store_or_the_new_one(
    heavy: Services, tmp_path: Path
) -> None:
    file = tmp_path / "monday.backup"
    make(heavy, file)
    died: list[bool] = []
    for number in rounds(died):
        put(heavy, "later.vcf", vcard("later", f"Later {number}"))
        trail = len(events(heavy))
        died.append(run_and_kill(heavy, tmp_path, number, "backup", "restore", "--force", file))
        found = listing(heavy)
        # All of one or all of the other: the cards, and what the trail tells.
        assert broken_links(heavy.store) == []
        restored = events(heavy, AuditFilter(action="backup:restore"))
        if "later.vcf" in found:
            assert (len(found), len(events(heavy))) == (CARDS + 1, trail)
        else:
            assert (len(found), len(restored)) == (CARDS, 1)
    assert any(died)
    heavy.store.close()
    restore_when_the_dead_are_gone(file, heavy)
    assert len(listing(heavy)) == CARDS
    assert list(tmp_path.glob(".dirserver-*")) == []


def restore_when_the_dead_are_gone(file: Path, services: Services) -> None:
    """Put a backup back, as an admin does after the accident."""
    deadline = time.monotonic() + 60
    while True:
        done = processes.run("-c", services.config.path, "backup", "restore", "--force", file)
        if done.returncode == 0:
            return
        assert b"in use" in done.stderr
        assert time.monotonic() < deadline
