"""``dirserver history``, ``show``, ``restore``, ``book restore`` and ``undo`` as they are typed."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from dirserver import config
from dirserver.assembly import open_services
from dirserver.model.principal import Client
from tests.cli.conftest import CARDS
from tests.cli.shell import Shell, run_on_terminal
from tests.organisation import ADMIN, ALICE, BOB, vcard

PHONE = Client("carddav", "192.0.2.7", "DAVx5/4.4")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@pytest.fixture(scope="module")
def eventful_directory(filled_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three customers, one of which bob changed, one deleted and one moved, and a new one."""
    place = tmp_path_factory.mktemp("past")
    shutil.copytree(filled_directory, place, dirs_exist_ok=True)
    services = open_services(config.load(place / "dirserver.toml"))
    changed = CARDS["anna"].replace(b"1234-567", b"99").replace(b"late", b"early")
    with services.directory.writing(BOB, PHONE) as writing:
        writing.put_card("customers", "anna.vcf", changed)
        writing.delete_card("customers", "ben.vcf")
        writing.put_card("customers", "new.vcf", vcard("new", "New Person"))
    with services.directory.writing(ALICE, PHONE) as writing:
        writing.move_card("customers", "zoe.vcf", "staff", "zoe.vcf", overwrite=False)
    services.store.close()
    return place


@pytest.fixture
def shop(unapplied: Shell, eventful_directory: Path) -> Shell:
    """A shell where bob has been busy."""
    shutil.copytree(eventful_directory, unapplied.config.parent, dirs_exist_ok=True)
    return unapplied


def lines(text: str) -> list[str]:
    """Lines without what differs from run to run."""
    text = re.sub(r"key [2-9a-z]{12}", "key ...", TIME.sub("WHEN", text))
    return [re.sub(r"#\d+", "#N", line) for line in text.splitlines()]


def books(shell: Shell) -> dict[str, list[str]]:
    found = {}
    for book in ("customers", "staff"):
        cards = shell("search", "e", "--book", book, "--json").json()
        found[book] = sorted(card["href"] for card in cards)
    return found


def test_the_history_of_a_card_reads_well(shop: Shell) -> None:
    done = shop("history", "anna", "müller")
    assert (done.code, done.err) == (0, "")
    assert [re.sub(r"root|\[test.*\]", "...", line) for line in lines(done.out)] == [
        "Anna Müller  (customers/anna.vcf, key ...)",
        "WHEN  #N  ...  created it, by import 1  ...",
        "WHEN  #N  bob  changed it  [carddav 192.0.2.7, DAVx5/4.4]",
        "    ~ work number: +49 30 1234-567 -> +49 30 99",
        "    ~ note: pays late -> pays early",
    ]


@pytest.mark.parametrize("name", ["ben.vcf", "ben", "Ostergaard", "nordlys ben", "+49 171 39200"])
def test_deleted_cards_have_a_history_too(shop: Shell, name: str) -> None:
    done = shop("history", name, "--book", "customers")
    assert lines(done.out)[-1] == "WHEN  #N  bob  deleted it  [carddav 192.0.2.7, DAVx5/4.4]"


@pytest.mark.parametrize("command", ["history", "show"])
def test_a_card_is_named_as_it_is_shown(shop: Shell, command: str) -> None:
    for place, name in (
        ("customers/anna.vcf", "Anna Müller"),
        # One that is deleted, and one that has moved away.
        ("customers/ben.vcf", "Ben Østergaard"),
        ("customers/zoe.vcf", "Zoë"),
    ):
        done = shop(command, place)
        assert name in done.out + done.err
    assert "There is no card staff/ben.vcf" in shop(command, "staff/ben.vcf").err
    assert "There is no card /ben.vcf" in shop(command, "/ben.vcf").err


def test_a_moved_card_keeps_its_history(shop: Shell) -> None:
    done = shop("history", "zoe", "--json")
    told = done.json()
    assert (told["book"], told["href"], told["deleted"]) == ("staff", "zoe.vcf", False)
    assert [(one["what"], one["moved_from"]) for one in told["versions"]] == [
        ("created", ""), ("moved", "customers/zoe.vcf"),
    ]  # fmt: skip
    # Who manages one of the books sees that half of it.
    told = shop("history", "zoe.vcf", "--as", "alice", "--json").json()
    assert [one["what"] for one in told["versions"]] == ["created", "deleted"]
    assert "moved it away" in shop("history", "zoe.vcf", "--as", "alice").out


