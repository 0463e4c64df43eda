"""Filters as they might have been meant: looser ones than a client has sent, and their leaves."""

from __future__ import annotations

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


def _loose(leaf: Leaf) -> Filter:
    match leaf:
        case EqualityMatch(attribute, value) if lookup(attribute) is not OBJECT_CLASS:
            return Substrings(attribute, any=(value,))
        case Substrings(attribute):
            return Substrings(attribute, any=values(leaf))
        case _:
            return leaf
