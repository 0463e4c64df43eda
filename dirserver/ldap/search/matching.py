"""Filters on entries that are no cards; they are few, and not in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from dirserver.ldap.codec.messages import (
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
)
from dirserver.ldap.dit.dn import parse
from dirserver.ldap.schema.attributes import lookup
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.schema.operational import ENTRY_DN
from dirserver.ldap.search.extensible import items
from dirserver.ldap.search.values import Leaf, value_test


# What clients of one kind ask is about the same attributes.
@lru_cache(maxsize=256)
def known(about: tuple[str, ...]) -> frozenset[str]:
    """Return the attributes of the schema that are meant, by their names there."""
    return frozenset(one.name for one in map(lookup, about) if one is not None)


def matches_container(filter_: Filter, attributes: Mapping[str, tuple[str, ...]]) -> bool:
    """Say whether the filter is true for an entry that is no card.

    ``attributes`` are all that the entry has, under the names that the schema shows.
    """
    return truth(filter_, attributes) is True


def truth(filter_: Filter, attributes: Mapping[str, tuple[str, ...]]) -> bool | None:
    """Return whether the filter is true or false, or None: Undefined (RFC 4511 section 4.5.1.7)."""
    match filter_:
        case FilterAnd(parts):
            return _conjunction(truth(part, attributes) for part in parts)
        case FilterOr(parts):
            return _disjunction(truth(part, attributes) for part in parts)
        case FilterNot(part):
            return _negation(truth(part, attributes))
        case ExtensibleMatch():
            return _extensible(filter_, attributes)
    one = lookup(filter_.attribute)
    return None if one is None else _any(filter_, one, attributes.get(one.name, ()))


def _extensible(filter_: ExtensibleMatch, attributes: Mapping[str, tuple[str, ...]]) -> bool | None:
    found = items(filter_)
    if found is None:
        return None
    name = attributes.get(ENTRY_DN.name, ()) if filter_.dn_attributes else ()
    rdns = [part for text in name for rdn in parse(text) for part in rdn]

    def values(one: AttributeType) -> list[str]:
        in_name = [value for type_, value in rdns if lookup(type_) is one]
        return [*attributes.get(one.name, ()), *in_name]

    return _disjunction(_any(item, one, values(one)) for item, one in found)


def _any(leaf: Leaf, one: AttributeType, values: Iterable[str]) -> bool | None:
    test = value_test(leaf, one)
    return None if test is None else any(map(test, values))


def _conjunction(parts: Iterable[bool | None]) -> bool | None:
    values = set(parts)
    return False if False in values else None if None in values else True


def _disjunction(parts: Iterable[bool | None]) -> bool | None:
    return _negation(_conjunction(map(_negation, parts)))


def _negation(value: bool | None) -> bool | None:
    return None if value is None else not value
