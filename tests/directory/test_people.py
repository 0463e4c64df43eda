"""All that is kept of a person, and its erasure, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from dirserver.assembly import Services
from dirserver.directory.people import people
from dirserver.directory.people.erasing import ChangedMeanwhile, cases, erase
from dirserver.errors import AccessDenied, ErasedPerson, NotFound
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.principal import Client
from dirserver.model.query import Equals
from dirserver.store import policies
from dirserver.store.tables import card_value, card_version, erasure, sighting
from tests.directory import persons
from tests.directory.acts import (
    changes,
    delete,
    events,
    get,
    import_all,
    listing,
    move,
    put,
    reconfigure,
    revision,
    rows,
    traces,
)
from tests.organisation import ADMIN, ALICE, BOB, CAROL, HERE, vcard
from tests.store.trail import broken_links

ANNA = vcard("anna-0001", "Anna Beispiel", "EMAIL:anna@kunde.example", "TEL:+49 30 5550017")
LATER = ANNA.replace(b"END:VCARD", b"TITLE:Head\r\nEND:VCARD")
BERND = vcard("bernd-01", "Bernd Beispiel", "EMAIL:bernd@kunde.example", "TEL:+49 30 5550017")
ZOE = vcard("zoe-0001", "Zoe Other", "NOTE:knows Anna Beispiel", "EMAIL:info@kunde.example")


def filled(services: Services) -> Services:
    """Put Anna into three books, of which one is archived then, and delete a copy of her."""
    put(services, "anna.vcf", ANNA)
    put(services, "anna.vcf", LATER)
    put(services, "bernd.vcf", BERND)
    put(services, "zoe.vcf", ZOE)
    put(services, "anna-b.vcf", ANNA, slug="secret")
    put(services, "old.vcf", ANNA.replace(b"anna-0001", b"other-uid"), slug="staff")
    delete(services, "old.vcf", slug="staff")
    text = services.config.path.read_text("utf-8")
    secret = text[text.index("[books.secret]") :]
    reconfigure(services, (secret, ""))
    return services


@pytest.fixture
def told(services: Services) -> Services:
    """Anna is in three books."""
    return filled(services)


@pytest.fixture
def told_on_each(each_engine: Services) -> Services:
    """The same, once on each engine."""
    return filled(each_engine)


def test_a_person_is_found_in_every_book_and_in_the_history(told_on_each: Services) -> None:
    (person,) = persons.find(told_on_each, "beispiel anna").people
    cards = {(card.book, card.href): card for card in person.cards}
    assert {place: (card.is_current, card.archived) for place, card in cards.items()} == {
        ("customers", "anna.vcf"): (True, False),
        ("secret", "anna-b.vcf"): (True, True),
        ("staff", "old.vcf"): (False, False),
    }
    first = cards["customers", "anna.vcf"]
    assert [(one.operation, one.body) for one in first.versions] == [("put", ANNA), ("put", LATER)]
    gone = cards["staff", "old.vcf"]
    assert [(one.operation, one.actor) for one in gone.versions] == [
        ("put", "alice"),
        ("delete", "alice"),
    ]
    assert [(one.event.action, one.event.card) for one in person.events] == [
        (AuditAction.CARD_CREATE, "anna.vcf"),
        (AuditAction.CARD_UPDATE, "anna.vcf"),
        (AuditAction.CARD_CREATE, "anna-b.vcf"),
        (AuditAction.CARD_CREATE, "old.vcf"),
        (AuditAction.CARD_DELETE, "old.vcf"),
    ]
    assert [(one.href, one.properties) for one in person.mentions] == [("zoe.vcf", ("NOTE",))]


@pytest.mark.parametrize("text", ["anna@kunde.example", "anna-0001", "Anna Beispiel"])
def test_each_way_of_asking_finds_the_one_person(told: Services, text: str) -> None:
    assert len(persons.find(told, text).people) == 1


def test_those_who_share_a_number_are_two_people(told: Services) -> None:
    names = [person.name for person in persons.find(told, "030 5550017").people]
    assert names == ["Anna Beispiel", "Bernd Beispiel"]
    assert persons.find(told, "nobody at all").people == ()


def test_a_card_can_be_chosen_if_it_is_one_of_those_found(told: Services) -> None:
    keys = {card.href: card.key for card in persons.find(told, "anna beispiel").people[0].cards}
    (chosen,) = persons.find(told, "beispiel", [keys["anna.vcf"]]).people
    assert chosen.keys == (keys["anna.vcf"],)
    with pytest.raises(NotFound):
        persons.find(told, "bernd", [keys["anna.vcf"]])


def test_a_login_that_may_be_the_persons_is_named(services: Services) -> None:
    put(services, "bob.vcf", vcard("bob-card", "Bob Example"))
    (person,) = persons.find(services, "Bob Example").people
    assert person.logins == ("bob",)


def test_only_the_operator_looks_for_people_and_erases_them(told: Services) -> None:
    with told.directory.reading(ALICE, HERE) as reading, pytest.raises(AccessDenied):
        people.find(reading, told.deriver, "anna")
    found = persons.find(told, "Anna Beispiel")
    with pytest.raises(AccessDenied), told.directory.writing(ALICE, HERE) as writing:
        erase(writing, told.deriver, found, found.people[0])
    assert get(told, "anna.vcf")[1] == LATER


def test_an_erased_person_is_nowhere_any_more(told_on_each: Services) -> None:
    before = revision(told_on_each)
    done = persons.erased(told_on_each, "Anna Beispiel")
    assert (done.cards, done.versions, done.events) == (2, 5, 5)
    assert done.books == ("customers", "secret", "staff")
    assert set(listing(told_on_each)) == {"bernd.vcf", "zoe.vcf"}
    assert [(one.href, one.vanished) for one in changes(told_on_each, before)] == [
        ("anna.vcf", True)
    ]
    assert {row[0] for row in rows(told_on_each, select(card_version.c.href))} == {
        "bernd.vcf",
        "zoe.vcf",
    }
    assert "anna beispiel" not in {row[0] for row in rows(told_on_each, select(card_value.c.value))}
    with told_on_each.directory.reading(ALICE, HERE) as reading:
        views = reading.books(Privilege.READ)
        assert not list(reading.search(Equals(Field.MAIL, "anna@kunde.example"), views))
    assert persons.find(told_on_each, "Anna Beispiel").people == ()


def test_the_trail_stays_whole_and_names_the_person_no_more(told_on_each: Services) -> None:
    done = persons.erased(told_on_each, "Anna Beispiel")
    assert broken_links(told_on_each.store) == []
    trail = events(told_on_each)
    gone = [one for one in trail if one.erased]
    assert len(gone) == 5
    assert {(one.event.card, one.event.detail) for one in gone} == {("", "")}
    assert {one.event.actor for one in gone} == {"alice"}
    assert not [one for one in trail if "anna" in one.event.card + one.event.detail.lower()]
    last = trail[-1].event
    assert (last.action, last.detail) == (
        AuditAction.PERSON_ERASE,
        f"{done.case}: 2 cards, 5 versions, 5 events",
    )


@pytest.mark.parametrize(
    "body",
    [
        vcard("anna-0001", "Somebody Else"),
        vcard("new-uid", "A. B.", "EMAIL:ANNA@kunde.example"),
        vcard("new-uid", "Beispiel, Anna", "TEL;TYPE=home:030/5550017"),
    ],
    ids=["uid", "mail", "name and number"],
)
def test_who_brings_the_person_again_is_refused(told: Services, body: bytes) -> None:
    done = persons.erased(told, "Anna Beispiel")
    before = traces(told)
    with pytest.raises(ErasedPerson) as refused:
        put(told, "anna-again.vcf", body, who=BOB)
    assert refused.value.case == done.case
    after = traces(told)
    assert after == replace(before, events=before.events + 1)
    event = events(told)[-1].event
    assert (event.actor, event.action, event.outcome, event.card, event.detail) == (
        "bob",
        AuditAction.CARD_CREATE,
        Outcome.REFUSED,
        "",
        f"a person who was erased, {done.case}",
    )


def test_others_are_stored_as_ever(told: Services) -> None:
    persons.erased(told, "Anna Beispiel")
    put(told, "bernd.vcf", BERND.replace(b"END:", b"TITLE:Head\r\nEND:"))
    put(told, "namesake.vcf", vcard("n", "Anna Beispiel", "TEL:+43 1 5550024"))
    put(told, "desk.vcf", vcard("d", "Desk", "EMAIL:info@kunde.example", "TEL:+49 30 5550017"))


def test_what_somebody_who_stays_says_too_tells_nobody(services: Services) -> None:
    home = "EMAIL:beispiel@example.net"
    couple = [vcard("a-0001", "Anna Beispiel", home), vcard("b-0001", "Bernd Beispiel", home)]
    put(services, "a.vcf", couple[0])
    put(services, "b.vcf", couple[1])
    persons.erased(services, "Anna Beispiel")
    put(services, "b.vcf", couple[1].replace(b"END:", b"TITLE:Head\r\nEND:"))
    with pytest.raises(ErasedPerson):
        put(services, "a.vcf", couple[0])


def test_an_import_leaves_the_person_out_and_the_rest_in(told_on_each: Services) -> None:
    done = persons.erased(told_on_each, "Anna Beispiel")
    new = vcard("carl-001", "Carl New")
    count = import_all(told_on_each, [ANNA, new, LATER.replace(b"anna-0001", b"x-1")])
    assert (count.created, count.total) == (1, 3)
    assert count.erased == {ANNA: done.case, LATER.replace(b"anna-0001", b"x-1"): done.case}
    refused = events(told_on_each)[-1].event
    assert (refused.action, refused.outcome) == (AuditAction.CARD_IMPORT, Outcome.REFUSED)
    assert refused.detail == f"2 cards of people who were erased, {done.case}"


def test_a_person_who_consents_is_kept_again(told_on_each: Services) -> None:
    done = persons.erased(told_on_each, "Anna Beispiel")
    with told_on_each.directory.reading(ADMIN, HERE) as reading:
        assert [case.name for case in cases(reading)] == [done.case]
    persons.readmitted(told_on_each, done.case)
    put(told_on_each, "anna.vcf", ANNA)
    assert events(told_on_each)[-2].event.action is AuditAction.PERSON_READMIT
    with pytest.raises(NotFound):
        persons.readmitted(told_on_each, done.case)
    # And may ask for it again.
    assert persons.erased(told_on_each, "Anna Beispiel").case != done.case


def test_nobody_is_read_from_a_fingerprint(told: Services) -> None:
    persons.erased(told, "Anna Beispiel")
    kept = rows(told, select(erasure.c.fingerprint, erasure.c.person))
    assert kept
    for fingerprint, case in kept:
        assert len(str(fingerprint)) == 64
        assert "anna" not in f"{fingerprint} {case}"


def test_a_card_that_came_meanwhile_stops_the_erasure(told: Services) -> None:
    found = persons.find(told, "Anna Beispiel")
    put(told, "third.vcf", vcard("third", "Anna Beispiel"))
    with pytest.raises(ChangedMeanwhile), told.directory.writing(ADMIN, HERE) as writing:
        erase(writing, told.deriver, found, found.people[0])
    assert get(told, "anna.vcf")[1] == LATER


def test_a_change_that_came_meanwhile_goes_with_the_rest(told: Services) -> None:
    found = persons.find(told, "Anna Beispiel")
    put(told, "anna.vcf", LATER.replace(b"Head", b"Boss"))
    move(told, "anna.vcf", "moved.vcf", to_slug="staff")
    with told.directory.writing(ADMIN, HERE) as writing:
        done = erase(writing, told.deriver, found, found.people[0])
    assert (done.cards, done.versions, done.events) == (2, 8, 8)
    assert [one.event for one in events(told) if "anna" in one.event.card + one.event.detail] == []
    assert broken_links(told.store) == []


def test_clients_that_have_copies_are_named(told_on_each: Services) -> None:
    now = datetime(2040, 1, 1, tzinfo=UTC)
    with told_on_each.store.writing() as connection:
        (book,) = [one for one in policies.load_books(connection) if one.slug == "customers"]
        for agent, known in (("early", 0), ("phone", 99)):
            values = {"device": "iphone", "agent": agent, "revision": known}
            connection.execute(
                insert(sighting).values(
                    addressbook_id=book.id, login="bob", first_at=now, last_at=now, **values
                )
            )
    (person,) = persons.find(told_on_each, "Anna Beispiel").people
    assert [(one.book, one.login, one.device, one.agent) for one in person.copies] == [
        ("customers", "bob", "iphone", "phone")
    ]
    assert persons.erased(told_on_each, "Anna Beispiel").copies == person.copies


def test_the_name_of_a_card_that_was_refused_goes_too(told: Services) -> None:
    for href in ("anna-beispiel.vcf", "Beispiel_Anna.vcf", "anna.vcf", "anna-other.vcf"):
        with pytest.raises(AccessDenied):
            put(told, href, ANNA, who=CAROL)
    done = persons.erased(told, "Anna Beispiel")
    assert done.events == 5 + 3
    refused = [one for one in events(told) if one.event.outcome is Outcome.REFUSED]
    assert [(one.event.card, one.erased) for one in refused] == [
        ("", True), ("", True), ("", True), ("anna-other.vcf", False),
    ]  # fmt: skip


def test_a_client_that_only_stored_a_card_has_a_copy(services: Services) -> None:
    tablet, laptop = Client("carddav", "192.0.2.8", "tablet"), Client("carddav", "", "laptop")
    for href, body, client in (("anna.vcf", ANNA, tablet), ("anna.vcf", LATER, laptop)):
        with services.directory.writing(ALICE, client) as writing:
            writing.put_card("customers", href, body)
    (person,) = persons.find(services, "Anna Beispiel").people
    assert [(one.login, one.agent) for one in person.copies] == [
        ("alice", "laptop"),
        ("alice", "tablet"),
    ]
    with services.directory.writing(ALICE, laptop) as writing:
        writing.delete_card("customers", "anna.vcf")
    # Who deleted it has none; the other may not know of it yet.
    (person,) = persons.find(services, "Anna Beispiel").people
    assert [one.agent for one in person.copies] == ["tablet"]


# On SQLite, whoever writes is the only one.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_waited_for_an_erasure_is_refused_as_what_comes_after(
    told_on_each: Services,
) -> None:
    with told_on_each.directory.writing(ALICE, HERE) as late:
        # What it knows of who was erased is of now: nobody was.
        assert late.policy.erasure_key == b""
        persons.erased(told_on_each, "Anna Beispiel")
        with pytest.raises(ErasedPerson):
            late.put_card("customers", "again.vcf", ANNA)
    assert "again.vcf" not in listing(told_on_each)
