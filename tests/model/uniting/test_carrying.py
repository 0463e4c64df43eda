"""An edit of a card that was united with another one meanwhile; and those who name its UID."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.contentline import unfolded
from dirserver.model.history.items import read, surplus
from dirserver.model.number import DialPlan
from dirserver.model.uniting import Side, carried, unite
from dirserver.model.uniting.members import renamed
from dirserver.model.vcard import parse_card
from tests.model.history.some_cards import cards
from tests.organisation import vcard

PLAN = DialPlan()
SURVIVOR = vcard("a", "Anna", "ORG:Acme", "TITLE:CEO", "TEL:030 1234567")
OTHER = vcard("b", "Anna", "TITLE:CTO", "TEL:0171 392001", "NOTE:tall")


def lines_after(edited: bytes, base: bytes | None = OTHER, other: bytes = OTHER) -> set[str]:
    """Unite the two, let somebody edit the other, and return what then is in the survivor."""
    onto = unite(SURVIVOR, other, PLAN, Side.SURVIVOR).body
    body = carried(base, edited, onto, PLAN)
    usual = {*vcard("a", "Anna").decode().split("\r\n")}
    return {line for line in unfolded(body.decode()) if line not in usual}


def test_what_somebody_changed_takes_the_place_of_what_it_was() -> None:
    united = {
        "ORG:Acme", "TITLE:CEO", "TEL:030 1234567", "TEL:0171 392001",
        "NOTE:tall\\n\\nEarlier title: CTO",
    }  # fmt: skip
    assert lines_after(OTHER) == united
    moved = OTHER.replace(b"TEL:0171 392001", b"TEL:0172 392001")
    assert lines_after(moved) == united - {"TEL:0171 392001"} | {"TEL:0172 392001"}
    gone = OTHER.replace(b"TEL:0171 392001\r\n", b"")
    assert lines_after(gone) == united - {"TEL:0171 392001"}


def test_what_somebody_brought_is_the_newest_value() -> None:
    assert lines_after(OTHER.replace(b"TITLE:CTO", b"TITLE:Chair")) == {
        "ORG:Acme", "TITLE:Chair", "TEL:030 1234567", "TEL:0171 392001",
        "NOTE:tall\\n\\nEarlier title: CTO\\n\\nEarlier title: CEO",
    }  # fmt: skip
    # The firm goes with the title that somebody has there.
    other = OTHER.replace(b"TITLE:CTO", b"ORG:Beta\r\nTITLE:CTO")
    after = lines_after(other.replace(b"TITLE:CTO", b"TITLE:Chair"), other, other)
    assert {"ORG:Beta", "TITLE:Chair"} <= after
    assert "ORG:Acme" not in after


def test_without_what_somebody_had_seen_nothing_goes() -> None:
    stale = vcard("b", "Anna", "TITLE:Chair", "EMAIL:anna@example.org")
    assert lines_after(stale, None) == {
        "ORG:Acme", "TITLE:CEO", "TEL:030 1234567", "TEL:0171 392001", "EMAIL:anna@example.org",
        "NOTE:tall\\n\\nEarlier title: CTO\\n\\nEarlier title: Chair",
    }  # fmt: skip


def test_an_edit_is_carried_over_from_one_version_to_the_other() -> None:
    other = vcard("b", "Anna", "TEL;VALUE=uri:tel:+49-171-392001", version="4.0")
    edited = other.replace(b"tel:+49-171-392001", b"tel:+49-172-392001")
    assert lines_after(edited, other, other) == {
        "ORG:Acme", "TITLE:CEO", "TEL:030 1234567", "TEL:+49-172-392001",
    }  # fmt: skip


@given(cards(), cards())
def test_who_changed_nothing_changes_nothing(onto: bytes, base: bytes) -> None:
    assert carried(base, base, onto, PLAN) == onto


@given(cards(), cards(), st.none() | cards())
def test_the_outcome_is_still_the_survivor(onto: bytes, sent: bytes, base: bytes | None) -> None:
    body = carried(base, sent, onto, PLAN)
    assert parse_card(body).uid == parse_card(onto).uid
    if base is None:
        # Nothing that was there is gone, but a shorter way to write it.
        left = {item.name for item in surplus(read(onto).items, read(body).items)}
        assert left <= {item.name for item in read(body).items}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["MEMBER:urn:uuid:b"], ["MEMBER:urn:uuid:a"]),
        (["MEMBER:urn:uuid:b", "MEMBER:urn:uuid:a"], ["MEMBER:urn:uuid:a"]),
        (["X-ADDRESSBOOKSERVER-MEMBER:b"], ["X-ADDRESSBOOKSERVER-MEMBER:a"]),
        (["MEMBER:urn:uuid:c", "NOTE:b"], ["MEMBER:urn:uuid:c", "NOTE:b"]),
    ],
)
def test_a_group_names_the_survivor(before: list[str], after: list[str]) -> None:
    assert renamed(vcard("g", "Board", *before), "b", "a") == vcard("g", "Board", *after)
