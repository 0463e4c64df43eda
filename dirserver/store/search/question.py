"""What is asked of which books."""

from __future__ import annotations

from collections.abc import Sequence

from dirserver.model.number import DialPlan
from dirserver.model.ordering import BY_NAME, Order
from dirserver.model.query import NOTHING, Query, resolve
from dirserver.model.record import record


@record
class Question:
    """A query, and the books to look in, by id, grouped by the properties that are hidden there.

    A test of a hidden property finds nothing, however it is negated. Where the books have
    ``ranks``, somebody who is found in several of them, by the UID, is found once: in the book
    of the lowest rank. With ``has_links``, so are cards that are linked, and with ``links_only``
    these alone.
    """

    query: Query
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]]
    plan: DialPlan
    order: Order = BY_NAME
    ranks: tuple[tuple[int, int], ...] = ()
    has_links: bool = False
    links_only: bool = False

    @property
    def finds_once(self) -> bool:
        """Whether somebody may be in several of the books who is to be found once."""
        return len(self.ranks) > 1 and (self.has_links or not self.links_only)

    def resolved(self) -> list[tuple[tuple[int, ...], frozenset[str], Query]]:
        """Return which books are asked what, as far as that can find anything."""
        found = []
        for hidden, books in self.scopes:
            query = resolve(self.query, hidden)
            if books and query != NOTHING:
                found.append((tuple(books), hidden, query))
        return found
