"""The controls that are understood (RFC 4511 section 4.1.11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dirserver.ldap.codec.ber import BOOLEAN, boolean, expect
from dirserver.ldap.codec.decode_filter import Unacceptable
from dirserver.ldap.codec.messages import BindRequest, MalformedMessage, Message, SearchRequest
from dirserver.ldap.search import paging, sorting, windows
from dirserver.ldap.search.paging import PagedRequest
from dirserver.ldap.search.sorting import AttributeKey
from dirserver.ldap.search.windows import WindowRequest

# There are no referrals here, so to treat them as entries (RFC 3296) asks for nothing.
MANAGE_DSA_IT = "2.16.840.1.113730.3.4.2"
# Nor is anything answered from a copy (RFC 6171).
DONT_USE_COPY = "1.3.6.1.1.22"
# RFC 3672.
SUBENTRIES = "1.3.6.1.4.1.4203.1.10.1"

_OF_ALL = (MANAGE_DSA_IT,)
_OF_READS = (*_OF_ALL, DONT_USE_COPY)
_OF_SEARCHES = (*_OF_READS, paging.OID, sorting.REQUEST, windows.REQUEST, SUBENTRIES)
SUPPORTED = _OF_SEARCHES

_Value = TypeVar("_Value")


class InvalidControl(Exception):
    """A control makes no sense, by itself or beside another: protocolError."""


@dataclass(frozen=True, slots=True)
class SearchControls:
    """What the controls of a search ask for. Those that fail harm none but the critical ones.

    ``subentries`` says whether only these are visible; None leaves it to the scope.
    """

    paged: PagedRequest | None = None
    sort: tuple[AttributeKey, ...] | None = None
    sort_is_critical: bool = False
    window: WindowRequest | None = None
    window_is_critical: bool = False
    subentries: bool | None = None


NONE = SearchControls()


def forbid(message: Message) -> bool:
    """Say whether a critical control of ``message`` is unknown, or not for such a request.

    The request must then not be performed.
    """
    if not message.controls:
        return False
    match message.op:
        case BindRequest():
            understood: tuple[str, ...] = ()
        case SearchRequest():
            understood = _OF_SEARCHES
        case _:
            understood = _OF_READS
    return any(one.critical and one.oid not in understood for one in message.controls)


def of_search(message: Message) -> SearchControls:
    """Return what the controls of a search ask for. Raises InvalidControl."""
    if not message.controls:
        return NONE
    known = [one for one in message.controls if one.oid in _OF_SEARCHES]
    by_oid = {one.oid: one for one in known}
    if len(by_oid) < len(known):
        raise InvalidControl("a control is there twice")

    def value_of(oid: str, decode: Callable[[bytes], _Value]) -> _Value | None:
        one = by_oid.get(oid)
        if one is None:
            return None
        try:
            return decode(one.value or b"")
        except (MalformedMessage, Unacceptable) as fault:
            raise InvalidControl(str(fault)) from None

    def is_critical(oid: str) -> bool:
        return oid in by_oid and by_oid[oid].critical

    asked = SearchControls(
        value_of(paging.OID, paging.decode),
        value_of(sorting.REQUEST, sorting.decode),
        is_critical(sorting.REQUEST),
        value_of(windows.REQUEST, windows.decode),
        is_critical(windows.REQUEST),
        value_of(SUBENTRIES, _visibility),
    )
    if asked.paged is not None and asked.window is not None:
        raise InvalidControl("a window of a list has no pages")
    return asked


def _visibility(value: bytes) -> bool:
    start, stop = expect(value, 0, len(value), BOOLEAN)
    return boolean(value, start, stop)
