"""Cards that a source brought are made one with others, and its next run leaves them one."""

from __future__ import annotations

import pytest

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory.intake.syncing import Fate
from dirserver.directory.same.uniting import KeptBySource, OfOneSource
from dirserver.model.addressbook import Card
from dirserver.model.contentline import unfolded
from dirserver.model.history.life import Acts
from dirserver.model.source import Source
from dirserver.model.uniting import Side
from tests.directory.acts import events, get, listing, put, reconfigure
from tests.directory.merging import carried_out, certain, merged, planned
from tests.directory.past import take_back
from tests.directory.test_syncing import OTHERS, TABLE, run, with_source
from tests.organisation import BOB, vcard

MOBILE = "TEL;TYPE=cell:0171 3920010"
SAYS = vcard(
    "anna", "Anna Vogt", MOBILE, "TITLE:Clerk", "ORG:Acme", "CATEGORIES:Staff", "NOTE:Floor 2"
)
OWN = vcard(
    "own", "Anna Vogt", "TEL:+49 171 3920010", "EMAIL:anna@example.org", "TITLE:Chair",
    "ORG:Acme;Sales", "CATEGORIES:staff,VIP", "NOTE:Likes tea",
)  # fmt: skip
# What the source has is as it has it; all else is there, too.
BOTH = vcard(
    "anna", "Anna Vogt", MOBILE, "TITLE:Clerk", "ORG:Acme", "CATEGORIES:Staff", "NOTE:Floor 2",
    "EMAIL:anna@example.org",
    "NOTE:Likes tea\\n\\nEarlier organisation: Acme\\, Sales\\n\\nEarlier title: Chair\\n\\n"
    "Earlier categories: VIP",
)  # fmt: skip
ALL = (SAYS, *OTHERS)
SAME = "0 new, 0 changed, 0 gone, 9 as before"


def followed(services: Services) -> Services:
    """Let a source bring somebody of whom bob has a card already."""
    put(services, "own.vcf", OWN, who=BOB)
    following = with_source(services)
    run(following, ALL)
    return following


@pytest.fixture
def following(services: Services) -> Services:
    return followed(services)


def people(services: Services) -> dict[str, Card]:
    return {href: card for href, card in listing(services).items() if href[:1] in "ao"}


def test_the_card_that_stays_is_the_sources_and_the_next_run_changes_nothing(
    each_engine: Services,
) -> None:
    following = followed(each_engine)
    # Bob's is older, and was changed last.
    put(following, "own.vcf", OWN.replace(b"Likes", b"Likes "), who=BOB)
    put(following, "own.vcf", OWN, who=BOB)
    before = people(following)
    assert [one.source for one in certain(following, "customers").mergers] == ["hr"]
    number = merged(following, "own.vcf", "anna.vcf", choices={"TITLE": Side.OTHER})
    assert list(people(following)) == ["anna.vcf"]
    card, body = get(following, "anna.vcf")
    assert (card.key, card.uid) == (before["anna.vcf"].key, "anna")
    assert sorted(unfolded(body.decode())) == sorted(unfolded(BOTH.decode()))
    assert run(following, ALL).said == SAME
    assert get(following, "anna.vcf")[1] == body
    take_back(following, Acts(batch=number))
    assert {href: one.etag for href, one in people(following).items()} == {
        href: one.etag for href, one in before.items()
    }
    assert run(following, ALL).said == SAME


def test_all_that_is_certain_goes_into_the_sources_cards(following: Services) -> None:
    found = certain(following, "customers").mergers
    assert [(one.survivor.href, one.source) for one in found] == [("anna.vcf", "hr")]
    carried_out(following, found)
    assert run(following, ALL).said == SAME
    assert list(people(following)) == ["anna.vcf"]


def test_the_source_goes_on_with_the_card_that_stays(following: Services) -> None:
    merged(following, "own.vcf", "anna.vcf")
    says = SAYS.replace(b"Clerk", b"Head")
    assert run(following, (says, *OTHERS)).said == "0 new, 1 changed, 0 gone, 8 as before"
    body = get(following, "anna.vcf")[1]
    assert all(text in body for text in (b"TITLE:Head", b"Likes tea", b"anna@example.org"))
    # Who has not heard of it yet lands there, too, and what the source owns is put back.
    late = OWN.replace(b"Chair", b"Owner").replace(b"anna@", b"a@")
    assert not put(following, "own.vcf", late, who=BOB).created
    body = get(following, "anna.vcf")[1]
    assert b"TITLE:Head" in body
    assert b"EMAIL:a@example.org" in body
    assert run(following, (says, *OTHERS)).said == SAME
    gone = run(following, OTHERS)
    assert [(one.fate, one.href) for one in gone.outcomes] == [(Fate.GOES, "anna.vcf")]
    assert people(following) == {}


def test_that_the_sources_card_goes_is_refused(following: Services) -> None:
    with pytest.raises(KeptBySource, match="hr"):
        planned(following, "own.vcf", "anna.vcf", keep="own.vcf")
    assert len(people(following)) == 2


def test_two_cards_of_one_source_stay_two(following: Services) -> None:
    again = SAYS.replace(b"UID:anna", b"UID:again")
    run(following, (*ALL, again))
    # Bob's is certainly like either, but they are two to the source.
    found = certain(following, "customers")
    assert (found.mergers, found.doubtful) == ((), 1)
    with pytest.raises(OfOneSource, match="hr"):
        planned(following, "anna.vcf", "again.vcf")
    told = events(following)[-1].event
    assert (told.outcome, told.detail) == ("refused", "both come of the source hr")


def test_without_a_say_of_the_source_the_newer_value_stays(following: Services) -> None:
    services = with_source(following, "writable = true")
    source = Source("hr", "customers", writable=True)
    put(services, "own.vcf", OWN.replace(b"Likes", b"Drinks"), who=BOB)
    merged(services, "own.vcf", "anna.vcf")
    body = get(services, "anna.vcf")[1]
    assert all(text in body for text in (b"TITLE:Chair", b"Earlier title: Clerk", b"Staff,VIP"))
    assert run(services, ALL, source=source).said == SAME
    assert get(services, "anna.vcf")[1] == body


def test_a_source_that_is_gone_from_the_config_has_no_say(following: Services) -> None:
    reconfigure(following, (TABLE, ""))
    services = open_services(config.load(following.config.path), following.store)
    assert certain(services, "customers").mergers[0].survivor.href == "own.vcf"
    assert planned(services, "own.vcf", "anna.vcf", keep="own.vcf").source == ""
