"""``dirserver search``: whom somebody would find, and what they would see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.organisation import vcard


def found(shell: Shell, *words: str) -> list[str]:
    """The names that a search finds."""
    done = shell("search", *words, "--json")
    assert (done.code, done.err) == (0, "")
    return [card["name"] for card in done.json()]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("anna", ["Anna Müller"]),
        ("ANNA MÜLL", ["Anna Müller"]),
        ("mueller", ["Anna Müller", "Zoë Muller-Groß"]),
        ("muller", ["Anna Müller", "Zoë Muller-Groß"]),
        ("blumen", ["Anna Müller", "Zoë Muller-Groß"]),
        ("müller anna", ["Anna Müller"]),
        ("zoe@example.org", ["Zoë Muller-Groß"]),
        ("osterg", ["Ben Østergaard"]),
        ("+49 30 1234567", ["Anna Müller"]),
        ("0049301234567", ["Anna Müller"]),
        ("030/1234-567", ["Anna Müller"]),
        ("0 030 1234567", ["Anna Müller"]),
        ("1234", ["Anna Müller"]),
        ("+49 171 3920010", ["Ben Østergaard"]),
        ("0171", ["Ben Østergaard"]),
        ("ben 3920", ["Ben Østergaard"]),
        ("anna 3920", []),
        ("%", []),
        ("nobody", []),
    ],
)
def test_people_are_found_as_they_are_asked_for(text: str, names: list[str], filled: Shell) -> None:
    assert found(filled, text) == names
    # Words need no quotes.
    assert found(filled, *text.split()) == names


def test_the_answer_is_a_sorted_table_on_each_engine(on_each_engine: Shell, cards: Path) -> None:
    assert on_each_engine("apply").code == 0
    assert on_each_engine("import", "--book", "customers", cards).code == 0
    rows = [row.split() for row in on_each_engine("search", "e").lines()]
    keys = [row.pop(0) for row in rows]
    assert rows == [
        ["name", "numbers", "mail", "organisation", "book"],
        ["Anna", "Müller", "+49", "30", "1234-567", "anna@blumen.example.org", "Blumen", "Müller",
         "customers"],
        ["Ben", "Østergaard", "0171", "3920010", "Nordlys", "ApS", "customers"],
        ["Zoë", "Muller-Groß", "zoe@example.org", "Blumen", "Müller", "customers"],
    ]  # fmt: skip
    # By which other commands know them.
    found = on_each_engine("search", "e", "--json").json()
    assert keys == ["key", *(card["key"] for card in found)]
    assert on_each_engine("show", keys[1]).code == 0


def test_what_is_hidden_is_neither_shown_nor_found(filled: Shell) -> None:
    (card,) = filled("search", "anna", "--as", "carol", "--json").json()
    assert card["organisation"] == ""
    assert found(filled, "blumen", "--as", "carol") == ["Anna Müller"]
    assert found(filled, "nordlys", "--as", "carol") == []
    assert found(filled, "nordlys", "--as", "bob") == ["Ben Østergaard"]


def test_books_that_a_user_has_not_are_not_looked_in(filled: Shell) -> None:
    assert found(filled, "anna", "--as", "erin") == []
    assert found(filled, "anna", "--as", "dave") == ["Anna Müller"]
    done = filled("search", "anna", "--as", "erin", "--book", "customers")
    assert done.code == 1
    assert done.err == "erin may not search customers: no grant of search on customers.\n"


def test_one_book_can_be_looked_in(filled: Shell, cards: Path) -> None:
    assert filled("import", "--book", "staff", cards).code == 0
    assert len(found(filled, "anna")) == 2
    assert found(filled, "anna", "--book", "staff") == ["Anna Müller"]


def test_programs_get_all_of_a_card_that_tells_it_apart(filled: Shell) -> None:
    (card,) = filled("search", "anna", "--json").json()
    assert card.pop("key")
    assert card == {
        "book": "customers",
        "href": "anna.vcf",
        "uid": "anna",
        "name": "Anna Müller",
        "numbers": ["+49 30 1234-567"],
        "mails": ["anna@blumen.example.org"],
        "organisation": "Blumen Müller",
        "linked": [],
    }


def test_more_than_was_asked_for_is_told_of(filled: Shell) -> None:
    done = filled("search", "e", "--limit", "2")
    assert done.code == 0
    assert len(done.lines()) == 3
    assert done.err == "There are more than 2; say more of the name, or use --limit.\n"
    assert filled("search", "e", "--limit", "3").err == ""


def test_finding_nobody_is_no_failure(filled: Shell) -> None:
    done = filled("search", "nobody")
    assert (done.code, done.err) == (0, "")
    assert done.lines() == ["nobody is found by nobody"]
    assert filled("search", "nobody", "--json").json() == []


def test_an_empty_text_is_no_search(filled: Shell) -> None:
    done = filled("search", " ")
    assert done.code == 1
    assert done.err.startswith("There is nothing to look for")


def test_a_text_may_begin_with_a_hyphen(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "x.vcf").write_bytes(vcard("x", "Jean-Luc -c Picard"))
    assert shell("import", "--book", "staff", tmp_path / "x.vcf").code == 0
    done = shell("search", "--json", "--", "-c")
    assert [card["name"] for card in done.json()] == ["Jean-Luc -c Picard"]
