"""What an entry has beside what its card says: its name, its class, its times (RFC 4512).

These are not in the search index, but the same for all cards, or made of their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dirserver.ldap.codec.messages import GreaterOrEqual, LessOrEqual
from dirserver.ldap.dit.dn import DN, CardDN, InvalidDN, Subschema, locate, parse
from dirserver.ldap.entry.entries import is_uuid, key_of
from dirserver.ldap.schema import generalized_time
from dirserver.ldap.schema.attributes import MEMBER, OBJECT_CLASS
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.schema.objectclass import (
    CARD_CLASSES,
    CARD_STRUCTURAL_CLASS,
    GROUP_CLASSES,
    GROUP_STRUCTURAL_CLASS,
    object_class,
)
from dirserver.ldap.schema.operational import (
    CREATE_TIMESTAMP,
    ENTRY_DN,
    ENTRY_UUID,
    HAS_SUBORDINATES,
    MODIFY_TIMESTAMP,
    STRUCTURAL_OBJECT_CLASS,
    SUBSCHEMA_SUBENTRY,
)
from dirserver.ldap.search.values import Assertion, LessThan
from dirserver.model.query import (
    GROUPS,
    NOTHING,
    PERSONS,
    UNDEFINED,
    And,
    Between,
    BookIs,
    Constant,
    KeyIs,
    Moment,
    Or,
    Query,
)

MOMENTS = {CREATE_TIMESTAMP: Moment.CREATED, MODIFY_TIMESTAMP: Moment.MODIFIED}


@dataclass(frozen=True, slots=True)
class Naming:
    """What the DNs of cards are made of beside the key: the suffix, and books' ids by slug.

    Below the entry of a smart book are cards of several books.

    ``groups_of`` finds the groups that have a card for a member, by its book's slug and its key.
    """

    suffix: DN = ()
    books: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    groups_of: Callable[[str, str], Query] = lambda _slug, _key: NOTHING


NOWHERE = Naming()


def compare_moment(leaf: Assertion, moment: Moment, text: str) -> Query:
    """Compare a moment, which entries show to the second."""
    asked = generalized_time.parse(text)
    try:
        start, end = (None, None) if asked is None else generalized_time.second_of(asked)
    except OverflowError:
        start = end = None
    if asked is None or start is None or end is None:
        return UNDEFINED
    match leaf:
        case GreaterOrEqual():
            return Between(moment, start=start if asked == start else end)
        case LessOrEqual():
            return Between(moment, end=end)
        case LessThan():
            return Between(moment, end=start if asked == start else end)
        case _:
            return Between(moment, start, end) if asked == start else NOTHING


def compare_fact(one: AttributeType, text: str, naming: Naming) -> Query:
    """Compare what is the same for all cards, or made of the key."""
    if one in (OBJECT_CLASS, STRUCTURAL_OBJECT_CLASS):
        # RFC 4517 has Undefined for a class that is unknown; clients negate such tests.
        asked = object_class(text)
        return NOTHING if asked is None else _of_class(one, asked.name)
    if one is ENTRY_UUID and is_uuid(text):
        key = key_of(text)
        return NOTHING if key is None else KeyIs(key)
    if one in (ENTRY_DN, SUBSCHEMA_SUBENTRY):
        return _named(one, text, naming)
    if one is HAS_SUBORDINATES and text.upper() in ("TRUE", "FALSE"):
        return Constant(text.upper() == "FALSE")
    return UNDEFINED


def _of_class(one: AttributeType, name: str) -> Query:
    """Tell persons from groups; they have little more in common than being something."""
    whole = one is OBJECT_CLASS
    of_card = name in (CARD_CLASSES if whole else (CARD_STRUCTURAL_CLASS,))
    of_group = name in (GROUP_CLASSES if whole else (GROUP_STRUCTURAL_CLASS,))
    if of_card and not of_group:
        return PERSONS
    return GROUPS if of_group and not of_card else Constant(of_card)


def compare_related(one: AttributeType, text: str, naming: Naming) -> Query:
    """Compare the DNs of other entries, of which only groups have any."""
    try:
        location = locate(parse(text), naming.suffix)
    except InvalidDN:
        return UNDEFINED
    match location:
        case CardDN(slug, key) if one is MEMBER:
            return naming.groups_of(slug, key)
        case _:
            return NOTHING


def _named(one: AttributeType, text: str, naming: Naming) -> Query:
    try:
        location = locate(parse(text), naming.suffix)
    except InvalidDN:
        return UNDEFINED
    if one is SUBSCHEMA_SUBENTRY:
        return Constant(isinstance(location, Subschema))
    match location:
        case CardDN(slug, key) if slug in naming.books:
            books = tuple(map(BookIs, naming.books[slug]))
            return And((KeyIs(key), books[0] if len(books) == 1 else Or(books)))
        case _:
            return NOTHING
