"""The telephone numbers that a filter asks for, and how they look in the answer.

Some clients compare the numbers of an answer with the one that they have asked for, as text, and
drop what differs (Linphone). They are given the number as they wrote it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from dirserver.ldap.codec.messages import (
    EqualityMatch,
    Filter,
    FilterAnd,
    FilterOr,
    Substrings,
)
from dirserver.ldap.schema.attributes import lookup
from dirserver.ldap.search.values import text_of
from dirserver.model.fields import PHONES
from dirserver.model.number import DialPlan, is_same
from dirserver.model.number_writing import NumberStyle, styled

# A phone asks for one number, of several attributes.
_MOST = 8


def asked_numbers(filter_: Filter) -> tuple[str, ...]:
    """Return the numbers that the filter asks for in one piece, each once."""
    return tuple(dict.fromkeys(islice(_asked(filter_), _MOST)))


def may_ask_for_numbers(about: Iterable[str]) -> bool:
    """Say whether a filter that is about these attributes may have such numbers."""
    known = map(lookup, about)
    return any(one is not None and not PHONES.isdisjoint(one.fields) for one in known)


def _asked(filter_: Filter) -> Iterator[str]:
    match filter_:
        case FilterAnd(parts) | FilterOr(parts):
            for part in parts:
                yield from _asked(part)
            return
        case EqualityMatch(attribute, value):
            pass
        case Substrings(attribute, initial, middle, final):
            said = [part for part in (initial, *middle, final) if part]
            if len(said) != 1:
                return
            (value,) = said
        case _:
            return
    one = lookup(attribute)
    number = (text_of(value) or "").strip()
    if one is not None and number and not PHONES.isdisjoint(one.fields):
        yield number


def spelled(
    style: NumberStyle, plan: DialPlan, asked: tuple[str, ...]
) -> Callable[[str], tuple[str, ...]] | None:
    """Return what becomes of each number of an answer: in ``style``, and then as it was asked for.

    None where every number stays as it is.
    """
    if style is NumberStyle.AS_WRITTEN and not asked:
        return None
    return partial(_spelled, style=style, plan=plan, asked=asked)


def _spelled(
    number: str, *, style: NumberStyle, plan: DialPlan, asked: tuple[str, ...]
) -> tuple[str, ...]:
    shown = styled(number, style, plan)
    return (shown, *(one for one in asked if one != shown and is_same(one, number, plan)))
