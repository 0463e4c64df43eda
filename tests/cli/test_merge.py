"""``dirserver merge``: two cards of one person become one, or all that certainly are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dirserver import config
from dirserver.assembly import open_services
from dirserver.cli.acting import os_login
from dirserver.directory.intake.importing import import_cards
from tests.cli.shell import Shell, run_on_terminal
from tests.organisation import ADMIN, BOB, HERE, vcard

MOBILE = "TEL;TYPE=cell:0171 3920010"
ONE = vcard("one", "Bob Smith", MOBILE, "TITLE:Clerk", "BDAY:1980-02-01")
OTHER = vcard("other", "Bob Smith", "TEL:+49 171 3920010", "TITLE:Chair", "EMAIL:b@example.org")
JANES = [vcard(f"jane-{n}", "Jane Roe", f"ROLE:{n}", "EMAIL:jane@example.org") for n in range(3)]


@pytest.fixture(scope="module")
def doubled_directory(applied_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers of whom two are there more than once, and one of the staff."""
    place = tmp_path_factory.mktemp("doubled")
    shutil.copytree(applied_directory, place, dirs_exist_ok=True)
    services = open_services(config.load(place / "dirserver.toml"))
    with services.directory.writing(ADMIN, HERE) as writing:
        assert list(import_cards(writing, "customers", "x.vcf", [ONE, OTHER, *JANES]))
        assert list(import_cards(writing, "staff", "y.vcf", [vcard("third", "Cleo Third")]))
    services.store.close()
    return place


@pytest.fixture
def doubled(unapplied: Shell, doubled_directory: Path) -> Shell:
    shutil.copytree(doubled_directory, unapplied.config.parent, dirs_exist_ok=True)
    return unapplied


def books(shell: Shell) -> bytes:
    return shell("export", "--book", "customers").out.encode()


