"""Taking back what one has changed and nothing else: the three-way step of an undo."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.history.difference import changes, difference
from dirserver.model.history.items import Item, read, surplus
from dirserver.model.history.takeback import Conflict, bring_back, take_back
from dirserver.model.vcard import parse_card
from tests.model.history.some_cards import cards
from tests.organisation import vcard


def lines_of(body: bytes) -> Counter[bytes]:
    return Counter(body.splitlines(keepends=True))


@given(cards(), cards())
def test_where_nobody_has_changed_anything_since_the_bytes_come_back(
    before: bytes, after: bytes
) -> None:
    assert take_back(before, after, after) == take_back(before, after, after)
    assert take_back(before, after, after).body == before
    assert take_back(before, after, after).conflicts == ()


@given(cards(), cards())
def test_taking_back_nothing_changes_nothing(body: bytes, now: bytes) -> None:
    taken = take_back(body, body, now)
    assert (taken.body, taken.conflicts) == (now, ())


@given(cards(), cards(), cards())
def test_the_outcome_can_always_be_stored(before: bytes, after: bytes, now: bytes) -> None:
    parse_card(take_back(before, after, now).body)


@given(cards(), cards(), cards())
def test_what_the_actor_did_not_touch_stays_as_it_is(
    before: bytes, after: bytes, now: bytes
) -> None:
    pairs = changes(read(before).items, read(after).items)
    touched = {item.meaning for pair in pairs for item in pair if item is not None}
    body = take_back(before, after, now).body
    left = Counter(item.meaning for item in read(body).items)
    for item, number in Counter(item.meaning for item in read(now).items).items():
        if item not in touched:
            assert left[item] == number
    if now == after:
        return
    # Nor is anything rewritten that stays.
    untouched = [item for item in read(now).items if item.meaning not in touched]
    written = Counter(item.written.raw for item in read(body).items)
    for raw, number in Counter(item.written.raw for item in untouched).items():
        assert written[raw] >= number


@given(cards(), cards(), cards())
def test_nothing_comes_that_was_not_there_before_or_now(
    before: bytes, after: bytes, now: bytes
) -> None:
    known = {item.meaning for body in (before, now) for item in read(body).items}
    left = {item.meaning for item in read(take_back(before, after, now).body).items}
    assert left <= known


def _says(items: tuple[Item, ...]) -> Counter[object]:
    return Counter(item.meaning for item in items)


@given(cards(), cards(), st.data())
def test_what_another_one_added_elsewhere_is_all_that_stays(
    before: bytes, after: bytes, data: st.DataObject
) -> None:
    lines = after.split(b"END:VCARD")
    now = b"END:VCARD".join([lines[0] + b"X-OTHERS:theirs\r\n", *lines[1:]])
    taken = take_back(before, after, now)
    expected = _says(read(before).items)
    found = [item for item in read(taken.body).items if item.name != "X-OTHERS"]
    assert taken.conflicts == ()
    assert _says(tuple(found)) == expected


@given(cards(), cards(), st.sets(st.sampled_from(["TEL", "NOTE", "EMAIL", "X-FOO", "PHOTO"])))
def test_single_fields_come_back_alone(then: bytes, now: bytes, names: set[str]) -> None:
    body = bring_back(then, now, names)
    parse_card(body)
    assert _says(tuple(one for one in read(body).items if one.name in names)) == _says(
        tuple(one for one in read(then).items if one.name in names)
    )
    assert _says(tuple(one for one in read(body).items if one.name not in names)) == _says(
        tuple(one for one in read(now).items if one.name not in names)
    )
    assert surplus(read(then).items, read(bring_back(then, then, names)).items) == []


MOBILE = "TEL;TYPE=cell:0171 {}"


def card(*lines: str) -> bytes:
    return vcard("anna", "Anna", *lines)


def test_the_others_note_stays_while_the_number_comes_back() -> None:
    before = card(MOBILE.format(1), "NOTE:early")
    after = card(MOBILE.format(2), "NOTE:early")
    now = card(MOBILE.format(2), "NOTE:late", "X-MORE:1")
    taken = take_back(before, after, now)
    assert taken.body == card(MOBILE.format(1), "NOTE:late", "X-MORE:1")
    assert taken.conflicts == ()


def test_a_number_that_was_changed_again_is_a_conflict() -> None:
    before, after = card(MOBILE.format(1), "NOTE:a"), card(MOBILE.format(2))
    now = card(MOBILE.format(3))
    taken = take_back(before, after, now)
    assert taken.body == card(MOBILE.format(3), "NOTE:a")
    assert taken.conflicts == (Conflict("TEL", "mobile number", "0171 2", "0171 3"),)


@pytest.mark.parametrize(
    ("before", "after", "now", "conflict"),
    [
        (["NOTE:a"], [], ["NOTE:b"], Conflict("NOTE", "note", "", "b")),
        ([MOBILE.format(1)], [MOBILE.format(2)], [],
         Conflict("TEL", "mobile number", "0171 2", "")),
        ([], ["NOTE:a"], ["NOTE:b"], Conflict("NOTE", "note", "a", "b")),
        ([], [MOBILE.format(1)], [], None),
        ([MOBILE.format(1)], [], [MOBILE.format(1)], None),
        ([MOBILE.format(1)], [MOBILE.format(2)], [MOBILE.format(1)], None),
    ],
)  # fmt: skip
def test_nobody_overwrites_what_came_after(
    before: list[str], after: list[str], now: list[str], conflict: Conflict | None
) -> None:
    taken = take_back(card(*before), card(*after), card(*now, "X-MORE:1"))
    assert taken.body == card(*now, "X-MORE:1")
    assert taken.conflicts == (() if conflict is None else (conflict,))


def test_a_number_that_was_taken_away_comes_back_beside_a_new_one() -> None:
    taken = take_back(card(MOBILE.format(1)), card(), card(MOBILE.format(2)))
    assert taken.body == card(MOBILE.format(2), MOBILE.format(1))
    assert taken.conflicts == ()


def test_a_label_comes_back_with_its_number_in_a_group_that_is_free() -> None:
    labelled = ("item1.TEL:1", "item1.X-ABLabel:Sommerhaus")
    others = ("item1.EMAIL:b@example.org", "item1.X-ABLabel:alt")
    taken = take_back(card(*labelled), card(), card(*others))
    assert taken.body == card(*others, "item2.TEL:1", "item2.X-ABLabel:Sommerhaus")


def test_labels_go_with_the_last_of_what_they_label() -> None:
    two = ("item1.TEL:1", "item1.EMAIL:b@example.org", "item1.X-ABLabel:alt")
    assert take_back(card(), card(*two), card(*two, "X-MORE:1")).body == card("X-MORE:1")
    one = card("item1.EMAIL:b@example.org", "item1.X-ABLabel:alt")
    taken = take_back(one, card(*two), card(*two, "X-MORE:1"))
    assert taken.body == card(*two[1:], "X-MORE:1")


def test_a_client_that_numbers_its_groups_anew_has_changed_nothing() -> None:
    one = card("item1.TEL:1", "item1.X-ABLabel:a", "item2.TEL:2", "item2.X-ABLabel:b")
    other = card("item4.TEL:2", "ITEM4.X-ABLABEL:b", "item7.TEL:1", "item7.X-ABLabel:a")
    assert difference(one, other) == ()


def test_there_is_never_a_second_uid() -> None:
    before, after = vcard("one", "Anna"), vcard("one", "Anna").replace(b"UID:one\r\n", b"")
    taken = take_back(before, after, vcard("two", "Anna"))
    assert parse_card(taken.body).uid == "two"
    assert taken.conflicts == (Conflict("UID", "UID", "", "two"),)


def test_many_lines_take_no_more_than_their_share_of_time() -> None:
    many = [f"item{n}.TEL:{n}\r\nitem{n}.X-ABLabel:{n}" for n in range(6_000)]
    other = [f"item{n}.EMAIL:{n}\r\nitem{n}.X-ABLabel:{n}" for n in range(6_000)]
    began = time.process_time()
    body = take_back(card(*many), card(), card(*other)).body
    assert time.process_time() - began < 10
    assert len(read(body).items) == 12_003


def test_a_label_of_very_many_is_not_copied_for_each() -> None:
    many = ["item1.TEL:1"] * 50_000 + ["item1.X-ABLabel:" + "x" * 100_000] * 10
    body = take_back(card(*many), card(), card("NOTE:a")).body
    assert len(body) < 4_000_000
