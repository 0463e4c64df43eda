"""The parts of names that telephones ask for, which are put together without probes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from dirserver.model.fields import PHONES, Field
from dirserver.model.fold import part_forms
from dirserver.model.number import DialPlan
from dirserver.model.number_reading import digits_of
from dirserver.model.query import Anywhere, Substring
from dirserver.store.index import lines
from dirserver.store.index.pieces import LONGEST
from dirserver.store.index.trigram import SHORTEST
from dirserver.store.search.spelled import begins, contains, spelled
from dirserver.store.search.values import dialled, probes

PLAN = DialPlan()
DIALECTS: list[Dialect] = [
    sqlite.dialect(),
    postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy's
]
_texts = st.sampled_from(sorted(set(Field) - PHONES))
_fields = st.lists(_texts, min_size=1, max_size=5, unique=True).map(tuple)
_said = st.sampled_from(
    ["m", "mü", "Mül", "mue", "Grö", "ß", "王", "a b", " a", "x\0", "5646", "%_"]
)


def asked(fields: tuple[Field, ...], said: str) -> tuple[Anywhere, Substring]:
    test = Substring(fields[0], said, at_word=True)
    return Anywhere(fields, test), test


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(_fields, _said | st.text(min_size=1, max_size=8))
@example((Field.FULL_NAME, Field.MAIL, Field.ORGANISATION, Field.GIVEN_NAME), "jö")
@example((Field.FULL_NAME, Field.MAIL), "\r")
@example((Field.FULL_NAME,), "  ")
@example((Field.MAIL, Field.NOTE), "a" * (LONGEST + 1))
def test_it_looks_for_what_the_probes_look_for(
    dialect: Dialect, fields: tuple[Field, ...], said: str
) -> None:
    query, test = asked(fields, said)
    found = probes([query], PLAN)
    values: list[str] = []
    shape = begins(fields, test, dialect, values)
    if shape is None:
        assert values == []
        assert not all(form.strip() for form in part_forms(said.lstrip()))
        return
    assert values == [value for probe in found for value in probe.values(dialect)]
    again: list[str] = []
    assert spelled(query, PLAN, dialect, again) == shape
    assert again == values


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(_fields, st.lists(_said, min_size=2, max_size=2))
def test_what_looks_alike_has_the_same_probes_but_for_the_words(
    dialect: Dialect, fields: tuple[Field, ...], said: list[str]
) -> None:
    one, other = (asked(fields, text) for text in said)
    if begins(fields, one[1], dialect, []) == begins(fields, other[1], dialect, []):
        first, second = (
            [probe.shape for probe in probes([each], PLAN)] for each, _ in (one, other)
        )
        assert first == second


def test_numbers_do_not_begin_like_words() -> None:
    fields = (Field.FULL_NAME, Field.MOBILE_PHONE)
    values: list[str] = []
    assert begins(fields, asked(fields, "030")[1], DIALECTS[0], values) is None
    assert values == []


def is_in_lines(field: Field) -> bool:
    return field in lines.FIELDS


_parts = st.sampled_from(
    [
        *("mül", "müll", "Größe", "aeae", "straße 5", "王小明", "ab", "a b", "%_ x"),
        *("030 1234", "0049301234", "2000000", "straße 567", "01234"),
    ]
)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(_fields, _parts | st.text(min_size=1, max_size=12))
@example((Field.FULL_NAME, Field.MAIL, Field.ORGANISATION, Field.NOTE), "jörg")
@example((Field.NOTE, Field.MAIL, Field.FULL_NAME), "schröder-müller")
@example((Field.MAIL, Field.NOTE), "a" * (LONGEST + 1))
def test_a_part_is_looked_for_as_the_probes_do(
    dialect: Dialect, fields: tuple[Field, ...], part: str
) -> None:
    test = Substring(fields[0], any=(part,))
    query = Anywhere((*fields, Field.MOBILE_PHONE), test)
    found = probes([query], PLAN)
    values: list[str] = []
    shape = contains(query.fields, test, PLAN, dialect, values)
    if shape is None:
        assert values == []
        asked_for = (*part_forms(part), *dialled(part, PLAN))
        is_short = min(map(len, asked_for)) < SHORTEST
        assert is_short or (digits_of(part) and not all(map(is_in_lines, fields)))
    else:
        assert values == [value for probe in found for value in probe.values(dialect)]
        again: list[str] = []
        assert spelled(query, PLAN, dialect, again) == shape
        assert again == values


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
@given(_fields, st.lists(_parts, min_size=2, max_size=2))
def test_parts_that_look_alike_have_the_same_probes_but_for_the_words(
    dialect: Dialect, fields: tuple[Field, ...], parts: list[str]
) -> None:
    tests = [Substring(fields[0], any=(part,)) for part in parts]
    first, second = (contains(fields, test, PLAN, dialect, []) for test in tests)
    if first is not None and first == second:
        shapes = [
            [probe.shape for probe in probes([Anywhere(fields, test)], PLAN)] for test in tests
        ]
        assert shapes[0] == shapes[1]
