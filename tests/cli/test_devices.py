"""``dirserver device``: passwords for phones, shown once and taken back in one command."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from dirserver.cli.moments import read_deadline
from dirserver.directory.access.sightings import _USED_AGAIN
from dirserver.model.secret import digest_of
from tests.cli.shell import Done, Shell


def handed(done: Done) -> str:
    """The password that a command has shown."""
    assert done.code == 0, done.err
    (line,) = [line for line in done.lines() if line.startswith("password")]
    secret = line.split()[-1]
    assert digest_of(secret)
    return secret


def test_what_is_to_be_typed_into_the_phone_is_shown_once(shell: Shell) -> None:
    done = shell("device", "add", "alice", "alice iphone")
    secret = handed(done)
    assert [line.replace(secret, "SECRET") for line in done.lines()] == [
        "alice iphone, for alice. Type into it:",
        "login     alice",
        "password  SECRET",
        "CardDAV   http://127.0.0.1:5232/",
        "LDAP      ldap://127.0.0.1:1389",
        "base      dc=example,dc=org",
        "bind DN   uid=alice,ou=users,dc=example,dc=org",
    ]
    assert done.err == "The password is not shown again.\n"
    for words in (["device", "list"], ["device", "list", "--json"], ["audit", "--json"]):
        assert secret not in shell(*words).out


def test_programs_get_it_too(shell: Shell) -> None:
    told = shell(
        "device", "add", "ALICE@example.org", "desk", "--only", "ldap", "--from", "10.20.0.0/16",
        "--from", "2001:db8::/32", "--book", "customers", "--expires", "2099-12-31", "--json",
    ).json()  # fmt: skip
    assert digest_of(told.pop("password"))
    ends = datetime.fromisoformat(told.pop("expires")).astimezone()
    assert (ends.year, ends.month, ends.day, ends.hour) == (2099, 12, 31, 23)
    assert told == {
        "login": "alice",
        "device": "desk",
        "protocols": ["ldap"],
        "books": ["customers"],
        "networks": ["10.20.0.0/16", "2001:db8::/32"],
        "merged": False,
        "carddav": "",
        "ldap": "ldap://127.0.0.1:1389",
        "base_dn": "dc=example,dc=org",
        "bind_dn": "uid=alice,ou=users,dc=example,dc=org",
    }


def test_addresses_are_those_that_the_config_tells(shell: Shell) -> None:
    text = shell.config.read_text(encoding="utf-8")
    text += '\n[carddav]\npublic_url = "https://contacts.example.org"\n'
    text = text.replace("max_hits = 5\n", 'max_hits = 5\nlisten = ["0.0.0.0:389", "[::]:389"]\n')
    shell.config.write_text(text, encoding="utf-8")
    told = shell("device", "add", "alice", "x", "--json").json()
    assert told["carddav"] == "https://contacts.example.org/"
    assert told["ldap"] == "ldap://HOST:389"


def test_devices_are_listed_and_revoked(shell: Shell) -> None:
    assert shell("device", "list").lines() == ["there are no devices"]
    for login, name in (("bob", "laptop"), ("alice", "phone"), ("alice", "desk")):
        handed(shell("device", "add", login, name))
    shown = shell("device", "list", "--json").json()
    assert [(one["login"], one["device"]) for one in shown] == [
        ("alice", "desk"),
        ("alice", "phone"),
        ("bob", "laptop"),
    ]
    assert (shown[0]["last_seen"], shown[0]["stopped"], shown[0]["expired"]) == (None, [], False)
    done = shell("device", "revoke", "alice", "phone")
    assert (done.code, done.out) == (0, "phone, of alice, can no longer log in\n")
    assert [line.split()[:2] for line in shell("device", "list", "alice").lines()[1:]] == [
        ["alice", "desk"]
    ]
    told = shell("audit", "--action", "device", "--json").json()
    assert [one["detail"] for one in told][-1] == "alice's device phone"
    said = [
        re.sub(r"^.{21}\S+ +|  \[.*", "", line)
        for line in shell("audit", "--action", "device").lines()
    ]
    assert said[-2:] == ["made a password for alice's device desk", "revoked alice's device phone"]


def test_how_late_a_sighting_may_be_is_said(shell: Shell) -> None:
    assert timedelta(minutes=5) == _USED_AGAIN
    said = " ".join(shell("device", "list", "--help").out.split())
    assert "last seen may be told five minutes too early" in said


def test_users_see_to_their_own(shell: Shell) -> None:
    handed(shell("device", "add", "alice", "phone"))
    handed(shell("device", "add", "bob", "phone", "--as", "bob"))
    own = shell("device", "list", "--as", "bob", "--json").json()
    assert [(one["login"], one["created_by"]) for one in own] == [("bob", "bob")]
    for words in (["add", "alice", "x"], ["list", "alice"], ["revoke", "alice", "phone"]):
        done = shell("device", *words, "--as", "bob")
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("bob ")
    assert shell("device", "revoke", "bob", "phone", "--as", "bob").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "alcie", "x"], "There is no user alcie; did you mean alice?"),
        (["add", "alice", " x"], "A device has a name of at most 64 characters"),
        (["add", "alice", "x\n"], "A device has a name of at most 64 characters"),
        (["add", "alice", "x", "--only", "imap"], "--only imap: expected carddav or ldap."),
        (["add", "alice", "x", "--from", "10.1.2.3/8"], "--from 10.1.2.3/8: expected a network"),
        (["add", "alice", "x", "--book", "costumers"], "alice has no book costumers; did you mean"),
        (["add", "bob", "x", "--book", "secret"], "bob has no book secret; look at: dirserver"),
        (["add", "alice", "x", "--expires", "2d ago"], '--expires "2d ago": expected a time to'),
        (["add", "alice", "x", "--expires", "2020-01-01"], '--expires "2020-01-01": expected'),
        (["add", "alice", "phone"], "alice has a device phone already. Revoke it first"),
        (["revoke", "alice", "pone"], "alice has no device pone; did you mean phone?"),
        (["revoke", "bob", "phone"], "bob has no device phone."),
        (["list", "zoe"], "There is no user zoe; there is alice, bob, carol, dave and erin."),
        (["release", "alice"], "Nothing of alice's is stopped. What is, says: COMMAND device list"),
        (["release", "alice", "phone", "--book", "x"], "alice's phone is not stopped in x. What"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], said: str, shell: Shell) -> None:
    handed(shell("device", "add", "alice", "phone"))
    done = shell("device", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(said.replace("COMMAND", shell.proposed("").strip()))
    assert len(shell("device", "list", "--json").json()) == 1


def stop(shell: Shell, login: str, device: str) -> None:
    """Stop a client from writing to customers, as the shield does."""
    with sqlite3.connect(shell.config.with_name("test.db")) as connection:
        connection.execute(
            "INSERT INTO stopped_client (addressbook_id, login, device, at, reason, released_by)"
            " SELECT id, ?, ?, '2026-11-01 12:00:00.000000', '30 of 40 cards', ''"
            " FROM addressbook WHERE slug = 'customers'",
            (login, device),
        )
        connection.execute("UPDATE setting SET value = value + 1 WHERE name = 'policy_epoch'")
    connection.close()


def test_who_is_stopped_is_shown_and_released(shell: Shell) -> None:
    handed(shell("device", "add", "alice", "phone"))
    for login, device in (("alice", "phone"), ("bob", "")):
        stop(shell, login, device)
    shown = shell("device", "list", "--json").json()
    assert [
        (one["login"], one["device"], [where["book"] for where in one["stopped"]]) for one in shown
    ] == [("alice", "phone", ["customers"]), ("bob", "", ["customers"])]
    at = datetime(2026, 11, 1, 12, tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert shell("device", "list").lines()[2:] == [
        "bob    (own password)",
        f"phone, of alice, is stopped in customers since {at}: 30 of 40 cards",
        f"bob, with their own password, is stopped in customers since {at}: 30 of 40 cards",
    ]
    refused = shell("device", "release", "bob", "--as", "carol")
    assert refused.code == 1
    assert refused.err.startswith("Only who manages the book may do that: no grant of manage")
    done = shell("device", "release", "bob", "--as", "alice")
    assert done.out == "bob, with their own password, may write to customers again\n"
    done = shell("device", "release", "alice", "phone", "--book", "customers")
    assert done.out == "phone, of alice, may write to customers again\n"
    assert [one["stopped"] for one in shell("device", "list", "--json").json()] == [[]]
    told = shell("audit", "--action", "device:release", "--json").json()
    assert [(one["actor"], one["outcome"]) for one in told][:2] == [
        ("carol", "refused"),
        ("alice", "done"),
    ]


def test_the_check_says_who_is_left_out(shell: Shell, unapplied: Shell) -> None:
    handed(shell("device", "add", "alice", "desk", "--only", "ldap"))
    text = shell.config.read_text(encoding="utf-8")
    strict = text.replace("max_hits = 5\n", "max_hits = 5\nrequire_device_passwords = true\n")
    shell.config.write_text(f"{strict}\n[carddav]\nrequire_device_passwords = true\n", "utf-8")
    warnings = shell("check", "--json").json()["warnings"]
    assert [warning for warning in warnings if "require" in warning] == [
        f"[{face}] require_device_passwords: without a device, {who} cannot log in; make "
        f"passwords with: {shell.proposed('device')} add LOGIN NAME"
        for face, who in (
            ("carddav", "alice, bob, carol, dave and erin"),
            ("ldap", "bob, carol, dave and erin"),
        )
    ]


def test_the_check_makes_no_database(unapplied: Shell) -> None:
    text = unapplied.config.read_text(encoding="utf-8")
    text += "\n[carddav]\nrequire_device_passwords = true\n"
    unapplied.config.write_text(text, encoding="utf-8")
    assert unapplied("check").code == 0
    assert not unapplied.config.with_name("test.db").exists()


NOW = datetime(2026, 11, 1, 12, 30).astimezone()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("1h", NOW + timedelta(hours=1)),
        ("2 w", NOW + timedelta(weeks=2)),
        ("2026-11-01 14:00", datetime(2026, 11, 1, 14).astimezone()),
        ("today", datetime(2026, 11, 2).astimezone() - timedelta(microseconds=1)),
        ("2027-01-01", datetime(2027, 1, 2).astimezone() - timedelta(microseconds=1)),
    ],
)
def test_deadlines_are_read_as_people_mean_them(said: str, meant: datetime) -> None:
    assert read_deadline(said, NOW) == meant


@pytest.mark.parametrize("said", ["", "soon", "0d", "2026-11-01 12:30", "yesterday", "999999w"])
def test_what_is_no_deadline_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="expected a time to come"):
        read_deadline(said, NOW)


def test_a_device_can_be_shown_all_books_as_one(shell: Shell) -> None:
    told = shell("device", "add", "alice", "MacBook", "--merged", "--json").json()
    assert told["merged"] is True
    assert "all books as one" in shell("device", "list", "alice").out
    refused = shell("device", "add", "alice", "x", "--merged", "--only", "ldap")
    assert refused.code == 1
    assert "--merged is about CardDAV" in refused.err
