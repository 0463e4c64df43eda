"""Many at once: one of those who want the same thing gets it, and nothing of the rest is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.errors import DirectoryError, PreconditionFailed, StoreUnavailable, UIDConflict
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.linking import LinkMode
from dirserver.model.precondition import ANY, Precondition
from dirserver.store import settings
from dirserver.store.tables import card_version
from dirserver.store.trail.audit import AuditFilter
from dirserver.store.writing import lock_if_free
from tests.directory.acts import changes, delete, events, get, listing, put, revision, rows, traces
from tests.directory.linked import link
from tests.faults import COMMIT, Faults
from tests.organisation import ALICE, BOB, HERE, vcard
from tests.store.trail import broken_links

MANY = 20


def at_once(number: int, act: Callable[[int], object]) -> list[object]:
    """Run ``act`` in threads that start together; return what each returned or raised."""
    start = threading.Barrier(number)
    outcomes: list[object] = [None] * number

    def run(index: int) -> None:
        start.wait()
        try:
            outcomes[index] = act(index)
        except DirectoryError as error:
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=[index]) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def failed(outcomes: list[object], condition: type[DirectoryError]) -> int:
    return sum(isinstance(outcome, condition) for outcome in outcomes)


def test_of_many_who_saw_the_same_card_one_changes_it(each_engine: Services) -> None:
    etag = put(each_engine, "anna.vcf", vcard("anna", "Anna")).etag
    seen = Precondition(match=frozenset({etag}))
    bodies = [vcard("anna", f"Anna {index}") for index in range(MANY)]
    before = traces(each_engine)
    outcomes = at_once(MANY, lambda index: put(each_engine, "anna.vcf", bodies[index], seen))
    assert failed(outcomes, PreconditionFailed) == MANY - 1
    (winner,) = [i for i, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
    assert get(each_engine, "anna.vcf")[1] == bodies[winner]
    after = traces(each_engine)
    assert (after.versions, after.revisions, after.events) == (
        before.versions + 1,
        before.revisions + 1,
        before.events + 1,
    )


def test_of_many_who_bring_the_same_uid_one_is_let_in(each_engine: Services) -> None:
    body = vcard("anna", "Anna")
    outcomes = at_once(MANY, lambda index: put(each_engine, f"{index}.vcf", body))
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, UIDConflict)]
    assert len(conflicts) == MANY - 1
    (href,) = listing(each_engine)
    assert {conflict.href for conflict in conflicts} == {href}
    assert traces(each_engine).versions == 1


def test_of_many_who_create_the_same_card_one_does(each_engine: Services) -> None:
    new = Precondition(none_match=frozenset({ANY}))
    outcomes = at_once(
        MANY, lambda index: put(each_engine, "new.vcf", vcard("new", f"New {index}"), new)
    )
    assert failed(outcomes, PreconditionFailed) == MANY - 1
    assert traces(each_engine).versions == 1


def test_parallel_writers_leave_every_change_and_a_whole_trail(each_engine: Services) -> None:
    each, writers = 8, 6
    first = revision(each_engine)

    def write(index: int) -> None:
        who = ALICE if index % 2 else BOB
        for number in range(each):
            href = f"{index}-{number}.vcf"
            put(each_engine, href, vcard(href, f"Name {href}"), who=who)
            if number % 4 == 3:
                delete(each_engine, href, who=who)
        put(each_engine, f"{index}.vcf", vcard(f"{index}", "Other"), slug="secret")

    assert at_once(writers, write) == [None] * writers
    written = writers * (each + each // 4)
    assert revision(each_engine) == first + written
    # Every revision was given to exactly one version, and the sync sees the last of each card.
    versions = select(card_version.c.revision, card_version.c.href).where(
        card_version.c.addressbook_id == 1
    )
    book = rows(each_engine, versions.order_by(card_version.c.revision))
    assert [number for number, _ in book] == list(range(first + 1, first + written + 1))
    found = changes(each_engine, first)
    assert len(found) == writers * each
    assert [(change.revision, change.href) for change in found] == sorted(
        (number, href) for href, number in {href: number for number, href in book}.items()
    )
    present = {change.href for change in found if not change.vanished}
    assert present == set(listing(each_engine))
    assert len(present) == writers * each * 3 // 4
    wanted = AuditFilter(action="card")
    done = [event for event in events(each_engine, wanted) if event.event.outcome is Outcome.DONE]
    assert len(done) == written + writers
    assert broken_links(each_engine.store) == []


def test_many_refusals_and_writes_keep_the_trail_whole(each_engine: Services) -> None:
    before = len(events(each_engine))

    def act(index: int) -> object:
        slug = "staff" if index % 2 else "customers"
        return put(each_engine, f"{index}.vcf", vcard(f"{index}", "Name"), slug=slug, who=BOB)

    at_once(MANY, act)
    # Who is refused is not made to wait for the trail.
    each_engine.directory.close(60)
    told = [found.event for found in events(each_engine)[before:]]
    assert sum(one.outcome is Outcome.REFUSED for one in told) == MANY // 2
    assert sum(one.action is AuditAction.CARD_CREATE for one in told) == MANY // 2
    assert broken_links(each_engine.store) == []


def test_readers_see_whole_writes_only(each_engine: Services) -> None:
    """Two cards are always changed together; nobody ever sees one without the other."""
    stop = threading.Event()
    seen: list[set[bytes]] = []

    def note(text: str) -> list[bytes]:
        return [vcard(uid, uid, f"NOTE:{text}") for uid in ("one", "two")]

    def write_both(text: str) -> None:
        with each_engine.directory.writing(ALICE, HERE) as writing:
            for href, body in zip(("one.vcf", "two.vcf"), note(text), strict=True):
                writing.put_card("customers", href, body)

    def read(_index: int) -> None:
        while not stop.is_set():
            with each_engine.directory.reading(ALICE, HERE) as reading:
                view = reading.book("customers", Privilege.READ)
                pair = [body for _card, body in reading.bodies(view)]
            seen.append({body.partition(b"NOTE:")[2] for body in pair})

    write_both("0")
    readers = [threading.Thread(target=read, args=[index]) for index in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 25):
        write_both(str(number))
    stop.set()
    for reader in readers:
        reader.join()
    assert seen
    assert all(len(notes) == 1 for notes in seen)


def test_linked_cards_that_are_edited_at_once_keep_nobody_waiting(each_engine: Services) -> None:
    places = [("customers", "anna.vcf", "a"), ("staff", "vogt.vcf", "v")]
    for slug, href, uid in places:
        put(each_engine, href, vcard(uid, "Anna Vogt"), slug=slug)
    link(each_engine, *(f"{slug}/{href}" for slug, href, _ in places), mode=LinkMode.CARRY)

    def edit(number: int) -> object:
        slug, href, uid = places[number % 2]
        return put(each_engine, href, vcard(uid, "Anna Vogt", f"TITLE:{number}"), slug=slug).etag

    outcomes = at_once(MANY, edit)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    titles = {
        get(each_engine, href, slug=slug)[1].partition(b"TITLE:")[2] for slug, href, _ in places
    }
    # Whoever was last is carried into the other.
    assert len(titles) == 1


def test_linked_cards_that_are_deleted_at_once_keep_nobody_waiting(each_engine: Services) -> None:
    """What becomes of the one is told in the book of the other, in either order."""
    pairs = MANY // 4
    for number in range(pairs):
        for slug in ("customers", "staff"):
            put(each_engine, f"{number}.vcf", vcard(f"{slug}{number}", "Anna Vogt"), slug=slug)
        link(each_engine, f"customers/{number}.vcf", f"staff/{number}.vcf")

    def remove(index: int) -> None:
        slug = "staff" if index % 2 else "customers"
        delete(each_engine, f"{index // 2}.vcf", slug=slug)

    assert at_once(2 * pairs, remove) == [None] * (2 * pairs)
    assert listing(each_engine) == {}


# On SQLite only one writes at a time.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_began_before_cards_were_linked_keeps_others_out_of_both_books(
    each_engine: Services,
) -> None:
    """Two who began so, one in each book, would wait for each other: one was answered 503."""
    for slug, href, uid in (("customers", "anna.vcf", "a"), ("staff", "vogt.vcf", "v")):
        put(each_engine, href, vcard(uid, "Anna Vogt"), slug=slug)
    directory = each_engine.directory
    with directory.writing(ALICE, HERE) as one, directory.writing(ALICE, HERE) as other:
        link(each_engine, "customers/anna.vcf", "staff/vogt.vcf")
        one.writable("customers", AuditAction.CARD_DELETE, "anna.vcf")
        staff = other.granted("staff", AuditAction.CARD_DELETE)
        assert not lock_if_free(other.connection, staff.book.id)
        one.delete_card("customers", "anna.vcf")
    delete(each_engine, "vogt.vcf", slug="staff")


def test_of_books_linked_at_once_each_is_known_to_be(each_engine: Services) -> None:
    """Every process reads the policy anew when its number has changed, and so it must change."""
    pairs = [("customers", "staff"), ("secret", "customers"), ("staff", "secret")] * 3
    for number, pair in enumerate(pairs):
        for slug in pair:
            put(each_engine, f"{number}.vcf", vcard(f"{number}", "Anna Vogt"), slug=slug)
    epochs: list[int] = []

    def bump(_index: int) -> None:
        with each_engine.store.writing() as connection:
            settings.next_policy_epoch(connection)
            epochs.append(settings.policy_epoch(connection))

    assert at_once(8, bump) == [None] * 8
    assert len(set(epochs)) == 8
    outcomes = at_once(
        len(pairs),
        lambda index: link(each_engine, *(f"{slug}/{index}.vcf" for slug in pairs[index])),
    )
    assert not failed(outcomes, DirectoryError)
    assert len(each_engine.directory.policy().linked_books) == 3


def test_what_is_stored_together_is_told_of_when_it_is_kept(services: Services) -> None:
    heard: list[AuditEvent] = []
    services.directory.tell = heard.extend
    with services.directory.together(10):
        put(services, "a.vcf", vcard("a", "Anna"))
        put(services, "b.vcf", vcard("b", "Bert"))
        assert heard == []
    assert [event.card for event in heard] == ["a.vcf", "b.vcf"]
    faults = Faults(services.store)

    with faults.at(COMMIT, 0), pytest.raises(StoreUnavailable), services.directory.together(10):
        put(services, "c.vcf", vcard("c", "Cora"))
    assert len(heard) == 2
    assert sorted(listing(services)) == ["a.vcf", "b.vcf"]
