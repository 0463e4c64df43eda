"""Entries as octets: PartialAttributes one after the other (RFC 4511 section 4.5.2).

Those of a card are made once, when it is written, in the order of the schema, and stored with
it; ``selection`` cuts them to measure when they are read.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from dirserver.ldap.codec.ber import OCTET_STRING, SEQUENCE, SET, tlv
from dirserver.ldap.dit.dn import SUBSCHEMA
from dirserver.ldap.schema import generalized_time
from dirserver.ldap.schema.attributes import (
    ATTRIBUTE_TYPES,
    CN,
    MEMBER,
    OBJECT_CLASS,
    SN,
    UID,
    lookup,
)
from dirserver.ldap.schema.attributetype import AttributeType, Usage
from dirserver.ldap.schema.objectclass import (
    CARD_CLASSES,
    CARD_STRUCTURAL_CLASS,
    GROUP_CLASSES,
    GROUP_STRUCTURAL_CLASS,
)
from dirserver.ldap.schema.operational import (
    CREATE_TIMESTAMP,
    ENTRY_DN,
    ENTRY_UUID,
    HAS_SUBORDINATES,
    MODIFY_TIMESTAMP,
    NUM_SUBORDINATES,
    STRUCTURAL_OBJECT_CLASS,
    SUBSCHEMA_SUBENTRY,
)
from dirserver.ldap.schema.syntaxes import POSTAL_ADDRESS
from dirserver.model.fields import Field
from dirserver.model.fold import lines_of, one_line

_OF_CARDS = tuple(
    one for one in ATTRIBUTE_TYPES if one.oid and one.usage is Usage.USER and one.kept
)
# By their places among these: those that every card has, and those that are made of a field.
_ALWAYS = frozenset(at for at, one in enumerate(_OF_CARDS) if not one.fields or one in (CN, SN))
_MADE_OF = {
    field: tuple(at for at, one in enumerate(_OF_CARDS) if field in one.fields) for field in Field
}
# The one field of most, which is shown as it is where it has one value on one line.
_PLAIN = tuple(
    one.fields[0]
    if len(one.fields) == 1 and one not in (CN, SN) and one.syntax is not POSTAL_ADDRESS
    else None
    for one in _OF_CARDS
)

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAMESPACE = uuid.UUID("2a4c5bd2-2612-4c00-976d-7a42716fcf97")
_LONGEST_PACKED_KEY = 15
# Such a length has more than one octet.
_LONG = 0x80


def encode_attributes(fields: Mapping[Field, tuple[str, ...]], key: str) -> bytes:
    """Return the user attributes of a card, encoded.

    cn and sn, which a person must have (RFC 4519 section 3.12), fall back to the full name and
    then to the key.
    """
    # Most cards say little.
    there = _ALWAYS.union(*[_MADE_OF[field] for field in fields])
    encoded = []
    for at in sorted(there):
        only = _PLAIN[at]
        values: Sequence[str] = () if only is None else fields[only]
        if len(values) != 1 or not values[0].isprintable() or not values[0].strip():
            values = _values(_OF_CARDS[at], fields, key)
        if values:
            encoded.append(_attribute(_ENCODED[at], values))
    return b"".join(encoded)


def _values(one: AttributeType, fields: Mapping[Field, tuple[str, ...]], key: str) -> Sequence[str]:
    if one is OBJECT_CLASS:
        return GROUP_CLASSES if Field.KIND in fields else CARD_CLASSES
    if one is UID:
        return (key,)
    said = [value for field in one.fields for value in fields.get(field, ()) if value.strip()]
    if len(said) > 1:
        # The same may not be there twice (RFC 4511 section 4.1.7), and rules ignore case.
        distinct: dict[str, str] = {}
        for value in said:
            distinct.setdefault(value.casefold(), value)
        said = list(distinct.values())
    spell = _postal_address if one.syntax is POSTAL_ADDRESS else one_line
    values = list(map(spell, said))
    if not values and one is SN:
        values = [value for value in fields.get(Field.FULL_NAME, ()) if value.strip()]
    if not values and one in (CN, SN):
        values = [key]
    return values[:1] if one.single_valued else values


def _postal_address(value: str) -> str:
    """Return the lines of an address as RFC 4517 section 3.3.28 joins them."""
    return "$".join([line.replace("\\", "\\5C").replace("$", "\\24") for line in lines_of(value)])


def is_group(attributes: bytes) -> bool:
    """Say whether these attributes, as they are kept of a card, are those of a group."""
    return attributes.startswith(_GROUP)


def groups_among(cards: Sequence[bytes]) -> list[int]:
    """Return which of the cards with these attributes are groups, by their places."""
    return [at for at, attributes in enumerate(cards) if attributes.startswith(_GROUP)]


def encode_member(names: Iterable[str]) -> bytes:
    """Return the attribute of a group that has the DNs of its members; nothing without any."""
    encoded = [*names]
    return _partial_attribute(MEMBER.name, encoded) if encoded else b""


def encode_operational(
    dn: str, key: str, created: datetime, modified: datetime, *, group: bool = False
) -> bytes:
    """Return the operational attributes of a card, encoded (RFC 4512 section 3.4)."""
    structural = GROUP_STRUCTURAL_CLASS if group else CARD_STRUCTURAL_CLASS
    return b"".join(
        [
            _partial_attribute(one.name, (value,))
            for one, value in (
                (STRUCTURAL_OBJECT_CLASS, structural),
                (ENTRY_UUID, entry_uuid(key)),
                (CREATE_TIMESTAMP, generalized_time.unparse(created)),
                (MODIFY_TIMESTAMP, generalized_time.unparse(modified)),
                (ENTRY_DN, dn),
                (HAS_SUBORDINATES, "FALSE"),
                (NUM_SUBORDINATES, "0"),
                (SUBSCHEMA_SUBENTRY, SUBSCHEMA),
            )
        ]
    )


def encode_container(attributes: Mapping[str, Sequence[str]]) -> tuple[bytes, bytes]:
    """Return the user and the operational attributes of an entry that is no card, encoded.

    Raises LookupError for an attribute that the schema does not have.
    """
    user = operational = b""
    for name, values in attributes.items():
        one = lookup(name)
        if one is None:
            raise LookupError(f"the schema has no attribute {name}")
        encoded = _partial_attribute(one.name, values)
        if one.usage is Usage.USER:
            user += encoded
        else:
            operational += encoded
    return user, operational


def entry_uuid(key: str) -> str:
    """Return the entryUUID of the card with this key (RFC 4530).

    It is made of the key, so that neither must be stored beside the other; of a short one in
    such a way that ``key_of`` finds it again (a UUID of version 8, RFC 9562 section 5.8).
    """
    octets = key.encode()
    if len(octets) > _LONGEST_PACKED_KEY or octets.startswith(b"\0"):
        # Not to be told apart once it is a number.
        return str(uuid.uuid5(_NAMESPACE, key))
    packed = int.from_bytes(octets, "big")
    high, middle, low = packed >> 74, packed >> 62 & 0xFFF, packed & (1 << 62) - 1
    return str(uuid.UUID(int=high << 80 | 8 << 76 | middle << 64 | 2 << 62 | low))


def is_uuid(text: str) -> bool:
    """Say whether the text is a UUID, as RFC 4530 has it."""
    return _UUID.fullmatch(text) is not None


def key_of(entry_uuid: str) -> str | None:
    """Return the key that was made into this entryUUID, or None when no key was."""
    try:
        found = uuid.UUID(entry_uuid)
    except ValueError:
        return None
    if found.variant != uuid.RFC_4122 or found.version != 8:
        return None
    value = found.int
    packed = value >> 80 << 74 | (value >> 64 & 0xFFF) << 62 | value & (1 << 62) - 1
    if not packed:
        return None
    try:
        return packed.to_bytes((packed.bit_length() + 7) // 8, "big").decode()
    except UnicodeDecodeError:
        return None


def _partial_attribute(name: str, values: Sequence[str]) -> bytes:
    return _attribute(_encoded(name), values)


def _attribute(named: bytes, values: Sequence[str]) -> bytes:
    if len(values) == 1:
        value = values[0].encode()
        size, whole = len(value), len(named) + len(value) + 4
        if whole < _LONG:
            # As nearly all are: four tags and three lengths of one octet each, at once.
            parts = (SEQUENCE, whole, named, SET, size + 2, OCTET_STRING, size, value)
            return b"%c%c%b%c%c%c%c%b" % parts
    encoded = b"".join([tlv(OCTET_STRING, value.encode()) for value in values])
    return tlv(SEQUENCE, named + tlv(SET, encoded))


@lru_cache(maxsize=256)
def _encoded(name: str) -> bytes:
    return tlv(OCTET_STRING, name.encode())


_ENCODED = tuple(_encoded(one.name) for one in _OF_CARDS)
# Where entries begin with their classes, this tells groups from persons.
_GROUP = _partial_attribute(OBJECT_CLASS.name, GROUP_CLASSES)
