"""Cards that were read and are not stored yet: on disk, so that a large file takes no memory."""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Self

from dirserver.exchange.vcards import ReadCard


class Spool:
    """A file without a name, for cards in the order in which they come.

    It is gone when this process is, however that ends.
    """

    def __init__(self) -> None:
        """Begin with nothing in it."""
        self._file = TemporaryFile(prefix="dirserver-")  # noqa: SIM115 - closed by the block
        self.end = 0

    def add(self, card: ReadCard) -> int:
        """Append a card, and return the place by which it is found again."""
        place = self.end
        self._file.seek(place)
        said = (
            card.number, card.line, card.body, card.name, card.uid, card.notes, card.lost
        )  # fmt: skip
        marshal.dump(said, self._file)
        self.end = self._file.tell()
        return place

    def at(self, place: int) -> ReadCard:
        """Return the card at ``place``."""
        return self._from(place)[0]

    def between(self, first: int, end: int) -> Iterator[tuple[int, ReadCard]]:
        """Yield the cards from one place up to another one, each with its own."""
        while first < end:
            card, following = self._from(first)
            yield first, card
            first = following

    def __enter__(self) -> Self:
        """Return the spool, which is closed when the block ends."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Let go of what is in it."""
        self._file.close()

    def _from(self, place: int) -> tuple[ReadCard, int]:
        self._file.seek(place)
        return ReadCard(*marshal.load(self._file)), self._file.tell()  # noqa: S302 - ours


@dataclass(frozen=True, slots=True)
class Spooled:
    """Some of the cards in a spool; each time they are gone through, they are read again."""

    spool: Spool
    places: array[int]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.places)

    def __iter__(self) -> Iterator[ReadCard]:
        """Yield them in their order."""
        return map(self.spool.at, self.places)


@dataclass(frozen=True, slots=True)
class Bodies:
    """The bodies of cards in a spool."""

    cards: Spooled

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.cards)

    def __iter__(self) -> Iterator[bytes]:
        """Yield them in their order."""
        return (card.body for card in self.cards if card.body is not None)
