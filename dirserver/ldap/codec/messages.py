"""What clients ask, as RFC 4511 defines it, once the octets are gone.

Requests that the server never carries out are kept as their kind alone.
"""

from __future__ import annotations

from dataclasses import field
from enum import IntEnum
from typing import TypeAlias

from dirserver.model.record import record


class Operation(IntEnum):
    """The protocolOps by their tags (RFC 4511 appendix B)."""

    BIND_REQUEST = 0x60
    BIND_RESPONSE = 0x61
    UNBIND_REQUEST = 0x42
    SEARCH_REQUEST = 0x63
    SEARCH_RESULT_ENTRY = 0x64
    SEARCH_RESULT_DONE = 0x65
    MODIFY_REQUEST = 0x66
    MODIFY_RESPONSE = 0x67
    ADD_REQUEST = 0x68
    ADD_RESPONSE = 0x69
    DELETE_REQUEST = 0x4A
    DELETE_RESPONSE = 0x6B
    MODIFY_DN_REQUEST = 0x6C
    MODIFY_DN_RESPONSE = 0x6D
    COMPARE_REQUEST = 0x6E
    COMPARE_RESPONSE = 0x6F
    ABANDON_REQUEST = 0x50
    EXTENDED_REQUEST = 0x77
    EXTENDED_RESPONSE = 0x78

    # Enum hashes in Python, and each message is looked up by its operation.
    __hash__ = int.__hash__


# Unbind and abandon have no response (RFC 4511 sections 4.3 and 4.11).
RESPONSES = {
    Operation.BIND_REQUEST: Operation.BIND_RESPONSE,
    Operation.SEARCH_REQUEST: Operation.SEARCH_RESULT_DONE,
    Operation.MODIFY_REQUEST: Operation.MODIFY_RESPONSE,
    Operation.ADD_REQUEST: Operation.ADD_RESPONSE,
    Operation.DELETE_REQUEST: Operation.DELETE_RESPONSE,
    Operation.MODIFY_DN_REQUEST: Operation.MODIFY_DN_RESPONSE,
    Operation.COMPARE_REQUEST: Operation.COMPARE_RESPONSE,
    Operation.EXTENDED_REQUEST: Operation.EXTENDED_RESPONSE,
}


@record
class Envelope:
    """What could be read of a message whose contents cannot be used.

    Nothing is wrong with those that only ask for more than the server does for one request.
    """

    id: int
    operation: Operation
    asks_too_much: bool = False


class MalformedMessage(Exception):
    """What the client sent is not an LDAP request.

    With an ``envelope`` the octets are sound and only what they say is wrong: the request can
    be answered with protocolError. Without one nothing that follows can be trusted, and the
    session ends with a Notice of Disconnection (RFC 4511 section 4.1.1).
    """

    def __init__(self, reason: str, envelope: Envelope | None = None) -> None:
        super().__init__(reason)
        self.envelope = envelope


class Scope(IntEnum):
    """How far a search goes; the last one is draft-sermersheim-ldap-subordinate-scope's."""

    BASE_OBJECT = 0
    SINGLE_LEVEL = 1
    WHOLE_SUBTREE = 2
    SUBORDINATE_SUBTREE = 3


class DerefAliases(IntEnum):
    """When to follow aliases. There are none here, so all four mean the same."""

    NEVER = 0
    IN_SEARCHING = 1
    FINDING_BASE_OBJECT = 2
    ALWAYS = 3


@record
class FilterAnd:
    """True when every part is (RFC 4511 section 4.5.1.7)."""

    parts: tuple[Filter, ...]


@record
class FilterOr:
    """True when any part is."""

    parts: tuple[Filter, ...]


@record
class FilterNot:
    """True when the part is false."""

    part: Filter


@record
class EqualityMatch:
    """A value of the attribute equals this one."""

    attribute: str
    value: bytes


@record
class Substrings:
    """A value of the attribute has these parts, in this order."""

    attribute: str
    initial: bytes | None = None
    any: tuple[bytes, ...] = ()
    final: bytes | None = None


@record
class GreaterOrEqual:
    """A value of the attribute does not come before this one."""

    attribute: str
    value: bytes


@record
class LessOrEqual:
    """A value of the attribute does not come after this one."""

    attribute: str
    value: bytes


@record
class PresentFilter:
    """The entry has the attribute."""

    attribute: str


@record
class ApproxMatch:
    """A value of the attribute is more or less this one."""

    attribute: str
    value: bytes


