"""``dirserver import --on-duplicate``: who is known already, and what becomes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.shell import Shell, run_on_terminal
from tests.organisation import vcard

BEN = vcard("b2", "Ben Østergaard", "TEL;TYPE=cell:+49 171 3920010", "TITLE:Chef")
NEW = vcard("new", "Dora Groß", "EMAIL:dora@example.org")
REASONS = "(the same name; the same mobile number, 1713920010)"


@pytest.fixture
def coming(tmp_path: Path) -> Path:
    """A file of two people of whom one is among the three customers, under another UID."""
    path = tmp_path / "coming.vcf"
    path.write_bytes(NEW + BEN)
    return path


UNDO = re.compile(r"To take this back: dirserver (?:-c \S+ )?undo --import \d+\n")


def exported(shell: Shell, book: str = "customers") -> str:
    return shell("export", "--book", book).out


def import_into(shell: Shell, file: Path, *options: str, book: str = "customers") -> list[str]:
    done = shell("import", "--book", book, file, *options)
    assert (done.code, UNDO.sub("", done.err)) == (0, "")
    shown, *told = done.lines()
    assert shown.startswith(f"{file}: vCard, ")
    return told


def test_a_duplicate_updates_the_card_and_an_undo_takes_that_back(
    filled: Shell, coming: Path
) -> None:
    before = exported(filled)
    assert import_into(filled, coming, "--dry-run") == [
        f"{coming}: 2 cards: 1 new, 0 changed, 0 as before; of duplicates: 1 updated",
        f"{coming}:8: card 2, Ben Østergaard: would go into customers/ben.vcf {REASONS}",
        "this was a dry run: customers is as it was",
    ]
    assert exported(filled) == before
    assert import_into(filled, coming) == [
        f"{coming}: 2 cards: 1 new, 0 changed, 0 as before; of duplicates: 1 updated",
        f"{coming}:8: card 2, Ben Østergaard: went into customers/ben.vcf {REASONS}",
    ]
    after = exported(filled)
    assert after.count("FN:Ben") == 1
    assert "TITLE:Chef" in after
    assert "ORG:Nordlys ApS" in after
    head = f"{coming}: 2 cards: 0 new, 0 changed, 2 as before"
    for choice in ("update", "add", "skip"):
        assert import_into(filled, coming, "--on-duplicate", choice) == [head]
    assert exported(filled) == after
    assert filled("undo", "--import", "2", "--yes").code == 0
    assert exported(filled) == before
    # What was taken back can come again.
    assert import_into(filled, coming)[0].endswith("1 updated")
    assert exported(filled) == after


def test_a_duplicate_is_skipped_or_added_nonetheless(filled: Shell, coming: Path) -> None:
    assert import_into(filled, coming, "--on-duplicate", "skip") == [
        f"{coming}: 2 cards: 1 new, 0 changed, 0 as before; of duplicates: 1 skipped",
        f"{coming}:8: card 2, Ben Østergaard: skipped, being customers/ben.vcf {REASONS}",
    ]
    assert "TITLE:Chef" not in exported(filled)
    assert import_into(filled, coming, "--on-duplicate", "add") == [
        f"{coming}: 2 cards: 1 new, 0 changed, 1 as before; of duplicates: 1 added",
        f"{coming}:8: card 2, Ben Østergaard: added, though it is customers/ben.vcf {REASONS}",
    ]
    assert exported(filled).count("FN:Ben") == 2


def test_one_of_another_book_is_told_of_and_one_of_the_same_files_is_met(
    filled: Shell, coming: Path
) -> None:
    coming.write_bytes(BEN + BEN.replace(b"UID:b2", b"UID:b3").replace(b"Chef", b"Meister"))
    before = exported(filled)
    first, second = import_into(filled, coming, book="staff")[1:]
    assert first == (
        f"{coming}:1: card 1, Ben Østergaard: added; it is also customers/ben.vcf, which stays as "
        f"it is {REASONS}"
    )
    assert second == f"{coming}:9: card 2, Ben Østergaard: went into card 1 {REASONS}"
    assert exported(filled) == before
    assert exported(filled, "staff").count("FN:Ben") == 1


def test_programs_are_told_which_card_it_is_and_why(filled: Shell, coming: Path) -> None:
    told = filled("import", "--book", "customers", coming, "--json").json()["files"][0]
    assert (told["new"], told["updated"], told["skipped"], told["added"]) == (1, 1, 0, 0)
    (duplicate,) = told["duplicates"]
    other = duplicate.pop("other")
    assert duplicate == {
        "card": 2,
        "line": 8,
        "name": "Ben Østergaard",
        "uid": "b2",
        "fate": "updated",
        "reasons": ["the same name", "the same mobile number, 1713920010"],
    }
    key = filled("search", "ben", "--json").json()[0]["key"]
    assert other == {
        "book": "customers", "href": "ben.vcf", "key": key, "file": "", "card": 0, "line": 0,
    }  # fmt: skip


def test_nobody_is_asked_where_nobody_is(filled: Shell, coming: Path) -> None:
    before = exported(filled)
    done = filled("import", "--book", "customers", coming, "--on-duplicate", "ask")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "--on-duplicate ask is for somebody at a terminal, and here is none. Say update, skip or "
        "add; --dry-run shows whom that concerns. Nothing was imported.\n"
    )
    assert exported(filled) == before
    # Of what would be asked, a dry run tells without asking.
    assert import_into(filled, coming, "--on-duplicate", "ask", "--dry-run")[1].startswith(
        f"{coming}:8: card 2, Ben Østergaard: would go into"
    )


@pytest.mark.parametrize(
    ("answers", "chefs", "bens", "code"),
    [("u", 1, 1, 0), ("x\rs", 0, 1, 0), ("a", 1, 2, 0), ("q", 0, 1, 1)],
)
def test_somebody_at_a_terminal_is_asked_one_by_one(
    filled: Shell, coming: Path, answers: str, chefs: int, bens: int, code: int
) -> None:
    options = ("import", "--book", "customers", coming, "--on-duplicate", "ask")
    ended, shown = run_on_terminal(
        "-c", filled.config, *options, answers=[("(q)uit: ", f"{answers}\r")]
    )
    assert ended == code
    assert "1 of 1: Ben Østergaard" in shown
    assert " title: Chef" in shown
    after = exported(filled)
    assert (after.count("TITLE:Chef"), after.count("FN:Ben")) == (chefs, bens)
    assert ("FN:Dora" in after) is (code == 0)


def test_one_answer_may_do_for_all_that_follow(filled: Shell, coming: Path) -> None:
    anna = vcard("a2", "Anna Müller", "EMAIL:anna@blumen.example.org", "TITLE:Chef")
    coming.write_bytes(anna + BEN)
    options = ("import", "--book", "customers", coming, "--on-duplicate", "ask")
    ended, shown = run_on_terminal("-c", filled.config, *options, answers=[("(q)uit: ", "U\r")])
    assert (ended, shown.count("(q)uit: ")) == (0, 1)
    assert exported(filled).count("TITLE:Chef") == 2
