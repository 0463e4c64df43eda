"""Cards of a book one behind the other, as they were encoded for whoever downloaded it before.

Many clients fetch the same book, each of them all of it, and mostly it has not changed meanwhile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dirserver.model.ordering import Place

# An entry takes about so much more than its octets.
_BESIDE = 48


@dataclass(frozen=True, slots=True)
class Run:
    """Entries without the messages that they are in. ``last_place`` is that of the last card.

    It is sent as a whole or not at all, and otherwise like ``Hits``.
    """

    entries: Sequence[bytes]
    last_place: Place

    def __len__(self) -> int:
        """Return how many cards these are."""
        return len(self.entries)

    def first(self, number: int) -> Run:
        """Return it, or nothing when it has more than so many cards."""
        return self if number >= len(self.entries) else Run((), self.last_place)

    def pieces(self, _most: int, _octets: int) -> Iterator[Run]:
        """Yield it, which was a piece when it was kept."""
        if self.entries:
            yield self


# How its entries look, which cards of the book it is of, and the place that it begins behind.
_Key: TypeAlias = tuple[Hashable, Place | None]


@dataclass(slots=True, eq=False)
class BookRuns:
    """The runs of a book as it was at one ``state``.

    ``is_wanted`` tells that some were sent once more.
    """

    state: Hashable
    octets: int = 0
    is_wanted: bool = False
    runs: dict[_Key, Run] = field(default_factory=dict)


class KeptRuns:
    """Runs of books, each good until the book changes. Safe in threads.

    What there is no room for is not kept. To let go of the oldest would be to have let go of all
    when somebody begins anew with a book that is larger; so that is done with other books only.
    """

    def __init__(self, most_octets: int, once_octets: int | None = None) -> None:
        """Begin with none; they never take more than ``most_octets``.

        Of a book that was sent once and not again as it is, ``once_octets`` are kept at the most.
        """
        self._most = most_octets
        self._once = most_octets if once_octets is None else once_octets
        self._octets = 0
        self._lock = threading.Lock()
        self._books: OrderedDict[int, BookRuns] = OrderedDict()

    def of(self, book_id: int, state: Hashable) -> BookRuns:
        """Return the runs of a book which is in this state now."""
        with self._lock:
            found = self._books.get(book_id)
            if found is None or found.state != state:
                self._forget(book_id)
                found = self._books[book_id] = BookRuns(state)
            self._books.move_to_end(book_id)
            return found

    def put(self, book: BookRuns, key: _Key, run: Run) -> None:
        """Keep a run of the book that was asked for last, if there is room for it."""
        octets = sum(map(len, run.entries)) + _BESIDE * len(run)
        with self._lock:
            while self._octets + octets > self._most and len(self._books) > 1:
                self._forget(next(iter(self._books)))
            is_known = next(reversed(self._books.values()), None) is book
            if (
                is_known
                and key not in book.runs
                and self._octets + octets <= self._most
                and book.octets + octets <= self._room(book)
            ):
                book.runs[key] = run
                book.octets += octets
                self._octets += octets

    def has_room(self, book: BookRuns) -> bool:
        """Say whether it is worth to make a run of the book in order to keep it."""
        return book.octets < self._room(book) * 15 // 16

    def _room(self, book: BookRuns) -> int:
        return self._most if book.is_wanted else self._once

    def _forget(self, book_id: int) -> None:
        gone = self._books.pop(book_id, None)
        if gone is not None:
            self._octets -= gone.octets
