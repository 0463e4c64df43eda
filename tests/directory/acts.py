"""Single acts of the directory, each in a transaction of its own, and what is in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, Table, func, select

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory.intake.counting import ImportCount
from dirserver.directory.intake.importing import import_cards
from dirserver.directory.writing import Stored
from dirserver.model.addressbook import Card, Change
from dirserver.model.audit import WrittenEvent
from dirserver.model.grant import Privilege
from dirserver.model.precondition import ALWAYS, Precondition
from dirserver.model.principal import Client, Principal
from dirserver.reconcile import Plan, apply_config
from dirserver.store.tables import (
    addressbook,
    audit_event,
    card,
    card_entry,
    card_value,
    card_version,
    change,
)
from dirserver.store.trail import audit
from tests.organisation import ADMIN, ALICE, HERE, password_hash

NO_FILTER = audit.AuditFilter()


def put(
    services: Services,
    href: str,
    body: bytes,
    precondition: Precondition = ALWAYS,
    *,
    slug: str = "customers",
    who: Principal = ALICE,
    client: Client = HERE,
) -> Stored:
    with services.directory.writing(who, client) as writing:
        return writing.put_card(slug, href, body, precondition)


def delete(
    services: Services,
    href: str,
    precondition: Precondition = ALWAYS,
    *,
    slug: str = "customers",
    who: Principal = ALICE,
) -> None:
    with services.directory.writing(who, HERE) as writing:
        writing.delete_card(slug, href, precondition)


def move(
    services: Services,
    href: str,
    to_href: str,
    *,
    slug: str = "customers",
    to_slug: str = "customers",
    overwrite: bool = False,
    who: Principal = ALICE,
) -> Stored:
    with services.directory.writing(who, HERE) as writing:
        return writing.move_card(slug, href, to_slug, to_href, overwrite=overwrite)


def import_all(
    services: Services,
    bodies: Sequence[bytes],
    *,
    slug: str = "customers",
    who: Principal = ALICE,
) -> ImportCount:
    count = ImportCount()
    with services.directory.writing(who, HERE) as writing:
        for now in import_cards(writing, slug, "people.vcf", bodies):
            count = now
    return count


def get(
    services: Services, href: str, *, slug: str = "customers", who: Principal = ALICE
) -> tuple[Card, bytes]:
    with services.directory.reading(who, HERE) as reading:
        view = reading.book(slug, Privilege.READ)
        return reading.card(view, href), reading.body(view, href)


def listing(
    services: Services, *, slug: str = "customers", who: Principal = ALICE
) -> dict[str, Card]:
    with services.directory.reading(who, HERE) as reading:
        return {card.href: card for card in reading.listing(reading.book(slug, Privilege.READ))}


def revision(services: Services, slug: str = "customers") -> int:
    with services.directory.reading(ALICE, HERE) as reading:
        return reading.state(reading.book(slug, Privilege.READ)).revision


def changes(services: Services, since: int = 0, *, slug: str = "customers") -> list[Change]:
    with services.directory.reading(ALICE, HERE) as reading:
        return list(reading.changes(reading.book(slug, Privilege.READ), since))


def events(services: Services, wanted: audit.AuditFilter = NO_FILTER) -> list[WrittenEvent]:
    with services.store.reading() as connection:
        return list(audit.read(connection, wanted))


def rows(services: Services, statement: Select[*tuple[object, ...]]) -> list[tuple[object, ...]]:
    with services.store.reading() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def user_table(login: str) -> str:
    """Return the table of a user, as it is in the organisation's config file."""
    name = login.capitalize()
    return (
        f'[users.{login}]\nname = "{name} Example"\nmail = "{login}@example.org"\n'
        f'password_hash = "{password_hash()}"\n'
    )


def reconfigure(services: Services, *changes: tuple[str, str]) -> Plan:
    """Change the config file, each text into another, and apply it as another process would."""
    path = services.config.path
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    other = open_services(config.load(path))
    plan = apply_config(other, ADMIN, HERE)
    other.store.close()
    return plan


WITHOUT_BOB = ((user_table("bob"), ""), ('members = ["bob"]', "members = []"))


@dataclass(frozen=True)
class Traces:
    """How much of everything the store holds."""

    revisions: int
    cards: int
    versions: int
    changes: int
    values: int
    entries: int
    events: int


def traces(services: Services) -> Traces:
    """Count everything that a write would leave a trace in."""
    with services.store.reading() as connection:

        def count(table: Table) -> int:
            return connection.scalar(select(func.count()).select_from(table)) or 0

        return Traces(
            int(connection.scalar(select(func.sum(addressbook.c.revision))) or 0),
            count(card),
            count(card_version),
            count(change),
            count(card_value),
            count(card_entry),
            count(audit_event),
        )
