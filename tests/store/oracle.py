"""What a search should find: a query held against a card in memory, one value at a time.

It knows of folding and of numbers what ``model.fold`` and ``model.number`` define, and nothing
of SQL. Values are taken as short: of long ones the index has pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dirserver.model.fields import NAMES, PHONES, Field, is_hidden
from dirserver.model.fold import fold, forms, part_forms
from dirserver.model.number import DialPlan, asked_forms, asked_prefixes, indexed_forms
from dirserver.model.number_reading import digits_of
from dirserver.model.query import (
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Between,
    BookIs,
    Constant,
    Equals,
    InQuarantine,
    Keyed,
    KeyIs,
    LinkedIn,
    Not,
    Or,
    Present,
    Query,
    Substring,
)
from dirserver.model.spelling import beginnings, keyed, name_forms


@dataclass(frozen=True)
class OracleCard:
    """A card as the oracle sees it; ``book`` is where it is, ``at`` when it was written."""

    key: str
    book: int
    fields: Mapping[Field, tuple[str, ...]]
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def order(self) -> tuple[str, str]:
        """Where the card stands in a result."""
        return fold(self.fields.get(Field.FULL_NAME, (self.key,))[0]), self.key


def found(
    cards: Iterable[OracleCard],
    query: Query,
    scopes: Sequence[tuple[frozenset[str], Sequence[int]]],
    plan: DialPlan,
) -> list[str]:
    """Return the keys of the cards that ``query`` finds, in their order."""
    hidden = {book: properties for properties, books in scopes for book in books}
    hits = [
        card
        for card in cards
        if card.book in hidden and truth(query, card, hidden[card.book], plan) is True
    ]
    return [card.key for card in sorted(hits, key=lambda card: card.order)]


def truth(query: Query, card: OracleCard, hidden: frozenset[str], plan: DialPlan) -> bool | None:
    """Say whether ``query`` is true, false or, as None, undefined for ``card``."""
    match query:
        case Constant(value):
            return value
        case Not(part):
            value = truth(part, card, hidden, plan)
            return None if value is None else not value
        case And(parts):
            values = [truth(part, card, hidden, plan) for part in parts]
            return False if False in values else None if None in values else True
        case Or(parts):
            values = [truth(part, card, hidden, plan) for part in parts]
            return True if True in values else None if None in values else False
        case KeyIs(key):
            return card.key == key
        case BookIs(book_id):
            return card.book == book_id
        case InQuarantine() | LinkedIn():
            return False
        case Anywhere(fields, test):
            each = Or(tuple(_asked_of(test, field) for field in fields))
            return truth(each, card, hidden, plan)
        case Between(_, start, end):
            return (start is None or start <= card.at) and (end is None or card.at < end)
        case _:
            if is_hidden(query.field, hidden):
                return None
            values_of = _said(card, query.field)
            holds = _of_number if query.field in PHONES else _of_text
            return any(holds(query, value, plan) for value in values_of)


def _asked_of(test: Equals | Substring, field: Field) -> Equals | Substring:
    if isinstance(test, Equals):
        return Equals(field, test.value)
    at_word = test.at_word and field in NAMES
    return Substring(field, test.initial, test.any, test.final, at_word)


_Test = Present | Equals | Substring | Keyed | AtLeast | AtMost | Below


def _said(card: OracleCard, field: Field) -> tuple[str, ...]:
    if field is not Field.ANY_PHONE:
        return card.fields.get(field, ())
    return tuple(value for one in PHONES for value in card.fields.get(one, ()))


def _of_text(test: _Test, value: str, _plan: DialPlan) -> bool:
    is_name = test.field in NAMES
    said = [form for form in (name_forms if is_name else forms)(value) if form]
    match test:
        case Present():
            return bool(said)
        case Equals(_, asked):
            return not set(said).isdisjoint(forms(asked))
        case AtLeast(_, asked):
            return "\0" not in asked and any(form >= forms(asked)[0] for form in said)
        case AtMost(_, asked):
            return "\0" not in asked and any(form <= forms(asked)[0] for form in said)
        case Below(_, asked):
            return "\0" not in asked and any(form < forms(asked)[0] for form in said)
        case Keyed(digits):
            return any(keys.startswith(digits) for keys in keyed(said))
        case Substring(_, initial, middle, final, at_word):
            # Nothing begins or ends with a blank once it is folded.
            spellings = [
                (
                    part_forms(initial.lstrip())[spelling],
                    [part_forms(part)[spelling] for part in middle],
                    part_forms(final.rstrip())[spelling],
                )
                for spelling in (0, 1)
            ]
            if is_name and at_word:
                said += [part for form in said for part in beginnings(form)]
            return any(_has(form, *parts) for form in said for parts in spellings)


def _of_number(test: _Test, value: str, plan: DialPlan) -> bool:
    said = indexed_forms(value, plan)
    match test:
        case Present():
            return True
        case Equals(_, asked):
            return not said.isdisjoint(asked_forms(asked, plan))
        case AtLeast(_, asked):
            digits = digits_of(asked)
            return bool(digits) and any(form >= digits for form in said)
        case AtMost(_, asked):
            digits = digits_of(asked)
            return bool(digits) and any(form <= digits for form in said)
        case Below(_, asked):
            digits = digits_of(asked)
            return bool(digits) and any(form < digits for form in said)
        case Substring(_, initial, middle, final):
            # A part without a digit says nothing; without any digit it is no number. The first
            # may have before it what is dialled before a number.
            parts = [initial, *middle, final]
            first = next((part for part in parts if digits_of(part)), "")
            return any(
                _has(form, way[0], [part for part in way[1:-1] if part], way[-1])
                for dialled in asked_prefixes(first, plan)
                for way in [_with_first(list(map(digits_of, parts)), dialled)]
                for form in said
            )
        case Keyed():
            return False


def _with_first(digits: list[str], dialled: str) -> list[str]:
    """Put what may be dialled for it in the place of the first part that has a digit."""
    at = next(at for at, part in enumerate(digits) if part)
    return [*digits[:at], dialled, *digits[at + 1 :]]


def _has(form: str, initial: str, middle: Sequence[str], final: str) -> bool:
    """Say whether the parts are in ``form``, in their order and without overlap."""
    if not form.startswith(initial):
        return False
    at = len(initial)
    for part in middle:
        place = form.find(part, at)
        if place < 0:
            return False
        at = place + len(part)
    return len(form) - at >= len(final) and form.endswith(final)
