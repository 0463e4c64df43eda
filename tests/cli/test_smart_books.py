"""Smart books at the command line: shown, searched and exported; nothing is put into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CARDS
from tests.cli.shell import Shell

SMART = """
[books.florists]
name = "Florists"
query = 'org contains "blumen" and book in ("customers", "staff")'
grants = [
  { to = "alice", access = "manage" },
  { to = "bob", access = "read" },
  { to = "carol", access = "read" },
]
"""


@pytest.fixture
def florists(filled: Shell) -> Shell:
    """A shell for the organisation with three customers, two of whom are in a smart book."""
    text = filled.config.read_text(encoding="utf-8")
    filled.config.write_text(text + SMART, encoding="utf-8")
    done = filled("apply")
    assert done.code == 0
    said = 'book florists: Florists, query org contains "blumen" and book in ("customers", "staff")'
    assert any(said in line for line in done.lines())
    return filled


def test_it_is_listed_last_with_its_query_and_how_many_it_shows(florists: Shell) -> None:
    lines = florists("book", "list").lines()
    at = next(at for at, line in enumerate(lines) if line.startswith("florists"))
    assert lines[at].split()[:3] == ["florists", "Florists", "2"]
    assert 'org contains "blumen"' in " ".join(lines[at:])
    assert at > max(at for at, line in enumerate(lines) if line.startswith("staff"))
    # What is hidden from her finds nobody.
    (row,) = [one for one in florists("book", "list", "--as", "carol").lines() if "Florists" in one]
    assert row.split()[2] == "0"
    assert "Florists" not in florists("book", "list", "--as", "dave").out


def test_it_is_shown_with_its_query_and_its_books(florists: Shell) -> None:
    lines = florists("book", "show", "florists").lines()
    assert lines[0] == "Florists (florists)"
    assert [" ".join(line.split()) for line in lines[1:4]] == [
        "cards 2",
        'query org contains "blumen" and book in ("customers", "staff")',
        "kept in customers and staff",
    ]
    shown = florists("book", "show", "florists", "--json").json()
    assert shown["query"] == 'org contains "blumen" and book in ("customers", "staff")'
    assert (shown["shows"], shown["cards"]) == (["customers", "staff"], 2)


def test_it_is_searched(florists: Shell) -> None:
    found = florists("search", "mül", "--book", "florists", "--json").json()
    assert [(card["name"], card["book"]) for card in found] == [
        ("Anna Müller", "customers"),
        ("Zoë Muller-Groß", "customers"),
    ]
    assert florists("search", "ben", "--book", "florists", "--json").json() == []
    assert florists("search", "anna", "--book", "florists", "--as", "carol", "--json").json() == []


def test_it_is_exported_and_the_trail_tells_from_which_books(
    florists: Shell, tmp_path: Path
) -> None:
    out = tmp_path / "out.vcf"
    done = florists("export", "--book", "florists", "-o", out, "--as", "bob")
    assert (done.code, done.err) == (0, "")
    assert done.lines() == [f"{out}: 2 cards of florists (kept in customers and staff)"]
    assert out.read_bytes() == CARDS["anna"] + CARDS["zoe"]
    assert florists("export", "--book", "florists").out.encode() == CARDS["anna"] + CARDS["zoe"]
    told = florists("audit", "--action", "card:export", "--json").json()
    assert [(one["book"], one["detail"].split(" to ")[0]) for one in told[:2]] == [
        ("customers", "2 cards"),
        ("staff", "0 cards"),
    ]


WHERE = "Name the book that they are kept in: customers or staff."
WHAT = "florists is a smart book: it shows cards of other books, and has none of its own."


def test_what_is_about_a_books_own_cards_is_refused(florists: Shell, cards: Path) -> None:
    for command in (
        ("import", cards, "--book", "florists"),
        ("book", "restore", "florists", "--at", "yesterday", "--yes"),
        ("restore", "anna", "--book", "florists"),
        ("history", "anna", "--book", "florists"),
        ("show", "anna", "--book", "florists"),
        ("quality", "florists"),
        ("quality", "fix", "florists"),
        ("duplicates", "florists"),
    ):
        done = florists(*command)
        assert (done.code, done.out, done.err) == (1, "", f"{WHAT} {WHERE}\n"), command


def test_it_cannot_be_purged_while_it_is_in_use_but_then(florists: Shell) -> None:
    done = florists("book", "purge", "florists", "--yes")
    assert done.code == 1
    assert "florists is in use, and only an archived book can be purged." in done.err
    text = florists.config.read_text(encoding="utf-8")
    florists.config.write_text(text.replace(SMART, ""), encoding="utf-8")
    assert florists("apply").code == 0
    done = florists("book", "purge", "florists", "--yes")
    assert done.lines() == ["florists is gone for good: 0 cards with 0 versions in all"]
    assert len(florists("search", "blumen", "--json").json()) == 2


GIVE = ("grant", "add", "florists", "--to", "erin", "--access")


def test_grants_on_it_are_given_and_explained(florists: Shell) -> None:
    assert florists(*GIVE, "read", "--as", "alice").code == 0
    listed = florists("grant", "list", "florists").lines()
    assert [line.split()[0] for line in listed[2:]] == ["alice", "bob", "carol", "erin"]
    done = florists(*GIVE, "write", "--as", "alice")
    assert done.code == 1
    assert "Only read can be given on a smart book" in done.err
    assert florists("why", "erin", "read", "florists").code == 0
    assert florists("why", "dave", "read", "florists").code == 1
    assert florists("grant", "remove", "florists", "--to", "erin", "--as", "alice").code == 0


def test_who_may_not_see_it_is_told_so_and_no_more(florists: Shell) -> None:
    done = florists("search", "anna", "--book", "florists", "--as", "dave")
    assert done.code == 1
    assert done.err == "dave may not search florists: no grant of search on florists.\n"
