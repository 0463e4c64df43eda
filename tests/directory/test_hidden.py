"""What a grant hides is not there: in bytes, in etags, in searches however they are turned."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services, open_services
from dirserver.errors import AccessDenied
from dirserver.model.fields import Field
from dirserver.model.grant import Privilege
from dirserver.model.principal import Principal
from dirserver.model.query import (
    EVERYTHING,
    And,
    AtLeast,
    AtMost,
    Equals,
    Not,
    Or,
    Present,
    Query,
    Substring,
)
from dirserver.reconcile import apply_config
from tests.directory.acts import get, listing, put
from tests.organisation import (
    ADMIN,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HERE,
    new_organisation,
    vcard,
    write_config,
)

ANNA = vcard("anna", "Anna", "TEL:+49 30 901820", "NOTE:owes us", " money", "ORG:ACME;Sales")
BERT = vcard("bert", "Bert", "TEL:+49 30 901821")
SEEN = vcard("anna", "Anna", "TEL:+49 30 901820")


@pytest.fixture
def filled(each_engine: Services) -> Services:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "bert.vcf", BERT)
    return each_engine


def search(services: Services, who: Principal, query: Query) -> list[bool]:
    """Say of Anna and of Bert whether they are found, by every way of searching."""
    with services.directory.reading(who, HERE) as reading:
        views = [view for view in reading.books(Privilege.SEARCH) if view.book.slug == "customers"]
        bodies = [body for _, _, body in reading.cards_found(query, views)]
        found = [
            any(name in entry.attributes for entry in reading.search(query, views))
            for name in (b"Anna", b"Bert")
        ]
        assert found == [any(name in body for body in bodies) for name in (b"Anna", b"Bert")]
        if views[0].access >= Privilege.READ:
            hrefs = [card.href for card, _ in reading.candidates(views[0], query)]
            assert hrefs == sorted(hrefs)
            assert found == [href in hrefs for href in ("anna.vcf", "bert.vcf")]
        return found


def test_a_reader_gets_the_bytes_without_what_is_hidden(filled: Services) -> None:
    whole, body = get(filled, "anna.vcf", who=BOB)
    assert body == ANNA
    seen, stripped = get(filled, "anna.vcf", who=CAROL)
    assert stripped == SEEN
    assert seen.etag != whole.etag
    assert (seen.size, whole.size) == (None, len(ANNA))
    assert (seen.href, seen.uid, seen.key) == (whole.href, whole.uid, whole.key)
    # Bert has nothing to hide, which is nobody's business either.
    assert get(filled, "bert.vcf", who=CAROL)[0].etag != get(filled, "bert.vcf", who=BOB)[0].etag


def test_every_way_to_a_card_shows_the_same_of_it(filled: Services) -> None:
    with filled.directory.reading(CAROL, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        card = reading.card(view, "anna.vcf")
        assert listing(filled, who=CAROL)["anna.vcf"] == card
        assert list(reading.find(view, ["anna.vcf"])) == [card]
        assert list(reading.bodies(view, ["anna.vcf"])) == [(card, SEEN)]
        # Whoever stops after the first does no harm.
        assert next(reading.listing(view)) == card
        assert next(reading.changes(view, 0)).href == "anna.vcf"
        assert next(iter(reading.bodies(view))) == (card, SEEN)
        assert next(iter(reading.candidates(view, EVERYTHING))) == (card, SEEN)
        assert list(reading.candidates(view, Equals(Field.FULL_NAME, "Anna"))) == [(card, SEEN)]
        assert list(reading.cards_found(Equals(Field.FULL_NAME, "Anna"), [view])) == [
            (view, card, SEEN)
        ]


def test_a_card_that_changed_has_another_etag_for_every_reader(filled: Services) -> None:
    def etags() -> list[str]:
        return [get(filled, "anna.vcf", who=who)[0].etag for who in (BOB, CAROL)]

    before = etags()
    put(filled, "anna.vcf", vcard("anna", "Anna Maria", "NOTE:owes us money"))
    assert set(before).isdisjoint(etags())


def test_an_etag_does_not_tell_whether_a_guess_at_what_is_hidden_is_right(
    filled: Services, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Who knows all but the note could try all notes, if the etag were made of nothing else."""
    seen = get(filled, "anna.vcf", who=CAROL)[0].etag
    other = new_organisation(write_config(tmp_path_factory.mktemp("guesser")))
    put(other, "anna.vcf", ANNA)
    assert get(other, "anna.vcf", who=BOB)[0].etag == get(filled, "anna.vcf", who=BOB)[0].etag
    assert get(other, "anna.vcf", who=CAROL)[0].etag != seen
    other.store.close()
    # It lasts, though: clients compare it with the one that they had.
    again = open_services(filled.config, filled.store)
    apply_config(again, ADMIN, HERE)
    assert get(again, "anna.vcf", who=CAROL)[0].etag == seen


def test_visibility_tells_readers_apart_who_see_other_bytes(filled: Services) -> None:
    def visibility(who: Principal) -> str:
        with filled.directory.reading(who, HERE) as reading:
            return reading.book("customers", Privilege.SEARCH).visibility

    assert visibility(ALICE) == visibility(BOB) == visibility(DAVE) == "0"
    assert visibility(CAROL) != "0"


HIDDEN_TESTS: list[Query] = [
    Present(Field.NOTE),
    Equals(Field.ORGANISATION, "ACME"),
    Equals(Field.UNIT, "Sales"),
    Substring(Field.NOTE, any=("mon",)),
    Substring(Field.NOTE, initial="owes"),
    AtLeast(Field.NOTE, "a"),
    AtMost(Field.NOTE, "z"),
]


def test_nobody_finds_anything_by_what_is_hidden_from_them(filled: Services) -> None:
    name = Equals(Field.FULL_NAME, "Anna")
    for test in HIDDEN_TESTS:
        for query in (test, Not(test), Not(Not(test)), And((name, test)), And((name, Not(test)))):
            assert search(filled, CAROL, query) == [False, False]
        # It does not spoil what else was asked.
        for query in (Or((name, test)), Or((name, Not(test))), And((name, Or((test, EVERYTHING))))):
            assert search(filled, CAROL, query) == [True, False]
        for who in (BOB, DAVE):
            assert search(filled, who, test) == [True, False]
            assert search(filled, who, Not(test)) == [False, True]


def test_who_only_searches_finds_cards_and_reads_none(filled: Services) -> None:
    assert search(filled, DAVE, Present(Field.ANY_PHONE)) == [True, True]
    with filled.directory.reading(DAVE, HERE) as reading, pytest.raises(AccessDenied):
        reading.book("customers", Privilege.READ)
    with pytest.raises(AccessDenied):
        put(filled, "anna.vcf", ANNA, who=DAVE)
