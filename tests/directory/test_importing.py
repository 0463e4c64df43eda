"""Files of cards: stored by their UIDs, all of them or none, and a second time without effect."""

from __future__ import annotations

import pytest
from sqlalchemy import Table, select

from dirserver.assembly import Services
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.importing import import_cards
from dirserver.directory.writing import etag_of
from dirserver.errors import AccessDenied, CardTooLarge, InvalidCard
from dirserver.model.addressbook import is_href
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.query import EVERYTHING, Substring
from dirserver.store.tables import addressbook, card, card_beginning, card_value, card_version
from tests.benchmarks.cards import person
from tests.directory.acts import changes, events, get, import_all, listing, put, rows, traces
from tests.organisation import ADMIN, ALICE, CAROL, HERE, vcard


def people(number: int, note: str = "") -> list[bytes]:
    return [vcard(f"uid-{one}", f"Name {one:03}", f"NOTE:{note}") for one in range(number)]


def without_uid(body: bytes) -> bytes:
    return b"\r\n".join(line for line in body.split(b"\r\n") if not line.startswith(b"UID:"))


def test_an_import_creates_what_is_new_and_says_so_once(each_engine: Services) -> None:
    count = import_all(each_engine, people(450))
    assert count == ImportCount(created=450)
    assert count.total == 450
    cards = listing(each_engine)
    assert set(cards) == {f"uid-{one}.vcf" for one in range(450)}
    assert get(each_engine, "uid-7.vcf")[1] == people(8)[7]
    revisions = [change.revision for change in changes(each_engine)]
    assert revisions == list(range(2, 452))
    told = [found.event for found in events(each_engine) if found.event.action.startswith("card")]
    assert [(one.action, one.actor, one.book) for one in told] == [
        (AuditAction.CARD_IMPORT, "alice", "customers")
    ]
    assert told[0].detail == "import 1, people.vcf: 450 new, 0 changed, 0 as before"
    with each_engine.directory.reading(ALICE, HERE) as reading:
        found = list(reading.search(EVERYTHING, reading.books(Privilege.SEARCH), limit=3))
        assert [b"Name 00%d" % number in entry.attributes for number, entry in enumerate(found)]


def test_every_version_of_an_import_has_its_number(each_engine: Services) -> None:
    put(each_engine, "uid-0.vcf", people(1)[0])
    import_all(each_engine, people(3, "new"))
    import_all(each_engine, people(1, "newer"))
    statement = select(card_version.c.href, card_version.c.batch).order_by(card_version.c.id)
    assert rows(each_engine, statement) == [
        ("uid-0.vcf", None),
        ("uid-0.vcf", 1),
        ("uid-1.vcf", 1),
        ("uid-2.vcf", 1),
        ("uid-0.vcf", 2),
    ]


def test_an_import_twice_changes_nothing_the_second_time(each_engine: Services) -> None:
    import_all(each_engine, people(20))
    before = traces(each_engine)
    assert import_all(each_engine, people(20)) == ImportCount(unchanged=20)
    after = traces(each_engine)
    # That it was tried is told all the same.
    assert (after.versions, after.revisions, after.events) == (
        before.versions,
        before.revisions,
        before.events + 1,
    )


def test_an_import_replaces_by_uid_whatever_the_card_is_called(each_engine: Services) -> None:
    put(each_engine, "called-otherwise.vcf", people(1)[0])
    key = get(each_engine, "called-otherwise.vcf")[0].key
    count = import_all(each_engine, people(2, "new"))
    assert count == ImportCount(created=1, updated=1)
    card, body = get(each_engine, "called-otherwise.vcf")
    assert (card.key, body) == (key, people(1, "new")[0])
    assert set(listing(each_engine)) == {"called-otherwise.vcf", "uid-1.vcf"}


def test_of_several_cards_with_one_uid_the_last_stands(each_engine: Services) -> None:
    # Far enough apart that they are not stored together.
    file = [people(1, "first")[0], *people(300)[1:], people(1, "middle")[0], people(1, "last")[0]]
    count = import_all(each_engine, file)
    assert count == ImportCount(created=300, superseded=2)
    assert count.total == len(file)
    assert get(each_engine, "uid-0.vcf")[1] == people(1, "last")[0]
    before = traces(each_engine)
    assert import_all(each_engine, file) == ImportCount(unchanged=300, superseded=2)
    assert traces(each_engine).versions == before.versions == 300


