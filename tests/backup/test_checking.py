"""A backup that is not what it was is found out, whatever is wrong with it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dirserver.assembly import Services, open_services
from dirserver.backup import BackupError, check_backup, programs
from dirserver.backup import manifest as manifests
from dirserver.backup.archive import describe, open_archive, pack, unpack
from dirserver.backup.manifest import Manifest
from dirserver.errors import StoreUnavailable
from dirserver.store.contents import Contents
from tests.backup.acts import Place, make, restore, unseen
from tests.directory.acts import put
from tests.organisation import vcard


def quiet(_done: int, _total: int) -> None:
    """Hear of progress and do nothing."""


def test_a_good_backup_is_good(filled: Services, tmp_path: Path) -> None:
    archive = make(filled, tmp_path / "a.backup")
    before = sorted(tmp_path.iterdir())
    assert check_backup(tmp_path / "a.backup", unseen) == archive
    assert sorted(tmp_path.iterdir()) == before


def test_a_single_wrong_bit_is_found_wherever_it_is(services: Services, tmp_path: Path) -> None:
    """Every bit of a backup, whose copy is small so that there are not too many."""
    manifest = make(services, tmp_path / "large.backup").manifest
    copy, file = tmp_path / "copy", tmp_path / "a.backup"
    copy.write_bytes(b"a small store")
    members = (describe(copy, "store.sqlite"),)
    contents = replace(manifest.contents, rows={}, books=())
    pack(file, replace(manifest, members=members, contents=contents), copy, quiet)
    with file.open("r+b", buffering=0) as opened:
        for at, octet in enumerate(file.read_bytes()):
            for bit in range(8):
                os.pwrite(opened.fileno(), bytes([octet ^ 1 << bit]), at)
                with pytest.raises(BackupError):
                    open_archive(file, quiet)
            os.pwrite(opened.fileno(), bytes([octet]), at)
    open_archive(file, quiet)


def made_and_checked(services: Services, file: Path) -> None:
    make(services, file)
    check_backup(file, unseen)


def test_a_page_that_the_disk_has_damaged_is_found_in_a_backup(
    services: Services, tmp_path: Path
) -> None:
    for number in range(200):
        put(services, f"{number}.vcf", vcard(f"{number}", f"Anna {number}"))
    services.store.close()
    place = services.config.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(place)) as found:
        found.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = found.execute("PRAGMA page_size").fetchone()
        (page,) = found.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'sighting'"
        ).fetchone()
    with Path(place).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x5a" * size)
    again = open_services(services.config)
    # Nobody notices who is not at that page.
    put(again, "new.vcf", vcard("new", "Berta"))
    with pytest.raises((BackupError, StoreUnavailable), match="malformed"):
        made_and_checked(again, tmp_path / "a.backup")
    again.store.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _whole: b"",
        lambda whole: whole[:10],
        lambda whole: whole[:63],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole[1:],
        lambda whole: whole + b"\n",
        lambda whole: whole + whole,
        lambda _whole: b"BEGIN:VCARD\r\n",
        lambda whole: whole[:-64] + b"0" * 64,
    ],
)
def test_what_is_cut_off_or_longer_is_no_backup(
    damage: Callable[[bytes], bytes], services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    make(services, file)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(BackupError, match=r"damaged|no backup"):
        check_backup(file, unseen)


def test_another_zip_archive_is_no_backup(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("photo.jpg", b"JFIF")
    with pytest.raises(BackupError, match=r"damaged|no backup"):
        check_backup(tmp_path / "photos.zip", unseen)
    with pytest.raises(BackupError, match="cannot be read: no such file"):
        check_backup(tmp_path / "none", unseen)


def remade(
    file: Path,
    change: Callable[[Manifest], Manifest],
    spoil: Callable[[Path], None] = lambda _copy: None,
) -> Path:
    """Return a backup whose seal is right and that says, or has, something else."""
    archive = open_archive(file, quiet)
    copy = file.with_name("spoilt")
    copy.unlink(missing_ok=True)
    unpack(archive, copy, quiet)
    spoil(copy)
    member = describe(copy, archive.manifest.copy.name)
    other = file.with_name("other.backup")
    other.unlink(missing_ok=True)
    pack(other, change(replace(archive.manifest, members=(member,))), copy, quiet)
    return other


def with_rows(manifest: Manifest, table: str, more: int) -> Manifest:
    rows = dict(manifest.contents.rows)
    rows[table] += more
    contents: Contents = replace(manifest.contents, rows=rows)
    return replace(manifest, contents=contents)


def test_a_copy_that_lacks_rows_is_found(
    filled: Services, tmp_path: Path, elsewhere: Callable[[], Place]
) -> None:
    make(filled, tmp_path / "a.backup")
    wrong = remade(tmp_path / "a.backup", lambda told: with_rows(told, "card_version", 1))
    with pytest.raises(BackupError, match="has 6 rows of card_version, its manifest says 7"):
        check_backup(wrong, unseen)
    place = elsewhere()
    with pytest.raises(BackupError, match="has 6 rows of card_version, its manifest says 7"):
        restore(wrong, place.url)
    # All or nothing.
    restore(tmp_path / "a.backup", place.url)


def test_a_backup_from_later_is_left_to_later_versions(filled: Services, tmp_path: Path) -> None:
    make(filled, tmp_path / "a.backup")
    newer = remade(tmp_path / "a.backup", lambda told: replace(told, schema="9999"))
    with pytest.raises(BackupError, match=r"schema 9999.*Install that version"):
        check_backup(newer, unseen)
    later = remade(tmp_path / "a.backup", lambda told: replace(told, format=2))
    with pytest.raises(BackupError, match=r"cannot read\. Install that version"):
        check_backup(later, unseen)


def test_a_copy_that_no_program_can_read_is_found(filled: Services, tmp_path: Path) -> None:
    make(filled, tmp_path / "a.backup")
    for spoil in (
        lambda copy: copy.write_bytes(b"garbage" * 1000),
        lambda copy: copy.write_bytes(copy.read_bytes()[:9000]),
    ):
        wrong = remade(tmp_path / "a.backup", lambda told: told, spoil)
        with pytest.raises(BackupError, match=r"cannot be used|did not succeed|rows|no end"):
            check_backup(wrong, unseen)


def test_a_trail_that_was_tampered_with_is_found(services: Services, tmp_path: Path) -> None:
    put(services, "anna.vcf", vcard("anna", "Anna"))
    make(services, tmp_path / "a.backup")

    def spoil(copy: Path) -> None:
        with closing(sqlite3.connect(copy)) as found, found:
            # As whoever owns the file can.
            found.execute("DROP TRIGGER audit_event_unchanged")
            found.execute("UPDATE audit_event SET content_digest = 'x' WHERE id = 3")

    wrong = remade(tmp_path / "a.backup", lambda told: told, spoil)
    with pytest.raises(BackupError, match="broken at event 3"):
        check_backup(wrong, unseen)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1}', '{"format": "x"}', "\0", '{"format": {}}']
)
def test_a_manifest_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BackupError, match="not one that dirserver writes"):
        manifests.read(text.encode())


def test_a_manifest_is_read_as_it_was_written(filled: Services, tmp_path: Path) -> None:
    manifest = make(filled, tmp_path / "a.backup").manifest
    assert manifests.read(manifests.write(manifest)) == manifest
    said = json.loads(manifests.write(manifest))
    for key in said:
        less = {name: value for name, value in said.items() if name != key}
        with pytest.raises(BackupError):
            manifests.read(json.dumps(less).encode())


def fake(directory: Path, said: str) -> Path:
    """Make a program pg_dump that says ``said`` when it is asked for its version."""
    directory.mkdir()
    program = directory / "pg_dump"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    return directory


def test_the_first_program_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    old = fake(tmp_path / "old", "pg_dump (PostgreSQL) 13.4 (Debian 13.4-1)")
    new = fake(tmp_path / "new", "pg_dump (PostgreSQL) 17.2")
    odd = fake(tmp_path / "odd", "hello")
    assert programs.find("pg_dump", 15, [tmp_path, odd, old, new]) == new / "pg_dump"
    assert programs.find("pg_dump", 13, [old, new]) == old / "pg_dump"
    with pytest.raises(BackupError, match=r"of PostgreSQL 13, and 15 or newer.*client-15"):
        programs.find("pg_dump", 15, [odd, old])
    with pytest.raises(BackupError, match=r"pg_dump is missing.*postgresql-client-15"):
        programs.find("pg_dump", 15, [tmp_path])


def test_connection_parameters_are_written_as_libpq_reads_them() -> None:
    written = programs.conninfo({"host": "/var/run", "user": "o'hara", "dbname": "a\\b c"})
    assert written == r"host='/var/run' user='o\'hara' dbname='a\\b c'"


def test_a_password_is_on_no_command_line(tmp_path: Path) -> None:
    """What ps shows, everybody on the machine can read."""
    seen = tmp_path / "seen"
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\nfor one in "$@"; do echo "$one"; done > {seen}\n'
        f'echo "env $PGPASSWORD" >> {seen}\n'
    )
    program.chmod(0o755)
    parameters = {"host": "db", "user": "me", "password": "geheim", "dbname": "x"}
    programs.dump(program, parameters, "s", "public", tmp_path / "dump", lambda _line: None)
    lines = seen.read_text().splitlines()
    assert lines[-1] == "env geheim"
    assert "geheim" not in "".join(lines[:-1])
    assert "--dbname=host='db' user='me' dbname='x'" in lines


def test_what_a_program_complains_of_is_told(tmp_path: Path) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        "#!/bin/sh\necho 'pg_dump: reading' >&2\n"
        "echo 'pg_dump: error: could not write to output file: No space left on device' >&2\n"
        "echo 'pg_dump: detail: and so on' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    with pytest.raises(BackupError, match=r"did not succeed: could not write to .* No space left"):
        programs.dump(program, {}, "s", "public", tmp_path / "dump", lambda _line: None)


def test_a_program_ends_with_whoever_is_tired_of_it(tmp_path: Path) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho $$ >&2\nexec sleep 60\n")
    program.chmod(0o755)
    found: list[int] = []

    def heard(line: str) -> None:
        found.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        programs.dump(program, {}, "s", "public", tmp_path / "dump", heard)
    assert subprocess.run(["kill", "-0", str(found[0])], check=False, stderr=-3).returncode == 1
