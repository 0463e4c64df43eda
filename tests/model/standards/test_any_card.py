"""Whatever a card says: a repair mends what it says it mends, and nothing is left for another."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.errors import InvalidCard
from dirserver.model.contentline import fold
from dirserver.model.number import DialPlan
from dirserver.model.standards.judging import judge, repaired
from dirserver.model.standards.rules import NameForm, PhoneForm, Standards
from dirserver.model.standards.spelling import read, spelled
from dirserver.model.vcard import parse_card

_TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12)
_DIGITS = st.text("0123456789+-/() x.", max_size=18)
_NUMBERS = st.one_of(
    _DIGITS,
    st.builds("tel:{}".format, _DIGITS),
    st.builds("+{}{}".format, st.sampled_from([1, 7, 39, 43, 44, 49, 54, 55, 86]), _DIGITS),
    _TEXT,
)
_MAILS = st.one_of(
    _TEXT, st.builds("{}a{}@{}.org{}".format, _TEXT, _TEXT, st.sampled_from(["x", "ü"]), _TEXT)
)
_WORDS = st.sampled_from(["Anna", "Müller", "MULLER", "Dr.", "von", "", "GmbH", "\\,", "a\\;b"])
_NAMES = st.lists(_WORDS, max_size=4).map(" ".join)
_COUNTRIES = st.one_of(st.sampled_from(["Germany", "DE", "España", "usa", "Österreich"]), _TEXT)
_LINES = st.one_of(
    st.builds("TEL;TYPE=work:{}".format, _NUMBERS),
    st.builds("item1.EMAIL:{}".format, _MAILS),
    st.builds("CATEGORIES:{},{}".format, _TEXT, st.sampled_from(["vip", "VIP", "Buro", "Odd"])),
    st.builds("FN:{}".format, _NAMES),
    st.builds("N:{};{};;{};".format, _NAMES, _NAMES, _NAMES),
    st.builds("ADR:;;{};;;;{}".format, _TEXT, _COUNTRIES),
)
_STANDARDS = st.builds(
    Standards,
    required=st.sampled_from([(), ("EMAIL", "TEL")]),
    phones=st.sampled_from([None, *PhoneForm]),
    emails=st.booleans(),
    categories=st.sampled_from([(), ("VIP", "Büro")]),
    names=st.sampled_from([None, *NameForm]),
    countries=st.sampled_from(["", "de", "fr"]),
)
PLANS = st.sampled_from([DialPlan("DE"), DialPlan("AR"), DialPlan("BR"), DialPlan("US")])


@given(st.lists(_LINES, max_size=5), _STANDARDS, PLANS, st.sampled_from(["\r\n", "\n"]))
@settings(max_examples=60, deadline=None)
def test_a_repaired_card_breaks_nothing_that_was_repaired(
    lines: list[str], standards: Standards, plan: DialPlan, end: str
) -> None:
    text = "".join(fold(line).decode() for line in ["BEGIN:VCARD", "VERSION:4.0", *lines])
    body = (text + "END:VCARD\r\n").replace("\r\n", end).encode()
    try:
        card = parse_card(body)
    except InvalidCard:
        return
    found = judge(card, standards, plan)
    assert all(fault.rule in standards.rules for fault in found)
    once = repaired(body, found)
    left = judge(parse_card(once), standards, plan)
    assert not [fault for fault in left if fault.mended is not None]
    # What nobody could repair is still told, and nothing else is.
    assert len(left) == sum(fault.mended is None for fault in found)
    assert repaired(once, left) == once
    changed = {fault.index for fault in found if fault.mended is not None}
    pairs = zip(card.lines, parse_card(once).lines, strict=True)
    assert {index for index, (old, new) in enumerate(pairs) if old != new} <= changed


@given(_STANDARDS)
@settings(max_examples=20)
def test_standards_come_back_from_the_store_as_they_went(standards: Standards) -> None:
    assert read(spelled(standards)) == standards
