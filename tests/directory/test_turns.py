"""What comes together is answered together: of one moment, which is after all of it was asked."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.directory import Directory
from dirserver.directory.lookups import Detail
from dirserver.errors import AccessDenied, NotAtOnce
from dirserver.model.audit import AuditAction, AuditEvent, Outcome, WrittenEvent
from dirserver.model.grant import Privilege
from dirserver.model.principal import Principal, PrincipalKind
from dirserver.model.query import EVERYTHING
from dirserver.store import devices, sightings, tables
from dirserver.store.engine import Connection, Store
from dirserver.store.sqlite import snapshots
from dirserver.store.sqlite.driver import driver_of
from tests.directory.acts import WITHOUT_BOB, events, put, reconfigure
from tests.directory.keys import PHONE, hand_out, login
from tests.organisation import ALICE, BOB, HERE, vcard


def known(services: Services, who: Principal = ALICE) -> int:
    """Return how many customers somebody is told of."""
    with services.directory.reading(who, HERE, of_turn=True) as reading:
        return reading.count(reading.book("customers", Privilege.READ))


@pytest.fixture(autouse=True)
def _read(services: Services) -> None:
    # What nobody has looked up yet is not at once.
    services.directory.policy()


def test_all_in_a_turn_are_told_of_one_moment(services: Services) -> None:
    end = services.store.turn()
    put(services, "1.vcf", vcard("1", "One"))
    assert known(services) == 1
    put(services, "2.vcf", vcard("2", "Two"))
    assert known(services) == 1
    assert known(services, BOB) == 1
    # It is not the moment of others.
    with services.directory.reading(ALICE, HERE) as reading:
        assert reading.count(reading.book("customers", Privilege.READ)) == 2
    with services.directory.reading(ALICE, HERE, at_once=True) as reading:
        assert reading.count(reading.book("customers", Privilege.READ)) == 2
    end()
    for _ in range(2):
        end = services.store.turn()
        assert known(services) == 2
        end()
    assert services.store.connections_in_use == 0


def test_without_a_turn_each_has_a_moment_of_its_own(services: Services) -> None:
    services.store.turn()()
    for number in range(3):
        put(services, f"{number}.vcf", vcard(str(number), f"Number {number}"))
        assert known(services) == number + 1
    assert services.store.moment is None
    assert services.store.connections_in_use == 0


def test_whose_rights_end_is_out_in_the_next_turn(services: Services) -> None:
    end = services.store.turn()
    assert known(services, BOB) == 0
    reconfigure(services, *WITHOUT_BOB)
    # As all that is told in this turn is of before.
    assert known(services, BOB) == 0
    end()
    end = services.store.turn()
    with pytest.raises(NotAtOnce):
        known(services, BOB)
    services.directory.policy()
    with pytest.raises(AccessDenied):
        known(services, BOB)
    assert known(services) == 0
    end()
    assert services.store.connections_in_use == 0


def test_what_fails_leaves_nothing_to_those_who_come_behind(services: Services) -> None:
    end = services.store.turn()
    assert known(services) == 0
    before = services.store.moment
    with (
        pytest.raises(ZeroDivisionError),
        services.directory.reading(ALICE, HERE, of_turn=True),
    ):
        raise ZeroDivisionError
    assert services.store.moment is None
    put(services, "1.vcf", vcard("1", "One"))
    assert known(services) == 1
    assert services.store.moment is not before
    end()
    assert services.store.connections_in_use == 0


def test_who_is_refused_does_not_have_others_begin_anew(services: Services) -> None:
    first = moment(services)
    nobody = Principal(PrincipalKind.USER, "nobody")
    end = services.store.turn()
    with pytest.raises(AccessDenied):
        known(services, nobody)
    assert known(services) == first[1]
    with pytest.raises(AccessDenied):
        known(services, nobody)
    put(services, "1.vcf", vcard("1", "One"))
    assert (services.store.moment, known(services)) == first
    end()
    assert moment(services)[1] == 1
    assert services.store.connections_in_use == 0


@pytest.mark.parametrize(
    "execute",
    [
        lambda connection, statement: connection.exec_driver_sql(statement),
        lambda connection, statement: driver_of(connection).execute(statement),
    ],
    ids=["SQLAlchemy", "the driver alone"],
)
def test_what_takes_too_long_does_not_have_others_begin_anew(
    services: Services, execute: Callable[[Connection, str], Iterable[object]]
) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    first = moment(services)
    end = services.store.turn()
    assert known(services) == first[1]
    with (
        pytest.raises(NotAtOnce),
        services.directory.reading(ALICE, HERE, of_turn=True) as reading,
    ):
        list(execute(reading.connection, endless))
    assert known(services) == first[1]
    assert services.store.moment is first[0]
    end()
    # Nothing is left that would keep the connection at the moment of before.
    put(services, "1.vcf", vcard("1", "One"))
    with closing(sqlite3.connect(services.store.file)) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    second = moment(services)
    assert (second[0] is first[0], second[1]) == (False, 1)
    assert services.store.connections_in_use == 0


def moment(services: Services) -> tuple[object, int]:
    """Return what stands for all that the database holds, in a turn, and how many cards it has."""
    end = services.store.turn()
    found = known(services)
    stands = services.store.moment
    end()
    assert services.store.moment is None
    return stands, found


def test_a_moment_lasts_until_anybody_writes(services: Services) -> None:
    first = moment(services)
    assert moment(services) == first
    # To read, in other connections as well, is not to write.
    with services.directory.reading(ALICE, HERE) as reading:
        reading.count(reading.book("customers", Privilege.READ))
    assert moment(services) == first
    put(services, "1.vcf", vcard("1", "One"))
    second = moment(services)
    assert (second[0] is first[0], second[1]) == (False, 1)
    # As another process would.
    with closing(Store(services.store.url)) as other, other.writing() as connection:
        connection.exec_driver_sql("DELETE FROM card WHERE href = '1.vcf'")
    third = moment(services)
    assert (third[0] is second[0], third[1]) == (False, 0)
    assert moment(services) == third
    assert services.store.connections_in_use == 0


def seen(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows that answers may be made from, by their tables."""
    notes = {"audit_event", "sighting"}
    with store.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(
                    select(*(one for one in table.c if not one.name.startswith("last_")))
                )
            ]
            for table in tables.metadata.tables.values()
            if table.name not in notes
        }


