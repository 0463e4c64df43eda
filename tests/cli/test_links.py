"""``dirserver duplicates link``: cards of one person in several books, and what edits offer."""

from __future__ import annotations

import pytest

from tests.cli.shell import Shell
from tests.organisation import vcard

ANNA, HERE_TOO = "customers/anna.vcf", "staff/vogt.vcf"
OLD, NEW = "TEL;TYPE=cell:0171 3920010", "TEL;TYPE=cell:0171 3920020"


def put(shell: Shell, book: str, *cards: bytes) -> None:
    file = shell.config.parent / "some.vcf"
    file.write_bytes(b"".join(cards))
    assert shell("import", "--book", book, file).code == 0


@pytest.fixture
def filled(shell: Shell) -> Shell:
    put(shell, "customers", vcard("anna", "Anna Vogt", OLD))
    put(shell, "staff", vcard("vogt", "Anna Vogt", OLD, "NOTE:helps"))
    return shell


def keys(shell: Shell) -> list[str]:
    found = shell("search", "anna", "--json").json()
    return [card["key"] for card in sorted(found, key=lambda card: str(card["book"]))]


def test_linked_cards_are_shown_as_one_until_they_are_unlinked(filled: Shell) -> None:
    first, second = keys(filled)
    done = filled("duplicates", "link", ANNA, second)
    assert (
        done.out == f"linked {ANNA}, {HERE_TOO}: what is edited in one is offered to the others\n"
    )
    assert done.err == filled.hint("undo --batch 3")
    assert "linked already" in filled("duplicates", "link", first, second).out
    assert filled("duplicates").out == "nobody is found twice\n"
    (card,) = filled("search", "anna", "--json").json()
    assert card["linked"] == [{"book": "staff", "href": "vogt.vcf", "key": second}]
    (row,) = [line for line in filled("search", "anna").lines() if "Anna" in line]
    assert "customers" in row
    shown = filled("show", "anna", "--book", "customers")
    assert f"linked with {HERE_TOO} (key {second}, by offer)" in shown.lines()
    assert shown.err == filled.hint("undo --batch 3", "the link")
    # Who reads one of the books has one card, and no trace of the other.
    (card,) = filled("search", "anna", "--json", "--as", "erin").json()
    assert (card["book"], card["linked"]) == ("staff", [])
    done = filled("duplicates", "unlink", HERE_TOO, "--as", "alice")
    assert done.out == f"unlinked from {ANNA}\n"
    assert done.err == filled.hint("undo --batch 4")
    assert filled("duplicates", "unlink", first).out == "nothing to do: it is not linked\n"
    assert len(keys(filled)) == 2
    trail = filled("audit", "--action", "card").out
    assert f"linked anna.vcf in customers: number 3, offer with {second}" in trail
    assert "unlinked vogt.vcf in staff" in trail


def test_what_is_offered_is_listed_taken_over_or_left(filled: Shell) -> None:
    assert filled("duplicates", "offers").out == "nothing is offered\n"
    filled("duplicates", "link", ANNA, HERE_TOO)
    put(filled, "customers", vcard("anna", "Anna Vogt", NEW, "TITLE:Boss"))
    first, second = (card["key"] for card in _both(filled))
    head, *changes = filled("duplicates", "offers", "staff").lines()
    assert head.startswith(f"Anna Vogt  ({HERE_TOO}, key {second})  from {ANNA}, ")
    assert [line.strip() for line in changes] == [
        "~ mobile number: 0171 3920010 -> 0171 3920020",
        "+ title: Boss",
    ]
    (told,) = filled("duplicates", "offers", "--json").json()
    assert (told["key"], told["source"]["key"], len(told["changes"])) == (second, first, 2)
    assert filled("duplicates", "offers", "customers").out == "nothing is offered\n"
    assert filled("duplicates", "offers", "--as", "bob").out == "nothing is offered\n"
    done = filled("duplicates", "accept", HERE_TOO, "--as", "bob")
    assert (done.code, done.err) == (1, "Anna Vogt is in staff, and bob may not write there.\n")
    done = filled("duplicates", "accept", HERE_TOO, "--as", "alice")
    assert done.lines()[0] == f"{HERE_TOO}: changed"
    assert filled("duplicates", "accept", HERE_TOO).out == f"{HERE_TOO}: nothing is offered to it\n"
    put(filled, "customers", vcard("anna", "Anna Vogt", NEW, "TITLE:Queen"))
    assert filled("duplicates", "dismiss", second).out == f"{second}: dismissed\n"
    assert filled("duplicates", "dismiss", second).out == f"{second}: nothing is offered to it\n"


