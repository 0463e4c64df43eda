"""The engines keep the audit trail as it is; where they were made not to, the chain tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from dirserver.assembly import Services
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.store import schema
from dirserver.store.engine import Store
from dirserver.store.tables import audit_event
from dirserver.store.trail import audit
from dirserver.store.trail.chain import Break, Flaw, Head, Verdict, verify
from tests.store.trail import broken_links, remove_locks

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
TEXTS = ("action", "outcome", "actor", "book", "card", "detail", "protocol", "address", "agent")
COLUMNS = (*TEXTS, "device", "salt", "content_digest", "digest")
ERASE = "UPDATE audit_event SET erased = true, card = '', detail = '', salt = '' WHERE id = 2"


def tell(store: Store, count: int = 6) -> None:
    with store.writing() as connection:
        events = [
            AuditEvent(AuditAction.CARD_CREATE, "alice", book="b", card=f"{number}.vcf", detail="x")
            for number in range(count)
        ]
        audit.append(connection, events, NOON)


def judged(store: Store, expected: Head | None = None) -> Verdict:
    with store.reading() as connection:
        return verify(connection, expected)


def head_of(store: Store) -> Head:
    head = judged(store).head
    assert head is not None
    return head


REFUSED = [
    "DELETE FROM audit_event",
    "DELETE FROM audit_event WHERE id = 2",
    "UPDATE audit_event SET detail = 'nothing happened' WHERE id = 2",
    "UPDATE audit_event SET actor = 'mallory'",
    "UPDATE audit_event SET id = 99 WHERE id = 2",
    # An erasure takes all of the text, and nothing but the text.
    ERASE.replace("salt = ''", "salt = 'x'"),
    ERASE.replace("detail = ''", "detail = 'nothing happened'"),
    ERASE.replace("erased = true, ", ""),
    ERASE.replace("SET", "SET actor = 'mallory',"),
    ERASE.replace("SET", "SET at = '2020-01-01 00:00:00',"),
    ERASE.replace("SET", "SET digest = 'abc',"),
    ERASE.replace("SET", "SET content_digest = 'abc',"),
    ERASE.replace("SET", "SET outcome = 'refused',"),
]


def test_no_statement_changes_or_removes_an_event(each_engine: Services) -> None:
    store = each_engine.store
    tell(store)
    before = judged(store)
    for statement in REFUSED:
        with pytest.raises(DBAPIError, match="only added to"), store.writing() as connection:
            connection.execute(text(statement))
    assert judged(store) == before
    assert broken_links(store) == []


def test_what_goes_around_a_delete_is_refused_as_well(each_engine: Services) -> None:
    store = each_engine.store
    tell(store)
    statement = (
        "REPLACE INTO audit_event SELECT * FROM audit_event WHERE id = 2"
        if store.is_sqlite
        else "TRUNCATE audit_event"
    )
    with pytest.raises(DBAPIError, match="only added to"), store.writing() as connection:
        connection.execute(text(statement))


def test_an_event_is_erased_once_and_the_chain_stays_whole(each_engine: Services) -> None:
    store = each_engine.store
    tell(store)
    before = judged(store)
    with store.writing() as connection:
        connection.execute(text(ERASE))
    after = judged(store)
    assert (after.events, after.erased, after.fault) == (before.events, 1, None)
    assert after.head == before.head
    assert broken_links(store) == []
    with pytest.raises(DBAPIError, match="only added to"), store.writing() as connection:
        connection.execute(text(ERASE))
    with (
        pytest.raises(DBAPIError, match="only added to"),
        store.writing() as connection,
    ):
        connection.execute(text("UPDATE audit_event SET erased = false WHERE id = 2"))


@pytest.fixture(scope="module")
def unlocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A trail that anybody may change, one event of it erased."""
    place: Path = tmp_path_factory.mktemp("unlocked")
    store = Store(f"sqlite:///{place}/test.db")
    schema.upgrade(store)
    tell(store)
    with store.writing() as connection:
        connection.execute(text(ERASE))
    remove_locks(store)
    yield store
    store.close()


class Undone(Exception):
    pass


def spoilt(store: Store, *statements: object, expected: Head | None = None) -> Verdict:
    """Return what is said of the trail after these statements, which are then undone."""
    found: list[Verdict] = []

    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]  # any statement
        found.append(verify(connection, expected))
        raise Undone

    with pytest.raises(Undone), store.writing() as connection:
        run(connection)
    return found[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 6), st.sampled_from(COLUMNS), st.text("abcé\n'", max_size=4))
def test_a_single_change_is_found_at_the_event_that_was_changed(
    unlocked: Store, number: int, column: str, value: str
) -> None:
    with unlocked.reading() as connection:
        row = connection.execute(select(audit_event).where(audit_event.c.id == number)).one()
    if getattr(row, column) == value:
        return
    changed = update(audit_event).where(audit_event.c.id == number).values({column: value})
    verdict = spoilt(unlocked, changed)
    assert verdict.fault is not None
    assert verdict.fault.id == number
    assert verdict.fault.flaw is (
        Flaw.TEXT
        if column in ("card", "detail", "salt") or (column == "content_digest" and number != 2)
        else Flaw.LINK
    )
    assert verdict.events == number - 1


@given(st.integers(1, 6), st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_another_time_is_found(unlocked: Store, number: int, shift: timedelta) -> None:
    changed = update(audit_event).where(audit_event.c.id == number).values(at=NOON + shift)
    assert spoilt(unlocked, changed).fault == Break(number, number - 1, Flaw.LINK)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_a_missing_event_is_found(unlocked: Store, number: int) -> None:
    gone = delete(audit_event).where(audit_event.c.id == number)
    fault = spoilt(unlocked, gone).fault
    assert fault == Break(number + 1, number - 1, Flaw.MISSING)


def test_two_events_that_changed_places_are_found(unlocked: Store) -> None:
    def renumbered(old: int, new: int) -> object:
        return update(audit_event).where(audit_event.c.id == old).values(id=new)

    fault = spoilt(unlocked, renumbered(4, 99), renumbered(3, 4), renumbered(99, 3)).fault
    assert fault is not None
    assert fault.id == 3


def test_an_end_that_was_cut_off_is_found_by_who_has_noted_it(unlocked: Store) -> None:
    noted = head_of(unlocked)
    gone = delete(audit_event).where(audit_event.c.id >= 5)
    assert spoilt(unlocked, gone).fault is None
    assert spoilt(unlocked, gone, expected=noted).fault == Break(6, 4, Flaw.CUT_OFF)
    assert judged(unlocked, noted).fault is None


def test_a_trail_that_was_made_anew_is_found_by_who_has_noted_its_head(unlocked: Store) -> None:
    noted = Head(4, "f" * 64)
    assert judged(unlocked, noted).fault == Break(4, 3, Flaw.REWRITTEN)
    # A trail that has no event of that number, but later ones, is another one, too.
    assert spoilt(
        unlocked,
        update(audit_event).where(audit_event.c.id == 6).values(id=9),
        expected=Head(7, "f" * 64),
    ).fault == Break(9, 5, Flaw.REWRITTEN)


def test_an_empty_trail_is_whole_and_numbers_may_be_left_out(unlocked: Store) -> None:
    assert spoilt(unlocked, delete(audit_event)) == Verdict(0, 0, None, None)
    # PostgreSQL gives a number to what was never committed.
    skipped = update(audit_event).where(audit_event.c.id == 6).values(id=17)
    assert spoilt(unlocked, skipped).fault is None
