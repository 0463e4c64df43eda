"""The beginnings that telephones ask for, which are put together without probes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from dirserver.model.fields import PHONES, Field
from dirserver.model.number import DialPlan
from dirserver.model.query import Anywhere, Substring
from dirserver.store.index.pieces import LONGEST
from dirserver.store.search.conditions import spelled
from dirserver.store.search.values import begins, probes

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
@example((Field.MAIL, Field.NOTE), "a" * (LONGEST + 1))
def test_it_looks_for_what_the_probes_look_for(
    dialect: Dialect, fields: tuple[Field, ...], said: str
) -> None:
    query, test = asked(fields, said)
    found = probes([query], PLAN)
    values: list[str] = []
    shape = begins(fields, test, dialect, values)
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
