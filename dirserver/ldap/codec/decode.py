"""Requests out of octets, in one pass over the message (RFC 4511 section 4).

Two kinds of fault are told apart. Octets that are not the BER of a request are refused by
``ber`` and by ``expect``: the session ends. Values that RFC 4511 does not allow where they
stand raise ``Unacceptable``, which the client is told with the id of its request.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from dirserver.ldap.codec.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    boolean,
    expect,
    header,
    integer,
    skip,
    skip_rest,
)
from dirserver.ldap.codec.decode_filter import FilterReader, TooMuch, Unacceptable, assertion, text
from dirserver.ldap.codec.messages import (
    AbandonRequest,
    BindRequest,
    CompareRequest,
    Control,
    DerefAliases,
    Envelope,
    ExtendedRequest,
    MalformedMessage,
    Message,
    Operation,
    RefusedRequest,
    Request,
    SASLAuthentication,
    Scope,
    SearchRequest,
    SimpleAuthentication,
    UnbindRequest,
    UnknownAuthentication,
)

MAX_ATTRIBUTES = 1000
MAX_CONTROLS = 100

_MAX_INT = MAX_MESSAGE_ID = 2**31 - 1
_LONGEST_KEPT = 512
_SCOPES = tuple(Scope)
_DEREFS = tuple(DerefAliases)

_Reader: TypeAlias = Callable[[bytes, int, int], Request]


def decode_message(data: bytes) -> Message:
    """Return the request that ``data``, one whole LDAPMessage, is.

    Raises MalformedMessage, and nothing else, when it is none.
    """
    at, end = expect(data, 0, len(data), SEQUENCE)
    if end != len(data):
        raise MalformedMessage("octets follow the message")
    start, stop = expect(data, at, end, INTEGER)
    message_id = integer(data, start, stop)
    if not 0 < message_id <= _MAX_INT:
        raise MalformedMessage("the message id is not one that a request can have")
    tag, start, stop = header(data, stop, end)
    read = _READERS.get(tag)
    if read is None:
        raise MalformedMessage("the operation is not a request")
    try:
        request = read(data, start, stop)
        controls = _controls(data, stop, end) if stop < end else ()
    except Unacceptable as fault:
        envelope = Envelope(message_id, Operation(tag), isinstance(fault, TooMuch))
        raise MalformedMessage(str(fault), envelope) from None
    return Message(message_id, request, controls, data)


def _number(data: bytes, start: int, stop: int) -> int:
    value = integer(data, start, stop)
    if not 0 <= value <= _MAX_INT:
        raise Unacceptable("a number is out of range")
    return value


def _controls(data: bytes, at: int, end: int) -> tuple[Control, ...]:
    tag, at, stop = header(data, at, end)
    if tag != 0xA0:
        skip_rest(data, stop, end)
        return ()
    skip_rest(data, stop, end)
    controls: list[Control] = []
    while at < stop:
        if len(controls) == MAX_CONTROLS:
            raise TooMuch("too many controls")
        inner, at = expect(data, at, stop, SEQUENCE)
        controls.append(_control(data, inner, at))
    return tuple(controls)


def _control(data: bytes, at: int, end: int) -> Control:
    start, at = expect(data, at, end, OCTET_STRING)
    oid = text(data, start, at)
    critical = False
    value = None
    if at < end and data[at] == BOOLEAN:
        start, at = expect(data, at, end, BOOLEAN)
        critical = boolean(data, start, at)
    if at < end and data[at] == OCTET_STRING:
        start, at = expect(data, at, end, OCTET_STRING)
        value = data[start:at]
    skip_rest(data, at, end)
    return Control(oid, critical, value)


def _bind(data: bytes, at: int, end: int) -> BindRequest:
    start, at = expect(data, at, end, INTEGER)
    version = integer(data, start, at)
    if not 1 <= version <= 127:
        raise Unacceptable("no such version of the protocol")
    start, at = expect(data, at, end, OCTET_STRING)
    name = text(data, start, at)
    tag, start, at = header(data, at, end)
    skip_rest(data, at, end)
    if tag == 0x80:
        return BindRequest(version, name, SimpleAuthentication(data[start:at]))
    if tag != 0xA3:
        return BindRequest(version, name, UnknownAuthentication(tag))
    end = at
    start, at = expect(data, start, end, OCTET_STRING)
    mechanism = text(data, start, at)
    credentials = None
    if at < end and data[at] == OCTET_STRING:
        start, at = expect(data, at, end, OCTET_STRING)
        credentials = data[start:at]
    skip_rest(data, at, end)
    return BindRequest(version, name, SASLAuthentication(mechanism, credentials))


def _unbind(_data: bytes, at: int, end: int) -> UnbindRequest:
    if at != end:
        raise MalformedMessage("an unbind request has contents")
    return UnbindRequest()


def _search(data: bytes, at: int, end: int) -> SearchRequest:
    before_filter = skip(data, at, end, 6)
    reader = FilterReader(data)
    filter_, behind = reader.read(before_filter, end, 1)
    scoped, selected = data[at:before_filter], data[behind:end]
    scope = _scope if len(scoped) <= _LONGEST_KEPT else _scope.__wrapped__
    selection = _selection if len(selected) <= _LONGEST_KEPT else _selection.__wrapped__
    return SearchRequest(*scope(scoped), filter_, selection(selected), reader.names)


# All that a client asks differs in the filter alone.
@lru_cache(maxsize=256)
def _scope(data: bytes) -> tuple[str, Scope, DerefAliases, int, int, bool]:
    """Return the base of a search and how it is to be done: all that comes before its filter."""
    end = len(data)
    start, at = expect(data, 0, end, OCTET_STRING)
    base = text(data, start, at)
    start, at = expect(data, at, end, ENUMERATED)
    scope = _number(data, start, at)
    start, at = expect(data, at, end, ENUMERATED)
    deref = _number(data, start, at)
    if scope >= len(_SCOPES) or deref >= len(_DEREFS):
        raise Unacceptable("no such scope, or no such way with aliases")
    start, at = expect(data, at, end, INTEGER)
    size_limit = _number(data, start, at)
    start, at = expect(data, at, end, INTEGER)
    time_limit = _number(data, start, at)
    start, at = expect(data, at, end, BOOLEAN)
    types_only = boolean(data, start, at)
    return base, _SCOPES[scope], _DEREFS[deref], size_limit, time_limit, types_only


@lru_cache(maxsize=256)
def _selection(data: bytes) -> tuple[str, ...]:
    """Return the attributes of a search: all that comes behind its filter."""
    at, end = expect(data, 0, len(data), SEQUENCE)
    skip_rest(data, end, len(data))
    names: list[str] = []
    while at < end:
        if len(names) == MAX_ATTRIBUTES:
            raise TooMuch("too many attributes")
        start, at = expect(data, at, end, OCTET_STRING)
        names.append(text(data, start, at))
    return tuple(names)


def _compare(data: bytes, at: int, end: int) -> CompareRequest:
    start, at = expect(data, at, end, OCTET_STRING)
    entry = text(data, start, at)
    start, at = expect(data, at, end, SEQUENCE)
    skip_rest(data, at, end)
    return CompareRequest(entry, *assertion(data, start, at))


def _abandon(data: bytes, at: int, end: int) -> AbandonRequest:
    return AbandonRequest(_number(data, at, end))


def _extended(data: bytes, at: int, end: int) -> ExtendedRequest:
    start, at = expect(data, at, end, 0x80)
    name = text(data, start, at)
    value = None
    if at < end and data[at] == 0x81:
        start, at = expect(data, at, end, 0x81)
        value = data[start:at]
    skip_rest(data, at, end)
    return ExtendedRequest(name, value)


def _refused(kind: Operation) -> _Reader:
    refused = RefusedRequest(kind)
    return lambda _data, _at, _end: refused


_READERS: dict[int, _Reader] = {
    Operation.BIND_REQUEST: _bind,
    Operation.UNBIND_REQUEST: _unbind,
    Operation.SEARCH_REQUEST: _search,
    Operation.COMPARE_REQUEST: _compare,
    Operation.ABANDON_REQUEST: _abandon,
    Operation.EXTENDED_REQUEST: _extended,
    Operation.MODIFY_REQUEST: _refused(Operation.MODIFY_REQUEST),
    Operation.ADD_REQUEST: _refused(Operation.ADD_REQUEST),
    Operation.DELETE_REQUEST: _refused(Operation.DELETE_REQUEST),
    Operation.MODIFY_DN_REQUEST: _refused(Operation.MODIFY_DN_REQUEST),
}
