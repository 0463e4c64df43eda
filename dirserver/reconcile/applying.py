"""Making the store what the config file says, in one transaction with its audit events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from dirserver.assembly import Services
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction, AuditEvent
from dirserver.model.counting import counted
from dirserver.model.number import DialPlan
from dirserver.model.principal import Client, Principal
from dirserver.model.standards.judging import is_held
from dirserver.model.standards.rules import Handling
from dirserver.reconcile.desired import structure_of
from dirserver.reconcile.plan import (
    BookStep,
    GrantStep,
    GroupStep,
    Plan,
    RuleStep,
    Step,
    UserStep,
    action_of,
    book_of,
    changes_grants,
    make_plan,
    sentence_of,
)
from dirserver.store import devices, policies, quarantine, schema, settings, structure, turns
from dirserver.store.engine import Connection
from dirserver.store.index import reindex
from dirserver.store.structure import Structure
from dirserver.store.trail import audit

Progress = Callable[[int, int], None]


def plan_config(services: Services) -> Plan:
    """Return what applying the config would change. Raises StoreUnavailable."""
    if not schema.current(services.store):
        return make_plan(Structure(), structure_of(services.config))
    schema.require_current(services.store)
    with services.store.reading() as connection:
        return _plan(connection, services)


def _plan(connection: Connection, services: Services) -> Plan:
    derived = settings.get(connection, settings.DERIVATION)
    stale = reindex.count(connection) if derived != services.deriver.version else 0
    return make_plan(structure.load(connection), structure_of(services.config), stale)


def apply_config(
    services: Services, actor: Principal, client: Client, progress: Progress | None = None
) -> Plan:
    """Bring the store to the schema of this code and to what the config says.

    All or nothing; returns what was done. ``progress`` hears of cards that are read anew, as
    how many of how many. Raises StoreUnavailable.
    """
    schema.upgrade(services.store)
    at = datetime.now(UTC)
    with services.store.writing() as connection:
        # Of several servers that start together, one does the work and the others find it done.
        turns.take(connection, turns.Turn.STRUCTURE)
        plan = _plan(connection, services)
        for step in plan.steps:
            _take(connection, step, at)
        version = services.deriver.version
        is_stale = settings.get(connection, settings.DERIVATION) != version
        _judge_anew(connection, plan, services.deriver.plan, everything=is_stale)
        if plan.steps:
            _touch_views(connection, plan, at)
            settings.next_policy_epoch(connection)
        settings.make_view_key(connection)
        if is_stale:
            reindex.run(connection, services.deriver.derive_body, progress)
            settings.put(connection, settings.DERIVATION, version)
        audit.append(connection, _events(plan, services, actor, client), at)
    return plan


def _take(connection: Connection, step: Step, at: datetime) -> None:
    match step:
        case UserStep(_, new) if new is not None:
            structure.put_user(connection, new)
        case UserStep(old, _) if old is not None:
            structure.remove_user(connection, old.login)
            # Whoever is given the login later is perhaps somebody else.
            devices.revoke(connection, old.login, at)
        case GroupStep(_, new) if new is not None:
            structure.put_group(connection, new)
        case GroupStep(old, _) if old is not None:
            structure.remove_group(connection, old.name)
        case BookStep(_, new) if new is not None:
            structure.put_book(connection, new, at)
        case BookStep(old, _) if old is not None:
            structure.archive_book(connection, old, at)
        case GrantStep(book, _, new) if new is not None:
            structure.put_grant(connection, book, new)
        case GrantStep(book, old, _) if old is not None:
            structure.remove_grant(connection, book, old)
        case RuleStep(name, _, value):
            settings.put_rule(connection, name, value)


def _judge_anew(connection: Connection, plan: Plan, numbers: DialPlan, *, everything: bool) -> None:
    """Put cards into quarantine, or let them out, by the standards that hold from now on."""
    changed = {
        step.new.label
        for step in plan.steps
        if isinstance(step, BookStep)
        and step.new is not None
        and (step.old is None or step.returns or step.old.standards != step.new.standards)
    }
    for book in policies.load_books(connection):
        if label_of(book) not in changed and not everything:
            continue
        if book.standards is None or not book.standards.does(Handling.QUARANTINE):
            quarantine.release_all(connection, book.id)
        else:
            breaks = partial(is_held, book.standards, numbers)
            quarantine.judge_anew(connection, book.id, breaks)


def _touch_views(connection: Connection, plan: Plan, at: datetime) -> None:
    """Let clients look again at the books where who sees what may have changed.

    What a reader sees of a card changes without any card changing where a grant hides
    something; the ctag that clients poll follows the revision.
    """
    regrouped = any(isinstance(step, GroupStep) for step in plan.steps)
    granted = {book_of(step) for step in plan.steps if changes_grants(step)}
    for label, book in structure.load(connection).books.items():
        hides = any(grant.hide for grant in (*book.grants.values(), *book.delegated.values()))
        if label in granted or (regrouped and hides):
            structure.touch_book(connection, book, at)


def _events(plan: Plan, services: Services, actor: Principal, client: Client) -> list[AuditEvent]:
    if plan.is_empty:
        return []
    events = [
        AuditEvent(
            action_of(step),
            actor.login,
            book=book_of(step),
            detail=sentence_of(step),
            protocol=client.protocol,
            address=client.address,
            agent=client.agent,
        )
        for step in plan.steps
    ]
    said = f"{services.config.path.name}: {counted(len(plan.steps), 'change')}"
    if plan.reindex:
        said += f", {counted(plan.reindex, 'card')} indexed anew"
    return [
        *events,
        AuditEvent(
            AuditAction.CONFIG_APPLY,
            actor.login,
            detail=said,
            protocol=client.protocol,
            address=client.address,
            agent=client.agent,
        ),
    ]
