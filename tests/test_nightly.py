"""Which night it is, whose turn it is, and that one failure stops nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from time import tzset
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.assembly import Services, open_services
from dirserver.model.audit import AuditAction
from dirserver.nightly import (
    Checkpoint,
    Claim,
    Interrupted,
    Nightly,
    Task,
    is_due,
    night_of,
    read_claim,
    round_of,
)
from dirserver.store import settings
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import events

BERLIN = ZoneInfo("Europe/Berlin")
AT = time(2, 30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        # Winter: 02:30 in Berlin is 01:30 in UTC; summer: 00:30.
        ("2026-01-10 01:29", "2026-01-09 01:30"),
        ("2026-01-10 01:30", "2026-01-10 01:30"),
        ("2026-01-10 23:59", "2026-01-10 01:30"),
        ("2026-07-10 00:29", "2026-07-09 00:30"),
        ("2026-07-10 00:30", "2026-07-10 00:30"),
        # In Berlin it is the next day already.
        ("2026-07-10 23:00", "2026-07-10 00:30"),
        # The clocks go from 02:00 to 03:00 on 29 March: there is no 02:30, so 03:30 it is.
        ("2026-03-29 01:29", "2026-03-28 01:30"),
        ("2026-03-29 01:30", "2026-03-29 01:30"),
        ("2026-03-30 00:29", "2026-03-29 01:30"),
        ("2026-03-30 00:30", "2026-03-30 00:30"),
        # They go from 03:00 to 02:00 on 25 October: 02:30 comes twice, and the first counts.
        ("2026-10-25 00:29", "2026-10-24 00:30"),
        ("2026-10-25 00:30", "2026-10-25 00:30"),
        ("2026-10-25 01:30", "2026-10-25 00:30"),
        ("2026-10-26 01:29", "2026-10-25 00:30"),
        ("2026-10-26 01:30", "2026-10-26 01:30"),
    ],
)
def test_a_night_begins_when_the_clock_on_the_wall_says_so(now: str, night: str) -> None:
    assert night_of(utc(now), AT, BERLIN) == utc(night)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.times().map(lambda found: found.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "UTC"]),
)
def test_there_is_one_night_each_day(now: datetime, at: time, name: str) -> None:
    zone = ZoneInfo(name)
    night = night_of(now, at, zone)
    assert night <= now < night + timedelta(hours=26)
    # The next one is the next, and about a day later.
    following = night_of(night + timedelta(hours=26), at, zone)
    assert timedelta(hours=22) < following - night < timedelta(hours=26)


def test_without_a_zone_it_is_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    tzset()
    try:
        for day in ("2026-01-10", "2026-07-10", "2026-10-25"):
            now = utc(f"{day} 12:00")
            assert night_of(now, AT) == night_of(now, AT, BERLIN)
        # There was no 02:30; the system takes it for 01:30.
        assert night_of(utc("2026-03-29 12:00"), AT) == utc("2026-03-29 00:30")
        assert night_of(utc("2026-03-30 00:29"), AT) == utc("2026-03-29 00:30")
    finally:
        monkeypatch.undo()
        tzset()


NIGHT = utc("2026-01-10 01:30")


@pytest.mark.parametrize(
    ("claim", "now", "due"),
    [
        (None, "2026-01-10 01:30", True),
        # Yesterday's was done, or is broken off for good.
        (Claim(NIGHT - timedelta(days=1), NIGHT, True), "2026-01-10 01:30", True),
        (Claim(NIGHT - timedelta(days=1), NIGHT, False), "2026-01-10 01:30", True),
        (Claim(NIGHT, NIGHT, True), "2026-01-10 01:31", False),
        (Claim(NIGHT, NIGHT, True), "2026-01-11 01:29", False),
        # Somebody is at it; after six hours they are dead.
        (Claim(NIGHT, NIGHT, False), "2026-01-10 01:31", False),
        (Claim(NIGHT, NIGHT, False), "2026-01-10 07:30", False),
        (Claim(NIGHT, NIGHT, False), "2026-01-10 07:31", True),
        # From a clock that was a year ahead, once.
        (Claim(NIGHT + timedelta(days=365), NIGHT, True), "2026-01-10 01:31", True),
        (Claim(NIGHT, NIGHT + timedelta(days=365), False), "2026-01-10 01:31", True),
    ],
)
def test_what_is_done_or_being_done_is_not_due(claim: Claim | None, now: str, *, due: bool) -> None:
    assert is_due(NIGHT, claim, utc(now)) is due


@pytest.mark.parametrize("done", [True, False])
def test_a_claim_is_read_as_it_is_written(*, done: bool) -> None:
    claim = Claim(NIGHT, NIGHT + timedelta(seconds=5), done)
    assert read_claim(str(claim)) == claim


@pytest.mark.parametrize("text", ["", "garbage", "2026-01-10", "2026-01-10T01:30:00+00:00 x done"])
def test_what_is_no_claim_is_none(text: str) -> None:
    assert read_claim(text) is None


class Nights:
    """Nights that pass as a test wants them to, on one store."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.now = datetime.now(UTC)
        self.ran: list[str] = []

    def server(self, *tasks: Task) -> Nightly:
        return Nightly(self.services.store, tasks, AT, lambda: self.now)

    def task(self, name: str = "prune") -> Task:
        def run(_checkpoint: Checkpoint) -> str:
            self.ran.append(name)
            return "3 pruned"

        return Task(name, run)


