"""``dirserver audit verify``: is the trail as it was written?"""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select, update

from dirserver import config
from dirserver.assembly import open_services
from dirserver.store.tables import audit_event
from tests.cli.shell import Shell
from tests.store.trail import remove_locks


def spoil(shell: Shell, statement: object) -> None:
    """Change the trail, as whoever owns the database can."""
    services = open_services(config.load(shell.config))
    remove_locks(services.store)
    with services.store.writing() as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # any statement
    services.store.close()


def test_a_whole_trail_is_told_with_its_head(on_each_engine: Shell) -> None:
    assert on_each_engine("apply").code == 0
    done = on_each_engine("audit", "verify")
    assert (done.code, done.err) == (0, "")
    first, second = done.lines()
    assert re.fullmatch(r"the trail is whole: \d+ events", first)
    head = re.fullmatch(r"head: (\d+:[0-9a-f]{64})", second)
    assert head is not None
    assert on_each_engine("export", "--book", "staff").code == 0
    later = on_each_engine("audit", "verify", "--expect", head[1], "--json").json()
    assert (later["ok"], later["erased"], later["broken_at"], later["reason"]) == (True, 0, 0, "")
    assert later["head"] != head[1]
    assert int(later["head"].partition(":")[0]) == int(head[1].partition(":")[0]) + 1


def test_a_changed_event_ends_with_1_and_says_which_it_is(filled: Shell) -> None:
    spoil(filled, update(audit_event).where(audit_event.c.id == 3).values(detail="nothing"))
    done = filled("audit", "verify")
    assert done.code == 1
    assert done.lines() == [
        "event 3 does not fit: what it says was changed",
        "before it are 2 events that do",
    ]
    assert done.err.startswith("The audit trail is not as it was written. Keep a copy ")
    found = filled("audit", "verify", "--json").json()
    assert (found["ok"], found["events"], found["broken_at"]) == (False, 2, 3)
    assert found["head"].startswith("2:")


def test_an_end_that_was_cut_off_is_told_to_who_has_noted_the_head(filled: Shell) -> None:
    head = filled("audit", "verify", "--json").json()["head"]
    last = select(func.max(audit_event.c.id)).scalar_subquery()
    spoil(filled, delete(audit_event).where(audit_event.c.id == last))
    assert filled("audit", "verify").code == 0
    done = filled("audit", "verify", "--expect", head)
    assert done.code == 1
    assert "it was noted, and is gone; the end of the trail was cut off" in done.out


def test_what_is_no_head_is_refused(filled: Shell) -> None:
    done = filled("audit", "verify", "--expect", "12:abc")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith('--expect "12:abc" is no head of the trail; expected ID:DIGEST')
