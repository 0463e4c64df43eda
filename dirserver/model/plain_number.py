"""Telephone numbers that are written as most are: in digits, with nothing else to be told apart."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

# In any groups, from abroad or with the 0 inside a country.
_SEPARATORS = dict.fromkeys(map(ord, " -/()."))
_DIGITS = re.compile(r"(?:\+[1-9]|0[1-9])[0-9]{5,14}")
# With fewer, it is an extension.
_FEWEST_DIGITS = 5


class _Country(NamedTuple):
    """How numbers are read where nothing but a 0 is ever dialled before those inside a country."""

    code: int
    pattern: re.Pattern[str]
    lengths: frozenset[int]


@lru_cache(maxsize=512)
def _country(region: str) -> _Country | None:
    """Return how numbers are read in ``region``, or None where that takes more than a look."""
    found = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if found is None or found.general_desc is None or found.country_code is None:
        return None
    trunk = found.national_prefix_for_parsing
    if trunk != "0" or found.national_prefix_transform_rule or found.international_prefix != "00":
        return None
    general = found.general_desc
    pattern = re.compile(general.national_number_pattern or "")
    lengths = frozenset(one for one in general.possible_length if one >= _FEWEST_DIGITS)
    return _Country(found.country_code, pattern, lengths)


@lru_cache(maxsize=512)
def _called(code: int) -> _Country | None:
    """Return how numbers are read that begin with the code of a country."""
    return _country(phonenumbers.region_code_for_country_code(code))


def parse_plain(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """Return what ``phonenumbers`` makes of a number that is written in digits, or None.

    It looks for extensions, letters and second numbers first, which takes longer than all the
    rest. None is returned of whatever is not as plain as most numbers are.
    """
    bare = text.translate(_SEPARATORS)
    if not _DIGITS.fullmatch(bare):
        return None
    if bare[0] == "+":
        code = next((bare[1:end] for end in (2, 3, 4) if _is_code(bare[1:end])), "")
        found = _called(int(code)) if code else None
        significant = bare[1 + len(code) :]
    else:
        found = _country(region)
        significant = bare[1:]
    if found is None or len(significant) not in found.lengths or significant[0] == "0":
        return None
    if not found.pattern.fullmatch(significant):
        return None
    return phonenumbers.PhoneNumber(found.code, int(significant))


def _is_code(digits: str) -> bool:
    return int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
