"""``dirserver duplicates``: who is in the books twice, and what to say when they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.organisation import vcard

MOBILE = "TEL;TYPE=cell:0171 3920010"
DOUBLES = [
    vcard("bob", "Bob Smith", MOBILE, "BDAY:1980-02-01"),
    vcard("rob", "Robert Smith", "TEL:+49 171 3920010"),
    vcard("robert", "Robert Smith", MOBILE, "BDAY:1950-12-24"),
    vcard("jane", "Jane Roe", "ORG:Acme", "NOTE:met at the fair"),
    vcard("jane-2", "Jane Roe", "ORG:Acme"),
]


@pytest.fixture
def doubled(shell: Shell, tmp_path: Path) -> Shell:
    file = tmp_path / "doubles.vcf"
    file.write_bytes(b"".join(DOUBLES))
    assert shell("import", "--book", "customers", file, "--on-duplicate", "add").code == 0
    return shell


def keys(shell: Shell, *words: str) -> dict[str, str]:
    """The keys of the cards in all pairs, by UID."""
    found = shell("duplicates", *words, "--json").json()
    return {card["uid"]: card["key"] for pair in found for card in pair["cards"]}


def test_pairs_are_told_with_what_speaks_for_and_against_them(doubled: Shell) -> None:
    key = keys(doubled)
    done = doubled("duplicates", "customers")
    assert done.code == 0
    *pairs, counted, group = done.lines()
    assert counted == "4 pairs: 2 certain, 2 likely"
    assert group.startswith("1 group of certain pairs should be looked at")
    assert pairs[0] == "certain: the same name; the same mobile number, 1713920010"
    assert {line.split()[0] for line in pairs[1:3]} == {key["rob"], key["robert"]}
    assert f"  {key['jane']}  Jane Roe  customers/jane.vcf" in pairs
    assert "likely: the same name; the same organisation" in pairs
    assert "  but: other birthdays" in pairs


def test_programs_read_the_same(doubled: Shell) -> None:
    first, second, *_ = doubled("duplicates", "--verdict", "certain", "--json").json()
    assert [card["name"] for card in first["cards"]] == ["Robert Smith"] * 2
    assert second["verdict"] == "certain"
    assert second["against"] == []
    assert second["reasons"][1:] == ["the same mobile number, 1713920010"]
    told = doubled("duplicates", "--json").json()
    assert len(told) == 4
    # Bob is Robert and Robert is Robert, but two of the three were born on other days.
    assert {(pair["verdict"], pair["group"], pair["whole"]) for pair in told} == {
        ("certain", 1, False),
        ("likely", None, None),
    }


def test_the_surest_come_first_and_no_more_than_are_asked_for(doubled: Shell) -> None:
    done = doubled("duplicates", "--limit", "1")
    assert [line.partition(":")[0] for line in done.lines()][::3] == ["certain", "4 pairs"]
    assert done.err.endswith("\nThese are the surest 1; for more: --limit.\n")


def test_with_as_a_user_what_is_hidden_is_no_reason(doubled: Shell) -> None:
    assert "jane" in keys(doubled, "--as", "bob")
    said = doubled("duplicates", "--as", "carol", "--verdict", "possible").out
    assert "birthday" not in said
    assert "organisation" not in said
    assert doubled("duplicates", "--as", "erin").out == "nobody is found twice\n"
    done = doubled("duplicates", "customers", "--as", "erin")
    assert (done.code, done.err) == (
        1,
        "erin may not read customers: no grant of read on customers.\n",
    )


def test_who_is_not_the_same_is_no_pair_until_that_is_taken_back(doubled: Shell) -> None:
    both = [keys(doubled)[uid] for uid in ("jane", "jane-2")]
    assert doubled("duplicates", "not-same", *both, "--as", "carol").code == 1
    assert doubled("duplicates", "not-same", *both, "--as", "bob").out == "remembered\n"
    assert "jane" not in keys(doubled)
    assert doubled("duplicates", "not-same", *both).out == "nothing to do: it is known already\n"
    told = doubled("audit", "--action", "duplicate").out
    assert f"said that customers/jane.vcf is not the person of {both[1]}" in told
    assert "REFUSED to say of cards in customers of whom they are not" in told
    assert doubled("duplicates", "not-same", *both, "--undo").out == "taken back\n"
    assert "jane" in keys(doubled)
    assert "nobody had said so" in doubled("duplicates", "not-same", *both, "--undo").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--verdict", "certian"), "There is no verdict certian; did you mean certain?\n"),
        (("custmers",), "There is no book custmers; did you mean customers?\n"),
        (
            ("not-same", "abc", "def"),
            "There is no card abc. Name it by its UID, its key, its href (as customers/anna.vcf) "
            "or a part of the name.\n",
        ),
    ],
)
def test_slips_are_told(words: tuple[str, ...], said: str, shell: Shell) -> None:
    done = shell("duplicates", *words)
    assert (done.code, done.err) == (1, said)
