"""``dirserver undo``: what a client did is taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import typer

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.cards.choosing import labels, views_of
from dirserver.cli.confirming import confirm
from dirserver.cli.failure import FAILED, Failed
from dirserver.cli.history import outcomes
from dirserver.cli.invocation import Invocation
from dirserver.cli.moments import asked_span
from dirserver.cli.rights.clients import device_meant
from dirserver.config.faults import listing
from dirserver.directory import Reading
from dirserver.directory.access import devices
from dirserver.directory.past import history
from dirserver.directory.past.settling import Outcome
from dirserver.directory.past.undoing import actors, plan, undo
from dirserver.errors import AccessDenied
from dirserver.model.audit import AuditAction
from dirserver.model.history.life import Acts
from dirserver.model.standards.rules import ACTOR as STANDARDS

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What to take back, as it was typed."""

    device: str
    user: str
    batch: int | None
    since: str
    until: str
    book: str
    login: str
    dry_run: bool
    yes: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What was, or would be, taken back; ``batch`` takes that back again.

    What was replaced before ``pruned`` is not known any more, if that is any of it.
    """

    dry_run: bool
    batch: int | None
    pruned: datetime | None
    cards: tuple[Outcome, ...]


def take_back(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Take back what ``request`` names, and print what became of which card.

    Raises Failed; exits with 1 when something had to stay as it is.
    """
    acts = _acts(request, datetime.now().astimezone())
    with acting(invocation, request.login) as who:
        with who.reading() as reading:
            scope = views_of(who, reading, request.book, AuditAction.CARD_UNDO)
            acts = _with_device(who, reading, scope, acts)
            whose = _whose(who, scope, actors(reading, scope, acts), acts)
            found = plan(reading, scope, acts)
        batch, told = None, found.outcomes
        if not as_json:
            _tell(told, _spanned(whose, acts, screen.local), everything=request.dry_run)
        if found.number and not request.dry_run:
            confirm(f"Take this back for {screen.counted(found.number, 'card')}?", request.yes)
            batch, told = _undo(who, request, acts, _spanned(whose, acts, _in_utc))
    if found.pruned is not None:
        screen.warn(
            f"the history is pruned up to {screen.local(found.pruned)}: what was done before that "
            "and replaced or deleted before that, too, cannot be taken back, nor shown here"
        )
    if as_json:
        screen.say_json(Undone(request.dry_run, batch, found.pruned, told))
    elif request.dry_run:
        screen.say(f"{outcomes.counted(told)}; this was a dry run, and all is as it was")
    elif batch is not None:
        screen.say(f"done: {outcomes.counted(told)}")
        screen.note(f"To take this back: {again.undo(batch)}")
    stay = [outcome for outcome in told if outcome.conflicts]
    if stay:
        screen.complain(
            f"Not taken back, or not wholly, for the reasons marked above with !: "
            f"{screen.counted(len(stay), 'card')}. See who did what: "
            + again.command(f"history {stay[0].key}")
        )
        raise typer.Exit(FAILED)


def _acts(request: Request, now: datetime) -> Acts:
    if not request.device and not request.user and request.batch is None:
        raise Failed(
            "Say whose acts to take back: --device NAME, --user LOGIN, or --batch N, the number "
            "of an import, a restore, a merge, a link or an undo. Who did what is in: "
            + again.command("audit")
        )
    since, until = asked_span(request.since, request.until, now)
    return Acts(request.user, request.device, request.batch, since, until)


def _with_device(who: Acting, reading: Reading, scope: history.Views, acts: Acts) -> Acts:
    """Return ``acts`` with the device that is meant. Raises Failed, saying which there are.

    Who manages a book is told of the devices that have changed something there.
    """
    if not acts.device:
        return acts
    if who.principal.is_operator:
        known = devices.known(reading)
    else:
        known = [one for one in actors(reading, scope, Acts()) if one[1]]
    meant = device_meant(acts.device, known, acts.login)
    return replace(acts, login=meant.login, device=meant.name)


def _whose(who: Acting, scope: history.Views, found: Sequence[tuple[str, str]], acts: Acts) -> str:
    """Say whose acts they are. Raises Failed if they are nobody's, or of more than one device."""
    if not found and not who.principal.is_operator:
        raise Failed(
            f"Nothing was done in {labels(scope)} that this asks for. What was done in books that "
            f"{who.principal.login} does not manage is not theirs to take back."
        )
    if not found and acts.login not in ("", STANDARDS):
        # Who mistypes a login must not think that nothing happened.
        who.user(acts.login)
    if not found:
        raise Failed(
            "Nothing was done that this asks for. Who did what, and when, is in: "
            + again.command("audit")
        )
    said = f"{found[0][0]} {found[0][1]}".strip() if acts.device else acts.login
    if acts.device and len(found) > 1:
        several = listing([f'"{login} {device}"' for login, device in found], "and")
        raise Failed(f"Several devices are called {acts.device}: {several}. Add --user LOGIN.")
    if acts.batch is not None:
        said = f"number {acts.batch}" + (f" by {said}" if said else "")
    return said


def _spanned(whose: str, acts: Acts, told: Callable[[datetime], str]) -> str:
    since = f" since {told(acts.since)}" if acts.since else ""
    until = f" until {told(acts.until)}" if acts.until else ""
    return whose + since + until


def _in_utc(at: datetime) -> str:
    # In the trail, which may be read where the clock on the wall is another one.
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _tell(told: Sequence[Outcome], whose: str, *, everything: bool) -> None:
    if not told:
        screen.say(f"of {whose}, there is nothing left to take back")
    shown = told if everything else told[:_MOST_SHOWN]
    for outcome in shown:
        outcomes.tell(outcome)
    if len(shown) < len(told):
        screen.say(f"... and {len(told) - len(shown)} more; all are shown with --dry-run")


def _undo(
    who: Acting, request: Request, acts: Acts, whose: str
) -> tuple[int | None, tuple[Outcome, ...]]:
    told: tuple[Outcome, ...] = ()
    is_done = False
    try:
        with screen.progress("taking back") as advance, who.writing() as writing:
            for count in undo(writing, request.book, acts, whose):
                advance(count.done, count.total)
                told = count.undo.outcomes
                is_done = bool(count.undo.number)
            return (writing.batch if is_done else None), told
    except AccessDenied as denied:
        raise Failed(f"This is not for {who.principal.login} to take back: {denied}.") from denied
