"""A crowd of people who do not exist, some of them twice: names as common as names are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random

_SEED = 7
_CONSONANTS = ("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "w", "sch", "br")
_VOWELS = ("a", "e", "i", "o", "u", "ä", "ö", "ü", "ei", "au")
_ENDINGS = ("mann", "er", "ke", "ski", "sen", "ler", "berg", "hardt", "")
_GIVEN, _FAMILY = 600, 12_000
# One in so many is there a second time.
_TWICE_EVERY = 20
# So many people have one firm, one switchboard and one address.
_STAFF = 12


@dataclass(frozen=True, slots=True)
class Member:
    """A card, and whom it is of."""

    person: int
    uid: str
    card: bytes


class Crowd:
    """People with the names, firms and numbers that they have; the same ones in every run."""

    def __init__(self, cards: int) -> None:
        """Make up names; ``cards`` is how many cards there are to be."""
        self._cards = cards
        random = Random(_SEED)
        self._given = [self._word(random, 2) for _ in range(_GIVEN)]
        self._family = [self._word(random, 2, ending=True) for _ in range(_FAMILY)]
        # The name in place n is borne by one nth of those who bear the first.
        self._weights = [
            list(accumulate(1 / (place + 10) for place in range(number)))
            for number in (_GIVEN, _FAMILY)
        ]

    @staticmethod
    def _word(random: Random, syllables: int, *, ending: bool = False) -> str:
        parts = [random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(syllables)]
        return ("".join(parts) + (random.choice(_ENDINGS) if ending else "")).capitalize()

    def __iter__(self) -> Iterator[Member]:
        """Yield the cards."""
        number = person = 0
        while number < self._cards:
            twice = person % _TWICE_EVERY == 0
            for time in range(2 if twice else 1):
                yield self._member(person, time)
                number += 1
            person += 1

    def _member(self, person: int, time: int) -> Member:
        random = Random(_SEED * 1_000_003 + person)
        (given,) = random.choices(self._given, cum_weights=self._weights[0])
        (family,) = random.choices(self._family, cum_weights=self._weights[1])
        firm = random.randrange(max(1, self._cards // _STAFF))
        mobile = f"+49 171 {random.randrange(10**7):07}"
        mail = f"{given}.{family}.{person}@firma-{firm}.example".lower()
        uid = f"person-{person}-{time}"
        lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}"]
        if time:
            # As somebody else has typed it, from a business card or from a telephone.
            lines += [f"FN:{family}, {given}", f"TEL;TYPE=CELL:0{mobile[4:].replace(' ', '/')}"]
        else:
            lines += [
                f"FN:{given} {family}",
                f"N:{family};{given};;;",
                f"ORG:Firma {firm}",
                f"TEL;TYPE=WORK:+49 30 {2_000_000 + firm}-0",
                f"TEL;TYPE=CELL:{mobile}",
                f"EMAIL;TYPE=WORK:{mail}",
                f"EMAIL:info@firma-{firm}.example",
                f"ADR;TYPE=WORK:;;Weg {firm};Stadt {firm % 90};;{10_000 + firm % 9_000};",
                f"BDAY:19{random.randrange(40, 99)}-{random.randrange(1, 13):02}-{_day(random)}",
                f"NOTE:Kunde seit 20{random.randrange(26):02}",
            ]
        return Member(person, uid, "\r\n".join([*lines, "END:VCARD", ""]).encode())


def _day(random: Random) -> str:
    return f"{random.randrange(1, 29):02}"
