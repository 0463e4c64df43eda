"""``dirserver backup``: made, checked and put back as an admin would."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.shell import Shell, command, environment, run_on_terminal


def test_a_backup_is_made_checked_and_put_back(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    made = filled("backup", file)
    assert made.code == 0
    assert made.err == ""
    assert "Example GmbH" in made.out
    assert "customers  3" in made.out
    checked = filled("backup", "verify", file)
    assert checked.code == 0
    assert "is good" in checked.out
    before = filled("export", "--book", "customers").out
    filled("import", "--book", "customers", "-", stdin=b"BEGIN:VCARD\nVERSION:3.0\nFN:X\nEND:VCARD")
    assert filled("export", "--book", "customers").out != before
    refused = filled("backup", "restore", file)
    assert refused.code == 1
    assert "is not empty" in refused.err
    restored = filled("backup", "restore", file, "--force")
    assert restored.code == 0
    assert "what was there is kept: " in restored.out
    assert f"run {filled.proposed('apply')}" in restored.out
    assert filled("export", "--book", "customers").out == before
    assert filled("plan", "--exit-code").code == 0
    told = filled("audit", "--action", "backup").out
    assert "put the backup" in told


def test_who_was_erased_since_the_backup_is_erased_again(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    assert filled("backup", file).code == 0
    assert filled("person", "erase", "Anna", "Müller", "--yes").code == 0
    restored = filled("backup", "restore", file, "--force")
    told = [line for line in restored.lines() if line.startswith("erased as case-")]
    assert len(told) == 1
    assert f"customers/anna.vcf is back; {filled.proposed('person')} erase " in told[0]
    assert "warning: people who were erased are in the backup" in restored.err
    key = told[0].split()[-1]
    assert filled("person", "erase", key, "--yes").code == 0
    again = filled("backup", "restore", file, "--force", "--erase-again")
    assert "customers/anna.vcf was erased again" in again.out
    assert filled("person", "find", "Anna", "Müller").out == "nothing is kept of Anna Müller\n"
    assert filled("audit", "verify").code == 0
    # Of a database that is gone, nobody knows any more.
    filled.config.with_name("test.db").unlink()
    gone = filled("backup", "restore", file)
    assert "Who was erased since the backup was made is not known" in gone.err
    refused = filled("backup", "restore", file, "--to", "sqlite:///x.db", "--erase-again")
    assert refused.err.startswith("--erase-again is for the database of the config file")


def test_a_dry_run_says_what_would_be_replaced(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    assert filled("backup", file).code == 0
    card = b"BEGIN:VCARD\nVERSION:3.0\nUID:x\nFN:X\nEND:VCARD\n"
    assert filled("import", "--book", "customers", "-", stdin=card).code == 0
    text = filled.config.read_text(encoding="utf-8")
    filled.config.write_text(f'{text}\n[books.new]\nname = "New"\n', encoding="utf-8")
    assert filled("apply").code == 0
    assert filled("import", "--book", "new", "-", stdin=card).code == 0
    refused = filled("backup", "restore", file, "--dry-run")
    assert (refused.code, refused.out) == (1, "")
    assert "test.db is not empty: it has 4 books with 5 cards. Name another" in refused.err
    planned = filled("backup", "restore", file, "--dry-run", "--force")
    assert planned.code == 0
    _, *table, kept, last = planned.lines()
    assert [" ".join(line.split()) for line in table] == [
        "book cards in the backup cards now",
        "customers 3 4",
        "secret 0 0",
        "staff 0 0",
        "new no such book 1 goes",
    ]
    assert kept.startswith("what was there would be kept: ")
    assert last == "this was a dry run: nothing is changed"
    done = filled("backup", "restore", file, "--force")
    assert "new        no such book         1             is gone" in done.lines()
    assert [one["book"] for one in filled("book", "list", "--json").json()] == [
        "customers",
        "secret",
        "staff",
    ]


def test_programs_read_what_is_in_a_backup(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    made = filled("backup", file, "--json").json()
    assert made["bytes"] == file.stat().st_size
    assert made["engine"] == "sqlite"
    assert [book["book"] for book in made["books"]] == ["customers", "secret", "staff"]
    assert filled("backup", "verify", "--json", file).json() == made
    to = f"sqlite:///{tmp_path}/practice.db"
    planned = filled("backup", "restore", file, "--to", to, "--dry-run", "--json").json()
    done = filled("backup", "restore", file, "--to", to, "--json").json()
    assert (planned.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert planned == done
    assert done["digest"] == made["digest"]


def test_a_damaged_backup_makes_the_exit_code_1(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    filled("backup", file)
    wrong = bytearray(file.read_bytes())
    wrong[len(wrong) // 2] ^= 4
    file.write_bytes(wrong)
    for words in (["verify"], ["restore", "--force"], ["verify", "--json"]):
        done = filled("backup", *words, file)
        assert done.code == 1
        assert "is damaged: its checksum" in done.err
        assert done.out == ""


def test_a_backup_that_is_there_is_replaced_by_force_only(filled: Shell, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    assert filled("backup", file).code == 0
    assert "exists already" in filled("backup", file).err
    assert filled("backup", "--force", file).code == 0


def test_checking_needs_no_config_file(filled: Shell, tmp_path: Path) -> None:
    filled("backup", tmp_path / "monday.backup")
    assert filled.bare("backup", "verify", tmp_path / "monday.backup").code == 0


def test_a_store_that_is_not_set_up_has_nothing_to_copy(unapplied: Shell, tmp_path: Path) -> None:
    done = unapplied("backup", tmp_path / "a.backup")
    assert done.code == 1
    assert f"run: {unapplied.proposed('apply')}" in done.err
    assert not (tmp_path / "a.backup").exists()


def test_a_database_that_is_gone_comes_back(filled: Shell, tmp_path: Path) -> None:
    before = filled("export", "--book", "customers").out
    filled("backup", tmp_path / "monday.backup")
    (filled.config.parent / "test.db").unlink()
    assert filled("backup", "restore", tmp_path / "monday.backup").code == 0
    assert filled("export", "--book", "customers").out == before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://x/y", "the database can be SQLite or PostgreSQL"),
        ("somewhere", 'expected "sqlite:///FILE"'),
        ("sqlite:///none/here.db", "there is no directory"),
        ("postgresql://me@127.0.0.1:1/x", "can only be put back into one of its kind"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(
    url: str, said: str, filled: Shell, tmp_path: Path
) -> None:
    filled("backup", tmp_path / "monday.backup")
    done = filled("backup", "restore", tmp_path / "monday.backup", "--to", url)
    assert done.code == 1
    assert said in done.err


def test_a_password_in_a_url_is_not_repeated(filled: Shell, tmp_path: Path) -> None:
    filled("backup", tmp_path / "monday.backup")
    url = "postgresql://me:geheim@no host/x"
    done = filled("backup", "restore", tmp_path / "monday.backup", "--to", url)
    assert done.code == 1
    assert "geheim" not in done.err


def test_while_somebody_has_the_database_open_nothing_is_put_back(
    filled: Shell, tmp_path: Path
) -> None:
    filled("backup", tmp_path / "monday.backup")
    with closing(sqlite3.connect(filled.config.parent / "test.db")) as idle:
        idle.execute("SELECT count(*) FROM card").fetchall()
        done = subprocess.run(
            command(
                "-c", filled.config, "backup", "restore", tmp_path / "monday.backup", "--force"
            ),
            capture_output=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == 1
    assert b"The store is in use" in done.stderr
    assert b"Stop the server" in done.stderr


def test_a_disk_that_is_full_is_told_and_leaves_nothing(filled: Shell, tmp_path: Path) -> None:
    """No file may grow beyond 200 KiB, which the database already has."""
    directory = tmp_path / "small"
    directory.mkdir()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200 * 1024, 200 * 1024))

    done = subprocess.run(
        command("-c", filled.config, "backup", directory / "monday.backup"),
        capture_output=True,
        env=environment(),
        check=False,
        preexec_fn=limit,
    )
    assert done.returncode == 1, done.stderr
    assert b"monday.backup cannot be written" in done.stderr
    assert b"make room" in done.stderr
    assert list(directory.iterdir()) == []


def test_a_bar_shows_how_far_it_is(filled: Shell, tmp_path: Path) -> None:
    code, shown = run_on_terminal("-c", filled.config, "backup", tmp_path / "monday.backup")
    assert code == 0
    assert "copying the database" in shown
    assert "packing the copy" in shown
    words = ("backup", "restore", "--force", tmp_path / "monday.backup")
    code, shown = run_on_terminal("-c", filled.config, *words)
    assert code == 0, shown
    for stage in ("checking the sums", "keeping what was there", "putting the copy in its place"):
        assert stage in shown