def _both(shell: Shell) -> list[dict[str, str]]:
    (card,) = shell("search", "anna", "--json").json()
    return [card, *card["linked"]]


def test_what_was_carried_is_told_in_the_history_and_undone_with_the_edit(filled: Shell) -> None:
    filled("duplicates", "link", ANNA, HERE_TOO, "--carry")
    put(filled, "customers", vcard("anna", "Anna Vogt", NEW))
    last = filled("history", "vogt.vcf", "--json").json()["versions"][-1]
    assert last["operation"] == "carry"
    assert last["carried_from"] == ANNA
    assert f"carried from {ANNA}" in filled("history", "vogt.vcf").out
    assert "0171 3920020" in filled("show", "vogt.vcf").out
    assert filled("undo", "--import", last["batch"], "--yes").code == 0
    assert "0171 3920010" in filled("show", "vogt.vcf").out
    assert filled("duplicates", "offers").out == "nothing is offered\n"


SLIPS = [
    (("link", ANNA, "nobody"), "There is no card nobody. Name it by its UID, its key, its href"),
    (("link", ANNA, "staff/x.vcf"), "There is no card staff/x.vcf. "),
    (("link", "anna v", HERE_TOO), "Several cards are anna v; name one by its key:\n"),
    (("link", ANNA, ANNA), "They cannot be linked: it takes two cards.\n"),
    (("link", ANNA, HERE_TOO, "--properties", "note"), "--properties: NOTE is each book's own"),
    (("link", ANNA, HERE_TOO, "--as", "bob"), "Anna Vogt is in staff, and bob may not write there"),
    (("unlink", "nobody"), "There is no card nobody. "),
    (("offers", "stuff"), "There is no book stuff; did you mean staff?\n"),
]


def test_slips_are_told(filled: Shell) -> None:
    for words, said in SLIPS:
        done = filled("duplicates", *words)
        assert done.code == 1
        assert done.err.startswith(said)


def test_a_refusal_names_the_command_that_goes_on(filled: Shell) -> None:
    put(filled, "staff", vcard("ben", "Ben Vogt"))
    assert filled("duplicates", "link", ANNA, HERE_TOO).code == 0
    done = filled("duplicates", "link", ANNA, "staff/ben.vcf")
    assert done.err.startswith("They cannot be linked: staff would have two of the linked cards. ")
    assert f": {filled.proposed('merge')} " in done.err
    done = filled("duplicates", "not-same", ANNA, HERE_TOO)
    assert (done.code, done.err.partition(", as ")[0]) == (1, f"{ANNA} and {HERE_TOO} are linked")
    assert filled(*done.err.split(": dirserver ")[1].split()).code == 0
    assert filled("duplicates", "not-same", ANNA, HERE_TOO).out == "remembered\n"
    done = filled("duplicates", "link", ANNA, HERE_TOO)
    assert filled(*done.err.split(": dirserver ")[1].split()).out == "taken back\n"
    assert (
        filled("duplicates", "not-same", ANNA, "anna.vcf").err == f"These are one card: {ANNA}.\n"
    )


