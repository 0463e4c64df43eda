"""Which attributes of an entry an answer shows (RFC 4511 section 4.5.1.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dirserver.ldap.codec.ber import OCTET_STRING, SEQUENCE, SET, header, tlv
from dirserver.ldap.codec.messages import (
    ExtensibleMatch,
    Filter,
    FilterAnd,
    FilterNot,
    FilterOr,
    SearchRequest,
)
from dirserver.ldap.schema.attributes import ATTRIBUTE_TYPES, MEMBER, USER_CERTIFICATE, lookup
from dirserver.ldap.schema.attributetype import AttributeType, Usage
from dirserver.ldap.schema.operational import HAS_SUBORDINATES, NUM_SUBORDINATES
from dirserver.model.fields import PHONES, is_hidden

_SHOWN = tuple(one for one in ATTRIBUTE_TYPES if one.oid)
_NUMBERS = frozenset(one.name.encode() for one in _SHOWN if not PHONES.isdisjoint(one.fields))
_SINGLE_NUMBERS = frozenset(
    one.name.encode() for one in _SHOWN if one.single_valued and one.name.encode() in _NUMBERS
)
_OPERATIONAL = {one.name.encode(): None for one in _SHOWN if one.usage is not Usage.USER}
_FROM_CARD = tuple(one for one in _SHOWN if not one.kept and one is not MEMBER)
_SUBORDINATES = frozenset({HAS_SUBORDINATES, NUM_SUBORDINATES})
# Who asks for a name asks for any (RFC 4512 section 2.5.1).
_SUBTYPES = {
    name: tuple(one for one in _SHOWN if one.superior == name)
    for name in {one.superior for one in _SHOWN if one.superior is not None}
}
_NO_VALUES = tlv(SET, b"")


def _is_hidden(one: AttributeType, hidden: frozenset[str]) -> bool:
    return any(is_hidden(field, hidden) for field in one.fields)


# As many keys as there are different lists in the config's grants.
@lru_cache(maxsize=256)
def _visible(hidden: frozenset[str]) -> Mapping[bytes, None]:
    """Return the names of the user attributes that one may see from whom ``hidden`` is kept."""
    return {
        one.name.encode(): None
        for one in _SHOWN
        if one.usage is Usage.USER and not one.only_named and not _is_hidden(one, hidden)
    }


@lru_cache(maxsize=256)
def _hides_kept(hidden: frozenset[str]) -> bool:
    """Say whether something is kept with entries that one may not see."""
    return any(one.kept and _is_hidden(one, hidden) for one in _SHOWN)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which attributes a search asks for.

    ``named`` pairs an attribute type with the name that the client used for it.
    """

    all_user: bool
    all_operational: bool
    named: tuple[tuple[AttributeType, str], ...]

    @classmethod
    def parse(cls, attributes: Sequence[str]) -> Selection:
        """Read the list of a search request; what the schema does not know is passed over."""
        named: dict[AttributeType, str] = {}
        for description in attributes:
            one = lookup(description)
            if one is not None and one.oid:
                name = description.strip()
                if one is USER_CERTIFICATE and ";" not in name:
                    # It has no other form (RFC 4523 section 2.1).
                    name += ";binary"
                named.setdefault(one, name)
        for subtype in [one for asked in named for one in _SUBTYPES.get(asked.name, ())]:
            named.setdefault(subtype, subtype.name)
        return cls(not attributes or "*" in attributes, "+" in attributes, tuple(named.items()))

    @property
    def wants_operational(self) -> bool:
        """Whether any operational attribute is asked for, so that it is worth making them."""
        return self.all_operational or any(one.usage is not Usage.USER for one, _ in self.named)


def asks_for_subordinates(request: SearchRequest) -> bool:
    """Say whether a search shows what is below entries, or looks for it."""
    if request.about is None:
        return _names_subordinates(request.attributes) or _tests_subordinates(request.filter)
    return _names_subordinates(request.attributes) or _names_subordinates(request.about)


# Clients of one kind name the same attributes.
@lru_cache(maxsize=256)
def _names_subordinates(attributes: tuple[str, ...]) -> bool:
    return "+" in attributes or not _SUBORDINATES.isdisjoint(map(lookup, attributes))


