"""What a telephone number says, however it is written: its digits, its country, its extension."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

from dirserver.model.plain_number import parse_plain

# "+49 (0)30 ...": the trunk prefix is written for those who dial from inside the country.
OPTIONAL_TRUNK = re.compile(r"\(\s*0\s*\)")
# DIN 5008: a hyphen stands before the extension and nowhere else.
DIN_EXTENSION = re.compile(r"^[^-]*\d[^-]*-\s*(\d{1,5})\s*$")
DIN_COUNTRIES = frozenset({43, 49})
LETTER = re.compile(r"[^\W\d_]")
# What is said in German-speaking countries for an extension, which phonenumbers does not know.
_SAID_EXTENSION = re.compile(
    r"[\s,;(/-]*(?<![^\W\d_])(?:app(?:arat)?|durchwahl|dw|nebenstelle|nst|klappe|kl)"
    r"\.?:?\s*(\d{1,5})\)?\s*$",
    re.IGNORECASE,
)
# Whose number it is, or where. Behind so many digits, letters are no part of the number, as they
# are in 1-800-FLOWERS.
_REMARK = re.compile(r"[\s()\[\],;:|/\u2013\u2014-]*[^\W\d_]\D*$")
_FEWEST_BEFORE_REMARK = 7
# Two numbers that somebody has written into one field; neither is an extension of the other.
_BETWEEN_NUMBERS = re.compile(
    r"\s*(?:[/;,|]|\b(?:oder|or|und|and|u\.)\s)\s*(?=[(+]*[+0])", re.IGNORECASE
)
_FEWEST_DIGITS = 5
# Longer text is no number either, and a cache must not fill with what strangers send.
MOST_CHARACTERS = 100


def digits_of(text: str) -> str:
    """Return the decimal digits in ``text``, of any script, as ASCII."""
    if text.isascii():
        return "".join([char for char in text if char.isdigit()])
    return "".join(
        [str(unicodedata.decimal(char)) for char in text if unicodedata.decimal(char, -1) != -1]
    )


def prepared(text: str) -> str:
    """Return a number without a trunk prefix that may be left out, its extension as it is read."""
    written = OPTIONAL_TRUNK.sub("", text)
    return _SAID_EXTENSION.sub(r" ext. \1", written) if LETTER.search(written) else written


def without_remark(written: str) -> str:
    """Return a number without what somebody has noted behind it."""
    if not LETTER.search(written):
        return written
    number = _REMARK.sub("", written)
    return number if len(digits_of(number)) >= _FEWEST_BEFORE_REMARK else written


def several(written: str) -> list[str]:
    """Return the numbers where there is more than one."""
    numbers = _BETWEEN_NUMBERS.split(written)
    are_whole = all(len(digits_of(one)) >= _FEWEST_BEFORE_REMARK for one in numbers)
    return numbers if len(numbers) > 1 and are_whole else []


def parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """Return the number that ``text`` is in ``region``; None if none is so short or so long."""
    if (plain := parse_plain(text, region)) is not None:
        return plain
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    # 567 is possible in some countries' plans; in an address book it is an extension.
    if len(phonenumbers.national_significant_number(number)) < _FEWEST_DIGITS:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def national_digits(number: phonenumbers.PhoneNumber) -> str:
    """Return the digits dialled inside the country, without the extension."""
    bare = number
    if number.extension is not None:
        bare = phonenumbers.PhoneNumber()
        bare.merge_from(number)
        bare.extension = None
    return digits_of(phonenumbers.format_number(bare, PhoneNumberFormat.NATIONAL))


@lru_cache(maxsize=512)
def trunk_prefix(country_code: int) -> str:
    """Return the digits dialled before a number inside its country; empty if there are none."""
    region = phonenumbers.region_code_for_country_code(country_code)
    return digits_of(phonenumbers.ndd_prefix_for_region(region, True) or "")


def international_digits(number: phonenumbers.PhoneNumber) -> str:
    """Return the digits of E.164."""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
