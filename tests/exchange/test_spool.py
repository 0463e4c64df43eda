"""Cards on disk come back as they were, in their order, as often as they are asked for."""

from __future__ import annotations

from array import array

from dirserver.exchange.spool import Bodies, Spool, Spooled
from dirserver.exchange.vcards import ReadCard, read_vcards
from tests.organisation import vcard


def cards() -> list[ReadCard]:
    return list(read_vcards(b"stray\n" + vcard("1", "Zoë") + vcard("2", "Ben", "NOTE:" + "x" * 99)))


def test_cards_come_back_as_they_were() -> None:
    with Spool() as spool:
        places = [spool.add(card) for card in cards()]
        assert list(spool.between(0, spool.end)) == list(zip(places, cards(), strict=True))
        # Looking at one does not disturb what is added next.
        assert spool.at(places[1]) == cards()[1]
        last = spool.add(cards()[2])
        assert [card for _, card in spool.between(places[2], spool.end)] == [cards()[2]] * 2
        some = Spooled(spool, array("q", [places[1], last]))
        assert (len(some), list(some)) == (2, [cards()[1], cards()[2]])
        assert list(Bodies(some)) == list(Bodies(some)) == [cards()[1].body, cards()[2].body]
