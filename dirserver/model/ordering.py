"""In which order the cards of a search come, and where in that order a card stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from dirserver.model.fields import Field
from dirserver.model.record import record


class Fact(StrEnum):
    """What is kept of every card beside what it says."""

    __hash__ = str.__hash__

    KEY = "key"
    CREATED = "created"
    MODIFIED = "modified"


@record
class SortKey:
    """One thing to sort by. Of several values the least counts, folded as for a search, with ä as
    a (DIN 5007, variant 1); of names, of which a card has one mostly, the greatest.

    A card without a value, or one of which it is hidden, comes behind all that have one;
    ``reverse`` turns all of that around.
    """

    by: Field | Fact
    reverse: bool = False


# Whatever is asked for, cards that are equal in it are sorted by name and then by key, so that
# any order is total.
Order: TypeAlias = tuple[SortKey, ...]
BY_NAME: Order = ()

# Where a card stands: its value for each part of the order.
Place: TypeAlias = tuple[str | datetime | None, ...]


@record
class Span:
    """Which of what is found: behind the place ``after``, without the first ``skip``.

    ``backwards`` counts from the end, and gives what it finds in that order.
    """

    limit: int | None = None
    after: Place | None = None
    skip: int = 0
    backwards: bool = False


WHOLE = Span()
