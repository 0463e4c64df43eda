"""``dirserver sync-source``: books are brought up to their sources, or these are listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell, run_on_terminal

HEAD = "No.,First Name,Last Name,E-mail\n"
PEOPLE = [f"{number},Ann,Nr {number},a{number}@example.org" for number in range(9)]


@pytest.fixture
def file(shell: Shell) -> Path:
    """A file that the staff follow."""
    path = shell.config.parent / "people.csv"
    path.write_text(HEAD + "\n".join(PEOPLE))
    text = shell.config.read_text(encoding="utf-8")
    text += '\n[sources.hr]\ntype = "csv"\nbook = "staff"\nfile = "people.csv"\nkey = "No."\n'
    shell.config.write_text(text, encoding="utf-8")
    return path


def test_a_plan_tells_of_a_source(shell: Shell, file: Path) -> None:
    (line,) = [line for line in shell("plan").lines() if "sources" in line]
    assert "[sources.hr]" in line
    assert f"csv {file} for staff, nightly" in line


def test_a_dry_run_shows_who_comes_changes_and_goes(shell: Shell, file: Path) -> None:
    done = shell("sync-source", "hr", "--dry-run")
    assert done.code == 0
    assert len([line for line in done.lines() if line.startswith("+ Ann Nr ")]) == 9
    assert done.lines()[-2:] == [
        "hr: 9 new, 0 changed, 0 gone, 0 as before",
        "this was a dry run: staff is as it was",
    ]
    assert shell("sync-source").lines()[-1].endswith("never")
    assert shell("sync-source", "hr").err == shell.hint("undo --batch 1")
    file.write_text(HEAD + "\n".join(PEOPLE[:-1]).replace("a3@", "anna@"))
    lines = shell("sync-source", "hr", "--dry-run").lines()
    assert lines[0].startswith("~ Ann Nr 3, staff/")
    assert lines[0].endswith(" changes")
    assert "a3@example.org -> anna@example.org" in lines[1]
    assert lines[2].startswith("- Ann Nr 8, staff/")
    assert lines[2].endswith(" goes: the source has it no longer")
    assert lines[3] == "hr: 0 new, 1 changed, 1 gone, 7 as before"


def test_sources_are_listed_with_how_they_ended(shell: Shell, file: Path) -> None:
    shell("sync-source", "--all")
    (told,) = shell("sync-source", "--json").json()
    assert (told["source"], told["type"], told["where"]) == ("hr", "csv", str(file))
    assert (told["book"], told["schedule"], told["run"]) == ("staff", "nightly", None)
    assert told["last"]["ending"] == "done"
    assert "done: 9 new, 0 changed" in shell("sync-source").out


def test_a_run_as_programs_read_it(shell: Shell, file: Path) -> None:
    (told,) = shell("sync-source", "hr", "--json", "--dry-run").json()
    run = told["run"]
    assert (run["new"], run["dry_run"], run["batch"], len(run["cards"])) == (9, True, None, 9)
    (told,) = shell("sync-source", "hr", "--json").json()
    assert (told["run"]["batch"], told["run"]["cards"]) == (1, [])


def test_when_too_much_would_go_it_stops_with_its_own_code(shell: Shell, file: Path) -> None:
    shell("sync-source", "hr")
    file.write_text(HEAD + "\n".join(PEOPLE[:5]))
    done = shell("sync-source", "hr")
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "Nothing was changed: the source hr: 4 of its 9 cards would go, which is hardly meant. Look"
        " at it with --dry-run; if it is, say: "
        f"{shell.proposed('sync-source hr --accept-removals')}\n"
    )
    assert "stopped: 4 of its 9 cards would go" in shell("sync-source").out
    assert "source hr: 4 of its 9" in shell("audit", "--action", "source:fail").out
    done = shell("sync-source", "hr", "--dry-run")
    assert (done.code, len([one for one in done.lines() if one[:1] == "-"])) == (0, 4)
    assert done.err == (
        "warning: 4 of its 9 cards would go: without --accept-removals it would stop\n"
    )
    assert shell("sync-source", "hr", "--accept-removals").lines() == [
        "hr: 0 new, 0 changed, 4 gone, 5 as before"
    ]


def test_on_a_terminal_it_asks(shell: Shell, file: Path) -> None:
    shell("sync-source", "hr")
    file.write_text(HEAD + "\n".join(PEOPLE[:5]))
    words = ("-c", shell.config, "sync-source", "hr")
    code, shown = run_on_terminal(*words, answers=[("Go on?", "y\r")])
    assert code == 0
    assert "4 of its 9 cards would go. Go on? [y/N]" in shown
    assert "4 gone" in shown


def test_what_cannot_be_read_is_told_and_nobody_is_taken_out(shell: Shell, file: Path) -> None:
    shell("sync-source", "hr")
    file.write_text(HEAD + "\n".join(PEOPLE[:-1]) + '\n8,"Ann')
    done = shell("sync-source", "hr")
    assert done.code == 0
    assert done.lines()[-1].startswith("hr: 0 new, ")
    assert "so nobody is taken out of staff" in done.err


def test_slips_are_answered(shell: Shell, file: Path) -> None:
    assert shell("sync-source", "hrr").err == "There is no source hrr; did you mean hr?\n"
    assert "either" in shell("sync-source", "hr", "--all").err
    file.unlink()
    done = shell("sync-source", "hr")
    assert (done.code, done.err) == (
        1,
        f"Nothing was changed: the source hr: {file}: there is no such file.\n",
    )


def test_a_book_that_is_not_applied_yet_is_told(shell: Shell, file: Path) -> None:
    text = shell.config.read_text(encoding="utf-8").replace('book = "staff"', 'book = "new"')
    shell.config.write_text(text + '\n[books.new]\nname = "New"\n', encoding="utf-8")
    done = shell("sync-source", "hr")
    assert done.code == 1
    assert done.err.endswith(f"but not applied yet; run: {shell.proposed('apply')}\n")


def test_who_is_there_twice_is_told(shell: Shell, file: Path) -> None:
    file.write_text(HEAD + "\n".join([*PEOPLE, "3,Eve,Again,eve@example.org"]))
    told = shell("sync-source", "hr").lines()
    assert told == [
        "hr: number 10, Eve Again: it is known by the same as one before, and stands instead",
        "hr: 9 new, 0 changed, 0 gone, 0 as before",
    ]


def test_without_a_source_it_says_where_they_are_declared(shell: Shell) -> None:
    assert shell("sync-source").lines() == [
        "There are no sources; they are declared in the config, as [sources.NAME]."
    ]


def test_the_doctor_tells_of_a_source_that_failed(shell: Shell, file: Path) -> None:
    (found,) = [one for one in shell("doctor", "--json").json() if one["name"] == "source hr"]
    assert (found["ok"], found["said"]) == (True, "was not looked at yet")
    file.rename(file.with_suffix(".gone"))
    shell("sync-source", "hr")
    (found,) = [one for one in shell("doctor", "--json").json() if one["name"] == "source hr"]
    assert not found["ok"]
    assert "there is no such file" in found["said"]
    assert f"Look at it: {shell.proposed('sync-source')} hr --dry-run" in found["advice"]
    file.with_suffix(".gone").rename(file)
    shell("sync-source", "hr")
    (found,) = [one for one in shell("doctor", "--json").json() if one["name"] == "source hr"]
    assert found["ok"]
