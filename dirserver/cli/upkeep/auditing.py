"""``dirserver audit``: the trail, told line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from dirserver.cli import screen
from dirserver.cli.acting import acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.moments import asked_span
from dirserver.cli.rights.clients import device_found, no_device
from dirserver.config.faults import listing, nearest
from dirserver.directory import AuditFilter, Reading, label_of
from dirserver.directory.access import devices
from dirserver.model.audit import AuditAction, AuditEvent, Outcome, WrittenEvent

# What comes after "alice", and after "alice was refused:".
_DONE = {
    AuditAction.CARD_LINK: "linked {card} in {book}",
    AuditAction.CARD_UNLINK: "unlinked {card} in {book}",
    AuditAction.CARD_CARRY: "carried a change into {card} in {book}",
    AuditAction.CARD_DISMISS: "dismissed what was offered to {card} in {book}",
    AuditAction.CARD_CREATE: "created {card} in {book}",
    AuditAction.CARD_UPDATE: "changed {card} in {book}",
    AuditAction.CARD_DELETE: "deleted {card} from {book}",
    AuditAction.CARD_MOVE: "moved {book}/{card} {detail}",
    AuditAction.CARD_COPY: "copied a card to {book}/{card} {detail}",
    AuditAction.CARD_IMPORT: "imported into {book}",
    AuditAction.CARD_EXPORT: "exported {book}",
    AuditAction.CARD_RESTORE: "restored {card} in {book}",
    AuditAction.CARD_UNDO: "took back what was done in {book}",
    AuditAction.BOOK_RESTORE: "restored book {book}",
    AuditAction.CARD_MERGE: "merged cards of {book} into {card}",
    AuditAction.CARD_REPAIR: "repaired {card} in {book}",
    AuditAction.CARD_QUARANTINE: "judged {card} in {book}",
    AuditAction.CARD_READ: "looked into {book}",
    AuditAction.PERSON_FIND: "looked for a person",
    AuditAction.PERSON_EXPORT: "exported what is kept of a person",
    AuditAction.PERSON_ERASE: "erased a person",
    AuditAction.PERSON_READMIT: "let a person be kept again",
    AuditAction.DUPLICATE_DENY: "said that {book}/{card} is not the person of {detail}",
    AuditAction.DUPLICATE_UNDENY: "took back that {book}/{card} is not the person of {detail}",
    AuditAction.HISTORY_PRUNE: "pruned the history of {book}",
    AuditAction.LOGIN: "logged in",
    AuditAction.BOOK_ARCHIVE: "archived book {book}",
    AuditAction.PROPERTY_CHANGE: "set {detail} on {book}, for themselves",
    AuditAction.BOOK_PURGE: "purged book {book}",
    AuditAction.BACKUP_MAKE: "made the backup {detail}",
    AuditAction.BACKUP_RESTORE: "put the backup {detail} back",
    AuditAction.SOURCE_SYNC: "brought {book} up to its source",
    AuditAction.SOURCE_FAIL: "could not bring {book} up to its source",
    AuditAction.NIGHTLY_FAIL: "failed at night, {detail}",
    AuditAction.CONFIG_APPLY: "applied {detail}",
    AuditAction.DEVICE_ADD: "made a password for {detail}",
    AuditAction.DEVICE_REVOKE: "revoked {detail}",
    AuditAction.DEVICE_RELEASE: "let {detail} write to {book} again",
    AuditAction.SHIELD_STOP: "was stopped from writing to {book}",
    AuditAction.AUDIT_LOST: "lost {detail}",
    AuditAction.LDAP_SHOW: "looked at {detail}",
}
_TRIED = {
    AuditAction.CARD_LINK: "link {card} in {book}",
    AuditAction.CARD_UNLINK: "unlink {card} in {book}",
    AuditAction.CARD_CARRY: "carry a change into {card} in {book}",
    AuditAction.CARD_DISMISS: "dismiss what is offered to {card} in {book}",
    AuditAction.CARD_CREATE: "create {card} in {book}",
    AuditAction.CARD_MERGE: "merge cards of {book}",
    AuditAction.CARD_REPAIR: "repair cards of {book}",
    AuditAction.CARD_QUARANTINE: "judge cards of {book}",
    AuditAction.CARD_READ: "look into {book}",
    AuditAction.BOOK_ADD: "make the book {book}",
    AuditAction.BOOK_CHANGE: "change {book} itself",
    AuditAction.BOOK_ARCHIVE: "take {book} away",
    AuditAction.BOOK_RETURN: "bring {book} back",
    AuditAction.PROPERTY_CHANGE: "set properties of {book}",
    AuditAction.CARD_UPDATE: "write {card} in {book}",
    AuditAction.CARD_DELETE: "delete {card} from {book}",
    AuditAction.CARD_MOVE: "move {card} from {book}",
    AuditAction.CARD_COPY: "copy a card from or to {book}",
    AuditAction.CARD_IMPORT: "import into {book}",
    AuditAction.CARD_EXPORT: "export {book}",
    AuditAction.CARD_RESTORE: "restore {card} in {book}",
    AuditAction.CARD_UNDO: "take back what was done in {book}",
    AuditAction.BOOK_RESTORE: "restore book {book}",
    AuditAction.LOGIN: "log in",
    AuditAction.GRANT_ADD: "give access to {book}",
    AuditAction.GRANT_REMOVE: "take access to {book} back",
    AuditAction.DEVICE_ADD: "make a password",
    AuditAction.DEVICE_REVOKE: "revoke a device",
    AuditAction.DEVICE_RELEASE: "release a client in {book}",
    AuditAction.BOOK_PURGE: "purge book {book}",
    AuditAction.DUPLICATE_DENY: "say of cards in {book} of whom they are not",
    AuditAction.DUPLICATE_UNDENY: "take back of whom cards in {book} are not",
    AuditAction.LDAP_SHOW: "look at what clients of LDAP asked",
    AuditAction.CONFIG_APPLY: "apply the config",
    AuditAction.CONFIG_CHANGE: "change the config",
    AuditAction.USER_ADD: "add a user",
    AuditAction.USER_CHANGE: "change a user",
    AuditAction.USER_REMOVE: "remove a user",
    AuditAction.GROUP_ADD: "add a group",
    AuditAction.GROUP_CHANGE: "change a group",
    AuditAction.GROUP_REMOVE: "remove a group",
    AuditAction.GRANT_CHANGE: "change access to {book}",
    AuditAction.PERSON_FIND: "look for a person",
    AuditAction.PERSON_EXPORT: "export what is kept of a person",
    AuditAction.PERSON_ERASE: "erase a person",
    AuditAction.PERSON_READMIT: "let a person be kept again",
    AuditAction.HISTORY_PRUNE: "prune the history of {book}",
    AuditAction.BACKUP_MAKE: "make a backup",
    AuditAction.BACKUP_RESTORE: "put a backup back",
    AuditAction.SOURCE_SYNC: "bring {book} up to its source",
    AuditAction.SOURCE_FAIL: "bring {book} up to its source",
    AuditAction.NIGHTLY_FAIL: "do what is to be done at night",
    AuditAction.SHIELD_STOP: "stop a client",
    AuditAction.AUDIT_LOST: "write the trail",
}
_VERBS = {"add": "added", "change": "changed", "remove": "removed", "return": "brought back"}


@dataclass(frozen=True, slots=True)
class Request:
    """Which events to tell of, as it was typed."""

    book: str
    user: str
    device: str
    card: str
    action: str
    since: str
    until: str
    limit: int


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as programs read it."""

    id: int
    at: datetime
    actor: str
    action: AuditAction
    outcome: Outcome
    book: str
    card: str
    detail: str
    protocol: str
    address: str
    agent: str
    device: str
    erased: bool


