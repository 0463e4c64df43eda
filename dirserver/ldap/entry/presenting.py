"""How what a search finds looks to who asks."""

from __future__ import annotations

from collections.abc import Iterable

from dirserver.ldap.codec.encode import encode_entry
from dirserver.ldap.codec.frames import in_messages, named, named_in_messages
from dirserver.ldap.codec.messages import SearchRequest
from dirserver.ldap.dit.containers import Container
from dirserver.ldap.dit.tree import Tree
from dirserver.ldap.entry.entries import encode_member, groups_among
from dirserver.ldap.entry.kept import KeptEntries
from dirserver.ldap.entry.looks import Looks, Way, names
from dirserver.ldap.entry.runs import Run
from dirserver.ldap.search.matching import known, matches_container
from dirserver.ldap.search.sorting import Sorting
from dirserver.model.fold import fold
from dirserver.model.hits import Details, Hits, attributes_of, book_of, key_of, version_of

_kept = KeptEntries(8 * 1024 * 1024)


class Presenter:
    """Encodes entries for the answer to one request."""

    def __init__(
        self, request: SearchRequest, message_id: int, shown: Looks, tree: Tree | None
    ) -> None:
        """Show what ``request`` selects, of cards as the looks that are ``shown`` have it.

        ``tree`` is where the cards are; without these there need be none.
        """
        self._tree = tree
        self._request = request
        self._message_id = message_id
        self._looks = shown

    @property
    def details(self) -> Details:
        """What ``cards`` needs to know of each."""
        return self._looks.details

    def found(self, containers: Iterable[Container]) -> list[Container]:
        """Return those of ``containers`` that the filter finds."""
        asked = self._request
        if asked.about is not None:
            # Most that is asked is about attributes of which such an entry has none at all.
            about = known(asked.about)
            containers = [one for one in containers if not about.isdisjoint(one.attributes)]
        return [one for one in containers if matches_container(asked.filter, one.attributes)]

    def containers(self, some: Iterable[Container]) -> bytes:
        """Return entries that are no cards, encoded as messages."""
        asked = self._request
        return b"".join(
            encode_entry(
                self._message_id,
                one.dn.encode(),
                one.shown(asked.attributes, types_only=asked.types_only),
            )
            for one in some
        )

    def cards(self, hits: Hits | Run) -> bytes:
        """Return cards of the views, encoded as messages."""
        if isinstance(hits, Run):
            return in_messages(self._message_id, hits.entries)
        if self._looks.way is Way.AS_STORED:
            return self._as_stored(hits)
        return in_messages(self._message_id, self.entries(hits))

    def entries(self, hits: Hits) -> list[bytes]:
        """Return cards of the views, encoded without messages, unless they are sent as stored."""
        if self._looks.way is Way.KEPT:
            return self._encoded(hits)
        of = self._looks.of
        return [of[one.book_id].made(one, self._members) for one in hits.entries()]

    def _as_stored(self, hits: Hits) -> bytes:
        of, rows = self._looks.of, hits.rows
        attributes = list(map(attributes_of, rows))
        for at in groups_among(attributes):
            look = of[book_of(rows[at])]
            if look.shows_members:
                members = self._members(book_of(rows[at]), key_of(rows[at]))
                attributes[at] += look.more(encode_member(members))
        return named_in_messages(self._message_id, self._names(hits), attributes)

    def _names(self, hits: Hits) -> list[bytes]:
        of = self._looks.of
        if len(of) == 1:
            (look,) = of.values()
            return names(list(map(key_of, hits.rows)), look.above)
        return [of[book_of(row)].name(key_of(row)) for row in hits.rows]

    @property
    def look_of_runs(self) -> str | None:
        """What tells ``run`` from the same of others; None when each card looks in its own way."""
        if self._looks.way is not Way.AS_STORED or len(self._looks.of) != 1:
            return None
        (look,) = self._looks.of.values()
        return look.above

    def run(self, hits: Hits) -> Run | None:
        """Return some cards as all see them who see all that is stored; None when there are groups.

        Who is in these is not the same to everybody.
        """
        attributes = list(map(attributes_of, hits.rows))
        if groups_among(attributes):
            return None
        return Run(named(self._names(hits), attributes), hits.last_place)

    def _encoded(self, hits: Hits) -> list[bytes]:
        """Return entries that were made before, and make the others."""
        of = self._looks.of
        asked = [(of[version[0]], version) for version in map(version_of, hits.rows)]
        found = _kept.get(asked)
        missing = [at for at, one in enumerate(found) if one is None]
        if missing and self._tree is not None:
            new = []
            stored = self._tree.reading.with_attributes(Hits([hits.rows[at] for at in missing]))
            for at, card in zip(missing, stored.entries(), strict=True):
                look, _ = asked[at]
                found[at] = made = look.made(card, self._members)
                if not look.depends_on_reader(card.attributes):
                    new.append((asked[at], made))
            _kept.put(new)
        return [one for one in found if one is not None]

    def _members(self, book: int, key: str) -> list[str]:
        return [] if self._tree is None else self._tree.members(book, key)


def in_order(containers: list[Container], sorting: Sorting) -> list[Container]:
    """Sort entries that are no cards; they stand together, as most have nothing to sort by."""
    for one, reverse in reversed(sorting.keys):

        def place(container: Container, name: str = one.name) -> tuple[bool, str]:
            values = [fold(value) for value in container.attributes.get(name, ())]
            return not values, min(values, default="")

        containers = sorted(containers, key=place, reverse=reverse)
    return containers
