"""What the command line refuses to show or take back: who is told what, and what the trail has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell

SHARE = ["grant", "add", "--to", "bob", "--access", "read"]


def refused(shell: Shell) -> list[tuple[str, str, str]]:
    """Who was refused what, in which book."""
    told = shell("audit", "--json").json()
    return [
        (one["actor"], one["action"], one["book"]) for one in told if one["outcome"] == "refused"
    ]


@pytest.mark.parametrize(
    ("words", "action", "book"),
    [
        (["undo", "--user", "alice", "--book", "customers"], "card:undo", "customers"),
        (["undo", "--user", "alice"], "card:undo", ""),
        (["restore", "anna", "--book", "customers"], "card:restore", "customers"),
        (["restore", "anna"], "card:restore", ""),
        (["book", "restore", "customers", "--at", "1h"], "book:restore", "customers"),
        (["history", "anna", "--book", "customers"], "card:read", "customers"),
        (["show", "anna"], "card:read", ""),
        (["export", "--book", "customers"], "card:export", "customers"),
        (["search", "anna", "--book", "secret"], "card:read", "secret"),
        ([*SHARE, "customers"], "grant:add", "customers"),
    ],
)
def test_what_is_refused_is_told_once_as_what_was_tried(
    words: list[str], action: str, book: str, filled: Shell
) -> None:
    assert filled(*words, "--as", "erin").code == 1
    assert refused(filled) == [("erin", action, book)]


def test_an_import_where_one_may_not_even_look_is_told(filled: Shell, cards: Path) -> None:
    assert filled("import", "--book", "secret", cards, "--as", "erin").code == 1
    assert refused(filled) == [("erin", "card:import", "secret")]


@pytest.mark.parametrize("name", ["ben", "ben.vcf", "Ben Øster"])
def test_the_past_of_a_card_is_for_those_who_manage_its_book(name: str, managed: Shell) -> None:
    done = managed("show", name, "--as", "dave")
    assert done.code == 1
    assert f"{name} is in customers, and the past of a book is for those who manage it" in done.err
    assert "dave manages secret" in done.err.replace("\n", " ")
    assert refused(managed) == [("dave", "card:read", "customers")]


def test_of_a_card_that_is_nowhere_or_hidden_is_said_the_same(managed: Shell) -> None:
    said = managed("show", "nobody", "--as", "dave").err
    assert said.startswith("There is no card nobody, and there was none.")
    assert refused(managed) == []


def test_what_was_done_in_books_of_others_is_not_theirs_to_take_back(managed: Shell) -> None:
    done = managed("undo", "--user", "root", "--as", "dave")
    assert done.code == 1
    said = " ".join(done.err.split())
    assert said.startswith("Nothing was done in secret that this asks for.")
    assert "books that dave does not manage is not theirs to take back" in said
    assert "who did what" not in said.lower()
    assert managed.proposed("audit") in managed("undo", "--user", "erin").err


@pytest.fixture
def managed(filled: Shell) -> Shell:
    """A shell where dave reads customers, and manages another book."""
    text = filled.config.read_text(encoding="utf-8")
    for old, new in (
        ('{ to = "dave", access = "search" }', '{ to = "dave", access = "read" }'),
        (
            'name = "Secret"\ngrants = [',
            'name = "Secret"\ngrants = [{ to = "dave", access = "manage" }, ',
        ),
    ):
        assert old in text
        text = text.replace(old, new)
    filled.config.write_text(text, encoding="utf-8")
    assert filled("apply").code == 0
    return filled
