"""How it is told who of an import was known already, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.cli import screen
from dirserver.cli.history.outcomes import short
from dirserver.cli.intake.intaking import Known
from dirserver.model.duplicates.meeting import Fate

_MOST_SHOWN = 50
_WORDS = {
    Fate.UPDATED: "went into {}",
    Fate.UNCHANGED: "is in {} as it is",
    Fate.SKIPPED: "skipped, being {}",
    Fate.ADDED: "added, though it is {}",
    Fate.ELSEWHERE: "added; it is also {}, which stays as it is",
}
_WOULD = {
    Fate.UPDATED: "would go into {}",
    Fate.SKIPPED: "would be skipped, being {}",
    Fate.ADDED: "would be added, though it is {}",
    Fate.ELSEWHERE: "would be added; it is also {}, which stays as it is",
}


@dataclass(frozen=True, slots=True)
class KnownAs:
    """The other card: a stored one, or one of the files (then ``card`` counts from 1)."""

    book: str
    href: str
    key: str
    file: str
    card: int
    line: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A card of a file that certainly is of a person who is known already, as programs read it."""

    card: int
    line: int
    name: str
    uid: str
    fate: Fate
    reasons: tuple[str, ...]
    other: KnownAs


def shown(known: Known) -> Duplicate:
    """Return how this is told to programs."""
    card, other, meeting = known.card, known.other, known.meeting
    return Duplicate(
        card.number,
        card.line,
        card.name,
        card.uid,
        meeting.fate,
        meeting.reasons,
        KnownAs(
            meeting.book,
            meeting.href,
            meeting.key,
            "" if known.other_file is None else known.other_file.name,
            0 if other is None else other.number,
            0 if other is None else other.line,
        ),
    )


def there(known: Known) -> str:
    """Say where the other card is."""
    return _there(shown(known), known.file.name)


def tell(file: str, duplicates: Sequence[Duplicate], *, dry_run: bool) -> None:
    """Print who was known, with why it seems so; what holds for two books alike, once."""
    told = list(dict.fromkeys(_told(file, one, dry_run=dry_run) for one in duplicates))
    for card, words, why in told[:_MOST_SHOWN]:
        screen.say(card, words, (why, "dim"))
    if len(told) > _MOST_SHOWN:
        more = screen.counted(len(told) - _MOST_SHOWN, "more duplicate")
        screen.say(f"... and {more}; all are in --json")


def _told(file: str, one: Duplicate, *, dry_run: bool) -> tuple[str, str, str]:
    words = (_WOULD if dry_run else {}).get(one.fate, _WORDS[one.fate])
    name = f", {short(one.name)}" if one.name else ""
    card = f"{file}:{one.line}: card {one.card}{name}: "
    return card, words.format(_there(one, file)), f" ({'; '.join(one.reasons)})"


def _there(one: Duplicate, file: str) -> str:
    if one.other.href:
        return f"{one.other.book}/{one.other.href}"
    of_file = "" if one.other.file == file else f" of {one.other.file}"
    return f"card {one.other.card}{of_file}"
