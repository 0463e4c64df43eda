"""Old versions go; what is there now, what undoes yesterday, and what clients sync from stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from dirserver.assembly import Services
from dirserver.directory.past import pruning
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction
from dirserver.store.tables import card_version
from tests.directory.acts import changes, delete, events, get, move, put, rows
from tests.organisation import ADMIN, ALICE, HERE, vcard

KEEP = timedelta(days=100)


def age(services: Services, days: dict[bytes | None, int]) -> None:
    """Let the versions with these bodies be so many days old."""
    with services.store.writing() as connection:
        for body, number in days.items():
            same = card_version.c.body.is_(None) if body is None else card_version.c.body == body
            at = datetime.now(UTC) - timedelta(days=number)
            connection.execute(update(card_version).where(same).values(at=at))


def bodies(services: Services) -> list[object]:
    found = rows(services, select(card_version.c.body).order_by(card_version.c.id))
    return [row[0] for row in found]


def pruned(services: Services) -> int:
    return pruning.prune(services.directory, ADMIN, HERE, KEEP)


V = [vcard("anna", "Anna", f"NOTE:{number}") for number in range(5)]


def test_a_version_goes_when_what_replaced_it_is_old(each_engine: Services) -> None:
    for body in V[:4]:
        put(each_engine, "anna.vcf", body)
    age(each_engine, {V[0]: 400, V[1]: 300, V[2]: 200, V[3]: 1})
    assert pruned(each_engine) == 2
    # The one of 200 days ago was in use until yesterday, and undoes it.
    assert bodies(each_engine) == [V[2], V[3]]
    event = events(each_engine)[-1].event
    assert (event.action, event.book) == (AuditAction.HISTORY_PRUNE, "customers")
    assert event.detail.startswith("2 versions from before ")
    assert pruned(each_engine) == 0
    assert events(each_engine)[-1].event == event


def test_a_card_that_is_there_stays_however_old_it_is(services: Services) -> None:
    put(services, "anna.vcf", V[0])
    age(services, {V[0]: 4000})
    assert pruned(services) == 0
    assert get(services, "anna.vcf")[1] == V[0]


def test_a_deleted_card_goes_when_its_deletion_is_old(services: Services) -> None:
    put(services, "anna.vcf", V[0])
    delete(services, "anna.vcf")
    age(services, {V[0]: 400, None: 99})
    assert pruned(services) == 0
    age(services, {None: 101})
    assert pruned(services) == 2
    assert bodies(services) == []
    # A client from before still hears that it went.
    assert [(one.href, one.vanished) for one in changes(services)] == [("anna.vcf", True)]


def test_a_moved_card_keeps_what_it_is_now(services: Services) -> None:
    put(services, "anna.vcf", V[0])
    move(services, "anna.vcf", "anna.vcf", to_slug="staff")
    age(services, {V[0]: 400, None: 300})
    assert pruned(services) == 2
    assert get(services, "anna.vcf", slug="staff")[1] == V[0]


def test_it_goes_part_by_part_each_with_its_event(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_MOST_AT_ONCE", 3)
    for body in (*V, *V):
        put(services, "anna.vcf", body)
    age(services, dict.fromkeys(V, 400))
    seen: list[tuple[int, int]] = []
    done = pruning.prune(services.directory, ADMIN, HERE, KEEP, lambda *way: seen.append(way))
    assert (done, seen) == (9, [(3, 9), (6, 9), (9, 9)])
    told = [one for one in events(services) if one.event.action is AuditAction.HISTORY_PRUNE]
    assert len(told) == 3


def test_only_the_operator_prunes(services: Services) -> None:
    with pytest.raises(AccessDenied):
        pruning.prune(services.directory, ALICE, HERE, KEEP)
