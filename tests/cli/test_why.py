"""``dirserver why``: the decision, the grants that it rests on, and what would change it."""

from __future__ import annotations

import pytest

from tests.cli.shell import Shell
from tests.cli.test_devices import stop


@pytest.fixture
def staffed(shell: Shell) -> Shell:
    """A shell where sales is in staff, staff may write, and alice has let erin read."""
    text = shell.config.read_text()
    text = text.replace('to = "group:sales"', 'to = "group:staff"').replace(
        "[groups.sales]",
        '[groups.staff]\nname = "Staff"\nmembers = ["group:sales"]\n[groups.sales]',
    )
    shell.config.write_text(text.replace("[database]", "personal_books = true\n[database]"))
    assert shell("apply").code == 0
    given = ["--to", "erin", "--access", "read", "--hide", "ADR", "--as", "alice"]
    assert shell("grant", "add", "customers", *given).code == 0
    return shell


LACK = "no grant of write on customers"
SALES = "group:staff has write (config file)"


@pytest.mark.parametrize(
    ("words", "code", "lines"),
    [
        (
            "bob write customers",
            0,
            [
                f"bob may write customers: {SALES}",
                f"+ {SALES}: bob is in sales, which is in staff",
            ],
        ),
        (
            "BOB@example.org manage customers",
            1,
            [
                "bob may not manage customers: no grant of manage on customers; that to "
                "group:staff (config file) gives only write",
                f"- {SALES}: bob is in sales, which is in staff; it gives only write",
                "needed: a grant of manage to bob, group:sales, group:staff or everyone in the "
                "config file",
            ],
        ),
        (
            "erin read customers",
            0,
            [
                "erin may read customers: erin has read without ADR (given by alice)",
                "+ erin has read without ADR (given by alice)",
                "hidden, as no grant shows it: ADR",
                "hidden with that, as it says the same: LABEL and X-ABADR",
            ],
        ),
        (
            "erin write customers",
            1,
            [
                f"erin may not write customers: {LACK}; that to erin (given by alice) gives only "
                "read",
                "- erin has read without ADR (given by alice); it gives only read",
                "needed: a grant of write to erin or everyone in the config file, or given by "
                "alice",
            ],
        ),
        (
            "anonymous search customers --from 192.0.2.1",
            1,
            [
                "anonymous at 192.0.2.1 may not search customers: no grant of search on "
                "customers; that to anonymous (config file) counts only from 10.20.0.0/16, and "
                "the client is at 192.0.2.1",
                "- anonymous has search from 10.20.0.0/16 (config file); it counts only from "
                "10.20.0.0/16, and the client is at 192.0.2.1",
                "needed: a grant of search to anonymous in the config file",
            ],
        ),
        (
            "anonymous search customers --from 10.20.3.4",
            0,
            [
                "anonymous at 10.20.3.4 may search customers: anonymous has search from "
                "10.20.0.0/16 (config file)",
                "+ anonymous has search from 10.20.0.0/16 (config file)",
            ],
        ),
        ("bob manage personal", 0, ["bob may manage bob/personal: owner"]),
        (
            "alice search bob/personal",
            1,
            ["alice may not search bob/personal: personal is the private book of bob"],
        ),
        (
            "alice write staff",
            0,
            [
                "alice may write staff: alice has write (config file)",
                "+ alice has write (config file)",
                "- everyone has read (config file): alice is a user; it gives only read",
            ],
        ),
    ],
)
def test_a_decision_is_explained(staffed: Shell, words: str, code: int, lines: list[str]) -> None:
    done = staffed("why", *words.split())
    assert (done.code, done.lines(), done.err) == (code, lines, "")


def test_what_one_grant_hides_and_another_shows_is_told(staffed: Shell) -> None:
    more = ["--to", "group:support", "--access", "read", "--hide", "NOTE", "--as", "alice"]
    assert staffed("grant", "add", "customers", *more).code == 0
    assert staffed("why", "carol", "read", "customers").lines()[-2:] == [
        "hidden, as no grant shows it: NOTE",
        "not hidden, as the grant to group:support shows it: BDAY and ORG",
    ]


