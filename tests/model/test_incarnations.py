"""What a book remembers after a copy of it was put back."""

from __future__ import annotations

import pytest

from dirserver.model.addressbook import FIRST_LIFE, AddressBook, Incarnation

NEVER = AddressBook(1, "u", "customers")
# A copy of revision 100 was put back; later a copy of that life, of revision 1,000,150.
TWICE = AddressBook(
    1, "u", "customers", incarnations=(Incarnation("a1", 100), Incarnation("b2", 1_000_150))
)


def test_a_book_that_was_never_put_back_is_in_its_first_life() -> None:
    assert NEVER.incarnation == FIRST_LIFE
    assert TWICE.incarnation == "b2"


@pytest.mark.parametrize(
    ("book", "incarnation", "revision", "remembered"),
    [
        (NEVER, FIRST_LIFE, 0, True),
        (NEVER, FIRST_LIFE, 1_000_000, True),
        (NEVER, "a1", 5, False),
        (TWICE, FIRST_LIFE, 0, True),
        (TWICE, FIRST_LIFE, 100, True),
        (TWICE, FIRST_LIFE, 101, False),
        (TWICE, FIRST_LIFE, 1_000_120, False),
        (TWICE, "a1", 1_000_100, True),
        (TWICE, "a1", 1_000_150, True),
        (TWICE, "a1", 1_000_151, False),
        (TWICE, "b2", 2_000_150, True),
        (TWICE, "b2", 2_000_999, True),
        (TWICE, "c3", 2_000_150, False),
    ],
)
def test_what_came_after_the_copy_is_not_remembered(
    book: AddressBook, incarnation: str, revision: int, remembered: bool
) -> None:
    assert book.remembers(incarnation, revision) is remembered
