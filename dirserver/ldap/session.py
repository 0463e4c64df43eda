"""One LDAP connection as the protocol sees it: requests in, responses out, no sockets.

``LDAPSession.answer`` makes encoded responses, some entries at a time; whoever drives it writes
them where they belong and asks for more when there is room. What has to happen to the connection
itself comes as an ``Act`` among them. Unbind and abandon are about the connection and about
other requests, so whoever drives it sees to them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from dirserver.directory import Authenticator, DirectoryReader
from dirserver.errors import DirectoryError, NotAtOnce
from dirserver.ldap.binding import Connection, bind, mechanisms
from dirserver.ldap.codec import controls
from dirserver.ldap.codec.encode import ResultCode, encode_extended, encode_result
from dirserver.ldap.codec.frames import in_messages
from dirserver.ldap.codec.messages import (
    RESPONSES,
    BindRequest,
    CompareRequest,
    Control,
    Envelope,
    ExtendedRequest,
    Message,
    Operation,
    RefusedRequest,
    Scope,
    SearchRequest,
)
from dirserver.ldap.comparing import compare_card, compare_container
from dirserver.ldap.dit import dn
from dirserver.ldap.dit.containers import STARTTLS, WHO_AM_I
from dirserver.ldap.dit.dn import DN, Location, Root
from dirserver.ldap.dit.tree import Target, Tree, public_target
from dirserver.ldap.entry.selection import asks_for_subordinates
from dirserver.ldap.operations import (
    KINDS,
    Act,
    Answered,
    Output,
    Request,
    may_be_at_once,
    operation_of,
    refused_write,
    result_of,
)
from dirserver.ldap.search.answers import Short
from dirserver.ldap.search.limits import MOST_AT_ONCE
from dirserver.ldap.search.public import root_answer
from dirserver.ldap.search.searching import Search
from dirserver.ldap.search.short import short_answer
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.principal import ANONYMOUS, Client, Principal

# RFC 3062; known so that the refusal has the right reason.
_PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"  # noqa: S105  # an OID
# No client begins at a base with a longer name.
_LONGEST_KEPT = 256
# No telephone sends a longer search. Much is kept of what is answered in short.
_LONGEST_SHORT = 4096


@dataclass(frozen=True, slots=True)
class Context:
    """What sessions answer from. The server puts a new one in its place on a new config."""

    directory: DirectoryReader
    authenticator: Authenticator
    settings: LDAPSettings


class LDAPSession:
    """Who a connection is bound as, and what it is answered."""

    def __init__(
        self,
        context: Callable[[], Context],
        address: str,
        *,
        secure: bool = False,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_AT_ONCE,
    ) -> None:
        """Begin anonymously. ``secure`` says whether the connection has TLS already."""
        self._context = context
        self._make_search = partial(Search, clock=clock, most=most)
        self.client = Client("ldap", address)
        self.secure = secure
        # The name in a certificate that is to be trusted; whoever drives the session tells.
        self.certified = ""
        self._by_password = True
        self._bound_as = ""
        self.principal: Principal = ANONYMOUS
        self.answered = Answered()
        self._at_once = False
        self._unfinished: Callable[[], Iterator[Output]] | None = None

    def answer(self, request: Request, *, at_once: bool = False) -> Generator[Output]:
        """Yield the responses to ``request``. Internal text never is among them.

        With ``at_once`` it raises NotAtOnce instead of waiting for anything; it is then to be asked
        again. Whatever else is raised is a bug; ``failed`` is then the answer.
        """
        if at_once and not may_be_at_once(request):
            raise NotAtOnce
        self._at_once = at_once
        self._begin(request)
        if isinstance(request, Envelope):
            too_much = request.asks_too_much
            code = ResultCode.ADMIN_LIMIT_EXCEEDED if too_much else ResultCode.PROTOCOL_ERROR
            yield self._result(request, code)
            return
        if controls.forbid(request):
            yield self._result(request, ResultCode.UNAVAILABLE_CRITICAL_EXTENSION)
            return
        yield from self._said(request, partial(self._answer, request))

    def _begin(self, request: Request) -> None:
        self.answered = Answered(KINDS[operation_of(request)], request=request)
        if self.answered.operation == "bind":
            # Whatever becomes of it, a bind ends the one before it (RFC 4513 section 4).
            self.principal = ANONYMOUS
        self._forget_what_is_not_taken()
        self._unfinished = None

    def short(self, message: Request) -> bytes | None:
        """Return the whole answer to a bind or search as telephones send it, or None for all else.

        It says what ``answer`` does, of the same moment as others in a turn. It never waits for
        anything: it raises NotAtOnce instead.
        """
        if not isinstance(message, Message) or len(message.octets) > _LONGEST_SHORT:
            return None
        request = message.op
        if isinstance(request, BindRequest):
            return None if message.controls else self._bind_in_short(message, request)
        if not isinstance(request, SearchRequest):
            return None
        context = self._context()
        settings = context.settings
        self._forget_what_is_not_taken()
        located = None if message.controls else self._locate(request.base, settings)
        if located is None:
            return None
        _, location = located
        self.answered = Answered(KINDS[Operation.SEARCH_REQUEST], request=message)
        if isinstance(location, Root) and request.scope is Scope.BASE_OBJECT:
            return self._in_short(message, root_answer(message, request, settings, self._offered))
        if self._is_nobody(settings):
            return None
        try:
            found = short_answer(
                context.directory, settings, self.principal, self.client, location, message, request
            )
        except DirectoryError as error:
            return self._refusal(message, error)
        return None if found is None else self._in_short(message, found)

    def _bind_in_short(self, message: Message, request: BindRequest) -> bytes:
        self._at_once = True
        self._begin(message)
        try:
            return self._bind(message, request)
        except DirectoryError as error:
            return self._refusal(message, error)

    def _in_short(self, message: Message, found: Short) -> bytes:
        self.answered.sent = len(found.entries)
        return in_messages(message.id, found.entries) + self._result(message, found.code)

    def resume(self, request: Request) -> Generator[Output]:
        """Yield what is left of the answer to ``request``, which was closed amid it.

        It is made from another snapshot of the directory, by the rights that there are by then.
        """
        self._at_once = False
        self._forget_what_is_not_taken()
        if self._unfinished is not None:
            yield from self._said(request, self._unfinished)

    def _forget_what_is_not_taken(self) -> None:
        """End a bind with a password or a certificate that a new config does not take any more."""
        takes = self._context().authenticator.takes
        if self._by_password:
            is_taken = takes(self.principal, self.client.protocol)
        else:
            is_taken = self.certified == self._bound_as
        if not is_taken:
            self.principal = ANONYMOUS

    def _said(self, request: Request, answer: Callable[[], Iterable[Output]]) -> Iterator[Output]:
        try:
            yield from answer()
        except DirectoryError as error:
            yield self._refusal(request, error)

    def _refusal(self, request: Request, error: DirectoryError) -> bytes:
        """Return what an error becomes. Raises it where it should not have been raised."""
        code = result_of(error)
        if code is None:
            raise error
        self.answered.refusal = type(error).__name__
        self.answered.reason = str(error)
        return self._result(request, code)

    def failed(self, request: Request) -> bytes:
        """Return the answer to a request that a bug kept from being answered."""
        return self._result(request, ResultCode.OTHER)

    def _result(
        self,
        request: Request,
        code: ResultCode,
        matched_dn: str = "",
        diagnostic: str = "",
        *,
        name: str | None = None,
        controls: Sequence[Control] = (),
    ) -> bytes:
        self.answered.code = code.rfc_name
        response = RESPONSES[operation_of(request)]
        if response is Operation.EXTENDED_RESPONSE:
            return encode_extended(request.id, code, diagnostic, name=name)
        return encode_result(request.id, response, code, matched_dn, diagnostic, controls)

    def _answer(self, message: Message) -> Iterable[Output]:
        match message.op:
            case SearchRequest() as request:
                return self._search(message, request)
            case BindRequest() as request:
                return (self._bind(message, request),)
            case CompareRequest() as request:
                return (self._compare(message, request),)
            case ExtendedRequest(name):
                return self._extended(message, name)
            case RefusedRequest(kind):
                if event := refused_write(kind, self.principal, self.client):
                    self._context().directory.record([event])
                text = "This directory is changed over CardDAV."
                return (self._result(message, ResultCode.UNWILLING_TO_PERFORM, diagnostic=text),)
            case _:
                # Those of the connection itself, which do not come here.
                return ()

    def _bind(self, message: Message, request: BindRequest) -> bytes:
        context = self._context()
        certified = self.certified if self.secure else ""
        bound = bind(
            request,
            Connection(self.client, self.secure, certified),
            context.authenticator,
            context.settings,
            at_once=self._at_once,
        )
        self.principal = bound.principal
        self._by_password = bound.by_password
        self._bound_as = self.certified
        return self._result(message, bound.code, diagnostic=bound.diagnostic)

    def _public(self, location: Location, scope: Scope, settings: LDAPSettings) -> Target | None:
        """Return what anybody may look at, if that is what there is."""
        return public_target(location, scope, settings, self._offered)

    @property
    def _offered(self) -> tuple[str, ...]:
        """The mechanisms of SASL that the client may use."""
        return mechanisms(secure=self.secure, certified=bool(self.certified))

    def _locate(self, name: str, settings: LDAPSettings) -> tuple[DN, Location] | None:
        """Return a DN taken apart and what it names, or None when it is no DN."""
        locate = _located if len(name) <= _LONGEST_KEPT else _located.__wrapped__
        return locate(name, settings.suffix)

    def _is_nobody(self, settings: LDAPSettings) -> bool:
        """Say whether a bind is missing that the policy demands."""
        return self.principal.is_anonymous and not settings.anonymous

    def _search(self, message: Message, request: SearchRequest) -> Iterable[Output]:
        context = self._context()
        settings = context.settings
        located = self._locate(request.base, settings)
        if located is None:
            return (self._result(message, ResultCode.INVALID_DN_SYNTAX),)
        base, location = located
        try:
            asked = controls.of_search(message)
        except controls.InvalidControl:
            return (self._result(message, ResultCode.PROTOCOL_ERROR),)
        search = self._make_search(request, message.id, settings, self.client.address, asked)
        public = self._public(location, request.scope, settings)
        if public is None and self._is_nobody(settings):
            return (self._result(message, ResultCode.INSUFFICIENT_ACCESS_RIGHTS),)
        self.answered.search = search

        def found() -> Iterator[Output]:
            if public is not None:
                yield from search.among(public.containers)
            else:
                with context.directory.reading(
                    self.principal, self.client, at_once=self._at_once
                ) as reading:
                    counts = asks_for_subordinates(request)
                    tree = Tree(reading, settings, counts_subordinates=counts)
                    target = tree.target(location, request.scope)
                    yield from search.within(tree, target, base)
            self._unfinished = None
            ended = search.result
            yield self._result(message, ended.code, ended.matched_dn, controls=ended.controls)

        self._unfinished = found
        return found()

    def _compare(self, message: Message, request: CompareRequest) -> bytes:
        context = self._context()
        settings = context.settings
        located = self._locate(request.entry, settings)
        if located is None:
            return self._result(message, ResultCode.INVALID_DN_SYNTAX)
        name, location = located
        public = self._public(location, Scope.BASE_OBJECT, settings)
        if public is not None:
            return self._result(message, compare_container(request, public.containers[0]))
        if self._is_nobody(settings):
            return self._result(message, ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
        with context.directory.reading(self.principal, self.client) as reading:
            tree = Tree(reading, settings)
            target = tree.target(location, Scope.BASE_OBJECT)
            if target is None:
                code = ResultCode.NO_SUCH_OBJECT
            elif target.key:
                code = compare_card(request, tree, target)
            else:
                code = compare_container(request, target.containers[0])
            matched = tree.matched(name) if code is ResultCode.NO_SUCH_OBJECT else ""
        return self._result(message, code, matched)

    def _extended(self, message: Message, name: str) -> Iterator[Output]:
        if name == _PASSWORD_MODIFY:
            text = "Passwords are set in the server's configuration."
            yield self._result(message, ResultCode.UNWILLING_TO_PERFORM, diagnostic=text)
        elif name == WHO_AM_I:
            self.answered.code = ResultCode.SUCCESS.rfc_name
            yield encode_extended(message.id, ResultCode.SUCCESS, value=self._authzid().encode())
        elif name != STARTTLS:
            yield self._result(message, ResultCode.PROTOCOL_ERROR)
        elif not self._context().settings.starttls:
            yield self._result(message, ResultCode.PROTOCOL_ERROR, name=STARTTLS)
        elif self.secure:
            yield self._result(message, ResultCode.OPERATIONS_ERROR, name=STARTTLS)
        else:
            yield self._result(message, ResultCode.SUCCESS, name=STARTTLS)
            yield Act.START_TLS

    def _authzid(self) -> str:
        """Return who the client is (RFC 4532 section 2.2); nothing for nobody."""
        if self.principal.is_anonymous:
            return ""
        return f"dn:{dn.user_dn(self.principal.login, self._context().settings.suffix)}"


# Clients of one kind begin at the same base.
@lru_cache(maxsize=256)
def _located(name: str, suffix: str) -> tuple[DN, Location] | None:
    try:
        parsed = dn.parse(name)
    except dn.InvalidDN:
        return None
    return parsed, dn.locate(parsed, dn.normalise(dn.parse(suffix)))
