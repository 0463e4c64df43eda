"""Operations apart from who asks for them: what is asked, what it becomes, what there is to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from dirserver.errors import (
    AccessDenied,
    DirectoryError,
    InvalidCredentials,
    StoreBusy,
    StoreUnavailable,
    TimeIsUp,
)
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import (
    BindRequest,
    CompareRequest,
    Envelope,
    Message,
    Operation,
    RefusedRequest,
    SearchRequest,
)
from dirserver.ldap.search.searching import Search
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.principal import Client, Principal

# The error and the result that it becomes (RFC 4511 appendix A.2), the more special one first.
# Whoever only reads raises no others; one that did would be a bug: ``other``.
RESULT_CODES: dict[type[DirectoryError], ResultCode] = {
    AccessDenied: ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
    InvalidCredentials: ResultCode.INVALID_CREDENTIALS,
    TimeIsUp: ResultCode.TIME_LIMIT_EXCEEDED,
    StoreBusy: ResultCode.BUSY,
    StoreUnavailable: ResultCode.UNAVAILABLE,
}
# What is refused, as it would be called if it were done over CardDAV.
_WRITES = {
    Operation.ADD_REQUEST: AuditAction.CARD_CREATE,
    Operation.MODIFY_REQUEST: AuditAction.CARD_UPDATE,
    Operation.DELETE_REQUEST: AuditAction.CARD_DELETE,
    Operation.MODIFY_DN_REQUEST: AuditAction.CARD_MOVE,
}
# What the log calls what is asked.
KINDS = {one: one.name.removesuffix("_REQUEST").lower() for one in Operation}


class Act(Enum):
    """What has to be done to the connection, when everything before has been written."""

    START_TLS = "start TLS"


Output: TypeAlias = bytes | Act
Request: TypeAlias = Message | Envelope


@dataclass(slots=True)
class Answered:
    """What there is to say about the last request, for the log and for who asks why.

    ``refusal`` is the name of the error that it was refused with, ``reason`` what that says.
    ``sent`` are the entries of an answer without a ``search``.
    """

    operation: str = ""
    code: str = ""
    request: Request | None = None
    search: Search | None = None
    refusal: str = ""
    reason: str = ""
    sent: int = 0

    @property
    def hits(self) -> int:
        """How many entries a search has sent."""
        return self.sent if self.search is None else self.search.hits


def may_be_at_once(request: Request) -> bool:
    """Say whether it is worth a try: it is of what is asked all day long."""
    return isinstance(request, Message) and isinstance(request.op, BindRequest | SearchRequest)


def operation_of(request: Request) -> Operation:
    """Return which operation is asked for."""
    if isinstance(request, Envelope):
        return request.operation
    match request.op:
        case BindRequest():
            return Operation.BIND_REQUEST
        case SearchRequest():
            return Operation.SEARCH_REQUEST
        case CompareRequest():
            return Operation.COMPARE_REQUEST
        case RefusedRequest(kind):
            return kind
        case _:
            return Operation.EXTENDED_REQUEST


def result_of(error: DirectoryError) -> ResultCode | None:
    """Return what an error becomes, or nothing where it should not have been raised."""
    codes = (code for kind, code in RESULT_CODES.items() if isinstance(error, kind))
    return next(codes, None)


def refused_write(kind: Operation, principal: Principal, client: Client) -> AuditEvent | None:
    """Return what the audit trail is told of a refused request, if that was to change something.

    A stranger is not to fill the trail.
    """
    action = _WRITES.get(kind)
    if action is None or principal.is_anonymous:
        return None
    return AuditEvent(
        action,
        principal.login,
        Outcome.REFUSED,
        detail="LDAP is for reading only",
        protocol=client.protocol,
        address=client.address,
        agent=client.agent,
        device=principal.device_name,
    )