def test_all_who_certainly_are_in_two_books_are_linked(filled: Shell) -> None:
    put(filled, "staff", vcard("b", "Ben Gross", "EMAIL:b@example.org"))
    for number in range(2):
        ben = vcard(f"b{number}", "Ben Groß", "EMAIL:b@example.org")
        assert filled("import", "--on-duplicate", "add", "--book", "customers", "-", stdin=ben)
    hint = filled("duplicates", "--verdict", "certain").err
    assert f"If those of two books are one person: {filled.proposed('duplicates')} link " in hint
    done = filled("duplicates", "link", "--certain", "--dry-run")
    assert done.lines() == [
        f"~ Anna Vogt: {ANNA}, {HERE_TOO}",
        "the cards of 1 person would be linked; this was a dry run",
    ]
    assert done.err.startswith("Of 1 person more, a book has two cards. Make these one first: ")
    assert len(keys(filled)) == 2
    assert filled("duplicates", "link", "--certain", "staff").code == 1
    assert filled("duplicates", "link", "--certain", "--as", "bob", "--dry-run").lines() == [
        "nobody is certainly in two books, and not linked yet"
    ]
    done = filled("duplicates", "link", "--certain", "customers", "staff", "--yes", "--carry")
    assert done.lines()[-1] == "done: linked the cards of 1 person"
    assert f"\nTo take this back: {filled.proposed('undo')} --batch " in done.err
    assert "by carry" in filled("show", "anna.vcf").out


def test_programs_are_told_who_was_linked_and_can_take_all_of_it_back(filled: Shell) -> None:
    put(filled, "customers", vcard("b", "Ben Gross", "EMAIL:b@example.org"))
    put(filled, "staff", vcard("b2", "Ben Groß", "EMAIL:b@example.org"))
    would = filled("duplicates", "link", "--certain", "--dry-run", "--json").json()
    done = filled("duplicates", "link", "--certain", "--yes", "--json")
    number = done.json()["batch"]
    assert done.json() == {**would, "dry_run": False, "batch": number}
    assert (would["dry_run"], would["batch"]) == (True, None)
    told = {one["name"]: one["cards"] for one in done.json()["people"]}
    assert list(told) == ["Anna Vogt", "Ben Gross, Ben Groß"]
    places = [f"{card['book']}/{card['href']}" for card in told["Anna Vogt"]]
    assert places == [ANNA, HERE_TOO]
    again = filled("duplicates", "link", "--certain", "--yes", "--json").json()
    assert again == {"dry_run": False, "batch": None, "people": []}
    every = [card["key"] for cards in told.values() for card in cards]
    assert filled("duplicates", "unlink", *every[::2], "nobody").code == 1
    assert filled("duplicates", "link", *every[:2], "--json").json()["people"] == []
    taken = filled("duplicates", "unlink", *every).lines()
    assert taken[:2] == [
        f"{every[0]}: unlinked from {HERE_TOO}",
        f"{every[1]}: nothing to do: it is not linked",
    ]
    linked = filled("duplicates", "link", *every[:2], "--json").json()
    some = done.json()["people"][:1]
    assert linked == {"dry_run": False, "batch": number + 2, "people": some}


def test_a_link_is_taken_back_by_its_number_and_so_is_that(filled: Shell) -> None:
    number = filled("duplicates", "link", ANNA, HERE_TOO, "--carry", "--json").json()["batch"]
    assert filled("show", "anna.vcf", "--json").json()["link_batch"] == number
    would = filled("undo", "--batch", number, "--dry-run")
    assert would.lines() == [
        f"~ Anna Vogt, {ANNA} changes",
        f"    - linked with: {HERE_TOO} (carry)",
        f"~ Anna Vogt, {HERE_TOO} changes",
        f"    - linked with: {ANNA} (carry)",
        "2 changed; this was a dry run, and all is as it was",
    ]
    done = filled("undo", "--batch", number, "--yes", "--json").json()
    assert [(one["href"], one["fate"]) for one in done["cards"]] == [
        ("anna.vcf", "changes"), ("vogt.vcf", "changes")
    ]  # fmt: skip
    assert len(keys(filled)) == 2
    assert filled("undo", "--batch", done["batch"], "--yes").code == 0
    shown = filled("show", "anna.vcf", "--json").json()
    assert [card["href"] for card in shown["linked"]] == ["vogt.vcf"]
    parted = filled("duplicates", "unlink", ANNA, "--json").json()
    (card,) = parted["cards"]
    assert (card["href"], [one["href"] for one in card["linked"]]) == ("anna.vcf", ["vogt.vcf"])
    assert filled("undo", "--batch", parted["batch"], "--yes").code == 0
    assert "by carry" in filled("show", "anna.vcf").out
