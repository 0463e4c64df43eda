"""What every return of a store has in common, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from dirserver.backup.archive import Archive
from dirserver.backup.failure import BackupError
from dirserver.errors import StoreUnavailable
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.counting import counted
from dirserver.model.principal import Client, Principal
from dirserver.store import incarnations
from dirserver.store.contents import BookContents, books, is_empty
from dirserver.store.engine import Connection, Store
from dirserver.store.incarnations import Remembered
from dirserver.store.people import erasures
from dirserver.store.people.returned import ErasedCard, erased_cards
from dirserver.store.trail import audit


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is where a backup shall go: whether anything, how far it came, which books."""

    is_empty: bool
    remembered: Remembered
    books: tuple[BookContents, ...] = ()


# Of a store that cannot be read any more.
DAMAGED = Survey(is_empty=False, remembered=Remembered())


@dataclass(frozen=True, slots=True)
class Erased:
    """The cards in a store of people who were erased. Not ``is_known`` is who was since the copy.

    That is so when the store that was there is not of the same life, was empty, or is damaged.
    """

    cards: tuple[ErasedCard, ...] = ()
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Returned:
    """Where that is kept which was there, if anything was, and who was erased and is back.

    ``replaced`` are the books that were there.
    """

    kept: str
    replaced: tuple[BookContents, ...] = ()
    erased: Erased = Erased()


@dataclass(frozen=True, slots=True)
class Return:
    """A backup on its way back, at a moment and by somebody's will."""

    archive: Archive
    actor: Principal
    client: Client
    at: datetime
    force: bool
    dry_run: bool

    @property
    def aside(self) -> str:
        """The name for what is kept of what was there."""
        return f"before-restore-{self.at.astimezone():%Y-%m-%dT%H%M%S.%f}"

    def require_allowed(self, survey: Survey, where: str) -> None:
        """Raise BackupError unless the backup may take the place of what is there."""
        if not survey.is_empty and not self.force:
            cards = counted(sum(book.cards for book in survey.books), "card")
            it_has = f": it has {counted(len(survey.books), 'book')} with {cards}"
            raise BackupError(
                f"{where} is not empty{it_has if survey.books else ''}. Name another store with "
                "--to; with --force the backup takes its place, and what is there is kept beside "
                "it."
            )

    def finish(self, connection: Connection, replaced: Remembered) -> Erased:
        """Make a copy that is in its place one that clients can sync on with, and tell of it.

        What the store that was there knew of people who were erased is known to the copy, too.
        Return which of them are in it.
        """
        incarnations.begin(connection, replaced, self.at)
        carried = erasures.carry_over(connection, replaced.erased)
        erased = Erased(tuple(erased_cards(connection)), is_known=carried and bool(replaced.head))
        manifest = self.archive.manifest
        said = (
            f"{self.archive.file} of {manifest.made.isoformat(timespec='seconds')}, "
            f"SHA-256 {self.archive.digest}"
        )
        if replaced.head:
            # Whoever has noted that head learns why it is not in this trail.
            said += f"; the trail that was there ended with {replaced.head}"
        event = AuditEvent(
            AuditAction.BACKUP_RESTORE,
            self.actor.login,
            detail=said,
            protocol=self.client.protocol,
            address=self.client.address,
            agent=self.client.agent,
        )
        if erased.cards:
            cases = len({one.case for one in erased.cards})
            people = "1 person who was" if cases == 1 else f"{cases} people who were"
            be = "is" if cases == 1 else "are"
            said = f"{said}; {people} erased {be} in it"
            event = replace(event, detail=said)
        audit.append(connection, [event], self.at)
        return erased


def survey_of(connection: Connection) -> Survey:
    """Look at what is in the store."""
    return Survey(is_empty(connection), incarnations.remembered(connection), books(connection))


def survey(store: Store) -> Survey:
    """Look at a store that may be damaged, or may not be there at all."""
    if not store.exists:
        return Survey(is_empty=True, remembered=Remembered())
    try:
        with store.reading() as connection:
            return survey_of(connection)
    except StoreUnavailable:
        return DAMAGED
    finally:
        # A connection that is open, even if idle, keeps others from having the store alone.
        store.close()
