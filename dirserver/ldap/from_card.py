"""Attributes that no entry has ready: large or rarely shown, they are read from the card."""

from __future__ import annotations

import binascii
from collections.abc import Collection, Iterator

from dirserver.ldap.ber import OCTET_STRING, SEQUENCE, SET, tlv
from dirserver.ldap.schema import JPEG_PHOTO, AttributeType
from dirserver.model.derive import derive
from dirserver.model.vcard import VCard, parse_card

_DATA_URI = "data:"
_BASE64 = ";base64"
_JPEG = b"\xff\xd8\xff"


def encode_from_card(body: bytes, wanted: Collection[AttributeType]) -> bytes:
    """Return those of the ``wanted`` attributes that the card has, encoded."""
    card = parse_card(body)
    said = derive(card) if any(one is not JPEG_PHOTO for one in wanted) else {}
    encoded = b""
    for one in wanted:
        if one is JPEG_PHOTO:
            values = [*_pictures(card)]
        else:
            values = [value.encode() for field in one.fields for value in said.get(field, ())]
        if values:
            contents = b"".join([tlv(OCTET_STRING, value) for value in dict.fromkeys(values)])
            encoded += tlv(SEQUENCE, tlv(OCTET_STRING, one.name.encode()) + tlv(SET, contents))
    return encoded


def _pictures(card: VCard) -> Iterator[bytes]:
    """Yield the photographs that are part of the card and in the only format LDAP takes."""
    for line in card.lines:
        if line.name != "PHOTO":
            continue
        text = line.value.strip()
        if text[: len(_DATA_URI)].lower() == _DATA_URI:
            head, _, text = text.partition(",")
            if not head.lower().endswith(_BASE64):
                continue
        try:
            picture = binascii.a2b_base64(text.replace("\\,", ","))
        except (binascii.Error, ValueError):
            continue
        if picture.startswith(_JPEG):
            yield picture
