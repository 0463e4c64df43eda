"""Filters on entries that are no cards; they are few, and not in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from dirserver.ldap.codec.messages import (
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
)
from dirserver.ldap.dit.dn import parse
from dirserver.ldap.schema.attributes import ATTRIBUTE_TYPES, CN, lookup
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.schema.operational import ENTRY_DN
from dirserver.ldap.search.extensible import items
from dirserver.ldap.search.values import NAMES_OF_PERSONS, Leaf, digits_pressed, value_test
from dirserver.model.spelling import keyed, name_forms


# What clients of one kind ask is about the same attributes.
@lru_cache(maxsize=256)
def known(about: tuple[str, ...]) -> frozenset[str]:
    """Return the attributes of the schema that are looked at, by their names there."""
    types = [one for one in map(lookup, about) if one is not None]
    return frozenset(name for one in types for name in _looked_at(one))


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
    return True if _is_dialled(filter_, attributes) else compared(filter_, attributes)


def compared(leaf: Leaf, attributes: Mapping[str, tuple[str, ...]]) -> bool | None:
    """Return the same of a single test, in which digits are nothing but digits."""
    one = lookup(leaf.attribute)
    return None if one is None else _any(leaf, one, _values(one, attributes))


def _values(one: AttributeType, attributes: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [value for name in _looked_at(one) for value in attributes.get(name, ())]


@cache
def _looked_at(one: AttributeType) -> tuple[str, ...]:
    """Return the attribute, or those of persons of which one that is only searched is made."""
    if one.oid:
        return (one.name,)
    names = NAMES_OF_PERSONS.intersection(one.fields)
    return tuple([each.name for each in ATTRIBUTE_TYPES if each.oid and names & {*each.fields}])


def _is_dialled(leaf: Leaf, attributes: Mapping[str, tuple[str, ...]]) -> bool:
    one = lookup(leaf.attribute)
    if one is None or NAMES_OF_PERSONS.isdisjoint(one.fields):
        return False
    digits = digits_pressed(leaf)
    if not digits:
        return False
    spellings = (form for name in attributes.get(CN.name, ()) for form in name_forms(name))
    return any(keys.startswith(digits) for keys in keyed(spellings))


def _extensible(filter_: ExtensibleMatch, attributes: Mapping[str, tuple[str, ...]]) -> bool | None:
    found = items(filter_)
    if found is None:
        return None
    name = attributes.get(ENTRY_DN.name, ()) if filter_.dn_attributes else ()
    rdns = [part for text in name for rdn in parse(text) for part in rdn]

    def values(one: AttributeType) -> list[str]:
        in_name = [value for type_, value in rdns if lookup(type_) is one]
        return [*_values(one, attributes), *in_name]

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
