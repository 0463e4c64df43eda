"""What dirserver is to reach beside Cyrus, and beside itself with a hundredth of the cards."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.measuring import Figure


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for the ratio of two figures: of the server's CPU per call, or of rates."""

    bound: float
    is_rate: bool = False

    def value(self, figure: Figure) -> float:
        """Return what of ``figure`` is compared."""
        return figure.rate if self.is_rate else figure.cpu

    def is_met(self, ratio: float) -> bool:
        """Say whether ``ratio`` is on the right side of the bound."""
        return ratio >= self.bound if self.is_rate else ratio <= self.bound

    def __str__(self) -> str:
        """Spell it as it stands in the table."""
        return f"{'>=' if self.is_rate else '<='} {self.bound:g}"


# What is not here costs what it costs.
BESIDE_CYRUS: dict[str, Target] = {
    "PROPFIND Depth 1, etags": Target(0.6),
    "sync-collection, empty token": Target(0.6),
    "multiget of 100": Target(0.5),
    "idle poll (3 requests)": Target(0.8),
    "idle poll, 16 clients": Target(1.5, is_rate=True),
    "sync after 10 changes": Target(0.8),
    "GET": Target(0.9),
    "query FN contains, 10 hits": Target(0.2),
    "PUT changed": Target(0.8),
    "PUT new": Target(0.8),
    "PUT new, 4 connections": Target(2, is_rate=True),
    "DELETE": Target(0.6),
}
MEMORY = Target(0.7)
# From the smallest book to the largest; a listing may grow by what the book does, and as much.
GROWTH: dict[str, float] = {
    "PROPFIND Depth 1, etags": 1.3,
    "sync-collection, empty token": 1.3,
    "idle poll (3 requests)": 1.3,
    "sync after 10 changes": 1.3,
    "query FN contains, 10 hits": 1.3,
    "PUT changed": 1.3,
    "PUT new": 1.3,
}
LISTINGS = ("PROPFIND Depth 1, etags", "sync-collection, empty token")
