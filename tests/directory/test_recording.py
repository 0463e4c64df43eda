"""Events that stand alone are written at once, or later, but never hold up whoever they tell of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

from dirserver.assembly import Services
from dirserver.directory.recording import Recorder
from dirserver.model.audit import AuditAction, AuditEvent, Outcome, WrittenEvent
from dirserver.store import turns
from dirserver.store.trail import audit
from dirserver.store.trail.audit import AuditFilter


def refusal(login: str) -> AuditEvent:
    return AuditEvent(AuditAction.LOGIN, login, Outcome.REFUSED, detail="wrong password")


def written(services: Services) -> list[WrittenEvent]:
    """Return the logins that were refused, and the word of those that are lost."""
    with services.store.reading() as connection:
        events = list(audit.read(connection, AuditFilter()))
    return [one for one in events if one.event.action in ("login", "audit:lost")]


@contextmanager
def another_writer(services: Services) -> Iterator[None]:
    """Keep the trail from being written to as long as the block lasts."""
    with services.store.writing() as connection:
        turns.take(connection, turns.Turn.AUDIT)
        yield


def test_an_event_is_written_at_once_when_nobody_else_writes(each_engine: Services) -> None:
    Recorder(each_engine.store).record([refusal("alice"), refusal("bob")])
    assert [one.event for one in written(each_engine)] == [refusal("alice"), refusal("bob")]


def test_while_another_writes_events_wait_and_nobody_waits_for_them(
    each_engine: Services,
) -> None:
    recorder = Recorder(each_engine.store)
    logins = [f"user{number:03}" for number in range(250)]
    with ThreadPoolExecutor(1) as other, another_writer(each_engine):
        began = time.monotonic()
        for login in logins:
            other.submit(recorder.record, [refusal(login)]).result(timeout=60)
        assert time.monotonic() - began < 5
        ended = datetime.now(UTC)
        assert written(each_engine) == []
    recorder.close(20.0)
    found = written(each_engine)
    assert [one.event.actor for one in found] == logins
    # Each has the time at which it happened.
    assert all(one.at <= ended for one in found)
    recorder.record([refusal("alice")])
    assert written(each_engine)[-1].event.actor == "alice"


def test_of_more_than_can_wait_it_is_told_how_many_were_lost(each_engine: Services) -> None:
    recorder = Recorder(each_engine.store, most_waiting=3)
    with ThreadPoolExecutor(1) as other, another_writer(each_engine):
        for login in "abcdefgh":
            other.submit(recorder.record, [refusal(login)]).result(timeout=60)
    recorder.close(20.0)
    events = [one.event for one in written(each_engine)]
    assert [event.actor for event in events[:3]] == ["a", "b", "c"]
    # Those that are lost while the first are about to be written are told of in a second sentence.
    lost = events[3:]
    assert {event.action for event in lost} == {AuditAction.AUDIT_LOST}
    told = [event.detail.split(" ", 1) for event in lost]
    assert sum(int(number) for number, _ in told) == 5
    assert {rest for _, rest in told} == {"events, as the database could not be written to"}
