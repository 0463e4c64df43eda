"""What the audit trail says: who did what, where, when, from which client, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditAction(StrEnum):
    """What was done or asked for."""

    CARD_CREATE = "card:create"
    CARD_UPDATE = "card:update"
    CARD_DELETE = "card:delete"
    CARD_MOVE = "card:move"
    CARD_COPY = "card:copy"
    CARD_IMPORT = "card:import"
    CARD_EXPORT = "card:export"
    CARD_RESTORE = "card:restore"
    CARD_UNDO = "card:undo"
    CARD_MERGE = "card:merge"
    CARD_REPAIR = "card:repair"
    CARD_QUARANTINE = "card:quarantine"
    CARD_READ = "card:read"
    CARD_LINK = "card:link"
    CARD_UNLINK = "card:unlink"
    CARD_CARRY = "card:carry"
    CARD_DISMISS = "card:dismiss"
    LOGIN = "login"
    USER_ADD = "user:add"
    USER_CHANGE = "user:change"
    USER_REMOVE = "user:remove"
    GROUP_ADD = "group:add"
    GROUP_CHANGE = "group:change"
    GROUP_REMOVE = "group:remove"
    BOOK_ADD = "book:add"
    BOOK_CHANGE = "book:change"
    BOOK_ARCHIVE = "book:archive"
    BOOK_RETURN = "book:return"
    BOOK_RESTORE = "book:restore"
    PROPERTY_CHANGE = "property:change"
    GRANT_ADD = "grant:add"
    GRANT_CHANGE = "grant:change"
    GRANT_REMOVE = "grant:remove"
    BOOK_PURGE = "book:purge"
    CONFIG_APPLY = "config:apply"
    CONFIG_CHANGE = "config:change"
    DEVICE_ADD = "device:add"
    DEVICE_REVOKE = "device:revoke"
    DEVICE_RELEASE = "device:release"
    SHIELD_STOP = "shield:stop"
    BACKUP_MAKE = "backup:make"
    BACKUP_RESTORE = "backup:restore"
    SOURCE_SYNC = "source:sync"
    SOURCE_FAIL = "source:fail"
    NIGHTLY_FAIL = "nightly:fail"
    PERSON_FIND = "person:find"
    PERSON_EXPORT = "person:export"
    PERSON_ERASE = "person:erase"
    PERSON_READMIT = "person:readmit"
    DUPLICATE_DENY = "duplicate:deny"
    DUPLICATE_UNDENY = "duplicate:undeny"
    HISTORY_PRUNE = "history:prune"
    AUDIT_LOST = "audit:lost"
    LDAP_SHOW = "ldap:show"


class Outcome(StrEnum):
    """How it went."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit trail, not yet written.

    ``card`` is the card's href in ``book``; ``detail`` says more in a sentence. Neither may
    hold a secret or the text of a card. ``device`` is the one of the actor's that was used.
    """

    action: AuditAction
    actor: str
    outcome: Outcome = Outcome.DONE
    book: str = ""
    card: str = ""
    detail: str = ""
    protocol: str = ""
    address: str = ""
    agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An audit event in the trail: its number and time beside what it says.

    Of one that is ``erased``, what it said of a person is gone.
    """

    id: int
    at: datetime
    event: AuditEvent
    erased: bool = False
