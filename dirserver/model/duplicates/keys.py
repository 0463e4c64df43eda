"""What brings two cards together to be compared: each key that both have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from dirserver.model.duplicates.facts import Facts
from dirserver.model.duplicates.nicknames import names_of

# Why a value that more cards have says nothing: it is a house's, or a name that all have.
MOST_ALIKE = 50


def of_mail(facts: Facts) -> Iterator[str]:
    """Yield mail addresses."""
    yield from facts.mails


def of_number(facts: Facts) -> Iterator[str]:
    """Yield numbers."""
    yield from facts.numbers


def of_uid(facts: Facts) -> Iterator[str]:
    """Yield the UID, if there is one."""
    if facts.uid:
        yield facts.uid


def of_family(facts: Facts) -> Iterator[str]:
    """Yield the family name with the first letter of the given one."""
    for family in facts.name.family:
        for given in facts.name.given or ("",):
            yield f"{family} {given[:1]}"


def of_nickname(facts: Facts) -> Iterator[str]:
    """Yield the family name with each name that the given one may be short for: Bob is Robert."""
    for given in facts.name.given:
        for number in names_of(given.partition(" ")[0]):
            for family in facts.name.family:
                yield f"{family} {number}"


def of_given(facts: Facts) -> Iterator[str]:
    """Yield the given name with the first letters of the family name."""
    for given in facts.name.given:
        for family in facts.name.family:
            yield f"{given} {family[:2]}"


def of_words(facts: Facts) -> Iterator[str]:
    """Yield the words of the name, which may be in another order."""
    if len(facts.name.words) > 1:
        yield " ".join(facts.name.words)


def of_birthday(facts: Facts) -> Iterator[str]:
    """Yield the day of birth."""
    if facts.birthday and not facts.birthday.startswith("--"):
        yield facts.birthday


def of_street(facts: Facts) -> Iterator[str]:
    """Yield streets, their words in the order of the alphabet."""
    for street in facts.streets:
        yield " ".join(sorted(street.split()))


def of_place(facts: Facts) -> Iterator[str]:
    """Yield postal codes with the first letters of each name."""
    for code in facts.codes:
        for part in (facts.name.given, facts.name.family):
            if part:
                yield f"{code} {part[0][:2]}"


def of_organisation(facts: Facts) -> Iterator[str]:
    """Yield organisations with the given name, or the name of a house."""
    for organisation in facts.organisations:
        for name in facts.name.given or facts.name.family:
            yield f"{organisation} {name}"


Keys: TypeAlias = Callable[[Facts], Iterator[str]]

# What a house or a family may share, as well as one who is here twice.
CONTACTS: tuple[Keys, ...] = (of_mail, of_number)
OTHERS: tuple[Keys, ...] = (
    of_uid,
    of_family,
    of_nickname,
    of_given,
    of_words,
    of_birthday,
    of_street,
    of_place,
    of_organisation,
)
