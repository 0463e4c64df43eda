"""Looking at a source, and bringing its book up to it: what the command and the clock both do."""

from __future__ import annotations

import ssl
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dirserver.assembly import Services, sources_of
from dirserver.config.faults import Refused
from dirserver.config.files import read_secret
from dirserver.config.schema import Config
from dirserver.config.sources import Source, SourceTLS, SourceType
from dirserver.config.sourceurls import LDAPURL, WebURL
from dirserver.directory.intake.sourceruns import Ending, note_failure
from dirserver.directory.intake.syncing import SyncCount, TooMuchGone, sync
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.errors import AccessDenied
from dirserver.exchange.formats.choices import Leftover
from dirserver.exchange.formats.layout import BadTarget, Wishes
from dirserver.exchange.sources.client import Directory, Question, Server, tls_context
from dirserver.exchange.sources.files import is_cut_off, is_doubtful, opened_file
from dirserver.exchange.sources.people import read_people, schema_of
from dirserver.exchange.sources.unavailable import SourceUnavailable
from dirserver.exchange.sources.web import Page
from dirserver.exchange.spool import Bodies, Spool, Spooled
from dirserver.exchange.vcards import ReadCard
from dirserver.model.number import DialPlan
from dirserver.model.principal import Client, Principal

_MOST_REMARKS = 1000


class SourceFailed(Exception):
    """A source could not be followed, and nothing was changed; the text says why."""

    def __init__(self, source: Source, why: str) -> None:
        super().__init__(f"the source {source.name}: {why}")
        self.why = why


class SourceStopped(SourceFailed):
    """So much would go that somebody must look at it first."""


class _Enough(Exception):
    """Breaks the transaction of a dry run off, once its outcome is known."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of somebody in a source; who is not ``taken`` is left as they are."""

    number: int
    name: str
    taken: bool
    notes: tuple[str, ...]


@dataclass(slots=True)
class Looked:
    """What is in a source. ``doubtful`` says why somebody may be missing, if that is so."""

    people: array[int] = field(default_factory=lambda: array("q"))
    uids: set[str] = field(default_factory=set)
    remarks: list[Remark] = field(default_factory=list)
    doubtful: str = ""


def look(config: Config, source: Source, spool: Spool, step: Callable[[int], None]) -> Looked:
    """Read all of a source into ``spool``; ``step`` hears how many people it had so far.

    Raises SourceFailed unless all of it could be had.
    """
    looked = Looked()
    try:
        for number, card in enumerate(_cards(config, source, looked), 1):
            _take(card, spool, looked)
            step(number)
    except SourceUnavailable as error:
        raise SourceFailed(source, str(error)) from error
    return looked


def _take(card: ReadCard, spool: Spool, looked: Looked) -> None:
    notes = card.notes
    fits = card.body is not None and len(card.body) <= MAX_CARD_BYTES
    if fits and card.uid:
        looked.people.append(spool.add(card))
        if card.uid in looked.uids:
            notes = (*notes, "it is known by the same as one before, and stands instead")
        looked.uids.add(card.uid)
    elif card.body is not None:
        notes = (*notes, "the card is too large" if card.uid else "it has no UID")
    if notes and len(looked.remarks) < _MOST_REMARKS:
        looked.remarks.append(Remark(card.number, card.name, fits, notes))


def _cards(config: Config, source: Source, looked: Looked) -> Iterator[ReadCard]:
    organisation = config.organisation
    plan = DialPlan(organisation.country, tuple(organisation.outside_line))
    # What has no place in a card is for nobody's note: those are people's own.
    columns = dict(source.mapping) if source.type is SourceType.CSV else {}
    wishes = Wishes(
        columns,
        required=tuple(columns),
        leftover=Leftover.DROP,
        plan=plan,
        today=date.today(),
        key=source.key,
        source=f"source {source.name}",
    )
    if source.type is SourceType.LDAP:
        yield from _from_directory(source, wishes)
    elif (place := _place(source)) is not None:
        are_vcards = source.type is SourceType.VCARD
        with opened_file(place, wishes, vcards=are_vcards) as contacts:
            if is_cut_off(contacts.layout):
                looked.doubtful = "the file may be cut off"
            for card in contacts.cards:
                if is_doubtful(card):
                    looked.doubtful = "something in the file could not be read"
                yield card


