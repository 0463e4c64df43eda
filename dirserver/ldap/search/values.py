"""Assertions about single values, evaluated here (RFC 4511 section 4.5.1.7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.ldap.codec.messages import (
    ApproxMatch,
    EqualityMatch,
    GreaterOrEqual,
    LessOrEqual,
    PresentFilter,
    Substrings,
)
from dirserver.ldap.dit.dn import InvalidDN, normalise, parse
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.schema.objectclass import object_class
from dirserver.ldap.schema.syntaxes import (
    DISTINGUISHED_NAME,
    INTEGER,
    OBJECT_IDENTIFIER,
    POSTAL_ADDRESS,
    without_controls,
)
from dirserver.model.fields import NAMES, Field
from dirserver.model.fold import fold, fold_part, forms
from dirserver.model.spelling import beginnings, keys_asked


@dataclass(frozen=True, slots=True)
class LessThan:
    """What an ordering rule asks in an extensible match (RFC 4517 sections 4.2.3, 4.2.17)."""

    attribute: str
    value: bytes


Assertion: TypeAlias = EqualityMatch | GreaterOrEqual | LessOrEqual | LessThan | ApproxMatch
Leaf: TypeAlias = Assertion | Substrings | PresentFilter


# Where digits may also stand for the letters that are on the keys of a telephone.
NAMES_OF_PERSONS = frozenset({Field.FULL_NAME, Field.FAMILY_NAME, Field.GIVEN_NAME})
# What stands between the lines of an address, and for that itself (RFC 4517 section 3.3.28).
_IN_ADDRESS = {"$": "\n", r"\24": "$", r"\5C": "\\"}
_INTEGER = re.compile(r"(-?)0*([0-9]+)", re.ASCII)
# No value here is as great as any with more.
_MOST_DIGITS = 19
_SIGN = re.compile(r"\$|\\24|\\5C", re.IGNORECASE)


def text_of(value: bytes) -> str | None:
    """Return the text to compare with, or None when the octets are no text."""
    try:
        return without_controls(value.decode())
    except UnicodeDecodeError:
        return None


def text_for(one: AttributeType, value: bytes) -> str | None:
    """Return the same, without what only the syntax of the attribute has in a value."""
    text = text_of(value)
    if text is None or one.syntax is not POSTAL_ADDRESS:
        return text
    return _SIGN.sub(lambda found: _IN_ADDRESS[found[0].upper()], text)


def digits_pressed(leaf: Leaf) -> str:
    """Return what was dialled, if a test may be of a name by the keys that its letters are on."""
    match leaf:
        case Substrings(_, initial, middle, final):
            asked = b"".join((initial or b"", *middle, final or b""))
        case EqualityMatch(_, asked) | ApproxMatch(_, asked):
            pass
        case _:
            return ""
    return keys_asked(text_of(asked) or "")


def value_test(leaf: Leaf, one: AttributeType) -> Callable[[str], bool] | None:
    """Return the test of a single value, or None when it would be undefined."""
    match leaf:
        case PresentFilter():
            return lambda _value: True
        case Substrings(_, initial, middle, final):
            parts = [text_of(part) for part in (initial or b"", *middle, final or b"")]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            at_word = bool(known[0]) and not NAMES.isdisjoint(one.fields)
            return lambda value: _has_parts(fold(value), known, at_word=at_word)
    text = text_of(leaf.value)
    if text is None or not text.strip():
        return None
    if one.syntax is INTEGER:
        return _integer_test(leaf, text)
    match leaf:
        case EqualityMatch():
            return _equality_test(text, one)
        case GreaterOrEqual():
            return lambda value: fold(value) >= fold(text)
        case LessOrEqual():
            return lambda value: fold(value) <= fold(text)
        case LessThan():
            return lambda value: fold(value) < fold(text)
        case ApproxMatch():
            return lambda value: fold(text) in fold(value)


def _integer_test(leaf: Assertion, text: str) -> Callable[[str], bool] | None:
    found = _INTEGER.fullmatch(text.strip())
    if found is None:
        return None
    asked = int(found[1] + found[2][:_MOST_DIGITS])
    match leaf:
        case GreaterOrEqual():
            return lambda value: int(value) >= asked
        case LessOrEqual():
            return lambda value: int(value) <= asked
        case LessThan():
            return lambda value: int(value) < asked
        case _:
            return lambda value: int(value) == asked


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


def _has_parts(folded: str, parts: list[str], *, at_word: bool) -> bool:
    """Say whether the parts, the first and the last at the ends, are in a value in order.

    With ``at_word``, the first may also begin another word of it.
    """
    initial, *middle, final = map(fold_part, parts)
    values = (folded, *beginnings(folded)) if at_word else (folded,)
    return any(_has_in_order(value, initial, middle, final) for value in values)


def _has_in_order(value: str, initial: str, middle: list[str], final: str) -> bool:
    if not value.startswith(initial):
        return False
    at = len(initial)
    for part in middle:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(value) - at >= len(final) and value.endswith(final)
