"""Cards of one person become one card: in one act, that can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from dirserver.assembly import Services
from dirserver.directory.past import pruning
from dirserver.directory.past.settling import Fate
from dirserver.directory.same import duplicates
from dirserver.directory.same.uniting import ChangedMeanwhile, InTwoBooks, NotTheSame
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.addressbook import Change
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.contentline import unfolded
from dirserver.model.history.life import Acts
from dirserver.model.uniting import Side
from dirserver.store.tables import card_version, forwarding
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import changes, delete, events, get, listing, put, revision, rows
from tests.directory.merging import carried_out, certain, merged, planned
from tests.directory.past import restore_to, take_back
from tests.directory.persons import erased
from tests.organisation import ADMIN, ALICE, BOB, CAROL, HERE, vcard

ONE = vcard("one", "Peter Vogt", "TEL;TYPE=cell:+49 171 3920010", "TITLE:Clerk")
OTHER = vcard("other", "Peter Vogt", "TEL:0171 3920010", "EMAIL:p@example.org", "TITLE:Chair")
BOTH = vcard(
    "one", "Peter Vogt", "TEL;TYPE=cell:+49 171 3920010", "TITLE:Chair",
    "EMAIL:p@example.org", "NOTE:Earlier title: Clerk",
)  # fmt: skip


def doubled(services: Services) -> None:
    put(services, "one.vcf", ONE)
    put(services, "other.vcf", OTHER)


def forwards(services: Services) -> int:
    (row,) = rows(services, select(func.count()).select_from(forwarding))
    assert isinstance(row[0], int)
    return row[0]


def test_the_oldest_card_stays_and_the_other_one_goes_into_it(each_engine: Services) -> None:
    doubled(each_engine)
    before, token = listing(each_engine), revision(each_engine)
    number = merged(each_engine, "other.vcf", "one.vcf")
    card, body = get(each_engine, "one.vcf")
    assert (body, card.key, card.uid) == (BOTH, before["one.vcf"].key, "one")
    assert list(listing(each_engine)) == ["one.vcf"]
    # Whoever syncs is told of both.
    assert changes(each_engine, token) == [
        Change("one.vcf", token + 1, vanished=False),
        Change("other.vcf", token + 2, vanished=True),
    ]
    event = events(each_engine)[-1].event
    assert (event.action, event.actor, event.book, event.card, event.detail) == (
        AuditAction.CARD_MERGE, "alice", "customers", "one.vcf",
        f"merge {number}: customers/other.vcf",
    )  # fmt: skip


def test_both_come_back_as_they_were_and_can_be_made_one_again(each_engine: Services) -> None:
    doubled(each_engine)
    before = listing(each_engine)
    number = merged(each_engine, "one.vcf", "other.vcf")
    told = take_back(each_engine, Acts(batch=number))
    assert {one.href: one.fate for one in told} == {
        "one.vcf": Fate.CHANGES, "other.vcf": Fate.RETURNS,
    }  # fmt: skip
    after = listing(each_engine)
    assert [get(each_engine, href)[1] for href in ("one.vcf", "other.vcf")] == [ONE, OTHER]
    for href, card in before.items():
        assert (after[href].key, after[href].uid, after[href].etag) == (
            card.key, card.uid, card.etag,
        )  # fmt: skip
    assert put(each_engine, "new.vcf", OTHER.replace(b"UID:other", b"UID:new")).created
    delete(each_engine, "new.vcf")
    assert merged(each_engine, "one.vcf", "other.vcf") > number
    assert get(each_engine, "one.vcf")[1] == BOTH


def test_what_is_made_one_again_answers_for_the_other_again(each_engine: Services) -> None:
    doubled(each_engine)
    number = merged(each_engine, "one.vcf", "other.vcf")
    take_back(each_engine, Acts(batch=number))
    take_back(each_engine, Acts(batch=number + 1))
    assert get(each_engine, "one.vcf")[1] == BOTH
    # By its name, and by its UID.
    put(each_engine, "other.vcf", OTHER.replace(b"p@example.org", b"peter@example.org"))
    put(each_engine, "new.vcf", OTHER.replace(b"END:", b"ROLE:Head\r\nEND:"))
    assert list(listing(each_engine)) == ["one.vcf"]
    body = get(each_engine, "one.vcf")[1]
    assert b"peter@example.org" in body
    assert b"ROLE:Head" in body
    # And it is taken back, and done again, as the first time.
    take_back(each_engine, Acts(batch=number + 2))
    assert sorted(listing(each_engine)) == ["one.vcf", "other.vcf"]
    take_back(each_engine, Acts(batch=number + 3))
    put(each_engine, "other.vcf", OTHER)
    assert list(listing(each_engine)) == ["one.vcf"]


def test_a_book_that_is_as_it_was_then_has_one_answer_for_the_other(services: Services) -> None:
    doubled(services)
    number = merged(services, "one.vcf", "other.vcf")
    then = datetime.now(UTC)
    take_back(services, Acts(batch=number))
    restore_to(services, then)
    assert not put(services, "other.vcf", OTHER).created
    assert list(listing(services)) == ["one.vcf"]


def test_a_card_that_is_back_and_deleted_is_nobody_else(services: Services) -> None:
    doubled(services)
    number = merged(services, "one.vcf", "other.vcf")
    take_back(services, Acts(batch=number))
    delete(services, "other.vcf")
    assert put(services, "other.vcf", OTHER).created
    delete(services, "other.vcf")
    # Nor is one whose coming is taken back.
    restore_to(services, datetime.now(UTC))
    assert put(services, "new.vcf", OTHER).created
    assert sorted(listing(services)) == ["new.vcf", "one.vcf"]


def test_somebody_may_say_which_card_stays_and_whose_value(services: Services) -> None:
    doubled(services)
    choices = {"TITLE": Side.OTHER}
    merged(services, "one.vcf", "other.vcf", keep="other.vcf", choices=choices)
    assert get(services, "other.vcf")[1] == vcard(
        "other", "Peter Vogt", "TEL;TYPE=cell:+49 171 3920010", "EMAIL:p@example.org",
        "TITLE:Clerk", "NOTE:Earlier title: Chair",
    )  # fmt: skip
    assert list(listing(services)) == ["other.vcf"]


def test_of_many_the_newest_has_its_way(services: Services) -> None:
    for name, title in (("a", "first"), ("b", "second"), ("c", "third"), ("d", "fourth")):
        put(services, f"{name}.vcf", vcard(name, "Peter Vogt", f"TITLE:{title}"))
    put(services, "a.vcf", vcard("a", "Peter Vogt", "TITLE:fifth"))
    put(services, "c.vcf", vcard("c", "Peter Vogt", "TITLE:sixth"))
    merged(services, "d.vcf", "c.vcf", "b.vcf", "a.vcf")
    assert unfolded(get(services, "a.vcf")[1].decode())[-3:-1] == [
        "TITLE:sixth",
        "NOTE:Earlier title: fourth\\n\\nEarlier title: second\\n\\nEarlier title: fifth",
    ]
    assert forwards(services) == 3


def test_only_who_may_write_to_the_book_merges_in_it(services: Services) -> None:
    doubled(services)
    before = listing(services)
    with pytest.raises(AccessDenied):
        planned(services, "one.vcf", "other.vcf", who=CAROL)
    found = planned(services, "one.vcf", "other.vcf", who=BOB)
    with pytest.raises(AccessDenied):
        carried_out(services, [found], who=CAROL)
    refused = [one.event for one in events(services, AuditFilter(book="customers"))][-2:]
    assert [(one.actor, one.action, one.outcome) for one in refused] == [
        ("carol", AuditAction.CARD_MERGE, Outcome.REFUSED)
    ] * 2
    assert listing(services) == before
    assert carried_out(services, [found], who=BOB)


def test_what_cannot_be_one_is_refused_and_told_of(services: Services) -> None:
    doubled(services)
    put(services, "third.vcf", OTHER, slug="staff")
    with pytest.raises(InTwoBooks):
        planned(services, "one.vcf", "third.vcf", slugs=("customers", "staff"), who=BOB)
    with pytest.raises(NotFound):
        planned(services, "one.vcf", "nobody.vcf")
    keys = [listing(services)[href].key for href in ("one.vcf", "other.vcf")]
    with services.directory.writing(ALICE, HERE) as writing:
        duplicates.deny(writing, *keys)
    with pytest.raises(NotTheSame):
        planned(services, "one.vcf", "other.vcf")
    refused = [one.event.detail for one in events(services) if one.event.outcome == "refused"]
    assert refused == ["the other one is in staff", "somebody said that it is not other.vcf"]


def test_a_card_that_was_changed_meanwhile_stays(services: Services) -> None:
    doubled(services)
    found = planned(services, "one.vcf", "other.vcf")
    put(services, "other.vcf", OTHER.replace(b"Chair", b"Owner"))
    with pytest.raises(ChangedMeanwhile):
        carried_out(services, [found])
    assert len(listing(services)) == 2


def test_a_group_names_the_one_that_stays(each_engine: Services) -> None:
    doubled(each_engine)
    group = vcard("board", "Board", "KIND:group", "MEMBER:urn:uuid:other", version="4.0")
    put(each_engine, "board.vcf", group)
    number = merged(each_engine, "one.vcf", "other.vcf")
    now = get(each_engine, "board.vcf")[1]
    assert now == group.replace(b"urn:uuid:other", b"urn:uuid:one")
    take_back(each_engine, Acts(batch=number))
    assert get(each_engine, "board.vcf")[1] == group


def test_who_is_not_the_one_is_not_taken_for_the_other_either(services: Services) -> None:
    doubled(services)
    put(services, "son.vcf", vcard("son", "Peter Vogt", "EMAIL:p@example.org"))
    keys = [listing(services)[href].key for href in ("other.vcf", "son.vcf")]
    with services.directory.writing(ALICE, HERE) as writing:
        duplicates.deny(writing, *keys)
    merged(services, "one.vcf", "other.vcf")
    assert certain(services, "customers").mergers == ()


def test_all_that_is_certain_is_one_act(each_engine: Services) -> None:
    doubled(each_engine)
    put(each_engine, "again.vcf", ONE.replace(b"UID:one", b"UID:again"))
    for slug in ("customers", "staff"):
        put(each_engine, "jane.vcf", vcard("j", "Jane Roe", "EMAIL:jane@example.org"), slug=slug)
    # A like B and B like C, but something speaks against A and C.
    put(each_engine, "x.vcf", vcard("x", "Bob Smith", "TEL;TYPE=cell:0172 1", "BDAY:1980-01-01"))
    before = listing(each_engine)
    found = certain(each_engine, "customers", "staff")
    assert [[card.href for card in one.cards] for one in found.mergers] == [
        ["one.vcf", "other.vcf", "again.vcf"]
    ]
    assert (found.apart, found.doubtful) == (1, 0)
    number = carried_out(each_engine, found.mergers)
    assert sorted(listing(each_engine)) == ["jane.vcf", "one.vcf", "x.vcf"]
    assert certain(each_engine, "customers", "staff").mergers == ()
    take_back(each_engine, Acts(batch=number))
    now = listing(each_engine)
    assert {href: card.etag for href, card in now.items()} == {
        href: card.etag for href, card in before.items()
    }


def test_to_merge_is_no_loss_that_stops_a_client(services: Services) -> None:
    for number in range(60):
        body = vcard(f"p{number}", f"Peter Vogt{number // 2}", "TEL;TYPE=cell:0171 3920010")
        put(services, f"{number}.vcf", body)
    phone = HERE
    for number in range(0, 60, 2):
        merged(services, f"{number}.vcf", f"{number + 1}.vcf", who=BOB, client=phone)
    with services.directory.writing(BOB, phone) as writing:
        writing.delete_card("customers", "0.vcf")
    assert len(listing(services)) == 29


def test_nothing_is_left_of_a_person_who_is_erased(services: Services) -> None:
    doubled(services)
    merged(services, "one.vcf", "other.vcf")
    assert forwards(services) == 1
    erased(services, "Peter Vogt")
    assert forwards(services) == 0
    said = " ".join(f"{one.event.card} {one.event.detail}" for one in events(services))
    assert "other.vcf" not in said


def test_who_answers_for_whom_is_forgotten_with_the_history(services: Services) -> None:
    doubled(services)
    merged(services, "one.vcf", "other.vcf")
    keep = timedelta(days=100)
    pruning.prune(services.directory, ADMIN, HERE, keep)
    assert forwards(services) == 1
    then = datetime.now(UTC) - timedelta(days=200)
    with services.store.writing() as connection:
        connection.execute(update(card_version).values(at=then))
        connection.execute(update(forwarding).values(at=then))
    assert pruning.prune(services.directory, ADMIN, HERE, keep) > 0
    assert forwards(services) == 0
