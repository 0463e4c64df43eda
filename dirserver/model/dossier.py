"""Everything that is kept of one person, as records: what a search for them finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.model.audit import WrittenEvent


@dataclass(frozen=True, slots=True)
class Version:
    """One body that a card had, or, without one, that it went; where, when and by whom."""

    book: str
    href: str
    revision: int
    operation: str
    at: datetime
    actor: str
    protocol: str
    agent: str
    device: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card with all its versions, oldest first, and what the newest body says of its person.

    ``book`` and ``href`` are where it is, or was last; ``archived`` says that the book is out of
    use, ``is_current`` that the card is there, and not only in the history. Of one that comes of a
    ``source``, what that said last is kept beside it, in ``said``.
    """

    key: str
    uid: str
    name: str
    mails: tuple[str, ...]
    numbers: tuple[str, ...]
    book: str
    href: str
    archived: bool
    is_current: bool
    versions: tuple[Version, ...]
    source: str = ""
    said: bytes = b""


@dataclass(frozen=True, slots=True)
class Copy:
    """A client that may have a card of the person, as of the last answer to it.

    It was told of the book between ``since`` and ``last``, be it all of it or a part, while the
    card was there; or it ``stored`` the card itself, and then has had it for certain.
    """

    book: str
    login: str
    device: str
    agent: str
    since: datetime
    last: datetime
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A card of somebody else in which the person is named, and the properties that do."""

    key: str
    book: str
    href: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of a person.

    ``events`` are those of the audit trail that name them, ``lookups`` those that name a card by
    its key only. ``logins`` are the users who seem to be the person.
    """

    cards: tuple[KeptCard, ...]
    events: tuple[WrittenEvent, ...] = ()
    lookups: tuple[WrittenEvent, ...] = ()
    copies: tuple[Copy, ...] = ()
    mentions: tuple[Mention, ...] = ()
    logins: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the cards."""
        return tuple(card.key for card in self.cards)

    @property
    def name(self) -> str:
        """What the newest card calls the person."""
        newest = max(self.cards, key=lambda card: card.versions[-1].at)
        return newest.name or newest.key
