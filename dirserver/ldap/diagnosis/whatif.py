"""Filters as they might have been meant: looser ones than a client has sent, and their leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from dirserver.ldap.codec.messages import (
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
    GreaterOrEqual,
    LessOrEqual,
    PresentFilter,
    Substrings,
)
from dirserver.ldap.schema.attributes import OBJECT_CLASS, lookup
from dirserver.model.fields import PHONES

Leaf: TypeAlias = (
    EqualityMatch
    | Substrings
    | GreaterOrEqual
    | LessOrEqual
    | PresentFilter
    | ApproxMatch
    | ExtensibleMatch
)

_TRUE = FilterAnd(())
# Shorter ones may well be meant to spell a name.
_NUMBER = re.compile(rb"[ ()+./-]*[0-9](?:[ ()+./-]*[0-9]){4,}[ ()+./-]*")


def leaves(filter_: Filter) -> Iterator[Leaf]:
    """Yield what a filter says of single attributes."""
    match filter_:
        case FilterAnd(parts) | FilterOr(parts):
            for part in parts:
                yield from leaves(part)
        case FilterNot(part):
            yield from leaves(part)
        case _:
            yield filter_


def values(leaf: Leaf) -> tuple[bytes, ...]:
    """Return the values that an attribute is compared with."""
    match leaf:
        case PresentFilter():
            return ()
        case Substrings(_, initial, middle, final):
            return tuple(part for part in (initial, *middle, final) if part)
        case _:
            return (leaf.value,)


def without_classes(filter_: Filter) -> Filter:
    """Return the filter for entries of whatever object class."""
    return _each(filter_, _any_class)


def without_unknown(filter_: Filter) -> Filter:
    """Return the filter without those conditions that depend on an attribute that is not known."""
    match filter_:
        case FilterAnd(parts):
            return FilterAnd(tuple(without_unknown(one) for one in parts if not _is_unknown(one)))
        case FilterOr(parts):
            return FilterOr(tuple(map(without_unknown, parts)))
        case _:
            return filter_


def with_numbers(filter_: Filter) -> Filter:
    """Return the filter with numbers that are asked of names and texts looked for as numbers."""
    return _each(filter_, _as_number)


def with_wildcards(filter_: Filter) -> Filter:
    """Return the filter with a wildcard before and behind whatever values are to equal."""
    return _each(filter_, _loose)


def _each(filter_: Filter, change: Callable[[Leaf], Filter]) -> Filter:
    match filter_:
        case FilterAnd(parts):
            return FilterAnd(tuple(_each(part, change) for part in parts))
        case FilterOr(parts):
            return FilterOr(tuple(_each(part, change) for part in parts))
        case FilterNot():
            # What is less strict here would find less.
            return filter_
        case _:
            return change(filter_)


def _any_class(leaf: Leaf) -> Filter:
    is_class = isinstance(leaf, EqualityMatch) and lookup(leaf.attribute) is OBJECT_CLASS
    return _TRUE if is_class else leaf


def _is_unknown(filter_: Filter) -> bool:
    match filter_:
        case FilterAnd() | FilterOr():
            return False
        case FilterNot(part):
            return _is_unknown(part)
        case _:
            return lookup(filter_.attribute or "") is None


def _as_number(leaf: Leaf) -> Filter:
    one, asked = lookup(leaf.attribute or ""), values(leaf)
    if one is None or not PHONES.isdisjoint(one.fields):
        return leaf
    return Substrings("searchNumber", any=asked) if _NUMBER.fullmatch(b"".join(asked)) else leaf


def _loose(leaf: Leaf) -> Filter:
    match leaf:
        case EqualityMatch(attribute, value) if lookup(attribute) is not OBJECT_CLASS:
            return Substrings(attribute, any=(value,))
        case Substrings(attribute):
            return Substrings(attribute, any=values(leaf))
        case _:
            return leaf
