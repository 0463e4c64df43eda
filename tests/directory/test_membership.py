"""Groups and their members, on both engines."""

from __future__ import annotations

from dataclasses import replace

from dirserver.assembly import Services
from dirserver.model.grant import Privilege
from dirserver.model.ordering import Span
from dirserver.model.query import EVERYTHING, GROUPS, PERSONS, Not, Query
from tests.directory.acts import put
from tests.organisation import ALICE, BOB, HERE, vcard

MEMBERS = 5000


def _groups(services: Services, query: Query, hidden: frozenset[str] = frozenset()) -> int:
    with services.directory.reading(BOB, HERE) as reading:
        views = [replace(view, hidden=hidden) for view in reading.books(Privilege.SEARCH)]
        return len(list(reading.search(query, views)))


def test_members_are_found_from_the_group_and_groups_from_the_member(each_engine: Services) -> None:
    put(each_engine, "a.vcf", vcard("Ünë-1", "Anna Adam"))
    put(each_engine, "z.vcf", vcard("z", "Zoe"), slug="secret")
    named = ["MEMBER:urn:uuid:Ünë-1", "MEMBER:z", "MEMBER:nobody"]
    put(each_engine, "g.vcf", vcard("g", "Group", "KIND:group", *named, version="4.0"))
    with each_engine.directory.reading(BOB, HERE) as reading:
        views = reading.books(Privilege.SEARCH)
        (group,) = reading.search(GROUPS, views)
        found = reading.members(group.book_id, group.key, views)
        assert [view.book.slug for view, _ in found] == ["customers"]
        view, key = found[0]
        has_anna = reading.groups_of(view, key, views)
        assert [one.key for one in reading.search(has_anna, views)] == [group.key]
        assert len(list(reading.search(PERSONS, views))) == 1
    assert _groups(each_engine, has_anna) == 1
    assert _groups(each_engine, has_anna, frozenset({"MEMBER"})) == 0
    assert _groups(each_engine, Not(has_anna), frozenset({"MEMBER"})) == 0


def test_persons_of_several_books_are_walked_through_without_groups(
    each_engine: Services,
) -> None:
    put(each_engine, "a.vcf", vcard("a", "Anna"))
    put(each_engine, "b.vcf", vcard("b", "Group", "KIND:group", version="4.0"))
    for uid, name in (("a", "Anna too"), ("b", "Bob"), ("c", "Carl")):
        put(each_engine, f"{uid}.vcf", vcard(uid, name), slug="staff")
    with each_engine.directory.reading(BOB, HERE) as reading:
        views = reading.books(Privilege.SEARCH)

        def walk(query: Query) -> list[str]:
            found, after = list[str](), None
            while page := list(reading.search(query, views, 1, span=Span(after=after))):
                after = page[-1].place
                found += [one.uid for one in page]
            return found

        # In the group's book there is no person with Bob's UID.
        assert walk(PERSONS) == ["a", "b", "c"]
        assert walk(EVERYTHING) == ["a", "c", "b"]
        assert reading.number_found(PERSONS, views) == 3


def test_a_group_of_thousands_is_whole(services: Services) -> None:
    with services.directory.writing(ALICE, HERE) as writing:
        for number in range(0, MEMBERS, 100):
            writing.put_card("customers", f"{number}.vcf", vcard(f"u{number}", f"P {number}"))
        members = [f"MEMBER:urn:uuid:u{number}" for number in range(MEMBERS + 100)]
        writing.put_card(
            "customers", "g.vcf", vcard("g", "G", "KIND:group", *members, version="4.0")
        )
    with services.directory.reading(ALICE, HERE) as reading:
        views = reading.books(Privilege.SEARCH)
        (group,) = reading.search(GROUPS, views)
        assert len(reading.members(group.book_id, group.key, views)) == MEMBERS // 100
