"""What people are called, and whether two may be called the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from dirserver.model.duplicates.likeness import is_misspelled
from dirserver.model.duplicates.nicknames import is_nickname

_TITLE_WORDS = """
dr prof professor mr mrs ms miss herr frau mag dipl ing inf med rer nat phil jur hc h.c habil
sir dame madame monsieur msc bsc mba phd ra llm
"""
_TITLES = frozenset(_TITLE_WORDS.split())
_PARTICLE_WORDS = "von vom van der den de da di la le del della dos du zu zum zur af av ten ter"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_GENERATIONS = {
    **dict.fromkeys(("jun", "jr", "junior", "jnr", "fils", "d.j", "dj"), "junior"),
    **dict.fromkeys(("sen", "sr", "senior", "snr", "pere", "d.a", "da."), "senior"),
    **{numeral: numeral for numeral in ("ii", "iii", "iv")},
}
# What follows a stem in the names of a man and of a woman; they are not slips of the pen.
_GENDERS = frozenset(
    frozenset(pair)
    for pair in (
        ("", "a"), ("", "e"), ("o", "a"), ("us", "a"), ("an", "na"), ("", "in"), ("", "ina"),
        ("", "ine"), ("", "ette"), ("n", "ne"), ("ian", "ina"), ("", "ie"), ("as", "ea"),
        ("el", "elle"), ("", "le"), ("io", "ia"), ("er", "ra"), ("as", "a"), ("es", "ea"),
        ("as", "sa"), ("", "ia"), ("", "ne"), ("a", "an"), ("a", "ian"), ("ch", "ke"),
        ("k", "ia"), ("er", "ia"), ("os", "a"), ("as", "ia"), ("as", "e"), ("e", "ia"),
        ("es", "a"), ("ael", "elle"), ("o", "e"), ("o", "ia"), ("y", "ia"), ("an", "enne"),
        ("rich", "erike"), ("", "iska"), ("e", "ate"), ("ut", "a"), ("nis", "ise"), ("z", "a"),
        ("st", "estine"),
    )
)  # fmt: skip


class Alike(Enum):
    """How one part of two names goes together."""

    EQUAL = "equal"
    SHORT = "short"  # a nickname, or the first of several
    INITIAL = "initial"
    MISSPELLED = "misspelled"
    UNKNOWN = "unknown"
    OTHER = "other"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in its folded spellings, without titles."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    generation: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """All words of it in their plain spelling, in the order of the alphabet."""
        spelled = f"{self.given[0] if self.given else ''} {self.family[0] if self.family else ''}"
        return tuple(sorted(spelled.replace("-", " ").split()))

    @property
    def is_long(self) -> bool:
        """Whether it has more than two words."""
        return any(" " in part[0] or "-" in part[0] for part in (self.given, self.family) if part)

    @property
    def initials(self) -> str:
        """The first letters: cards whose names have others are hardly of one person."""
        return "".join(sorted(part[0][0] for part in (self.given, self.family) if part))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two names go together, part by part; ``swapped`` is when they do the other way round."""

    given: Alike
    family: Alike
    swapped: bool = False

    @property
    def is_same(self) -> bool:
        """Whether both name one and the same, as far as names can."""
        return self.family is Alike.EQUAL and self.given in (Alike.EQUAL, Alike.SHORT)


def name_of(
    full: Iterable[str], given: Iterable[str], family: Iterable[str], suffixes: Iterable[str]
) -> Name:
    """Return the name that a card's folded full name, N and suffix come to."""
    generation = next((found for one in suffixes if (found := _generation(one))), "")
    full, given, family = tuple(full), tuple(given), tuple(family)
    if not given and set(family) <= set(full):
        # The family name is what the full name was taken for, where there is no N.
        parts = [_taken_apart(one) for one in full]
        generation = generation or next((one for _, _, one in parts if one), "")
        return Name(
            tuple(dict.fromkeys(one for one, _, _ in parts if one)),
            tuple(dict.fromkeys(one for _, one, _ in parts if one)),
            generation,
        )
    generation = generation or next(
        (one for text in full for _, _, one in [_taken_apart(text)]), ""
    )
    return Name(_without_titles(given), _without_titles(family), generation)


def _words(text: str) -> Iterator[str]:
    for word in text.replace(",", " ").replace("(", " ").replace(")", " ").split():
        bare = word.strip(".")
        # Dipl.-Ing. is a title, too.
        if bare and not all(part.strip(".") in _TITLES for part in bare.split("-")):
            yield bare