def test_what_is_noted_is_nothing_that_answers_are_made_from(services: Services) -> None:
    put(services, "1.vcf", vcard("1", "One"))
    phone = login(services, hand_out(services))
    first = moment(services)
    there = seen(services.store)
    directory = Directory(services.store, services.deriver, reads=Detail.SUMMARY)
    with directory.reading(phone, PHONE) as reading:
        view = reading.book("customers", Privilege.READ)
        reading.note_copy(view)
        assert list(reading.search(EVERYTHING, (view,)))
    refused = AuditEvent(AuditAction.LOGIN, "eve", Outcome.REFUSED)
    notes: list[Callable[[], None]] = [
        lambda: directory.tell_lookups(unfinished=True),
        directory.write_sightings,
        lambda: directory.record([refused]),
    ]
    for note in notes:
        before = written(services)
        note()
        assert written(services) != before
        assert moment(services) == first
        end = services.store.turn()
        assert services.store.glance_at_moment() is first[0]
        end()
    assert seen(services.store) == there
    directory.close()
    put(services, "2.vcf", vcard("2", "Two"))
    assert moment(services)[0] is not first[0]


def written(services: Services) -> tuple[list[WrittenEvent], object]:
    """Return what was noted."""
    with services.store.reading() as connection:
        return events(services), (
            sightings.of(connection, [1]),
            [(one.device.id, one.last_seen) for one in devices.records(connection)],
        )


def test_a_note_does_not_hide_what_was_written_before_it(services: Services) -> None:
    store = services.store
    first = moment(services)
    put(services, "1.vcf", vcard("1", "One"))
    services.directory.record([AuditEvent(AuditAction.LOGIN, "eve", Outcome.REFUSED)])
    end = store.turn()
    assert store.glance_at_moment() is None
    end()
    second = moment(services)
    assert (second[0] is first[0], second[1]) == (False, 1)
    # Nor does a glance after a note that which comes behind it.
    services.directory.record([AuditEvent(AuditAction.LOGIN, "eve", Outcome.REFUSED)])
    end = store.turn()
    assert store.glance_at_moment() is second[0]
    end()
    put(services, "2.vcf", vcard("2", "Two"))
    end = store.turn()
    assert store.glance_at_moment() is None
    end()
    third = moment(services)
    assert (third[0] is second[0], third[1]) == (False, 2)


