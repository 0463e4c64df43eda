"""Privileges in the words of RFC 3744: what one may do, and who may do what with a book.

A right to change a book's properties is a right to change them for all; what readers set for
themselves alone needs none. So whoever has a grant has no DAV:write-properties, and therefore
not DAV:write, which contains it.
"""

from __future__ import annotations

from collections.abc import Iterable

from dirserver.model.addressbook import AddressBook
from dirserver.model.grant import Grant, Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.principal import EVERYONE
from dirserver_radicale.tree.hrefs import principal_href

_READ = ("read", "read-current-user-privilege-set")
_BOOK = {
    Privilege.READ: _READ,
    Privilege.WRITE: (*_READ, "write-content", "bind", "unbind"),
    Privilege.MANAGE: (*_READ, "write-content", "bind", "unbind", "read-acl"),
}
_CARD = {
    Privilege.READ: _READ,
    Privilege.WRITE: (*_READ, "write-content"),
    Privilege.MANAGE: (*_READ, "write-content", "read-acl"),
}
_OWN = (*_READ, "write", "write-content", "write-properties", "bind", "unbind", "read-acl")
_OWN_CARD = _CARD[Privilege.MANAGE]
# Of a home in which its owner may make and delete books.
_OWN_HOME = (*_READ, "bind", "unbind")

# Section 5.3: the tree of all privileges that are told of, and which contains which.
SUPPORTED = (
    "<supported-privilege><privilege><all/></privilege><abstract/>"
    '<description xml:lang="en">Everything</description>'
    "<supported-privilege><privilege><read/></privilege>"
    '<description xml:lang="en">Read</description>'
    "<supported-privilege><privilege><read-current-user-privilege-set/></privilege>"
    '<description xml:lang="en">See what oneself may do</description></supported-privilege>'
    "</supported-privilege>"
    "<supported-privilege><privilege><write/></privilege>"
    '<description xml:lang="en">Write</description>'
    "<supported-privilege><privilege><write-content/></privilege>"
    '<description xml:lang="en">Change cards</description></supported-privilege>'
    "<supported-privilege><privilege><write-properties/></privilege>"
    '<description xml:lang="en">Change name and description for all</description>'
    "</supported-privilege>"
    "<supported-privilege><privilege><bind/></privilege>"
    '<description xml:lang="en">Add cards</description></supported-privilege>'
    "<supported-privilege><privilege><unbind/></privilege>"
    '<description xml:lang="en">Take cards away</description></supported-privilege>'
    "</supported-privilege>"
    "<supported-privilege><privilege><read-acl/></privilege>"
    '<description xml:lang="en">See who may do what</description></supported-privilege>'
    "</supported-privilege>"
)
# Section 5.6: grants only add up, and nobody is named by not being somebody.
RESTRICTIONS = "<grant-only/><no-invert/>"


def privileges(view: VisibleBook, *, is_card: bool) -> tuple[str, ...]:
    """Return the names of the privileges of whoever has a book, or a card in it, as ``view``."""
    if view.book.made_by_owner and view.access is Privilege.MANAGE:
        return _OWN_CARD if is_card else _OWN
    return (_CARD if is_card else _BOOK)[view.access]


def merged_privileges(*, changes: bool, makes: bool) -> tuple[str, ...]:
    """Return the names of the privileges on what has the cards of several books.

    ``changes``: some of them may be changed; ``makes``: new ones may be added.
    """
    return (
        *_READ,
        *(("write-content",) if changes else ()),
        *(("bind",) if makes else ()),
        *(("unbind",) if changes else ()),
    )


def home_privileges(*, makes_books: bool) -> tuple[str, ...]:
    """Return the names of the privileges on the root and a home."""
    return _OWN_HOME if makes_books else _READ


def spelled(names: Iterable[str]) -> str:
    """Write the names of privileges, as in DAV:current-user-privilege-set (section 5.4)."""
    return "".join([f"<privilege><{name}/></privilege>" for name in names])


def access_control(book: AddressBook, grants: Iterable[Grant], inherited: str = "") -> str:
    """Write the DAV:acl of a book (section 5.5), or of a card, which has it from its book.

    Nothing that only LDAP allows is in it.
    """
    entries = []
    if book.owner:
        owns = _OWN if book.made_by_owner else _BOOK[Privilege.MANAGE]
        entries.append(_entry(owns, "<property><owner/></property>", inherited))
    for grant in grants:
        if grant.access >= Privilege.READ:
            who = "<authenticated/>" if grant.grantee == EVERYONE else _named(grant.grantee)
            entries.append(_entry(_BOOK[grant.access], who, inherited))
    return "".join(entries)


def _named(grantee: str) -> str:
    return f"<href>{principal_href(grantee)}</href>"


def _entry(names: Iterable[str], who: str, inherited: str) -> str:
    source = f"<inherited><href>{inherited}</href></inherited>" if inherited else ""
    given = f"<principal>{who}</principal><grant>{spelled(names)}</grant>"
    return f"<ace>{given}<protected/>{source}</ace>"
