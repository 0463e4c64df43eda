"""Who is found twice, by whom; and that somebody's word that two are not one is kept."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from dirserver.assembly import Services
from dirserver.directory.same import duplicates
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.audit import AuditAction
from dirserver.model.duplicates.scan import Pair
from dirserver.model.duplicates.verdict import Verdict
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.principal import Principal
from dirserver.model.vcard import parse_card
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import delete, events, get, import_all, listing, put
from tests.directory.people import made_up
from tests.organisation import ADMIN, ALICE, BOB, CAROL, ERIN, HERE, vcard

MOBILE = "TEL;TYPE=cell:+49 171 3920010"
SAME_NAME, SAME_MOBILE = "the same name", "the same mobile number, 1713920010"
PETER = vcard("a", "Peter Vogt", MOBILE)
AGAIN = vcard("b", "Peter Vogt", "TEL:0171 3920010", "ORG:Acme")


def _silent(_done: int, _total: int) -> None:
    pass


def pairs(services: Services, who: Principal = ALICE) -> tuple[Pair, ...]:
    with services.directory.reading(who, HERE) as reading:
        gathered = duplicates.gather(reading, reading.books(Privilege.READ), _silent)
        return duplicates.compare(gathered, _silent).pairs


def twins(
    services: Services, href: str, slug: str = "customers", who: Principal = ALICE
) -> list[str]:
    with services.directory.reading(who, HERE) as reading:
        views, view = reading.books(Privilege.READ), reading.book(slug, Privilege.READ)
        found = duplicates.twins_of_stored(reading, views, view, href)
        return [f"{twin.view.book.slug}/{twin.href}" for twin in found]


def key(services: Services, href: str, slug: str = "customers") -> str:
    return get(services, href, slug=slug)[0].key


def deny(services: Services, keys: Sequence[str], who: Principal, *, undo: bool = False) -> bool:
    with services.directory.writing(who, HERE) as writing:
        return duplicates.deny(writing, *keys, undo=undo)


def test_a_certain_duplicate_is_stored_and_found_by_whoever_reads_both(
    each_engine: Services,
) -> None:
    put(each_engine, "a.vcf", PETER)
    assert put(each_engine, "b.vcf", AGAIN, slug="staff").created
    (pair,) = pairs(each_engine)
    assert pair.verdict is Verdict.CERTAIN
    assert {pair.one, pair.other} == {key(each_engine, "a.vcf"), key(each_engine, "b.vcf", "staff")}
    assert twins(each_engine, "a.vcf") == ["staff/b.vcf"]
    assert twins(each_engine, "b.vcf", "staff") == ["customers/a.vcf"]
    # Erin reads the staff alone.
    assert pairs(each_engine, ERIN) == ()
    assert twins(each_engine, "b.vcf", "staff", ERIN) == []
    delete(each_engine, "a.vcf")
    assert pairs(each_engine) == ()
    assert twins(each_engine, "b.vcf", "staff") == []
    with pytest.raises(NotFound):
        twins(each_engine, "a.vcf")


def test_what_is_hidden_makes_no_pair_and_parts_none(each_engine: Services) -> None:
    put(each_engine, "a.vcf", vcard("a", "Peter Vogt", "ORG:Acme", "BDAY:1980-02-01"))
    put(each_engine, "b.vcf", vcard("b", "Peter Vogt", "ORG:Acme", "BDAY:1980-02-01", "TITLE:CEO"))
    put(each_engine, "c.vcf", vcard("c", "Zoe Vogt", MOBILE, "BDAY:1980-02-01"))
    put(each_engine, "d.vcf", vcard("d", "Zoe Vogt", MOBILE, "BDAY:1955-12-24"))
    sure = {pair.verdict: len(pair.against) for pair in pairs(each_engine, ADMIN)}
    assert sure == {Verdict.CERTAIN: 0, Verdict.LIKELY: 1}
    # Carol sees neither birthdays nor organisations, so there are two namesakes, and one Zoe.
    seen = {pair.verdict: [one.words for one in pair.reasons] for pair in pairs(each_engine, CAROL)}
    assert seen == {
        Verdict.CERTAIN: [
            "the same name",
            "the same mobile number, 1713920010",
            "both say the same",
        ],
        Verdict.POSSIBLE: [SAME_NAME],
    }
    assert twins(each_engine, "a.vcf") == ["customers/b.vcf"]
    assert twins(each_engine, "a.vcf", who=CAROL) == []
    assert twins(each_engine, "c.vcf") == []
    assert twins(each_engine, "c.vcf", who=CAROL) == ["customers/d.vcf"]


def test_that_two_are_not_the_same_is_remembered_until_it_is_taken_back(
    each_engine: Services,
) -> None:
    put(each_engine, "a.vcf", PETER)
    put(each_engine, "b.vcf", AGAIN)
    keys = [key(each_engine, name) for name in ("a.vcf", "b.vcf")]
    assert deny(each_engine, keys, BOB)
    assert not deny(each_engine, keys[::-1], ALICE)
    assert (pairs(each_engine), twins(each_engine, "a.vcf")) == ((), [])
    # However the card is changed, it is the same one.
    put(each_engine, "a.vcf", vcard("a", "Peter Vogt", MOBILE, "ORG:Acme"))
    assert (pairs(each_engine), twins(each_engine, "b.vcf")) == ((), [])
    assert deny(each_engine, keys, ALICE, undo=True)
    assert not deny(each_engine, keys, ALICE, undo=True)
    assert len(pairs(each_engine)) == 1
    told = [
        (one.event.action, one.event.actor, one.event.card, one.event.detail)
        for one in events(each_engine, AuditFilter(book="customers"))
        if str(one.event.action).startswith("duplicate")
    ]
    assert told == [
        (AuditAction.DUPLICATE_DENY, "bob", "a.vcf", keys[1]),
        (AuditAction.DUPLICATE_DENY, "bob", "b.vcf", keys[0]),
        (AuditAction.DUPLICATE_UNDENY, "alice", "a.vcf", keys[1]),
        (AuditAction.DUPLICATE_UNDENY, "alice", "b.vcf", keys[0]),
    ]


def test_only_whoever_may_write_to_both_says_that_two_are_not_the_same(services: Services) -> None:
    put(services, "a.vcf", PETER)
    put(services, "b.vcf", AGAIN, slug="staff")
    put(services, "c.vcf", AGAIN, slug="secret")
    keys = [key(services, "a.vcf"), key(services, "b.vcf", "staff")]
    for who in (BOB, CAROL):
        with pytest.raises(AccessDenied):
            deny(services, keys, who)
    refused = [one.event for one in events(services) if one.event.outcome == "refused"]
    assert [(one.actor, one.action, one.book) for one in refused] == [
        ("bob", AuditAction.DUPLICATE_DENY, "staff"),
        ("carol", AuditAction.DUPLICATE_DENY, "customers"),
    ]
    # A card of a book that one has not is like one that nobody has.
    for hidden in (key(services, "c.vcf", "secret"), "nobody", "\x00"):
        with pytest.raises(NotFound):
            deny(services, [keys[0], hidden], BOB)
    assert len(pairs(services)) == 3


def test_a_card_that_is_yet_to_be_stored_has_its_twins(services: Services) -> None:
    put(services, "a.vcf", PETER)
    with services.directory.writing(BOB, HERE) as writing:
        new = writing.new_card("b.vcf", parse_card(AGAIN), AGAIN, None)
        views = writing.books(Privilege.READ)
        values = [(Field(field), value) for field, value in new.derived.values]
        (twin,) = duplicates.certain_twins(writing, views, new.uid, values)
    assert (twin.href, twin.uid, twin.key) == ("a.vcf", "a", key(services, "a.vcf"))
    assert [reason.words for reason in twin.reasons] == [SAME_NAME, SAME_MOBILE]


def test_what_a_scan_calls_certain_is_found_of_each_single_card(services: Services) -> None:
    random = Random(11)
    import_all(services, [made_up(random, number) for number in range(150)])
    by_key = {card.key: href for href, card in listing(services).items()}
    scanned = {
        frozenset((by_key[pair.one], by_key[pair.other]))
        for pair in pairs(services)
        if pair.verdict is Verdict.CERTAIN
    }
    single = {
        frozenset((href, twin.removeprefix("customers/")))
        for href in by_key.values()
        for twin in twins(services, href)
    }
    assert len(scanned) > 20
    assert scanned == single