def test_it_shows_what_becomes_of_the_two_and_changes_nothing_in_a_dry_run(doubled: Shell) -> None:
    before = books(doubled)
    done = doubled("merge", "one.vcf", "other", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert done.lines() == [
        "~ Bob Smith, A: customers/one.vcf stays; into it goes B: customers/other.vcf",
        "    ~ mobile number: 0171 3920010 -> +49 171 3920010",
        "    ~ title: Clerk -> Chair",
        "    + mail: b@example.org",
        "    + note: Earlier title: Clerk",
        "    ! title: Chair, not Clerk; the note has that",
        "1 card would go into 1 card; this was a dry run, and all is as it was",
    ]
    assert books(doubled) == before


def test_it_is_done_told_of_and_taken_back(doubled: Shell) -> None:
    before = books(doubled)
    done = doubled("merge", "customers/one.vcf", "other", "--yes")
    assert done.lines()[-1] == "done: 1 card went into 1 card"
    assert done.err.startswith(doubled.hint("undo --batch").rstrip("\n"))
    back = done.err.split()[-2:]
    assert doubled("search", "smith", "--json").json()[0]["uid"] == "one"
    told = doubled("audit", "--action", "card:merge").lines()
    assert len(told) == 1
    assert "merged cards of customers into one.vcf: merge " in told[0]
    assert "customers/other.vcf" in told[0]
    assert doubled("undo", *back, "--yes").code == 0
    assert books(doubled) == before


def test_one_may_say_which_card_stays_and_whose_value(doubled: Shell) -> None:
    done = doubled("merge", "one", "other", "--keep", "b", "--take", "A", "--json", "--yes").json()
    assert (done["dry_run"], len(done["merges"])) == (False, 1)
    (merge,) = done["merges"]
    assert (merge["book"], merge["kept"]["uid"]) == ("customers", "other")
    assert [card["href"] for card in merge["gone"]] == ["one.vcf"]
    assert merge["conflicts"] == [
        {
            "properties": ["TITLE"], "field": "title", "side": "other", "kept": "Clerk",
            "lost": "Chair", "in_note": True,
        }
    ]  # fmt: skip
    done = doubled("undo", "--batch", str(done["batch"]), "--yes")
    assert done.code == 0
    take = ("--take", "A", "--take", "TITLE=B")
    done = doubled("merge", "one", "other", *take, "--json", "--dry-run").json()
    assert done["batch"] is None
    assert [one["kept"] for one in done["merges"][0]["conflicts"]] == ["Chair"]


def test_all_that_is_certain_is_shown_and_is_one_act(doubled: Shell) -> None:
    before = books(doubled)
    shown = doubled("merge", "--certain", "--dry-run")
    assert [line for line in shown.lines() if not line.startswith("    ")] == [
        "~ Bob Smith, customers/one.vcf stays; into it goes customers/other.vcf",
        "~ Jane Roe, customers/jane-0.vcf stays; into it goes customers/jane-1.vcf and "
        "customers/jane-2.vcf",
        "3 cards would go into 2 cards; this was a dry run, and all is as it was",
    ]
    assert doubled("merge", "--certain", "customers").err == (
        "Nothing was done. Look at it with --dry-run, then say --yes to do it.\n"
    )
    done = doubled("merge", "--certain", "customers", "--yes")
    assert done.lines()[-1] == "done: 3 cards went into 2 cards"
    assert len(doubled("search", "e", "--book", "customers", "--json").json()) == 2
    again = doubled("merge", "--certain", "--yes")
    assert again.lines() == ["nobody is certainly twice in one book"]
    assert doubled("undo", *done.err.split()[-2:], "--yes").code == 0
    assert books(doubled) == before


def test_whoever_is_at_the_keyboard_is_asked(doubled: Shell) -> None:
    words = ("-c", doubled.config, "merge", "one", "other")
    code, shown = run_on_terminal(*words, answers=[("one? [y/N]:", "y\n")])
    assert (code, "done: 1 card went into 1 card" in shown) == (0, True)


def test_duplicates_name_the_command(doubled: Shell) -> None:
    hint = doubled("duplicates", "--verdict", "certain").err.strip()
    head, _, command = hint.partition(": dirserver ")
    assert head == "To make one card of two"
    assert doubled(*command.split()).code == 0


def test_cards_of_two_books_are_linked_instead(doubled: Shell) -> None:
    before = books(doubled)
    done = doubled("merge", "one", "third", "--dry-run")
    said = "customers/one.vcf and staff/third.vcf stay two cards, since customers and staff have"
    assert done.lines()[0].startswith(said)
    assert done.lines()[-1] == "this was a dry run, and all is as it was"
    assert doubled("duplicates", "unlink", "third").out == "nothing to do: it is not linked\n"
    done = doubled("merge", "one", "third", "--yes")
    assert (done.code, done.lines()[2].partition(":")[0]) == (
        0, "linked customers/one.vcf, staff/third.vcf",
    )  # fmt: skip
    told = doubled("merge", "one", "third", "--yes", "--json").json()
    assert (told["batch"], told["merges"]) == (None, [])
    assert [card["href"] for card in told["linked"]] == ["one.vcf", "third.vcf"]
    assert books(doubled) == before
    # What goes into a card that stays is linked with what that is linked with.
    done = doubled("merge", "other", "one", "--keep", "A", "--yes")
    assert "linked with customers/other.vcf" in doubled("show", "third").out
    # And no longer, once both are there again.
    assert doubled("undo", *done.err.split()[-2:], "--yes").code == 0
    assert "linked with" not in doubled("show", "other.vcf").out
    assert "linked with customers/one.vcf" in doubled("show", "third").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("one",), "Name two cards: COMMAND merge A B."),
        (("one", "one.vcf"), "These are one card: customers/one.vcf."),
        (("one", "nobody"), "There is no card nobody. Name it by its UID"),
        (("one", "jane"), "Several cards are jane; name one by its key:"),
        (("one", "other", "--keep", "C"), "Say A for the first card or B for the second, not C."),
        (("one", "other", "--take", "TEL=A"), "Of TEL nothing is to be chosen, since all of it"),
        (("one", "other", "--take", "BDAI=A"), "did you mean BDAY?"),
        (("one", "third", "--keep", "A"), "--keep and --take are for cards of one book; "),
        (("one", "other", "--as", "carol"), "Bob Smith is in customers, and carol may not write"),
        (("--certain", "--as", "carol", "customers"), "carol may not write customers: "),
        (("--certain", "custmers"), "There is no book custmers; did you mean customers?"),
        (("--certain", "--keep", "A"), "--keep and --take are for two cards that are named"),
    ],
)
def test_slips_and_refusals_are_told(words: tuple[str, ...], said: str, doubled: Shell) -> None:
    done = doubled("merge", *words, "--yes")
    assert done.code == 1
    assert said.replace("COMMAND", doubled.proposed("").strip()) in done.err
    refused = doubled("audit", "--action", "card:merge").out
    assert ("REFUSED to merge cards of customers" in refused) is ("carol" in words)


