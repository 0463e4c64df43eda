"""Who a card is of: how a person is asked for, and what tells two cards to be of one."""

from __future__ import annotations

import pytest

from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.number import DialPlan
from dirserver.model.person import Asked, Traits, grouped, identities
from dirserver.model.vcard import parse_card
from tests.organisation import vcard

PLAN = DialPlan("DE", ("0",))
CARD = parse_card(
    vcard(
        "anna-1", "Dr. Anna Müller-Groß", "TEL:+49 30 1234567", "EMAIL:Anna@Kunde.example",
        "NICKNAME:Annchen", "NOTE:married to Bernd Beispiel",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Anna Müller", "mueller anna", "MULLER", "gross", "annchen", "anna@kunde.EXAMPLE", "anna-1",
     "030 1234567", "0049301234567", "(+49) 30 123-4567", "k1", " Anna  Müller-Groß "],
)  # fmt: skip
def test_a_person_is_asked_for_by_names_addresses_numbers_uids_and_keys(text: str) -> None:
    assert Asked(text, PLAN).is_of(derive(CARD), "k1")


@pytest.mark.parametrize(
    "text",
    ["Ann", "Anna Meier", "Bernd Beispiel", "na@kunde.example", "@", "030 123456", "30", "7", "",
     " ", "-", "anna@kunde.example.org", "k", "Anna Müller Schmidt"],
)  # fmt: skip
def test_a_part_of_a_word_or_another_word_is_somebody_else(text: str) -> None:
    assert not Asked(text, PLAN).is_of(derive(CARD), "k1")


def test_a_name_that_stands_in_a_text_is_a_mention() -> None:
    assert Asked("bernd  beispiel", PLAN).mentioned_in(CARD) == ("NOTE",)
    assert Asked("Beispiel, Bernd", PLAN).mentioned_in(CARD) == ("NOTE",)
    assert Asked("Bernd Mustermann", PLAN).mentioned_in(CARD) == ()
    # So short a text stands in many words.
    assert Asked("to", PLAN).mentioned_in(CARD) == ()


def test_what_tells_a_person_is_uid_own_address_and_name_with_number() -> None:
    values = [
        (Field.FULL_NAME, "anna muller"),
        (Field.MAIL, "anna@kunde.example"),
        (Field.MAIL, "info@kunde.example"),
        (Field.MAIL, "sales+de@kunde.example"),
        (Field.WORK_PHONE, "49301234567"),
        (Field.WORK_PHONE, "67"),
        (Field.NOTE, "a note"),
    ]
    assert identities("u1", values) == {
        "uid u1",
        "mail anna@kunde.example",
        "person anna muller 49301234567",
    }
    assert identities("", [(Field.FULL_NAME, "anna muller")]) == frozenset()
    reversed_name = [(Field.FULL_NAME, "muller, anna"), (Field.MOBILE_PHONE, "49301234567")]
    assert identities("", reversed_name) == {"person anna muller 49301234567"}


def said(
    name: str, *, uid: str = "", mails: frozenset[str] = frozenset(), number: str = ""
) -> Traits:
    numbers = frozenset({number} if number else ())
    uids = frozenset({uid} if uid else ())
    return Traits(uids, mails, numbers, frozenset({frozenset(name.split())}))


HOME = frozenset({"beispiel@example.net"})


def test_cards_go_together_by_uid_or_by_names_with_an_address_or_a_number() -> None:
    cards = {
        "k1": said("anna beispiel", uid="u1"),
        "k2": said("a b", uid="u1"),
        "k3": said("anna beispiel", mails=HOME),
        "k4": said("bernd beispiel", mails=HOME),
        "k5": said("dr anna beispiel", mails=HOME),
        "k6": said("carla beispiel", number="4930123"),
        "k7": said("dora beispiel", number="4930123"),
        "k8": said("carla maria beispiel", number="4930123"),
    }
    assert grouped(cards) == [["k1", "k2"], ["k3", "k5"], ["k4"], ["k6", "k8"], ["k7"]]


def test_a_card_can_bring_two_groups_together() -> None:
    cards = {
        "k1": said("anna", mails=HOME),
        "k2": said("anna", number="4930123"),
        "k3": said("anna", mails=HOME, number="4930123"),
    }
    assert grouped(cards) == [["k1", "k2", "k3"]]
    assert grouped({}) == []
