"""Restores and undos of the directory, each in a transaction of its own, and what was before."""

from __future__ import annotations

from datetime import datetime

from dirserver.assembly import Services
from dirserver.directory.past import history
from dirserver.directory.past.restoring import restore_book, restore_card
from dirserver.directory.past.settling import Outcome
from dirserver.directory.past.undoing import Undo, plan, undo
from dirserver.model.history.life import Acts, Version
from dirserver.model.principal import Principal
from dirserver.store import history as store
from tests.organisation import ADMIN, HERE


def take_back(
    services: Services, acts: Acts, *, slug: str = "", who: Principal = ADMIN
) -> tuple[Outcome, ...]:
    """Undo ``acts`` and return what became of the cards."""
    found: Undo | None = None
    with services.directory.writing(who, HERE) as writing:
        for count in undo(writing, slug, acts, "somebody"):
            found = count.undo
            assert count.done <= count.total
    assert found is not None
    return found.outcomes


def would_take_back(
    services: Services, acts: Acts, *, slug: str = "", who: Principal = ADMIN
) -> tuple[Outcome, ...]:
    """Return what would become of the cards."""
    with services.directory.reading(who, HERE) as reading:
        return plan(reading, history.managed(reading, slug), acts).outcomes


def life(services: Services, key: str) -> list[Version]:
    """Return all versions of a card."""
    with services.store.reading() as connection:
        return store.lives(connection, [key]).get(key, [])


def keys_named(services: Services, name: str, *, who: Principal = ADMIN) -> list[str]:
    """Return the keys of the cards that are, or were, called ``name``."""
    with services.directory.reading(who, HERE) as reading:
        return history.named(reading, history.managed(reading), name)


def restore(
    services: Services,
    version: Version,
    *fields: str,
    slug: str = "customers",
    who: Principal = ADMIN,
) -> Outcome:
    """Bring a card, or fields of it, back to ``version``."""
    with services.directory.writing(who, HERE) as writing:
        return restore_card(writing, slug, version.key, version, frozenset(fields))


def restore_to(
    services: Services, at: datetime, *, slug: str = "customers", who: Principal = ADMIN
) -> None:
    """Bring a book back to a moment."""
    with services.directory.writing(who, HERE) as writing:
        for count in restore_book(writing, slug, at):
            assert count.done <= count.total
