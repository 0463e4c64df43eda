"""``dirserver audit``: who did what, when and from where."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dirserver import __version__, config
from dirserver.assembly import open_services
from dirserver.cli.upkeep.auditing import sentence
from dirserver.directory import AuditFilter
from dirserver.errors import AccessDenied, InvalidCredentials
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.principal import Client
from dirserver_radicale import refusals
from dirserver_radicale.tree.hrefs import locate
from tests.cli.conftest import CARDS
from tests.cli.shell import Shell
from tests.organisation import ALICE, BOB, CAROL

PHONE = Client("carddav", "192.0.2.7", "DAVx5/4.4")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ")


@pytest.fixture(scope="module")
def eventful_directory(applied_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation, after bob has written, changed and deleted, and others have tried."""
    place = tmp_path_factory.mktemp("eventful")
    shutil.copytree(applied_directory, place, dirs_exist_ok=True)
    services = open_services(config.load(place / "dirserver.toml"))
    directory = services.directory
    with directory.writing(BOB, PHONE) as writing:
        writing.put_card("customers", "anna.vcf", CARDS["anna"])
    with directory.writing(ALICE, PHONE) as writing:
        writing.put_card("customers", "anna.vcf", CARDS["anna"].replace(b"late", b"early"))
        writing.move_card("customers", "anna.vcf", "staff", "anna.vcf", overwrite=False)
    with directory.writing(ALICE, PHONE) as writing:
        writing.delete_card("staff", "anna.vcf")
    with contextlib.suppress(AccessDenied), directory.writing(CAROL, PHONE) as writing:
        writing.put_card("customers", "zoe.vcf", CARDS["zoe"])
    with contextlib.suppress(InvalidCredentials):
        services.authenticator.authenticate("bob", "guess", Client("ldap", "192.0.2.9"))
    services.store.close()
    return place


@pytest.fixture
def eventful(unapplied: Shell, eventful_directory: Path) -> Shell:
    """A shell where much has happened."""
    shutil.copytree(eventful_directory, unapplied.config.parent, dirs_exist_ok=True)
    return unapplied


def told(shell: Shell, *words: str) -> list[str]:
    """The lines of a trail, without their times and their etags."""
    done = shell("audit", *words)
    assert (done.code, done.err) == (0, "")
    lines = [TIME.sub("", line, count=1) for line in done.lines()]
    return [re.sub("etag [0-9a-f]+", "etag ...", line) for line in lines]


def test_the_trail_reads_well(eventful: Shell) -> None:
    assert told(eventful, "--since", "1h", "--action", "card") == [
        "bob    created anna.vcf in customers: etag ...  [carddav 192.0.2.7, DAVx5/4.4]",
        "alice  changed anna.vcf in customers: etag ..., changed NOTE  "
        "[carddav 192.0.2.7, DAVx5/4.4]",
        "alice  moved customers/anna.vcf to staff/anna.vcf  [carddav 192.0.2.7, DAVx5/4.4]",
        "alice  moved staff/anna.vcf from customers/anna.vcf  [carddav 192.0.2.7, DAVx5/4.4]",
        "alice  deleted anna.vcf from staff  [carddav 192.0.2.7, DAVx5/4.4]",
        "carol  REFUSED to write zoe.vcf in customers: no grant of write on customers; "
        "that to group:support (config file) gives only read  [carddav 192.0.2.7, DAVx5/4.4]",
    ]
    assert told(eventful, "--action", "login") == [
        "bob  REFUSED to log in: wrong password  [ldap 192.0.2.9]"
    ]


