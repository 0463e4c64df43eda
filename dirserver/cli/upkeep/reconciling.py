"""``dirserver plan`` and ``dirserver apply``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.cli import again, screen
from dirserver.cli.acting import command_line, os_login
from dirserver.cli.failure import CHANGES
from dirserver.cli.invocation import Invocation
from dirserver.model.audit import AuditAction
from dirserver.model.principal import operator
from dirserver.reconcile import Plan, apply_config, plan_config
from dirserver.reconcile.plan import action_of, book_of, sentence_of, sign_of

_STYLES = {"+": "green", "~": "yellow", "-": "red"}


@dataclass(frozen=True, slots=True)
class Change:
    """A step, as it is told."""

    sign: str
    action: AuditAction
    book: str
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A grant that a manager gave, and that the config file leaves alone."""

    book: str
    to: str
    given_by: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs, or differed, between the config file and the database."""

    file: str
    applied: bool
    changes: tuple[Change, ...]
    kept: tuple[Kept, ...]
    reindexed: int


def plan(invocation: Invocation, *, exit_code: bool, as_json: bool) -> None:
    """Print what ``apply`` would change. Raises ConfigError and StoreUnavailable."""
    with _opened(invocation) as services:
        found = plan_config(services)
        _tell(_changes(services, found, applied=False), as_json=as_json)
    if exit_code and not found.is_empty:
        raise typer.Exit(CHANGES)


def apply(invocation: Invocation, *, as_json: bool) -> None:
    """Apply the config and print what changed. Raises ConfigError and StoreUnavailable."""
    with _opened(invocation) as services:
        with screen.progress("indexing cards anew") as advance:
            done = apply_config(services, operator(os_login()), command_line(), advance)
        _tell(_changes(services, done, applied=True), as_json=as_json)


@contextmanager
def _opened(invocation: Invocation) -> Iterator[Services]:
    services = open_services(config.load(invocation.config_file))
    try:
        yield services
    finally:
        services.close()


def _changes(services: Services, found: Plan, *, applied: bool) -> Changes:
    steps = tuple(
        Change(sign_of(step), action_of(step), book_of(step), sentence_of(step))
        for step in found.steps
    )
    kept = tuple(
        Kept(one.book.label, one.grant.grantee, one.grant.given_by, one.sentence)
        for one in found.kept
    )
    return Changes(services.config.path.name, applied, steps, kept, found.reindex)


def _tell(told: Changes, *, as_json: bool) -> None:
    if as_json:
        screen.say_json(told)
        return
    for change in told.changes:
        screen.say((f"{change.sign} {change.text}", _STYLES[change.sign]))
    for kept in told.kept:
        screen.say((f"= {kept.text}", "dim"))
    if told.reindexed:
        be = "is" if told.reindexed == 1 else "are"
        screen.say((f"~ {screen.counted(told.reindexed, 'card')} {be} indexed anew", _STYLES["~"]))
    if not told.changes and not told.reindexed:
        screen.say(f"nothing to do: the database agrees with {told.file}")
    elif told.applied:
        screen.say(f"done: {told.file} is applied")
    else:
        screen.say(f"nothing is changed yet; to do this: {again.command('apply')}")
