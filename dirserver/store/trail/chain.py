"""The chain of the audit trail: how an event is sealed to the one before it, and whether it is.

What can be erased of an event is sealed by a digest of its own, with a salt that is erased with
the rest, so that nobody can guess at what was there. The event's link seals that digest, all
that is never erased, and the link of the event before. So a trail still holds together after an
erasure, and what is left of an erased event cannot be changed either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, func, select

from dirserver.store.tables import audit_event

ERASABLE = ("card", "detail")
KEPT = ("action", "actor", "address", "agent", "book", "device", "outcome", "protocol")
_ROWS = 1000
# Other characters than ASCII stay as they are. An encoder of whole objects takes twice as long.
_spelled = json.encoder.encode_basestring

Progress: TypeAlias = Callable[[int, int], None]


class Flaw(StrEnum):
    """What is wrong where a chain breaks."""

    TEXT = "text"
    LINK = "link"
    MISSING = "missing"
    REWRITTEN = "rewritten"
    CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Head:
    """An event by its number and its link. Who has noted it can tell later that it still is."""

    id: int
    digest: str

    def __str__(self) -> str:
        """Return it as it is noted down."""
        return f"{self.id}:{self.digest}"


@dataclass(frozen=True, slots=True)
class Break:
    """The first event that does not fit, the one before it (0 for none), and why."""

    id: int
    after: int
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a trail holds together: how many events that are, and how many of them erased.

    ``head`` is the last of them. Without a ``fault``, that is all of the trail.
    """

    events: int
    erased: int
    head: Head | None
    fault: Break | None


def content_digest(said: Mapping[str, str], salt: str) -> str:
    """Return the digest of what can be erased of an event that says ``said``."""
    return _digest({"salt": salt, **{name: said[name] for name in ERASABLE}})


def link(previous: str, said: Mapping[str, str], at: datetime, content: str) -> str:
    """Return the digest that ties an event to the one before, whose digest is ``previous``."""
    kept = {name: said[name] for name in KEPT}
    moment = at.astimezone(UTC).isoformat()
    return _digest({**kept, "at": moment, "content_digest": content, "previous": previous})


def _digest(facts: Mapping[str, str]) -> str:
    """Return SHA-256 over canonical JSON, in hex."""
    spelled = [f"{_spelled(name)}:{_spelled(facts[name])}" for name in sorted(facts)]
    return hashlib.sha256(f"{{{','.join(spelled)}}}".encode()).hexdigest()


def verify(
    connection: Connection,
    expected: Head | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Walk along the trail to its end, or to where it breaks.

    It says itself whether it was changed, but not whether events were cut off its end, or all
    of it was made anew: that needs an ``expected`` event, noted elsewhere.
    """
    total = connection.scalar(select(func.count()).select_from(audit_event)) or 0
    events = erased = 0
    head: Head | None = None
    statement = select(audit_event).order_by(audit_event.c.id).execution_options(yield_per=_ROWS)
    with connection.execute(statement) as rows:
        for row in rows:
            flaw = _flaw(row, head) or _unexpected(row, head, expected)
            if flaw is not None:
                fault = Break(row.id, head.id if head else 0, flaw)
                return Verdict(events, erased, head, fault)
            head = Head(row.id, row.digest)
            events += 1
            erased += row.erased
            if progress is not None and events % _ROWS == 0:
                progress(events, total)
    if expected is not None and (head is None or head.id < expected.id):
        fault = Break(expected.id, head.id if head else 0, Flaw.CUT_OFF)
        return Verdict(events, erased, head, fault)
    return Verdict(events, erased, head, None)


def _flaw(row: Row[*tuple[Any, ...]], head: Head | None) -> Flaw | None:
    said = {name: getattr(row, name) for name in (*ERASABLE, *KEPT)}
    if row.erased:
        if row.salt or any(said[name] for name in ERASABLE):
            return Flaw.TEXT
    elif content_digest(said, row.salt) != row.content_digest:
        return Flaw.TEXT
    if link(head.digest if head else "", said, row.at, row.content_digest) == row.digest:
        return None
    # Numbers that were given out and never used are no flaw, as long as the links agree.
    return Flaw.LINK if row.id == (head.id if head else 0) + 1 else Flaw.MISSING


def _unexpected(
    row: Row[*tuple[Any, ...]], head: Head | None, expected: Head | None
) -> Flaw | None:
    if expected is None:
        return None
    if row.id == expected.id:
        return None if row.digest == expected.digest else Flaw.REWRITTEN
    passed = row.id > expected.id and (head is None or head.id < expected.id)
    return Flaw.REWRITTEN if passed else None
