"""The audit trail checked from its rows alone, as an auditor would, with SHA-256 and JSON."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

from sqlalchemy import select

from dirserver.store.engine import Store
from dirserver.store.tables import audit_event

_SAID = (
    "action",
    "actor",
    "address",
    "agent",
    "book",
    "card",
    "detail",
    "device",
    "outcome",
    "protocol",
    "salt",
)


def broken_links(store: Store) -> list[int]:
    """Return the numbers of the events whose digests do not follow from what came before."""
    broken = []
    digest = ""
    with store.reading() as connection:
        for row in connection.execute(select(audit_event).order_by(audit_event.c.id)):
            said = {name: getattr(row, name) for name in _SAID}
            said["at"] = row.at.astimezone(UTC).isoformat()
            text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            content = hashlib.sha256(text.encode()).hexdigest()
            digest = hashlib.sha256(f"{digest}\n{content}".encode()).hexdigest()
            if (row.content_digest, row.digest) != (content, digest):
                broken.append(row.id)
    return broken
