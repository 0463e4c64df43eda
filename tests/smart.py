"""The organisation with smart books: who has them, and what they ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.organisation import vcard

# carol reads customers without ORG and NOTE; dave only looks up customers; erin reads staff only.
SMART = """
[books.vip]
name = "VIPs"
description = "Whom everybody must know"
query = 'categories = "VIP" and book in ("customers", "staff")'
grants = [
  { to = "alice", access = "manage" },
  { to = "group:sales", access = "read" },
  { to = "carol", access = "read" },
  { to = "dave", access = "search" },
  { to = "anonymous", access = "search", from = ["10.20.0.0/16"] },
]

[books.firms]
name = "Firms"
query = 'has org'
grants = [{ to = "alice", access = "read" }, { to = "carol", access = "read" }]
"""


def add_smart_books(path: Path, text: str = SMART) -> Path:
    """Add smart books to the config at ``path``, and return its path."""
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return path


def person(n: int, categories: Sequence[str] = ("VIP",), *lines: str) -> bytes:
    """Return the card of somebody in these categories."""
    said = [f"CATEGORIES:{','.join(categories)}"] if categories else []
    return vcard(f"c{n}", f"Card {n}", *said, *lines)
