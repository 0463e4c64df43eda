"""Help, slips of the pen, the config file's place, and how commands end."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import psycopg
import pytest

from dirserver import __version__
from tests import processes
from tests.cli.shell import Shell, command, environment, run
from tests.postgresql import Server

COMMANDS = [
    (), ("serve",), ("check",), ("plan",), ("apply",), ("passwd",), ("book",), ("book", "list"),
    ("book", "show"), ("book", "purge"), ("import",), ("export",), ("search",), ("audit",),
    ("duplicates",), ("duplicates", "find"), ("duplicates", "not-same"),
    ("backup",), ("backup", "make"), ("backup", "verify"), ("backup", "restore"),
    ("quality",), ("quality", "report"), ("quality", "fix"),
    ("sync-source",), ("history",), ("history", "prune"),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_fits_a_screen(words: tuple[str, ...], shell: Shell) -> None:
    done = shell(*words, "--help")
    assert done.code == 0
    assert done.err == ""
    assert len(done.lines()) <= 36
    # A line of --json keys may be a little longer.
    assert all(len(line) <= 100 for line in done.lines())


def test_the_help_of_all_gives_examples_and_exit_codes() -> None:
    done = run("--help")
    assert done.code == 0
    assert "dirserver import phones.vcf --book customers" in done.out
    assert "Exit codes: 0 done; 1 not done" in done.out
    assert all(words[0] in done.out for words in COMMANDS if words)
    assert all(len(line) <= 80 for line in done.lines())


def test_the_examples_of_the_help_are_understood(filled: Shell, cards: Path) -> None:
    for example in (
        ["plan"],
        ["import", str(cards), "--book", "customers"],
        ["search", "müller", "--as", "bob"],
        ["audit", "--since", "2d"],
    ):
        assert filled(*example).code == 0


def test_help_does_not_wait_for_what_only_commands_need() -> None:
    code = (
        "import sys; from dirserver.cli import main; code = main(['--help']);"
        "heavy = {'sqlalchemy', 'twisted', 'ldaptor', 'radicale', 'phonenumbers', 'rich'};"
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), check=True
    )
    assert done.stderr == b"0 []\n"


@pytest.mark.parametrize("words", [["check"], ["plan"], ["search", "x"]], ids=" ".join)
def test_only_serve_takes_a_reactor(words: list[str], shell: Shell) -> None:
    code = (
        "import sys; from dirserver.cli import main; code = main(sys.argv[1:]);"
        "print(code, 'twisted.internet.reactor' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "-c", shell.config, *words],
        capture_output=True,
        env=environment(),
        check=True,
    )
    assert done.stderr.splitlines()[-1] == b"0 False"


def test_the_version_is_told(shell: Shell) -> None:
    assert shell("--version").out == f"dirserver {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["improt"], "Did you mean 'import'?"),
        (["plan", "--exitcode"], "--exit-code"),
        (["import", "x.vcf"], "'--book'"),
        (["search"], "TEXT"),
        (["audit", "--limit", "0"], "--limit"),
        (["audit", "--limit", "many"], "--limit"),
        (["book", "show"], "BOOK"),
    ],
)
def test_what_is_not_understood_is_refused_with_2(
    words: list[str], said: str, shell: Shell
) -> None:
    done = shell(*words)
    assert done.code == 2
    assert said in done.err
    assert "Try 'dirserver" in done.err
    assert done.out == ""


def test_the_config_file_may_be_named_after_the_command(unapplied: Shell) -> None:
    file = unapplied.config
    for words in (["-c", file], [f"-c{file}"], ["--config", file], [f"--config={file}"]):
        assert unapplied.bare("plan", *words, "--exit-code").code == 2
        assert unapplied.bare(*words, "plan", "--exit-code").code == 2
    assert unapplied.bare("plan", "-c").code == 2


def test_the_config_file_is_looked_for(
    unapplied: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(unapplied.config.parent)
    assert unapplied.bare("check").code == 0
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.chdir(nowhere)
    done = unapplied.bare("check")
    assert done.code == 1
    assert done.err.startswith("There is no config file: neither ./dirserver.toml nor /etc/")
    assert "-c FILE" in done.err
    done = unapplied.bare("check", "-c", "none.toml")
    assert done.code == 1
    assert done.err.startswith("none.toml: there is no such file; name another with -c")
    monkeypatch.setenv("DIRSERVER_CONFIG", str(unapplied.config))
    assert unapplied.bare("check").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["book", "list"],
        ["book", "show", "customers"],
        ["search", "anna"],
        ["export", "--book", "customers"],
        ["audit"],
        ["import", "--book", "customers", "-"],
    ],
    ids=" ".join,
)
def test_a_database_that_is_not_set_up_is_told_of_and_not_made(
    words: list[str], unapplied: Shell
) -> None:
    done = unapplied(*words)
    assert done.code == 1
    assert done.err == f"The database is not set up yet; run: {unapplied.proposed('apply')}\n"
    assert done.out == ""
    assert not (unapplied.config.parent / "test.db").exists()


def _change(shell: Shell, old: str, new: str) -> None:
    text = shell.config.read_text()
    assert old in text
    shell.config.write_text(text.replace(old, new))


def test_a_directory_for_the_database_that_is_missing_is_told_of(unapplied: Shell) -> None:
    _change(unapplied, "sqlite:///test.db", "sqlite:///no/such/test.db")
    done = unapplied("apply")
    assert done.code == 1
    assert done.err.startswith("The database cannot be used: there is no directory ")
    assert "Create it, or correct url in [database]." in done.err


def test_a_file_that_is_no_database_is_told_of(unapplied: Shell) -> None:
    (unapplied.config.parent / "test.db").write_text("Dear diary, " * 1000)
    for words in (["plan"], ["apply"], ["search", "x"]):
        done = unapplied(*words)
        assert done.code == 1
        assert "is not a database. Correct url in [database]" in done.err


def test_a_database_server_that_does_not_run_is_told_of(unapplied: Shell) -> None:
    url = "postgresql+psycopg://dirserver:hunter2@127.0.0.1:1/dirserver"
    _change(unapplied, "sqlite:///test.db", url)
    done = unapplied("apply")
    assert done.code == 1
    assert done.err.startswith("The database cannot be used: ")
    assert "refused" in done.err
    assert "Look whether it runs" in done.err
    assert "hunter2" not in done.err


def test_a_database_of_a_newer_dirserver_is_left_alone(shell: Shell) -> None:
    with sqlite3.connect(shell.config.parent / "test.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for words in (["plan"], ["apply"], ["audit"]):
        done = shell(*words)
        assert done.code == 1
        assert done.err.startswith("The database has schema 9999")


def test_a_bug_is_called_one_and_shown_on_request(shell: Shell) -> None:
    with sqlite3.connect(shell.config.parent / "test.db") as database:
        database.execute("DROP TRIGGER audit_event_unchanged")
        database.execute("UPDATE audit_event SET action = 'unheard:of'")
    database.close()
    done = shell("audit")
    assert done.code == 70
    assert done.err.startswith("This is a bug in dirserver (ValueError).")
    assert "--verbose" in done.err
    assert "Traceback" not in done.err
    done = shell("audit", "--verbose")
    assert done.code == 70
    assert "Traceback" in done.err
    debugged = run("-c", shell.config, "audit", env={"DIRSERVER_DEBUG": "1"})
    assert debugged.code == 70
    assert "Traceback" in debugged.err


def test_a_reader_that_goes_away_is_no_reason_to_complain(filled: Shell) -> None:
    process = subprocess.Popen(
        command("-c", filled.config, "audit"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode == 1


def test_an_interrupt_is_quiet(shell: Shell) -> None:
    ours, theirs = os.pipe()
    process = processes.begin(
        "-c", shell.config, "import", "--book", "customers", "-",
        stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    os.close(ours)
    os.write(theirs, b"BEGIN:VCARD\n")
    while _unread_bytes(theirs):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    code = process.wait(60)
    os.close(theirs)
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert (code, process.stdout.read(), process.stderr.read()) == (130, b"", b"")


def _unread_bytes(pipe: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return int(count)


def test_a_full_disk_is_told_of(filled: Shell) -> None:
    for words in (["search", "e"], ["export", "--book", "customers"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                command("-c", filled.config, *words),
                stdout=full,
                stderr=subprocess.PIPE,
                env=environment(),
                check=False,
            )
        assert done.returncode == 1
        said = b"The operating system refused something: No space left on device.\n"
        assert done.stderr == said


def test_output_that_is_closed_is_written_nowhere(filled: Shell) -> None:
    words = " ".join(map(shlex.quote, command("-c", filled.config, "search", "e")))
    done = subprocess.run(
        f"{words} >&-", shell=True, stderr=subprocess.PIPE, env=environment(), check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_role_that_lacks_a_privilege_is_told_of(
    postgresql_server: Server, unapplied: Shell
) -> None:
    url = postgresql_server.make("guarded")
    try:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE ROLE weak LOGIN")
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        _change(unapplied, "sqlite:///test.db", url.replace("dirserver@", "weak@"))
        done = unapplied("apply")
    finally:
        postgresql_server.drop("guarded")
    assert done.code == 1
    assert "permission denied for schema public" in done.err
    assert "Give the database role that privilege" in done.err
