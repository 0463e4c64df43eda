"""What a request that changes something needs, and its place in the audit trail when refused.

The directory notes for itself what it refuses to do with cards. Here is what never gets so far:
acts on books, which belong to the config file, looks and acts in homes that are somebody else's,
and what is no card. A client decides how often it asks for the same again, and for how many
addresses: of looks, and of what is no card, the trail has one in an hour for each home and book.
"""

from __future__ import annotations

from dataclasses import dataclass

from dirserver.directory import Directory
from dirserver.errors import CardTooLarge, InvalidCard
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.principal import GROUP_PREFIX, Client, Principal
from dirserver_radicale.tree.hrefs import Location

_MOST_OF_A_PATH = 500

# The act, and the privilege that RFC 3744 appendix B asks for it: on a card, and on a book.
_ON_CARDS = {
    "PUT": (AuditAction.CARD_UPDATE, "write-content"),
    "DELETE": (AuditAction.CARD_DELETE, "unbind"),
    "MOVE": (AuditAction.CARD_MOVE, "unbind"),
    "COPY": (AuditAction.CARD_COPY, "bind"),
    "PROPPATCH": (AuditAction.CARD_UPDATE, "write-properties"),
    "MKCOL": (AuditAction.BOOK_ADD, "bind"),
}
# The config file decides on books, and what a card says is all its properties.
_NOBODY_MAY = frozenset({"PROPPATCH", "MKCOL"})
_ON_BOOKS = {
    "PUT": (AuditAction.BOOK_CHANGE, "write-content"),
    "DELETE": (AuditAction.BOOK_ARCHIVE, "unbind"),
    "MOVE": (AuditAction.BOOK_CHANGE, "unbind"),
    "COPY": (AuditAction.BOOK_ADD, "bind"),
    "PROPPATCH": (AuditAction.BOOK_CHANGE, "write-properties"),
    "MKCOL": (AuditAction.BOOK_ADD, "bind"),
}
_LACKING = {
    "read": "no right to read",
    "write-content": "no right to write",
    "write-properties": "no right to change the properties of",
    "bind": "no right to make",
    "unbind": "no right to take away",
}
# These change the collection that holds what they name.
_OF_THE_PARENT = frozenset({"bind", "unbind"})


@dataclass(frozen=True, slots=True)
class Need:
    """The privilege that is needed at ``path``, to do ``action`` to ``location``.

    It is ``grantable`` if anybody may ever do that.
    """

    action: AuditAction
    privilege: str
    path: str
    location: Location
    grantable: bool

    def is_met(self, view: VisibleBook | None) -> bool:
        """Say whether somebody who has the book as ``view`` may do it."""
        return self.grantable and view is not None and view.access >= Privilege.WRITE


def need(method: str, path: str, location: Location | None, privilege: str = "") -> Need | None:
    """Return what ``method`` needs at ``path``, which names ``location``; None if it only reads.

    That is ``privilege``, where it is at work at two places and needs another at this one.
    """
    named = location or Location()
    acts = _ON_CARDS if named.href else _ON_BOOKS
    if method not in acts:
        return None
    action, usual = acts[method]
    privilege = privilege or usual
    holder = path
    if privilege in _OF_THE_PARENT:
        parent = path.rstrip("/").rpartition("/")[0]
        holder = location.parent.path if location else f"{parent}/"
    grantable = bool(named.href) and method not in _NOBODY_MAY
    return Need(action, privilege, holder, named, grantable)


def note(
    directory: Directory, principal: Principal, client: Client, needed: Need, path: str
) -> None:
    """Add to the audit trail that a principal was refused what they ``needed`` for ``path``."""
    is_own = needed.location.login == principal.login
    detail = f"{_LACKING[needed.privilege]} {path[:_MOST_OF_A_PATH]}"
    book, card = (needed.location.book, needed.location.href) if is_own else ("", "")
    directory.record([_event(needed.action, principal, client, book, card, detail)])


def is_foreign(login: str, location: Location | None) -> bool:
    """Say whether there is nothing for ``login`` at ``location``, whoever has which book."""
    return location is None or location.login not in ("", login)


def note_look(
    directory: Directory, principal: Principal, client: Client, location: Location | None
) -> None:
    """Add to the audit trail that a principal was refused a look at what ``is_foreign``."""
    policy = directory.policy()
    name = "" if location is None else location.login
    groups = {GROUP_PREFIX + group.name for group in policy.groups}
    is_somebody = name in policy.users or name in groups
    place = Location(name).path if is_somebody else "an address where nothing can be"
    detail = f"{_LACKING['read']} {place}"
    directory.record_first([_event(AuditAction.CARD_READ, principal, client, detail=detail)])


def note_unusable(
    directory: Directory,
    principal: Principal,
    client: Client,
    slug: str,
    error: InvalidCard | CardTooLarge,
) -> None:
    """Add to the audit trail that what a principal sent for the book ``slug`` cannot be kept.

    It is empty unless there is that book for them: others could be named without end.
    """
    match error:
        case CardTooLarge(limit=limit):
            why = f"it has more than {limit} bytes"
        case InvalidCard(unsupported_version=True):
            # Which one it is, the card itself says.
            why = "it is neither vCard 3.0 nor 4.0"
        case InvalidCard(reason=reason):
            why = reason
    detail = f"no card that can be kept: {why}"
    event = _event(AuditAction.CARD_UPDATE, principal, client, slug, detail=detail)
    directory.record_first([event])


def _event(
    action: AuditAction,
    principal: Principal,
    client: Client,
    book: str = "",
    card: str = "",
    detail: str = "",
) -> AuditEvent:
    return AuditEvent(
        action,
        principal.login,
        Outcome.REFUSED,
        book=book,
        card=card,
        detail=detail,
        protocol=client.protocol,
        address=client.address,
        agent=client.agent,
        device=principal.device_name,
    )
