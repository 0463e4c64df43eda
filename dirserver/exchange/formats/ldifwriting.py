"""Contacts as LDIF (RFC 2849), with the attributes that Thunderbird and directories know."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Set
from uuid import UUID

from dirserver.exchange.formats.contact import Contact, Said

_SAFE = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\x1f!-9;=-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*")
_SPECIAL = re.compile(r'([,+"\\<>;=#])')
_WIDTH = 76
_CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha")


def write_ldif(contacts: Callable[[], Iterator[Contact]]) -> Iterator[bytes]:
    """Yield an LDIF file; lists name their members by their dn."""
    wanted: set[str] = set()
    seen: set[str] = set()
    namesakes: set[str] = set()
    for contact in contacts():
        wanted.update(contact.members if contact.is_list else ())
        folded = _dn(contact).casefold()
        (namesakes if folded in seen else seen).add(folded)
    names: dict[str, str] = {}
    for contact, dn, _ in _named(contacts(), namesakes) if wanted else ():
        if contact.uid in wanted:
            names.setdefault(contact.uid, dn)
    yield b"version: 1\n"
    for contact, dn, uid in _named(contacts(), namesakes):
        lines = [("dn", dn), ("uid", uid)]
        if contact.is_list:
            lines += [("objectclass", "top"), ("objectclass", "groupOfNames")]
            lines += _uid(contact)
            lines += [("cn", contact.name()), ("mozillaNickname", contact.nickname)]
            lines += [("description", "\n".join(contact.notes))]
            lines += [("member", names[uid]) for uid in contact.members if uid in names]
        else:
            lines += [("objectclass", name) for name in _CLASSES]
            lines += _person(contact)
        yield b"\n" + b"".join(_line(name, value) for name, value in lines if value)


def _person(contact: Contact) -> Iterator[tuple[str, str]]:
    yield from _uid(contact)
    yield "cn", contact.name()
    # The schema asks for a surname of everybody.
    yield "sn", contact.family or contact.name()
    yield "givenName", contact.given
    yield "personalTitle", contact.prefix
    yield "mozillaNickname", contact.nickname
    yield "o", contact.organisation
    yield "ou", contact.unit
    yield "title", contact.title
    yield "employeeType", contact.role
    for index, mail in enumerate(contact.mails):
        yield ("mozillaSecondEmail" if index == 1 else "mail"), mail.text
    for phone in contact.phones:
        yield _telephone(phone), phone.text
    for address in contact.addresses:
        is_home = "home" in address.types
        prefix, second = ("mozillaHome", "mozillaHomeStreet2") if is_home else ("", "")
        street, _, rest = address.street.partition("\n")
        yield (f"{prefix}Street" if is_home else "street"), street
        yield (second or "mozillaWorkStreet2"), rest
        yield ("mozillaHomeLocalityName" if is_home else "l"), address.city
        yield ("mozillaHomeState" if is_home else "st"), address.region
        yield ("mozillaHomePostalCode" if is_home else "postalCode"), address.code
        yield ("mozillaHomeCountryName" if is_home else "c"), address.country
        if not is_home:
            yield "postOfficeBox", address.box
    for url in contact.urls:
        yield ("mozillaHomeUrl" if "home" in url.types else "mozillaWorkUrl"), url.text
    for messenger in contact.messengers:
        yield "nsAIMid", messenger.text
    yield from _birthday(contact.birthday)
    yield "description", "\n".join(contact.notes)


def _birthday(day: str) -> Iterator[tuple[str, str]]:
    found = re.fullmatch(r"(\d{4}|-)-(\d\d)-(\d\d)", day)
    if found:
        yield "birthyear", found[1].strip("-")
        yield "birthmonth", str(int(found[2]))
        yield "birthday", str(int(found[3]))


def _telephone(phone: Said) -> str:
    for kind, name in (
        ("fax", "facsimileTelephoneNumber"),
        ("pager", "pager"),
        ("cell", "mobile"),
        ("home", "homePhone"),
    ):
        if kind in phone.types:
            return name
    return "otherTelephone" if phone.label and "work" not in phone.types else "telephoneNumber"


def _uid(contact: Contact) -> list[tuple[str, str]]:
    """The UID as the id that an entry has for all time (RFC 4530), where it can be that."""
    try:
        return [("entryUUID", str(UUID(contact.uid.removeprefix("urn:uuid:"))))]
    except ValueError:
        return []


def _named(contacts: Iterator[Contact], namesakes: Set[str]) -> Iterator[tuple[Contact, str, str]]:
    """Yield each contact with its dn, which no other has, and what is the ``uid`` in that.

    Only ``namesakes`` have one: those who would have the same dn, if in another case. Who has the
    same UID as well, as a card that is in two books, is numbered.
    """
    given: set[str] = set()
    for contact in contacts:
        dn, uid = _dn(contact), ""
        if dn.casefold() in namesakes:
            dn, uid, times = _dn(contact, contact.uid), contact.uid, 1
            while dn.casefold() in given:
                times += 1
                uid = f"{contact.uid} {times}"
                dn = _dn(contact, uid)
            given.add(dn.casefold())
        yield contact, dn, uid


def _dn(contact: Contact, uid: str = "") -> str:
    """The dn that Thunderbird writes, with another value in it if that is not enough."""
    mail = f",mail={_escaped(contact.mails[0].text)}" if contact.mails else ""
    more = f"+uid={_escaped(uid)}" if uid else ""
    return f"cn={_escaped(contact.name() or contact.uid)}{more}{mail}"


def _escaped(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(value.split()))


def _line(name: str, value: str) -> bytes:
    if _SAFE.fullmatch(value) and value.isascii() and not value.endswith(" "):
        text = f"{name}: {value}"
    else:
        text = f"{name}:: {b64encode(value.encode()).decode()}"
    pieces = [text[:_WIDTH]]
    pieces += [f" {text[at : at + _WIDTH - 1]}" for at in range(_WIDTH, len(text), _WIDTH - 1)]
    return "\n".join(pieces).encode() + b"\n"
