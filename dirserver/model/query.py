"""What a search asks, without the words of any protocol.

Values are as the caller typed them; whoever runs the query folds them, and the values that it
meets, in the same way. The logic has three values (RFC 4511 section 4.5.1.7): a test of what
the principal may not see, or of what no card can have, is ``Undefined``, and so is its
negation; a card is found when the whole is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from dirserver.model.fields import GROUP, NAMES, Field, is_hidden
from dirserver.model.record import record


@record
class And:
    """True when every part is; true without parts (RFC 4526)."""

    parts: tuple[Query, ...]


@record
class Or:
    """True when any part is; false without parts (RFC 4526)."""

    parts: tuple[Query, ...]


@record
class Not:
    """True when the part is false; undefined when the part is undefined."""

    part: Query


@record
class Constant:
    """True for every card, false for every card, or, as None, undefined."""

    value: bool | None


EVERYTHING = Constant(True)
NOTHING = Constant(False)
UNDEFINED = Constant(None)


@record
class Present:
    """The card has a value of the field."""

    field: Field


@record
class Equals:
    """A value of the field is this one, folded; for numbers, the same number."""

    field: Field
    value: str


@record
class Substring:
    """A value of the field has these parts in this order, without overlap.

    With ``at_word``, the first part may also begin any other word of a name.
    """

    field: Field
    initial: str = ""
    any: tuple[str, ...] = ()
    final: str = ""
    at_word: bool = False


@record
class Anywhere:
    """What ``test`` says of its field is true of one of ``fields``; of names alone ``at_word``.

    It says what the same test of each says, at once: so telephones ask, and mail programs.
    """

    fields: tuple[Field, ...]
    test: Equals | Substring

    def each(self) -> Or:
        """Return the same as a test of each field."""
        tests: list[Query] = []
        for field in self.fields:
            match self.test:
                case Equals():
                    tests.append(replace(self.test, field=field))
                case Substring():
                    at_word = self.test.at_word and field in NAMES
                    tests.append(replace(self.test, field=field, at_word=at_word))
        return Or(tuple(tests))


@record
class Keyed:
    """The letters of the full name, from some word on, are on these keys of a telephone."""

    digits: str

    @property
    def field(self) -> Field:
        """The field that is looked at."""
        return Field.FULL_NAME


@record
class AtLeast:
    """A value of the field, folded, is not before this one."""

    field: Field
    value: str


@record
class AtMost:
    """A value of the field, folded, is not after this one."""

    field: Field
    value: str


@record
class Below:
    """A value of the field, folded, is before this one."""

    field: Field
    value: str


@record
class KeyIs:
    """The card's key is this one."""

    key: str


@record
class BookIs:
    """The card is in the book with this id."""

    book_id: int


@record
class InQuarantine:
    """The card is in one of these books, by id, and in quarantine there."""

    books: frozenset[int]


@record
class LinkedIn:
    """The card is linked with one in one of these books, by id, of those ``shown`` there.

    What is hidden of them is left out of ``shown`` already.
    """

    books: tuple[int, ...]
    shown: Query = EVERYTHING


class Moment(StrEnum):
    """The moments that are kept of every card."""

    CREATED = "created"
    MODIFIED = "modified"


@record
class Between:
    """The moment is not before ``start``, but before ``end``; None is no bound."""

    moment: Moment
    start: datetime | None = None
    end: datetime | None = None


Query: TypeAlias = (
    And
    | Or
    | Not
    | Constant
    | Present
    | Equals
    | Substring
    | Anywhere
    | Keyed
    | AtLeast
    | AtMost
    | Below
    | KeyIs
    | BookIs
    | InQuarantine
    | LinkedIn
    | Between
)


# Every card is one of the two.
GROUPS = Equals(Field.KIND, GROUP)
PERSONS = Not(GROUPS)


def number_of_tests(query: Query) -> int:
    """Return how many tests there are in ``query``."""
    match query:
        case And(parts) | Or(parts):
            return sum(map(number_of_tests, parts))
        case Not(part):
            return number_of_tests(part)
        case _:
            return 1


def fields_of(query: Query) -> frozenset[Field]:
    """Return the fields that ``query`` tests."""
    match query:
        case And(parts) | Or(parts):
            return frozenset().union(*map(fields_of, parts))
        case Not(part):
            return fields_of(part)
        case Constant() | KeyIs() | BookIs() | InQuarantine() | LinkedIn() | Between():
            return frozenset()
        case Anywhere(fields):
            return frozenset(fields)
        case _:
            return frozenset({query.field})


def regardless_of_links(query: Query) -> Query:
    """Return what finds the cards that ``query`` may find when other cards are linked."""
    match query:
        case And(parts):
            return And(tuple(map(regardless_of_links, parts)))
        case Not(LinkedIn()):
            return EVERYTHING
        case _:
            return query


def resolve(query: Query, hidden: frozenset[str]) -> Query:
    """Return ``query`` as it is to be run for a principal who may not see ``hidden``.

    The result is true for the same cards, has ``Not`` only around single tests, and nothing in
    it is undefined: negations are pushed inwards (De Morgan's laws hold in three-valued logic),
    and what is left of an undefined test then counts as false, as nothing can negate it.
    """
    if not hidden and isinstance(query, Anywhere):
        # As nearly all that telephones ask.
        return query
    return _resolve(query, hidden, negated=False)


def _resolve(query: Query, hidden: frozenset[str], *, negated: bool) -> Query:
    match query:
        case Not(part):
            return _resolve(part, hidden, negated=not negated)
        case Constant(value):
            # Always the very same two, so that nothing need be compared.
            return EVERYTHING if value is not None and value is not negated else NOTHING
        case And(parts) | Or(parts):
            resolved = [_resolve(part, hidden, negated=negated) for part in parts]
            return _joined(resolved, conjunction=isinstance(query, And) is not negated)
        case KeyIs() | BookIs() | InQuarantine() | LinkedIn() | Between():
            return Not(query) if negated else query
        case Anywhere(fields):
            for field in fields:
                if is_hidden(field, hidden):
                    return _resolve(query.each(), hidden, negated=negated)
            return Not(query) if negated else query
        case _:
            if is_hidden(query.field, hidden):
                return NOTHING
            return Not(query) if negated else query


def _joined(parts: Sequence[Query], *, conjunction: bool) -> Query:
    neutral, absorbing = (EVERYTHING, NOTHING) if conjunction else (NOTHING, EVERYTHING)
    distinct: dict[Query, None] = {}
    for part in parts:
        if part is absorbing:
            return absorbing
        if isinstance(part, And if conjunction else Or):
            # One of several attributes may be several tests, and each is looked for once.
            distinct.update(dict.fromkeys(part.parts))
        elif part is not neutral:
            distinct[part] = None
    kept = tuple(distinct)
    if not kept:
        return neutral
    if len(kept) == 1:
        return kept[0]
    return And(kept) if conjunction else Or(kept)
