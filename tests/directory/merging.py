"""Merges of the directory, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dirserver.assembly import Services
from dirserver.directory.same import duplicates, uniting
from dirserver.directory.same.uniting import Certain, Merger, Place
from dirserver.model.grant import Privilege
from dirserver.model.principal import Client, Principal
from dirserver.model.uniting import Side
from tests.organisation import ALICE, HERE


def planned(
    services: Services,
    *hrefs: str,
    slugs: Sequence[str] = ("customers",),
    keep: str = "",
    choices: Mapping[str, Side] | None = None,
    who: Principal = ALICE,
) -> Merger:
    """Return what would become of cards; with one slug, all are in that book."""
    with services.directory.reading(who, HERE) as reading:
        views = [reading.book(slug, Privilege.READ) for slug in slugs] * len(hrefs)
        places = [Place(view, href) for view, href in zip(views, hrefs, strict=False)]
        return uniting.plan(reading, places, keep, choices)


def merged(
    services: Services,
    *hrefs: str,
    slug: str = "customers",
    keep: str = "",
    choices: Mapping[str, Side] | None = None,
    who: Principal = ALICE,
    client: Client = HERE,
) -> int:
    """Make cards one, and return the number of that."""
    found = planned(services, *hrefs, slugs=(slug,), keep=keep, choices=choices, who=who)
    return carried_out(services, [found], choices, who=who, client=client)


def carried_out(
    services: Services,
    mergers: Sequence[Merger],
    choices: Mapping[str, Side] | None = None,
    *,
    who: Principal = ALICE,
    client: Client = HERE,
) -> int:
    """Do what was planned, and return its number."""
    with services.directory.writing(who, client) as writing:
        assert list(uniting.merge(writing, mergers, choices)) == [*range(1, len(mergers) + 1)]
        return writing.batch


def certain(services: Services, *slugs: str, who: Principal = ALICE) -> Certain:
    """Return what can be merged unseen in books."""
    with services.directory.reading(who, HERE) as reading:
        views = [reading.book(slug, Privilege.READ) for slug in slugs]
        gathered = duplicates.gather(reading, views, lambda _done, _total: None)
        found = duplicates.compare(gathered, lambda _done, _total: None)
        return uniting.certain(reading, views, found)
