"""Who may be at work at once: a fair and bounded number of requests.

A request that is at work may hold a thread and a snapshot of the database. There are not many of
either, so it first needs a place. Those that wait for one hold nothing. No address has more than
a few places, and of those who wait it is the turn of whoever has had the least time: who asks
little is served between those who ask much, however many requests these send.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

# Fewer than there are threads, so that the other face always finds some.
TOTAL = 12
FOR_ONE_ADDRESS = 6


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the login, empty for nobody, at an address."""

    address: str
    login: str = ""


class Place:
    """A request's place, or its claim to one as long as it waits."""

    def __init__(self, places: Places, asker: Asker, begin: Callable[[], None]) -> None:
        self.asker = asker
        self.begin = begin
        self.taken_at: float | None = None
        self._places = places

    @property
    def is_taken(self) -> bool:
        """Whether it is the request's, which then may be at work."""
        return self.taken_at is not None

    def give_back(self) -> None:
        """Let others have the place, or no longer wait for it. A second time does nothing."""
        self._places.give_back(self)


class Places:
    """The places of all faces. Only to be used in the reactor's thread."""

    def __init__(
        self,
        total: int = TOTAL,
        for_one_address: int = FOR_ONE_ADDRESS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with ``total`` free places, ``for_one_address`` of them for any one address."""
        self._total = total
        self._for_one_address = for_one_address
        self._clock = clock
        self._taken: set[Place] = set()
        self._of: Counter[str] = Counter()
        # The inner dict is for its order, and since whoever waits in the middle may leave.
        self._waiting: dict[Asker, dict[Place, None]] = {}
        # The seconds that each of those who are here has had.
        self._had: dict[Asker, float] = {}

    @property
    def is_contended(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._waiting)

    def ask(self, asker: Asker, begin: Callable[[], None]) -> Place:
        """Have ``begin`` called as soon as there is a place for ``asker``, maybe at once.

        Of one asker's claims the oldest goes first.
        """
        place = Place(self, asker, begin)
        if asker not in self._had:
            # Whoever comes is not owed the time before.
            self._had[asker] = min(self._had.values(), default=0.0)
        self._waiting.setdefault(asker, {})[place] = None
        self._fill()
        return place

    def give_back(self, place: Place) -> None:
        """Take ``place`` back, or its claim to one; a second time does nothing."""
        asker = place.asker
        if place.taken_at is not None:
            self._had[asker] += self._clock() - place.taken_at
            place.taken_at = None
            self._taken.discard(place)
            self._of[asker.address] -= 1
            if not self._of[asker.address]:
                del self._of[asker.address]
            self._fill()
        elif place in self._waiting.get(asker, {}):
            self._leave(place)
        if asker not in self._waiting and all(other.asker != asker for other in self._taken):
            self._had.pop(asker, None)

    def _leave(self, place: Place) -> None:
        """Take a claim out of the queue."""
        claims = self._waiting[place.asker]
        del claims[place]
        if not claims:
            del self._waiting[place.asker]

    def _fill(self) -> None:
        while len(self._taken) < self._total:
            able = [one for one in self._waiting if self._of[one.address] < self._for_one_address]
            if not able:
                return
            place = next(iter(self._waiting[min(able, key=self._had.__getitem__)]))
            self._leave(place)
            place.taken_at = self._clock()
            self._taken.add(place)
            self._of[place.asker.address] += 1
            place.begin()