def test_cards_without_a_uid_are_all_kept_and_known_again(each_engine: Services) -> None:
    file = [without_uid(body) for body in people(3)]
    put(each_engine, "other.vcf", without_uid(vcard("x", "Has no UID either")))
    assert import_all(each_engine, file) == ImportCount(created=3)
    assert len(listing(each_engine)) == 4
    assert get(each_engine, "other.vcf")[1] == without_uid(vcard("x", "Has no UID either"))
    assert import_all(each_engine, [*file, file[0]]) == ImportCount(unchanged=3, superseded=1)
    assert len(listing(each_engine)) == 4


def test_uids_that_lead_to_one_name_get_two_cards(each_engine: Services) -> None:
    file = [vcard(uid, uid) for uid in ("urn:uuid:4711", "4711", "47/11", "ü")]
    put(each_engine, "4711.vcf", vcard("someone", "Someone"))
    assert import_all(each_engine, file) == ImportCount(created=4)
    cards = listing(each_engine)
    assert {card.uid for card in cards.values()} == {
        *("urn:uuid:4711", "4711", "47/11", "ü", "someone")
    }
    assert all(is_href(href) and href.endswith(".vcf") for href in cards)
    assert import_all(each_engine, file) == ImportCount(unchanged=4)


@pytest.mark.parametrize("at", [0, 3, 299])
def test_one_card_that_cannot_be_kept_stops_all_of_them(each_engine: Services, at: int) -> None:
    import_all(each_engine, people(2))
    before = traces(each_engine)
    file = people(300, "new")
    file[at] = b"BEGIN:VCARD\r\n"
    with pytest.raises(InvalidCard):
        import_all(each_engine, file)
    file[at] = vcard("large", "Large", "NOTE:" + "x" * (4 << 20))
    with pytest.raises(CardTooLarge):
        import_all(each_engine, file)
    assert traces(each_engine) == before


def test_an_import_is_found_as_cards_are_that_came_one_by_one(each_engine: Services) -> None:
    people = [person(number).card for number in range(60)]
    for body in people:
        put(each_engine, f"{etag_of(body)}.vcf", body, slug="staff", who=ADMIN)
    import_all(each_engine, people)
    # And what is changed is found as what was so from the beginning.
    import_all(each_engine, [person(number, edition=1).card for number in range(30)])
    import_all(each_engine, people)

    def said(slug: str, table: Table) -> set[tuple[object, ...]]:
        kind = table.c.field if table is card_value else table.c.place + table.c.fields
        columns = (card.c.uid, kind, table.c.value)
        statement = (
            select(*columns)
            .join(table, table.c.card_id == card.c.id)
            .join(addressbook, addressbook.c.id == card.c.addressbook_id)
            .where(addressbook.c.slug == slug)
        )
        return set(rows(each_engine, statement))

    for table in (card_value, card_beginning):
        assert said("customers", table) == said("staff", table) != set()
    with each_engine.directory.reading(ADMIN, HERE) as reading:
        for query in (
            Substring(Field.NOTE, any=("pünktl",)),
            Substring(Field.FULL_NAME, any=("mueller",)),
            Substring(Field.MAIL, any=("p3.1@",)),
        ):
            imported, one_by_one = (
                len(list(reading.search(query, [reading.book(slug, Privilege.READ)])))
                for slug in ("customers", "staff")
            )
            assert imported == one_by_one
            assert bool(imported) == (query.field is not Field.MAIL)


def test_the_count_grows_while_an_import_goes_on(services: Services) -> None:
    seen = []
    with services.directory.writing(ALICE, HERE) as writing:
        for count in import_cards(writing, "customers", "people.vcf", people(950)):
            seen.append(count.total)
    assert seen == [500, 950]


def test_of_large_cards_few_are_in_memory_at_once(services: Services) -> None:
    photo = "PHOTO;ENCODING=b;TYPE=JPEG:" + "A" * 3_000_000
    large = [vcard(f"large-{one}", f"Large {one}", photo) for one in range(5)]
    with services.directory.writing(ALICE, HERE) as writing:
        counts = import_cards(writing, "customers", "people.vcf", [*people(4), *large])
        assert [count.total for count in counts] == [7, 9]


def test_an_empty_file_is_imported_and_changes_nothing(services: Services) -> None:
    before = traces(services)
    assert import_all(services, []) == ImportCount()
    assert traces(services).revisions == before.revisions


def test_an_import_takes_the_right_to_write(each_engine: Services) -> None:
    with pytest.raises(AccessDenied):
        import_all(each_engine, people(3), who=CAROL)
    last = events(each_engine)[-1].event
    assert (last.action, last.actor, last.outcome) == (
        AuditAction.CARD_IMPORT,
        "carol",
        Outcome.REFUSED,
    )
    assert listing(each_engine) == {}
