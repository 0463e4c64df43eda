"""What of the books that are searched is looked at, for whoever searches."""

from __future__ import annotations

from collections.abc import Sequence

from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.standards.rules import Handling


def scopes(views: Sequence[VisibleBook]) -> list[tuple[frozenset[str], list[int]]]:
    """Return the ids of books, grouped by what is hidden in them."""
    found: dict[frozenset[str], list[int]] = {}
    for view in views:
        found.setdefault(view.hidden, []).append(view.book.id)
    return list(found.items())


def holding_back(views: Sequence[VisibleBook]) -> list[int]:
    """Return the ids of books whose cards in quarantine are not shown: one may only search them."""
    return [
        view.book.id
        for view in views
        if view.access is Privilege.SEARCH
        and view.book.standards is not None
        and view.book.standards.does(Handling.QUARANTINE)
    ]
