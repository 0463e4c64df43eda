"""Which clients have copies of somebody's cards, as far as the server can know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dirserver.directory.access.sightings import FETCHING
from dirserver.model.dossier import Copy, KeptCard, Version
from dirserver.store import sightings
from dirserver.store.engine import Connection
from dirserver.store.people import people
from dirserver.store.people.people import Shelf
from dirserver.store.sightings import Sighting


class _Client(NamedTuple):
    book_id: int
    login: str
    device: str
    agent: str


class _Span(NamedTuple):
    """From what version on a card is in a book, and from what revision on it is not."""

    book_id: int
    first: Version
    gone: int | None


def copies(
    connection: Connection, cards: Sequence[KeptCard], books: dict[int, Shelf]
) -> tuple[Copy, ...]:
    """Return the clients that were last told of a book with one of ``cards``, or stored one.

    Which of a book's cards a client was given is not known, but that it asked and was told. Who
    may read the book and never asked is none of them.
    """
    ids = {shelf.label: shelf.id for shelf in books.values()}
    spans = []
    for card in cards:
        began: dict[tuple[str, str], Version] = {}
        for version in card.versions:
            began.setdefault((version.book, version.href), version)
        for (label, href), first in began.items():
            gone = people.vanished_at(connection, ids[label], href)
            spans.append(_Span(ids[label], first, gone))
    seen = {
        _Client(one.book_id, one.login, one.device, one.agent): one
        for one in sightings.of(connection, {span.book_id for span in spans})
    }
    found = {}
    for client, sighting in seen.items():
        held = [span.first.at for span in spans if _had(span, sighting)]
        if held:
            since = max(sighting.first_at, min(held))
            label = books[client.book_id].label
            found[client] = Copy(label, *client[1:], since, sighting.last_at)
    for card in cards:
        for copy, version in _stored_by(card):
            client = _Client(ids[copy.book], copy.login, copy.device, copy.agent)
            gone = people.vanished_at(connection, client.book_id, version.href)
            # Who has asked since it went has taken it away.
            if gone is None or client not in seen or seen[client].revision < gone:
                found[client] = replace(found.get(client, copy), stored=True)
    return tuple(found[client] for client in sorted(found))


def _had(span: _Span, sighting: Sighting) -> bool:
    return (
        span.book_id == sighting.book_id
        and span.first.revision <= sighting.revision
        and (span.gone is None or sighting.revision < span.gone)
    )


def _stored_by(card: KeptCard) -> list[tuple[Copy, Version]]:
    """Return the clients that have stored a card and not deleted it since, with the last version.

    They have a copy, also without ever having asked for one.
    """
    stored: dict[tuple[str, str, str, str], list[Version]] = {}
    for version in card.versions:
        if version.protocol == FETCHING:
            client = (version.book, version.actor, version.device, version.agent)
            stored.setdefault(client, []).append(version)
    return [
        (Copy(*client, versions[0].at, versions[-1].at), versions[-1])
        for client, versions in stored.items()
        if versions[-1].body is not None
    ]
