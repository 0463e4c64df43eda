"""What an extensible match asks (RFC 4511 section 4.5.1.7.7): of which attributes, and what."""

from __future__ import annotations

from typing import TypeAlias

from dirserver.ldap.codec.messages import EqualityMatch, ExtensibleMatch, Substrings
from dirserver.ldap.schema.attributes import ATTRIBUTE_TYPES, lookup
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.schema.syntaxes import (
    GENERALIZED_TIME,
    INTEGER,
    MATCHING_RULES,
    MatchingRule,
)
from dirserver.ldap.search.values import LessThan

Test: TypeAlias = EqualityMatch | Substrings | LessThan
Item: TypeAlias = tuple[Test, AttributeType]

_RULES = {key.lower(): rule for rule in MATCHING_RULES for key in (rule.oid, rule.name)}
# Rules that name what the server does anyway. It ignores case for all of them.
_EQUALITY_RULES = frozenset(
    {
        "caseIgnoreMatch",
        "caseExactMatch",
        "caseIgnoreIA5Match",
        "caseIgnoreListMatch",
        "telephoneNumberMatch",
        "objectIdentifierMatch",
        "distinguishedNameMatch",
        "generalizedTimeMatch",
        "uuidMatch",
        "booleanMatch",
        "integerMatch",
    }
)
_SUBSTRING_RULES = frozenset(
    {
        "caseIgnoreSubstringsMatch",
        "caseIgnoreIA5SubstringsMatch",
        "caseIgnoreListSubstringsMatch",
        "telephoneNumberSubstringsMatch",
    }
)


# These ask for what is less: by its text, unless the values have an order of their own.
_BY_TEXT = "caseIgnoreOrderingMatch"
_ORDERING_RULES = {
    GENERALIZED_TIME: "generalizedTimeOrderingMatch",
    INTEGER: "integerOrderingMatch",
}


def items(filter_: ExtensibleMatch) -> tuple[Item, ...] | None:
    """Return the filter items of which any is to be true; None when it is undefined.

    Without a type these are of all attributes that support the rule, but for what is hidden
    mostly: a test of that would be undefined, and so would all that depends on it.
    """
    rule = None if filter_.rule is None else _RULES.get(filter_.rule.lower())
    if filter_.rule is not None and rule is None:
        return None
    if filter_.attribute is not None:
        one = lookup(filter_.attribute)
        types = [] if one is None or one.only_named else [one]
    else:
        types = [one for one in ATTRIBUTE_TYPES if one.kept and one.oid and _supports(one, rule)]
    found = [(_item(one, rule, filter_.value), one) for one in types]
    known = tuple((item, one) for item, one in found if item is not None)
    return known or None


def _supports(one: AttributeType, rule: MatchingRule | None) -> bool:
    return rule is not None and (
        rule.syntax == one.syntax.oid or rule.name in (one.syntax.equality, one.syntax.substrings)
    )


def _item(one: AttributeType, rule: MatchingRule | None, value: bytes) -> Test | None:
    if rule is None or rule.name in _EQUALITY_RULES:
        return EqualityMatch(one.name, value)
    if rule.name == _BY_TEXT or rule.name in _ORDERING_RULES.values():
        fits = rule.name == _ORDERING_RULES.get(one.syntax, _BY_TEXT)
        return LessThan(one.name, value) if fits else None
    if rule.name not in _SUBSTRING_RULES or b"*" not in value:
        return None
    # A substring assertion as RFC 4517 section 3.3.30 writes it.
    first, *middle, last = (
        part.replace(b"\\2A", b"*")
        .replace(b"\\2a", b"*")
        .replace(b"\\5C", b"\\")
        .replace(b"\\5c", b"\\")
        for part in value.split(b"*")
    )
    return Substrings(one.name, first, tuple(middle), last)
