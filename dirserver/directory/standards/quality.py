"""How good the cards of a book are: what breaks its standards, what is old, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dirserver.directory.directory import Directory
from dirserver.directory.reading import Reading
from dirserver.model.addressbook import Card
from dirserver.model.derive import derive
from dirserver.model.fields import Field
from dirserver.model.policy import VisibleBook
from dirserver.model.principal import Client, Principal
from dirserver.model.standards.judging import judge
from dirserver.model.standards.kinds import is_group
from dirserver.model.standards.rules import Fault, Standards
from dirserver.model.vcard import parse_card
from dirserver.store import quality as store

# Counted beside the rules: all cards of a book, and those that break any rule.
ALL = "cards"
BREAKING = "breaking"


@dataclass(frozen=True, slots=True)
class Inspected:
    """A card as it was found: ``changed`` is when somebody changed it last.

    Lists of other cards have no need for a number or an address.
    """

    card: Card
    name: str
    faults: tuple[Fault, ...]
    changed: datetime
    has_number: bool
    has_mail: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """How many cards broke a rule on a day (as 2026-11-26)."""

    day: str
    rule: str
    cards: int


def inspected(reading: Reading, view: VisibleBook) -> Iterator[Inspected]:
    """Yield the cards of a book that the principal sees all of, in the order of their names."""
    standards = view.book.standards or Standards()
    touched = store.touched(reading.connection, view.book.id)
    for card, body in reading.bodies(view):
        parsed = parse_card(body)
        said = derive(parsed)
        is_list = is_group(parsed)
        yield Inspected(
            card,
            said.get(Field.FULL_NAME, ("",))[0],
            judge(parsed, standards, reading.plan),
            touched.get(card.href, card.modified),
            is_list or Field.ANY_PHONE in said,
            is_list or Field.MAIL in said,
        )


def counted(found: Iterable[Inspected]) -> dict[str, int]:
    """Count the cards: all of them, those that break any rule, and those that break each."""
    counts: Counter[str] = Counter()
    for one in found:
        counts[ALL] += 1
        counts[BREAKING] += bool(one.faults)
        counts.update({fault.rule.value for fault in one.faults})
    return dict(counts)


def noted(reading: Reading, view: VisibleBook) -> list[Noted]:
    """Return what was counted in the nights, the oldest first."""
    return [Noted(*row) for row in store.noted(reading.connection, view.book.id)]


def note_counts(
    directory: Directory, actor: Principal, client: Client, checkpoint: Callable[[], None]
) -> int:
    """Count each book that has standards, and remember that for today; return how many books.

    Raises AccessDenied to all but the operator, and StoreUnavailable.
    """
    counts: dict[int, dict[str, int]] = {}
    with directory.reading(actor, client) as reading:
        reading.require_operator()
        books = [book for book in reading.policy.books if book.standards is not None]
        for book in books:
            view = reading.policy.view(actor, book)
            if view is not None:
                counts[book.id] = counted(_interrupted(inspected(reading, view), checkpoint))
    with directory.writing(actor, client) as writing:
        writing.require_operator()
        for book_id, of_book in counts.items():
            store.note(writing.connection, book_id, f"{writing.at:%Y-%m-%d}", of_book)
    return len(counts)


def _interrupted(found: Iterable[Inspected], checkpoint: Callable[[], None]) -> Iterator[Inspected]:
    for one in found:
        checkpoint()
        yield one
