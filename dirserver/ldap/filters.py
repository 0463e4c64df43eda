"""Filters as LDAP has them turned into what the store can be asked (RFC 4511 section 4.5.1.7).

For cards a filter becomes a query; for the few other entries, which are not in the store, it is
evaluated here. An unknown attribute, a value that no value can equal and a rule that is not
implemented are Undefined, and so is their negation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from dirserver.ldap.dn import InvalidDN, normalise, parse
from dirserver.ldap.entries import key_of
from dirserver.ldap.messages import (
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
from dirserver.ldap.schema import (
    CN,
    ENTRY_UUID,
    HAS_SUBORDINATES,
    NUM_SUBORDINATES,
    OBJECT_CLASS,
    OPERATIONAL_OF_CARDS,
    SN,
    STRUCTURAL_OBJECT_CLASS,
    UID,
    AttributeType,
    lookup,
)
from dirserver.ldap.subschema import CARD_CLASSES, CARD_STRUCTURAL_CLASS, object_class
from dirserver.ldap.syntaxes import (
    DISTINGUISHED_NAME,
    MATCHING_RULES,
    OBJECT_IDENTIFIER,
    without_controls,
)
from dirserver.model.fields import Field
from dirserver.model.fold import fold, fold_part, forms
from dirserver.model.query import (
    EVERYTHING,
    UNDEFINED,
    And,
    AtLeast,
    AtMost,
    Constant,
    Equals,
    KeyIs,
    Not,
    Or,
    Present,
    Query,
    Substring,
)

_ALWAYS_PRESENT = frozenset({OBJECT_CLASS, UID, CN, SN, *OPERATIONAL_OF_CARDS})
_Leaf: TypeAlias = (
    EqualityMatch | Substrings | GreaterOrEqual | LessOrEqual | PresentFilter | ApproxMatch
)

_RULES = {key.lower(): rule.name for rule in MATCHING_RULES for key in (rule.oid, rule.name)}
# Rules that name what the server does anyway. It ignores case for all of them.
_EQUALITY_RULES = frozenset(
    {
        "caseIgnoreMatch",
        "caseExactMatch",
        "caseIgnoreIA5Match",
        "telephoneNumberMatch",
        "objectIdentifierMatch",
        "distinguishedNameMatch",
    }
)
_SUBSTRING_RULES = frozenset(
    {
        "caseIgnoreSubstringsMatch",
        "caseIgnoreIA5SubstringsMatch",
        "telephoneNumberSubstringsMatch",
    }
)


def compile(filter_: Filter) -> Query:
    """Return the query that finds the cards for which the filter is true."""
    match filter_:
        case FilterAnd(parts):
            return And(tuple(map(compile, parts)))
        case FilterOr(parts):
            return Or(tuple(map(compile, parts)))
        case FilterNot(part):
            return Not(compile(part))
    leaf = _plain(filter_) if isinstance(filter_, ExtensibleMatch) else filter_
    one = None if leaf is None else lookup(leaf.attribute)
    if leaf is None or one is None:
        return UNDEFINED
    return _leaf_query(leaf, one)


def _leaf_query(leaf: _Leaf, one: AttributeType) -> Query:
    match leaf:
        case PresentFilter():
            return _present(one)
        case Substrings():
            return _substring(leaf, one)
    text = _text(leaf.value)
    if text is None or not text.strip():
        # No value is empty, so none can be compared with what is.
        return UNDEFINED
    if one is UID:
        return KeyIs(text.strip().lower()) if _is_equality(leaf) else UNDEFINED
    if not one.fields and one in _ALWAYS_PRESENT:
        return _constant(one, text.strip()) if isinstance(leaf, EqualityMatch) else UNDEFINED
    match leaf:
        case EqualityMatch():
            return _any_field(one, lambda field: Equals(field, text))
        case GreaterOrEqual():
            return _any_field(one, lambda field: AtLeast(field, text))
        case LessOrEqual():
            return _any_field(one, lambda field: AtMost(field, text))
        case ApproxMatch():
            return _any_field(one, lambda field: Substring(field, any=(text.strip(),)))


def _is_equality(leaf: _Leaf) -> bool:
    return isinstance(leaf, EqualityMatch | ApproxMatch)


def _any_field(one: AttributeType, test: Callable[[Field], Query]) -> Query:
    """Test every field that the attribute shows; a known attribute without any is never there."""
    tests = tuple(map(test, one.fields))
    return tests[0] if len(tests) == 1 else Or(tests)


def _present(one: AttributeType) -> Query:
    return EVERYTHING if one in _ALWAYS_PRESENT else _any_field(one, Present)


def _substring(leaf: Substrings, one: AttributeType) -> Query:
    initial, final = _text(leaf.initial or b""), _text(leaf.final or b"")
    middle = tuple(map(_text, leaf.any))
    parts = tuple(part for part in middle if part)
    if initial is None or final is None or None in middle:
        return UNDEFINED
    if not (initial or parts or final):
        return _present(one)
    if one in _ALWAYS_PRESENT and not one.fields:
        return UNDEFINED
    return _any_field(one, lambda field: Substring(field, initial, parts, final))


def _constant(one: AttributeType, text: str) -> Query:
    """Compare what is the same for all cards, or made of the key."""
    if one in (OBJECT_CLASS, STRUCTURAL_OBJECT_CLASS):
        asked = object_class(text)
        classes = CARD_CLASSES if one is OBJECT_CLASS else (CARD_STRUCTURAL_CLASS,)
        # RFC 4517 has Undefined for a class that is unknown; clients negate such tests.
        return Constant(asked is not None and asked.name in classes)
    if one is ENTRY_UUID and (key := key_of(text)):
        return KeyIs(key)
    if one is HAS_SUBORDINATES and text.upper() in ("TRUE", "FALSE"):
        return Constant(text.upper() == "FALSE")
    if one is NUM_SUBORDINATES and text.isdecimal():
        return Constant(not text.strip("0"))
    return UNDEFINED


def _text(value: bytes) -> str | None:
    try:
        return without_controls(value.decode())
    except UnicodeDecodeError:
        return None


def _plain(filter_: ExtensibleMatch) -> EqualityMatch | Substrings | None:
    """Return the filter item that means the same, if there is one.

    ``:dn:`` would also have the parts of the entry's DN looked at; uid is there as it is, and
    of the others no client was seen to ask.
    """
    if filter_.attribute is None:
        return None
    rule = None if filter_.rule is None else _RULES.get(filter_.rule.lower())
    if filter_.rule is None or rule in _EQUALITY_RULES:
        return EqualityMatch(filter_.attribute, filter_.value)
    if rule not in _SUBSTRING_RULES or b"*" not in filter_.value:
        return None
    # A substring assertion as RFC 4517 section 3.3.30 writes it.
    first, *middle, last = (
        part.replace(b"\\2A", b"*")
        .replace(b"\\2a", b"*")
        .replace(b"\\5C", b"\\")
        .replace(b"\\5c", b"\\")
        for part in filter_.value.split(b"*")
    )
    return Substrings(filter_.attribute, first, tuple(middle), last)


def matches_container(filter_: Filter, attributes: Mapping[str, tuple[str, ...]]) -> bool | None:
    """Say whether the filter is true, false or, as None, undefined for an entry that is no card.

    ``attributes`` are all that the entry has, under the names that the schema shows.
    """
    match filter_:
        case FilterAnd(parts):
            return _conjunction(matches_container(part, attributes) for part in parts)
        case FilterOr(parts):
            return _negation(
                _conjunction(_negation(matches_container(part, attributes)) for part in parts)
            )
        case FilterNot(part):
            return _negation(matches_container(part, attributes))
    leaf = _plain(filter_) if isinstance(filter_, ExtensibleMatch) else filter_
    one = None if leaf is None else lookup(leaf.attribute)
    if leaf is None or one is None:
        return None
    test = _value_test(leaf, one)
    return None if test is None else any(map(test, attributes.get(one.name, ())))


def _conjunction(parts: Iterable[bool | None]) -> bool | None:
    values = set(parts)
    return False if False in values else None if None in values else True


def _negation(value: bool | None) -> bool | None:
    return None if value is None else not value


def _value_test(leaf: _Leaf, one: AttributeType) -> Callable[[str], bool] | None:
    """Return the test of a single value, or None when it would be undefined."""
    match leaf:
        case PresentFilter():
            return lambda _value: True
        case Substrings(_, initial, middle, final):
            parts = [_text(part) for part in (initial or b"", *middle, final or b"")]
            known = [part for part in parts if part is not None]
            return None if len(known) < len(parts) else lambda value: _has_parts(value, known)
    text = _text(leaf.value)
    if text is None or not text.strip():
        return None
    match leaf:
        case EqualityMatch():
            return _equality_test(text, one)
        case GreaterOrEqual():
            return lambda value: fold(value) >= fold(text)
        case LessOrEqual():
            return lambda value: fold(value) <= fold(text)
        case ApproxMatch():
            return lambda value: fold(text) in fold(value)


def _equality_test(text: str, one: AttributeType) -> Callable[[str], bool] | None:
    if one.syntax is DISTINGUISHED_NAME:
        try:
            name = normalise(parse(text))
        except InvalidDN:
            return None
        return lambda value: normalise(parse(value)) == name
    if one.syntax is OBJECT_IDENTIFIER and (known := object_class(text)):
        return lambda value: value.lower() == known.name.lower()
    return lambda value: not set(forms(text)).isdisjoint(forms(value))


def _has_parts(value: str, parts: list[str]) -> bool:
    """Say whether the parts, the first and the last at the ends, are in ``value`` in order."""
    value = fold(value)
    initial, *middle, final = map(fold_part, parts)
    if not value.startswith(initial):
        return False
    at = len(initial)
    for part in middle:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(value) - at >= len(final) and value.endswith(final)
