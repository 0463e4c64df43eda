"""What a client sends, taken apart and put in the order in which it is answered."""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

from dirserver.ldap.codec import controls
from dirserver.ldap.codec.framing import Framer
from dirserver.ldap.codec.layouts import Layouts
from dirserver.ldap.codec.messages import (
    AbandonRequest,
    BindRequest,
    Envelope,
    ExtendedRequest,
    MalformedMessage,
    Message,
    Operation,
    SearchRequest,
    UnbindRequest,
)
from dirserver.ldap.dit.containers import STARTTLS
from dirserver.ldap.operations import Request
from dirserver.ldap.settings import ConnectionLimits
from dirserver.model.principal import Principal

Urgent: TypeAlias = AbandonRequest | UnbindRequest

# All of it is in the reactor's thread, and telephones of a kind send the same.
_layouts = Layouts()


class Incoming:
    """The requests of one connection that wait for an answer.

    A request whose contents make no sense waits like any other, as an ``Envelope``, since its
    refusal must not overtake the answers before it.
    """

    def __init__(self, limits: ConnectionLimits, *, secure: bool = False) -> None:
        """Begin with nothing sent and nobody bound; ``secure`` is a connection under TLS."""
        self._limits = limits
        self._framer = Framer(limits.message_before_bind)
        self._waiting: deque[Request] = deque()
        self._octets = 0
        self._secure = secure
        # The request to start TLS that is not answered yet; nothing may follow it.
        self._starting_tls: Message | None = None
        # What has been decoded of octets that are still to be taken in.
        self._decoded: Message | None = None

    @property
    def unread(self) -> int:
        """How many octets have come that are no request yet."""
        return self._framer.pending

    @property
    def waits(self) -> bool:
        """Whether there is a request to be answered."""
        return bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether so many requests wait, or such long ones, that no more should be read."""
        waiting = self._waiting
        if not waiting:
            return False
        limits = self._limits
        return len(waiting) >= limits.waiting or self._octets >= limits.waiting_octets

    def bound(self, principal: Principal) -> None:
        """Take the larger messages of a client that has said who it is."""
        if not principal.is_anonymous:
            self._framer.limit = self._limits.message_after_bind

    def receive(self, data: bytes = b"") -> Urgent | None:
        """Take ``data`` in; return what has no answer and cannot wait for those of others.

        With None there is no whole message left, or enough requests wait; else there may be more,
        for which to call it again. Raises
        MalformedMessage when nothing that follows can be trusted. So it is with whatever comes
        between a request to start TLS and its answer: it was not sent under TLS, and whoever
        sent it need not be the client (RFC 4511 section 4.14.1). Under TLS such a request is
        only refused, and others may follow it.
        """
        messages = self._framer.feed(data)
        if self._starting_tls is not None:
            self._refuse_before_tls()
        while not self.is_full and (octets := next(messages, None)) is not None:
            urgent = self._sort(octets)
            if self._starting_tls is not None:
                self._refuse_before_tls()
            if urgent is not None:
                return urgent
        return None

    def sole(self, data: bytes) -> Message | None:
        """Return the search, bind or unbind that ``data`` is, if there is nothing but that.

        It need not wait then. With None, ``data`` has yet to be taken in.
        """
        if self._waiting or self._starting_tls is not None or not self._framer.is_sole(data):
            return None
        try:
            message = _layouts.decode(data)
        except MalformedMessage:
            return None
        if isinstance(message.op, SearchRequest | BindRequest | UnbindRequest):
            return message
        self._decoded = message
        return None

    def take(self) -> Request | None:
        """Return the request that is to be answered next."""
        if not self._waiting:
            return None
        request = self._waiting.popleft()
        self._octets -= _size(request)
        return request

    def answered(self, request: Request) -> None:
        """Go on after ``request``, which was taken."""
        if request is self._starting_tls:
            self._starting_tls = None

    def secured(self) -> None:
        """Go on under TLS."""
        self._secure = True
        self._starting_tls = None

    def abandon(self, message_id: int) -> None:
        """Forget a request that waits (RFC 4511 section 4.11)."""
        self._waiting = deque(one for one in self._waiting if not is_abandoned_by(message_id, one))
        self._octets = sum(map(_size, self._waiting))

    def _sort(self, octets: bytes) -> Urgent | None:
        message, self._decoded = self._decoded, None
        if message is None or message.octets is not octets:
            try:
                message = _layouts.decode(octets)
            except MalformedMessage as error:
                if error.envelope is None:
                    raise
                return self._sort_refused(error.envelope)
        request = message.op
        if isinstance(request, UnbindRequest):
            return request
        if isinstance(request, AbandonRequest):
            return None if controls.forbid(message) else request
        if not self._secure and _starts_tls(message):
            self._starting_tls = message
        self._waiting.append(message)
        self._octets += len(octets)
        return None

    def _sort_refused(self, envelope: Envelope) -> Urgent | None:
        if envelope.operation is Operation.UNBIND_REQUEST:
            return UnbindRequest()
        if envelope.operation is not Operation.ABANDON_REQUEST:
            self._waiting.append(envelope)
        return None

    def _refuse_before_tls(self) -> None:
        if self._framer.pending:
            raise MalformedMessage("octets follow a request to start TLS")


def is_abandoned_by(message_id: int, request: Request) -> bool:
    """Say whether to abandon ``message_id`` is to abandon ``request``.

    Binds and requests to start TLS cannot be abandoned (RFC 4511 section 4.11).
    """
    if request.id != message_id:
        return False
    if isinstance(request, Envelope):
        return request.operation is not Operation.BIND_REQUEST
    return not isinstance(request.op, BindRequest) and not _starts_tls(request)


def _size(request: Request) -> int:
    """Return how many octets are kept of a request; of one that made no sense there are none."""
    return len(request.octets) if isinstance(request, Message) else 0


def _starts_tls(message: Message) -> bool:
    return isinstance(message.op, ExtendedRequest) and message.op.name == STARTTLS
