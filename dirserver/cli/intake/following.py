"""``dirserver sync-source``: books are brought up to their sources, or these are listed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from dirserver import sourcing
from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import STOPPED, Failed
from dirserver.cli.hints import hint
from dirserver.cli.history.outcomes import tell_field
from dirserver.cli.invocation import Invocation
from dirserver.config.sources import Source
from dirserver.directory.intake.sourceruns import LastRun, last_run
from dirserver.directory.intake.syncing import Fate, SyncCount, SyncedCard
from dirserver.exchange.spool import Spool
from dirserver.model.grant import Privilege
from dirserver.sourcing import Looked, Remark, SourceFailed, SourceStopped

_SIGNS = {
    Fate.COMES: ("+", "green"),
    Fate.CHANGES: ("~", "yellow"),
    Fate.GOES: ("-", "red"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What was typed."""

    name: str
    everything: bool
    dry_run: bool
    accept_removals: bool


@dataclass(frozen=True, slots=True)
class ToldRun:
    """How a run went; ``batch`` takes it back. ``cards`` are only told of in a dry run."""

    dry_run: bool
    batch: int | None
    new: int
    changed: int
    gone: int
    unchanged: int
    left_out: int
    doubtful: str
    cards: tuple[SyncedCard, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class ToldSource:
    """A source, how it ended the ``last`` time, and the ``run`` that was asked for."""

    source: str
    type: str
    where: str
    book: str
    schedule: str
    last: LastRun | None
    run: ToldRun | None


class Stopped(Failed):
    """So much would go that somebody must look at it first."""

    code = STOPPED


def sync_source(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Bring books up to the sources that are asked for, or list all sources. Raises Failed."""
    if request.everything and request.name:
        raise Failed("Say either the name of a source, or --all.")
    failures: list[Failed] = []
    runs: dict[str, ToldRun] = {}
    with acting(invocation) as who:
        sources = who.services.config.sources
        for source in _wanted(request, sources):
            try:
                runs[source.name] = _follow(who, source, request, as_json=as_json)
            except Failed as failed:
                failures.append(failed)
        asked = [one for one in sources if not (runs or failures) or one.name in runs]
        told = [_told(who, one, runs.get(one.name)) for one in asked]
    if as_json:
        screen.say_json(told)
    elif not runs and not failures:
        _list(told)
    if failures:
        worst = max(failures, key=lambda failed: failed.code)
        raise type(worst)(*(sentence for failed in failures for sentence in failed.sentences))


def _wanted(request: Request, sources: Sequence[Source]) -> Sequence[Source]:
    if request.everything:
        return sources
    if not request.name:
        return ()
    found = [one for one in sources if one.name == request.name]
    if not found:
        names = [one.name for one in sources]
        raise Failed(f"There is no source {request.name}{hint(request.name, names)}")
    return found


def _follow(who: Acting, source: Source, request: Request, *, as_json: bool) -> ToldRun:
    """Follow one source, and tell of it. Raises Failed."""
    with who.reading() as reading:
        who.book(reading, source.book, Privilege.WRITE, None)
    by = who.principal, who.client
    stopped: SourceStopped | None = None
    try:
        with Spool() as spool:
            with screen.progress(f"reading {source.name}") as advance:
                looked = sourcing.look(
                    who.services.config, source, spool, lambda number: advance(number, number)
                )
            try:
                count = _bring(who, source, spool, looked, request)
            except SourceStopped as error:
                if not request.dry_run and not _is_meant(error):
                    raise
                stopped = error
                count = _bring(who, source, spool, looked, request, accepted=True)
    except SourceFailed as failed:
        if not request.dry_run:
            sourcing.note(who.services, source, by, failed)
        raise _about(source, failed) from failed
    run = _told_run(count, looked, dry_run=request.dry_run)
    if not as_json:
        _tell(source, run)
    if stopped is not None and request.dry_run:
        screen.warn(f"{stopped.why}: without --accept-removals it would stop")
    return run


def _bring(
    who: Acting,
    source: Source,
    spool: Spool,
    looked: Looked,
    request: Request,
    *,
    accepted: bool = False,
) -> SyncCount:
    by = who.principal, who.client
    found = SyncCount(0)
    with screen.progress(f"bringing {source.book} up to {source.name}") as advance:
        for count in sourcing.follow(
            who.services,
            source,
            by,
            spool,
            looked,
            accepted=accepted or request.accept_removals,
            dry_run=request.dry_run,
        ):
            advance(count.looked_at, count.total)
            found = count
    return found


def _is_meant(stopped: SourceStopped) -> bool:
    """Ask whether so much is to go, of whoever is at the keyboard."""
    if not sys.stdin.isatty():
        return False
    return typer.confirm(screen.plain(f"{stopped}. Go on?"), err=True)


def _about(source: Source, failed: SourceFailed) -> Failed:
    if isinstance(failed, SourceStopped):
        return Stopped(
            f"Nothing was changed: {failed}, which is hardly meant. Look at it with --dry-run; if "
            f"it is, say: {again.command(f'sync-source {source.name} --accept-removals')}"
        )
    return Failed(f"Nothing was changed: {failed}.")


def _told_run(count: SyncCount, looked: Looked, *, dry_run: bool) -> ToldRun:
    cards = count.cards
    left_out = len(cards.erased) + len(cards.rejected)
    left_out += sum(not remark.taken for remark in looked.remarks)
    return ToldRun(
        dry_run,
        None if dry_run else count.batch,
        cards.created,
        cards.updated,
        count.gone,
        cards.unchanged,
        left_out,
        looked.doubtful,
        tuple(count.outcomes),
        tuple(looked.remarks),
    )


def _told(who: Acting, source: Source, run: ToldRun | None) -> ToldSource:
    with who.reading() as reading:
        last = last_run(reading, source.name)
    where = str(source.file if source.url is None else source.url)
    schedule = str(source.schedule)
    return ToldSource(source.name, source.type.value, where, source.book, schedule, last, run)


def _tell(source: Source, run: ToldRun) -> None:
    for card in run.cards:
        why = f": {card.reason}" if card.reason else ""
        name = f"{card.name}, " if card.name else ""
        screen.say(_SIGNS[card.fate], f" {name}{source.book}/{card.href} {card.fate}{why}")
        for change in card.fields:
            tell_field(change)
    for remark in run.remarks:
        name = f", {remark.name}" if remark.name else ""
        fate = "" if remark.taken else ("left out: ", "red")
        for note in remark.notes:
            screen.say(f"{source.name}: number {remark.number}{name}: ", fate, note)
    left_out = f"; {run.left_out} left out" if run.left_out else ""
    screen.say(
        (source.name, "bold"),
        f": {run.new} new, {run.changed} changed, {run.gone} gone, "
        f"{run.unchanged} as before{left_out}",
    )
    if run.doubtful:
        screen.warn(f"{run.doubtful}, so nobody is taken out of {source.book}")
    if run.dry_run:
        screen.say(f"this was a dry run: {source.book} is as it was")
    elif run.batch is not None:
        screen.note(f"To take this back: {again.undo(run.batch)}")


def _list(told: Sequence[ToldSource]) -> None:
    if not told:
        screen.say("There are no sources; they are declared in the config, as [sources.NAME].")
        return
    rows = [
        (
            one.source,
            one.book,
            one.where,
            one.schedule,
            "never" if one.last is None else screen.local(one.last.at),
            "" if one.last is None else f"{one.last.ending}: {one.last.said}",
        )
        for one in told
    ]
    screen.say_table(("source", "book", "from", "when", "last", "how that ended"), rows)
