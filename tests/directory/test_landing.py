"""What clients do under the name of a card that is one with another one now."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.assembly import Services
from dirserver.directory.writing import etag_of
from dirserver.errors import AccessDenied, NotFound, PreconditionFailed, UIDConflict
from dirserver.model.addressbook import Change
from dirserver.model.contentline import unfolded
from dirserver.model.history.life import Acts
from dirserver.model.precondition import Precondition
from tests.directory.acts import (
    changes,
    delete,
    events,
    get,
    import_all,
    listing,
    move,
    put,
    revision,
)
from tests.directory.merging import merged
from tests.directory.past import keys_named, life, restore, take_back
from tests.organisation import BOB, CAROL, vcard

ONE = vcard("one", "Peter Vogt", "TEL:+49 171 3920010", "NOTE:tall")
OTHER = vcard("other", "Peter Vogt", "EMAIL:p@example.org", "TITLE:Chair")
EDITED = OTHER.replace(b"p@example.org", b"peter@example.org")
NEW = Precondition(none_match=frozenset({"*"}))


def knowing(services: Services) -> Services:
    """Make two cards one, of which clients know both."""
    put(services, "one.vcf", ONE)
    put(services, "other.vcf", OTHER)
    merged(services, "one.vcf", "other.vcf")
    return services


@pytest.fixture
def known(services: Services) -> Services:
    return knowing(services)


@pytest.fixture
def known_on_each(each_engine: Services) -> Services:
    return knowing(each_engine)


def united(services: Services) -> list[str]:
    """Return the properties of the only card that is in the book."""
    assert list(listing(services)) == ["one.vcf"]
    body = get(services, "one.vcf")[1].decode()
    return sorted(line for line in unfolded(body)[2:-1] if not line.startswith(("FN", "N:")))


def if_match(body: bytes) -> Precondition:
    return Precondition(match=frozenset({etag_of(body)}))


BOTH = ["EMAIL:p@example.org", "NOTE:tall", "TEL:+49 171 3920010", "TITLE:Chair", "UID:one"]
LANDED = [line.replace("p@", "peter@") for line in BOTH]


@pytest.mark.parametrize("condition", [if_match(OTHER), Precondition()])
def test_an_edit_under_the_old_name_lands_on_the_survivor(
    known_on_each: Services, condition: Precondition
) -> None:
    assert united(known_on_each) == BOTH
    token = revision(known_on_each)
    stored = put(known_on_each, "other.vcf", EDITED, condition, who=BOB)
    assert stored == put(known_on_each, "other.vcf", EDITED, condition, who=BOB)
    assert united(known_on_each) == LANDED
    # Whoever syncs hears that the one is gone and the other has changed.
    assert {(one.href, one.vanished) for one in changes(known_on_each, token)} == {
        ("one.vcf", False), ("other.vcf", True),
    }  # fmt: skip
    told = [one.event for one in events(known_on_each) if one.event.actor == "bob"]
    assert [(one.action, one.card) for one in told] == [("card:update", "one.vcf")] * 2
    assert told[0].detail.endswith("sent to customers/other.vcf, for which it answers")


def test_each_edit_follows_on_the_one_before(known: Services) -> None:
    first = put(known, "other.vcf", EDITED, if_match(OTHER))
    again = EDITED.replace(b"TITLE:Chair\r\n", b"")
    put(known, "other.vcf", again, Precondition(match=frozenset({first.etag})))
    assert united(known) == [line for line in LANDED if line != "TITLE:Chair"]
    # Another client that has heard of nothing yet loses nothing either.
    put(known, "other.vcf", OTHER.replace(b"TITLE:", b"ROLE:Host\r\nTITLE:"), if_match(OTHER))
    assert "ROLE:Host" in united(known)


def test_whoever_has_what_the_card_never_was_must_sync_first(known: Services) -> None:
    with pytest.raises(PreconditionFailed):
        put(known, "other.vcf", EDITED, if_match(EDITED))
    assert united(known) == BOTH


@pytest.mark.parametrize(("href", "condition"), [("again.vcf", NEW), ("other.vcf", NEW)])
def test_the_old_uid_makes_no_new_card_and_only_adds(
    known_on_each: Services, href: str, condition: Precondition
) -> None:
    stale = vcard("other", "Peter Vogt", "TITLE:Clerk", "TEL:030 1234567")
    token = revision(known_on_each)
    assert put(known_on_each, href, stale, condition).created
    assert united(known_on_each) == sorted(
        [
            *(line for line in BOTH if not line.startswith("NOTE")), "TEL:030 1234567",
            "NOTE:tall\\n\\nEarlier title: Clerk",
        ]
    )  # fmt: skip
    assert Change(href, token + 2, vanished=True) in changes(known_on_each, token)


def test_the_old_name_may_be_another_cards(known: Services) -> None:
    ada = vcard("ada", "Ada")
    assert put(known, "other.vcf", ada, NEW).created
    assert get(known, "other.vcf")[1] == ada
    delete(known, "other.vcf")
    with pytest.raises(NotFound):
        get(known, "other.vcf")


def test_to_delete_the_old_name_leaves_the_survivor(known: Services) -> None:
    delete(known, "other.vcf", if_match(OTHER))
    delete(known, "other.vcf", who=BOB)
    assert united(known) == BOTH
    with pytest.raises(NotFound):
        delete(known, "nobody.vcf")
    with pytest.raises(AccessDenied):
        delete(known, "other.vcf", who=CAROL)


def test_a_copy_with_the_old_uid_does_not_move_in_beside_it(known: Services) -> None:
    put(known, "other.vcf", OTHER, slug="staff")
    with pytest.raises(UIDConflict) as conflict:
        move(known, "other.vcf", "x.vcf", slug="staff", to_slug="customers")
    assert conflict.value.href == "one.vcf"


def test_an_import_adds_to_the_survivor(known_on_each: Services) -> None:
    count = import_all(
        known_on_each, [OTHER.replace(b"TITLE:", b"ROLE:Host\r\nTITLE:"), vcard("z", "Z")]
    )
    assert (count.created, count.updated, count.unchanged) == (1, 1, 0)
    assert "ROLE:Host" in get(known_on_each, "one.vcf")[1].decode()
    # The file from before the merge: the one card is what it was, and has the other one again.
    assert import_all(known_on_each, [OTHER, ONE]).total == 2
    assert {*BOTH} <= {*get(known_on_each, "one.vcf")[1].decode().split("\r\n")}


def _undone(known: Services) -> None:
    take_back(known, Acts(batch=1))
    assert sorted(listing(known)) == ["one.vcf", "other.vcf"]
    assert get(known, "other.vcf")[1] == OTHER


def _brought_back(known: Services) -> None:
    (key,) = keys_named(known, "other.vcf")
    restore(known, life(known, key)[0])


def _deleted(known: Services) -> None:
    delete(known, "one.vcf")


@pytest.mark.parametrize("act", [_undone, _brought_back, _deleted])
def test_nobody_answers_for_it_any_more_once_it_is_back_or_the_survivor_gone(
    known: Services, act: Callable[[Services], None]
) -> None:
    act(known)
    there = "other.vcf" in listing(known)
    if not there:
        with pytest.raises(PreconditionFailed):
            put(known, "other.vcf", EDITED, if_match(OTHER))
    put(known, "other.vcf", EDITED)
    assert get(known, "other.vcf")[1] == EDITED


def test_what_landed_stays_when_the_two_are_parted(known: Services) -> None:
    put(known, "other.vcf", EDITED, if_match(OTHER), who=BOB)
    told = take_back(known, Acts(batch=1))
    assert get(known, "other.vcf")[1] == OTHER
    assert not any(one.conflicts for one in told if one.href == "other.vcf")
    assert b"peter@example.org" in get(known, "one.vcf")[1]


def test_who_answers_may_be_one_with_a_third(known_on_each: Services) -> None:
    put(known_on_each, "third.vcf", vcard("third", "Peter Vogt", "ROLE:Host"))
    merged(known_on_each, "third.vcf", "one.vcf", keep="third.vcf")
    put(known_on_each, "other.vcf", EDITED, if_match(OTHER))
    assert list(listing(known_on_each)) == ["third.vcf"]
    assert b"peter@example.org" in get(known_on_each, "third.vcf")[1]
    take_back(known_on_each, Acts(batch=2))
    put(known_on_each, "other.vcf", EDITED.replace(b"peter@", b"vogt@"))
    assert b"vogt@example.org" in get(known_on_each, "one.vcf")[1]
