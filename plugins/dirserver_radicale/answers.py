"""How the face says no: one table from the directory's errors to HTTP and DAV."""

from __future__ import annotations

from http import client
from typing import TypeAlias
from xml.sax.saxutils import escape

from radicale.log import logger

from dirserver import errors
from dirserver_radicale.headers.environ import PackedBody
from dirserver_radicale.tree.hrefs import escaped
from dirserver_radicale.xml import xmlbody

Answer: TypeAlias = tuple[int, dict[str, str], str | bytes | None, None]

# What works, and no more (RFC 4918 section 18, RFC 6352 section 6.1).
DAV_HEADER = "1, 3, addressbook"
ALLOW_HEADER = "OPTIONS, GET, HEAD, PUT, DELETE, COPY, MOVE, MKCOL, PROPFIND, PROPPATCH, REPORT"
# The methods that HTTP and WebDAV know, in their own case (RFC 9110 section 9.1). Those that are
# not allowed here are 405; what is none of them is 501, lest it be taken for one that is.
_ELSEWHERE = ["ACL", "CONNECT", "LOCK", "MKCALENDAR", "PATCH", "POST", "SEARCH", "TRACE", "UNLOCK"]
METHODS = frozenset([*ALLOW_HEADER.split(", "), *_ELSEWHERE])

_XML = {"Content-Type": "text/xml; charset=utf-8"}
_CARDDAV = ' xmlns:C="urn:ietf:params:xml:ns:carddav"'
_RETRY_SECONDS = "30"

# The error and the status that it becomes; a subclass stands before its base. What a client is
# told beyond the status is made in ``error_answer``. A UID that is taken is 409 and not 403,
# of which RFC 4918 section 16 leaves the choice: DAVx5 then takes the server's card, whereas
# any 403 but need-privileges ends its sync.
STATUS: dict[type[errors.DirectoryError], int] = {
    errors.NotFound: client.NOT_FOUND,
    errors.AlreadyExists: client.PRECONDITION_FAILED,
    errors.PreconditionFailed: client.PRECONDITION_FAILED,
    errors.UIDConflict: client.CONFLICT,
    errors.InvalidCard: client.FORBIDDEN,
    errors.UnsupportedVersion: client.FORBIDDEN,
    errors.CardTooLarge: client.FORBIDDEN,
    errors.ErasedPerson: client.FORBIDDEN,
    errors.BreaksStandards: client.FORBIDDEN,
    errors.InvalidHref: client.FORBIDDEN,
    errors.QuotaExceeded: client.INSUFFICIENT_STORAGE,
    errors.InvalidSyncToken: client.FORBIDDEN,
    errors.OwnedBySource: client.FORBIDDEN,
    errors.AccessDenied: client.FORBIDDEN,
    errors.TooManyAttempts: client.UNAUTHORIZED,
    errors.InvalidCredentials: client.UNAUTHORIZED,
    errors.StoreBusy: client.SERVICE_UNAVAILABLE,
    errors.StoreInUse: client.SERVICE_UNAVAILABLE,
    errors.NoDatabase: client.SERVICE_UNAVAILABLE,
    errors.StoreUnavailable: client.SERVICE_UNAVAILABLE,
    errors.TimeIsUp: client.INTERNAL_SERVER_ERROR,
    errors.InvalidGrant: client.INTERNAL_SERVER_ERROR,
    errors.ConfigError: client.INTERNAL_SERVER_ERROR,
}


def status_of(error: errors.DirectoryError) -> int:
    """Return the status that says ``error``."""
    return next(code for kind, code in STATUS.items() if isinstance(error, kind))


def plain(status: int, text: str, headers: dict[str, str] | None = None) -> Answer:
    """Answer with a sentence."""
    return status, {"Content-Type": "text/plain", **(headers or {})}, f"{text}\n", None


def completed(status: str, headers: dict[str, str]) -> list[tuple[str, str]]:
    """Return ``headers`` with those that an answer with ``status`` has to have."""
    if status.startswith("405"):
        headers.setdefault("Allow", ALLOW_HEADER)
    # RFC 9110 section 15.4.5: 304 says as well what the answer would have depended on.
    if (status.startswith("20") and "Content-Type" in headers) or status.startswith("304"):
        also = headers.get("Vary")
        headers["Vary"] = f"{also}, Accept-Encoding" if also else "Accept-Encoding"
    return list(headers.items())


