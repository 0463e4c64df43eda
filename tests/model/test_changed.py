"""Which properties of a card were changed, without what they say."""

from __future__ import annotations

import pytest

from dirserver.model.changed import changed_properties
from dirserver.model.edit import edited
from dirserver.model.vcard import parse_card
from tests.organisation import vcard


def changed(old: list[str], new: list[str]) -> tuple[str, ...]:
    before, after = (vcard("u", "Anna Beispiel", *lines) for lines in (old, new))
    return changed_properties(edited(parse_card(before), parse_card(after)))


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ([], [], ()),
        (["NOTE:a"], ["NOTE:b"], ("NOTE",)),
        (["NOTE:a"], [], ("NOTE",)),
        ([], ["TEL:1", "EMAIL:a@b"], ("EMAIL", "TEL")),
        (["TEL:1", "TEL:2"], ["TEL:2", "TEL:1"], ()),
        (["TEL:1"], ["TEL:1", "TEL:1"], ("TEL",)),
        (["TEL;TYPE=home:1"], ["TEL;TYPE=work:1"], ("TEL",)),
        (["item1.TEL:1"], ["item2.TEL:1"], ("TEL",)),
        (["NOTE:a", "REV:1"], ["NOTE:b", "REV:2"], ("NOTE",)),
        (["REV:1"], ["REV:2"], ("REV",)),
        (["NOTE:a"], ["note:a"], ()),
    ],
)
def test_properties_are_named_that_differ(
    old: list[str], new: list[str], names: tuple[str, ...]
) -> None:
    assert changed(old, new) == names


def test_a_client_cannot_fill_the_trail() -> None:
    names = changed([], [f"X-{number}-{'A' * 500}:1" for number in range(100)])
    assert len(names) == 20
    assert max(map(len, names)) == 40
