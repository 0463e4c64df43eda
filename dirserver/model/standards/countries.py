"""What countries are called, in one language; their names in others and their codes are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from dirserver.model.contentline import escape, split_value, unescape
from dirserver.model.fold import fold
from dirserver.model.standards.rules import Fault, Rule, quoted
from dirserver.model.vcard import VCard

# Those in which addresses reach us, the commonest first: of two countries that share a name, that
# of the first language is meant.
_LANGUAGES = (
    *("en", "de", "fr", "es", "it", "nl", "pl", "pt", "cs", "da", "sv", "nb", "fi"),
    *("hu", "ro", "sk", "sl", "hr", "tr", "el", "ru", "uk"),
)
# What Unicode's list has beside countries: unions, and codes for what is unknown.
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_OTHER_NAMES = {
    "usa": "US",
    "u.s.a.": "US",
    "uk": "GB",
    "great britain": "GB",
    "grossbritannien": "GB",
    "england": "GB",
    "holland": "NL",
    "brd": "DE",
}
_COUNTRY = 6  # the place in ADR (RFC 6350 section 6.3.1)


def faults(card: VCard, language: str) -> Iterator[Fault]:
    """Yield the countries in postal addresses that are not called as in ``language``."""
    for index, line in enumerate(card.lines):
        if line.name != "ADR":
            continue
        parts = split_value(line.value, ";")
        written = unescape(parts[_COUNTRY]).strip() if len(parts) > _COUNTRY else ""
        if not written or written in _names(language).values():
            continue
        code = _codes().get(fold(written))
        name = _names(language).get(code or "")
        if name is None:
            yield Fault(Rule.COUNTRIES, "ADR", f"{quoted(written)} is no country", index)
            continue
        mended = ";".join([*parts[:_COUNTRY], escape(name), *parts[_COUNTRY + 1 :]])
        sentence = f"the country {quoted(written)} is to be written {quoted(name)}"
        yield Fault(Rule.COUNTRIES, "ADR", sentence, index, mended)


@cache
def _names(language: str) -> Mapping[str, str]:
    """Return the names of countries by their codes (ISO 3166)."""
    # Here, since most have no such rule; whoever has one loads it with the config.
    from babel import Locale

    return {
        code: name
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code not in _NO_COUNTRIES
    }


@cache
def _codes() -> Mapping[str, str]:
    """Return the codes of countries by all that they may be called, folded."""
    found: dict[str, str] = dict(_OTHER_NAMES)
    for language in _LANGUAGES:
        for code, name in _names(language).items():
            found.setdefault(fold(name), code)
    for code in _names(_LANGUAGES[0]):
        found.setdefault(fold(code), code)
    return found
