"""Slips that end in words: whatever is typed, nobody is told that it is a bug in dirserver."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import CARDS
from tests.cli.shell import Shell, command, environment


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("import", "--book", "customers", "-"), 1),
        (("passwd",), 1),
        (("passwd", "--stdin"), 1),
    ],
)
def test_a_closed_input_is_an_empty_one(
    filled: Shell, arguments: tuple[str, ...], code: int
) -> None:
    line = " ".join(command("-c", filled.config, *arguments))
    done = subprocess.run(
        f"{line} <&-", shell=True, capture_output=True, env=environment(), check=False, timeout=60
    )
    said = done.stderr.decode()
    assert done.returncode == code, said
    assert "bug" not in said
    assert said.strip()


@pytest.mark.parametrize("words", [("search", "anna"), ("audit",)])
def test_a_limit_beyond_all_numbers_is_refused(filled: Shell, words: tuple[str, ...]) -> None:
    done = filled(*words, "--limit", "9" * 30)
    assert done.code == 2
    assert "--limit" in done.err


@pytest.mark.parametrize("option", ["--card", "--user", "--book"])
def test_a_name_that_is_no_text_is_nobody(filled: Shell, option: str) -> None:
    done = filled("audit", option, "\udcff")
    assert (done.code, done.out) == (0, "nothing happened that this asks for\n")


@pytest.mark.parametrize(
    ("option", "name", "hint"),
    [
        ("--user", "alcie", "There is no user alcie now; did you mean alice?"),
        ("--book", "custmers", "There is no book custmers now; did you mean customers?"),
        ("--device", "nosuch", "There is no device nosuch, nor any other."),
    ],
)
def test_a_mistyped_name_is_not_taken_for_innocence(
    filled: Shell, option: str, name: str, hint: str
) -> None:
    done = filled("audit", option, name)
    assert (done.code, done.out) == (0, "nothing happened that this asks for\n")
    assert done.err == f"{hint}\n"


def test_more_words_than_anybody_has_names_are_refused(filled: Shell) -> None:
    done = filled("search", *["anna"] * 3000)
    assert done.code == 1
    assert done.err == "These are more than 24 words; leave some out.\n"


def test_a_number_is_found_as_a_link(filled: Shell) -> None:
    (anna,) = filled("search", "anna", "--json").json()
    number = anna["numbers"][0]
    link = "tel:" + number.replace(" ", "-")
    assert [card["name"] for card in filled("search", link, "--json").json()] == [anna["name"]]


def test_a_directory_for_a_database_is_said_to_be_one(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    text = shell.config.read_text(encoding="utf-8")
    shell.config.write_text(text.replace("test.db", "here"), encoding="utf-8")
    done = shell("apply")
    assert done.code == 1
    assert "is a directory. Name a file in it" in done.err
    assert "here" not in shell("check").err


def test_an_export_that_cannot_be_written_says_where_it_should_have_gone(
    filled: Shell, tmp_path: Path
) -> None:
    """Not where the half-written file was, which is nobody's concern."""
    target = tmp_path / "no" / "such" / "folder.vcf"
    done = filled("export", "--book", "customers", "--output", target)
    assert done.code == 1
    assert done.err.startswith(f"{target} cannot be written: ")
    # A file in the place of a folder: even to tidy up is refused.
    (tmp_path / "file").write_bytes(CARDS["anna"])
    done = filled("export", "--book", "customers", "--output", tmp_path / "file" / "x.vcf")
    assert done.code == 1
    assert done.err.startswith(f"{tmp_path / 'file' / 'x.vcf'} cannot be written: ")
