"""What was done to links, and taking it back, without a database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from dirserver.model.linking import LinkMode


@dataclass(frozen=True, slots=True)
class Tie:
    """Which cards are linked with one another, and what their link says.

    ``link_id`` is that of the link at one moment; the same cards may be linked anew.
    """

    keys: frozenset[str]
    mode: LinkMode
    properties: tuple[str, ...]
    link_id: int = field(compare=False)


# With what cards are linked, by their keys; those that are linked with nothing are not there.
Ties = Mapping[str, Tie]


@dataclass(frozen=True, slots=True)
class Step:
    """An act: how the cards that it touched were linked before and after."""

    before: Ties
    after: Ties

    def parts(self) -> Iterator[frozenset[str]]:
        """Yield the keys of cards that had to do with one another; each part goes by itself."""
        part_of: dict[str, set[str]] = {}
        for tie in (*self.before.values(), *self.after.values()):
            part = set(tie.keys).union(*(part_of.get(key, ()) for key in tie.keys))
            part_of.update(dict.fromkeys(part, part))
        yield from dict.fromkeys(map(frozenset, part_of.values()))


def undone(ties: dict[str, Tie], step: Step, part: Collection[str]) -> bool:
    """Let a ``part`` of a step be as before in ``ties``; say no if it is not as after it."""
    if all(ties.get(key) == step.before.get(key) for key in part):
        return True
    if any(ties.get(key) != step.after.get(key) for key in part):
        return False
    for key in part:
        ties.pop(key, None)
        if key in step.before:
            ties[key] = step.before[key]
    return True
