"""Cards on their way into a book: which are new or changed, and what is derived from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol, TypeAlias

from dirserver.directory.derivers import Job, derived
from dirserver.directory.intake.portions import portions
from dirserver.directory.writing import MAX_CARD_BYTES, Writing, etag_of
from dirserver.errors import CardTooLarge
from dirserver.model.policy import VisibleBook
from dirserver.model.vcard import uid_of, without
from dirserver.store.bodies import with_cards
from dirserver.store.cards import StoredCard, find_many
from dirserver.store.index.derived import Derived
from dirserver.store.same import joined
from dirserver.store.writing import new_key

# A file and a card in it, both counted from 0.
Place: TypeAlias = tuple[int, int]
# Says which cards a file, counted from 0, would have if these were exported into it just now. A
# format may say less of a card than is stored, or in another order: then these are other bytes,
# but nobody has changed anything. Cards that it does not look at are not fetched.
Exported: TypeAlias = Callable[[int, Iterator[bytes]], Collection[bytes]]


class Bodies(Protocol):
    """The cards of a file, which can be gone through more than once; none need be in memory."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield them in their order."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A card on its way, with the key that it has, or is to have."""

    place: Place
    uid: str
    etag: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A card that is about to be stored, and what is derived from it.

    It ``replaces`` the card of its UID; but where others went into that one before, it goes into
    it, too, lest what they said be lost: then that is ``grown``.
    """

    coming: Coming
    derived: Derived
    replaces: StoredCard | None
    grown: StoredCard | None

    @property
    def has_place(self) -> bool:
        """Whether a card of its UID is there, so that it is known where it goes."""
        return self.replaces is not None or self.grown is not None


def standing(files: Sequence[Bodies]) -> dict[Place, str]:
    """Return which cards of ``files`` are to be stored, each with its UID.

    Of several cards with one UID the last stands. Raises CardTooLarge; whether it is a card is
    seen when it is read as one, before it is stored.
    """
    places: dict[tuple[str, str], Place] = {}
    for number, bodies in enumerate(files):
        for card, body in enumerate(bodies):
            if len(body) > MAX_CARD_BYTES:
                raise CardTooLarge(MAX_CARD_BYTES)
            uid = uid_of(body)
            # Without a UID, only the same bytes are the same card.
            places[uid, "" if uid else etag_of(body)] = (number, card)
    return {place: uid for (uid, _), place in places.items()}


def read(
    writing: Writing,
    view: VisibleBook,
    files: Sequence[Bodies],
    there: Mapping[Place, str],
    exported: Exported,
    *,
    skips: bool,
) -> Iterator[tuple[list[Arrival], list[int]]]:
    """Yield, batch by batch, which of the cards that are ``there`` in ``files`` are to be stored.

    Beside them is the number of the file of each that is stored as it is, or is what was
    ``exported`` of the card that is stored, or went into another card before; or that was left out
    for another one, if that is what is wanted again (``skips``).
    A batch is as the book is when the one before has been stored.
    """
    batches = _batches(writing, view, those_of(files, there), exported, skips=skips)
    for (coming, unchanged), found in derived(writing.deriver, batches, len(there)):
        by_uid = find_many(
            writing.connection, view.book.id, "uid", [one.uid for one in coming if one.uid]
        )
        grown = joined.grown(writing.connection, [stored.id for stored in by_uid.values()])
        arrivals = []
        for one, beside in zip(coming, found, strict=True):
            stored = by_uid.get(one.uid) if one.uid else None
            grows = stored is not None and stored.id in grown
            arrivals.append(
                Arrival(one, beside, None if grows else stored, stored if grows else None)
            )
        yield arrivals, unchanged


def href_for(uid: str, etag: str) -> str:
    """Return the name that clients give to a new card: its UID, where that can be one."""
    plain = uid.removeprefix("urn:uuid:")
    if plain.isascii() and plain.replace("-", "").replace("_", "").isalnum() and len(plain) < 200:
        return f"{plain}.vcf"
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32] if uid else etag}.vcf"


def those_of(
    files: Sequence[Bodies], there: Mapping[Place, str]
) -> Iterator[tuple[Place, str, bytes]]:
    """Yield which cards of ``files`` are ``there``, each with its place and its UID."""
    for number, bodies in enumerate(files):
        for card, body in enumerate(bodies):
            if (uid := there.get((number, card))) is not None:
                yield (number, card), uid, body


def _batches(
    writing: Writing,
    view: VisibleBook,
    cards: Iterator[tuple[Place, str, bytes]],
    exported: Exported,
    *,
    skips: bool,
) -> Iterator[tuple[tuple[list[Coming], list[int]], list[Job]]]:
    """Yield what is new or changed of ``cards``, and the files of those that are as they were."""
    connection, book_id = writing.connection, view.book.id
    for batch in portions(cards, itemgetter(2)):
        etags = [etag_of(body) for *_, body in batch]
        known = joined.known(connection, book_id, etags, skips=skips)
        by_uid = find_many(connection, book_id, "uid", [uid for _, uid, _ in batch if uid])
        hrefs = [
            href_for("", etag) for (_, uid, _), etag in zip(batch, etags, strict=True) if not uid
        ]
        by_href = find_many(connection, book_id, "href", hrefs)
        others: dict[int, list[str]] = {}
        for (place, uid, _), etag in zip(batch, etags, strict=True):
            if uid in by_uid and by_uid[uid].card.etag != etag:
                others.setdefault(place[0], []).append(by_uid[uid].card.href)
        same = {
            number: exported(number, _shown(writing, view, hrefs))
            for number, hrefs in others.items()
        }
        coming: list[Coming] = []
        unchanged: list[int] = []
        for (place, uid, body), etag in zip(batch, etags, strict=True):
            stored = by_uid.get(uid) if uid else by_href.get(href_for("", etag))
            if (
                etag in known
                or (stored is not None and stored.card.etag == etag)
                or body in same.get(place[0], ())
            ):
                unchanged.append(place[0])
            else:
                key = stored.card.key if stored is not None and uid else new_key()
                coming.append(Coming(place, uid, etag, key, body))
        yield (coming, unchanged), [(one.body, one.key) for one in coming]


def _shown(writing: Writing, view: VisibleBook, hrefs: Sequence[str]) -> Iterator[bytes]:
    """Yield cards as whoever imports would have exported them."""
    for _, body in with_cards(writing.connection, view.book.id, hrefs):
        yield without(body, view.hidden) if view.hidden else body
