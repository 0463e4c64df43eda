"""Books with standards, for tests of what becomes of cards that break them."""

from __future__ import annotations

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.reconcile import apply_config
from tests.organisation import ADMIN, HERE


def with_standards(services: Services, rules: str, policy: str = "") -> Services:
    """Give the customers standards, and return the services as they are then."""
    path = services.config.path
    before = path.read_text(encoding="utf-8").partition("\n[books.customers.standards]")[0]
    text = f"\n[books.customers.standards]\n{rules}\n"
    text += f"[books.customers.standards.policy]\n{policy}\n"
    path.write_text(before + text, encoding="utf-8")
    again = open_services(config.load(path), services.store)
    apply_config(again, ADMIN, HERE)
    return again
