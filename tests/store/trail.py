"""The audit trail checked from its rows alone, as an auditor would, with SHA-256 and JSON."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from sqlalchemy import select, text

from dirserver.store.engine import Store
from dirserver.store.tables import audit_event

_KEPT = ("action", "actor", "address", "agent", "book", "device", "outcome", "protocol")


def _digest(facts: dict[str, str]) -> str:
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def broken_links(store: Store) -> list[int]:
    """Return the numbers of the events whose digests do not follow from what came before."""
    broken = []
    digest = ""
    with store.reading() as connection:
        for row in connection.execute(select(audit_event).order_by(audit_event.c.id)):
            content = row.content_digest
            if not row.erased:
                content = _digest({"card": row.card, "detail": row.detail, "salt": row.salt})
            kept = {name: getattr(row, name) for name in _KEPT}
            at = row.at.astimezone(UTC).isoformat()
            digest = _digest({**kept, "at": at, "content_digest": content, "previous": digest})
            if (row.content_digest, row.digest) != (content, digest):
                broken.append(row.id)
    return broken


def remove_locks(store: Store) -> None:
    """Take away what keeps events as they are, as whoever owns the database can."""
    with store.writing() as connection:
        for trigger in ("kept", "unchanged", "unreplaced") if store.is_sqlite else ("kept",):
            on = "" if store.is_sqlite else " ON audit_event"
            connection.execute(text(f"DROP TRIGGER audit_event_{trigger}{on}"))
