"""How an import goes, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from dirserver.errors import BreaksStandards


@dataclass(slots=True)
class ImportCount:
    """How an import went, card by card, while it goes on.

    ``joined`` are those of people who are known, and went into the cards of these; ``skipped``
    are such that were left alone. ``superseded`` are those behind which there was another one with
    the same UID; ``erased`` those that were left out because their person was erased, with the
    names of the cases, and ``rejected`` those that the book's standards keep out, with why.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    joined: int = 0
    skipped: int = 0
    superseded: int = 0
    erased: dict[bytes, str] = field(default_factory=dict)
    rejected: dict[bytes, BreaksStandards] = field(default_factory=dict)

    def add(self, other: ImportCount) -> None:
        """Count those of ``other`` too."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.joined += other.joined
        self.skipped += other.skipped
        self.superseded += other.superseded
        self.erased.update(other.erased)
        self.rejected.update(other.rejected)

    @property
    def total(self) -> int:
        """How many cards there were."""
        stored = self.created + self.updated + self.unchanged + self.joined
        left = self.skipped + self.superseded
        return stored + left + len(self.erased) + len(self.rejected)
