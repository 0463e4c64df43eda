"""Cards on their way into a book: which are new or changed, and what is derived from them.

All are known before the first is stored, since two of them may be of one person. Until then, what
there is to be stored beside their bodies waits on the disk.
"""

from __future__ import annotations

import hashlib
import pickle
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from typing import Protocol, TypeAlias

from dirserver.directory.derivers import Job, derived
from dirserver.directory.writing import Writing, etag_of
from dirserver.model.policy import VisibleBook
from dirserver.store import joined
from dirserver.store.cards import StoredCard, find_many
from dirserver.store.derived import Derived
from dirserver.store.engine import Connection
from dirserver.store.writing import new_key

_BATCH = 500

# A file and a card in it, both counted from 0.
Place: TypeAlias = tuple[int, int]


class Bodies(Protocol):
    """The cards of a file, which can be gone through more than once; none need be in memory."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield them in their order."""

    def __getitem__(self, place: int, /) -> bytes:
        """Return one of them."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A card that is new in the book, or otherwise than the stored one that has its UID.

    It ``replaces`` that one; but where others ``joined`` that one before, it goes into it, too,
    lest what they said be lost.
    """

    place: Place
    uid: str
    etag: str
    key: str
    stored: StoredCard | None
    joined: bool

    @property
    def replaces(self) -> StoredCard | None:
        """The card in the place of which it is stored."""
        return None if self.joined else self.stored


@dataclass(frozen=True, slots=True)
class Arrival:
    """A card on its way, and what is derived from it."""

    coming: Coming
    derived: Derived


class Arrivals:
    """Arrivals in the order in which they came: in a file without a name, gone with the process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._file = TemporaryFile(prefix="dirserver-")  # noqa: SIM115 - closed by ``close``
        self._starts = array("Q")
        self._end = 0
        # The numbers of those that go into the stored card of their UID.
        self.going: list[int] = []

    def append(self, arrival: Arrival) -> None:
        """Put one behind the others."""
        if arrival.coming.joined:
            self.going.append(len(self))
        self._starts.append(self._end)
        self._file.seek(self._end)
        pickle.dump(arrival, self._file, pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._starts)

    def __getitem__(self, number: int) -> Arrival:
        """Return the one with this number."""
        self._file.seek(self._starts[number])
        arrival: Arrival = pickle.load(self._file)  # noqa: S301 - ours, and nobody else's
        return arrival

    def __iter__(self) -> Iterator[Arrival]:
        """Yield them in their order."""
        return map(self.__getitem__, range(len(self)))

    def close(self) -> None:
        """Let go of them."""
        self._file.close()


def standing(writing: Writing, files: Sequence[Bodies]) -> dict[Place, str]:
    """Return which cards of ``files`` are to be stored, each with its UID.

    Of several cards with one UID the last stands. Raises InvalidCard and CardTooLarge for what
    cannot be kept.
    """
    places: dict[tuple[str, str], Place] = {}
    for number, bodies in enumerate(files):
        for card, body in enumerate(bodies):
            uid = writing.parsed(body).uid
            # Without a UID, only the same bytes are the same card.
            places[uid, "" if uid else etag_of(body)] = (number, card)
    return {place: uid for (uid, _), place in places.items()}


def read(
    writing: Writing,
    view: VisibleBook,
    files: Sequence[Bodies],
    there: Mapping[Place, str],
    arrivals: Arrivals,
) -> Iterator[tuple[int, list[int]]]:
    """Append to ``arrivals`` which of the cards that are ``there`` in ``files`` are new or changed.

    Yield, batch by batch, how many were looked at, and the number of the file of each that is
    stored as it is, or went into another card before.
    """
    batches = _batches(writing, view, _those_of(files, there))
    done = 0
    for (coming, unchanged), found in derived(writing.deriver, batches, len(there)):
        for one, beside in zip(coming, found, strict=True):
            arrivals.append(Arrival(one, beside))
        done += len(coming) + len(unchanged)
        yield done, unchanged


def href_for(uid: str, etag: str) -> str:
    """Return the name that clients give to a new card: its UID, where that can be one."""
    plain = uid.removeprefix("urn:uuid:")
    if plain.isascii() and plain.replace("-", "").replace("_", "").isalnum() and len(plain) < 200:
        return f"{plain}.vcf"
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32] if uid else etag}.vcf"


def _those_of(
    files: Sequence[Bodies], there: Mapping[Place, str]
) -> Iterator[tuple[Place, str, bytes]]:
    for number, bodies in enumerate(files):
        for card, body in enumerate(bodies):
            if (uid := there.get((number, card))) is not None:
                yield (number, card), uid, body


def _batches(
    writing: Writing, view: VisibleBook, cards: Iterator[tuple[Place, str, bytes]]
) -> Iterator[tuple[tuple[list[Coming], list[int]], list[Job]]]:
    """Yield what is new or changed of ``cards``, and the files of those that are as they were."""
    while batch := list(islice(cards, _BATCH)):
        there = _There(writing.connection, view.book.id, batch)
        coming: list[Coming] = []
        jobs: list[Job] = []
        unchanged: list[int] = []
        for place, uid, body in batch:
            etag = etag_of(body)
            if there.has(uid, etag):
                unchanged.append(place[0])
                continue
            stored = there.by_uid.get(uid) if uid else None
            key = new_key() if stored is None else stored.card.key
            is_joined = stored is not None and stored.id in there.joined
            coming.append(Coming(place, uid, etag, key, stored, is_joined))
            jobs.append((body, key))
        yield (coming, unchanged), jobs


class _There:
    """What the book has of a batch of cards."""

    def __init__(
        self, connection: Connection, book_id: int, batch: Sequence[tuple[Place, str, bytes]]
    ) -> None:
        hrefs = [href_for("", etag_of(body)) for _, uid, body in batch if not uid]
        self.by_uid = find_many(connection, book_id, "uid", [uid for _, uid, _ in batch if uid])
        self.by_href = find_many(connection, book_id, "href", hrefs)
        self.known = joined.known(connection, book_id, [etag_of(body) for *_, body in batch])
        self.joined = joined.joined_to(connection, [one.id for one in self.by_uid.values()])

    def has(self, uid: str, etag: str) -> bool:
        """Say whether these very bytes are stored, or went into what is."""
        stored = self.by_uid.get(uid) if uid else self.by_href.get(href_for("", etag))
        return etag in self.known or (stored is not None and stored.card.etag == etag)
