"""The responses to a PROPFIND: a resource, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator

from dirserver.errors import NotFound
from dirserver_radicale.properties.collectionplan import CollectionPlan
from dirserver_radicale.properties.propfind import Depth, Wanted, members, response
from dirserver_radicale.tree.collection import Collection
from dirserver_radicale.tree.hrefs import Location
from dirserver_radicale.tree.resources import Resource
from dirserver_radicale.xml.multistatus import BEGIN, END, Markup


def listing(
    resource: Resource, location: Location, depth: Depth, wanted: Wanted
) -> Iterator[Markup]:
    """Write the answer to a PROPFIND at ``location``, where ``resource`` is.

    Raises NotFound at once when a card is asked for that is not there.
    """
    if location.href and isinstance(resource, Collection):
        return _one_card(resource, location.href, wanted)
    return _collection(resource, depth, wanted)


def _one_card(book: Collection, name: str, wanted: Wanted) -> Iterator[Markup]:
    ((_, card),) = CollectionPlan(book, wanted).named(book.viewer.reading, [name])
    if card is None:
        raise NotFound(name)
    return iter((BEGIN, card, END))


def _collection(resource: Resource, depth: Depth, wanted: Wanted) -> Iterator[Markup]:
    is_told = depth is Depth.ZERO or not resource.viewer.preferences.noroot
    yield BEGIN + (response(resource, wanted) if is_told else "")
    if depth is not Depth.ZERO:
        for member in members(resource):
            yield response(member, wanted)
        if isinstance(resource, Collection):
            yield from CollectionPlan(resource, wanted).all(resource.viewer.reading)
    yield END
