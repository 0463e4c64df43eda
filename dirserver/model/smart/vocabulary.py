"""The words for what a card says, and what may be asked of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dirserver.model.fields import Field
from dirserver.model.query import GROUPS, PERSONS, Equals, Or, Present, Query, Substring

BOOK: Final = "book"
KIND: Final = "kind"
TEL: Final = "tel"

# What a card says of any of these fields counts.
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "categories": (Field.CATEGORY,),
    "org": (Field.ORGANISATION,),
    "unit": (Field.UNIT,),
    "title": (Field.TITLE,),
    "role": (Field.ROLE,),
    "name": (Field.FULL_NAME,),
    "family_name": (Field.FAMILY_NAME,),
    "given_name": (Field.GIVEN_NAME,),
    "nickname": (Field.NICKNAME,),
    "email": (Field.MAIL,),
    TEL: (Field.ANY_PHONE,),
    "city": (Field.WORK_LOCALITY, Field.HOME_LOCALITY),
    "region": (Field.WORK_REGION, Field.HOME_REGION),
    "postal_code": (Field.WORK_POSTAL_CODE, Field.HOME_POSTAL_CODE),
    "country": (Field.WORK_COUNTRY, Field.HOME_COUNTRY),
    "url": (Field.WORK_URL, Field.HOME_URL),
    "language": (Field.LANGUAGE,),
    "note": (Field.NOTE,),
    "birthday": (Field.BIRTHDAY,),
    "anniversary": (Field.ANNIVERSARY,),
    "x-custom1": (Field.CUSTOM_1,),
    "x-custom2": (Field.CUSTOM_2,),
    "x-custom3": (Field.CUSTOM_3,),
    "x-custom4": (Field.CUSTOM_4,),
}
KINDS: Final[Mapping[str, Query]] = {"individual": PERSONS, "group": GROUPS}


def equal(word: str, value: str) -> Query:
    """Return the query for cards of which the field ``word`` is ``value``."""
    if word == KIND:
        return KINDS[value]
    return _any_of(Equals(field, value) for field in FIELDS[word])


def containing(word: str, value: str) -> Query:
    """Return the query for cards that have ``value`` somewhere in the field ``word``."""
    return _any_of(Substring(field, any=(value,)) for field in FIELDS[word])


def beginning(word: str, value: str) -> Query:
    """Return the query for cards of which the field ``word`` begins with ``value``."""
    return _any_of(Substring(field, initial=value) for field in FIELDS[word])


def present(word: str) -> Query:
    """Return the query for cards that say anything of the field ``word``."""
    return _any_of(Present(field) for field in FIELDS[word])


def any_equal(word: str, values: Iterable[str]) -> Query:
    """Return the query for cards of which the field ``word`` is one of ``values``."""
    return _any_of(equal(word, value) for value in values)


def _any_of(queries: Iterable[Query]) -> Query:
    parts = tuple(queries)
    return parts[0] if len(parts) == 1 else Or(parts)
