"""The place that an answer is made in, and how long a client that takes nothing keeps it."""

from __future__ import annotations

from collections.abc import Callable

from dirserver.ldap.going import Later
from dirserver.places import Asker, Place, Places


class Hold:
    """At most one place of many. It is given back at once if it is wanted, and else after a while.

    A client may take what there is a moment later, and to leave off costs more than to go on.
    """

    def __init__(
        self,
        places: Places,
        call_later: Callable[[float, Callable[[], None]], Later],
        seconds: float,
    ) -> None:
        """Have none. It is held for so many ``seconds`` while nobody else wants it."""
        self._places = places
        self._call_later = call_later
        self._seconds = seconds
        self._place: Place | None = None
        self._letting_go: Later | None = None

    @property
    def has_asked(self) -> bool:
        """Whether there is a place, or one is waited for."""
        return self._place is not None

    @property
    def is_taken(self) -> bool:
        """Whether there is a place."""
        return self._place is not None and self._place.is_taken

    def ask(self, asker: Asker, work: Callable[[], None]) -> None:
        """Ask for a place, and do ``work`` once there is one."""
        self._place = self._places.ask(asker, work)

    def give_back(self) -> None:
        """Let others have the place, or no longer wait for one."""
        self.keep()
        place, self._place = self._place, None
        if place is not None:
            place.give_back()

    def expect_to_let_go(self, let_go: Callable[[], None]) -> None:
        """Call ``let_go``, which is to give the place back, unless ``keep`` comes before.

        Who only waits for a place does so no longer.
        """
        if self._place is None or self._letting_go is not None:
            return
        if not self._place.is_taken:
            self.give_back()
            return

        def now() -> None:
            self._letting_go = None
            let_go()

        seconds = 0.0 if self._places.is_contended else self._seconds
        self._letting_go = self._call_later(seconds, now)

    def keep(self) -> None:
        """Do not let go."""
        if self._letting_go is not None and self._letting_go.active():
            self._letting_go.cancel()
        self._letting_go = None