@pytest.fixture
def nights(each_engine: Services) -> Nights:
    return Nights(each_engine)


def go_on() -> None:
    """Do not stop."""


def test_a_task_runs_once_a_night_whoever_looks_how_often(nights: Nights) -> None:
    servers = [nights.server(nights.task()) for _ in range(3)]
    for day in range(3):
        for server in (*servers, *servers):
            server.run_due(go_on)
        assert len(nights.ran) == day + 1
        nights.now += timedelta(days=1)


def test_a_task_for_every_so_often_runs_once_in_that_time(nights: Nights) -> None:
    often = replace(nights.task("often"), every=timedelta(hours=4))
    nights.now = round_of(nights.now, timedelta(hours=4)) + timedelta(hours=1)
    for hours, times in ((0, 1), (2, 1), (1, 2), (3, 2), (1, 3)):
        nights.now += timedelta(hours=hours)
        for server in [nights.server(often), nights.server(often)]:
            server.run_due(go_on)
        assert len(nights.ran) == times


def test_of_servers_that_look_at_once_one_does_it(nights: Nights) -> None:
    barrier = threading.Barrier(4)

    def serve() -> None:
        services = open_services(nights.services.config)
        barrier.wait()
        Nightly(services.store, [nights.task()], AT, lambda: nights.now).run_due(go_on)
        services.store.close()

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert nights.ran == ["prune"]


def test_what_was_missed_is_done_at_the_start_but_once(nights: Nights) -> None:
    nights.server(nights.task()).run_due(go_on)
    nights.now += timedelta(days=10)
    nights.server(nights.task()).run_due(go_on)
    nights.server(nights.task()).run_due(go_on)
    assert len(nights.ran) == 2


def test_a_failure_is_told_and_the_next_task_is_done(nights: Nights) -> None:
    def fail(_checkpoint: Checkpoint) -> str:
        nights.ran.append("fail")
        raise OSError("the disk is on fire")

    server = nights.server(Task("backup", fail), nights.task())
    server.run_due(go_on)
    server.run_due(go_on)
    assert nights.ran == ["fail", "prune"]
    (told,) = events(nights.services, AuditFilter(action=str(AuditAction.NIGHTLY_FAIL)))
    assert told.event.detail == "backup: the disk is on fire"
    assert told.event.protocol == "nightly"
    # Not again this night, but in the next.
    nights.now += timedelta(days=1)
    server.run_due(go_on)
    assert nights.ran == ["fail", "prune", "fail", "prune"]


def test_a_server_that_stops_leaves_the_task_to_the_next_start(nights: Nights) -> None:
    def stop() -> None:
        raise Interrupted

    def patient(checkpoint: Checkpoint) -> str:
        nights.ran.append("begun")
        checkpoint()
        nights.ran.append("done")
        return "all"

    nights.server(Task("backup", patient), nights.task()).run_due(stop)
    assert nights.ran == ["begun"]
    nights.server(Task("backup", patient), nights.task()).run_due(go_on)
    assert nights.ran == ["begun", "begun", "done", "prune"]


def test_a_task_whose_server_died_is_done_some_hours_later(nights: Nights) -> None:
    night = night_of(nights.now, AT)
    began = max(night, nights.now - timedelta(minutes=5))
    with nights.services.store.writing() as connection:
        settings.put(connection, "night prune", str(Claim(night, began, done=False)))
    server = nights.server(nights.task())
    server.run_due(go_on)
    assert nights.ran == []
    nights.now = began + timedelta(hours=6, minutes=1)
    server.run_due(go_on)
    assert nights.ran == ["prune"]
