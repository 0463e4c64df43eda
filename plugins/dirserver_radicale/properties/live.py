"""The properties of what there is: a table for each kind, from names to how they are written.

What users have set for themselves on a book (RFC 4918 section 4) goes before the book's own
name and description; ``written`` knows of that, the tables do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from http import client
from typing import Final, TypeAlias

from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.model.grant import Privilege
from dirserver.model.principal import GROUP_PREFIX, Group
from dirserver_radicale.headers.httpdate import http_date
from dirserver_radicale.properties import reportset
from dirserver_radicale.tree import privileges
from dirserver_radicale.tree.collection import Book, Collection
from dirserver_radicale.tree.hrefs import principal_href
from dirserver_radicale.tree.resources import PrincipalPlace, Resource, Root, grantee_of
from dirserver_radicale.xml.addressdata import SUPPORTED_DATA
from dirserver_radicale.xml.filterxml import COLLATIONS
from dirserver_radicale.xml.multistatus import CALENDARSERVER, CARDDAV, DAV, element, escape, href


class Missing(IntEnum):
    """Why there is no value: the status that says so."""

    FORBIDDEN = client.FORBIDDEN
    NOT_FOUND = client.NOT_FOUND


Value: TypeAlias = str | Missing

RESOURCETYPE: Final = f"{DAV}resourcetype"
DISPLAYNAME: Final = f"{DAV}displayname"
DESCRIPTION: Final = f"{CARDDAV}addressbook-description"
GETETAG: Final = f"{DAV}getetag"
GETCONTENTTYPE: Final = f"{DAV}getcontenttype"
GETCONTENTLENGTH: Final = f"{DAV}getcontentlength"
GETLASTMODIFIED: Final = f"{DAV}getlastmodified"
PRIVILEGES: Final = f"{DAV}current-user-privilege-set"
OWNER: Final = f"{DAV}owner"
ACL: Final = f"{DAV}acl"
INHERITED: Final = f"{DAV}inherited-acl-set"
REPORTS: Final = f"{DAV}supported-report-set"
MAIL: Final = f"{CALENDARSERVER}email-address-set"

# What allprop tells: the properties of RFC 4918. The other RFCs want theirs to be asked for by
# name (RFC 3744 section 5, RFC 6352 section 6.2, RFC 6578 section 4).
BASIC: Final = frozenset(
    {
        RESOURCETYPE,
        DISPLAYNAME,
        GETETAG,
        GETCONTENTTYPE,
        GETCONTENTLENGTH,
        GETLASTMODIFIED,
    }
)
# What users may say anew for themselves; no other live property can be set.
OVERRIDABLE: Final = frozenset({DISPLAYNAME, DESCRIPTION})

_EVERYWHERE: Mapping[str, Callable[[Resource], Value]] = {
    f"{DAV}current-user-principal": lambda place: href(place.viewer.home),
    f"{DAV}principal-collection-set": lambda _: href("/"),
    f"{DAV}supported-privilege-set": lambda _: privileges.SUPPORTED,
    f"{DAV}acl-restrictions": lambda _: privileges.RESTRICTIONS,
    f"{DAV}group": lambda _: "",
    INHERITED: lambda _: "",
    REPORTS: lambda place: reportset.spelled(reportset.supported(place)),
}

ROOT: Mapping[str, Callable[[Root], Value]] = {
    RESOURCETYPE: lambda _: "<collection/>",
    **_EVERYWHERE,
    OWNER: lambda _: "",
    PRIVILEGES: lambda _: privileges.spelled(privileges.home_privileges(makes_books=False)),
    ACL: lambda _: Missing.FORBIDDEN,
}


def _home_only(value: Callable[[PrincipalPlace], str]) -> Callable[[PrincipalPlace], Value]:
    """Return ``value`` for one's own home, and nothing for what somebody else is."""
    return lambda place: value(place) if place.is_home else Missing.NOT_FOUND


def _name_of(place: PrincipalPlace) -> str:
    if isinstance(place.who, Group):
        return escape(place.who.title or place.who.name)
    return escape(place.who.name or place.who.login)


def _mail_of(place: PrincipalPlace) -> str:
    return "" if isinstance(place.who, Group) else escape(place.who.mail)


def _members(place: PrincipalPlace) -> str:
    """Write who is in a group itself (RFC 3744 section 4.3); nobody is in a user."""
    names = place.who.members if isinstance(place.who, Group) else ()
    return "".join([href(principal_href(name)) for name in names if place.viewer.may_know(name)])


def _memberships(place: PrincipalPlace) -> str:
    """Write the groups that somebody is in by name (RFC 3744 section 4.4)."""
    policy, me = place.viewer.reading.policy, grantee_of(place.who)
    names = [GROUP_PREFIX + group.name for group in policy.groups if me in group.members]
    return "".join([href(principal_href(name)) for name in names if place.viewer.may_know(name)])


def _home_privileges(place: PrincipalPlace) -> str:
    makes_books = place.is_home and place.viewer.makes_books
    return privileges.spelled(privileges.home_privileges(makes_books=makes_books))


