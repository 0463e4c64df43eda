"""Distinguished names: their text (RFC 4514), their comparison, and what they name here.

The tree: the suffix; ``ou=<book>`` below it with ``uid=<key>`` for each card; ``ou=users`` with
``uid=<login>`` for each who logs in. The root DSE and cn=Subschema stand outside it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from dirserver.ldap.codec.ber import header
from dirserver.ldap.codec.messages import MalformedMessage
from dirserver.ldap.schema.attributes import lookup
from dirserver.ldap.schema.syntaxes import without_controls

RDN: TypeAlias = tuple[tuple[str, str], ...]
DN: TypeAlias = tuple[RDN, ...]

USERS = "users"
_LONGEST_KEPT = 256
SUBSCHEMA = "cn=Subschema"


class InvalidDN(Exception):
    """The text is not a distinguished name."""


@dataclass(frozen=True, slots=True)
class Root:
    """The root DSE."""


@dataclass(frozen=True, slots=True)
class Subschema:
    """The subschema entry."""


@dataclass(frozen=True, slots=True)
class Suffix:
    """The entry above all books."""


@dataclass(frozen=True, slots=True)
class BookDN:
    """A book, or what would be one."""

    slug: str


@dataclass(frozen=True, slots=True)
class CardDN:
    """A card of a book, or what would be one."""

    slug: str
    key: str


@dataclass(frozen=True, slots=True)
class UsersDN:
    """The entry above all who log in."""


@dataclass(frozen=True, slots=True)
class UserDN:
    """Someone who logs in, or would."""

    login: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A name that nothing here can have."""


Location: TypeAlias = Root | Subschema | Suffix | BookDN | CardDN | UsersDN | UserDN | Elsewhere

# RFC 4514 wants no blanks; RFC 2253 and people put them around every sign.
_TYPE = re.compile(r" *(?:oid\.)?([a-z][a-z0-9-]*|[0-9]+(?:\.[0-9]+)*) *= *", re.IGNORECASE)
_PLAIN = re.compile(r'[^\\,+;"<>\x00]+')
_QUOTED = re.compile(r'[^\\"\x00]+')
# What most keys and names are, in which there is nothing to escape.
_HARMLESS = re.compile(r"[0-9A-Za-z_.@-]+")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_HEX_STRING = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ESCAPABLE = frozenset(' "#+,;<=>\\')
_SEPARATORS = frozenset(",;+")
# The string types of ASN.1 whose octets are also UTF-8, or nearly always so.
_STRING_TAGS = frozenset({0x04, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A})


def parse(text: str) -> DN:
    """Return the RDNs of a DN, types in lower case, values without their escapes.

    Takes what RFC 4514 defines, and of LDAPv2 the quotes, the semicolons and the blanks.
    Raises InvalidDN.
    """
    if not text.strip(" "):
        return ()
    rdns: list[RDN] = []
    rdn: list[tuple[str, str]] = []
    at = 0
    while True:
        found = _TYPE.match(text, at)
        if found is None:
            raise InvalidDN("an attribute type is missing")
        value, at = _value(text, found.end())
        rdn.append((found[1].lower(), value))
        if at < len(text) and text[at] == "+":
            at += 1
            continue
        rdns.append(tuple(rdn))
        rdn = []
        if at == len(text):
            return tuple(rdns)
        at += 1


def _value(text: str, at: int) -> tuple[str, int]:
    """Read the value at ``at``; return it and the place of what separates it from the next."""
    if text[at : at + 1] == "#":
        value, at = _hex_value(text, at + 1)
    elif text[at : at + 1] == '"':
        value, at = _string_value(text, at + 1, _QUOTED, quoted=True)
    else:
        return _string_value(text, at, _PLAIN, quoted=False)
    while text[at : at + 1] == " ":
        at += 1
    if at < len(text) and text[at] not in _SEPARATORS:
        raise InvalidDN("something follows a value")
    return value, at


def _string_value(text: str, at: int, plain: re.Pattern[str], *, quoted: bool) -> tuple[str, int]:
    octets = bytearray()
    # Blanks at the end count only when they are escaped, or quoted.
    solid = 0
    try:
        while at < len(text):
            if found := plain.match(text, at):
                octets += found[0].encode()
                at = found.end()
            elif text[at] == "\\":
                escaped, at = _escape(text, at + 1)
                octets += escaped
                solid = len(octets)
            elif quoted and text[at] == '"':
                return octets.decode(), at + 1
            elif not quoted and text[at] in _SEPARATORS:
                break
            else:
                raise InvalidDN("a special character is not escaped")
        if quoted:
            raise InvalidDN("a quote is not closed")
        return (octets[:solid] + octets[solid:].rstrip(b" ")).decode(), at
    except UnicodeError:
        raise InvalidDN("a value is not UTF-8") from None


