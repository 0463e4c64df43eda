"""What a book's standards made of what was written, as the audit trail tells it, after that."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from dirserver.model.audit import AuditEvent
from dirserver.model.counting import counted


class Consequences:
    """Events that follow from those of a transaction: one a card, or one for all of a batch."""

    def __init__(self) -> None:
        """Begin without any."""
        self._single: list[AuditEvent] = []
        self._of_batch: dict[AuditEvent, Counter[str]] = {}

    def add(self, event: AuditEvent, said: str, batch: int | None) -> None:
        """Add an event of which ``said`` tells what was done; in a batch it is only counted."""
        if batch is None:
            self._single.append(replace(event, detail=said))
            return
        whole = replace(event, card="", detail=f"batch {batch}")
        self._of_batch.setdefault(whole, Counter())[said] += 1

    def events(self) -> list[AuditEvent]:
        """Return the events."""
        return [*self._single, *(_counted(*one) for one in self._of_batch.items())]


def _counted(event: AuditEvent, counts: Counter[str]) -> AuditEvent:
    number = counts.total()
    cards = counted(number, "card")
    said = "; ".join(f"{said} ({count})" for said, count in sorted(counts.items()))
    return replace(event, detail=f"{event.detail}, {cards}: {said}")