def _place(source: Source) -> Path | Page | None:
    """Return where the file of a source is: here, or where it is fetched from."""
    if not isinstance(source.url, WebURL):
        return source.file
    return Page(source.url.address, _context(source), source.login, _password(source))


def _context(source: Source) -> ssl.SSLContext:
    ca_file = None if source.ca_file is None else str(source.ca_file)
    return tls_context(ca_file, verified=source.tls is SourceTLS.VERIFY)


def _password(source: Source) -> str:
    try:
        return "" if source.password_file is None else read_secret(source.password_file)
    except Refused as refused:
        raise SourceUnavailable(f"{source.password_file}: {refused}") from refused


def _from_directory(source: Source, wishes: Wishes) -> Iterator[ReadCard]:
    url = source.url
    if not isinstance(url, LDAPURL):
        raise SourceUnavailable("there is no url")
    context = None if source.tls is SourceTLS.NONE else _context(source)
    password = _password(source)
    server = Server(url.host, url.port, url.ldaps, context, source.bind_dn, password)
    with Directory(server) as directory:
        is_microsofts = directory.is_active_directory()
        try:
            schema = schema_of(
                dict(source.mapping), source.filter, is_active_directory=is_microsofts
            )
        except BadTarget as error:
            raise SourceUnavailable(f"mapping: {error}") from error
        question = Question(source.base, schema.filter, schema.attributes)
        yield from read_people(directory.entries(question), schema, wishes, source.name)


def follow(
    services: Services,
    source: Source,
    who: tuple[Principal, Client],
    spool: Spool,
    looked: Looked,
    *,
    accepted: bool = False,
    dry_run: bool = False,
) -> Iterator[SyncCount]:
    """Bring the book of ``source`` up to what was ``looked`` at; yield the count as it grows.

    A ``dry_run`` changes nothing, and says what would become of which card. Raises SourceStopped
    when too much would go, unless that is ``accepted``, and SourceFailed.
    """
    (known,) = (one for one in sources_of(services.config) if one.name == source.name)
    bodies = Bodies(Spooled(spool, looked.people))
    try:
        with services.directory.writing(*who) as writing:
            yield from sync(
                writing,
                known,
                bodies,
                accepted=accepted,
                told=dry_run,
                removes=not looked.doubtful,
            )
            if dry_run:
                raise _Enough
    except _Enough:
        pass
    except TooMuchGone as error:
        raise SourceStopped(source, str(error)) from error
    except AccessDenied as error:
        raise SourceFailed(source, str(error)) from error


def run(
    services: Services,
    source: Source,
    who: tuple[Principal, Client],
    step: Callable[[], None] = lambda: None,
) -> SyncCount:
    """Look at a source and bring its book up to it; ``step`` is called now and then.

    Raises SourceFailed, which is remembered and told to the audit trail.
    """
    try:
        with Spool() as spool:
            looked = look(services.config, source, spool, lambda _number: step())
            found = SyncCount(0)
            for count in follow(services, source, who, spool, looked):
                found = count
                step()
            return found
    except SourceFailed as failed:
        note(services, source, who, failed)
        raise


def note(
    services: Services, source: Source, who: tuple[Principal, Client], failed: SourceFailed
) -> None:
    """Remember that a run failed, and tell the audit trail."""
    (known,) = (one for one in sources_of(services.config) if one.name == source.name)
    ending = Ending.STOPPED if isinstance(failed, SourceStopped) else Ending.FAILED
    with services.directory.writing(*who) as writing:
        note_failure(writing, known, ending, failed.why)
