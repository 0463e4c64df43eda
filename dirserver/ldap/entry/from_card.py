"""Attributes that no entry has ready: large or rarely shown, they are read from the card."""

from __future__ import annotations

import binascii
import re
from collections.abc import Collection, Iterator

from dirserver.ldap.codec.ber import OCTET_STRING, SEQUENCE, SET, tlv
from dirserver.ldap.schema.attributes import JPEG_PHOTO, USER_CERTIFICATE
from dirserver.ldap.schema.attributetype import AttributeType
from dirserver.model.derive import derive
from dirserver.model.vcard import VCard, parse_card

_DATA_URI = "data:"
_BASE64 = ";base64"
_JPEG = re.compile(rb"\xff\xd8\xff")
# The SEQUENCE of a whole certificate in DER; keys of OpenPGP begin otherwise.
_X509 = re.compile(rb"\x30[\x82\x83].{2,}", re.DOTALL)
_BINARY = {JPEG_PHOTO: ("PHOTO", _JPEG), USER_CERTIFICATE: ("KEY", _X509)}


def encode_from_card(body: bytes, wanted: Collection[AttributeType]) -> bytes:
    """Return those of the ``wanted`` attributes that the card has, encoded."""
    card = parse_card(body)
    said = derive(card) if any(one not in _BINARY for one in wanted) else {}
    encoded = b""
    for one in wanted:
        if one in _BINARY:
            values = [*_octets(card, *_BINARY[one])]
        else:
            values = [value.encode() for field in one.fields for value in said.get(field, ())]
        if values:
            contents = b"".join([tlv(OCTET_STRING, value) for value in dict.fromkeys(values)])
            encoded += tlv(SEQUENCE, tlv(OCTET_STRING, one.name.encode()) + tlv(SET, contents))
    return encoded


def _octets(card: VCard, name: str, beginning: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield what is part of the card, and in the only format that LDAP takes."""
    for line in card.lines:
        if line.name != name:
            continue
        text = line.value.strip()
        if text[: len(_DATA_URI)].lower() == _DATA_URI:
            head, _, text = text.partition(",")
            if not head.lower().endswith(_BASE64):
                continue
        try:
            octets = binascii.a2b_base64(text.replace("\\,", ","))
        except (binascii.Error, ValueError):
            continue
        if beginning.match(octets):
            yield octets