PRINCIPAL: Mapping[str, Callable[[PrincipalPlace], Value]] = {
    RESOURCETYPE: lambda place: "<principal/>" + ("<collection/>" if place.is_home else ""),
    DISPLAYNAME: _name_of,
    **_EVERYWHERE,
    OWNER: lambda place: href(place.url),
    PRIVILEGES: _home_privileges,
    ACL: lambda _: Missing.FORBIDDEN,
    f"{DAV}principal-URL": lambda place: href(place.url),
    f"{DAV}alternate-URI-set": lambda place: (
        href(f"mailto:{mail}") if (mail := _mail_of(place)) else ""
    ),
    f"{DAV}group-member-set": _members,
    f"{DAV}group-membership": _memberships,
    f"{CARDDAV}addressbook-home-set": _home_only(lambda place: href(place.url)),
    MAIL: lambda place: (
        f"<CS:email-address>{mail}</CS:email-address>" if (mail := _mail_of(place)) else ""
    ),
}


def _owner_of(book: Collection) -> str:
    """Write whose book it is (RFC 3744 section 5.1)."""
    return href(principal_href(book.owner)) if book.owner else ""


def _description_of(book: Collection) -> Value:
    return escape(book.description) or Missing.NOT_FOUND


def access_control(book: Collection, inherited: str = "") -> Value:
    """Write who may do what with a book, for those who manage it (RFC 3744 section 5.5)."""
    if not isinstance(book, Book) or book.view.access < Privilege.MANAGE:
        return Missing.FORBIDDEN
    grants = book.viewer.reading.policy.grants.get(book.view.book.id, ())
    return privileges.access_control(book.view.book, grants, inherited)


BOOK: Mapping[str, Callable[[Collection], Value]] = {
    RESOURCETYPE: lambda _: "<C:addressbook/><collection/>",
    DISPLAYNAME: lambda book: escape(book.title),
    GETETAG: lambda book: f'"{book.etag}"',
    GETCONTENTTYPE: lambda _: "text/vcard",
    GETLASTMODIFIED: lambda book: http_date(book.modified),
    **_EVERYWHERE,
    OWNER: _owner_of,
    PRIVILEGES: lambda book: privileges.spelled(book.privileges),
    ACL: access_control,
    # Linphone reads it with atoi() and wants it to grow.
    f"{CALENDARSERVER}getctag": lambda book: str(book.ctag),
    f"{DAV}sync-token": lambda book: book.token,
    DESCRIPTION: _description_of,
    f"{CARDDAV}supported-address-data": lambda _: SUPPORTED_DATA,
    f"{CARDDAV}supported-collation-set": lambda _: "".join(
        [f"<C:supported-collation>{name}</C:supported-collation>" for name in COLLATIONS]
    ),
    f"{CARDDAV}max-resource-size": lambda _: str(MAX_CARD_BYTES),
}


def live(resource: Resource, name: str) -> Value:
    """Return the value of a live property, as XML."""
    match resource:
        case Root():
            return ROOT[name](resource) if name in ROOT else Missing.NOT_FOUND
        case PrincipalPlace():
            return PRINCIPAL[name](resource) if name in PRINCIPAL else Missing.NOT_FOUND
        case _:
            return BOOK[name](resource) if name in BOOK else Missing.NOT_FOUND


def written(resource: Resource, name: str) -> Value:
    """Return a property as a whole element: what the user has set, or else what is live."""
    if isinstance(resource, Collection) and is_settable(name):
        own = resource.own_properties
        if name in own:
            return own[name]
    value = live(resource, name)
    return value if isinstance(value, Missing) else element(name, value)


def is_settable(name: str) -> bool:
    """Say whether users may set a property of a book, which they do for themselves."""
    return name in OVERRIDABLE or not (name in BOOK or name in PROTECTED)


# What is live elsewhere, or has a meaning here that nobody can give it.
PROTECTED: Final = (
    frozenset(
        {
            *PRINCIPAL,
            GETCONTENTLENGTH,
            f"{DAV}creationdate",
            f"{DAV}getcontentlanguage",
            f"{DAV}lockdiscovery",
            f"{DAV}supportedlock",
            f"{DAV}quota-available-bytes",
            f"{DAV}quota-used-bytes",
            f"{CARDDAV}address-data",
            f"{CARDDAV}principal-address",
        }
    )
    - OVERRIDABLE
)


def names(resource: Resource) -> list[str]:
    """Return the names of all the properties that ``resource`` has."""
    match resource:
        case Root():
            return list(ROOT)
        case PrincipalPlace():
            return [name for name in PRINCIPAL if live(resource, name) is not Missing.NOT_FOUND]
        case _:
            own = resource.own_properties
            there = [name for name in BOOK if live(resource, name) is not Missing.NOT_FOUND]
            return list(dict.fromkeys([*there, *own]))


def basic(resource: Resource) -> list[str]:
    """Return the names of the properties that allprop tells: the basic ones and the user's own."""
    return [name for name in names(resource) if name in BASIC or name not in LIVE]


LIVE: Final = frozenset({*ROOT, *PRINCIPAL, *BOOK})
