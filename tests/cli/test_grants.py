"""``dirserver grant``: access that managers give; and what ``plan`` and ``book`` show of it."""

from __future__ import annotations

import pytest

from tests.cli.shell import Shell
from tests.directory.acts import user_table

TO_DAVE = ["grant", "add", "customers", "--to", "dave", "--access", "read"]


def test_a_manager_gives_and_takes_access(filled: Shell) -> None:
    assert filled("search", "anna", "--book", "customers", "--as", "erin").code == 1
    done = filled(
        "grant", "add", "customers", "--to", "erin", "--access", "read", "--hide", "org,NOTE",
        "--as", "alice",
    )  # fmt: skip
    assert (done.code, done.out) == (
        0,
        "erin has read without NOTE, ORG on customers now, given by alice\n",
    )
    found = filled("search", "anna", "--as", "erin", "--json").json()
    assert [(card["name"], card["organisation"]) for card in found] == [("Anna Müller", "")]
    again = filled("grant", "add", "customers", "--to", "erin", "--access", "write")
    assert again.out.startswith("erin has write on customers now, given by ")
    assert again.out.endswith("; it was read without NOTE, ORG\n")
    done = filled("grant", "remove", "customers", "--to", "erin", "--as", "alice")
    assert done.code == 0
    assert done.out.startswith("erin has write on customers no longer; it was given by ")
    assert filled("search", "anna", "--book", "customers", "--as", "erin").code == 1
    sentences = [
        line.split("  ")[2].strip() for line in filled("audit", "--action", "grant").lines()[-3:]
    ]
    assert sentences[0] == (
        "added grant on customers to erin: read without NOTE, ORG, given by alice"
    )
    assert sentences[1].startswith("changed grant on customers to erin: read without NOTE, ORG -> ")
    assert sentences[2].startswith("removed grant on customers to erin: write, given by ")


def test_the_same_again_changes_nothing(shell: Shell) -> None:
    assert shell(*TO_DAVE, "--as", "alice").code == 0
    assert shell(*TO_DAVE).out == "dave has read on customers already, given by alice\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["add", "customers", "--to", "dav", "--access", "read"],
            "There is no user dav; did you mean dave?",
        ),
        (
            ["add", "customers", "--to", "sales", "--access", "read"],
            "There is no user sales; did you mean group:sales?",
        ),
        (
            ["add", "customers", "--to", "group:xyzzy", "--access", "read"],
            "There is no group xyzzy.",
        ),
        (
            ["add", "customers", "--to", "everyone", "--access", "read"],
            "Only users and groups can be given access; everyone is for the config file.",
        ),
        (
            ["add", "customers", "--to", "dave", "--access", "write", "--hide", "NOTE"],
            "Who may change a card must see all of it; only read can hide.",
        ),
        (
            ["add", "customers", "--to", "dave", "--access", "read", "--hide", "NOTE,BDYA"],
            '--hide BDYA: vCards have no property of this name; did you mean "BDAY"?',
        ),
        (
            ["add", "customers", "--to", "dave", "--access", "read", "--from", "10.1"],
            '--from 10.1: expected a network such as "10.20.0.0/16", or an address.',
        ),
        (
            ["add", "custmers", "--to", "dave", "--access", "read"],
            "There is no book custmers; did you mean customers?",
        ),
        (
            ["add", "customers", "--to", "dave", "--access", "read", "--as", "bob"],
            "bob may not manage customers: no grant of manage on customers; that to group:sales "
            "(config file) gives only write.",
        ),
        (
            ["remove", "customers", "--to", "erin"],
            "erin was not given anything on customers; see: COMMAND grant list customers",
        ),
        (
            ["remove", "customers", "--to", "alice"],
            "The grant to alice on customers is the config file's; take it out there, and apply.",
        ),
        (
            ["list", "staff", "--as", "bob"],
            "bob may not manage staff: no grant of manage on staff; that to everyone (config file)"
            " gives only read.",
        ),
    ],
)
def test_a_slip_is_met_with_what_can_be_done(words: list[str], said: str, shell: Shell) -> None:
    done = shell("grant", *words)
    said = said.replace("COMMAND", shell.proposed("").strip())
    assert (done.code, done.out, done.err) == (1, "", f"{said}\n")