def test_programs_read_the_same(staffed: Shell) -> None:
    done = staffed("why", "bob", "manage", "customers", "--from", "2001:DB8::1", "--json")
    assert done.code == 1
    assert done.json() == {
        "login": "bob",
        "privilege": "manage",
        "book": "customers",
        "address": "2001:db8::1",
        "allowed": False,
        "reason": "no grant of manage on customers; that to group:staff (config file) gives only "
        "write",
        "grants": [
            {
                "to": "group:staff",
                "terms": "write",
                "origin": "config file",
                "way": ["sales", "staff"],
                "shortfall": "gives only write",
            }
        ],
        "hidden": [],
        "needed": "a grant of manage to bob, group:sales, group:staff or everyone in the config "
        "file",
        "device": "",
        "protocol": "",
        "limits": "",
        "stopped": [],
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("bbo write customers", 1, "There is no user bbo; did you mean bob?"),
        ("bob write custmers", 1, "There is no book custmers; did you mean customers?"),
        ("bob write customers --from here", 1, "--from here is no address; write it as 10.20"),
        ("bob raed customers", 2, "raed"),
        ("bob read customers --device fone", 1, "bob has no device fone, nor any other."),
    ],
)
def test_a_slip_is_met_with_what_can_be_asked(
    shell: Shell, words: str, code: int, said: str
) -> None:
    done = shell("why", *words.split())
    assert (done.code, done.out) == (code, "")
    assert said in done.err


DESK = ("desk phone", "--only", "ldap", "--from", "10.20.0.0/16", "--book", "staff")


def test_a_device_narrows_the_decision_to_what_it_is_good_for(staffed: Shell) -> None:
    for name, *limits in (DESK, ("iphone",)):
        assert staffed("device", "add", "alice", name, *limits).code == 0
    assert staffed("why", "alice", "write", "customers", "--device", "IPHONE").lines() == [
        "alice with iphone may write customers: alice has manage (config file)",
        "+ alice has manage (config file)",
    ]
    told = "desk phone is good for less than alice may: only ldap, book staff, from 10.20.0.0/16"
    needed = "needed: a device without that limit, see: dirserver device add --help"
    whose, why = "alice with desk phone", "device desk phone: not"
    for words, reason in (
        ("write customers", f"{whose} may not write customers: {why} for customers"),
        ("write staff", f"{whose} may not write staff: {why} for carddav"),
        (
            "read staff --over ldap --from 192.0.2.1",
            f"{whose} at 192.0.2.1 over ldap may not read staff: {why} from this network",
        ),
    ):
        done = staffed("why", "alice", *words.split(), "--device", "desk phone")
        first, *_, last = done.lines()
        assert (done.code, first, last) == (1, reason, needed)
        assert told in done.lines()
    done = staffed("why", "alice", "read", "staff", "--from", "10.20.1.1", "--device", "desk phone")
    assert (done.code, done.lines()[-1]) == (0, told)


def test_a_client_that_is_stopped_is_told_of_and_how_it_is_let_go(staffed: Shell) -> None:
    assert staffed("device", "add", "alice", "desk phone").code == 0
    stop(staffed, "alice", "desk phone")
    done = staffed("why", "alice", "write", "customers", "--device", "alice desk phone")
    assert (done.code, done.lines()[0], done.lines()[-1]) == (
        1,
        "alice with desk phone may not write customers: stopped: 30 of 40 cards",
        f"needed: {staffed.proposed('device')} release alice 'desk phone' --book customers",
    )
    # Who asks for alice alone hears of her other clients.
    done = staffed("why", "alice", "write", "customers")
    assert done.code == 0
    assert done.lines()[-1].startswith("desk phone is stopped in customers since ")
    told = staffed("why", "alice", "write", "customers", "--json").json()
    assert [(one["device"], one["reason"]) for one in told["stopped"]] == [
        ("desk phone", "30 of 40 cards")
    ]
