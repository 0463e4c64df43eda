"""Taking acts back out of the life of one card: the decision, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dirserver.directory.past.colliding import Coming
from dirserver.directory.past.history import Views
from dirserver.directory.past.settling import Fate, Goal, Outcome, TakenOut, Verbatim
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.model.addressbook import label_of
from dirserver.model.history.difference import FieldChange, difference
from dirserver.model.history.life import Acts, Place, Run, Version, current, runs
from dirserver.model.history.takeback import Conflict, take_back
from dirserver.model.history.wording import name_of
from dirserver.model.vcard import parse_card


@dataclass(frozen=True, slots=True)
class _Standing:
    """A card on the way back: where it is, its bytes, and how these are made again."""

    place: Place
    body: bytes
    source: Verbatim | TakenOut


class Unwinding:
    """Takes acts out of the life of one card, from the last of them to the first."""

    def __init__(
        self,
        views: Views,
        stored: Mapping[int, bytes],
        life: Sequence[Version],
        pruned: datetime | None,
    ) -> None:
        """Look at a ``life`` of which versions from before ``pruned`` may be gone."""
        self._views = views
        self._pruned = pruned
        self._stored = stored
        self._life = life
        self._conflicts: list[Conflict] = []
        self._gone_by: int | None = None

    def run(self, acts: Acts) -> Coming | None:
        """Return what is to become of the card; None if nothing is, and nothing is to be told."""
        found = runs(self._life, acts)
        now = current(self._life)
        if not self._is_ours(now) or not all(
            self._is_ours(one) for run in found for one in (run.before, run.after)
        ):
            return self._elsewhere()
        there = None if now is None else self._standing(now)
        standing = there
        for run in reversed(found):
            standing = self._without(run, standing)
        return self._coming(there, standing)

    def _is_ours(self, version: Version | None) -> bool:
        return version is None or version.place.book_id in self._views

    def _standing(self, version: Version) -> _Standing:
        return _Standing(version.place, self._stored[version.id], Verbatim(version.id))

    def _without(self, run: Run, standing: _Standing | None) -> _Standing | None:
        before, after = run.before, run.after
        if before is None and self._may_be_cut():
            did = "changed" if after is not None else "deleted"
            self._conflict(
                "card", did, f"what it was is pruned, as all before {self._pruned:%F} is"
            )
            return standing
        if after is None:
            # Whoever did anything to it since has brought it back first.
            return self._standing(before) if run.is_last and before is not None else standing
        if before is None:
            made = (after.place, self._stored[after.id])
            if standing is None or (standing.place, standing.body) == made:
                self._gone_by = run.gone_by
                return None
            self._conflict("card", "created", "changed since")
            return standing
        if standing is None:
            self._conflict("card", "changed", "deleted since")
            return None
        return self._changed_back(before, after, standing)

    def _may_be_cut(self) -> bool:
        """Say whether the first version that is left may have followed on one that is pruned."""
        return self._pruned is not None and self._life[0].at < self._pruned

    def _changed_back(self, before: Version, after: Version, standing: _Standing) -> _Standing:
        taken = take_back(self._stored[before.id], self._stored[after.id], standing.body)
        self._conflicts += taken.conflicts
        place, source = standing.place, standing.source
        if before.place != after.place and standing.place == after.place:
            place = before.place
        elif before.place != after.place and standing.place != before.place:
            self._conflict("place", "moved", "moved on since")
        if len(taken.body) > MAX_CARD_BYTES:
            self._conflict("card", "changed", "too large together with what came since")
            return replace(standing, place=place)
        if taken.body == self._stored[before.id]:
            source = Verbatim(before.id)
        elif isinstance(source, Verbatim):
            source = TakenOut(source.version_id, ((before.id, after.id),))
        else:
            source = replace(source, changes=(*source.changes, (before.id, after.id)))
        return _Standing(place, taken.body, source)

    def _conflict(self, field: str, actor_made: str, now: str) -> None:
        self._conflicts.append(Conflict("", field, actor_made, now))

    def _coming(self, there: _Standing | None, standing: _Standing | None) -> Coming | None:
        """Say what becomes of a card that is ``there`` and is to be ``standing``."""
        fate = _fate(there, standing)
        if fate is Fate.STAYS and not self._conflicts:
            return None
        old, new = there or standing, standing or there
        goal = Goal(
            self._life[0].key,
            None if there is None else there.place,
            None if standing is None else standing.place,
            None if standing is None else standing.source,
            None if standing is not None else self._gone_by,
        )
        if old is None or new is None:
            return self._told(fate, self._life[-1].place, self._any_name(), goal)
        fields = difference(old.body, new.body)
        uid = None if fate is Fate.STAYS or standing is None else parse_card(standing.body).uid
        return self._told(fate, new.place, name_of(new.body), goal, fields, uid)

    def _any_name(self) -> str:
        bodies = (self._stored.get(version.id) for version in reversed(self._life))
        return next((name_of(body) for body in bodies if body is not None), "")

    def _told(
        self,
        fate: Fate,
        place: Place,
        name: str,
        goal: Goal,
        fields: tuple[FieldChange, ...] = (),
        uid: str | None = None,
    ) -> Coming:
        label = label_of(self._views[place.book_id].book)
        conflicts = tuple(self._conflicts)
        outcome = Outcome(fate, label, place.href, goal.key, name, fields, conflicts)
        return Coming(goal, outcome, uid, self._life[-1].id)

    def _elsewhere(self) -> Coming:
        """Say of a card that was moved out of or into a book that nobody here may look into."""
        seen = [version for version in self._life if version.place.book_id in self._views]
        self._conflict("place", "moved", "in a book that is not yours to manage")
        goal = Goal(self._life[0].key, None, None)
        return self._told(Fate.STAYS, seen[-1].place, self._any_name(), goal)


def _fate(there: _Standing | None, standing: _Standing | None) -> Fate:
    if standing is None:
        return Fate.STAYS if there is None else Fate.GOES
    if there is None:
        return Fate.RETURNS
    if there.place != standing.place:
        return Fate.MOVES
    return Fate.STAYS if there.body == standing.body else Fate.CHANGES
