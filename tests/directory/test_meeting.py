"""People who come into a book and are known already: updated, skipped or added, and told of."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.importing import Intake
from dirserver.directory.past.undoing import undo
from dirserver.model.duplicates.meeting import Decide, Fate, Meeting, OnDuplicate
from dirserver.model.history.life import Acts
from dirserver.model.principal import Principal
from dirserver.store.tables import card_version
from tests.directory.acts import get, import_all, listing, put, revision, rows, traces
from tests.directory.people import made_up
from tests.organisation import ADMIN, ALICE, BOB, HERE, vcard

MOBILE = "TEL;TYPE=cell:+49 171 3920010"
PETER = vcard("stored", "Peter Vogt", MOBILE, "TITLE:Monteur", "NOTE:pays late")
AGAIN = vcard("comes", "Peter Vogt", "TEL:0171 3920010", "ORG:Acme", "TITLE:Meister")
ALWAYS = tuple(one for one in OnDuplicate if one is not OnDuplicate.ASK)
Went = tuple[list[ImportCount], list[Meeting]]


def always(choice: OnDuplicate) -> Decide:
    return lambda _meeting: choice


def take_in(
    services: Services,
    *files: Sequence[bytes],
    choice: OnDuplicate = OnDuplicate.UPDATE,
    slug: str = "customers",
    who: Principal = ALICE,
) -> Went:
    """Import ``files``, and return the count of each and who was known."""
    with services.directory.writing(who, HERE) as writing:
        intake = Intake(writing, slug, files, always(choice))
        names = [f"{number}.vcf" for number in range(len(files))]
        for _ in intake.store(names, skips=choice is OnDuplicate.SKIP):
            pass
        return intake.counts, intake.meetings


def bodies(services: Services, slug: str = "customers") -> dict[str, bytes]:
    return {href: get(services, href, slug=slug)[1] for href in listing(services, slug=slug)}


def written(services: Services) -> tuple[int, int]:
    return traces(services).versions, revision(services)


def test_a_certain_duplicate_updates_the_stored_card_and_drops_nothing(
    each_engine: Services,
) -> None:
    put(each_engine, "peter.vcf", PETER)
    before = get(each_engine, "peter.vcf")[0]
    (count,), (meeting,) = take_in(each_engine, [AGAIN, vcard("new", "Zoe Groß", MOBILE)])
    assert count == ImportCount(created=1, joined=1)
    assert (meeting.fate, meeting.book, meeting.href) == (Fate.UPDATED, "customers", "peter.vcf")
    assert (meeting.key, meeting.other) == (before.key, None)
    assert meeting.reasons == ("the same name", "the same mobile number, 1713920010")
    card, body = get(each_engine, "peter.vcf")
    assert (card.key, card.uid) == (before.key, "stored")
    for line in (b"TITLE:Meister", b"ORG:Acme", b"pays late", b"Monteur", b"+49 171 3920010"):
        assert line in body
    assert set(listing(each_engine)) == {"peter.vcf", "new.vcf"}
    # Each version has the number of the import, so that it can be taken back.
    versions = rows(each_engine, select(card_version.c.href, card_version.c.batch))
    assert versions == [("peter.vcf", None), ("peter.vcf", 1), ("new.vcf", 1)]
    with each_engine.directory.writing(ADMIN, HERE) as writing:
        assert list(undo(writing, "customers", Acts(batch=1), "import 1"))
    assert bodies(each_engine) == {"peter.vcf": PETER}


def test_it_is_skipped_or_added_if_that_is_asked_for(each_engine: Services) -> None:
    put(each_engine, "peter.vcf", PETER)
    (count,), (meeting,) = take_in(each_engine, [AGAIN], choice=OnDuplicate.SKIP)
    assert (count, meeting.fate) == (ImportCount(skipped=1), Fate.SKIPPED)
    assert bodies(each_engine) == {"peter.vcf": PETER}
    (count,), (meeting,) = take_in(each_engine, [AGAIN], choice=OnDuplicate.ADD)
    assert (count, meeting.fate) == (ImportCount(created=1), Fate.ADDED)
    assert bodies(each_engine) == {"peter.vcf": PETER, "comes.vcf": AGAIN}


def test_one_of_another_book_is_told_of_and_left_alone(each_engine: Services) -> None:
    put(each_engine, "peter.vcf", PETER, slug="staff")
    put(each_engine, "secret.vcf", PETER, slug="secret")
    (count,), (meeting,) = take_in(each_engine, [AGAIN], who=BOB)
    assert count == ImportCount(created=1)
    # Bob does not have the secret book.
    assert (meeting.fate, meeting.book, meeting.href) == (Fate.ELSEWHERE, "staff", "peter.vcf")
    assert bodies(each_engine, "staff") == {"peter.vcf": PETER}
    assert bodies(each_engine) == {"comes.vcf": AGAIN}


@pytest.mark.parametrize("choice", ALWAYS)
def test_two_of_one_person_in_the_files_meet_too(
    each_engine: Services, choice: OnDuplicate
) -> None:
    files = [[vcard("x", "Someone Else"), PETER], [AGAIN]]
    counts, (meeting,) = take_in(each_engine, *files, choice=choice)
    assert (meeting.file, meeting.place, meeting.other) == (1, 0, (0, 1))
    assert (meeting.href, meeting.key) == ("", "")
    assert counts == [
        ImportCount(created=2),
        {
            OnDuplicate.UPDATE: ImportCount(joined=1),
            OnDuplicate.SKIP: ImportCount(skipped=1),
            OnDuplicate.ADD: ImportCount(created=1),
        }[choice],
    ]
    found = bodies(each_engine)
    assert set(found) == {"x.vcf", "stored.vcf"} | (
        {"comes.vcf"} if choice is OnDuplicate.ADD else set()
    )
    assert (b"ORG:Acme" in found["stored.vcf"]) is (choice is OnDuplicate.UPDATE)
    before = written(each_engine)
    take_in(each_engine, *files, choice=choice)
    assert written(each_engine) == before
    assert bodies(each_engine) == found


def test_who_is_like_two_who_are_not_one_person_stays_alone(services: Services) -> None:
    mail = "EMAIL:peter@example.org"
    put(services, "a.vcf", vcard("a", "Peter Vogt", MOBILE, "BDAY:1950-01-01"))
    put(services, "b.vcf", vcard("b", "Peter Vogt", mail, "BDAY:1980-02-02"))
    (count,), (meeting,) = take_in(services, [vcard("c", "Peter Vogt", MOBILE, mail)])
    assert (count.created, meeting.fate, meeting.href) == (1, Fate.ADDED, "a.vcf")


def test_who_contradicts_those_who_went_into_a_card_stays_alone(services: Services) -> None:
    put(services, "peter.vcf", vcard("stored", "Peter Vogt", MOBILE))
    files = [
        vcard("a", "Peter Vogt", MOBILE, "BDAY:1950-01-01"),
        vcard("b", "Peter Vogt", MOBILE, "BDAY:1980-02-02"),
    ]
    (count,), meetings = take_in(services, files)
    assert count == ImportCount(created=1, joined=1)
    assert [meeting.fate for meeting in meetings] == [Fate.UPDATED, Fate.ADDED]
    assert b"BDAY:1950-01-01" in get(services, "peter.vcf")[1]
    before = written(services)
    take_in(services, files)
    assert written(services) == before


@pytest.mark.parametrize("choice", [OnDuplicate.UPDATE, OnDuplicate.SKIP])
def test_groups_name_the_card_that_somebody_went_into(
    each_engine: Services, choice: OnDuplicate
) -> None:
    put(each_engine, "peter.vcf", PETER)
    group = vcard(
        "group", "All", "X-ADDRESSBOOKSERVER-KIND:group",
        "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:comes", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new",
    )  # fmt: skip
    files = [group, AGAIN, vcard("new", "Zoe Groß")]
    (count,), _ = take_in(each_engine, files, choice=choice)
    assert count.created == 2
    body = get(each_engine, "group.vcf")[1]
    assert b"-MEMBER:stored" in body.replace(b"urn:uuid:", b"")
    assert b"comes" not in body
    before = written(each_engine)
    take_in(each_engine, files, choice=choice)
    assert written(each_engine) == before


def test_what_many_share_brings_nobody_together(services: Services) -> None:
    house = "TEL;TYPE=cell:0171 3920010"
    put(services, "peter.vcf", PETER)
    others = [vcard(f"u{name}", f"{name} Groß", house) for name in ("Anna", "Ben", "Carl")]
    (count,), meetings = take_in(services, [vcard("again", "Peter Vogt", house), *others])
    assert (count, meetings) == (ImportCount(created=4), [])
    crowd = [vcard(f"p{one}", "Peter Vogt", "EMAIL:p@example.org") for one in range(60)]
    (count,), meetings = take_in(services, crowd)
    assert (count.created, meetings) == (60, [])


def test_a_changed_card_is_compared_as_it_will_be(services: Services) -> None:
    put(services, "peter.vcf", PETER)
    changed = vcard("stored", "Peter Vogt", "EMAIL:peter@example.org")
    twin = vcard("twin", "Peter Vogt", "EMAIL:peter@example.org", "TITLE:Chef")
    # That the stored card has another number counts no more, wherever the two stand.
    (count,), (meeting,) = take_in(services, [twin, changed, AGAIN])
    assert count == ImportCount(updated=1, joined=1, created=1)
    assert (meeting.place, meeting.other) == (0, (0, 1))
    assert b"Chef" in get(services, "peter.vcf")[1]
    before = written(services)
    take_in(services, [twin, changed, AGAIN])
    assert written(services) == before


@pytest.mark.parametrize("choice", ALWAYS)
def test_the_same_files_again_change_nothing_whatever_they_are(
    services: Services, choice: OnDuplicate
) -> None:
    met = 0
    for seed in range(4):
        random = Random(seed)
        people = [made_up(random, number) for number in range(70)]
        stored, coming = people[:25], people[20:]
        with_others = [stored[:3] + coming[:20], coming[20:]]
        import_all(services, stored)
        _, first = take_in(services, *with_others, choice=choice)
        before = written(services), bodies(services)
        counts, _ = take_in(services, *with_others, choice=choice)
        assert (written(services), bodies(services)) == before
        assert all(not count.created + count.updated + count.joined for count in counts)
        met += len(first)
        with services.directory.writing(ADMIN, HERE) as writing:
            for href in list(listing(services)):
                writing.delete_card("customers", href)
    assert met > 10
