"""What becomes of two cards of one person that are made one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.contentline import split_value, unescape, unfolded
from dirserver.model.conversion import convert
from dirserver.model.history.following import follow, owned_names
from dirserver.model.history.items import Item, is_binary, read
from dirserver.model.history.wording import full_text_of
from dirserver.model.number import DialPlan
from dirserver.model.uniting import Side, unite
from dirserver.model.uniting.notes import paragraphs
from dirserver.model.uniting.sameness import meant
from dirserver.model.vcard import parse_card
from tests.model.history.some_cards import cards
from tests.organisation import vcard

PLAN = DialPlan()
SIDES = st.sampled_from(Side)


def united(
    one: tuple[str, ...],
    other: tuple[str, ...],
    newer: Side = Side.OTHER,
    choices: Mapping[str, Side] | None = None,
    fixed: frozenset[str] = frozenset(),
) -> list[str]:
    """Unite two cards of Anna and return the lines, without those that every card has."""
    cards = vcard("a", "Anna", *one), vcard("b", "Anna", *other)
    made = unite(*cards, PLAN, newer, choices, fixed)
    usual = {*vcard("a", "Anna").decode().split("\r\n")}
    return [line for line in unfolded(made.body.decode()) if line not in usual]


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        # Numbers in any notation, addresses in any case; the newer card's come first.
        (("TEL;TYPE=WORK:030 23125-110",), ("TEL:+49 (0)30 23125110",),
         ["TEL;TYPE=WORK:+49 (0)30 23125110"]),
        (("TEL;TYPE=HOME:+49171392001",), ("TEL;TYPE=cell,voice:0171 392001",),
         ["TEL;TYPE=HOME,CELL:+49171392001"]),
        (("TEL:030 1234567",), ("TEL:030 7654321",), ["TEL:030 7654321", "TEL:030 1234567"]),
        (("EMAIL:Anna@Example.org",), ("EMAIL;TYPE=home:mailto:anna@example.ORG",),
         ["EMAIL;TYPE=home:Anna@Example.org"]),
        (("EMAIL;PREF=1:a@example.org",), ("EMAIL;PREF=1:b@example.org",),
         ["EMAIL:b@example.org", "EMAIL;PREF=1:a@example.org"]),
        (("EMAIL;TYPE=pref,home:a@example.org",), ("EMAIL;TYPE=work,pref:b@example.org",),
         ["EMAIL;TYPE=work:b@example.org", "EMAIL;TYPE=pref,home:a@example.org"]),
        (("ADR:;;Straße 1;Köln;;1;DE",), ("ADR;TYPE=home:;;STRASSE 1;Koln;;1;de;",),
         ["ADR;TYPE=home:;;Straße 1;Köln;;1;DE"]),
        (("URL:HTTPS://Example.org/A/",), ("URL:https://example.org/A",),
         ["URL:HTTPS://Example.org/A/"]),
        # Lists, word by word.
        (("CATEGORIES:VIP,Press",), ("CATEGORIES:vip,Fair\\, 2026",),
         ["CATEGORIES:VIP,Press,Fair\\, 2026"]),
        (("NICKNAME:",), ("NICKNAME:Ann",), ["NICKNAME:Ann"]),
        # What one does not say, or says in part.
        (("ORG:Acme",), ("ORG:Acme;Sales", "TITLE:CEO"), ["ORG:Acme;Sales", "TITLE:CEO"]),
        (("BDAY:--0501",), ("BDAY:1980-05-01",), ["BDAY:1980-05-01"]),
        (("BDAY:1980-05-01",), ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-01",), ["BDAY:1980-05-01"]),
        (("BDAY:19800501",), ("BDAY:1980-05-01T00:00:00Z",), ["BDAY:19800501"]),
        (("NOTE:one\\n\\ntwo",), ("NOTE:two\\n\\nthree",), ["NOTE:one\\n\\ntwo\\n\\nthree"]),
        ((), ("NOTE;LANGUAGE=de:zwei",), ["NOTE;LANGUAGE=de:zwei"]),
        # What cannot be both.
        (("BDAY:1980-05-01",), ("BDAY:1981-05-01",),
         ["BDAY:1981-05-01", "NOTE:Earlier birthday: 1980-05-01"]),
        (("ORG:Acme", "TITLE:CEO", "NOTE:tall"), ("ORG:Beta",),
         ["ORG:Beta", "NOTE:tall\\n\\nEarlier organisation: Acme\\n\\nEarlier title: CEO"]),
        (("ORG:Acme", "TITLE:CEO"), ("TITLE:CTO",),
         ["ORG:Acme", "TITLE:CTO", "NOTE:Earlier title: CEO"]),
        (("X-A:1", "X-B:2"), ("X-B:3", "X-A:1"), ["X-A:1", "X-B:3", "X-B:2"]),
        # Groups and their labels.
        (("item1.TEL:030 1234567", "item1.X-ABLabel:desk"),
         ("item1.TEL:0171 392001", "item1.X-ABLabel:own"),
         ["item2.TEL:0171 392001", "item2.X-ABLabel:own", "item1.TEL:030 1234567",
          "item1.X-ABLabel:desk"]),
        (("TEL;TYPE=cell:030 1234567",), ("item1.TEL:030 1234567", "item1.X-ABLabel:desk"),
         ["item1.TEL;TYPE=cell:030 1234567", "item1.X-ABLabel:desk"]),
        (("item1.TEL:030 1234567", "item1.X-ABLabel:desk"),
         ("item1.TEL:030 1234567", "item1.X-ABLabel:own"),
         ["item2.TEL:030 1234567", "item2.X-ABLabel:own", "item1.TEL:030 1234567",
          "item1.X-ABLabel:desk"]),
    ],
)  # fmt: skip
def test_two_cards_say_together_what_each_of_them_said(
    one: tuple[str, ...], other: tuple[str, ...], outcome: list[str]
) -> None:
    assert united(one, other) == outcome


def test_the_older_card_adds_to_the_newer_one_and_yields_to_it() -> None:
    one, other = ("TEL:1234567", "TITLE:CEO"), ("TEL:7654321", "TITLE:CTO")
    assert united(one, other, Side.SURVIVOR) == [
        "TEL:1234567", "TITLE:CEO", "TEL:7654321", "NOTE:Earlier title: CTO",
    ]  # fmt: skip


def test_somebody_may_choose_and_what_belongs_together_is_chosen_together() -> None:
    one, other = ("ORG:Acme", "TITLE:CEO", "BDAY:1980-05-01"), ("ORG:Beta", "BDAY:1981-05-01")
    assert united(one, other, Side.OTHER, {"TITLE": Side.SURVIVOR}) == [
        "ORG:Acme", "TITLE:CEO", "BDAY:1981-05-01",
        "NOTE:Earlier organisation: Beta\\n\\nEarlier birthday: 1980-05-01",
    ]  # fmt: skip


def test_of_two_pictures_one_is_told_to_stay_in_the_history_alone() -> None:
    one, other = (f"PHOTO;ENCODING=b;TYPE=JPEG:{picture}" for picture in ("QUJD", "REVG"))
    made = unite(vcard("a", "Anna", one), vcard("b", "Anna", other), PLAN, Side.OTHER)
    (conflict,) = made.conflicts
    assert (conflict.properties, conflict.side, conflict.in_note) == (
        ("PHOTO",), Side.OTHER, False,
    )  # fmt: skip
    assert (conflict.kept, conflict.lost) == ("JPEG, 3 bytes", "JPEG, 3 bytes")
    assert b"REVG" in made.body
    assert b"QUJD" not in made.body


def test_a_name_is_one_thing_however_many_properties_say_it() -> None:
    one, other = vcard("a", "Anna Vogt"), vcard("b", "Anna Müller")
    made = unite(one, other, PLAN, Side.OTHER)
    (conflict,) = made.conflicts
    assert (conflict.field, conflict.kept, conflict.lost) == (
        "full name", "Anna Müller", "Anna Vogt",
    )  # fmt: skip
    said = parse_card(made.body)
    assert [line.value for line in said.lines if line.name in ("FN", "N")] == [
        "Anna Müller", "Müller;Anna;;;",
    ]  # fmt: skip
    note = said.first("NOTE")
    assert note is not None
    assert note.value == "Earlier full name: Anna Vogt"


def test_a_name_that_is_turned_round_contradicts_nothing() -> None:
    one = vcard("a", "Anna Vogt").replace(b"N:Vogt;Anna;;;", b"N:Anna Vogt;;;;")
    other = vcard("b", "Anna Vogt").replace(b"FN:Anna Vogt", b"FN:Vogt\\, Anna")
    for newer in Side:
        made = unite(one, other, PLAN, newer)
        assert (made.body, made.conflicts) == (vcard("a", "Anna Vogt"), ())


@given(cards(), SIDES)
def test_a_card_united_with_itself_is_itself(body: bytes, newer: Side) -> None:
    made = unite(body, body, PLAN, newer)
    assert (made.body, made.conflicts) == (body, ())


@given(cards(), cards(), SIDES)
def test_to_unite_the_outcome_again_changes_nothing(one: bytes, other: bytes, newer: Side) -> None:
    once = unite(one, other, PLAN, newer).body
    assert unite(once, other, PLAN, newer).body == once


@given(cards(), cards(), SIDES)
def test_the_outcome_is_a_card_with_the_uid_and_the_version_of_the_survivor(
    one: bytes, other: bytes, newer: Side
) -> None:
    survivor, made = parse_card(one), parse_card(unite(one, other, PLAN, newer).body)
    assert made.version == survivor.version
    assert made.uid == (survivor.uid or parse_card(other).uid)


@given(cards(), cards(), SIDES)
def test_nothing_is_lost_of_which_nobody_is_told(one: bytes, other: bytes, newer: Side) -> None:
    version = parse_card(one).version
    made = unite(one, other, PLAN, newer)
    items = read(made.body).items
    known = {meant(item, PLAN) for item in items}
    values = {(item.name, _plain(item)) for item in items}
    words = {
        (item.name, word.casefold())
        for item in items
        for word in map(unescape, split_value(item.line.value, ","))
    }
    note = {_spaced(one) for item in items if item.name == "NOTE" for one in paragraphs(item)}
    made_up = {"FN", "N"} - {line.name for line in parse_card(other).lines}
    told = {name for conflict in made.conflicts for name in conflict.properties}
    theirs = [item for item in read(convert(other, version)).items if item.name not in made_up]
    for item in (*read(one).items, *theirs):
        text = _spaced(full_text_of(item))
        if item.name == "UID" or not text or meant(item, PLAN) in known:
            continue
        if item.name == "NOTE":
            assert {_spaced(one) for one in paragraphs(item)} <= note
        elif item.name in ("CATEGORIES", "NICKNAME"):
            assert all(
                (item.name, word.casefold()) in words
                for word in map(unescape, split_value(item.line.value, ","))
            )
        elif is_binary(item.line):
            assert item.name in told
        else:
            is_noted = any(one.endswith(text) for one in note)
            assert is_noted or (item.name, _plain(item)) in values, text


def _plain(item: Item) -> str:
    text = _spaced(full_text_of(item))
    if item.name in ("FN", "N"):
        return " ".join(sorted(text.casefold().split()))
    return text.replace("-", "") if item.name == "BDAY" else text


def _spaced(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        (("TEL:030 23125-110",), ("TEL;TYPE=work:+49 30 23125110",), ["TEL:030 23125-110"]),
        (("TEL:+49 30 23125110",), ("TEL;TYPE=work:030 23125110",),
         ["TEL;TYPE=work:+49 30 23125110"]),
        (("TEL:030 1",), ("TEL:030 2",), ["TEL:030 2", "TEL:030 1"]),
        (("ORG:Acme",), ("ORG:Acme;Sales", "TITLE:CEO"),
         ["ORG:Acme", "TITLE:CEO", "NOTE:Earlier organisation: Acme\\, Sales"]),
        (("BDAY:--0501",), ("BDAY:1980-05-01",),
         ["BDAY:--0501", "NOTE:Earlier birthday: 1980-05-01"]),
        (("CATEGORIES:Staff",), ("CATEGORIES:staff,VIP",),
         ["CATEGORIES:Staff", "NOTE:Earlier categories: VIP"]),
        (("NOTE:Floor 2",), ("NOTE:Likes tea",), ["NOTE:Floor 2", "NOTE:Likes tea"]),
        (("TITLE:Clerk",), ("TITLE:Chair",), ["TITLE:Clerk", "NOTE:Earlier title: Chair"]),
    ],
)  # fmt: skip
def test_what_is_fixed_of_a_card_stays_as_it_is(
    one: tuple[str, ...], other: tuple[str, ...], outcome: list[str]
) -> None:
    fixed = frozenset(re.split("[:;]", line)[0] for line in one)
    assert united(one, other, choices={"TITLE": Side.OTHER}, fixed=fixed) == outcome


@settings(max_examples=30)
@given(cards(), cards(), cards(), SIDES)
def test_what_a_source_says_of_the_card_that_stays_stays(
    says: bytes, added: bytes, other: bytes, newer: Side
) -> None:
    now = follow(says, says, added).body
    fixed = owned_names(says, now)
    made = unite(now, other, PLAN, newer, {}, fixed).body
    assert follow(says, says, made).changed == ()