def test_a_slip_in_removing_is_met_with_who_was_given_something(shell: Shell) -> None:
    assert shell(*TO_DAVE).code == 0
    done = shell("grant", "remove", "customers", "--to", "dav")
    assert done.err == "dav was not given anything on customers; did you mean dave?\n"


@pytest.mark.parametrize("access", ["manage", "search", "raed"])
def test_there_is_only_read_and_write_to_give(access: str, shell: Shell) -> None:
    done = shell("grant", "add", "customers", "--to", "dave", "--access", access)
    assert done.code == 2
    assert access in done.err


def _change(shell: Shell, *changes: tuple[str, str]) -> None:
    text = shell.config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    shell.config.write_text(text)


def test_a_list_says_who_gave_what_and_what_is_idle(shell: Shell) -> None:
    assert shell(*TO_DAVE, "--as", "alice").code == 0
    for to in ("erin", "group:support"):
        to_write = ["--to", to, "--access", "write", "--as", "alice"]
        assert shell("grant", "add", "customers", *to_write).code == 0
    _change(shell, (user_table("erin"), ""))
    assert shell("apply").code == 0
    rows = [line.split("  ") for line in shell("grant", "list", "customers").lines()]
    table = [[cell.strip() for cell in row if cell] for row in rows]
    assert table == [
        ["customers"],
        ["who", "may", "that is", "given by"],
        ["alice", "manage"],
        ["erin", "write", "nobody: there is no user erin", "alice"],
        ["group:sales", "write", "bob"],
        ["group:support", "write", "carol", "alice"],
        ["dave", "read", "alice"],
        ["group:support", "read without BDAY, NOTE and ORG", "carol"],
        ["anonymous", "search from 10.20.0.0/16"],
        ["dave", "search"],
    ]
    shown = shell("book", "show", "customers").lines()
    assert [line.split("  ")[0] for line in shown[6:]] == [row[0] for row in table[2:]]
    (listed,) = shell("grant", "list", "customers", "--json").json()
    assert listed["book"] == "customers"
    assert listed["grants"][1] == {
        "to": "erin",
        "access": "write",
        "hide": [],
        "networks": [],
        "logins": [],
        "given_by": "alice",
        "idle": "there is no user erin",
    }
    assert listed["grants"] == shell("book", "show", "customers", "--json").json()["grants"]


def test_a_manager_lists_what_they_manage(shell: Shell) -> None:
    books = shell("grant", "list", "--as", "alice", "--json").json()
    assert [book["book"] for book in books] == ["customers", "secret"]
    assert shell("grant", "list", "--as", "bob").lines() == ["bob manages no books"]
    assert len(shell("grant", "list", "--json").json()) == 3


def test_plan_and_apply_show_what_they_leave_alone(shell: Shell) -> None:
    assert shell(*TO_DAVE, "--as", "alice").code == 0
    kept = "= grant on customers to dave: read, given by alice"
    for words in (["plan"], ["plan", "--exit-code"], ["apply"]):
        done = shell(*words)
        assert done.code == 0
        assert done.lines() == [kept, "nothing to do: the database agrees with dirserver.toml"]
    _change(shell, ('name = "Customers"\n', 'name = "Customers"\ndelegate = false\n'))
    idle = f"{kept}; does not count, as the book has delegate = false"
    assert shell("plan").lines()[:2] == ['~ book customers: delegate "true" -> "false"', idle]
    assert shell("apply").lines()[1] == idle
    assert shell("plan", "--json").json()["kept"] == [
        {"book": "customers", "to": "dave", "given_by": "alice", "text": idle.removeprefix("= ")}
    ]
    done = shell(*TO_DAVE, "--as", "alice")
    assert done.code == 1
    assert done.err == ("Nobody can be given access: the book customers has delegate = false.\n")
