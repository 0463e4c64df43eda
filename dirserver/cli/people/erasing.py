"""``dirserver person erase``, ``erased`` and ``readmit``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.outfile import replacing
from dirserver.cli.people.finding import search, the_one
from dirserver.directory import trail
from dirserver.directory.people.erasing import ChangedMeanwhile, Erased
from dirserver.directory.people.erasing import cases as cases_of
from dirserver.directory.people.erasing import erase as erase_person
from dirserver.directory.people.erasing import readmit as readmit_person
from dirserver.directory.people.people import Found
from dirserver.errors import NotFound
from dirserver.model.dossier import Copy, Dossier


@dataclass(frozen=True, slots=True)
class Request:
    """Whom to erase, as it was typed."""

    text: str
    cards: tuple[str, ...]
    dry_run: bool
    yes: bool
    certificate: Path | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was erased, without a word of who that was. With ``dry_run``, what would be.

    ``head`` is the audit trail's after it; ``scrubbed`` says that the bytes are gone from the
    files of the database, too.
    """

    case: str
    at: datetime
    by: str
    dry_run: bool
    books: tuple[str, ...]
    cards: int
    versions: int
    events: int
    fingerprints: int
    copies: tuple[Copy, ...]
    mentions: tuple[str, ...]
    head: str
    scrubbed: bool


@dataclass(frozen=True, slots=True)
class ToldCase:
    """Somebody who was erased."""

    case: str
    at: datetime
    fingerprints: int


class _Enough(Exception):
    """Breaks the transaction of a dry run off, once its outcome is known."""


def erase(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Erase a person and print what was erased. Raises Failed when nothing was."""
    with acting(invocation) as who:
        found = search(who, request.text, request.cards)
        person = the_one(found, request.text, "erase")
        if not request.dry_run:
            _confirm(person, request)
        done = _erased(who, found, person, dry_run=request.dry_run)
        directory = who.services.directory
        scrubbed = False
        if not request.dry_run:
            with screen.progress("overwriting what was deleted"):
                scrubbed = directory.scrub()
        with who.reading() as reading:
            head = str(trail.head(reading) or "")
    certificate = _certificate(done, head, dry_run=request.dry_run, scrubbed=scrubbed)
    lines = _lines(certificate)
    if as_json:
        screen.say_json(certificate)
    else:
        for line in lines:
            screen.say(line)
    if request.certificate is not None and not request.dry_run:
        _write(request.certificate, lines, certificate)
    if not request.dry_run and not scrubbed:
        screen.warn(
            "the database was too busy for its free space to be overwritten; that is made up for "
            "by the next `dirserver history prune`"
        )


def erase_cards(who: Acting, keys: Sequence[str]) -> None:
    """Erase those whose cards these are, who had been erased before. Raises Failed."""
    for key in keys:
        found = search(who, key, [key])
        _erased(who, found, the_one(found, key, "erase"), dry_run=False)
    with screen.progress("overwriting what was deleted"):
        who.services.directory.scrub()


def _confirm(person: Dossier, request: Request) -> None:
    place = request.certificate
    if place is not None and not place.absolute().parent.is_dir():
        raise Failed(f"There is no directory for {place}. Nothing was erased.")
    for file in () if place is None else (place, _in_json(place)):
        # It may be the only proof of another case.
        if file.exists():
            raise Failed(f"{file} exists already. Name another file. Nothing was erased.")
    if request.yes:
        return
    if not sys.stdin.isatty():
        raise Failed(
            "Nothing was erased: there is nobody to ask. See what would go with --dry-run, "
            "and add --yes."
        )
    versions = sum(len(card.versions) for card in person.cards)
    typer.confirm(
        screen.plain(
            f"Erase {person.name} for good: {screen.counted(len(person.cards), 'card')} in "
            f"{screen.counted(versions, 'version')}?"
        ),
        abort=True,
    )


def _erased(who: Acting, found: Found, person: Dossier, *, dry_run: bool) -> Erased:
    done: list[Erased] = []
    try:
        with who.writing() as writing:
            done.append(erase_person(writing, who.services.deriver, found, person))
            if dry_run:
                raise _Enough
    except _Enough:
        pass
    except ChangedMeanwhile as error:
        raise Failed(
            f"Nothing was erased: a card that may be of {person.name} was stored just now. "
            "Start again."
        ) from error
    return done[0]


def _certificate(done: Erased, head: str, *, dry_run: bool, scrubbed: bool) -> Certificate:
    return Certificate(
        "" if dry_run else done.case,
        done.at,
        done.by,
        dry_run,
        done.books,
        done.cards,
        done.versions,
        done.events,
        done.fingerprints,
        done.copies,
        done.mentions,
        head,
        scrubbed,
    )


def _lines(said: Certificate) -> list[str]:
    """Return the certificate in words."""

    def be(number: int) -> str:
        return "would be" if said.dry_run else "was" if number == 1 else "were"

    lines = (
        ["this is a dry run: nothing was erased"]
        if said.dry_run
        else [f"{said.case}: a person was erased on {said.at:%Y-%m-%d %H:%M:%S} UTC by {said.by}"]
    )
    lines += [
        f"{screen.counted(said.cards, 'card')} {be(said.cards)} taken out of "
        f"{', '.join(said.books)}",
        f"{screen.counted(said.versions, 'version')} {be(said.versions)} taken out of the history",
        f"{screen.counted(said.events, 'event')} of the audit trail {be(said.events)} emptied of "
        "what the trail says of the person; its chain stays whole",
        f"{screen.counted(said.fingerprints, 'keyed fingerprint')} {be(said.fingerprints)} kept, "
        "by which the person is refused later",
        "the names of the cards' files stay; clients need them to learn that the cards are gone",
    ]
    for copy in said.copies:
        device = f" on {copy.device}" if copy.device else ""
        agent = f" ({copy.agent})" if copy.agent else ""
        lines.append(
            f"{copy.login}{device}{agent} may have a copy from {copy.book} until the next sync; "
            "what syncs no more keeps it, and it is to be deleted there"
        )
    if said.mentions:
        lines.append(
            f"the person is still named in cards of others, to be edited by hand: "
            f"{', '.join(said.mentions)}"
        )
    lines.append("backups and exports from before still have everything")
    if not said.dry_run:
        lines.append(f"head of the audit trail: {said.head}")
    return lines


def _write(path: Path, lines: list[str], certificate: Certificate) -> None:
    otherwise = "The person was erased; what it would say is above."
    with replacing(path, otherwise) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    with replacing(_in_json(path), otherwise) as file:
        file.write((json.dumps(certificate, default=screen.jsonable, indent=2) + "\n").encode())


def _in_json(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def list_erased(invocation: Invocation, *, as_json: bool) -> None:
    """Print the cases of people who were erased."""
    with acting(invocation) as who, who.reading() as reading:
        cases = [ToldCase(one.name, one.at, one.fingerprints) for one in cases_of(reading)]
    if as_json:
        screen.say_json(cases)
    elif not cases:
        screen.say("nobody was erased who may not be kept again")
    else:
        rows = [(one.case, screen.local(one.at), str(one.fingerprints)) for one in cases]
        screen.say_table(("case", "erased", "fingerprints"), rows)


def readmit(invocation: Invocation, case: str) -> None:
    """Forget the fingerprints of a case. Raises Failed when there is no such case."""
    with acting(invocation) as who:
        try:
            with who.writing() as writing:
                readmit_person(writing, case)
        except NotFound as error:
            see = again.command("person erased")
            raise Failed(f"There is no case {case}; see: {see}") from error
    screen.say(f"{case}: the person may be kept again")
