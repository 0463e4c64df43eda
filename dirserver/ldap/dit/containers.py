"""Entries that are no cards: the root DSE, the subschema, the suffix, books, the people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from dirserver.ldap.codec.controls import SUPPORTED
from dirserver.ldap.dit.dn import SUBSCHEMA, book_dn, parse, user_dn, users_dn
from dirserver.ldap.entry.entries import encode_container
from dirserver.ldap.entry.selection import Projection, Selection
from dirserver.ldap.schema.attributes import lookup
from dirserver.ldap.schema.subschema import subschema_entry
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.addressbook import AddressBook
from dirserver.model.principal import Principal

STARTTLS = "1.3.6.1.4.1.1466.20037"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
# Absolute true and false filters (RFC 4526); all operational attributes by "+" (RFC 3673).
_FEATURES = ("1.3.6.1.4.1.4203.1.5.3", "1.3.6.1.4.1.4203.1.5.1")


# So many ways in which clients have asked for an entry are remembered, and how long they may be.
_MOST_WAYS = 8
_LONGEST_WAY = 40


@dataclass(frozen=True, slots=True)
class Container:
    """An entry of its own making: its DN and all of its attributes."""

    dn: str
    attributes: Mapping[str, tuple[str, ...]]
    # What was shown of it, by what was asked for.
    _shown: dict[tuple[tuple[str, ...], bool], bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def is_subentry(self) -> bool:
        """Whether it is one of the entries that RFC 3672 keeps apart."""
        return "subentry" in self.attributes["objectClass"]

    def with_subordinates(self, number: int, *, is_exact: bool = True) -> Container:
        """Return it with what there is below it; unless that is exact, only whether anything is."""
        said = {"hasSubordinates": ("TRUE" if number else "FALSE",)}
        if is_exact:
            said["numSubordinates"] = (str(number),)
        return replace(self, attributes={**self.attributes, **said})

    def shown(self, attributes: tuple[str, ...], *, types_only: bool) -> bytes:
        """Return what a search for these attributes shows of it, encoded."""
        way = attributes, types_only
        found = self._shown.get(way)
        if found is None:
            projection = Projection(Selection.parse(attributes), types_only=types_only)
            found = projection.select(*encode_container(self.attributes))
            if len(self._shown) < _MOST_WAYS and len(attributes) <= _LONGEST_WAY:
                self._shown[way] = found
        return found


@lru_cache(maxsize=16)
def root_dse(settings: LDAPSettings, mechanisms: tuple[str, ...] = ()) -> Container:
    """Return the root DSE (RFC 4512 section 5.1). What it announces works.

    ``mechanisms`` are those of SASL that work on the connection.
    """
    extensions = (WHO_AM_I, *((STARTTLS,) if settings.starttls else ()))
    attributes = {
        "objectClass": ("top",),
        "structuralObjectClass": ("top",),
        "namingContexts": (settings.suffix,),
        "subschemaSubentry": (SUBSCHEMA,),
        "supportedLDAPVersion": ("3",),
        "supportedControl": SUPPORTED,
        "supportedExtension": extensions,
        "supportedSASLMechanisms": mechanisms,
        "supportedFeatures": _FEATURES,
        "vendorName": ("dirserver",),
    }
    return Container("", {name: values for name, values in attributes.items() if values})


@cache
def subschema() -> Container:
    """Return the subschema subentry, which is always the same."""
    return Container(SUBSCHEMA, subschema_entry())


# Made once, and not for every search that comes past; a new config has other settings.
@lru_cache(maxsize=4)
def suffix_entry(settings: LDAPSettings) -> Container:
    """Return the entry above all books."""
    attributes = {
        "objectClass": ("top", "organization"),
        "o": (settings.organisation,),
        "structuralObjectClass": ("organization",),
        **_tree(settings.suffix),
    }
    # The entry has what its name says (RFC 4512 section 2.3.1), whatever that begins with.
    for type_, value in parse(settings.suffix)[0]:
        one = lookup(type_)
        if one is not None:
            attributes[one.name] = _distinct(*attributes.get(one.name, ()), value)
    if "dc" in attributes:
        attributes["objectClass"] += ("dcObject",)
    return Container(settings.suffix, attributes)


@lru_cache(maxsize=1024)
def book_entry(book: AddressBook, suffix: str) -> Container:
    """Return the entry above the cards of a book."""
    dn = book_dn(book.slug, suffix)
    return Container(
        dn,
        {
            "objectClass": ("top", "organizationalUnit"),
            "ou": _distinct(book.slug, book.name or book.slug),
            "structuralObjectClass": ("organizationalUnit",),
            "entryUUID": (book.uuid,),
            **_tree(dn),
        },
    )


def user_entry(principal: Principal, settings: LDAPSettings) -> Container:
    """Return the entry of somebody who logs in, for themselves to see."""
    dn = user_dn(principal.login, settings.suffix)
    name = principal.name or principal.login
    attributes = {
        "objectClass": ("top", "person", "organizationalPerson", "inetOrgPerson"),
        "uid": (principal.login,),
        "cn": (name,),
        "sn": (name.rpartition(" ")[2],),
        "displayName": (name,),
        "mail": (principal.mail,) if principal.mail else (),
        "structuralObjectClass": ("inetOrgPerson",),
        **_tree(dn),
    }
    entry = Container(dn, {name: values for name, values in attributes.items() if values})
    return entry.with_subordinates(0)


def users_entry(settings: LDAPSettings) -> Container:
    """Return the entry above all who log in."""
    dn = users_dn(settings.suffix)
    return Container(
        dn,
        {
            "objectClass": ("top", "organizationalUnit"),
            "ou": ("users",),
            "structuralObjectClass": ("organizationalUnit",),
            **_tree(dn),
        },
    )


def _distinct(*values: str) -> tuple[str, ...]:
    """Return values but for those that rules take for one before (RFC 4511 section 4.1.7)."""
    found: dict[str, str] = {}
    for value in values:
        found.setdefault(" ".join(value.casefold().split()), value)
    return tuple(found.values())


def _tree(dn: str) -> dict[str, tuple[str, ...]]:
    return {"entryDN": (dn,), "subschemaSubentry": (SUBSCHEMA,)}
