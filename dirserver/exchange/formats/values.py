"""What stands in cells: several values in one, what means nothing, what Excel made of a number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dirserver.model.derive import telephone_number
from dirserver.model.number import DialPlan
from dirserver.model.number_writing import is_valid

BETWEEN = " ::: "
_ESCAPED_BETWEEN = " :::: "
_FORMULA = "[=+\\-@\t\r＝＋－＠]"
_GUARDED = re.compile(f"'+{_FORMULA}")
_DANGEROUS = re.compile(f"'*{_FORMULA}")
_NUMBER = re.compile(r"\+?[0-9 ]+")
_PHONE_BREAKS = re.compile(r" ::: |[\r\n]+|;|, ")
_NOT_IN_MAIL = re.compile(r"[\s;,/<>\"()\[\]:]+")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{1,2}", re.IGNORECASE)
_FEWEST_DIGITS = 9
# Marks of writing direction and blanks that do not break, which come along from screens.
_MARKS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u202f\u2007"), " ")

# What programs write where nobody said anything, in the languages that they speak.
DEFAULTS = frozenset(
    {
        "unspecified", "normal", "false", "keine angabe", "aus", "falsch", "nein",
        "niet-gespecificeerd", "normaal", "onwaar", "non spécifié", "normale", "faux",
        "0/0/00", "0.0.00", "0-0-00", "00.00.99", "0000-00-00", "0/0/0000", "[not provided]",
        "usynlig", "ikke angivet", "falsk", "no especificado", "falso",
    }
)  # fmt: skip
YES = frozenset({"true", "ein", "vrai", "wahr", "waar", "yes", "ja", "sandt", "verdadero", "1"})
# Digits of a postcode, where a spreadsheet takes the first one away if it is 0.
_CODE_DIGITS = {"DE": 5, "FR": 5, "IT": 5, "ES": 5, "US": 5, "FI": 5, "NO": 4}
_COUNTRIES = {
    "DE": frozenset({"", "de", "d", "deutschland", "germany", "allemagne"}),
    "FR": frozenset({"", "fr", "f", "france", "frankreich"}),
    "IT": frozenset({"", "it", "i", "italia", "italy", "italien"}),
    "ES": frozenset({"", "es", "e", "españa", "spain", "spanien"}),
    "US": frozenset({"", "us", "usa", "united states", "united states of america"}),
    "FI": frozenset({"", "fi", "suomi", "finland"}),
    "NO": frozenset({"", "no", "norge", "norway"}),
}


def cleaned(cell: str) -> str:
    """Return a cell without the blanks around it and the guard against formulas before it."""
    cell = cell.strip()
    return cell[1:] if _GUARDED.match(cell) else cell


def guarded(cell: str) -> str:
    """Return a cell so that no spreadsheet takes it for a formula; ``cleaned`` undoes it."""
    if _NUMBER.fullmatch(cell) or not _DANGEROUS.match(cell):
        return cell
    return f"'{cell}"


def joined_google(values: Iterable[str]) -> str:
    """Put several values of one label into a cell of Google's."""
    return BETWEEN.join(value.replace(BETWEEN, _ESCAPED_BETWEEN) for value in values)


def split_google(cell: str) -> list[str]:
    """Take a cell of Google's apart; one more colon stands for a text that looks like that."""
    return [part.strip().replace(_ESCAPED_BETWEEN, BETWEEN) for part in cell.split(BETWEEN)]


def mails_in(cell: str) -> list[str]:
    """Return the mail addresses in a cell, however they are separated."""
    words = (word.strip("'.") for word in _NOT_IN_MAIL.split(cell))
    return list(dict.fromkeys(word for word in words if "@" in word.strip("@")))


def is_exchange(cell: str) -> bool:
    """Say whether this is Exchange's name for somebody, which is no mail address."""
    return cell[:3].lower() == "/o="


def numbers_in(cell: str) -> list[str]:
    """Return the numbers in a cell, as they are written but for invisible characters."""
    parts = (part.translate(_MARKS).translate(_BLANKS) for part in _PHONE_BREAKS.split(cell))
    return [number for part in parts if (number := telephone_number(part))]


def is_lost(number: str) -> bool:
    """Say whether this is what a spreadsheet left of a number, of which no more is known."""
    return _SCIENTIFIC.fullmatch(number) is not None


def restored(number: str, plan: DialPlan) -> tuple[str, str]:
    """Return a number with the 0 or + that a spreadsheet took away, and a remark on it.

    Only where the digits are a number with exactly one of the two; else they stay.
    """
    if not (number.isascii() and number.isdigit()) or number.startswith("0"):
        return number, ""
    if len(number) < _FEWEST_DIGITS or is_valid(number, plan, as_dialled=True):
        return number, ""
    whole = [one for one in (f"0{number}", f"+{number}") if is_valid(one, plan, as_dialled=True)]
    if len(whole) == 1:
        return whole[0], f"{number} had lost its first character and was read as {whole[0]}"
    if whole:
        return number, f"{number} may have lost a 0 or a + before it; it was kept as it is"
    return number, ""


def restored_code(code: str, country: str, region: str) -> tuple[str, str]:
    """Return a postcode with the 0 that a spreadsheet took away, and a remark on it."""
    digits = _CODE_DIGITS.get(region, 0)
    at_home = country.strip().casefold() in _COUNTRIES.get(region, ())
    if at_home and len(code) == digits - 1 and code.isascii() and code.isdigit():
        return f"0{code}", f"the postcode {code} had lost its 0 and was read as 0{code}"
    return code, ""
