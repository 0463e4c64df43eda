"""Sorting on the server's side (RFC 2891)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dirserver.ldap.codec.ber import (
    ENUMERATED,
    SEQUENCE,
    boolean,
    encode_integer,
    expect,
    header,
    tlv,
)
from dirserver.ldap.codec.ber import OCTET_STRING as STRING
from dirserver.ldap.codec.decode_filter import Unacceptable, text
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import Control
from dirserver.ldap.schema import generalized_time
from dirserver.ldap.schema.attributes import UID, lookup
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.ldap.schema.operational import CREATE_TIMESTAMP, MODIFY_TIMESTAMP
from dirserver.ldap.schema.syntaxes import GENERALIZED_TIME, MATCHING_RULES
from dirserver.ldap.search.values import text_of
from dirserver.model.fields import PHONES, Field
from dirserver.model.fold import fold
from dirserver.model.number_reading import digits_of
from dirserver.model.ordering import BY_NAME, Fact, Order, SortKey

REQUEST = "1.2.840.113556.1.4.473"
RESPONSE = "1.2.840.113556.1.4.474"
_MOST_KEYS = 8
_FACTS = {UID: Fact.KEY, CREATE_TIMESTAMP: Fact.CREATED, MODIFY_TIMESTAMP: Fact.MODIFIED}
_OIDS = {rule.name.lower(): rule.oid for rule in MATCHING_RULES}
_TEXT_RULES = frozenset({"2.5.13.3"})  # caseIgnoreOrderingMatch
_TIME_RULES = frozenset({"2.5.13.28"})  # generalizedTimeOrderingMatch


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """One sort key, as a client has it."""

    attribute: str
    rule: str | None
    reverse: bool


@dataclass(frozen=True, slots=True)
class Sorting:
    """What becomes of the sort keys of a request; with another ``code`` it is not sorted.

    ``attribute`` is the one at fault. ``keys`` are the same for entries that are no cards.
    """

    code: ResultCode = ResultCode.SUCCESS
    attribute: str = ""
    order: Order = BY_NAME
    keys: tuple[tuple[AttributeType, bool], ...] = ()

    @property
    def containers_last(self) -> bool:
        """Whether entries that are no cards, and so mostly have nothing to sort by, come last."""
        return bool(self.order) and not self.order[0].reverse

    @property
    def response(self) -> Control:
        """The control of the result."""
        said = encode_integer(self.code, ENUMERATED)
        if self.attribute:
            said += tlv(0x80, self.attribute.encode())
        return Control(RESPONSE, value=tlv(SEQUENCE, said))


# What nearly all ask for.
UNSORTED = Sorting()


def decode(value: bytes) -> tuple[AttributeKey, ...]:
    """Read the value of a request's control. Raises MalformedMessage, Unacceptable."""
    at, end = expect(value, 0, len(value), SEQUENCE)
    keys = []
    while at < end:
        inner, at = expect(value, at, end, SEQUENCE)
        keys.append(_key(value, inner, at))
    if not keys:
        raise Unacceptable("there is nothing to sort by")
    return tuple(keys)


def _key(value: bytes, at: int, end: int) -> AttributeKey:
    start, at = expect(value, at, end, STRING)
    attribute, rule, reverse = text(value, start, at), None, False
    while at < end:
        tag, start, at = header(value, at, end)
        if tag == 0x80:
            rule = text(value, start, at)
        elif tag == 0x81:
            reverse = boolean(value, start, at)
    return AttributeKey(attribute, rule, reverse)


def plan(asked: tuple[AttributeKey, ...]) -> Sorting:
    """Return how to sort by what is asked, or why it cannot be done (RFC 2891 section 1.2)."""
    order: dict[Field | Fact, SortKey] = {}
    keys: list[tuple[AttributeType, bool]] = []
    for key in asked:
        one = lookup(key.attribute)
        by = None if one is None else _by(one)
        if one is None or by is None:
            return Sorting(ResultCode.NO_SUCH_ATTRIBUTE, key.attribute)
        if key.rule is not None and not _fits(key.rule, one):
            return Sorting(ResultCode.INAPPROPRIATE_MATCHING, key.attribute)
        if any(known is one for known, _ in keys):
            # An attribute should be there only once; two of the same facts do no harm.
            return Sorting(ResultCode.UNWILLING_TO_PERFORM, key.attribute)
        keys.append((one, key.reverse))
        order.setdefault(by, SortKey(by, key.reverse))
    if len(keys) > _MOST_KEYS:
        return Sorting(ResultCode.ADMIN_LIMIT_EXCEEDED)
    return Sorting(order=tuple(order.values()), keys=tuple(keys))


def _by(one: AttributeType) -> Field | Fact | None:
    fact = _FACTS.get(one)
    if fact is not None:
        return fact
    return one.fields[0] if one.oid and one.fields else None


def _fits(rule: str, one: AttributeType) -> bool:
    oid = _OIDS.get(rule.lower(), rule)
    return oid in (_TIME_RULES if one.syntax is GENERALIZED_TIME else _TEXT_RULES)


def bound(value: bytes, key: SortKey) -> str | datetime | None:
    """Return the value of a first sort key that an assertion stands for; None if it is none."""
    said = text_of(value)
    if said is None:
        return None
    if key.by in (Fact.CREATED, Fact.MODIFIED):
        return generalized_time.parse(said)
    if key.by is Fact.KEY:
        return said.strip().lower()
    return digits_of(said) if key.by in PHONES else fold(said)