def _tests_subordinates(filter_: Filter) -> bool:
    match filter_:
        case FilterOr(parts) | FilterAnd(parts):
            return any(map(_tests_subordinates, parts))
        case FilterNot(part):
            return _tests_subordinates(part)
        case ExtensibleMatch(attribute=None):
            # It is about all that its rule is for.
            return True
        case _:
            return lookup(filter_.attribute or "") in _SUBORDINATES


class Projection:
    """How entries look in the answer to one search, to one principal.

    Made once for a search in a book; ``hidden`` are the vCard properties that the principal may
    not see. A client that asks by another name of an attribute gets it under that name.
    ``rewrite_numbers`` is what becomes of each telephone number; where there may be only one,
    the first.
    """

    __slots__ = ("_names", "_rewrite", "_types_only", "_verbatim", "_wants_operational")

    def __init__(
        self,
        selection: Selection,
        hidden: frozenset[str] = frozenset(),
        *,
        types_only: bool = False,
        rewrite_numbers: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self._types_only = types_only
        self._rewrite = rewrite_numbers
        self._wants_operational = selection.wants_operational
        # What is kept, with the header of another name when the client has one.
        self._names: dict[bytes, bytes | None] = {}
        if selection.all_user:
            self._names.update(_visible(hidden))
        if selection.all_operational:
            self._names.update(_OPERATIONAL)
        renames = False
        for one, asked in selection.named:
            if not _is_hidden(one, hidden):
                renamed = None if asked == one.name else tlv(OCTET_STRING, asked.encode())
                self._names[one.name.encode()] = renamed
                renames = renames or renamed is not None
        self._verbatim = (
            selection.all_user
            and not _hides_kept(hidden)
            and not renames
            and not types_only
            and rewrite_numbers is None
        )

    @property
    def is_verbatim(self) -> bool:
        """Whether an entry is shown as it is kept, but for operational attributes."""
        return self._verbatim

    @property
    def from_card(self) -> tuple[AttributeType, ...]:
        """What is shown of a card that is not kept with its entry."""
        return tuple(one for one in _FROM_CARD if one.name.encode() in self._names)

    @property
    def shows_members(self) -> bool:
        """Whether it is shown of groups whom they have."""
        return MEMBER.name.encode() in self._names

    def select_more(self, more: bytes) -> bytes:
        """Return what is shown of attributes that were read from the card, encoded."""
        return self._cut(more)

    def select(self, user: bytes, operational: bytes = b"") -> bytes:
        """Return what is shown of an entry's encoded attributes."""
        shown = user if self._verbatim else self._cut(user)
        return shown + self._cut(operational) if self._wants_operational else shown

    def _cut(self, blob: bytes) -> bytes:
        """Walk over attributes that this module has encoded, so that their lengths hold."""
        names = self._names
        kept = []
        at = 0
        end = len(blob)
        while at < end:
            size = blob[at + 1]
            start = at + 2
            if size >= 0x80:
                start += size & 0x7F
                size = int.from_bytes(blob[at + 2 : start], "big")
            stop = start + size
            values = start + 2 + blob[start + 1]
            name = blob[start + 2 : values]
            if name in names:
                renamed = names[name]
                if self._types_only:
                    kept.append(tlv(SEQUENCE, (renamed or blob[start:values]) + _NO_VALUES))
                elif self._rewrite is not None and name in _NUMBERS:
                    single = name in _SINGLE_NUMBERS
                    numbers = _rewritten(blob, values, stop, self._rewrite, single=single)
                    kept.append(tlv(SEQUENCE, (renamed or blob[start:values]) + numbers))
                elif renamed is None:
                    kept.append(blob[at:stop])
                else:
                    kept.append(tlv(SEQUENCE, renamed + blob[values:stop]))
            at = stop
        return b"".join(kept)


def _rewritten(
    blob: bytes, at: int, end: int, rewrite: Callable[[str], Sequence[str]], *, single: bool
) -> bytes:
    """Return a set of numbers with each rewritten; two may become the same and are then one."""
    _tag, at, end = header(blob, at, end)
    numbers: dict[str, None] = {}
    while at < end:
        _tag, start, at = header(blob, at, end)
        numbers.update(dict.fromkeys(rewrite(blob[start:at].decode())[: 1 if single else None]))
    return tlv(SET, b"".join([tlv(OCTET_STRING, number.encode()) for number in numbers]))