def _generation(text: str) -> str:
    return next((_GENERATIONS[word] for word in _words(text) if word in _GENERATIONS), "")


def _without_titles(spellings: Iterable[str]) -> tuple[str, ...]:
    kept = (" ".join(word for word in _words(one) if word not in _GENERATIONS) for one in spellings)
    return tuple(dict.fromkeys(one for one in kept if one))


def _taken_apart(text: str) -> tuple[str, str, str]:
    """Return given and family name and the generation of a full name, particles with the family."""
    generation = _generation(text)
    first, comma, rest = text.partition(",")
    words = [word for word in _words(text) if word not in _GENERATIONS]
    if comma and (after := [word for word in _words(rest) if word not in _GENERATIONS]):
        return " ".join(after), " ".join(_words(first)), generation
    if len(words) < 2:
        return "", " ".join(words), generation
    begins = next((at for at, word in enumerate(words) if at and word in _PARTICLES), -1)
    return " ".join(words[:begins]), " ".join(words[begins:]), generation


def compared(one: Name, other: Name) -> Likeness:
    """Return how two names go together, in the order that they go together better in."""
    straight = Likeness(
        given_alike(one.given, other.given), _family_alike(one.family, other.family)
    )
    if straight.given is Alike.EQUAL and straight.family is Alike.EQUAL:
        return straight
    whole = one.given and other.given and one.family and other.family
    if whole and one.is_long and other.is_long and one.words == other.words:
        # Where one part ends and the next one begins is not known of all names.
        return Likeness(Alike.EQUAL, Alike.EQUAL)
    if straight.given is Alike.EQUAL or straight.family is Alike.EQUAL:
        return straight
    if whole and one.given[0][0] == other.family[0][0]:
        swapped = Likeness(
            _part_alike(one.given, other.family), _part_alike(one.family, other.given), True
        )
        if Alike.OTHER not in (swapped.given, swapped.family):
            return swapped
    return straight


def _part_alike(one: tuple[str, ...], other: tuple[str, ...]) -> Alike:
    if not one or not other:
        return Alike.UNKNOWN
    if not set(one).isdisjoint(other):
        return Alike.EQUAL
    return Alike.MISSPELLED if is_misspelled(one[0], other[0]) else Alike.OTHER


# The same names meet again and again.
@lru_cache(maxsize=65_536)
def _family_alike(one: tuple[str, ...], other: tuple[str, ...]) -> Alike:
    found = _part_alike(one, other)
    if found in (Alike.EQUAL, Alike.UNKNOWN):
        return found
    joined = {a.replace("-", " ") for a in one} & {b.replace("-", " ") for b in other}
    if joined:
        return Alike.EQUAL
    words = {word for a in one for word in a.replace("-", " ").split()} - _PARTICLES
    others = {word for b in other for word in b.replace("-", " ").split()} - _PARTICLES
    # Whoever marries may take a second name, or drop one.
    return Alike.SHORT if words & others else found


@lru_cache(maxsize=65_536)
def given_alike(one: tuple[str, ...], other: tuple[str, ...]) -> Alike:
    """Return how two given names go together."""
    if not one or not other:
        return Alike.UNKNOWN
    if not set(one).isdisjoint(other):
        return Alike.EQUAL
    pairs = [(a.replace("-", " "), b.replace("-", " ")) for a in one for b in other]
    if any(a == b for a, b in pairs):
        return Alike.EQUAL
    firsts = [(a.split()[0], b.split()[0]) for a, b in pairs if a and b]
    if any(is_nickname(a, b) for a, b in firsts):
        return Alike.SHORT
    if any(a.split()[:1] == b.split()[:1] and " " not in min(a, b, key=len) for a, b in pairs):
        return Alike.SHORT
    if any(min(len(a), len(b)) == 1 and a[0] == b[0] for a, b in firsts):
        return Alike.INITIAL
    if any(_of_other_gender(a, b) for a, b in pairs):
        return Alike.OTHER
    return Alike.MISSPELLED if is_misspelled(one[0], other[0]) else Alike.OTHER


def _of_other_gender(one: str, other: str) -> bool:
    """Say whether these are the names of a man and a woman: Martin and Martina."""
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    rests = {frozenset((one[at:], other[at:])) for at in range(max(0, same - 2), same + 1)}
    return same >= 3 and not rests.isdisjoint(_GENDERS)
