"""What statements depend on of a query, and what is bound when they are run.

It is what ``probes`` have of it. What telephones ask with every key is put together without them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from sqlalchemy import Dialect

from dirserver.model.fields import PHONES, Field
from dirserver.model.number import DialPlan, asked_forms
from dirserver.model.number_reading import digits_of
from dirserver.model.query import (
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    Equals,
    Keyed,
    LinkedIn,
    Not,
    Or,
    Query,
    Substring,
)
from dirserver.store.index import trigram
from dirserver.store.index.beginnings import head_of
from dirserver.store.search.kinds import Kind, asked_of, by_kind, looked_up_in
from dirserver.store.search.probes import Op, Shape, is_by_order
from dirserver.store.search.values import Test, can_be, may_begin_word, probes, text_parts

_BEGINNING = (Op.AT_LEAST, Op.BELOW)


def spelled(query: Query, plan: DialPlan, dialect: Dialect, values: list[str]) -> Hashable:
    """Return what the condition for ``query`` depends on, and add what is bound to ``values``.

    Two queries for which that is the same have the same condition but for what is bound.
    """
    match query:
        case And(parts):
            return type(query), tuple([spelled(part, plan, dialect, values) for part in parts])
        case Or(parts):
            # In the order of ``_any_of``.
            tests = [part for part in parts if isinstance(part, Test)]
            others = [part for part in parts if not isinstance(part, Test)]
            kept = tuple([spelled(part, plan, dialect, values) for part in others])
            return Or, kept, _shapes(tests, plan, dialect, values)
        case Not(part):
            return Not, spelled(part, plan, dialect, values)
        case Anywhere(fields, Equals(_, number)) if PHONES.issuperset(fields):
            # As ``probes`` has it, but put together once.
            forms = asked_forms(number, plan)
            values += forms
            return Anywhere, fields, len(forms)
        case Anywhere(fields, Substring(_, str(), (), "", True) as test) if (
            test.initial and (shape := begins(fields, test, dialect, values)) is not None
        ):
            return shape
        case Anywhere(fields, Substring(_, "", (_,), "") as test) if (
            shape := contains(fields, test, dialect, values)
        ) is not None:
            return shape
        case Equals() | Substring() | Anywhere() | Keyed() | AtLeast() | AtMost() | Below():
            return _shapes([query], plan, dialect, values)
        case LinkedIn():
            # What is asked of the other cards is bound where it stands, as the plan has it.
            return query, plan
        case _:
            return query


def _shapes(
    tests: Sequence[Test], plan: DialPlan, dialect: Dialect, values: list[str]
) -> tuple[Shape, ...]:
    found = probes(tests, plan)
    for probe in found:
        values += probe.values(dialect)
    return tuple([probe.shape for probe in found])


def begins(
    fields: tuple[Field, ...], test: Substring, dialect: Dialect, values: list[str]
) -> Hashable | None:
    """Return what the probes for a beginning depend on, and add what is bound to ``values``.

    It is as ``probes`` has it for such a test of each of ``fields``, but put together without
    them: that is what telephones ask with every key. None where that is not so.
    """
    kinds = by_kind(fields, True)
    if any(kind is Kind.NUMBER for kind, _ in kinds):
        return None
    spellings = [parts.initial for parts in filter(can_be, text_parts(test))]
    if not all(spellings):
        # Nothing is left of it that would tell words apart.
        return None
    for kind, some in kinds:
        for initial in spellings:
            until = initial + trigram.LAST
            if kind is Kind.WORDS:
                values += head_of(initial), initial, until
                continue
            for asked in asked_of(some, _BEGINNING):
                if dialect.name == "sqlite" and not is_by_order(asked, _BEGINNING):
                    values.append(trigram.beginning(initial))
                values += initial, until
    return Substring, fields, len(spellings)


def contains(
    fields: tuple[Field, ...], test: Substring, dialect: Dialect, values: list[str]
) -> Hashable | None:
    """Return the same, as ``begins`` does, for one part wherever it is.

    None where it has digits, by which numbers are found, or is too short for a trigram.
    """
    (part,) = test.any
    if digits_of(part):
        return None
    spellings = [parts.any[0] for parts in filter(can_be, text_parts(test))]
    if any(len(one) < trigram.SHORTEST for one in spellings):
        return None
    is_of_words = may_begin_word(test)
    for at in _looked_for(fields, is_of_words, len(spellings)):
        values += trigram.asked(spellings[at], dialect)
    return Substring, fields, is_of_words, len(spellings)


@lru_cache(maxsize=256)
def _looked_for(fields: tuple[Field, ...], is_of_words: bool, spellings: int) -> tuple[int, ...]:
    """Return which of so many spellings of a part each of the probes for them looks for."""
    found = {
        (at, looked_up_in(some[0])): None
        for kind, asked in by_kind(fields, is_of_words)
        if kind is not Kind.NUMBER
        for at in range(spellings)
        for some in asked_of(asked, (Op.CONTAINS,))
    }
    return tuple([at for at, _ in found])
