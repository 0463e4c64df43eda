"""``dirserver passwd``: from a password to a line of the config file."""

from __future__ import annotations

import re

import pytest
from passlib.hash import argon2

from tests.cli.shell import Shell, run, run_on_terminal

LINE = re.compile(r'password_hash = "(\$argon2id\$[^"]+)"')
GOOD = "correct horse battery"


def test_it_asks_twice_and_shows_nothing_of_it() -> None:
    answers = [("Password: ", f"{GOOD}\n"), ("Once more: ", f"{GOOD}\n")]
    code, shown = run_on_terminal("passwd", answers=answers)
    assert code == 0
    assert GOOD not in shown
    found = LINE.search(shown)
    assert found is not None
    assert argon2.verify(GOOD, found[1])


def test_what_differs_the_second_time_is_refused() -> None:
    answers = [("Password: ", f"{GOOD}\n"), ("Once more: ", "something else\n")]
    code, shown = run_on_terminal("passwd", answers=answers)
    assert code == 1
    assert "The two passwords differ." in shown
    assert LINE.search(shown) is None


def test_a_script_gives_it_as_a_line_of_the_input() -> None:
    done = run("passwd", "--stdin", stdin=f"{GOOD}\nignored\n".encode())
    assert (done.code, done.err) == (0, "")
    found = LINE.fullmatch(done.out.rstrip("\n"))
    assert found is not None
    assert argon2.verify(GOOD, found[1])


def test_the_line_is_one_that_a_config_file_takes(unapplied: Shell) -> None:
    line = unapplied("passwd", "--stdin", stdin=b"Pass w\xc3\xb6rd mit Leerzeichen\n").out
    with unapplied.config.open("a") as file:
        file.write(f'[users.frank]\nname = "Frank"\n{line}')
    done = unapplied("check")
    assert (done.code, done.err) == (0, "")


def test_no_config_file_is_needed(tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = tmp_path_factory.mktemp("nowhere")
    assert run("passwd", "--stdin", stdin=GOOD.encode(), cwd=nowhere).code == 0


@pytest.mark.parametrize(
    ("password", "said"),
    [
        (b"", "The password is empty."),
        (b"\n", "The password is empty."),
        (b"with a\ttab in it", "characters that cannot be seen"),
        (b"with a\0nul in it", "characters that cannot be seen"),
        (b"\xff\xfe not text", "not UTF-8"),
        (b"x" * 2000, "more than 1024 bytes"),
    ],
)
def test_what_nobody_could_log_in_with_is_refused(password: bytes, said: str, shell: Shell) -> None:
    done = shell("passwd", "--stdin", stdin=password)
    assert done.code == 1
    assert said in done.err
    assert done.out == ""


def test_a_short_one_is_warned_of(shell: Shell) -> None:
    done = shell("passwd", "--stdin", stdin=b"hunter2\n")
    assert done.code == 0
    assert done.err.startswith("warning: this password is short")
    assert "hunter2" not in done.out + done.err


def test_without_a_terminal_there_is_nobody_to_ask(shell: Shell) -> None:
    done = shell("passwd", stdin=b"piped\n")
    assert done.code == 1
    assert "with --stdin" in done.err
