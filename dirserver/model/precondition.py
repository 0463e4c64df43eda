"""Conditional requests (RFC 9110 section 13), without the quotes that HTTP puts around etags."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "*"


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold of a card before it may be changed.

    ``match`` is If-Match, ``none_match`` is If-None-Match: etags, or ``ANY`` alone; None when
    the client did not ask.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def holds(self, etag: str | None) -> bool:
        """Say whether the condition holds for a card with ``etag``, or, as None, for no card.

        RFC 9110 sections 13.1.1 and 13.1.2.
        """
        if self.match is not None and (
            etag is None or (ANY not in self.match and etag not in self.match)
        ):
            return False
        if self.none_match is None or etag is None:
            return True
        return ANY not in self.none_match and etag not in self.none_match


ALWAYS = Precondition()
