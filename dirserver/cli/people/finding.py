"""``dirserver person find`` and ``export``: all that is kept of somebody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.outfile import replacing
from dirserver.directory.people.people import Found
from dirserver.directory.people.people import find as look_for
from dirserver.errors import NotFound
from dirserver.exchange.dossier import write_dossier
from dirserver.model.audit import AuditAction, Outcome, WrittenEvent
from dirserver.model.dossier import Copy, Dossier, KeptCard, Mention


@dataclass(frozen=True, slots=True)
class ToldVersion:
    """A version of a card, without its body."""

    at: datetime
    operation: str
    book: str
    href: str
    actor: str
    protocol: str
    device: str
    agent: str


@dataclass(frozen=True, slots=True)
class ToldCard:
    """A card of the person; ``current`` says that it is there, and not only in the history."""

    key: str
    uid: str
    name: str
    mails: tuple[str, ...]
    numbers: tuple[str, ...]
    book: str
    href: str
    archived: bool
    current: bool
    versions: tuple[ToldVersion, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ToldTrace:
    """An event of the audit trail that names the person, or a card of theirs."""

    id: int
    at: datetime
    actor: str
    action: AuditAction
    outcome: Outcome
    book: str
    card: str
    detail: str


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """All that is kept of a person, as programs read it."""

    name: str
    cards: tuple[ToldCard, ...]
    events: tuple[ToldTrace, ...]
    copies: tuple[Copy, ...]
    mentions: tuple[Mention, ...]
    logins: tuple[str, ...]


def find(invocation: Invocation, text: str, *, as_json: bool) -> None:
    """Print all people that ``text`` may mean, with all that is kept of them. Raises Failed."""
    with acting(invocation) as who:
        people = search(who, text).people
        cards = sum(len(person.cards) for person in people)
        with who.writing() as writing:
            said = f"{len(people)} found, with {screen.counted(cards, 'card')}"
            writing.note(AuditAction.PERSON_FIND, "", said)
    if as_json:
        screen.say_json([_told(person) for person in people])
        return
    for person in people:
        _tell(person)
    if not people:
        screen.say(f"nothing is kept of {text}")
    elif len(people) > 1:
        screen.note(f"{text} may be {len(people)} people; `person export` and `erase` want one.")


def export(
    invocation: Invocation, text: str, cards: Collection[str], output: Path, *, force: bool
) -> None:
    """Write all that is kept of one person to ``output``.

    Raises Failed, also for a file that is there, without ``force``.
    """
    with acting(invocation) as who:
        person = the_one(search(who, text, cards), text, "export")
        with replacing(output, "Nothing was exported.", force=force) as file:
            # Told before anything leaves the house; by keys, which name nobody.
            with who.writing() as writing:
                said = f"{screen.counted(len(person.cards), 'card')}: {', '.join(person.keys)}"
                writing.note(AuditAction.PERSON_EXPORT, "", said)
            name = who.services.config.organisation.name
            write_dossier(file, person, name, datetime.now(UTC))
    versions = sum(len(card.versions) for card in person.cards)
    screen.say(
        f"{output}: {person.name}, {screen.counted(len(person.cards), 'card')} in "
        f"{screen.counted(versions, 'version')}"
    )


def search(who: Acting, text: str, cards: Collection[str] = ()) -> Found:
    """Look for people, with a bar. Raises Failed for ``cards`` that are none of theirs."""
    if not text.strip():
        raise Failed("There is nothing to look for; give a name, a mail address or a number.")
    deriver = who.services.deriver
    try:
        with screen.progress("looking through the history") as advance, who.reading() as reading:
            return look_for(reading, deriver, text, cards, advance)
    except NotFound as error:
        raise Failed(
            f"{text} is not the person of card {error}. See: {again.command(f'person find {text}')}"
        ) from error


def the_one(found: Found, text: str, command: str) -> Dossier:
    """Return the person that was found. Raises Failed unless it is just one."""
    if not found.people:
        raise Failed(
            f"Nothing is kept of {text}. Try another spelling, a mail address or a number."
        )
    if len(found.people) > 1:
        raise Failed(
            f"{text} may be {len(found.people)} people. Say which cards are meant:",
            *(
                again.command(f"person {command} {text} ")
                + " ".join(f"--card {key}" for key in person.keys)
                + f"   ({_summary(person)})"
                for person in found.people
            ),
        )
    return found.people[0]


def _summary(person: Dossier) -> str:
    newest = person.cards[-1]
    books = sorted({card.book for card in person.cards})
    said = (person.name, *newest.mails[:1], *newest.numbers[:1], f"in {' and '.join(books)}")
    return ", ".join(said)


def _tell(person: Dossier) -> None:
    screen.say((person.name, "bold"))
    for card in person.cards:
        _tell_card(card)
    for label, count in (
        ("events of the audit trail that name them", len(person.events)),
        ("recorded lookups", len(person.lookups)),
    ):
        screen.say(f"  {label}: {count}")
    for copy in person.copies:
        device = f" on {copy.device}" if copy.device else ""
        agent = f" ({copy.agent})" if copy.agent else ""
        how = "stored a card of theirs in" if copy.stored else "was told what is in"
        screen.say(
            f"  may have a copy: {copy.login}{device}{agent} {how} {copy.book}, "
            f"first {screen.local(copy.since)}, last {screen.local(copy.last)}"
        )
    if not person.copies:
        screen.say("  may have a copy: no client that was told of these books over CardDAV")
    for mention in person.mentions:
        named = ", ".join(mention.properties)
        screen.say(f"  named in {named} of {mention.book}/{mention.href} (key {mention.key})")
    for login in person.logins:
        screen.say(f"  may log in as {login}; users are in the config file")


def _tell_card(card: KeptCard) -> None:
    state = "" if card.is_current else ", deleted"
    archived = ", archived book" if card.archived else ""
    first, last = screen.local(card.versions[0].at), screen.local(card.versions[-1].at)
    versions = screen.counted(len(card.versions), "version")
    place = f"{card.book}/{card.href}{archived}{state}"
    screen.say(f"  {place}: key {card.key}, {versions}, {first} to {last}")
    if card.source:
        screen.say(f"    what the source {card.source} said of them last")
    for value in (*card.numbers, *card.mails):
        screen.say(f"    {value}")


def _told(person: Dossier) -> ToldPerson:
    return ToldPerson(
        person.name,
        tuple(_told_card(card) for card in person.cards),
        tuple(_trace(written) for written in (*person.events, *person.lookups)),
        person.copies,
        person.mentions,
        person.logins,
    )


def _told_card(card: KeptCard) -> ToldCard:
    return ToldCard(
        card.key,
        card.uid,
        card.name,
        card.mails,
        card.numbers,
        card.book,
        card.href,
        card.archived,
        card.is_current,
        tuple(
            ToldVersion(
                one.at,
                one.operation,
                one.book,
                one.href,
                one.actor,
                one.protocol,
                one.device,
                one.agent,
            )
            for one in card.versions
        ),
        card.source,
    )


def _trace(written: WrittenEvent) -> ToldTrace:
    event = written.event
    return ToldTrace(
        written.id,
        written.at,
        event.actor,
        event.action,
        event.outcome,
        event.book,
        event.card,
        event.detail,
    )
