"""What the attributes of a directory become in cards: Active Directory's and inetOrgPerson's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from dirserver.exchange.formats.identity import Identities
from dirserver.exchange.formats.layout import Wishes
from dirserver.exchange.formats.ldif import Entry
from dirserver.exchange.formats.ldifcontacts import card_of
from dirserver.exchange.formats.targets import NOTHING, Target, parse_target
from dirserver.exchange.sources.client import RawEntry
from dirserver.exchange.sources.targets import PHOTO
from dirserver.exchange.vcards import ReadCard

_LARGEST_PHOTO = 1024 * 1024
_LONGEST = 100_000
# Notes are left to people; what else a directory has in descriptions is for its own admins.
_BOTH = {
    # What people call themselves; the other one is at times an account.
    "displayName": "FN",
    "cn": "FN",
    "givenName": "N.given",
    "sn": "N.family",
    "personalTitle": "N.prefix",
    "title": "TITLE",
    "mail": "EMAIL;work",
    "telephoneNumber": "TEL;work",
    "homePhone": "TEL;home",
    "mobile": "TEL;cell",
    "pager": "TEL;pager",
    "facsimileTelephoneNumber": "TEL;fax,work",
    "l": "ADR.city;work",
    "st": "ADR.region;work",
    "postalCode": "ADR.code;work",
    "manager": "RELATED;label=Manager",
}
_ACTIVE_DIRECTORY = {
    "company": "ORG.name",
    "department": "ORG.unit",
    "streetAddress": "ADR.street;work",
    "postOfficeBox": "ADR.box;work",
    "co": "ADR.country;work",
    "ipPhone": "TEL;label=IP",
    "otherTelephone": "TEL;work",
    "otherMobile": "TEL;cell",
    "otherHomePhone": "TEL;home",
    "wWWHomePage": "URL;work",
    "thumbnailPhoto": PHOTO,
}
_INET_ORG_PERSON = {
    "o": "ORG.name",
    "ou": "ORG.unit",
    "street": "ADR.street;work",
    "postOfficeBox": "ADR.box;work",
    "c": "ADR.country;work",
    "labeledURI": "URL;work",
    "secretary": "RELATED;label=Assistant",
    "jpegPhoto": PHOTO,
}
# Accounts that are disabled are of people who have left; a contact has no account.
_PEOPLE_OF_ACTIVE_DIRECTORY = (
    "(&(objectCategory=person)(|(objectClass=contact)"
    "(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))))"
)
_PEOPLE = "(objectClass=inetOrgPerson)"
# By these an entry is known again, whatever becomes of its name.
_KEYS = ("entryUUID", "objectGUID", "nsUniqueId")
_FIRST_OF_A_DN = re.compile(r"[A-Za-z][A-Za-z0-9-]*=((?:[^,+\\]|\\.)*)(?:[,+]|$)")


@dataclass(frozen=True, slots=True)
class Schema:
    """What is asked of a directory, and what becomes of it. Names are in lower case."""

    filter: str
    attributes: tuple[str, ...]
    targets: Mapping[str, Target]
    photos: frozenset[str]


def schema_of(mapping: Mapping[str, str], filter_: str, *, is_active_directory: bool) -> Schema:
    """Return what is asked of a directory of that kind.

    ``mapping`` adds to what attributes become by themselves, or says it otherwise. Raises
    BadTarget.
    """
    own = _ACTIVE_DIRECTORY if is_active_directory else _INET_ORG_PERSON
    becomes = {name.lower(): to for name, to in (_BOTH | own).items()}
    becomes |= {name.lower(): to for name, to in mapping.items()}
    photos = frozenset(name for name, to in becomes.items() if to == PHOTO)
    targets = {name: parse_target(to) for name, to in becomes.items() if name not in photos}
    usual = _PEOPLE_OF_ACTIVE_DIRECTORY if is_active_directory else _PEOPLE
    wanted = [name for name, to in becomes.items() if to != NOTHING]
    return Schema(filter_ or usual, (*wanted, *_KEYS), targets, photos)


def read_people(
    entries: Iterable[RawEntry], schema: Schema, wishes: Wishes, source: str
) -> Iterator[ReadCard]:
    """Yield the cards of people, each with a UID that stays when the entry is renamed."""
    identities = Identities(f"ldap {source}")
    for number, raw in enumerate(entries, 1):
        values = _texts(raw, schema)
        photo = _photo(raw, schema)
        entry = Entry(0, raw.dn, values)
        yield card_of(entry, number, schema.targets, wishes, identities, photo=photo)


def _texts(raw: RawEntry, schema: Schema) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    # In the order of the schema, so that the same entry gives the same card.
    for name, target in schema.targets.items():
        texts = [text for value in raw.values.get(name, ()) if (text := _text(value))]
        if target.name == "RELATED":
            texts = [_named(text) for text in texts]
        if texts:
            found[name] = texts
    if uid := _key(raw):
        found["entryuuid"] = [uid]
    elif unique := raw.values.get("nsuniqueid"):
        found["nsuniqueid"] = [_text(unique[0])]
    return found


def _key(raw: RawEntry) -> str:
    for value in raw.values.get("entryuuid", ()):
        return _text(value)
    for value in raw.values.get("objectguid", ()):
        if len(value) == 16:
            # As Microsoft writes it, so that an admin finds it there.
            return str(UUID(bytes_le=bytes(value)))
    return ""


def _text(value: bytes) -> str:
    return value[:_LONGEST].decode("utf-8", "replace").strip()


def _named(text: str) -> str:
    """Return whom a distinguished name is of; any other text stays as it is."""
    found = _FIRST_OF_A_DN.match(text)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else text


def _photo(raw: RawEntry, schema: Schema) -> bytes:
    for name in sorted(schema.photos):
        for value in raw.values.get(name, ()):
            if 0 < len(value) <= _LARGEST_PHOTO:
                return bytes(value)
    return b""
