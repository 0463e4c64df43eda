"""``dirserver import``: what went in, what was repaired, what was left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import CARDS
from tests.cli.shell import ROOT, Shell, run, run_on_terminal
from tests.organisation import vcard

CORPUS = ROOT / "tests" / "corpus"
DEMO = ROOT / "config" / "demo"


def write(tmp_path: Path, name: str, *cards: bytes) -> Path:
    """Write a file of ``cards``."""
    path = tmp_path / name
    path.write_bytes(b"".join(cards))
    return path


def names(shell: Shell, book: str = "customers") -> list[str]:
    """Who is in a book."""
    found = shell("search", "--book", book, "e", "--limit", "1000", "--json").json()
    return [card["name"] for card in found]


def test_cards_go_in_on_each_engine(on_each_engine: Shell, cards: Path) -> None:
    assert on_each_engine("apply").code == 0
    done = on_each_engine("import", "--book", "customers", cards)
    assert (done.code, done.err) == (
        0,
        on_each_engine.hint("undo --import 1"),
    )
    assert done.lines() == [
        f"{cards}: vCard, 3 contacts",
        f"{cards}: 3 cards: 3 new, 0 changed, 0 as before",
    ]
    assert names(on_each_engine) == ["Anna Müller", "Ben Østergaard", "Zoë Muller-Groß"]


def test_an_import_tells_its_number_if_there_is_something_to_take_back(
    shell: Shell, cards: Path
) -> None:
    typed = ("import", "--book", "customers", cards)
    assert shell(*typed, "--dry-run", "--json").json()["batch"] is None
    number = shell(*typed, "--json").json()["batch"]
    again = shell(*typed)
    assert (again.code, again.err) == (0, "")
    assert shell(*typed, "--json").json()["batch"] is None
    assert shell("undo", "--import", str(number), "--yes").code == 0
    assert names(shell) == []


def test_a_second_time_only_what_changed_is_written(filled: Shell, cards: Path) -> None:
    changed = CARDS["anna"].replace(b"pays late", b"pays early")
    write(cards.parent, cards.name, changed, CARDS["ben"], vcard("dora", "Dora E"))
    done = filled("import", "--book", "customers", cards)
    assert done.lines()[1:] == [f"{cards}: 3 cards: 1 new, 1 changed, 1 as before"]
    assert b"pays early" in filled("export", "--book", "customers").out.encode()


def test_several_files_and_the_standard_input_go_in_together(shell: Shell, tmp_path: Path) -> None:
    first = write(tmp_path, "first.vcf", CARDS["anna"])
    second = write(tmp_path, "second.vcf", CARDS["ben"], CARDS["anna"])
    done = shell("import", first, "-", second, "--book", "customers", stdin=CARDS["zoe"])
    assert done.code == 0
    assert done.lines() == [
        f"{first}: vCard, 1 contact",
        "standard input: vCard, 1 contact",
        f"{second}: vCard, 2 contacts",
        f"{first}: 1 card: 1 new, 0 changed, 0 as before",
        "standard input: 1 card: 1 new, 0 changed, 0 as before",
        f"{second}: 1 card: 1 new, 0 changed, 0 as before",
        f"{second}:9: card 2, Anna Müller: card 1 of {first} is the same",
    ]


def test_what_was_repaired_is_told_with_file_line_and_card(shell: Shell, tmp_path: Path) -> None:
    old = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Alt;Otto\r\nTEL;WORK:1\r\nEND:VCARD\r\n"
    file = write(tmp_path, "old.vcf", CARDS["anna"], old)
    done = shell("import", "--book", "customers", file)
    assert done.code == 0
    assert done.lines()[1:] == [
        f"{file}: 2 cards: 2 new, 0 changed, 0 as before",
        f"{file}:11: card 2, Otto Alt: UID was missing; one was made from the card's content",
        f"{file}:11: card 2, Otto Alt: FN was missing; one was made from N",
    ]


def test_what_cannot_be_read_is_left_out_and_the_rest_goes_in(shell: Shell, tmp_path: Path) -> None:
    empty = b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"
    file = write(tmp_path, "some.vcf", b"From: x\r\n", CARDS["anna"], empty, CARDS["ben"])
    done = shell("import", "--book", "customers", file)
    assert done.code == 1
    shown, head, *rest = done.lines()
    assert shown == f"{file}: vCard, 2 contacts"
    assert head == f"{file}: 2 cards: 2 new, 0 changed, 0 as before; 2 left out"
    assert rest[0] == f"{file}:1: card 1: not imported: line 1: this belongs to no card"
    nothing = "there is nothing in it that a person could read"
    assert f"{file}:12: card 3: not imported: {nothing}" in rest
    assert done.err == (
        f"{shell.hint('undo --import 1')}"
        "Not imported, for the reasons above: 2. The other 2 cards are in customers; mend the "
        "file and import it again, that changes nothing for them.\n"
    )
    assert names(shell) == ["Anna Müller", "Ben Østergaard"]


@pytest.mark.parametrize("content", [b"", b"Name;Number\nAnna;1\n", b"\x89PNG\r\n\x1a\n\0\0"])
def test_a_file_that_holds_no_cards_is_said_to(
    content: bytes, shell: Shell, tmp_path: Path
) -> None:
    file = write(tmp_path, "not.vcf", content)
    done = shell("import", "--book", "customers", file)
    assert done.code == 1
    assert "not imported: " in done.lines()[1]
    assert re.search("this is no (file of contacts|text)|the file is empty", done.out)
    assert done.err == "Nothing was imported, for the reasons above.\n"


def test_a_file_that_is_missing_keeps_all_others_out(
    shell: Shell, cards: Path, tmp_path: Path
) -> None:
    done = shell("import", "--book", "customers", cards, tmp_path / "no.vcf", tmp_path)
    assert done.code == 1
    assert done.err.splitlines() == [
        f"{tmp_path / 'no.vcf'}: there is no such file.",
        f"{tmp_path}: this is a directory; name the files in it.",
        "Nothing was imported. Correct the names, and start again.",
    ]
    assert done.out == ""
    assert names(shell) == []


def test_of_two_cards_with_one_uid_the_last_stands_and_the_first_is_told_of(
    shell: Shell, tmp_path: Path
) -> None:
    file = write(tmp_path, "twice.vcf", vcard("same", "Eva One"), vcard("same", "Eva Two"))
    done = shell("import", "--book", "customers", file)
    assert done.code == 1
    assert done.lines()[2] == (
        f"{file}:1: card 1, Eva One: not imported: card 2 has the same UID and stands instead"
    )
    assert names(shell) == ["Eva Two"]
    write(tmp_path, "twice.vcf", vcard("same", "Eva Two"), vcard("same", "Eva Two"))
    done = shell("import", "--book", "customers", file)
    assert (done.code, done.err) == (0, "")
    assert done.lines()[1:] == [
        f"{file}: 1 card: 0 new, 0 changed, 1 as before",
        f"{file}:7: card 2, Eva Two: card 1 is the same",
    ]


def test_one_uid_in_two_files_of_one_call_is_told_of_and_counted_once(
    shell: Shell, tmp_path: Path
) -> None:
    first = write(tmp_path, "first.vcf", vcard("same", "Eva One"), vcard("other", "Ida One"))
    second = write(tmp_path, "second.vcf", vcard("same", "Eva Two"))
    done = shell("import", "--book", "customers", first, second)
    assert done.code == 1
    assert done.lines()[2:] == [
        f"{first}: 1 card: 1 new, 0 changed, 0 as before; 1 left out",
        f"{first}:1: card 1, Eva One: not imported: card 1 of {second} has the same UID and stands"
        " instead",
        f"{second}: 1 card: 1 new, 0 changed, 0 as before",
    ]
    assert "The other 2 cards are in customers" in done.err
    assert names(shell) == ["Eva Two", "Ida One"]


def test_a_card_that_is_too_large_is_left_out(shell: Shell, tmp_path: Path) -> None:
    note = "NOTE:" + "x" * 60
    file = write(tmp_path, "big.vcf", vcard("big", "Big Eve", *[note] * 70_000), CARDS["anna"])
    done = shell("import", "--book", "customers", file)
    assert done.code == 1
    assert done.lines()[2] == (
        f"{file}:1: card 1, Big Eve: not imported: the card has more than 4 MiB"
    )
    assert names(shell) == ["Anna Müller"]


def test_no_file_floods_the_terminal(shell: Shell, tmp_path: Path) -> None:
    long = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:" + b"A" * 5_000_000 + b"\r\nEND:VCARD\r\n"
    file = write(tmp_path, "many.vcf", long, *[b"BEGIN:VCARD\r\nEND:VCARD\r\n"] * 700)
    done = shell("import", "--book", "customers", file)
    assert (done.code, done.lines()[1][-14:]) == (1, "; 701 left out")
    assert len(done.out) < 300_000
    assert "... and of 201 more cards the like is to be said; all is in --json" in done.lines()
    assert len(shell("import", "--book", "customers", file, "--json").json()["files"][0]["remarks"])


def test_a_dry_run_reports_and_changes_nothing(filled: Shell, cards: Path) -> None:
    before = filled("export", "--book", "customers").out
    revision = filled("book", "show", "customers", "--json").json()["revision"]
    write(cards.parent, cards.name, vcard("anna", "Anne E"), vcard("dora", "Dora E"))
    done = filled("import", "--dry-run", "--book", "customers", cards)
    assert done.code == 0
    assert done.lines() == [
        f"{cards}: vCard, 2 contacts",
        f"{cards}: 2 cards: 1 new, 1 changed, 0 as before",
        "this was a dry run: customers is as it was",
    ]
    assert filled("export", "--book", "customers").out == before
    assert filled("book", "show", "customers", "--json").json()["revision"] == revision
    assert len(filled("audit", "--action", "card:import", "--json").json()) == 1


def test_programs_are_told_what_happened_to_each_card(shell: Shell, tmp_path: Path) -> None:
    file = write(tmp_path, "some.vcf", b"rubbish\r\n", CARDS["anna"])
    done = shell("import", "--book", "customers", file, "--json")
    assert done.code == 1
    assert done.json() == {
        "book": "customers",
        "dry_run": False,
        "batch": 1,
        "files": [
            {
                "file": str(file),
                "recognised": {
                    "format": "vCard",
                    "encoding": "",
                    "separator": "",
                    "people": 1,
                    "columns": [],
                    "remarks": [],
                },
                "cards": 1,
                "new": 1,
                "changed": 0,
                "unchanged": 0,
                "updated": 0,
                "skipped": 0,
                "added": 0,
                "left_out": 1,
                "lost": 0,
                "remarks": [
                    {
                        "card": 1,
                        "line": 1,
                        "name": "",
                        "uid": "",
                        "imported": False,
                        "lost": 0,
                        "notes": ["line 1: this belongs to no card"],
                    }
                ],
                "duplicates": [],
            }
        ],
    }


def test_a_user_imports_only_where_they_may_write(shell: Shell, cards: Path) -> None:
    assert shell("import", "--book", "customers", "--as", "bob", cards).code == 0
    done = shell("import", "--book", "staff", "--as", "bob", cards)
    assert done.code == 1
    assert done.err == (
        "bob may not write to staff: no grant of write on staff; that to everyone (config file) "
        "gives only read. Nothing was imported; add a grant to the config, or leave --as out.\n"
    )
    refused, done_ = shell("audit", "--action", "card:import", "--json").json()[::-1]
    assert (refused["actor"], refused["outcome"], refused["book"]) == ("bob", "refused", "staff")
    assert (done_["actor"], done_["outcome"], done_["book"]) == ("bob", "done", "customers")
    assert "run by" in done_["agent"]


def test_an_unknown_book_is_told_before_any_file_is_read(shell: Shell) -> None:
    done = shell("import", "--book", "custmers", "no.vcf")
    assert done.err == "There is no book custmers; did you mean customers?\n"


def test_a_private_book_can_be_filled_by_the_operator_and_its_owner(
    shell: Shell, cards: Path
) -> None:
    text = shell.config.read_text()
    shell.config.write_text(text.replace("[database]", "personal_books = true\n[database]"))
    assert shell("apply").code == 0
    assert shell("import", "--book", "bob/personal", cards).code == 0
    assert shell("import", "--book", "personal", "--as", "bob", cards).code == 0
    # Both are found under the one name that the book has among all others.
    events = shell("audit", "--book", "bob/personal", "--action", "card", "--json").json()
    assert [event["actor"] for event in events][1:] == ["bob"]
    assert len(events) == 2


def test_the_demo_and_what_other_programs_export_go_in_without_loss(shell: Shell) -> None:
    files = sorted([*CORPUS.glob("*.vcf"), *DEMO.glob("*.vcf")])
    assert len(files) > 10
    done = shell("import", "--book", "customers", *files, "--json")
    assert done.code == 0
    told = done.json()["files"]
    assert all(file["left_out"] == 0 for file in told)
    count = sum(file["new"] for file in told)
    assert shell("book", "show", "customers", "--json").json()["cards"] == count


def test_a_name_cannot_command_the_terminal(shell: Shell, tmp_path: Path) -> None:
    evil = vcard("evil", "Eve \u009b31m\u202ered")
    file = write(tmp_path, "evil\x1b[31m.vcf", evil, b"rubbish")
    done = shell("import", "--book", "customers", file)
    shown = done.out + shell("search", "eve").out + shell("audit").out
    assert "Eve" in shown
    assert not {"\x1b", "\u009b", "\u202e"} & set(shown)


def many(tmp_path: Path, count: int) -> Path:
    """A file of ``count`` cards."""
    return write(tmp_path, "many.vcf", *(vcard(f"m{one}", f"Person {one}") for one in range(count)))


def test_a_terminal_shows_a_bar(shell: Shell, tmp_path: Path) -> None:
    file = many(tmp_path, 450)
    code, shown = run_on_terminal("-c", shell.config, "import", "--book", "staff", file)
    assert code == 0
    assert f"reading {file}"[:30] in shown
    assert "importing into staff" in shown
    assert "450/450" in shown
    assert "450 cards: 450 new, 0 changed, 0 as before" in shown


def test_nothing_else_does(shell: Shell, tmp_path: Path) -> None:
    file = many(tmp_path, 3)
    done = run("-c", shell.config, "import", "--book", "staff", file, env={"FORCE_COLOR": "1"})
    assert (done.code, done.err) == (
        0,
        shell.hint("undo --import 1"),
    )
    assert done.lines()[1:] == [f"{file}: 3 cards: 3 new, 0 changed, 0 as before"]
    words = ("-c", shell.config, "import", "--book", "staff", file)
    code, shown = run_on_terminal(*words, env={"NO_COLOR": "1"})
    assert code == 0
    assert "importing" not in shown
    assert "\x1b[" not in shown