@record
class ExtensibleMatch:
    """A value matches by a rule that the client names, or of an attribute, or both."""

    rule: str | None
    attribute: str | None
    value: bytes
    dn_attributes: bool = False


Filter: TypeAlias = (
    FilterAnd
    | FilterOr
    | FilterNot
    | EqualityMatch
    | Substrings
    | GreaterOrEqual
    | LessOrEqual
    | PresentFilter
    | ApproxMatch
    | ExtensibleMatch
)


@record
class SimpleAuthentication:
    """A password; never part of the text of a request, which may be logged."""

    password: bytes = field(repr=False)


@record
class SASLAuthentication:
    """One step of a SASL mechanism."""

    mechanism: str
    credentials: bytes | None = field(repr=False)


@record
class UnknownAuthentication:
    """A choice that RFC 4511 does not define: authMethodNotSupported (section 4.2)."""

    tag: int


@record
class BindRequest:
    """A client says who it is."""

    version: int
    name: str
    authentication: SimpleAuthentication | SASLAuthentication | UnknownAuthentication


@record
class UnbindRequest:
    """The client leaves."""


@record
class SearchRequest:
    """A search. A limit of 0 is no limit; no ``attributes`` are all user attributes.

    ``about`` are the attributes that the filter names. Nothing that has none of them is found; None
    is where that cannot be said, since the filter denies something or has a rule of its own.
    """

    base: str
    scope: Scope
    deref: DerefAliases
    size_limit: int
    time_limit: int
    types_only: bool
    filter: Filter
    attributes: tuple[str, ...]
    about: tuple[str, ...] | None = None


@record
class CompareRequest:
    """Does the entry have this value of the attribute?"""

    entry: str
    attribute: str
    value: bytes


@record
class AbandonRequest:
    """The client does not want the answer to the request ``id`` any more."""

    id: int


@record
class ExtendedRequest:
    """An operation that is known by its OID."""

    name: str
    value: bytes | None


@record
class RefusedRequest:
    """A write: modify, add, delete or modifyDN, unread as nothing depends on what it says."""

    kind: Operation


Request: TypeAlias = (
    BindRequest
    | UnbindRequest
    | SearchRequest
    | CompareRequest
    | AbandonRequest
    | ExtendedRequest
    | RefusedRequest
)


@record
class Control:
    """An extension of a request (RFC 4511 section 4.1.11)."""

    oid: str
    critical: bool = False
    value: bytes | None = None


@record
class Message:
    """One LDAPMessage from a client; ``octets`` are those that it came as."""

    id: int
    op: Request
    controls: tuple[Control, ...] = ()
    # The password of a bind is among them.
    octets: bytes = field(default=b"", repr=False, compare=False)


def render(filter_: Filter) -> str:
    """Return the filter in the text form of RFC 4515, on one line and safe to log."""
    match filter_:
        case FilterAnd(parts):
            return f"(&{''.join(map(render, parts))})"
        case FilterOr(parts):
            return f"(|{''.join(map(render, parts))})"
        case FilterNot(part):
            return f"(!{render(part)})"
        case EqualityMatch(attribute, value):
            return f"({_name(attribute)}={_value(value)})"
        case GreaterOrEqual(attribute, value):
            return f"({_name(attribute)}>={_value(value)})"
        case LessOrEqual(attribute, value):
            return f"({_name(attribute)}<={_value(value)})"
        case ApproxMatch(attribute, value):
            return f"({_name(attribute)}~={_value(value)})"
        case PresentFilter(attribute):
            return f"({_name(attribute)}=*)"
        case Substrings(attribute, initial, any_, final):
            pieces = (initial or b"", *any_, final or b"")
            return f"({_name(attribute)}={'*'.join(map(_value, pieces))})"
        case ExtensibleMatch(rule, attribute, value, dn_attributes):
            dn = ":dn" if dn_attributes else ""
            by = "" if rule is None else f":{_name(rule)}"
            return f"({_name(attribute or '')}{dn}{by}:={_value(value)})"


def _value(value: bytes) -> str:
    # Octets that are not UTF-8 come out of the decoder as lone surrogates.
    return "".join([_escaped(char) for char in value.decode("utf-8", "surrogateescape")])


def _escaped(char: str) -> str:
    if char.isprintable() and char not in "*()\\":
        return char
    return "".join([f"\\{octet:02x}" for octet in char.encode("utf-8", "surrogateescape")])


def _name(description: str) -> str:
    # Anything may stand where an attribute description belongs; RFC 4515 can spell only some.
    return _value(description.encode())
