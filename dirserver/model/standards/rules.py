"""The rules that a book may have, and what becomes of a card that breaks one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Who writes the repairs; nobody can log in under this name.
ACTOR = "standards"
# What the versions are called that repairs make.
REPAIR = "repair"

_LONGEST_QUOTED = 60


class Rule(StrEnum):
    """What a standard is about; the value is its key in the config file."""

    REQUIRED = "required"
    PHONES = "phones"
    EMAILS = "emails"
    CATEGORIES = "categories"
    NAMES = "names"
    COUNTRIES = "countries"
    PHOTO = "photo_kb"


class Handling(StrEnum):
    """What becomes of a card that breaks a rule."""

    REPORT = "report"
    REPAIR = "repair"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class PhoneForm(StrEnum):
    """How telephone numbers are written."""

    E164 = "e164"
    NATIONAL = "national"


class NameForm(StrEnum):
    """In which order a full name has its parts."""

    GIVEN_FAMILY = "given-family"
    FAMILY_GIVEN = "family-given"


@dataclass(frozen=True, slots=True)
class Standards:
    """The rules of a book; those that it does not have are empty.

    ``handling`` says what becomes of what breaks a rule, where that is not only reported.
    ``countries`` is the language in which countries are named.
    """

    required: tuple[str, ...] = ()
    phones: PhoneForm | None = None
    emails: bool = False
    categories: tuple[str, ...] = ()
    names: NameForm | None = None
    countries: str = ""
    photo_kb: int = 0
    handling: tuple[tuple[Rule, Handling], ...] = ()

    def handling_of(self, rule: Rule) -> Handling:
        """Return what becomes of a card that breaks ``rule``."""
        return next((how for one, how in self.handling if one is rule), Handling.REPORT)

    def does(self, handling: Handling) -> bool:
        """Say whether anything is handled so."""
        return any(how is handling for _, how in self.handling)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that the book has."""
        return tuple(rule for rule in Rule if getattr(self, rule.value))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a card that breaks a rule. ``sentence`` tells its owner what.

    Where it can be repaired, ``mended`` is the value, still escaped, that the property gets which
    is the card's ``index``-th.
    """

    rule: Rule
    property: str
    sentence: str
    index: int = -1
    mended: str | None = None


def quoted(text: str) -> str:
    """Return ``text`` as a sentence quotes it: on one line, and not all of it if it is long."""
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= _LONGEST_QUOTED else f'"{line[:_LONGEST_QUOTED]}…"'
