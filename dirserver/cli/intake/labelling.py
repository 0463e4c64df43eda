"""``import --labels-as books``: the groups of another program become books of ours."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dirserver.cli.acting import Acting
from dirserver.cli.failure import Failed
from dirserver.cli.intake.cardfiles import CardFile
from dirserver.config.faults import listing
from dirserver.directory import label_of
from dirserver.exchange.spool import Bodies, Spooled
from dirserver.model.contentline import split_value, unescape
from dirserver.model.grant import Privilege
from dirserver.model.vcard import parse_card

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Share:
    """Those cards of a file that go into one book."""

    book: str
    bodies: Bodies


def whole(file: CardFile, book: str) -> list[Share]:
    """Everybody into one book."""
    return [Share(book, file.bodies)]


def books_by_label(who: Acting) -> Mapping[str, str]:
    """Return the books that whoever acts may see, by what a label for each may be."""
    with who.reading() as reading:
        books = [view.book for view in reading.books(Privilege.SEARCH)]
    named = {book.name.casefold(): label_of(book) for book in books}
    return named | {label_of(book).casefold(): label_of(book) for book in books}


def shared_out(files: Sequence[CardFile], book: str, books: Mapping[str, str]) -> list[list[Share]]:
    """Part each file by the labels of its people; those without one go into ``book``.

    Who has several is in several books. Raises Failed for labels that no book is there for.
    """
    missing: dict[str, None] = {}
    shares = [_shares(file, book, books, missing) for file in files]
    if missing:
        names = list(missing)
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        raise Failed(
            f"There is no book for the labels {listing(names[:_MOST_NAMED], 'and')}{more}. Nothing "
            "was imported; add the books to the config, or leave --labels-as out."
        )
    return shares


def _shares(
    file: CardFile, book: str, books: Mapping[str, str], missing: dict[str, None]
) -> list[Share]:
    places: dict[str, array[int]] = {}
    for place, card in zip(file.kept.places, file.kept, strict=True):
        labels = _labels(card.body or b"")
        missing.update(dict.fromkeys(one for one in labels if one.casefold() not in books))
        wanted = [books[one.casefold()] for one in labels if one.casefold() in books] or [book]
        for slug in dict.fromkeys(wanted):
            places.setdefault(slug, array("q")).append(place)
    return [Share(slug, Bodies(Spooled(file.kept.spool, one))) for slug, one in places.items()]


def _labels(body: bytes) -> list[str]:
    parts = [
        unescape(part).strip()
        for line in parse_card(body).all("CATEGORIES")
        for part in split_value(line.value, ",")
    ]
    return [part for part in dict.fromkeys(parts) if part]
