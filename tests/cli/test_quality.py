"""``dirserver quality``: what breaks the standards of a book, and repairs of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.organisation import vcard

STANDARDS = """
[books.customers.standards]
required = ["EMAIL"]
phones = "e164"
[books.customers.standards.policy]
required = "reject"
"""


@pytest.fixture
def judged(filled: Shell) -> Shell:
    """A shell for the three customers, for whom there are standards by now."""
    filled.config.write_text(filled.config.read_text("utf-8") + STANDARDS, "utf-8")
    return filled


def test_a_plan_names_the_rules(judged: Shell) -> None:
    (change,) = judged("plan", "--json").json()["changes"]
    assert change["text"] == (
        'book customers: standards required "" -> "EMAIL (reject)", '
        'standards phones "" -> "e164 (report)"'
    )
    judged("apply")
    assert judged("plan", "--json").json()["changes"] == []
    assert judged("audit", "--action", "book:change").out.count("standards required") == 1


def test_to_reject_is_called_unwise(judged: Shell) -> None:
    warned = [one for one in judged("check", "--json").json()["warnings"] if "standards" in one]
    assert len(warned) == 1
    assert warned[0].startswith("[books.customers.standards.policy] required: most phones do not")


def test_the_report_says_what_is_wrong_with_whom(judged: Shell, tmp_path: Path) -> None:
    judged("apply")
    page = tmp_path / "q.html"
    done = judged("quality", "customers", "--html", str(page))
    assert done.code == 0
    assert done.lines() == [
        "customers: 3 cards, 2 break a standard",
        "rule      cards  repairable  policy",
        "required  1      0           reject",
        "phones    2      2           report",
        "what breaks a standard: 3",
        '  Anna Müller, anna.vcf: "+49 30 1234-567" is to be written "+49301234567"',
        "  Ben Østergaard, ben.vcf: there is no e-mail address",
        '  Ben Østergaard, ben.vcf: "0171 3920010" is to be written "+491713920010"',
        "without a number: 1",
        "  Zoë Muller-Groß, zoe.vcf",
        "without a mail address: 1",
        "  Ben Østergaard, ben.vcf",
    ]
    fix = judged.proposed("quality fix customers --dry-run")
    assert done.err == f"What can be repaired: {fix}\n"
    text = page.read_text("utf-8")
    assert "there is no e-mail address" in text
    assert "&#34;0171 3920010&#34;" in text
    assert judged("quality", "report", "customers", "--json").json()["breaking"] == 2
    # It may be another file than it was thought to be.
    page.write_text("of somebody else", encoding="utf-8")
    again = judged("quality", "customers", "--html", str(page))
    assert again.code == 1
    assert "exists already" in again.err
    assert page.read_text("utf-8") == "of somebody else"
    assert judged("quality", "customers", "--html", str(page), "--force").code == 0
    assert page.read_text("utf-8") == text


def test_who_certainly_is_there_twice_is_in_the_report(filled: Shell, tmp_path: Path) -> None:
    twin, page = tmp_path / "twin.vcf", tmp_path / "q.html"
    twin.write_bytes(vcard("b2", "Ben Østergaard", "TEL;TYPE=cell:+49 171 3920010"))
    assert filled("import", "--book", "customers", twin, "--on-duplicate", "add").code == 0
    assert filled("import", "--book", "staff", twin).code == 0
    done = filled("quality", "customers", "--html", page)
    assert done.code == 0
    lines = done.lines()
    at = lines.index("certainly there twice: 3")
    reasons = "the same name; the same mobile number, 1713920010"
    pairs = lines[at + 1 : at + 4]
    assert all(reasons in line for line in pairs)
    assert sum("Ben Østergaard, b2.vcf" in line for line in pairs) == 2
    assert sum("staff/b2.vcf" in line for line in pairs) == 2
    assert done.err == f"What to do about those: {filled.proposed('duplicates')} customers\n"
    text = page.read_text("utf-8")
    assert "Certainly there twice" in text
    assert "staff/b2.vcf" in text
    told = filled("quality", "customers", "--json").json()["duplicates"]
    assert [pair["verdict"] for pair in told] == ["certain"] * 3
    # Two of the three are in customers alone.
    assert len(filled("quality", "staff", "--json").json()["duplicates"]) == 2


def test_who_may_not_change_cards_gets_no_report(judged: Shell) -> None:
    judged("apply")
    assert judged("quality", "customers", "--as", "bob").code == 0
    refused = judged("quality", "customers", "--as", "carol")
    assert (refused.code, refused.out) == (1, "")
    assert "carol may not write customers" in refused.err


def test_stale_is_what_nobody_has_changed_for_so_long(filled: Shell) -> None:
    with sqlite3.connect(filled.config.parent / "test.db") as database:
        database.execute(
            "UPDATE card_version SET at = '2001-02-03 00:00:00' WHERE href = 'zoe.vcf'"
        )
    assert "  Zoë Muller-Groß, zoe.vcf: 2001-02-03" in filled("quality", "customers").lines()
    told = filled("quality", "customers", "--json", "--months", "1200").json()
    assert (told["stale"], told["rules"]) == ([], [])


def test_a_fix_is_looked_at_done_and_taken_back(judged: Shell) -> None:
    judged("apply")
    before = judged("export", "--book", "customers").out
    dry = judged("quality", "fix", "customers", "--dry-run")
    assert dry.lines() == [
        '~ customers/anna.vcf: "+49 30 1234-567" is to be written "+49301234567"',
        '~ customers/ben.vcf: "0171 3920010" is to be written "+491713920010"',
        "this was a dry run: 2 cards would be repaired, and all is as it was",
    ]
    assert judged("quality", "fix", "customers", "--as", "bob", "--yes").code == 1
    unasked = judged("quality", "fix", "customers")
    assert unasked.code == 1
    assert "Look at it with --dry-run, then say --yes" in unasked.err
    assert judged("export", "--book", "customers").out == before
    told = judged("quality", "fix", "customers", "--yes", "--as", "alice", "--json").json()
    assert (told["cards"], told["batch"], len(told["repairs"])) == (2, 2, 2)
    after = judged("export", "--book", "customers").out
    assert after == before.replace("+49 30 1234-567", "+49301234567").replace(
        "0171 3920010", "+491713920010"
    )
    assert judged("quality", "fix", "customers").out == (
        "in customers, there is nothing that could be repaired\n"
    )
    assert judged("undo", "--batch", "2", "--yes").code == 0
    assert judged("export", "--book", "customers").out == before


def test_an_import_says_which_cards_were_not_taken_and_why(judged: Shell, tmp_path: Path) -> None:
    judged("apply")
    file = tmp_path / "one.vcf"
    file.write_text("BEGIN:VCARD\nVERSION:3.0\nUID:n\nFN:No Mail\nEND:VCARD\n")
    done = judged("import", str(file), "--book", "customers")
    assert done.code == 1
    assert "card 1, No Mail: not imported: there is no e-mail address" in done.out


def test_where_standards_have_mended_nothing_there_is_nothing_to_take_back(judged: Shell) -> None:
    judged("apply")
    done = judged("undo", "--user", "standards")
    assert done.code == 1
    assert "Nothing was done that this asks for" in done.err
