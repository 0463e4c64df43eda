"""Linking as somebody does it, in a transaction of its own, and who is found then."""

from __future__ import annotations

from collections.abc import Sequence

from dirserver.assembly import Services
from dirserver.directory.same import linking, offering
from dirserver.directory.same.linking import Linked
from dirserver.directory.same.offering import Offered
from dirserver.model.grant import Privilege
from dirserver.model.history.difference import FieldChange
from dirserver.model.linking import LinkMode
from dirserver.model.principal import Principal
from dirserver.model.query import EVERYTHING, Query
from tests.directory.acts import get
from tests.organisation import ADMIN, ALICE, HERE


def key(services: Services, place: str) -> str:
    slug, href = place.split("/")
    return get(services, href, slug=slug, who=ADMIN)[0].key


def link(
    services: Services,
    *places: str,
    mode: LinkMode | None = None,
    properties: Sequence[str] = (),
    who: Principal = ALICE,
) -> Linked | None:
    """Link the cards at these places, each a book and a name."""
    keys = [key(services, place) for place in places]
    with services.directory.writing(who, HERE) as writing:
        return linking.link(writing, keys, mode, properties)


def unlink(services: Services, place: str, who: Principal = ALICE) -> Linked | None:
    found = key(services, place)
    with services.directory.writing(who, HERE) as writing:
        return linking.unlink(writing, found)


def linked(services: Services, place: str, who: Principal = ALICE) -> list[str]:
    """Return with what the card at this place is linked, as far as ``who`` may know."""
    found = key(services, place)
    with services.directory.reading(who, HERE) as reading:
        told = linking.of_cards(reading, [found]).get(found)
        return [] if told is None else [f"{one.label}/{one.href}" for one in told.cards]


def found(
    services: Services,
    query: Query = EVERYTHING,
    who: Principal = ALICE,
    limit: int | None = None,
) -> list[str]:
    """Return the books in which people are found in a search through all, with their UIDs."""
    with services.directory.reading(who, HERE) as reading:
        views = reading.books(Privilege.SEARCH)
        slugs = {view.book.id: view.book.slug for view in views}
        told = [f"{slugs[one.book_id]} {one.uid}" for one in reading.search(query, views, limit)]
        number = reading.number_found(query, views)
    if limit is None:
        assert number == len(told)
    return sorted(told)


def offers(services: Services, who: Principal = ALICE) -> list[Offered]:
    with services.directory.reading(who, HERE) as reading:
        return list(offering.offered(reading, reading.books(Privilege.READ)))


def accept(services: Services, place: str, who: Principal = ALICE) -> tuple[FieldChange, ...]:
    found = key(services, place)
    with services.directory.writing(who, HERE) as writing:
        return offering.accept(writing, found)


def dismiss(services: Services, place: str, who: Principal = ALICE) -> int:
    found = key(services, place)
    with services.directory.writing(who, HERE) as writing:
        return offering.dismiss(writing, found)
