"""Telephone numbers: one number, however it is written.

What a card says is indexed under every string of digits by which that number may be asked for
(``indexed_forms``); what a phone asks for is turned into the strings that it may be indexed under
(``asked_forms``, ``asked_prefixes``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from dirserver.model.number_reading import (
    DIN_COUNTRIES,
    DIN_EXTENSION,
    MOST_CHARACTERS,
    digits_of,
    international_digits,
    national_digits,
    parse,
    prepared,
    several,
    trunk_prefix,
    without_remark,
)


@dataclass(frozen=True, slots=True)
class DialPlan:
    """Where numbers are read: the home region (ISO 3166) and the digits for an outside line.

    Numbers of ``area_code`` are asked for without it, too.
    """

    region: str = "DE"
    outside_line: tuple[str, ...] = ()
    area_code: str = ""


# In what phonenumbers knows of how numbers are written: all digits are in groups.
_GROUPS = re.compile(r"(?:\([^()]+\))+")
_BETWEEN_DIGITS = re.compile(r"[^\\0-9]")
# More digits than any number has with its prefixes and extension; beyond, it is not a number.
_MOST_DIGITS = 32
# What is shorter is rather an extension than a number without its area code.
_FEWEST_LOCAL = 6


@lru_cache(maxsize=512)
def _is_written_as_dialled(country_code: int) -> bool:
    """Say whether people in a country write the digits of a number as they are, and nothing else.

    That is so nearly everywhere, but for the trunk prefix; and formatting is a third of the work.
    """
    region = phonenumbers.region_code_for_country_code(country_code)
    found = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    trunk = trunk_prefix(country_code)
    for one in found.number_format if found is not None else ():
        pattern, rule = one.pattern or "", one.national_prefix_formatting_rule or r"\1"
        groups = "".join(f"\\{number}" for number in range(1, pattern.count("(") + 1))
        written = _BETWEEN_DIGITS.sub("", (one.format or "").replace(r"\1", rule, 1))
        if not _GROUPS.fullmatch(pattern) or written not in (groups, trunk + groups):
            return False
    return True


def indexed_forms(text: str, plan: DialPlan) -> frozenset[str]:
    """Return the strings of digits under which the number ``text`` is to be found.

    As written, in E.164, as dialled inside its country with and without the trunk prefix, and
    the extension alone where the writing tells it apart. Empty when there is no digit.
    """
    return frozenset() if len(text) > MOST_CHARACTERS else _indexed_forms(text, plan)


@lru_cache(maxsize=4096)
def _indexed_forms(text: str, plan: DialPlan) -> frozenset[str]:
    written = without_remark(prepared(text))
    raw = digits_of(written)
    if not raw or len(raw) > _MOST_DIGITS:
        return frozenset()
    result = {raw}
    if numbers := several(written):
        return frozenset(result).union(*[_indexed_forms(one, plan) for one in numbers])
    number = parse(written, plan.region)
    if number is None:
        return frozenset(result)
    extension = number.extension or ""
    international = international_digits(number)
    significant = phonenumbers.national_significant_number(number)
    country = number.country_code or 0
    # Formatting leaves the trunk prefix out before an area code that it does not know.
    forms = [international, significant, trunk_prefix(country) + significant]
    if not _is_written_as_dialled(country):
        forms.append(national_digits(number))
    for base in forms:
        result.add(base)
        if extension:
            result.add(base + extension)
    if extension:
        result.add(extension)
    elif number.country_code in DIN_COUNTRIES and (din := DIN_EXTENSION.match(written)):
        result.add(din.group(1))
    return frozenset(result)


def _without_outside_line(raw: str, plan: DialPlan) -> list[str]:
    return [
        raw[len(prefix) :]
        for prefix in plan.outside_line
        # What is left must still be dialled as an outside number, not be one of the house.
        if raw.startswith(prefix) and len(raw) - len(prefix) >= 5
    ]


@lru_cache(maxsize=64)
def _area(plan: DialPlan) -> str:
    """Return the digits that E.164 has before a number of the plan's area; empty without one."""
    country = phonenumbers.country_code_for_region(plan.region)
    area = plan.area_code.removeprefix(trunk_prefix(country))
    return f"{country}{area}" if area else ""


def _is_local(raw: str) -> bool:
    return len(raw) >= _FEWEST_LOCAL and not raw.startswith("0")


@lru_cache(maxsize=256)
def _international_prefix(region: str) -> re.Pattern[str]:
    """Match what is dialled in ``region``, or written anywhere, before a country code."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefix = (metadata and metadata.international_prefix) or "00"
    return re.compile(f"(?:00|{prefix})(?=[0-9])")


def asked_forms(text: str, plan: DialPlan) -> tuple[str, ...]:
    """Return the strings of digits that a number asked for may be indexed under.

    Empty when ``text`` has no digit: such an assertion matches no number, whatever else a
    phone put into it.
    """
    return () if len(text) > MOST_CHARACTERS else _asked_forms(text, plan)


@lru_cache(maxsize=4096)
def _asked_forms(text: str, plan: DialPlan) -> tuple[str, ...]:
    written = without_remark(prepared(text))
    raw = digits_of(written)
    if not raw or len(raw) > _MOST_DIGITS:
        return ()
    result = {raw}
    for candidate in [written, *_without_outside_line(raw, plan)]:
        number = parse(candidate, plan.region)
        if number is not None:
            result.add(international_digits(number))
            if number.extension:
                result.add(international_digits(number) + number.extension)
    if area := _area(plan):
        # Local numbers as others write them, and as they may be written here.
        local = {one.removeprefix(area) for one in result if one.startswith(area)}
        result.update(filter(_is_local, local))
        if _is_local(raw) and (number := parse(f"+{area}{raw}", plan.region)) is not None:
            result.add(international_digits(number))
    return tuple(sorted(result))


def asked_prefixes(text: str, plan: DialPlan) -> tuple[str, ...]:
    """Return the strings of digits that may begin a number asked for by its beginning."""
    return () if len(text) > MOST_CHARACTERS else _asked_prefixes(text, plan)


@lru_cache(maxsize=4096)
def _asked_prefixes(text: str, plan: DialPlan) -> tuple[str, ...]:
    written = without_remark(prepared(text))
    raw = digits_of(written)
    if not raw or len(raw) > _MOST_DIGITS:
        return ()
    result = {raw}
    for candidate in [raw, *_without_outside_line(raw, plan)]:
        result.add(candidate)
        if abroad := _international_prefix(plan.region).match(candidate):
            result.add(candidate[abroad.end() :])
    if (area := _area(plan)) and not raw.startswith("0"):
        result.add(area + raw)
    return tuple(sorted(result))


def is_same(asked: str, text: str, plan: DialPlan) -> bool:
    """Say whether whoever asks for the number ``asked`` means ``text``."""
    return not indexed_forms(text, plan).isdisjoint(asked_forms(asked, plan))
