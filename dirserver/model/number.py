"""Telephone numbers: one number, however it is written.

Only this and ``plain_number`` import phonenumbers. What a card says is indexed under every string
of digits by which that number may be asked for (``indexed_forms``); what a phone asks for is
turned into the strings that it may be indexed under (``asked_forms``, ``asked_prefixes``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

from dirserver.model.plain_number import parse_plain


class NumberStyle(StrEnum):
    """How numbers look in answers."""

    AS_WRITTEN = "as-written"
    E164 = "e164"
    NATIONAL = "national"
    DOUBLE_ZERO = "00"
    OUTSIDE_LINE = "outside-line"


@dataclass(frozen=True, slots=True)
class DialPlan:
    """Where numbers are read: the home region (ISO 3166) and the digits for an outside line.

    Numbers of ``area_code`` are asked for without it, too.
    """

    region: str = "DE"
    outside_line: tuple[str, ...] = ()
    area_code: str = ""


# "+49 (0)30 ...": the trunk prefix is written for those who dial from inside the country.
_OPTIONAL_TRUNK = re.compile(r"\(\s*0\s*\)")
# In what phonenumbers knows of how numbers are written: all digits are in groups.
_GROUPS = re.compile(r"(?:\([^()]+\))+")
_BETWEEN_DIGITS = re.compile(r"[^\\0-9]")
# DIN 5008: a hyphen stands before the extension and nowhere else.
_DIN_EXTENSION = re.compile(r"^[^-]*\d[^-]*-\s*(\d{1,5})\s*$")
_DIN_COUNTRIES = frozenset({43, 49})
_LETTER = re.compile(r"[^\W\d_]")
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
# More digits than any number has with its prefixes and extension; beyond, it is not a number.
_MOST_DIGITS = 32
_FEWEST_DIGITS = 5
# What is shorter is rather an extension than a number without its area code.
_FEWEST_LOCAL = 6
# Longer text is no number either, and a cache must not fill with what strangers send.
_MOST_CHARACTERS = 100


def digits_of(text: str) -> str:
    """Return the decimal digits in ``text``, of any script, as ASCII."""
    if text.isascii():
        return "".join([char for char in text if char.isdigit()])
    return "".join(
        [str(unicodedata.decimal(char)) for char in text if unicodedata.decimal(char, -1) != -1]
    )


def _written(text: str) -> str:
    """Return a number without a trunk prefix that may be left out, its extension as it is read."""
    written = _OPTIONAL_TRUNK.sub("", text)
    return _SAID_EXTENSION.sub(r" ext. \1", written) if _LETTER.search(written) else written


def _without_remark(written: str) -> str:
    """Return a number without what somebody has noted behind it."""
    if not _LETTER.search(written):
        return written
    number = _REMARK.sub("", written)
    return number if len(digits_of(number)) >= _FEWEST_BEFORE_REMARK else written


def _several(written: str) -> list[str]:
    """Return the numbers where there is more than one."""
    numbers = _BETWEEN_NUMBERS.split(written)
    are_whole = all(len(digits_of(one)) >= _FEWEST_BEFORE_REMARK for one in numbers)
    return numbers if len(numbers) > 1 and are_whole else []


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
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


def _national(number: phonenumbers.PhoneNumber) -> str:
    bare = number
    if number.extension is not None:
        bare = phonenumbers.PhoneNumber()
        bare.merge_from(number)
        bare.extension = None
    return digits_of(phonenumbers.format_number(bare, PhoneNumberFormat.NATIONAL))


@lru_cache(maxsize=512)
def _trunk_prefix(country_code: int) -> str:
    """Return the digits dialled before a number inside its country; empty if there are none."""
    region = phonenumbers.region_code_for_country_code(country_code)
    return digits_of(phonenumbers.ndd_prefix_for_region(region, True) or "")


@lru_cache(maxsize=512)
def _is_written_as_dialled(country_code: int) -> bool:
    """Say whether people in a country write the digits of a number as they are, and nothing else.

    That is so nearly everywhere, but for the trunk prefix; and formatting is a third of the work.
    """
    region = phonenumbers.region_code_for_country_code(country_code)
    found = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    trunk = _trunk_prefix(country_code)
    for one in found.number_format if found is not None else ():
        pattern, rule = one.pattern or "", one.national_prefix_formatting_rule or r"\1"
        groups = "".join(f"\\{number}" for number in range(1, pattern.count("(") + 1))
        written = _BETWEEN_DIGITS.sub("", (one.format or "").replace(r"\1", rule, 1))
        if not _GROUPS.fullmatch(pattern) or written not in (groups, trunk + groups):
            return False
    return True


def _international(number: phonenumbers.PhoneNumber) -> str:
    """Return the digits of E.164."""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def indexed_forms(text: str, plan: DialPlan) -> frozenset[str]:
    """Return the strings of digits under which the number ``text`` is to be found.

    As written, in E.164, as dialled inside its country with and without the trunk prefix, and
    the extension alone where the writing tells it apart. Empty when there is no digit.
    """
    return frozenset() if len(text) > _MOST_CHARACTERS else _indexed_forms(text, plan)


@lru_cache(maxsize=4096)
def _indexed_forms(text: str, plan: DialPlan) -> frozenset[str]:
    written = _without_remark(_written(text))
    raw = digits_of(written)
    if not raw or len(raw) > _MOST_DIGITS:
        return frozenset()
    result = {raw}
    if numbers := _several(written):
        return frozenset(result).union(*[_indexed_forms(one, plan) for one in numbers])
    number = _parse(written, plan.region)
    if number is None:
        return frozenset(result)
    extension = number.extension or ""
    international = _international(number)
    significant = phonenumbers.national_significant_number(number)
    country = number.country_code or 0
    # Formatting leaves the trunk prefix out before an area code that it does not know.
    forms = [international, significant, _trunk_prefix(country) + significant]
    if not _is_written_as_dialled(country):
        forms.append(_national(number))
    for base in forms:
        result.add(base)
        if extension:
            result.add(base + extension)
    if extension:
        result.add(extension)
    elif number.country_code in _DIN_COUNTRIES and (din := _DIN_EXTENSION.match(written)):
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
    area = plan.area_code.removeprefix(_trunk_prefix(country))
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
    return () if len(text) > _MOST_CHARACTERS else _asked_forms(text, plan)


@lru_cache(maxsize=4096)
def _asked_forms(text: str, plan: DialPlan) -> tuple[str, ...]:
    written = _without_remark(_written(text))
    raw = digits_of(written)
    if not raw or len(raw) > _MOST_DIGITS:
        return ()
    result = {raw}
    for candidate in [written, *_without_outside_line(raw, plan)]:
        number = _parse(candidate, plan.region)
        if number is not None:
            result.add(_international(number))
            if number.extension:
                result.add(_international(number) + number.extension)
    if area := _area(plan):
        # Local numbers as others write them, and as they may be written here.
        local = {one.removeprefix(area) for one in result if one.startswith(area)}
        result.update(filter(_is_local, local))
        if _is_local(raw) and (number := _parse(f"+{area}{raw}", plan.region)) is not None:
            result.add(_international(number))
    return tuple(sorted(result))


def asked_prefixes(text: str, plan: DialPlan) -> tuple[str, ...]:
    """Return the strings of digits that may begin a number asked for by its beginning."""
    return () if len(text) > _MOST_CHARACTERS else _asked_prefixes(text, plan)


@lru_cache(maxsize=4096)
def _asked_prefixes(text: str, plan: DialPlan) -> tuple[str, ...]:
    written = _without_remark(_written(text))
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


def styled(text: str, style: NumberStyle, plan: DialPlan) -> str:
    """Return the number ``text`` in the style that a phone can dial; as written if unreadable."""
    if style is NumberStyle.AS_WRITTEN or len(text) > _MOST_CHARACTERS:
        return text
    return _styled(text, style, plan)


@lru_cache(maxsize=4096)
def _styled(text: str, style: NumberStyle, plan: DialPlan) -> str:
    written = _without_remark(_written(text))
    number = None if _several(written) else _parse(written, plan.region)
    if number is None:
        return text
    # Where an extension is dialled right behind the number; elsewhere the main line answers.
    extension = number.extension or "" if number.country_code in _DIN_COUNTRIES else ""
    international = _international(number) + extension
    if style is NumberStyle.E164:
        return f"+{international}"
    home = phonenumbers.country_code_for_region(plan.region)
    at_home = number.country_code == home
    if style is NumberStyle.NATIONAL and at_home:
        return _national(number) + extension
    if style is NumberStyle.OUTSIDE_LINE and plan.outside_line:
        dialled = f"{_national(number)}{extension}" if at_home else f"00{international}"
        return plan.outside_line[0] + dialled
    return f"00{international}"


def spelled_out(text: str, plan: DialPlan, *, national: bool) -> str | None:
    """Return the number ``text`` as people write it: in E.164, or as inside its country.

    National is grouped, with the country code for numbers from abroad, and has the hyphen before
    an extension that was there. What was spelled out already comes out as it went in. None if it
    cannot be read as a number.
    """
    return None if len(text) > _MOST_CHARACTERS else _spelled_out(text, plan, national)


@lru_cache(maxsize=4096)
def _spelled_out(text: str, plan: DialPlan, national: bool) -> str | None:
    written = _written(text)
    # A remark would be lost.
    if _without_remark(written) != written or _several(written):
        return None
    number = _parse(written, plan.region)
    if number is None:
        return None
    bare = phonenumbers.PhoneNumber()
    bare.merge_from(number)
    bare.extension = None
    forms = [phonenumbers.format_number(bare, PhoneNumberFormat.E164)]
    if national:
        at_home = number.country_code == phonenumbers.country_code_for_region(plan.region)
        style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
        grouped = phonenumbers.format_number(bare, style)
        din = _DIN_EXTENSION.match(written) if number.country_code in _DIN_COUNTRIES else None
        forms.insert(0, _with_hyphen(grouped, din[1]) if din else grouped)
    tail = f" ext. {number.extension}" if number.extension else ""
    # Of some countries' numbers, formatting makes what is read as another one.
    return next((form + tail for form in forms if _parse(form + tail, plan.region) == number), None)


def _with_hyphen(grouped: str, extension: str) -> str:
    head = grouped.removesuffix(extension).rstrip(" -/")
    return grouped if head == grouped or not head[-1:].isdigit() else f"{head}-{extension}"


def is_valid(text: str, plan: DialPlan, *, as_dialled: bool = False) -> bool:
    """Say whether ``text`` is a number of a numbering plan, not only as long as one.

    With ``as_dialled``, one of the home region must have the trunk prefix that is dialled there.
    """
    if len(text) > _MOST_CHARACTERS:
        return False
    number = _parse(text, plan.region)
    if number is None or not phonenumbers.is_valid_number(number):
        return False
    if not as_dialled or text.lstrip().startswith("+"):
        return True
    return digits_of(text).startswith((_trunk_prefix(number.country_code or 0), "00"))


def grouped(text: str, plan: DialPlan) -> str:
    """Return a number that begins with + in groups with blanks between them and nothing else.

    Spreadsheets calculate with other writings of it, or make 4.93E+09 of it. What cannot be read
    stays as it is.
    """
    if not text.startswith("+") or len(text) > _MOST_CHARACTERS:
        return text
    number = _parse(_OPTIONAL_TRUNK.sub("", text), plan.region)
    if number is None or number.extension or _LETTER.search(text):
        return text
    written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return " ".join(re.findall(r"\+?[0-9]+", written))


def dialled(text: str) -> str:
    """Return what a phone is to dial for ``text``: digits, and a + before them, * and #."""
    kept = re.sub(r"[^0-9+*#]", "", _OPTIONAL_TRUNK.sub("", text))
    return kept[:1] + kept[1:].replace("+", "")
