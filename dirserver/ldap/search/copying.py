"""Searches for all that a book has: the copies that mail programs and telephones make of it.

What was sent to one client is sent to the next, as long as the book has not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from dirserver.ldap.entry.presenting import Presenter
from dirserver.ldap.entry.runs import BookRuns, KeptRuns, Run
from dirserver.ldap.search.cards import Asked
from dirserver.model.grant import Privilege
from dirserver.model.hits import Hits
from dirserver.model.ordering import BY_NAME, Order, Place
from dirserver.model.query import EVERYTHING, PERSONS, resolve

# As much as a hundred thousand cards take mostly; and ten thousand, where one client alone fetches
# them.
_kept = KeptRuns(128 * 1024 * 1024, 10 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Copy:
    """A search for all cards of a book, or for all but groups, by name.

    ``kind`` is what tells its entries from those of others.
    """

    presenter: Presenter
    book: BookRuns
    kind: Hashable

    def found(
        self,
        after: Place | None,
        most: int | None,
        ask: Callable[[Place | None, int | None], Iterator[Hits]],
        pieces: Callable[[Hits], Iterator[Hits]],
    ) -> Iterator[Hits | Run]:
        """Yield ``most`` cards behind a place, and perhaps some beyond to show that there are more.

        That is what is kept, as far as it goes, and then what is asked for; it is kept in pieces.
        """
        left = most
        while (run := self.book.runs.get((self.kind, after))) is not None:
            self.book.is_wanted = True
            if left == 0:
                yield run
                return
            if left is not None:
                if len(run) > left:
                    break
                left -= len(run)
            yield run
            after = run.last_place
        # A page is asked for as a whole, as each number of cards is another statement.
        for hits in ask(after, 0 if left == 0 else most):
            wanted = hits if left is None else hits.first(left)
            for piece in pieces(wanted):
                yield self._run_of(after, piece)
                after = piece.last_place
            if left is not None:
                left -= len(wanted)
            if len(wanted) < len(hits):
                yield Hits(hits.rows[len(wanted) :])

    def _run_of(self, after: Place | None, hits: Hits) -> Hits | Run:
        if not _kept.has_room(self.book):
            return hits
        run = self.presenter.run(hits)
        if run is None:
            return hits
        _kept.put(self.book, (self.kind, after), run)
        return run


def copy_of(presenter: Presenter, asked: Asked, order: Order) -> Copy | None:
    """Return the copy that somebody makes who asks this, or None when they do something else.

    Only of what is answered at once, since nothing else is told of to anybody.
    """
    if asked.query not in (EVERYTHING, PERSONS) or len(asked.views) != 1 or order != BY_NAME:
        return None
    reading = asked.tree.reading
    (view,) = asked.views
    look = presenter.look_of_runs
    if look is None or not reading.at_once or view.access < Privilege.READ or not view.is_whole:
        return None
    if resolve(asked.query, view.hidden) != asked.query:
        return None
    # No other database has the key.
    state = reading.policy.view_key, reading.state(view)
    return Copy(presenter, _kept.of(view.book.id, state), (look, asked.query == EVERYTHING))