def test_two_of_whom_somebody_said_that_they_are_not_one_stay_two(doubled: Shell) -> None:
    keys = [card["key"] for card in doubled("search", "smith", "--json").json()]
    assert doubled("duplicates", "not-same", *keys).code == 0
    done = doubled("merge", *keys, "--yes")
    assert done.code == 1
    assert done.err.startswith("Somebody said that customers/")
    command = done.err.partition(": dirserver ")[2].split()
    assert doubled(*command).code == 0
    assert doubled("merge", *keys, "--yes").code == 0


def test_the_history_tells_of_it_and_of_what_came_after(doubled: Shell) -> None:
    number = doubled("merge", "one", "other", "--yes").err.split()[-1]
    services = open_services(config.load(doubled.config))
    with services.directory.writing(BOB, HERE) as writing:
        writing.put_card("customers", "other.vcf", OTHER.replace(b"Chair", b"Owner"))
    services.store.close()
    told = [line.partition("  #")[2] for line in doubled("history", "other.vcf").lines()]
    said = [line.partition("  ")[2].partition("  [")[0] for line in told if line]
    assert said[1:] == [
        f"{os_login()}  let it go into another card, by merge {number}",
        "bob  sent it, not knowing that; it went into that card",
        f"bob  let it go into another card, by merge {number}",
    ]
    assert "title: Chair -> Owner" in doubled("history", "one.vcf").out


def test_the_card_of_a_source_stays_and_two_of_one_source_stay_two(doubled: Shell) -> None:
    file = doubled.config.parent / "p.csv"
    file.write_text("No.,Name,Mobile\n1,Bob Smith,0171 3920010\n2,Bob Smith,0171 3920010\n")
    table = '\n[sources.hr]\ntype = "csv"\nbook = "customers"\nfile = "p.csv"\nkey = "No."\n'
    text = doubled.config.read_text(encoding="utf-8")
    doubled.config.write_text(text + table, encoding="utf-8")
    known = {card["key"] for card in doubled("search", "smith", "--json").json()}
    assert doubled("sync-source", "hr").code == 0
    found = doubled("search", "smith", "--json").json()
    (one, place), (two, _) = [
        (card["key"], f"customers/{card['href']}") for card in found if card["key"] not in known
    ]
    done = doubled("merge", "one.vcf", one, "--dry-run")
    assert done.lines()[0] == (f"~ Bob Smith, B: {place} stays; into it goes A: customers/one.vcf")
    assert done.lines()[-2] == "    it comes of the source hr: what that says of it stays"
    done = doubled("merge", "one.vcf", one, "--keep", "A")
    assert (done.code, done.err) == (
        1,
        f"{place} comes of the source hr, which would bring it "
        "back, so it stays: say --keep B, or nothing.\n",
    )
    done = doubled("merge", one, two, "--yes")
    assert done.code == 1
    assert done.err.endswith("Make them one there: its next run does it here.\n")
    pairs = doubled("duplicates", "customers", "--json").json()
    against = [
        pair["against"] for pair in pairs if {one, two} == {card["key"] for card in pair["cards"]}
    ]
    assert against == [["the source hr has both"]]
