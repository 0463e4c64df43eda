"""What statements depend on of a query, and what is bound when they are run.

It is what ``probes`` have of it. What telephones ask with every key is put together without them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

from sqlalchemy import Dialect

from dirserver.model.fields import PHONES, Field
from dirserver.model.fold import part_forms
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
from dirserver.store.search.values import (
    Test,
    apart,
    can_be_kept,
    dialled,
    may_begin_word,
    probes,
)

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
            alone, some = apart(tests)
            shapes = tuple([spelled(test, plan, dialect, values) for test in alone])
            return Or, kept, shapes, _shapes(some, plan, dialect, values) if some else ()
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
            shape := contains(fields, test, plan, dialect, values)
        ) is not None:
            return shape
        case Keyed(digits):
            values += head_of(digits), digits, digits + trigram.LAST
            return Keyed
        case Equals() | Substring() | Anywhere() | AtLeast() | AtMost() | Below():
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
    spellings = _spellings(test.initial.lstrip())
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
    fields: tuple[Field, ...],
    test: Substring,
    plan: DialPlan,
    dialect: Dialect,
    values: list[str],
) -> Hashable | None:
    """Return the same, as ``begins`` does, for one part wherever it is.

    None where it is too short for a trigram, or where a number and a text may be looked for by one
    probe.
    """
    (part,) = test.any
    spellings = _spellings(part)
    ways = dialled(part, plan) if digits_of(part) else ()
    asked = (*spellings, *ways)
    if any(len(one) < trigram.SHORTEST for one in asked):
        return None
    is_of_words = may_begin_word(test)
    looked_for = _looked_for(fields, is_of_words, len(spellings), len(ways))
    if looked_for is None:
        return None
    for at in looked_for:
        values += trigram.asked(asked[at], dialect)
    return Substring, fields, is_of_words, len(spellings), len(ways)


def _spellings(part: str) -> list[str]:
    return [one for one in dict.fromkeys(part_forms(part)) if can_be_kept(one)]


@lru_cache(maxsize=256)
def _looked_for(
    fields: tuple[Field, ...], is_of_words: bool, spellings: int, ways: int
) -> tuple[int, ...] | None:
    """Return which of so many spellings of a part, and ways to dial it, each probe looks for."""
    found: dict[tuple[int, str], None] = {}
    for kind, asked in by_kind(fields, is_of_words):
        is_number = kind is Kind.NUMBER
        first, number = (spellings, ways) if is_number else (0, spellings)
        for at in range(first, first + number):
            for some in asked_of(asked, (Op.CONTAINS,)):
                where = looked_up_in(some[0])
                if ways and not where and not is_number:
                    return None
                found[at, where] = None
    return tuple([at for at, _ in found])