def audit(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Print the newest events that ``request`` asks for, oldest first. Raises Failed."""
    # One more than is shown tells whether there are more.
    wanted = _wanted(request, datetime.now().astimezone())
    with acting(invocation) as who, who.reading() as reading:
        wanted = _with_device(reading, wanted)
        found = list(reading.audit(wanted))
        unknown = [] if found else list(_unknown(reading, request))
    shown = found[-request.limit :]
    if as_json:
        screen.say_json([_told(written) for written in shown])
    else:
        _tell(shown)
    for told in unknown:
        screen.note(told)
    if len(found) > len(shown):
        screen.note(f"These are the newest {len(shown)}; for more: --limit, --since or --until.")


def _unknown(reading: Reading, request: Request) -> Iterator[str]:
    """Say which names nobody has: who mistypes one must not think that nothing happened."""
    policy = reading.policy
    names = {
        "user": (request.user, policy.users),
        "book": (request.book, [label_of(book) for book in policy.books]),
    }
    for what, (name, known) in names.items():
        if name and name not in known:
            meant = nearest(name, known)
            hint = f"; did you mean {meant}?" if meant else "."
            yield f"There is no {what} {name} now{hint}"
    owned = devices.known(reading)
    if request.device and device_found(request.device, owned, request.user) is None:
        yield no_device(request.device, owned, request.user)


def _with_device(reading: Reading, wanted: AuditFilter) -> AuditFilter:
    """Return ``wanted`` with the device that is meant; one that nobody has stays as typed."""
    if not wanted.device:
        return wanted
    meant = device_found(wanted.device, devices.known(reading), wanted.actor)
    if meant is None:
        return wanted
    return replace(wanted, actor=meant.login or wanted.actor, device=meant.name)


def _wanted(request: Request, now: datetime) -> AuditFilter:
    since, until = asked_span(request.since, request.until, now)
    return AuditFilter(
        request.book,
        request.user,
        request.card,
        _action(request.action),
        since,
        until,
        request.limit + 1,
        request.device,
    )


def _action(text: str) -> str:
    action = text.lower().removesuffix(":*").removesuffix(":")
    kinds = dict.fromkeys(str(known).partition(":")[0] for known in AuditAction)
    known = [*kinds, *map(str, AuditAction)]
    if not action or action in known:
        return action
    meant = nearest(action, known)
    hint = f"did you mean {meant}?" if meant else f"there are {listing(kinds, 'and')}."
    raise Failed(f"There is no action {text}; {hint}")


def _told(written: WrittenEvent) -> ToldEvent:
    event = written.event
    return ToldEvent(
        written.id,
        written.at,
        event.actor,
        event.action,
        event.outcome,
        event.book,
        event.card,
        event.detail,
        event.protocol,
        event.address,
        event.agent,
        event.device,
        written.erased,
    )


def _tell(events: list[WrittenEvent]) -> None:
    if not events:
        screen.say("nothing happened that this asks for")
        return
    width = max(len(written.event.actor) for written in events)
    for written in events:
        event = written.event
        refused = event.outcome is Outcome.REFUSED
        if written.erased:
            event = replace(event, card="(erased)", detail="")
        words, detail = sentence(event)
        screen.say(
            (screen.local(written.at), "dim"),
            f"  {event.actor:<{width}}  ",
            (f"REFUSED to {words}" if refused else words, "red" if refused else ""),
            f": {detail}" if detail else "",
            (f"  [{_origin(event)}]", "dim"),
        )


def sentence(event: AuditEvent) -> tuple[str, str]:
    """Say what happened, or what was tried; and what there is to say beyond."""
    refused = event.outcome is Outcome.REFUSED
    template = (_TRIED if refused else _DONE).get(event.action, "")
    if not template:
        verb = _VERBS.get(str(event.action).partition(":")[2], str(event.action))
        return f"{verb} {event.detail}", ""
    # Of what nobody may see, or must not be named any more, there is no name.
    card, book = event.card or "a card", event.book or "a book"
    words = template.format(card=card, book=book, detail=event.detail)
    archived = event.action is AuditAction.BOOK_ARCHIVE and not refused
    said_already = "{detail}" in template or archived
    return words, "" if said_already else event.detail


def _origin(event: AuditEvent) -> str:
    at = f"{event.protocol} {event.address}".strip()
    device = f'"{event.device}"' if event.device else ""
    return ", ".join(filter(None, (at, device, event.agent)))
