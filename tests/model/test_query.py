"""A query resolved for a principal says what three-valued logic says (RFC 4511 section 4.5.1.7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.model.fields import NEVER_HIDDEN, SOURCES, Field, is_hidden
from dirserver.model.query import (
    EVERYTHING,
    NOTHING,
    UNDEFINED,
    And,
    Anywhere,
    AtLeast,
    AtMost,
    Between,
    BookIs,
    Constant,
    Equals,
    InQuarantine,
    Keyed,
    KeyIs,
    LinkedIn,
    Moment,
    Not,
    Or,
    Present,
    Query,
    Substring,
    resolve,
)

# A card, as far as truth is concerned: which of these single tests hold.
FIELDS = [Field.FULL_NAME, Field.NOTE, Field.BIRTHDAY, Field.UNIT, Field.WORK_PHONE]
TESTS: list[Query] = [
    *(Present(field) for field in FIELDS),
    *(Equals(field, "a") for field in FIELDS),
    Anywhere((Field.WORK_PHONE, Field.MOBILE_PHONE), Equals(Field.WORK_PHONE, "a")),
    *(Substring(field, any=("a",)) for field in FIELDS),
    *(AtLeast(field, "a") for field in FIELDS),
    *(AtMost(field, "a") for field in FIELDS),
    KeyIs("a"),
    BookIs(1),
    Between(Moment.CREATED, datetime(2026, 1, 1, tzinfo=UTC)),
]
CONSTANTS = [EVERYTHING, NOTHING, UNDEFINED]

queries = st.recursive(
    st.sampled_from([*TESTS, *CONSTANTS]),
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(And, st.lists(parts, max_size=3).map(tuple))
        | st.builds(Or, st.lists(parts, max_size=3).map(tuple))
    ),
    max_leaves=12,
)
true_tests = st.frozensets(st.sampled_from(TESTS))
hidings = st.frozensets(st.sampled_from(["NOTE", "BDAY", "ORG", "TEL"]))


def truth(query: Query, held: frozenset[Query], hidden: frozenset[str]) -> bool | None:
    """Evaluate ``query`` as Kleene did; None is undefined."""
    match query:
        case Constant(value):
            return value
        case Not(part):
            value = truth(part, held, hidden)
            return None if value is None else not value
        case And(parts) | Or(parts):
            values = [truth(part, held, hidden) for part in parts]
            decisive = isinstance(query, Or)
            if decisive in values:
                return decisive
            return None if None in values else not decisive
        case KeyIs() | BookIs() | InQuarantine() | LinkedIn() | Between():
            return query in held
        case Anywhere(fields, Equals(_, value)):
            each = Or(tuple(Equals(field, value) for field in fields))
            return truth(each, held, hidden)
        case Anywhere():
            raise AssertionError(query)
        case _:
            return None if is_hidden(query.field, hidden) else query in held


@settings(max_examples=500, deadline=None)
@given(queries, true_tests, hidings)
def test_a_resolved_query_is_true_for_the_same_cards(
    query: Query, held: frozenset[Query], hidden: frozenset[str]
) -> None:
    resolved = resolve(query, hidden)
    expected = truth(query, held, hidden) is True
    # Nothing is hidden from it any more: what it asks is asked of the whole card.
    assert truth(resolved, held, frozenset()) is expected


@settings(max_examples=300, deadline=None)
@given(queries, hidings)
def test_a_resolved_query_asks_nothing_that_is_hidden_or_undefined(
    query: Query, hidden: frozenset[str]
) -> None:
    todo = [resolve(query, hidden)]
    while todo:
        match one := todo.pop():
            case And(parts) | Or(parts):
                assert len(parts) > 1
                assert type(one) not in map(type, parts)
                todo += parts
            case Not(part):
                assert not isinstance(part, And | Or | Not | Constant)
                todo.append(part)
            case Constant(value):
                assert value is not None
            case KeyIs() | BookIs() | InQuarantine() | LinkedIn() | Between():
                pass
            case Anywhere(fields):
                assert not any(is_hidden(field, hidden) for field in fields)
            case test:
                assert not is_hidden(test.field, hidden)


@settings(max_examples=200, deadline=None)
@given(queries, hidings)
def test_resolving_again_changes_nothing(query: Query, hidden: frozenset[str]) -> None:
    resolved = resolve(query, hidden)
    assert resolve(resolved, hidden) == resolved
    assert resolve(resolved, frozenset()) == resolved


@pytest.mark.parametrize("test", TESTS[:-3])
def test_what_is_hidden_is_not_found_and_not_found_missing_either(test: Query) -> None:
    everything = frozenset({"FN", "NOTE", "BDAY", "ORG", "TEL"})
    for query in (test, Not(test), Not(Not(test)), And((test, EVERYTHING)), Not(And((test,)))):
        assert resolve(query, everything) == NOTHING
    assert resolve(Or((test, EVERYTHING)), everything) == EVERYTHING
    assert resolve(Not(And((test, NOTHING))), everything) == EVERYTHING


def test_the_empty_conjunction_is_true_and_the_empty_disjunction_false() -> None:
    # RFC 4526
    assert resolve(And(()), frozenset()) == EVERYTHING
    assert resolve(Or(()), frozenset()) == NOTHING
    assert resolve(Not(And(())), frozenset()) == NOTHING
    assert resolve(Not(Or(())), frozenset()) == EVERYTHING


def test_every_field_knows_its_source_and_names_can_always_be_seen() -> None:
    assert SOURCES.keys() == set(Field)
    for field in Field:
        assert SOURCES[field]
        assert is_hidden(field, SOURCES[field])
        assert not is_hidden(field, frozenset())
    for field in (Field.FULL_NAME, Field.FAMILY_NAME, Field.UID):
        assert SOURCES[field] <= NEVER_HIDDEN


def test_alternatives_among_alternatives_are_alternatives_once() -> None:
    # Several attributes are asked for digits, and each of them may also be spelled with these.
    name, number = Equals(Field.FULL_NAME, "5646"), Equals(Field.WORK_PHONE, "5646")
    keyed = Keyed("5646")
    asked = Or((Or((name, keyed)), Or((number, keyed)), And((And((name, number)), number))))
    assert resolve(asked, frozenset()) == Or((name, keyed, number, And((name, number))))
