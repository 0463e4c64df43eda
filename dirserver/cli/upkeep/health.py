"""``dirserver doctor``: is the server in good health?"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dirserver import config
from dirserver.assembly import open_services
from dirserver.backup.keeping import newest
from dirserver.cli import again, screen
from dirserver.cli.acting import command_line
from dirserver.cli.failure import Failed, explain
from dirserver.cli.invocation import Invocation
from dirserver.cli.upkeep import checking
from dirserver.config import Config
from dirserver.config.sources import Source
from dirserver.directory import AuditFilter
from dirserver.directory.intake.sourceruns import Ending, LastRun, last_run
from dirserver.errors import CertificateError, StoreUnavailable
from dirserver.model.principal import operator
from dirserver.ports import addresses_of
from dirserver.tls import expiry

_SOON = timedelta(days=21)
# One night may be missed while the machine is off.
_OLDEST_NIGHT = timedelta(hours=50)
_LATE = timedelta(hours=1)
_CLOCKS_DIFFER = timedelta(minutes=1)
_CONNECT_SECONDS = 2.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what an admin may write


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at; ``advice`` says what to do if it is not ``ok``."""

    name: str
    ok: bool
    said: str
    advice: str = ""


def doctor(invocation: Invocation, *, as_json: bool) -> None:
    """Print what was looked at. Raises Failed when something is wrong."""
    found = list(_examine(invocation))
    if as_json:
        screen.say_json(found)
    else:
        for one in found:
            mark = ("ok    ", "green") if one.ok else ("WRONG ", "red")
            screen.say(mark, f"{one.name}: {one.said}")
    wrong = [one for one in found if not one.ok]
    if wrong:
        raise Failed(*(f"{one.name}: {one.advice}" for one in wrong))


def _examine(invocation: Invocation) -> Iterator[Finding]:
    file = invocation.config_file
    checked = checking.inspect(file)
    if not checked.ok:
        yield Finding("config", False, f"{file} has faults", " ".join(checked.faults))
        return
    said = f"{file}, {screen.counted(len(checked.warnings), 'warning')}"
    yield Finding("config", True, f"{said} (see `check`)" if checked.warnings else said)
    read = config.load(file)
    now = datetime.now(UTC)
    yield from _of_store(read, now)
    if read.tls is not None:
        yield _of_certificate(read.tls.certificate, now)
    yield from _of_ports(read)
    if read.backup.directory is not None:
        yield _of_backups(read.backup.directory, now)


def _of_store(read: Config, now: datetime) -> Iterator[Finding]:
    """Look at the database, and whether the clock goes on from the last thing it has."""
    try:
        services = open_services(read)
        try:
            services.directory.require_set_up()
            with services.directory.reading(operator("dirserver"), command_line()) as reading:
                books = len(reading.policy.books)
                last = next(iter(reading.audit(AuditFilter(limit=1))), None)
                runs = [(one, last_run(reading, one.name)) for one in read.sources]
        finally:
            services.close()
    except StoreUnavailable as error:
        yield Finding("database", False, str(error), " ".join(explain(error)))
        return
    yield Finding("database", True, f"is there and up to date, {screen.counted(books, 'book')}")
    ahead = last is not None and last.at - now > _CLOCKS_DIFFER
    if last is not None and ahead:
        said = f"it is {screen.local(now)}, but something was done at {screen.local(last.at)}"
        yield Finding("clock", False, said, "Correct the clock, and keep it right with NTP.")
    else:
        yield Finding("clock", True, f"it is {screen.local(now)}")
    for source, run in runs:
        yield _of_source(source, run, now)


def _of_source(source: Source, run: LastRun | None, now: datetime) -> Finding:
    """Look at how a source ended the last time, and whether that is long ago."""
    name, look = (
        f"source {source.name}",
        f"Look at it: {again.command(f'sync-source {source.name}')}",
    )
    if run is None:
        return Finding(name, True, "was not looked at yet")
    said = f"{run.ending} {screen.local(run.at)}, {run.said}"
    if run.ending is not Ending.DONE:
        return Finding(name, False, said, f"{run.said}. {look} --dry-run")
    longest = _OLDEST_NIGHT if source.schedule.every is None else 2 * source.schedule.every
    late = not source.schedule.by_hand and now - run.at > max(longest, _LATE)
    return Finding(name, not late, said, f"It was to be {source.schedule}. {look}" if late else "")


def _of_certificate(certificate: Path, now: datetime) -> Finding:
    try:
        end = expiry(certificate)
    except CertificateError as error:
        return Finding("certificate", False, str(error), "Correct certificate in [tls].")
    said = f"{certificate} is good until {screen.local(end)}"
    if end - now > _SOON:
        return Finding("certificate", True, said)
    return Finding("certificate", False, said, "Renew it, and send the server SIGHUP.")


def _of_ports(read: Config) -> Iterator[Finding]:
    for address in addresses_of(read):
        listener = address.listener
        if not listener.port:
            # The system chooses one when the server starts, which then prints it.
            continue
        try:
            where = (_ANYWHERE.get(listener.host, listener.host), listener.port)
            socket.create_connection(where, _CONNECT_SECONDS).close()
        except OSError as error:
            said = f"{address}: {error.strerror or error}"
            yield Finding("port", False, said, f"Start the server, and see its log for {address}.")
        else:
            yield Finding("port", True, f"{address} takes connections")


def _of_backups(folder: Path, now: datetime) -> Finding:
    try:
        last = newest(folder)
        made = None if last is None else datetime.fromtimestamp(last.stat().st_mtime, UTC)
    except OSError as error:
        return Finding("backup", False, f"{folder}: {error.strerror}", "Correct [backup].")
    trail, backup = again.command("audit --action nightly"), again.command("backup FILE")
    advice = f"See the log and `{trail}`; make one: {backup}"
    if last is None or made is None:
        return Finding("backup", False, f"there is none in {folder}", advice)
    said = f"{last.name} is of {screen.local(made)}"
    return Finding("backup", now - made < _OLDEST_NIGHT, said, advice)
