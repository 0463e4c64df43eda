"""Filters as LDAP has them turned into what the store can be asked (RFC 4511 section 4.5.1.7).

An unknown attribute, a value that no value can equal and a rule that is not implemented are
Undefined, and so is their negation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from dirserver.ldap.codec.messages import (
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
    GreaterOrEqual,
    LessOrEqual,
    PresentFilter,
    Substrings,
)
from dirserver.ldap.schema.attributes import CN, OBJECT_CLASS, SN, UID, lookup
from dirserver.ldap.schema.attributetype import AttributeType, Usage
from dirserver.ldap.schema.operational import NUM_SUBORDINATES, OPERATIONAL_OF_CARDS
from dirserver.ldap.schema.syntaxes import DISTINGUISHED_NAME, POSTAL_ADDRESS
from dirserver.ldap.search.extensible import items
from dirserver.ldap.search.facts import (
    MOMENTS,
    NOWHERE,
    Naming,
    compare_fact,
    compare_moment,
    compare_related,
)
from dirserver.ldap.search.values import (
    NAMES_OF_PERSONS,
    Assertion,
    Leaf,
    LessThan,
    digits_pressed,
    text_for,
    text_of,
    value_test,
)
from dirserver.model.fields import NAMES, Field
from dirserver.model.query import (
    EVERYTHING,
    UNDEFINED,
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Below,
    BookIs,
    Constant,
    Equals,
    Keyed,
    KeyIs,
    Not,
    Or,
    Present,
    Query,
    Substring,
)

_ALWAYS_PRESENT = frozenset({OBJECT_CLASS, UID, CN, SN, *OPERATIONAL_OF_CARDS})
# Values that are written in another way than other text.
_OTHERWISE_WRITTEN = frozenset({DISTINGUISHED_NAME, POSTAL_ADDRESS})
# Where a test is of the fields that are named beside it.
_ANY = Field.FULL_NAME
# How many subordinates a card has.
_NONE = "0"
# No client asks so much of so many attributes.
_MOST_ALIKE = 16


def compile(filter_: Filter, naming: Naming = NOWHERE) -> Query:
    """Return the query that finds the cards for which the filter is true."""
    match filter_:
        case FilterAnd(parts):
            return And(tuple(compile(part, naming) for part in parts))
        case FilterOr(parts):
            return _alike(parts) or Or(tuple(compile(part, naming) for part in parts))
        case FilterNot(part):
            return Not(compile(part, naming))
        case ExtensibleMatch():
            return _extensible(filter_, naming)
    one = lookup(filter_.attribute)
    # No picture is in the search index.
    if one is None or one.only_named:
        return UNDEFINED
    query = _leaf_query(filter_, one, naming)
    return query if NAMES_OF_PERSONS.isdisjoint(one.fields) else _or_keyed(filter_, query)


def _alike(parts: tuple[Filter, ...]) -> Query | None:
    """Return what asks for the same of several attributes at once, if that is what is asked."""
    if not 1 < len(parts) <= _MOST_ALIKE:
        return None
    first = parts[0]
    names: list[str] = []
    test: Equals | Substring
    match first:
        case EqualityMatch(_, value):
            for part in parts:
                if not isinstance(part, EqualityMatch) or part.value != value:
                    return None
                names.append(part.attribute)
            text = text_of(value)
            if not text or not text.strip():
                return None
            test = Equals(_ANY, text)
        case Substrings(_, initial, middle, final):
            for part in parts:
                if (
                    not isinstance(part, Substrings)
                    or part.initial != initial
                    or part.any != middle
                    or part.final != final
                ):
                    return None
                names.append(part.attribute)
            found = _parts(first)
            if isinstance(found, Constant):
                return None
            test = found
        case _:
            return None
    fields, may_be_keyed = _fields_of(tuple(names))
    if len(fields) < 2:
        return None
    query = Anywhere(fields, test)
    return _or_keyed(first, query) if may_be_keyed else query


# Clients of one kind ask the same attributes for ever other words.
@lru_cache(maxsize=256)
def _fields_of(attributes: tuple[str, ...]) -> tuple[tuple[Field, ...], bool]:
    """Return the fields of attributes, and whether digits are also letters there.

    There are none if there is one among the attributes that has no such values.
    """
    found: dict[Field, None] = {}
    for name in attributes:
        one = lookup(name)
        if one is None or one.only_named or not one.fields or one.syntax in _OTHERWISE_WRITTEN:
            return (), False
        found.update(dict.fromkeys(one.fields))
    return tuple(found), not NAMES_OF_PERSONS.isdisjoint(found)


def compile_assertion(assertion: EqualityMatch | PresentFilter, naming: Naming = NOWHERE) -> Query:
    """Return the query of a comparison, in which digits are nothing but digits."""
    one = lookup(assertion.attribute)
    # No picture is in the search index.
    if one is None or one.only_named:
        return UNDEFINED
    return _leaf_query(assertion, one, naming)


def _extensible(filter_: ExtensibleMatch, naming: Naming) -> Query:
    found = items(filter_)
    if found is None:
        return UNDEFINED
    tests = [_leaf_query(item, one, naming) for item, one in found]
    if filter_.dn_attributes:
        for item, one in found:
            tests += _in_name(item, one, naming)
    return tests[0] if len(tests) == 1 else Or(tuple(tests))


def _in_name(item: Leaf, one: AttributeType, naming: Naming) -> Iterator[Query]:
    """Yield what the RDNs above the cards add; that of a card itself is its uid."""
    test = value_test(item, one)
    if test is None:
        return
    if one is lookup("ou"):
        named = (ids for slug, ids in naming.books.items() if test(slug))
        yield from (BookIs(book_id) for ids in named for book_id in ids)
    if any(lookup(type_) is one and test(value) for rdn in naming.suffix for type_, value in rdn):
        yield EVERYTHING


def _leaf_query(leaf: Leaf, one: AttributeType, naming: Naming) -> Query:
    match leaf:
        case PresentFilter():
            return _present(one)
        case Substrings():
            return UNDEFINED if one.syntax is DISTINGUISHED_NAME else _substring(leaf, one)
    text = text_for(one, leaf.value)
    if text is None or not text.strip():
        # No value is empty, so none can be compared with what is.
        return UNDEFINED
    moment = MOMENTS.get(one)
    if moment is not None:
        return compare_moment(leaf, moment, text)
    if one.syntax is DISTINGUISHED_NAME and one.usage is Usage.USER:
        return compare_related(one, text, naming) if _is_equality(leaf) else UNDEFINED
    if one is UID:
        return KeyIs(text.strip().lower()) if _is_equality(leaf) else UNDEFINED
    if one is NUM_SUBORDINATES:
        test = value_test(leaf, one)
        return UNDEFINED if test is None else Constant(test(_NONE))
    if not one.fields and one in _ALWAYS_PRESENT:
        return compare_fact(one, text.strip(), naming) if _is_equality(leaf) else UNDEFINED
    match leaf:
        case EqualityMatch():
            return _any_field(one, lambda field: Equals(field, text))
        case GreaterOrEqual():
            return _any_field(one, lambda field: AtLeast(field, text))
        case LessOrEqual():
            return _any_field(one, lambda field: AtMost(field, text))
        case LessThan():
            return _any_field(one, lambda field: Below(field, text))
        case ApproxMatch():
            return _any_field(one, lambda field: Substring(field, any=(text.strip(),)))


def _is_equality(leaf: Assertion) -> bool:
    return isinstance(leaf, EqualityMatch | ApproxMatch)


def _any_field(one: AttributeType, test: Callable[[Field], Query]) -> Query:
    """Test every field that the attribute shows; a known attribute without any is never there."""
    tests = tuple(map(test, one.fields))
    return tests[0] if len(tests) == 1 else Or(tests)


def _or_keyed(leaf: Leaf, query: Query) -> Query:
    """Let digits also find names that are spelled with them: a keypad has no other letters."""
    digits = digits_pressed(leaf)
    if not digits:
        return query
    return Or((*(query.parts if isinstance(query, Or) else (query,)), Keyed(digits)))


def _present(one: AttributeType) -> Query:
    return EVERYTHING if one in _ALWAYS_PRESENT else _any_field(one, Present)


def _substring(leaf: Substrings, one: AttributeType) -> Query:
    parts = _parts(leaf, partial(text_for, one))
    if isinstance(parts, Constant):
        return _present(one) if parts is EVERYTHING else UNDEFINED
    if one in _ALWAYS_PRESENT and not one.fields:
        return UNDEFINED

    def test(field: Field) -> Query:
        at_word = parts.at_word and field in NAMES
        return Substring(field, parts.initial, parts.any, parts.final, at_word=at_word)

    return _any_field(one, test)


def _parts(leaf: Substrings, read: Callable[[bytes], str | None] = text_of) -> Substring | Constant:
    """Return the parts that a value is to have, of whatever field it is.

    EVERYTHING is where any value has them, and UNDEFINED where they are no text.
    """
    # What has nothing left is one blank, and some blank is in every value as it is prepared
    # (RFC 4518 section 2.6.1): it tells no values apart.
    initial, final = read(leaf.initial or b""), read(leaf.final or b"")
    middle: list[str] = []
    for part in leaf.any:
        text = read(part)
        if text is None:
            return UNDEFINED
        if text:
            middle.append(text)
    if initial is None or final is None:
        return UNDEFINED
    if not (initial or middle or final):
        return EVERYTHING
    return Substring(_ANY, initial, tuple(middle), final, at_word=bool(initial))
