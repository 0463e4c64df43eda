"""The same of several servers in turn, again and again, so that a busy machine is so to each."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from tests.benchmarks import carddav
from tests.benchmarks.measuring import Figure, measure

_ROUNDS = 3


def figures(
    books: Sequence[carddav.Book], seconds: float, only: str = ""
) -> Iterator[tuple[str, list[Figure]]]:
    """Yield the operations that have ``only`` in their name with what each book's cost."""
    for name, make in carddav.OPERATIONS.items():
        if only.lower() in name.lower():
            yield name, _in_turn(make, books, seconds / _ROUNDS)


def _in_turn(make: carddav.Maker, books: Sequence[carddav.Book], seconds: float) -> list[Figure]:
    found: list[list[Figure]] = [[] for _ in books]
    for _ in range(_ROUNDS):
        for book, figures_of_it in zip(books, found, strict=True):
            # Of what took so long, one call tells enough.
            if not any(figure.calls == 1 for figure in figures_of_it):
                figures_of_it.append(measure(make(book), book.at, seconds))
    return list(map(_median, found))


def _median(found: Sequence[Figure]) -> Figure:
    return Figure(
        statistics.median(one.p50 for one in found),
        statistics.median(one.cpu for one in found),
        statistics.median(one.rate for one in found),
        sum(one.calls for one in found),
        max(one.share for one in found),
    )
