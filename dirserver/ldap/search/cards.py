"""The cards that a search finds: which are asked for, and how many of them may be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from dirserver.ldap.codec.messages import Filter
from dirserver.ldap.dit.tree import Target, Tree
from dirserver.ldap.search.filters import compile as compile_filter
from dirserver.model.grant import Privilege
from dirserver.model.hits import Hits, book_of
from dirserver.model.policy import VisibleBook
from dirserver.model.query import And, KeyIs, Query
from dirserver.model.record import record


@record
class Asked:
    """What the cards of a target are asked.

    ``lookups_only`` are the books, by id, of which only some cards may be sent.
    """

    tree: Tree
    query: Query
    views: Sequence[VisibleBook]
    lookups_only: frozenset[int]

    @property
    def is_mixed(self) -> bool:
        """Whether there are also books that may be walked through."""
        return 0 < len(self.lookups_only) < len(self.views)

    def browsable(self) -> Asked:
        """Leave out books that may not be walked through, unless there are no others."""
        if not self.is_mixed:
            return self
        views = [view for view in self.views if view.book.id not in self.lookups_only]
        return replace(self, views=views, lookups_only=frozenset())


def ask(tree: Tree, target: Target, filter_: Filter) -> Asked:
    """Ask the cards of ``target`` what a filter does."""
    query = compile_filter(filter_, tree.naming(target.views))
    if target.key:
        query = And((KeyIs(target.key), query))
    lookups = (view.book.id for view in target.views if view.access < Privilege.READ)
    return Asked(tree, query, target.views, frozenset(lookups))


def looked_up(hits: Hits, asked: Asked) -> int:
    """Return how many of ``hits`` are of books that may only be looked up in."""
    if not asked.lookups_only:
        return 0
    return sum(book_of(row) in asked.lookups_only for row in hits.rows)


def allowed(
    found: Iterable[Hits], asked: Asked, left: Callable[[], int], exceeded: Callable[[], None]
) -> Iterator[Hits]:
    """Yield what is found, but for what whoever may only look things up is not to walk through.

    ``left`` says of how many cards of such books, from what is yielded next on; when there are
    more, ``exceeded`` hears of it.
    """
    for hits in found:
        number = looked_up(hits, asked)
        most = left()
        if number <= most:
            yield hits
            continue
        exceeded()
        rows = []
        for row in hits.rows:
            if book_of(row) in asked.lookups_only:
                most -= 1
                if most < 0:
                    continue
            rows.append(row)
        if rows:
            yield Hits(rows)
