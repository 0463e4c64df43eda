"""The backup of every night: made, checked, and the oldest removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver.backup import BackupError, check_backup
from dirserver.backup.keeping import nightly_backup, outdated
from dirserver.nightly import Interrupted
from dirserver.store.trail.audit import AuditFilter
from tests.backup.acts import unseen
from tests.directory.acts import events

OTHERS = ("dirserver-2020-01-01T0000.backup.old", "monday.backup", "dirserver-x.backup", "photos")


def go_on() -> None:
    """Do not stop."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the backups go, with those of some nights, and files that are none."""
    made = tmp_path / "backups"
    made.mkdir()
    for day in range(1, 6):
        (made / f"dirserver-2020-01-{day:02}T0230.backup").write_text("old")
    for name in OTHERS:
        (made / name).write_text("other")
    return made


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name not in OTHERS)


def test_the_newest_are_kept_and_what_is_not_ours_is_left_alone(
    each_engine: Services, directory: Path
) -> None:
    said = nightly_backup(each_engine, directory, 3, go_on)
    kept = names(directory)
    assert kept[:2] == ["dirserver-2020-01-04T0230.backup", "dirserver-2020-01-05T0230.backup"]
    assert len(kept) == 3
    check_backup(directory / kept[2], unseen)
    assert "3 older removed" in said
    assert all((directory / name).read_text() == "other" for name in OTHERS)
    (event,) = events(each_engine, AuditFilter(action="backup:make"))
    assert (event.event.actor, event.event.protocol) == ("dirserver", "nightly")


def test_as_many_as_there_are_may_stay(directory: Path) -> None:
    assert outdated(directory, 5) == []
    assert outdated(directory, 100) == []
    assert [path.name for path in outdated(directory, 4)] == ["dirserver-2020-01-01T0230.backup"]


def test_without_the_directory_nothing_is_made_there(services: Services, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no directory"):
        nightly_backup(services, tmp_path / "not mounted", 3, go_on)
    assert not (tmp_path / "not mounted").exists()


def test_when_it_fails_no_older_one_is_removed(services: Services, directory: Path) -> None:
    before = names(directory)

    def stop() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        nightly_backup(services, directory, 1, stop)
    assert names(directory) == before