def test_times_are_local_to_people_and_utc_to_programs(eventful: Shell) -> None:
    line = eventful("audit", "--limit", "1").out
    shown = datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").astimezone()
    (event,) = eventful("audit", "--limit", "1", "--json").json()
    assert event["at"].endswith("Z")
    assert abs((datetime.fromisoformat(event["at"]) - shown).total_seconds()) < 1
    assert abs((datetime.now(UTC) - shown).total_seconds()) < 60


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        (["--book", "staff", "--action", "card"], ["card:move", "card:delete"]),
        (["--user", "bob"], ["card:create", "login"]),
        (["--card", "zoe.vcf"], ["card:update"]),
        (["--card", "anna.vcf", "--user", "alice", "--book", "customers"],
         ["card:update", "card:move"]),
        (["--action", "card:delete"], ["card:delete"]),
        (["--action", "CARD:DELETE"], ["card:delete"]),
        (["--action", "config"], ["config:apply"]),
        (["--user", "bob", "--until", "1h"], []),
        (["--user", "bob", "--since", "1h", "--until", "today"], ["card:create", "login"]),
        (["--user", "bob", "--since", "today"], ["card:create", "login"]),
        (["--user", "bob", "--until", "2020-01-01"], []),
        (["--action", "card", "--limit", "2"], ["card:delete", "card:update"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_events_are_picked_by_everything_that_is_asked(
    words: list[str], actions: list[str], eventful: Shell
) -> None:
    found = eventful("audit", *words, "--json").json()
    assert [event["action"] for event in found] == actions


def test_programs_read_every_part_of_an_event(eventful: Shell) -> None:
    (event,) = eventful("audit", "--user", "carol", "--json").json()
    assert event.pop("id") > 0
    assert datetime.fromisoformat(event.pop("at"))
    assert event == {
        "actor": "carol",
        "action": "card:update",
        "outcome": "refused",
        "book": "customers",
        "card": "zoe.vcf",
        "detail": (
            "no grant of write on customers; that to group:support (config file) gives only read"
        ),
        "protocol": "carddav",
        "address": "192.0.2.7",
        "agent": "DAVx5/4.4",
        "device": "",
        "erased": False,
    }


def test_there_being_more_is_told(eventful: Shell) -> None:
    done = eventful("audit", "--limit", "2")
    assert done.code == 0
    assert len(done.lines()) == 2
    assert done.err == "These are the newest 2; for more: --limit, --since or --until.\n"


def test_nothing_found_is_no_failure(eventful: Shell) -> None:
    assert told(eventful, "--user", "erin") == ["nothing happened that this asks for"]
    assert eventful("audit", "--user", "erin", "--json").json() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "soon"], '--since "soon" is no moment; expected 30m, 2h, 2d or 1w (ago)'),
        (["--until", "2x"], '--until "2x" is no moment; expected '),
        (["--since", "1h", "--until", "2h"], "--since is after --until"),
        (["--action", "crad"], "There is no action crad; did you mean card?"),
        (["--action", "xyz"], "There is no action xyz; there are card, login, user, "),
    ],
)
def test_what_is_no_question_is_refused(words: list[str], said: str, shell: Shell) -> None:
    done = shell("audit", *words)
    assert done.code == 1
    assert done.err.startswith(said)
    assert done.out == ""


def test_the_one_at_the_keyboard_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name

    def agent(*words: str) -> tuple[str, str]:
        assert shell("export", "--book", "staff", *words).code == 0
        (event,) = shell("audit", "--limit", "1", "--json").json()
        return event["actor"], event["agent"]

    assert agent() == (me, f"dirserver {__version__}")
    assert agent("--as", "bob") == ("bob", f"dirserver {__version__}, run by {me}")
    monkeypatch.setenv("SUDO_USER", "grace")
    behind = "grace" if os.getuid() == 0 else me
    assert agent("--as", "bob") == ("bob", f"dirserver {__version__}, run by {behind}")


def test_it_works_on_each_engine(on_each_engine: Shell) -> None:
    assert on_each_engine("apply").code == 0
    lines = told(on_each_engine, "--action", "config", "--since", "1h", "--until", "today")
    assert len(lines) == 1
    assert " applied dirserver.toml: 18 changes  [cli, dirserver" in lines[0]


@pytest.mark.parametrize("action", AuditAction)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_kind_of_event_has_words(action: AuditAction, outcome: Outcome) -> None:
    event = AuditEvent(action, "alice", outcome, "customers", "anna.vcf", "details of it")
    said = ": ".join(filter(None, sentence(event)))
    assert said.count("details of it") == (0 if action is AuditAction.BOOK_ARCHIVE else 1) or (
        outcome is Outcome.REFUSED
    )
    assert not re.search("[{}]", said)
    # "login" is a word, and nobody says "book:archive".
    assert str(action) not in said


def test_what_a_client_may_not_do_to_a_book_is_told_in_words(eventful: Shell) -> None:
    services = open_services(config.load(eventful.config))
    for path in ("/alice/customers/", "/bob/customers/"):
        needed = refusals.need("DELETE", path, locate(path))
        assert needed is not None
        refusals.note(services.directory, ALICE, PHONE, needed, path)
    services.close()
    assert told(eventful, "--action", "book:archive") == [
        f"alice  REFUSED to take {book} away: no right to take away {path}  "
        "[carddav 192.0.2.7, DAVx5/4.4]"
        for book, path in (("customers", "/alice/customers/"), ("a book", "/bob/customers/"))
    ]


def test_the_trail_of_a_book_is_for_those_who_manage_it(eventful: Shell) -> None:
    services = open_services(config.load(eventful.config))
    customers = AuditFilter(book="customers", action="card")
    with services.directory.reading(ALICE, PHONE) as reading:
        assert {event.event.book for event in reading.audit(customers)} == {"customers"}
        for wanted in (AuditFilter(), AuditFilter(book="staff")):
            with pytest.raises(AccessDenied):
                reading.audit(wanted)
    with services.directory.reading(BOB, PHONE) as reading, pytest.raises(AccessDenied):
        reading.audit(customers)
    services.store.close()