def test_only_the_newest_are_told(shop: Shell) -> None:
    done = shop("history", "anna", "--limit", "1")
    assert len(lines(done.out)) == 4
    assert done.err == "These are the newest 1 of 2; for more: --limit.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["history", "nobody"], "There is no card nobody, and there was none."),
        (["history", "anna", "--book", "nowhere"], "There is no book nowhere"),
        (["history", "anna", "--as", "bob"], "bob manages no book"),
        (["history", "anna", "--as", "bob", "--book", "customers"], "bob may not manage customers"),
        (["show", "anna", "--at", "1w"], "Anna Müller was not there then; "),
        (["show", "anna", "--at", "2126-01-01"], '--at "2126-01-01" is yet to come'),
        (["show", "anna", "--at", "soon"], '--at "soon" is no moment'),
        (["restore", "anna"], "Anna Müller is there. Say with --at or --version"),
        (["restore", "anna", "--version", "999"], "Anna Müller has no version #999"),
        (["restore", "anna", "--version", "1", "--at", "1h"], "Name a moment with --at or a ver"),
        (["restore", "anna", "--version", "1", "--field", "rev"], "REV says nothing of a person"),
        (["restore", "ben.vcf", "--field", "TEL"], "Ben Østergaard cannot come back: it is gone"),
        (["book", "restore", "nowhere", "--at", "1h"], "There is no book nowhere"),
        (["book", "restore", "customers", "--at", "1h", "--as", "bob"], "bob may not manage"),
        (["undo"], "Say whose acts to take back"),
        (["undo", "--user", "carol"], "Nothing was done that this asks for."),
        (["undo", "--user", "bbo"], "There is no user bbo; did you mean bob?"),
        (["undo", "--user", "bob"], "Nothing was done. Look at it with --dry-run, then say --yes"),
        (["undo", "--user", "bob", "--since", "1h", "--until", "2h"], "--since is after --until"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_says_why(shop: Shell, words: list[str], said: str) -> None:
    done = shop(*words)
    assert done.code == 1
    assert done.err.startswith(said), done.err


def test_several_cards_are_named_with_their_keys(shop: Shell) -> None:
    done = shop("history", "Blumen Müller")
    assert done.code == 1
    first, *others = done.err.splitlines()
    assert first == "Several cards are Blumen Müller; name one by its key:"
    keys = [line.split()[0] for line in others]
    assert [line.split(None, 1)[1] for line in others] == [
        "Anna Müller, customers/anna.vcf", "Zoë Muller-Groß, staff/zoe.vcf",
    ]  # fmt: skip
    assert shop("history", keys[0]).code == 0


def test_a_card_is_shown_as_it_was(shop: Shell) -> None:
    created, changed = shop("history", "anna", "--json").json()["versions"]
    done = shop("show", "anna", "--at", created["at"][:-1] + "999Z")
    assert "pays late" in done.out
    assert "pays early" in shop("show", "anna").out
    shown = shop("show", "anna", "--json").json()
    assert (shown["uid"], shown["actor"], shown["version"]) == ("anna", "bob", changed["version"])
    assert {"property": "NOTE", "field": "note", "value": "pays early"} in shown["fields"]
    done = shop("show", "ben.vcf")
    assert done.code == 1
    assert re.match(
        rf"Ben Østergaard was deleted by bob at .*: {shop.proposed('restore')} \w{{12}}\n", done.err
    )


def test_the_bytes_of_a_card_are_shown_as_they_are(shop: Shell) -> None:
    created = shop("history", "anna", "--json").json()["versions"][0]
    done = shop("show", "anna", "--raw", "--at", created["at"][:-1] + "999Z")
    assert done.out.encode() == CARDS["anna"]


def test_a_field_and_a_card_are_restored(shop: Shell) -> None:
    first = str(shop("history", "anna", "--json").json()["versions"][0]["version"])
    words = ["restore", "anna", "--version", first, "--field", "note"]
    assert shop(*words, "--dry-run").lines() == [
        "~ Anna Müller, customers/anna.vcf changes",
        "    ~ note: pays early -> pays late",
        "this was a dry run: customers is as it was",
    ]
    done = shop(*words)
    assert (done.code, done.err) == (
        0,
        shop.hint("undo --batch 2"),
    )
    assert shop(*words).out.endswith("nothing to do\n")
    shown = shop("show", "anna").out
    assert "pays late" in shown
    assert "+49 30 99" in shown
    told = shop("restore", "ben.vcf", "--json", "--as", "alice").json()
    assert (told["batch"], told["card"]["fate"]) == (3, "returns")
    assert "ben.vcf" in books(shop)["customers"]


def test_a_book_is_restored(shop: Shell) -> None:
    at = shop("history", "anna", "--json").json()["versions"][0]["at"][:-1] + "999Z"
    dry = shop("book", "restore", "customers", "--at", at, "--dry-run")
    assert dry.lines()[:-2] == [
        "~ Anna Müller, customers/anna.vcf changes",
        "    ~ work number: +49 30 99 -> +49 30 1234-567",
        "    ~ note: pays early -> pays late",
        "+ Ben Østergaard, customers/ben.vcf comes back",
        "- New Person, customers/new.vcf goes",
        "+ Zoë Muller-Groß, customers/zoe.vcf comes back",
    ]
    told = shop("book", "restore", "customers", "--at", at, "--json", "--dry-run").json()
    assert (told["stored"], told["taken_out"], len(told["cards"])) == (3, 1, 4)
    done = shop("book", "restore", "customers", "--at", at)
    assert (done.code, done.out) == (1, "")
    told, nothing = done.err.splitlines()
    assert told.endswith(": 3 cards as they were, 1 card taken out.")
    assert nothing == "Nothing was done. Look at it with --dry-run, then say --yes to do it."
    assert books(shop)["customers"] == ["anna.vcf", "new.vcf"]
    done = shop("book", "restore", "customers", "--at", at, "--yes")
    assert lines(done.out) == ["customers as of WHEN: 3 cards as they were, 1 card taken out"]
    assert done.err == shop.hint("undo --batch 2")
    assert books(shop)["customers"] == ["anna.vcf", "ben.vcf", "zoe.vcf"]
    done = shop("book", "restore", "customers", "--at", at)
    assert lines(done.out) == ["customers as of WHEN: nothing has changed since"]
    assert shop("undo", "--batch", "2", "--yes").code == 0
    assert books(shop)["customers"] == ["anna.vcf", "new.vcf"]


def test_what_bob_did_is_taken_back(shop: Shell) -> None:
    dry = shop("undo", "--user", "bob", "--since", "1h", "--dry-run")
    assert (dry.code, dry.err) == (0, "")
    assert dry.lines()[-1] == (
        "1 back, 1 gone, 1 changed; this was a dry run, and all is as it was"
    )
    done = shop("undo", "--user", "bob", "--since", "1h", "--yes")
    assert done.lines()[-1] == "done: 1 back, 1 gone, 1 changed"
    assert done.err == shop.hint("undo --batch 2")
    assert books(shop)["customers"] == ["anna.vcf", "ben.vcf"]
    at = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    told = rf"took back what was done in customers: undo 2 of bob since {at} UTC: "
    assert re.search(told, shop("audit").out)
    # As the audit trail tells moments.
    (said,) = shop("undo", "--user", "bob", "--since", "1h", "--yes").lines()
    assert re.fullmatch(rf"of bob since {at}, there is nothing left to take back", said)
    assert re.match(rf"{at}  ", shop("audit").out)
    done = shop("undo", "--user", "bob", "--yes")
    assert done.lines() == ["of bob, there is nothing left to take back"]


def test_what_others_changed_since_is_told_and_makes_the_exit_code_1(shop: Shell) -> None:
    services = open_services(config.load(shop.config))
    with services.directory.writing(ADMIN, PHONE) as writing:
        writing.put_card("customers", "anna.vcf", CARDS["anna"].replace(b"late", b"never"))
    services.store.close()
    done = shop("undo", "--import", "1", "--yes", "--json")
    assert done.code == 1
    told = {card["href"]: card for card in done.json()["cards"]}
    assert told["anna.vcf"]["fate"] == "stays"
    assert told["anna.vcf"]["conflicts"][0]["now"] == "changed since"
    done = shop("undo", "--user", "bob", "--dry-run")
    assert done.code == 1
    assert (
        "    ! note: somebody made it pays never since, not pays early; it stays so" in done.lines()
    )
    assert done.err.startswith("Not taken back, or not wholly, for the reasons marked above")


def test_the_one_at_the_keyboard_is_asked(shop: Shell) -> None:
    words = ["-c", str(shop.config), "undo", "--user", "bob"]
    asked = "Take this back for 3 cards?"
    code, shown = run_on_terminal(*words, answers=[(asked, "n\n")])
    assert (code, "Nothing was done." in shown) == (1, True)
    assert books(shop)["customers"] == ["anna.vcf", "new.vcf"]
    code, shown = run_on_terminal(*words, answers=[(asked, "y\n")])
    assert (code, "done: 1 back" in shown) == (0, True)
    assert books(shop)["customers"] == ["anna.vcf", "ben.vcf"]


def test_a_book_is_restored_only_when_the_one_at_the_keyboard_says_yes(shop: Shell) -> None:
    words = ["-c", str(shop.config), "book", "restore", "customers", "--at", "1h"]
    # Nothing was there an hour ago: who mistypes a moment must see that all would go.
    asked = "0 cards as they were, 2 cards taken out.\r\nDo it?"
    code, shown = run_on_terminal(*words, answers=[(asked, "n\n")])
    assert (code, "Nothing was done." in shown) == (1, True)
    assert "nothing was in customers yet at" in shown
    assert books(shop)["customers"] == ["anna.vcf", "new.vcf"]
    told = shop("book", "restore", "customers", "--at", "1h", "--json", "--dry-run").json()
    assert (told["stored"], told["taken_out"]) == (0, 2)
    assert told["begins"] == shop("history", "anna", "--json").json()["versions"][0]["at"]
    code, shown = run_on_terminal(*words, answers=[(asked, "y\n")])
    assert (code, "2 cards taken out" in shown) == (0, True)
    assert books(shop)["customers"] == []


def test_a_device_is_named_as_one_likes_and_who_mistypes_it_is_told_which_there_are(
    shop: Shell,
) -> None:
    def clients(*words: str) -> list[str]:
        told = shop("audit", *words, "--json").json()
        return [one["device"] for one in told]

    for login in ("alice", "bob"):
        assert shop("device", "add", login, "iPhone").code == 0
    services = open_services(config.load(shop.config))
    (phone,) = (
        device for device in services.directory.policy().devices.values() if device.login == "bob"
    )
    with services.directory.writing(replace(BOB, device=phone), PHONE) as writing:
        writing.put_card("customers", "late.vcf", vcard("late", "Late"))
    services.close()
    # Also when the device is no more.
    assert shop("device", "revoke", "bob", "iPhone").code == 0
    for words in (["iphone"], ["IPHONE"], ["Bob iPhone"], ["iPhone", "--user", "bob"]):
        assert clients("--device", *words) == ["iPhone"]
        done = shop("undo", "--device", *words, "--dry-run")
        assert done.lines()[0] == "- Late, customers/late.vcf goes", done.err
    assert clients("--device", "alice iphone") == []
    for words in (["audit"], ["undo", "--dry-run"], ["undo", "--as", "alice", "--dry-run"]):
        done = shop(*words, "--device", "tablet")
        known = '"alice iPhone" and "bob iPhone"' if "--as" not in words else '"bob iPhone"'
        assert done.err == f"There is no device tablet; there is {known}.\n"
        assert shop(*words, "--device", "iphne").err.endswith("did you mean iPhone?\n")
    done = shop("undo", "--user", "carol", "--device", "iphone")
    assert (done.code, done.err) == (1, "carol has no device iphone, nor any other.\n")


def test_over_a_pruned_history_it_is_said_what_cannot_come_back(shop: Shell) -> None:
    text = shop.config.read_text()
    shop.config.write_text(f'{text}\n[history]\nkeep = "30d"\n')
    with closing(sqlite3.connect(shop.config.with_name("test.db"))) as connection, connection:
        connection.execute("UPDATE card_version SET at = '2025-01-01 12:00:00.000000'")
    assert shop("history", "prune").code == 0
    # Of anna there is only what bob made of her, and nobody knows whether he made all of it.
    done = shop("undo", "--user", "bob", "--yes")
    assert done.code == 1
    assert [line.split(", as all")[0] for line in done.lines() if "!" in line] == [
        "! Anna Müller, customers/anna.vcf stays as it is",
        "    ! card: changed, but what it was is pruned",
        "! New Person, customers/new.vcf stays as it is",
        "    ! card: changed, but what it was is pruned",
    ]
    assert done.err.startswith("warning: the history is pruned up to ")
    assert books(shop)["customers"] == ["anna.vcf", "new.vcf"]
    done = shop("book", "restore", "customers", "--at", "2025-06-01", "--yes")
    assert done.code == 1
    assert done.err.startswith("What was in customers then is not known any more: its history ")
    assert books(shop)["customers"] == ["anna.vcf", "new.vcf"]
    # What came after is taken back as ever.
    assert shop("book", "restore", "customers", "--at", "today", "--yes").code == 0
    assert shop("undo", "--user", "bob", "--since", "1h").err.startswith("Nothing was done that")


def test_times_of_programs_are_in_utc(shop: Shell) -> None:
    told = shop("book", "restore", "customers", "--at", "today", "--json", "--dry-run").json()
    assert told["at"].endswith("Z")
    assert datetime.fromisoformat(told["at"])


def test_where_there_is_no_book_the_operator_is_not_sent_to_ask_for_rights(
    unapplied: Shell,
) -> None:
    text = unapplied.config.read_text()
    unapplied.config.write_text(text[: text.index("[books.")])
    assert unapplied("apply").code == 0
    for words in (["history", "anna"], ["undo", "--user", "bob"]):
        done = unapplied(*words)
        assert (done.code, done.err.partition(".")[0]) == (1, "There are no books, and so no past")
