"""The audit trail: what is asked of it, and that nobody has changed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text, update

from dirserver.assembly import Services
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.store.engine import Store
from dirserver.store.tables import audit_event
from dirserver.store.trail import audit
from dirserver.store.trail.audit import AuditFilter
from tests.store.trail import broken_links, remove_locks

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NO_FILTER = AuditFilter()

TOLD = [
    AuditEvent(AuditAction.CARD_CREATE, "alice", book="customers", card="anna.vcf"),
    AuditEvent(AuditAction.CARD_UPDATE, "bob", book="customers", card="anna.vcf"),
    AuditEvent(AuditAction.CARD_DELETE, "bob", Outcome.REFUSED, book="staff", card="anna.vcf"),
    AuditEvent(AuditAction.LOGIN, "alice", Outcome.REFUSED, detail="wrong password"),
    AuditEvent(AuditAction.GRANT_ADD, "root", book="staff", detail='"quotes", \\ and ümläute 🙂'),
    AuditEvent(AuditAction.CARD_CREATE, "alice", book="staff", card="bert.vcf", agent="x\ty\nz"),
]


@pytest.fixture
def told(each_engine: Services) -> Store:
    """A trail that goes on with these events, one each hour from noon."""
    for number, event in enumerate(TOLD):
        with each_engine.store.writing() as connection:
            audit.append(connection, [event], NOON + number * HOUR)
    return each_engine.store


def numbers(store: Store, wanted: AuditFilter = NO_FILTER) -> list[int]:
    """Return which of ``TOLD`` are found, in their order."""
    with store.reading() as connection:
        found = list(audit.read(connection, wanted))
        # Setting the organisation up has told things, too.
        return [TOLD.index(one.event) for one in found if one.at >= NOON]


def test_events_are_found_by_what_they_say(told: Store) -> None:
    assert numbers(told) == [0, 1, 2, 3, 4, 5]
    assert numbers(told, AuditFilter(book="customers")) == [0, 1]
    assert numbers(told, AuditFilter(actor="alice")) == [0, 3, 5]
    assert numbers(told, AuditFilter(card="anna.vcf")) == [0, 1, 2]
    assert numbers(told, AuditFilter(book="staff", actor="alice", action="card:create")) == [5]
    assert numbers(told, AuditFilter(book="none")) == []
    for nobody in (AuditFilter(book="custom"), AuditFilter(actor="ALICE"), AuditFilter(card="%")):
        assert numbers(told, nobody) == []


def test_an_action_stands_for_all_of_its_kind(told: Store) -> None:
    assert numbers(told, AuditFilter(action="card")) == [0, 1, 2, 5]
    assert numbers(told, AuditFilter(action="card:create")) == [0, 5]
    assert numbers(told, AuditFilter(action="login")) == [3]
    assert numbers(told, AuditFilter(action="grant")) == [4]
    for action in ("car", "card:", "card:c", "CARD", "%", "card%", "_ard", "log", "\\"):
        assert numbers(told, AuditFilter(action=action)) == []


def test_events_are_found_by_their_time_in_any_zone(told: Store) -> None:
    assert numbers(told, AuditFilter(since=NOON + 2 * HOUR)) == [2, 3, 4, 5]
    assert numbers(told, AuditFilter(since=NOON, until=NOON + 2 * HOUR)) == [0, 1, 2]
    assert numbers(told, AuditFilter(since=NOON + HOUR / 2, until=NOON + HOUR * 3 / 2)) == [1]
    east = (NOON + 4 * HOUR).astimezone(tz=None)
    assert numbers(told, AuditFilter(since=east)) == [4, 5]
    assert numbers(told, AuditFilter(since=NOON + 9 * HOUR)) == []


def test_a_limit_keeps_the_newest_in_the_order_in_which_they_came(told: Store) -> None:
    assert numbers(told, AuditFilter(limit=2)) == [4, 5]
    assert numbers(told, AuditFilter(actor="alice", limit=2)) == [3, 5]
    assert numbers(told, AuditFilter(limit=100)) == [0, 1, 2, 3, 4, 5]
    assert numbers(told, AuditFilter(book="none", limit=1)) == []


def test_an_event_comes_back_as_it_was_told_with_its_time_in_utc(told: Store) -> None:
    with told.reading() as connection:
        found = list(audit.read(connection, AuditFilter(since=NOON)))
    assert [one.event for one in found] == TOLD
    assert [one.at for one in found] == [NOON + number * HOUR for number in range(len(TOLD))]
    assert {one.at.utcoffset() for one in found} == {timedelta(0)}
    ids = [one.id for one in found]
    assert ids == list(range(ids[0], ids[0] + len(TOLD)))


def test_the_trail_can_be_checked_from_its_rows_alone(told: Store) -> None:
    assert broken_links(told) == []
    with told.reading() as connection:
        total = connection.scalar(text("SELECT count(*) FROM audit_event"))
        digests = set(connection.scalars(select(audit_event.c.digest)))
    assert len(digests) == total
    assert total is not None
    assert total > len(TOLD)


def test_a_changed_and_a_missing_event_are_noticed(told: Store) -> None:
    remove_locks(told)
    with told.writing() as connection:
        first, second, *_ = connection.scalars(
            select(audit_event.c.id).where(audit_event.c.at >= NOON).order_by(audit_event.c.id)
        )
        changed = update(audit_event).where(audit_event.c.id == first)
        connection.execute(changed.values(actor="mallory"))
    assert broken_links(told)[0] == first
    with told.writing() as connection:
        connection.execute(changed.values(actor="alice"))
        assert connection.scalar(select(audit_event.c.actor).where(audit_event.c.id == first))
    assert broken_links(told) == []
    with told.writing() as connection:
        connection.execute(delete(audit_event).where(audit_event.c.id == second))
    assert broken_links(told)[0] == second + 1


def test_several_events_of_one_act_are_chained_among_each_other(each_engine: Services) -> None:
    with each_engine.store.writing() as connection:
        audit.append(connection, TOLD, NOON)
        audit.append(connection, [], NOON)
        audit.append(connection, TOLD[:2], NOON)
    assert broken_links(each_engine.store) == []
    assert numbers(each_engine.store) == [0, 1, 2, 3, 4, 5, 0, 1]
