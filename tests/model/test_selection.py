"""Parts of cards: every byte of what is wanted stays, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.selection import Selection, selected
from dirserver.model.vcard import parse_card
from tests.organisation import vcard

CARD = vcard(
    "u",
    "Anna Ämter",
    "item1.TEL;TYPE=CELL:1",
    "tel:2",
    'ADR;LABEL="a:b":;;Street 1;;;;',
    "NOTE:folded",
    "  over two lines",
)


def test_a_name_stands_for_every_group_and_a_group_for_itself() -> None:
    both = selected(CARD, Selection({"TEL": False})).decode().split("\r\n")
    assert both == ["BEGIN:VCARD", "item1.TEL;TYPE=CELL:1", "tel:2", "END:VCARD", ""]
    one = selected(CARD, Selection({"ITEM1.TEL": False})).decode().split("\r\n")
    assert one == ["BEGIN:VCARD", "item1.TEL;TYPE=CELL:1", "END:VCARD", ""]


def test_a_value_that_is_not_wanted_leaves_name_and_parameters() -> None:
    told = selected(CARD, Selection({"TEL": True, "ITEM1.TEL": False, "ADR": True})).decode()
    assert told.split("\r\n")[1:-2] == ["item1.TEL;TYPE=CELL:1", "tel:", 'ADR;LABEL="a:b":']


def test_folds_and_line_ends_stay_as_they_are() -> None:
    bare = CARD.replace(b"\r\n", b"\n") + b"\n"
    assert selected(bare, Selection({"NOTE": False})) == (
        b"BEGIN:VCARD\nNOTE:folded\n  over two lines\nEND:VCARD\n"
    )
    long = vcard("u", "A", "X-LONG;P=" + "x" * 100 + ":value")
    (line,) = parse_card(selected(long, Selection({"VERSION": False, "X-LONG": True}))).lines[1:]
    assert (line.param("P"), line.value) == (("x" * 100,), "")


@given(st.sets(st.sampled_from(["FN", "N", "UID", "TEL", "NOTE", "ADR", "VERSION", "X-NONE"])))
def test_what_is_left_is_what_is_named(names: set[str]) -> None:
    left = selected(CARD, Selection(dict.fromkeys(names | {"VERSION"}, False)))
    expected = [line for line in parse_card(CARD).lines if line.name in names | {"VERSION"}]
    assert list(parse_card(left).lines) == expected
