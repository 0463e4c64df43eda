"""What was done to links is taken back: in any order of acts, and never against somebody else's."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dirserver.model.linking import LinkMode
from dirserver.model.relinking import Step, Tie, undone

KEYS = "abcdef"
# With which of some people each card is linked; there is nobody else with a card alone.
PEOPLE = st.fixed_dictionaries({key: st.integers(0, 3) for key in KEYS})


def ties(people: dict[str, int], modes: int = 0) -> dict[str, Tie]:
    """Return how cards are linked; ``modes`` has a bit for the mode of each person's link."""
    of: dict[int, set[str]] = {}
    for key, person in people.items():
        of.setdefault(person, set()).add(key)
    found: dict[str, Tie] = {}
    for person, keys in of.items():
        mode = LinkMode.CARRY if modes >> person & 1 else LinkMode.OFFER
        if len(keys) > 1:
            found.update(dict.fromkeys(keys, Tie(frozenset(keys), mode, ("TEL",), person)))
    return found


STATES = st.builds(ties, PEOPLE, st.integers(0, 15))


@given(st.lists(STATES, min_size=2, max_size=5))
def test_all_acts_taken_back_from_the_last_leave_what_was_before(
    states: list[dict[str, Tie]],
) -> None:
    now = dict(states[-1])
    for before, after in reversed(list(pairwise(states))):
        step = Step(before, after)
        assert all(undone(now, step, part) for part in step.parts())
        assert now == before
        # There is nothing left of it to take back.
        assert all(undone(now, step, part) for part in step.parts())
        assert now == before


@given(STATES, STATES, STATES)
def test_what_somebody_has_linked_otherwise_since_stays(
    before: dict[str, Tie], after: dict[str, Tie], since: dict[str, Tie]
) -> None:
    now, step = dict(since), Step(before, after)
    for part in step.parts():
        is_theirs = any(since.get(key) not in (after.get(key), before.get(key)) for key in part)
        done = undone(now, step, part)
        assert not (done and is_theirs)
        kept = since if not done else before
        assert {key: now.get(key) for key in part} == {key: kept.get(key) for key in part}


@given(STATES, STATES)
def test_the_parts_of_an_act_have_nothing_to_do_with_one_another(
    before: dict[str, Tie], after: dict[str, Tie]
) -> None:
    parts = list(Step(before, after).parts())
    assert sorted(key for part in parts for key in part) == sorted({*before, *after})
    for tie in (*before.values(), *after.values()):
        assert sum(not part.isdisjoint(tie.keys) for part in parts) == 1
