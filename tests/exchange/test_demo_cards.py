"""The demo's cards: real to look at, and read without a remark."""

from __future__ import annotations

from pathlib import Path

import pytest

from dirserver.exchange.vcards import read_vcards
from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.vcard import parse_card

DEMO = Path(__file__).parents[2] / "config" / "demo"
MADE_UID = "UID was missing; one was made from the card's content"


@pytest.mark.parametrize(
    ("name", "count"),
    [("customers.vcf", 26), ("staff.vcf", 12), ("suppliers.vcf", 10), ("press.vcf", 5)],
)
def test_every_demo_card_is_read_whole(name: str, count: int) -> None:
    cards = list(read_vcards((DEMO / name).read_bytes()))
    assert len(cards) == count
    assert len({card.uid for card in cards}) == count
    for card in cards:
        assert set(card.notes) <= {MADE_UID}
        assert card.body is not None
        fields = derive(parse_card(card.body))
        assert Field.MAIL in fields
        assert Field.ANY_PHONE in fields


@pytest.mark.parametrize("name", ["customers.vcf", "staff.vcf", "suppliers.vcf"])
def test_made_up_people_have_no_real_mail_address(name: str) -> None:
    for card in read_vcards((DEMO / name).read_bytes()):
        assert card.body is not None
        for mail in derive(parse_card(card.body))[Field.MAIL]:
            assert mail.endswith("example.org")


def test_one_card_of_the_demo_is_a_vcard_2_1() -> None:
    cards = {card.name: card for card in read_vcards((DEMO / "suppliers.vcf").read_bytes())}
    body = cards["Günther Schröder"].body
    assert body is not None
    assert derive(parse_card(body))[Field.NOTE] == (
        "Notdienst rund um die Uhr, Wartungsvertrag läuft bis Ende des Jahres.\n"
        "Schlüssel beim Empfang.",
    )
