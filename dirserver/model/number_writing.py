"""How telephone numbers are written: for a phone that is to dial them, for people, for files."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

from dirserver.model.number import DialPlan
from dirserver.model.number_reading import (
    DIN_COUNTRIES,
    DIN_EXTENSION,
    LETTER,
    MOST_CHARACTERS,
    OPTIONAL_TRUNK,
    digits_of,
    international_digits,
    national_digits,
    parse,
    prepared,
    several,
    trunk_prefix,
    without_remark,
)

# What a number is called before it, but for words that say no more than that it is one.
_LABEL = re.compile(
    r"(?!\W*(?:tel(?:efon|ephone)?|phone|fon)[^\w+]*[\d+])[^\d+]*[^\W\d_]", re.IGNORECASE
)


class NumberStyle(StrEnum):
    """How numbers look in answers."""

    AS_WRITTEN = "as-written"
    E164 = "e164"
    NATIONAL = "national"
    DOUBLE_ZERO = "00"
    OUTSIDE_LINE = "outside-line"


def styled(text: str, style: NumberStyle, plan: DialPlan) -> str:
    """Return the number ``text`` in the style that a phone can dial; as written if unreadable."""
    if style is NumberStyle.AS_WRITTEN or len(text) > MOST_CHARACTERS:
        return text
    return _styled(text, style, plan)


@lru_cache(maxsize=4096)
def _styled(text: str, style: NumberStyle, plan: DialPlan) -> str:
    written = without_remark(prepared(text))
    number = None if several(written) else parse(written, plan.region)
    if number is None:
        return text
    # Where an extension is dialled right behind the number; elsewhere the main line answers.
    extension = number.extension or "" if number.country_code in DIN_COUNTRIES else ""
    international = international_digits(number) + extension
    if style is NumberStyle.E164:
        return f"+{international}"
    home = phonenumbers.country_code_for_region(plan.region)
    at_home = number.country_code == home
    if style is NumberStyle.NATIONAL and at_home:
        return national_digits(number) + extension
    if style is NumberStyle.OUTSIDE_LINE and plan.outside_line:
        dialled = f"{national_digits(number)}{extension}" if at_home else f"00{international}"
        return plan.outside_line[0] + dialled
    return f"00{international}"


def spelled_out(text: str, plan: DialPlan, *, national: bool) -> str | None:
    """Return the number ``text`` as people write it: in E.164, or as inside its country.

    National is grouped, with the country code for numbers from abroad, and has the hyphen before
    an extension that was there. What was spelled out already comes out as it went in. None if it
    cannot be read as a number.
    """
    return None if len(text) > MOST_CHARACTERS else _spelled_out(text, plan, national)


@lru_cache(maxsize=4096)
def _spelled_out(text: str, plan: DialPlan, national: bool) -> str | None:
    written = prepared(text)
    number = parse(written, plan.region)
    # What is beside a number would be lost.
    if number is None or _is_annotated(written) or several(written):
        return None
    bare = phonenumbers.PhoneNumber()
    bare.merge_from(number)
    bare.extension = None
    forms = [phonenumbers.format_number(bare, PhoneNumberFormat.E164)]
    if national:
        at_home = number.country_code == phonenumbers.country_code_for_region(plan.region)
        style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
        grouped = phonenumbers.format_number(bare, style)
        din = DIN_EXTENSION.match(written) if number.country_code in DIN_COUNTRIES else None
        forms.insert(0, _with_hyphen(grouped, din[1]) if din else grouped)
    tail = f" ext. {number.extension}" if number.extension else ""
    # Of some countries' numbers, formatting makes what is read as another one.
    return next((form + tail for form in forms if parse(form + tail, plan.region) == number), None)


def says_more(text: str, plan: DialPlan) -> bool:
    """Say whether more is in ``text`` than one number, which none of its writings has."""
    if len(text) > MOST_CHARACTERS:
        return False
    written = prepared(text)
    if several(written):
        return True
    return _is_annotated(written) and parse(without_remark(written), plan.region) is not None


def _is_annotated(written: str) -> bool:
    return without_remark(written) != written or _LABEL.match(written) is not None


def _with_hyphen(grouped: str, extension: str) -> str:
    head = grouped.removesuffix(extension).rstrip(" -/")
    return grouped if head == grouped or not head[-1:].isdigit() else f"{head}-{extension}"


def is_valid(text: str, plan: DialPlan, *, as_dialled: bool = False) -> bool:
    """Say whether ``text`` is a number of a numbering plan, not only as long as one.

    With ``as_dialled``, one of the home region must have the trunk prefix that is dialled there.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    number = parse(text, plan.region)
    if number is None or not phonenumbers.is_valid_number(number):
        return False
    if not as_dialled or text.lstrip().startswith("+"):
        return True
    return digits_of(text).startswith((trunk_prefix(number.country_code or 0), "00"))


def grouped(text: str, plan: DialPlan) -> str:
    """Return a number that begins with + in groups with blanks between them and nothing else.

    Spreadsheets calculate with other writings of it, or make 4.93E+09 of it. What cannot be read
    stays as it is.
    """
    if not text.startswith("+") or len(text) > MOST_CHARACTERS:
        return text
    number = parse(OPTIONAL_TRUNK.sub("", text), plan.region)
    if number is None or number.extension or LETTER.search(text):
        return text
    written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return " ".join(re.findall(r"\+?[0-9]+", written))


def dialled(text: str) -> str:
    """Return what a phone is to dial for ``text``: digits, and a + before them, * and #."""
    kept = re.sub(r"[^0-9+*#]", "", OPTIONAL_TRUNK.sub("", text))
    return kept[:1] + kept[1:].replace("+", "")
