"""CARDDAV:filter (RFC 6352 section 10.5), tested on cards.

Text is compared as a search compares it everywhere here, without case and accents, unless the
client names a collation that says otherwise; a telephone number is also found by its digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dirserver.model.contentline import ContentLine, unescape
from dirserver.model.derive import telephone_number
from dirserver.model.fields import Field
from dirserver.model.fold import forms, part_forms
from dirserver.model.number import DialPlan, asked_forms, asked_prefixes, indexed_forms
from dirserver.model.number_reading import digits_of
from dirserver.model.query import EVERYTHING, And, Equals, Or, Query, Substring
from dirserver.model.spelling import name_forms
from dirserver.model.vcard import lines_named

# Properties whose values the search index holds each as a whole, so that it can name the
# candidates.
_INDEXED = {
    "FN": Field.FULL_NAME,
    "EMAIL": Field.MAIL,
    "TITLE": Field.TITLE,
    "ROLE": Field.ROLE,
}
# Those of which it has the parts, while a text-match is about all of it: a text without what
# separates them is in one.
_IN_PARTS = {
    "N": (
        Field.FAMILY_NAME,
        Field.GIVEN_NAME,
        Field.ADDITIONAL_NAME,
        Field.NAME_PREFIX,
        Field.NAME_SUFFIX,
    ),
    "ORG": (Field.ORGANISATION, Field.UNIT),
    "NICKNAME": (Field.NICKNAME,),
    "CATEGORIES": (Field.CATEGORY,),
}
_SEPARATORS = frozenset(";,")
# What is searched as names are: also in Latin letters.
_NAMES = frozenset({"FN", "N", "NICKNAME", "ORG"})
# The index has a full name of every card, also of one without an FN.
_FULL_NAME = re.compile(rb"^(?:[A-Z0-9-]+\.)?FN[;:]", re.IGNORECASE | re.MULTILINE)
# What a number is written with, and what it is not; of "(0)" the index has two readings.
_NUMBER = re.compile(r"[\d\s()+./-]*\d[\d\s()+./-]*", re.ASCII)
_OPTIONAL_TRUNK = re.compile(r"\(\s*0|0\s*\)")


# The collation by which everything is found here.
FOLDING = "i;unicode-casemap"


@dataclass(frozen=True, slots=True)
class TextMatch:
    """CARDDAV:text-match (section 10.5.4)."""

    text: str
    match_type: str = "contains"
    collation: str = FOLDING
    negate: bool = False

    def matches(self, value: str, *, is_name: bool = False) -> bool:
        """Say whether ``value``, which may be a name, matches, before any negation."""
        if self.collation == "i;octet":
            return self._compare(value, self.text)
        if self.collation == "i;ascii-casemap":
            return self._compare(_ascii_lower(value), _ascii_lower(self.text))
        asked = _folded(self.text, self.match_type)
        spellings = name_forms(value) if is_name else forms(value)
        return any(self._compare(said, one) for said in spellings for one in asked)

    def _compare(self, value: str, asked: str) -> bool:
        match self.match_type:
            case "equals":
                return value == asked
            case "starts-with":
                return value.startswith(asked)
            case "ends-with":
                return value.endswith(asked)
            case _:
                return asked in value


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """CARDDAV:param-filter (section 10.5.2)."""

    name: str
    is_not_defined: bool = False
    text_match: TextMatch | None = None

    def matches(self, line: ContentLine) -> bool:
        """Say whether the parameters of ``line`` match."""
        values = line.types() if self.name == "TYPE" else line.param(self.name)
        if self.is_not_defined:
            return not values
        if self.text_match is None or not values:
            return bool(values)
        found = any(self.text_match.matches(value) for value in values)
        return found is not self.text_match.negate


@dataclass(frozen=True, slots=True)
class PropFilter:
    """CARDDAV:prop-filter (section 10.5.1)."""

    name: str
    group: str = ""
    all_of: bool = False
    is_not_defined: bool = False
    text_matches: tuple[TextMatch, ...] = ()
    param_filters: tuple[ParamFilter, ...] = ()

    def matches(self, lines: Iterable[ContentLine], plan: DialPlan) -> bool:
        """Say whether a card of these lines has such a property."""
        named = [
            line
            for line in lines
            if line.name == self.name and (not self.group or line.group.upper() == self.group)
        ]
        if self.is_not_defined:
            return not named
        if not self.text_matches and not self.param_filters:
            return bool(named)
        return any(self._matches_line(line, plan) for line in named)

    def _matches_line(self, line: ContentLine, plan: DialPlan) -> bool:
        value = unescape(line.value)
        tests = [self._matches_text(test, value, plan) for test in self.text_matches]
        tests += [param.matches(line) for param in self.param_filters]
        return all(tests) if self.all_of else any(tests)

    def _matches_text(self, test: TextMatch, value: str, plan: DialPlan) -> bool:
        if self.name == "TEL" and _is_dialled(test.text):
            # What stands beside the number in a tel: URI is no part of it.
            value = telephone_number(value)
        found = test.matches(value, is_name=self.name in _NAMES)
        if not found and self.name == "TEL":
            found = _is_number(test, value, plan)
        return found is not test.negate

    @property
    def is_exact(self) -> bool:
        """Whether ``candidates`` finds no card but those that this filter finds.

        One test of one value is what the index answers; what several values of a card have
        together, it cannot tell.
        """
        return (
            self.name in _INDEXED
            and self.candidates() != EVERYTHING
            and not self.group
            and not self.param_filters
            and (len(self.text_matches) == 1 or not self.all_of)
            and all(test.collation == FOLDING for test in self.text_matches)
        )

    def candidates(self) -> Query:
        """Return a query that finds every card which this filter can find, and maybe more."""
        if self.is_not_defined or not self.text_matches:
            return EVERYTHING
        if any(test.negate or not test.text.strip() for test in self.text_matches):
            return EVERYTHING
        if self.param_filters and not self.all_of:
            return EVERYTHING
        tests = tuple(_candidates(self.name, test) for test in self.text_matches)
        # Several tests may be met by several values of one card.
        return And(tests) if self.all_of else Or(tests)


@dataclass(frozen=True, slots=True)
class Filter:
    """CARDDAV:filter (section 10.5). Without any prop-filter it finds every card."""

    prop_filters: tuple[PropFilter, ...] = ()
    all_of: bool = False

    @property
    def finds_all(self) -> bool:
        """Whether it has no test at all."""
        return not self.prop_filters

    @property
    def is_exact(self) -> bool:
        """Whether every candidate is found that has an FN, so that no card need be taken apart."""
        return all(prop_filter.is_exact for prop_filter in self.prop_filters)

    def finds(self, candidate: bytes, plan: DialPlan, *, is_exact: bool) -> bool:
        """Say whether a candidate with these bytes is found, where ``is_exact`` is known."""
        certain = is_exact and _FULL_NAME.search(candidate) is not None
        return certain or self.matches(candidate, plan)

    def matches(self, body: bytes, plan: DialPlan) -> bool:
        """Say whether the card with these bytes is found."""
        if not self.prop_filters:
            return True
        lines = lines_named(body, frozenset(one.name for one in self.prop_filters))
        found = (prop_filter.matches(lines, plan) for prop_filter in self.prop_filters)
        return all(found) if self.all_of else any(found)

    def candidates(self) -> Query:
        """Return a query that finds every card which this filter can find, and maybe more."""
        parts = tuple(prop_filter.candidates() for prop_filter in self.prop_filters)
        if not parts:
            return EVERYTHING
        return And(parts) if self.all_of else Or(parts)


@lru_cache(maxsize=256)
def _folded(text: str, match_type: str) -> tuple[str, ...]:
    """Fold ``text`` as a search does, which keeps a blank only where it must match."""
    match match_type:
        case "equals":
            return forms(text)
        case "starts-with":
            return part_forms(text.lstrip())
        case "ends-with":
            return part_forms(text.rstrip())
        case _:
            return part_forms(text)


def _ascii_lower(text: str) -> str:
    return "".join([char.lower() if char.isascii() else char for char in text])


def _is_number(test: TextMatch, value: str, plan: DialPlan) -> bool:
    """Say whether ``value`` is the number that is asked for, or has its digits there."""
    said = indexed_forms(value, plan)
    if test.match_type == "starts-with":
        prefixes = asked_prefixes(test.text, plan)
        return any(form.startswith(prefix) for form in said for prefix in prefixes)
    if test.match_type in ("equals", "contains") and not said.isdisjoint(
        asked_forms(test.text, plan)
    ):
        return True
    digits = digits_of(test.text)
    if not digits or any(char.isalpha() for char in test.text):
        return False
    if test.match_type == "ends-with":
        return any(form.endswith(digits) for form in said)
    return test.match_type == "contains" and any(digits in form for form in said)


def _is_dialled(text: str) -> bool:
    """Say whether a number is asked for, whose digits are those that the index has of it."""
    return _NUMBER.fullmatch(text) is not None and _OPTIONAL_TRUNK.search(text) is None


def _candidates(name: str, test: TextMatch) -> Query:
    if name == "TEL":
        return _numbers(test) if _is_dialled(test.text) else EVERYTHING
    if name in _INDEXED:
        return _indexed(_INDEXED[name], test)
    if name not in _IN_PARTS or not _SEPARATORS.isdisjoint(test.text):
        return EVERYTHING
    return Or(tuple(Substring(field, any=(test.text.strip(),)) for field in _IN_PARTS[name]))


def _numbers(test: TextMatch) -> Query:
    """Return what finds each number that ``test`` matches as it is written, or by its digits."""
    field = Field.ANY_PHONE
    match test.match_type:
        case "equals":
            return Equals(field, test.text)
        case "starts-with":
            return Substring(field, initial=test.text)
        case "ends-with":
            return Substring(field, final=test.text)
        case _:
            return Or((Equals(field, test.text), Substring(field, any=(test.text,))))


def _indexed(field: Field, test: TextMatch) -> Query:
    match test.match_type:
        case "equals":
            return Equals(field, test.text)
        case "starts-with":
            return Substring(field, initial=test.text)
        case "ends-with":
            return Substring(field, final=test.text)
        case _:
            return Substring(field, any=(test.text,))
