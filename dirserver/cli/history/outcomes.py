"""How it is told what becomes of cards that are restored, or of what is taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dirserver.cli import screen
from dirserver.directory.past.settling import Fate, Outcome
from dirserver.model.history.difference import FieldChange

_MOST_LETTERS = 200
_SIGNS = {
    Fate.RETURNS: ("+", "green", "comes back"),
    Fate.GOES: ("-", "red", "goes"),
    Fate.MOVES: ("~", "yellow", "goes back to where it was"),
    Fate.CHANGES: ("~", "yellow", "changes"),
    Fate.STAYS: ("!", "red", "stays as it is"),
}
_COUNTED = {
    Fate.RETURNS: "back",
    Fate.GOES: "gone",
    Fate.MOVES: "moved",
    Fate.CHANGES: "changed",
    Fate.STAYS: "left as they are",
}


def tell(outcome: Outcome) -> None:
    """Print what becomes of one card: + comes back, - goes, ~ changes, ! stays."""
    sign, style, words = _SIGNS[outcome.fate]
    name = f"{outcome.name}, " if outcome.name else ""
    screen.say((sign, style), f" {name}{outcome.book}/{outcome.href} {words}")
    for change in outcome.fields:
        tell_field(change)
    for conflict in outcome.conflicts:
        if not conflict.property:
            said = f"{conflict.actor_made}, but {conflict.now}"
        elif not conflict.now:
            said = "deleted since, and stays so"
        else:
            made = f", not {short(conflict.actor_made)}" if conflict.actor_made else ""
            said = f"somebody made it {short(conflict.now)} since{made}; it stays so"
        screen.say("    ", ("!", "red"), f" {conflict.field}: {said}")


def tell_field(change: FieldChange) -> None:
    """Print what becomes of a field: + it comes, - it goes, ~ it changes."""
    before, after = short(change.before), short(change.after)
    if not change.before:
        screen.say("    ", ("+", "green"), f" {change.field}: {after}")
    elif not change.after:
        screen.say("    ", ("-", "red"), f" {change.field}: {before}")
    else:
        screen.say("    ", ("~", "yellow"), f" {change.field}: {before} -> {after}")


def short(text: str) -> str:
    """Return as much of ``text`` as a line of a report has room for."""
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def counted(outcomes: Iterable[Outcome]) -> str:
    """Say how many cards have which fate."""
    fates = Counter(outcome.fate for outcome in outcomes)
    parts = [f"{fates[fate]} {words}" for fate, words in _COUNTED.items() if fates[fate]]
    return ", ".join(parts) or "nothing changes"
