"""``dirserver book``: which books there are, and who may do what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cli.shell import Shell, run_on_terminal


def test_the_operator_sees_every_book_and_who_may_do_what(filled: Shell) -> None:
    done = filled("book", "list")
    assert done.code == 0
    head, *rows = done.lines()
    assert head.split() == ["book", "name", "cards", "last", "change", "who", "may"]
    assert [row.split()[0] for row in rows if not row.startswith(" ")] == [
        "customers",
        "secret",
        "staff",
    ]
    assert rows[0].split()[:3] == ["customers", "Customers", "3"]
    assert rows[0].endswith("manage: alice")
    assert [row.strip() for row in rows[1:5]] == [
        "write: group:sales",
        "read without BDAY, NOTE and ORG: group:support",
        "search from 10.20.0.0/16: anonymous",
        "search: dave",
    ]


def test_a_user_is_shown_with_what_they_have(filled: Shell) -> None:
    rows = filled("book", "list", "--as", "carol").lines()
    assert rows[0].split() == ["book", "name", "cards", "last", "change", "access"]
    assert rows[1].endswith("read without BDAY, NOTE and ORG")
    assert [row.split()[0] for row in rows[1:]] == ["customers", "staff"]


def test_a_book_is_shown_with_its_grants_and_their_members(filled: Shell) -> None:
    lines = filled("book", "show", "customers").lines()
    assert lines[:2] == ["Customers (customers)", "Everyone we sell to"]
    assert lines[2].split() == ["cards", "3"]
    assert lines[3].split()[0] == "revision"
    assert lines[4].startswith(f"last change  {datetime.now().astimezone():%Y-}")
    assert [line.split("  ")[0] for line in lines[6:]] == [
        "alice",
        "group:sales",
        "group:support",
        "anonymous",
        "dave",
    ]
    assert lines[7].endswith("bob")
    assert lines[8].endswith("read without BDAY, NOTE and ORG  carol")


def test_programs_read_the_same(filled: Shell) -> None:
    shown = filled("book", "show", "customers", "--json").json()
    changed = datetime.fromisoformat(shown.pop("changed"))
    assert abs((datetime.now(UTC) - changed).total_seconds()) < 60
    assert shown.pop("uuid")
    assert shown.pop("revision") >= 3
    assert shown.pop("grants")[2] == {
        "to": "group:support",
        "access": "read",
        "hide": ["BDAY", "NOTE", "ORG"],
        "networks": [],
        "logins": ["carol"],
        "given_by": "",
        "idle": "",
    }
    assert shown == {
        "book": "customers",
        "name": "Customers",
        "description": "Everyone we sell to",
        "cards": 3,
        "access": "manage",
        "hidden": [],
        "query": "",
        "shows": [],
    }
    assert [book["book"] for book in filled("book", "list", "--json").json()] == [
        "customers",
        "secret",
        "staff",
    ]


def test_what_others_were_granted_is_not_shown_as_a_user(filled: Shell) -> None:
    shown = filled("book", "show", "customers", "--as", "carol", "--json").json()
    assert (shown["access"], shown["hidden"]) == ("read", ["BDAY", "NOTE", "ORG"])
    assert shown["grants"] == []
    lines = filled("book", "show", "customers", "--as", "carol").lines()
    assert lines[-1] == "access       read without BDAY, NOTE and ORG"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["custmers"], "There is no book custmers; did you mean customers?\n"),
        (["xyz"], "There is no book xyz; there is customers, secret and staff.\n"),
        (["staf", "--as", "bob"], "There is no book staf for bob; did you mean staff?\n"),
        (
            ["secret", "--as", "bob"],
            "bob may not search secret: no grant of search on secret.\n",
        ),
        (["staff", "--as", "bbo"], "There is no user bbo; did you mean bob?\n"),
        (
            ["staff", "--as", "nobody"],
            "There is no user nobody; there is alice, bob, carol, dave and erin.\n",
        ),
    ],
)
def test_a_slip_is_met_with_what_there_is(words: list[str], said: str, shell: Shell) -> None:
    done = shell("book", "show", *words)
    assert (done.code, done.out, done.err) == (1, "", said)


def test_what_is_in_the_file_only_is_told_apart(shell: Shell) -> None:
    with shell.config.open("a") as file:
        file.write('[users.frank]\nname = "Frank"\n[books.press]\nname = "Press"\n')
    assert shell("book", "show", "press").err == (
        "The book press is in dirserver.toml, but not applied yet; run: "
        f"{shell.proposed('apply')}\n"
    )
    assert shell("book", "list", "--as", "frank").err == (
        "The user frank is in dirserver.toml, but not applied yet; run: "
        f"{shell.proposed('apply')}\n"
    )


def test_users_can_be_named_by_their_mail_address(shell: Shell) -> None:
    by_mail = shell("book", "list", "--as", "Carol@example.org")
    assert by_mail.code == 0
    assert by_mail.out == shell("book", "list", "--as", "carol").out


def test_nothing_to_list_is_said(shell: Shell) -> None:
    shell.config.write_text(shell.config.read_text().split("[books.")[0])
    assert shell("apply").code == 0
    assert shell("book", "list").lines() == ["there are no books"]
    assert shell("book", "list", "--as", "bob").lines() == ["bob has no books"]
    assert shell("book", "list", "--json").json() == []


def test_private_books_are_named_by_their_owners(shell: Shell) -> None:
    text = shell.config.read_text()
    shell.config.write_text(text.replace("[database]", "personal_books = true\n[database]"))
    assert shell("apply").code == 0
    listed = [book["book"] for book in shell("book", "list", "--json").json()]
    assert "bob/personal" in listed
    shown = shell("book", "show", "bob/personal", "--json").json()
    assert [(grant["to"], grant["access"]) for grant in shown["grants"]] == [("bob", "manage")]
    for name in ("personal", "bob/personal"):
        assert shell("book", "show", name, "--as", "bob").code == 0
    assert shell("book", "show", "personal").code == 1
    assert shell("book", "show", "bob/personal", "--as", "alice").code == 1


@pytest.fixture
def archived(filled: Shell) -> Shell:
    """The organisation without the customers, who are archived."""
    text = filled.config.read_text()
    start, end = text.index("[books.customers]"), text.index("[books.staff]")
    filled.config.write_text(text[:start] + text[end:])
    assert filled("apply").code == 0
    return filled


def test_a_book_is_purged_when_it_is_archived_and_somebody_says_yes(archived: Shell) -> None:
    planned = archived("book", "purge", "customers", "--dry-run")
    assert planned.out.startswith("customers would be gone for good: 3 cards with 3 versions")
    asked = archived("book", "purge", "customers")
    assert asked.code == 1
    assert "no terminal to ask on" in asked.err
    done = archived("book", "purge", "customers", "--yes")
    assert done.code == 0
    assert done.out == "customers is gone for good: 3 cards with 3 versions in all\n"
    again = archived("book", "purge", "customers", "--yes")
    assert again.err == "No book customers is archived; there is none.\n"
    assert "purged book customers" in archived("audit", "--action", "book:purge").out


def test_a_book_in_use_is_not_purged(filled: Shell) -> None:
    done = filled("book", "purge", "customers", "--yes")
    assert done.code == 1
    assert "is in use" in done.err
    assert f"Take it out of dirserver.toml and run: {filled.proposed('apply')}" in done.err
    assert filled("book", "show", "customers", "--json").json()["cards"] == 3


def test_programs_read_what_was_purged(archived: Shell) -> None:
    planned = archived("book", "purge", "customers", "--dry-run", "--json").json()
    done = archived("book", "purge", "customers", "--yes", "--json").json()
    assert (planned.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert planned == done
    assert (done["cards"], done["versions"], done["changes"]) == (3, 3, 3)


@pytest.mark.parametrize(("typed", "code"), [("customers", 0), ("y", 1), ("", 1)])
def test_on_a_terminal_the_name_is_asked_for(typed: str, code: int, archived: Shell) -> None:
    answers = [("customers > ", f"{typed}\n")]
    words = ("-c", archived.config, "book", "purge", "customers")
    done, shown = run_on_terminal(*words, answers=answers)
    assert done == code
    assert "This cannot be undone" in shown
    assert ("is gone for good" in shown) == (code == 0)
    assert ("Nothing was purged" in shown) == (code == 1)
