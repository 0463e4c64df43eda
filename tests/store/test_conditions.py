"""What is kept of a condition, beside the condition."""

from __future__ import annotations

from sqlalchemy.dialects import sqlite

from dirserver.model.fields import Field
from dirserver.model.number import DialPlan
from dirserver.model.query import And, Equals, LinkedIn, Not, Query
from dirserver.store.search.conditions import Asking, found_in
from dirserver.store.search.spelled import spelled

_DIALECT = sqlite.dialect()
_SHOWN = Equals(Field.WORK_PHONE, "0 030 1234567")
_NAMED = Equals(Field.FAMILY_NAME, "Meier")
_QUERY: Query = And((_NAMED, Not(LinkedIn((2,), _SHOWN))))


def _values(plan: DialPlan) -> frozenset[object]:
    compiled = found_in(_QUERY, Asking([1], plan, _DIALECT)).compile(dialect=_DIALECT)
    return frozenset(map(str, compiled.params.values()))


def test_a_condition_with_a_number_in_it_is_another_where_numbers_are_dialled_otherwise() -> None:
    here, elsewhere = DialPlan("DE"), DialPlan("DE", outside_line=("0",))
    assert _values(here) != _values(elsewhere)
    assert spelled(_QUERY, here, _DIALECT, []) != spelled(_QUERY, elsewhere, _DIALECT, [])