def broken_off(store: Store) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM card")
        raise ZeroDivisionError


def test_what_is_broken_off_leaves_the_moment(services: Services) -> None:
    first = moment(services)
    with pytest.raises(ZeroDivisionError):
        broken_off(services.store)
    assert moment(services) == first
    with services.store.together(1.0):
        services.directory.record([AuditEvent(AuditAction.LOGIN, "eve", Outcome.REFUSED)])
        with pytest.raises(ZeroDivisionError):
            broken_off(services.store)
    assert moment(services) == first


def test_a_glance_at_the_moment_sees_what_was_written(services: Services) -> None:
    store = services.store
    assert store.glance_at_moment() is None
    before, _ = moment(services)
    end = store.turn()
    assert store.glance_at_moment() is before
    put(services, "1.vcf", vcard("1", "One"))
    # All who only glance in a turn are told of one moment, too.
    assert store.glance_at_moment() is before
    end()
    end = store.turn()
    # Which one it is now nobody has seen yet.
    assert store.glance_at_moment() is None
    assert known(services) == 1
    now = store.moment
    put(services, "2.vcf", vcard("2", "Two"))
    assert store.glance_at_moment() is now
    end()
    end = store.turn()
    assert store.glance_at_moment() is None
    end()
    assert store.connections_in_use == 0


def test_the_policy_of_a_turn_is_that_of_now(services: Services) -> None:
    moment(services)
    end = services.store.turn()
    before = services.directory.policy(at_once=True)
    assert services.directory.policy(at_once=True) is before
    reconfigure(services, *WITHOUT_BOB)
    end()
    end = services.store.turn()
    with pytest.raises(NotAtOnce):
        services.directory.policy(at_once=True)
    services.directory.policy()
    assert "bob" not in services.directory.policy(at_once=True).users
    end()


def test_what_is_rolled_back_or_only_moved_need_not_end_a_moment(services: Services) -> None:
    first = moment(services)
    with closing(sqlite3.connect(services.store.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM setting")
        other.rollback()
        assert moment(services)[1] == first[1]
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    put(services, "1.vcf", vcard("1", "One"))
    assert moment(services)[1] == 1
    assert moment(services)[0] is not first[0]


def test_the_same_moment_holds_the_same_whoever_writes_meanwhile(services: Services) -> None:
    """Readers and writers take the connections as they come."""
    held: dict[int, set[int]] = {}
    # As long as it is there, no other has its id.
    moments: list[object] = []
    done = threading.Event()

    def write() -> None:
        for number in range(60):
            put(services, f"{number}.vcf", vcard(str(number), f"Number {number}"))
            with services.directory.reading(ALICE, HERE) as reading:
                reading.count(reading.book("customers", Privilege.READ))
        done.set()

    writers = threading.Thread(target=write)
    writers.start()
    try:
        while not done.is_set():
            stands, found = moment(services)
            moments.append(stands)
            held.setdefault(id(stands), set()).add(found)
    finally:
        writers.join()
    assert all(len(numbers) == 1 for numbers in held.values())
    assert moment(services)[1] == 60


def test_rights_are_looked_up_once_in_a_turn(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0

    class Counted(snapshots.Snapshot):
        def __enter__(self) -> Connection:
            nonlocal taken
            taken += 1
            return super().__enter__()

    monkeypatch.setattr(snapshots, "Snapshot", Counted)
    end = services.store.turn()
    asked = []
    for _ in range(5):
        known(services)
        asked.append(services.directory.policy(at_once=True))
    end()
    assert taken == 1
    assert all(one is asked[0] for one in asked)


def test_elsewhere_nothing_is_of_a_turn(each_engine: Services) -> None:
    if each_engine.store.is_sqlite:
        return
    end = each_engine.store.turn()
    with pytest.raises(NotAtOnce):
        known(each_engine)
    end()
