"""A backup is a consistent copy in one file, which is there when it is whole."""

from __future__ import annotations

import os
import stat
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dirserver import __version__
from dirserver.assembly import Services
from dirserver.backup import BackupError, check_backup, make_backup
from dirserver.backup.archive import open_archive
from dirserver.backup.failure import Advance
from dirserver.backup.manifest import Engine
from dirserver.backup.workspace import workspace
from dirserver.model.audit import AuditAction
from dirserver.store import schema
from dirserver.store.trail.audit import AuditFilter
from tests.backup.acts import make, unseen
from tests.directory.acts import events, put
from tests.organisation import ADMIN, HERE, vcard


def test_a_backup_says_what_is_in_it(filled: Services, tmp_path: Path) -> None:
    archive = make(filled, tmp_path / "a.backup")
    found = open_archive(tmp_path / "a.backup", lambda _done, _total: None)
    assert found == archive
    manifest = found.manifest
    assert (manifest.organisation, manifest.domain) == ("Example GmbH", "example.org")
    assert (manifest.dirserver, manifest.schema) == (__version__, schema.newest())
    assert manifest.engine is (Engine.SQLITE if filled.store.is_sqlite else Engine.POSTGRESQL)
    books = {book.book: (book.cards, book.revision) for book in manifest.contents.books}
    assert books == {"customers": (2, 6), "secret": (0, 1), "staff": (1, 2)}
    rows = manifest.contents.rows
    assert (rows["card"], rows["card_version"], rows["change"]) == (3, 6, 4)
    told = events(filled)
    # The backup itself is the last event, and not in the copy yet.
    assert manifest.contents.last_event == told[-2].id


def test_a_backup_is_for_its_owner_only_and_any_zip_program(
    filled: Services, tmp_path: Path
) -> None:
    make(filled, tmp_path / "a.backup")
    assert stat.S_IMODE((tmp_path / "a.backup").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "a.backup") as archive:
        assert archive.namelist()[0] == "manifest.json"
        assert archive.testzip() is None


def test_a_backup_is_in_the_audit_trail_with_its_checksum(filled: Services, tmp_path: Path) -> None:
    archive = make(filled, tmp_path / "a.backup")
    (event,) = events(filled, AuditFilter(action=str(AuditAction.BACKUP_MAKE)))
    assert event.event.actor == "root"
    assert archive.digest in event.event.detail
    assert str(tmp_path / "a.backup") in event.event.detail


def test_nothing_but_the_backup_is_left(filled: Services, tmp_path: Path) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    make(filled, directory / "a.backup")
    assert [path.name for path in directory.iterdir()] == ["a.backup"]


def test_a_file_is_replaced_only_by_force(filled: Services, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    file.write_text("last year's photos")
    with pytest.raises(BackupError, match=r"exists already.*--force"):
        make(filled, file)
    assert file.read_text() == "last year's photos"
    assert make(filled, file, force=True) == check_backup(file, unseen)


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file_is_not_replaced(filled: Services, tmp_path: Path, *, force: bool) -> None:
    with pytest.raises(BackupError, match="is a directory"):
        make(filled, tmp_path, force=force)
    with pytest.raises(BackupError, match="There is no directory"):
        make(filled, tmp_path / "none" / "a.backup", force=force)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BackupError, match="no file"):
        make(filled, tmp_path / "pipe", force=force)


def test_a_directory_that_cannot_be_written_to_is_told(filled: Services) -> None:
    with pytest.raises(BackupError, match=r"/proc/a.backup cannot be written: .*another directory"):
        make(filled, Path("/proc/a.backup"))
    assert events(filled, AuditFilter(action="backup")) == []


def test_a_copy_is_of_one_moment_though_others_write_all_the_time(
    filled: Services, tmp_path: Path
) -> None:
    """Each write is of three rows in three tables and one revision: a copy has all or none."""
    stop, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            written += 1
            put(
                filled,
                f"{written}.vcf",
                vcard(f"w{written}", f"Name {written}", "NOTE:" + "x" * 3000),
            )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archives = []
        for number in range(3):
            before = written
            archives.append(make(filled, tmp_path / f"{number}.backup"))
            # Nobody had to wait for the backup.
            assert written > before
    finally:
        stop.set()
        writer.join()
    for archive in archives:
        # Its own counts are of the same moment as its rows, and the trail is whole.
        check_backup(archive.file, unseen)
        (book,) = (one for one in archive.manifest.contents.books if one.book == "customers")
        rows = archive.manifest.contents.rows
        assert rows["card_version"] - 6 == book.revision - 6 == book.cards - 2
    assert [one.manifest.contents.last_event for one in archives] == sorted(
        {one.manifest.contents.last_event for one in archives}
    )


def test_what_was_broken_off_leaves_nothing(filled: Services, tmp_path: Path) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()

    class Enough(Exception):
        pass

    @contextmanager
    def impatient(what: str) -> Iterator[Advance]:
        def advance(_done: int, _total: int) -> None:
            raise Enough

        yield advance

    with pytest.raises(Enough):
        make_backup(filled, directory / "a.backup", ADMIN, HERE, impatient)
    assert list(directory.iterdir()) == []


def test_what_a_killed_process_left_is_swept_away_and_what_a_living_one_needs_is_not(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / ".dirserver-dead.part").mkdir()
    (tmp_path / ".dirserver-dead.part" / "store.sqlite").write_text("half")
    with workspace(tmp_path) as living:
        assert not (tmp_path / ".dirserver-dead.part").exists()
        make(services, tmp_path / "a.backup")
        assert living.exists()
    assert not living.exists()
