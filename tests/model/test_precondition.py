"""Conditional requests, as RFC 9110 sections 13.1.1 and 13.1.2 have them."""

from __future__ import annotations

import pytest

from dirserver.model.precondition import ALWAYS, ANY, Precondition


def etags(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("match", "none_match", "there", "other", "absent"),
    [
        # What is asked; whether it holds for etag "a", for "x", and for no card.
        (None, None, True, True, True),
        (etags(ANY), None, True, True, False),
        (etags("a"), None, True, False, False),
        (etags("a", "b"), None, True, False, False),
        (etags(), None, False, False, False),
        (None, etags(ANY), False, False, True),
        (None, etags("a"), False, True, True),
        (None, etags("a", "b"), False, True, True),
        (None, etags(), True, True, True),
        (etags("a"), etags("x"), True, False, False),
        (etags(ANY), etags("a"), False, True, False),
        (etags("a"), etags("a"), False, False, False),
        (etags(ANY), etags(ANY), False, False, False),
    ],
)
def test_a_precondition_holds_or_not(
    match: frozenset[str] | None,
    none_match: frozenset[str] | None,
    there: bool,
    other: bool,
    absent: bool,
) -> None:
    asked = Precondition(match, none_match)
    assert [asked.holds("a"), asked.holds("x"), asked.holds(None)] == [there, other, absent]


def test_who_asks_for_nothing_always_may() -> None:
    assert ALWAYS.holds(None)
    assert ALWAYS.holds("a")
