"""The request that a worker thread is busy with.

Radicale shows a plugin the request itself in one place only, ``Auth.get_external_login``,
which it calls once and before all else. What is noted there is what the storage and rights
plugins know of the client, under any server.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dirserver.directory import Directory, Reading
from dirserver.errors import AccessDenied, DirectoryError
from dirserver.model.policy import Policy, VisibleBook
from dirserver.model.principal import ANONYMOUS, Client, Principal, PrincipalKind
from dirserver_radicale.headers.environ import tidy, user_agent
from dirserver_radicale.stream import Stream
from dirserver_radicale.upload import Upload


@dataclass(slots=True)
class Request:
    """A request and what was found out for it.

    ``upload`` is there for a PUT. ``failed`` is an error that Radicale has been told of in
    words of its own, and that must still undo the transaction. ``judged`` are the paths for which
    a refusal is in the audit trail, or needs none. ``stream`` is an answer that goes on when
    the request is over. ``principal`` is who has logged in, with the device of theirs that did.
    ``at_once`` says that nothing may be waited for: NotAtOnce is raised instead.
    """

    client: Client = field(default_factory=lambda: Client("carddav"))
    method: str = ""
    principal: Principal | None = None
    upload: Upload | None = None
    reading: Reading | None = None
    failed: DirectoryError | None = None
    policy: Policy | None = None
    views: dict[tuple[str, str], VisibleBook | None] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    stream: Stream | None = None
    at_once: bool = False

    @property
    def is_listing(self) -> bool:
        """Whether only properties are asked for, so that Radicale measures what it reads."""
        return self.method == "PROPFIND"

    def look_again(self) -> None:
        """Forget what was decided, since it may be otherwise now."""
        self.policy = None
        self.views.clear()

    def opened(self) -> Reading:
        """Return the transaction that Radicale has opened with ``acquire_lock``."""
        if self.reading is None:
            raise RuntimeError("Radicale looks into the storage under a lock only")
        return self.reading


_current: ContextVar[Request | None] = ContextVar("request", default=None)


def current() -> Request:
    """Return the request being answered; an empty one outside of any, as Radicale's tools are."""
    request = _current.get()
    if request is None:
        request = Request()
        _current.set(request)
    return request


def begin(environ: dict[str, Any]) -> Request:
    """Note the request in ``environ`` as the one that this thread answers."""
    tidy(environ)
    client = Client("carddav", str(environ.get("REMOTE_ADDR", "")), user_agent(environ))
    request = Request(client, str(environ.get("REQUEST_METHOD", "")).upper())
    if request.method == "PUT":
        request.upload = Upload(environ)
    _current.set(request)
    return request


def end() -> None:
    """Forget the request that this thread has answered."""
    _current.set(None)


def principal_of(login: str) -> Principal:
    """Return the principal for the user that Radicale names; the directory fills in the rest."""
    known = current().principal
    if known is not None and known.login == login:
        return known
    # Somebody else's auth plugin may have looked at the password.
    return Principal(PrincipalKind.USER, login) if login else ANONYMOUS


def view(directory: Directory, login: str, slug: str) -> VisibleBook | None:
    """Return the book ``slug`` as ``login`` has it, or None when it does not exist for them.

    One policy answers for the whole request, and each book is decided once: Radicale asks
    again for every card.
    """
    request = current()
    key = (login, slug)
    if key not in request.views:
        policy = request.policy
        if policy is None:
            policy = request.policy = directory.policy()
        request.views[key] = _decided(policy, principal_of(login), slug, request.client)
    return request.views[key]


def _decided(policy: Policy, principal: Principal, slug: str, client: Client) -> VisibleBook | None:
    try:
        principal = policy.as_of(principal, client, datetime.now(UTC))
    except AccessDenied:
        return None
    book = policy.named(principal.login, slug)
    if book is None or book.smart is not None:
        return None
    return policy.view(principal, book, client.address)
