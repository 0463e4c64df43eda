"""What is derived from a change of a card is what would be derived from both cards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dirserver.directory.derivation import Deriver
from dirserver.ldap.entry.entries import encode_attributes
from dirserver.model.number import DialPlan
from dirserver.model.vcard import parse_card
from dirserver.store.index.beginnings import rows_of
from dirserver.store.index.derived import Derived

KEY = "abcdefghjkmn"
DERIVER = Deriver(DialPlan("DE", ("0",)), encode_attributes)
LINES = [
    *(
        "FN:Anna Berg",
        "FN:Anna Maria Berg",
        "N:Berg;Anna;;;",
        "N:Berg;Anna;Maria;;",
        "NICKNAME:Änne",
    ),
    *("ORG:Café Zoë", "ORG:Café Zoë;Küche", "TITLE:Köchin", "NOTE:ruft an", "NOTE:ruft nie an"),
    *("EMAIL:anna@example.org", "EMAIL;PREF=1:a@example.org", "UID:1", "CATEGORIES:Köche"),
    *("TEL:+49 30 9018-20", "TEL;TYPE=cell:0171 2345678", "item1.TEL:030 9018-21"),
    *("item1.X-ABLabel:_$!<Mobile>!$_", "item1.X-ABLabel:Fax", "BDAY:1980-01-02"),
    *("KIND:group", "MEMBER:urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8af"),
]
CARDS = st.lists(st.sampled_from(LINES), max_size=8, unique=True)


def body(lines: list[str]) -> bytes:
    kept = [one for one in LINES if one in lines]
    return "\r\n".join(["BEGIN:VCARD", "VERSION:4.0", *kept, "END:VCARD", ""]).encode()


def rows(one: Derived) -> set[object]:
    words = rows_of(1, 2, one.sort_name, one.beginnings)
    return {*((str(field), value) for field, value in one.values), *words}


@given(CARDS, CARDS)
def test_a_change_is_what_two_cards_differ_in(one: list[str], other: list[str]) -> None:
    cards = parse_card(body(one)), parse_card(body(other))
    then, now = (DERIVER.derive(card, KEY) for card in cards)
    changed, was = DERIVER.derive_change(cards[1], cards[0], KEY)
    assert rows(changed) - rows(was) == rows(now) - rows(then)
    assert rows(was) - rows(changed) == rows(then) - rows(now)
    assert (was.sort_name, changed.sort_name) == (then.sort_name, now.sort_name)
    if changed.entry == was.entry:
        assert now.entry == then.entry
    else:
        assert changed.entry == now.entry


def test_of_a_change_that_says_nothing_new_nothing_is_derived() -> None:
    one, other = (parse_card(body(["FN:Anna Berg"])) for _ in range(2))
    changed, was = DERIVER.derive_change(one, other, KEY)
    assert (changed.values, changed.beginnings, changed.entry) == ((), (), b"")
    assert changed == was
