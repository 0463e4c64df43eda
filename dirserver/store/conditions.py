"""Model queries as SQL conditions over the search index.

Every test of a field becomes a subquery over ``card_value`` that an index answers. Values are
compared folded, and numbers by their digits, as ``indexed_values`` left them there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Select,
    and_,
    false,
    not_,
    or_,
    select,
    true,
    union,
)

from dirserver.model.fields import PHONES, Field
from dirserver.model.fold import forms, part_forms
from dirserver.model.number import DialPlan, asked_forms, asked_prefixes, digits_of, indexed_forms
from dirserver.model.query import (
    And,
    AtLeast,
    AtMost,
    Between,
    BookIs,
    Constant,
    Equals,
    KeyIs,
    Moment,
    Not,
    Or,
    Present,
    Query,
    Substring,
)
from dirserver.store import trigram
from dirserver.store.storable import is_storable
from dirserver.store.tables import card, card_value

# Index entries are for matching; nobody asks for more of a value than this.
_VALUE_LENGTH = 512
# SQLite joins no more than 500 SELECTs into one.
_MOST_SELECTS = 400
# Sorts after every character, so that it ends the range of values with a given beginning.
_LAST = "\U0010ffff"

_Test: TypeAlias = Equals | Substring | AtLeast | AtMost


def indexed_values(field: Field, value: str, plan: DialPlan) -> tuple[str, ...]:
    """Return what the index holds for one value of ``field``."""
    if field in PHONES:
        return tuple(sorted(indexed_forms(value, plan)))
    return tuple(form[:_VALUE_LENGTH] for form in forms(value) if form)


def found_in(
    books: Sequence[int], query: Query, plan: DialPlan, dialect: Dialect
) -> ColumnElement[bool]:
    """Return the condition that a card is in one of ``books`` and that ``query`` finds it.

    ``query`` is resolved: nothing in it is undefined.
    """
    book: ColumnElement[int] = card.c.addressbook_id
    if dialect.name == "sqlite" and _is_selective(query):
        # SQLite would walk through the book and test each card; the sum keeps it from using
        # the index on the book, so that it begins with the few cards that the query finds.
        book = book + 0
    return and_(book.in_(books), _condition(query, plan, dialect))


def _is_selective(query: Query) -> bool:
    """Say whether the search index names the cards, rather than the book."""
    match query:
        case Equals() | Substring() | AtLeast() | AtMost() | KeyIs():
            return True
        case And(parts):
            return any(map(_is_selective, parts))
        case Or(parts):
            return all(map(_is_selective, parts))
        case _:
            return False


def _condition(query: Query, plan: DialPlan, dialect: Dialect) -> ColumnElement[bool]:
    match query:
        case Constant(value):
            return true() if value else false()
        case And(parts):
            return and_(*(_condition(part, plan, dialect) for part in parts))
        case Or(parts):
            return _any_of(parts, plan, dialect)
        case Not(Present(field)):
            return ~select(card_value.c.id).where(_of(field), _of_this_card()).exists()
        case Not(part):
            return not_(_condition(part, plan, dialect))
        case KeyIs(key):
            return card.c.key == key if is_storable(key) else false()
        case BookIs(book_id):
            return card.c.addressbook_id == book_id
        case Between():
            return _between(query)
        case Present(field):
            # Nearly every card has a name; to gather them all first would cost the whole book.
            return select(card_value.c.id).where(_of(field), _of_this_card()).exists()
        case _:
            return card.c.id.in_(_cards_with(query, plan, dialect))


def _between(query: Between) -> ColumnElement[bool]:
    column = card.c.created if query.moment is Moment.CREATED else card.c.modified
    bounds: list[ColumnElement[bool]] = [true()]
    if query.start is not None:
        bounds.append(column >= query.start)
    if query.end is not None:
        bounds.append(column < query.end)
    return and_(*bounds)


def _any_of(parts: Sequence[Query], plan: DialPlan, dialect: Dialect) -> ColumnElement[bool]:
    """Join alternatives; those that the index answers become one set of cards."""
    tests: list[_Test] = []
    keys: list[str] = []
    others: list[ColumnElement[bool]] = []
    for part in parts:
        match part:
            case Equals() | Substring() | AtLeast() | AtMost():
                tests.append(part)
            case KeyIs(key):
                keys.append(key)
            case _:
                others.append(_condition(part, plan, dialect))
    if keys:
        others.append(card.c.key.in_(list(filter(is_storable, keys))))
    if len(tests) == 1:
        others.append(_condition(tests[0], plan, dialect))
    elif tests:
        selects = [_cards_with(test, plan, dialect) for test in tests]
        for start in range(0, len(selects), _MOST_SELECTS):
            others.append(card.c.id.in_(union(*selects[start : start + _MOST_SELECTS])))
    return or_(*others)


def _of(field: Field) -> ColumnElement[bool]:
    return card_value.c.field == str(field)


def _of_this_card() -> ColumnElement[bool]:
    return card_value.c.card_id == card.c.id


def _cards_with(test: _Test, plan: DialPlan, dialect: Dialect) -> Select[int]:
    found = select(card_value.c.card_id)
    if not isinstance(test, Substring):
        return found.where(_of(test.field), _value_condition(test, plan))
    parts = _number_parts(test, plan) if test.field in PHONES else _text_parts(test)
    spellings = list(filter(_can_be, parts))
    condition = or_(false(), *(_substring(one) for one in spellings))
    longest = [max(_inner(one), key=len, default="") for one in spellings]
    if not longest or min(map(len, longest)) < trigram.SHORTEST:
        return found.where(_of(test.field), condition)
    # One look into the index of trigrams for all of them.
    there = trigram.contains(card_value.c.value, card_value.c.id, longest, dialect)
    if not all(map(_is_one_part, spellings)):
        there = and_(there, condition)
    if dialect.name == "sqlite" and not any(one.initial for one in spellings):
        # SQLite would walk through all values of the field; without the index on it, it begins
        # with the few that have the text.
        return found.where(card_value.c.field.concat("") == str(test.field), there)
    return found.where(_of(test.field), there)


def _value_condition(test: Equals | AtLeast | AtMost, plan: DialPlan) -> ColumnElement[bool]:
    value = card_value.c.value
    number = test.field in PHONES
    match test:
        case Equals(_, asked):
            wanted = asked_forms(asked, plan) if number else forms(asked)
            return value.in_(
                [form[:_VALUE_LENGTH] for form in wanted if form and is_storable(form)]
            )
        case AtLeast(_, asked) | AtMost(_, asked):
            bound = digits_of(asked) if number else forms(asked)[0]
            # Without a digit it is no number, and no number is before or after it.
            if not is_storable(bound) or (number and not bound):
                return false()
            return value >= bound if isinstance(test, AtLeast) else value <= bound


def _text_parts(test: Substring) -> list[Substring]:
    """Return the spellings of ``test`` to look for: the plain one, and that with digraphs."""
    spellings = []
    for spelling in (0, 1):
        parts = Substring(
            test.field,
            part_forms(test.initial.lstrip())[spelling],
            tuple(part_forms(part)[spelling] for part in test.any),
            part_forms(test.final.rstrip())[spelling],
        )
        if parts not in spellings:
            spellings.append(parts)
    return spellings


def _number_parts(test: Substring, plan: DialPlan) -> list[Substring]:
    """Return ``test`` in digits, once for each way in which its beginning may be dialled.

    A part without a digit says nothing about a number; without any digit it matches none.
    """
    middle = tuple(digits for part in test.any if (digits := digits_of(part)))
    final = digits_of(test.final)
    beginnings = asked_prefixes(test.initial, plan)
    if beginnings:
        return [Substring(test.field, beginning, middle, final) for beginning in beginnings]
    # A phone that looks for a number anywhere still sends all of it, with what it dials before.
    if len(middle) == 1 and not final:
        return [Substring(test.field, any=(one,)) for one in asked_prefixes(middle[0], plan)]
    if final and not middle:
        return [Substring(test.field, final=one) for one in asked_prefixes(final, plan)]
    return [Substring(test.field, any=middle, final=final)] if middle or final else []


def _can_be(parts: Substring) -> bool:
    """Say whether a value can have that; SQLite would take the length for an error."""
    whole = "".join((parts.initial, *parts.any, parts.final))
    return len(whole) <= _VALUE_LENGTH and is_storable(whole)


def _is_one_part(parts: Substring) -> bool:
    return not parts.initial and not parts.final and len(_inner(parts)) == 1


def _inner(parts: Substring) -> list[str]:
    return [part for part in (*parts.any, parts.final) if part]


def _substring(parts: Substring) -> ColumnElement[bool]:
    value = card_value.c.value
    conditions: list[ColumnElement[bool]] = [true()]
    if parts.initial:
        conditions += [value >= parts.initial, value < parts.initial + _LAST]
    if _inner(parts):
        conditions.append(value.like(_pattern(parts), escape="\\"))
    return and_(*conditions)


def _pattern(parts: Substring) -> str:
    middle = "".join(f"{_escaped(part)}%" for part in parts.any if part)
    return f"{_escaped(parts.initial)}%{middle}{_escaped(parts.final)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