def not_allowed(text: str) -> Answer:
    """Answer that a method does not go with what is there (RFC 9110 section 15.5.6)."""
    return plain(client.METHOD_NOT_ALLOWED, text, {"Allow": ALLOW_HEADER})


def malformed(error: ValueError) -> Answer:
    """Answer that a request cannot be understood; ``error`` is what reading it has met."""
    if isinstance(error, PackedBody):
        # RFC 9110 section 15.5.16.
        text, takes = "A body is sent as it is, not packed.", {"Accept-Encoding": "identity"}
        return plain(client.UNSUPPORTED_MEDIA_TYPE, text, takes)
    if isinstance(error, xmlbody.TooMuchXML):
        return plain(client.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
    return plain(client.BAD_REQUEST, "The request is malformed.")


def precondition(status: int, element: str, text: str = "") -> Answer:
    """Answer with a precondition element (RFC 4918 section 16) and a sentence for people."""
    said = f"<responsedescription>{escape(text)}</responsedescription>" if text else ""
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<error xmlns="DAV:"{_CARDDAV if "C:" in element else ""}>{element}{said}</error>\n'
    )
    return status, dict(_XML), body.encode(), None


def need_privileges(path: str, privilege: str, text: str = "") -> Answer:
    """Answer that ``privilege`` is missing at ``path`` (RFC 3744 section 7.1.1).

    DAVx5 undoes its local change on this; a 403 without the element stops its sync.
    """
    element = (
        f"<need-privileges><resource><href>{escape(escaped(path))}</href>"
        f"<privilege><{privilege}/></privilege></resource></need-privileges>"
    )
    return precondition(client.FORBIDDEN, element, text)


def error_answer(error: errors.DirectoryError, path: str, privilege: str) -> Answer:
    """Return the answer to a request at ``path`` that met ``error``, wanting ``privilege``.

    What is no fault of the client's goes to the log.
    """
    status = status_of(error)
    if status >= client.INTERNAL_SERVER_ERROR:
        logger.error("The request could not be answered: %s", error)
    match error:
        case errors.OwnedBySource(source=source):
            text = f"This contact comes from {source}, and is taken away there."
            return need_privileges(path, privilege, text)
        case errors.AccessDenied():
            return need_privileges(path, privilege)
        case errors.UIDConflict(href=href):
            there = escape(escaped(f"{path.rpartition('/')[0]}/{href}"))
            element = f"<C:no-uid-conflict><href>{there}</href></C:no-uid-conflict>"
            return precondition(status, element)
        case errors.InvalidCard(reason=reason, unsupported_version=True):
            return precondition(status, "<C:supported-address-data/>", reason)
        case errors.InvalidCard(reason=reason):
            return precondition(status, "<C:valid-address-data/>", reason)
        case errors.UnsupportedVersion():
            text = "Cards are sent as vCard 3.0 or 4.0."
            return precondition(status, "<C:supported-address-data-conversion/>", text)
        case errors.CardTooLarge(limit=limit):
            text = f"A card may have {limit} bytes."
            return precondition(status, "<C:max-resource-size/>", text)
        case errors.ErasedPerson(case=case):
            text = (
                "This person was erased from the address books at their own request. Only with "
                f"their consent may they be kept again; ask an administrator, about {case}."
            )
            return precondition(status, "<C:valid-address-data/>", text)
        case errors.BreaksStandards(reasons=reasons):
            text = f"This address book does not take the card as it is: {'; '.join(reasons)}."
            return precondition(status, "<C:valid-address-data/>", text)
        case errors.InvalidSyncToken():
            return precondition(status, "<valid-sync-token/>")
        case errors.InvalidHref():
            return plain(status, "A card cannot have this name.")
        case errors.QuotaExceeded():
            return plain(status, "There is no room for more.")
        case errors.NotFound():
            return plain(status, "There is no such card.")
        case errors.AlreadyExists() | errors.PreconditionFailed():
            return plain(status, "The card is not as the request says that it must be.")
        case errors.StoreUnavailable():
            text = "The address books cannot be reached at the moment."
            return plain(status, text, {"Retry-After": _RETRY_SECONDS})
        case errors.InvalidCredentials():
            return plain(status, "Who is asking?")
        case _:
            return plain(client.INTERNAL_SERVER_ERROR, "Something went wrong on the server.")