def _escape(text: str, at: int) -> tuple[bytes, int]:
    if found := _HEX_PAIR.match(text, at):
        return bytes.fromhex(found[0]), at + 2
    if text[at : at + 1] in _ESCAPABLE:
        return text[at].encode(), at + 1
    raise InvalidDN("a backslash escapes nothing")


def _hex_value(text: str, at: int) -> tuple[str, int]:
    found = _HEX_STRING.match(text, at)
    if found is None:
        raise InvalidDN("a value in hexadecimal has no digits")
    octets = bytes.fromhex(found[0])
    try:
        tag, start, stop = header(octets, 0, len(octets))
        if tag not in _STRING_TAGS or stop != len(octets):
            raise InvalidDN("a value in hexadecimal is not a string")
        return octets[start:].decode(), found.end()
    except (MalformedMessage, UnicodeError):
        raise InvalidDN("a value in hexadecimal is not a string") from None


def escape(value: str) -> str:
    """Return ``value`` as it is written in a DN (RFC 4514 section 2.4)."""
    if _HARMLESS.fullmatch(value):
        return value
    last = len(value) - 1
    return "".join(
        [
            f"\\{ord(char):02x}"
            if char < " " or char == "\x7f"
            else f"\\{char}"
            if char in '"+,;<>\\' or (char == " " and at in (0, last)) or (char == "#" and not at)
            else char
            for at, char in enumerate(value)
        ]
    )


def unparse(dn: DN) -> str:
    """Return the text of a DN (RFC 4514)."""
    return ",".join("+".join(f"{type_}={escape(value)}" for type_, value in rdn) for rdn in dn)


def normalise(dn: DN) -> DN:
    """Return the one of all spellings of a DN by which it is compared.

    Values are compared by caseIgnoreMatch, prepared as RFC 4518 has it; types by what they
    mean, so that an alias or an OID is the same as the name.
    """
    return tuple(
        tuple(sorted((_type_name(type_), _prepared(value)) for type_, value in rdn)) for rdn in dn
    )


def _type_name(type_: str) -> str:
    attribute_type = lookup(type_)
    return type_ if attribute_type is None else attribute_type.name.lower()


def _prepared(value: str) -> str:
    value = without_controls(value)
    if value.isascii():
        return " ".join(value.lower().split())
    # Composing may bring forth capitals, and folding what can be composed: hence twice.
    folded = unicodedata.normalize("NFKC", value.casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


def locate(dn: DN, suffix: DN) -> Location:
    """Say what ``dn`` names in the tree below ``suffix``, which is normalised already.

    Slugs, keys and logins come normalised, so in lower case.
    """
    if not dn:
        return Root()
    name = normalise(dn)
    if name == ((("cn", "subschema"),),):
        return Subschema()
    depth = len(name) - len(suffix)
    if depth < 0 or name[depth:] != suffix:
        return Elsewhere()
    match name[:depth]:
        case ():
            return Suffix()
        case ((("ou", slug),),):
            return UsersDN() if slug == USERS else BookDN(slug)
        case ((("uid", of_entry),), (("ou", slug),)):
            return UserDN(of_entry) if slug == USERS else CardDN(slug, of_entry)
        case _:
            return Elsewhere()


def is_slug_of(slug: str, book: str) -> bool:
    """Say whether ``slug``, which comes out of a location, is of the book that is called ``book``.

    Those of the config file are in lower case; users call theirs as they like.
    """
    return slug in (book, _prepared(book))


def book_dn(slug: str, suffix: str) -> str:
    """Return the DN of a book."""
    return f"ou={escape(slug)},{suffix}"


def card_dn(key: str, book: str) -> str:
    """Return the DN of a card in the book whose DN is ``book``."""
    return f"{card_rdn(key)},{book}"


def card_rdn(key: str) -> str:
    """Return the first part of that."""
    return f"uid={escape(key)}"


def users_dn(suffix: str) -> str:
    """Return the DN of the entry above all who log in."""
    return f"ou={USERS},{suffix}"


def user_dn(login: str, suffix: str) -> str:
    """Return the DN of someone who logs in."""
    return f"uid={escape(login)},{users_dn(suffix)}"


def bind_name(name: str) -> str:
    """Return the login or mail address that the name of a bind request means.

    That is the value of the first RDN of a DN, whatever its type and wherever it ends, as each
    phone has its own idea of the tree; and what is no DN is taken as it is, since many phones
    know no DNs at all.
    """
    meant = _meant if len(name) <= _LONGEST_KEPT else _meant.__wrapped__
    return meant(name)


# Phones bind anew for every look, each by the same name.
@lru_cache(maxsize=1024)
def _meant(name: str) -> str:
    return without_controls(_first_value(name)).strip()


def _first_value(name: str) -> str:
    try:
        dn = parse(name)
    except InvalidDN:
        return name
    if not dn:
        return ""
    first = dn[0]
    return next((value for type_, value in first if _type_name(type_) == "uid"), first[0][1])
