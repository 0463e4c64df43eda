"""Grants: what may be given to whom on a book."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from dirserver.config.faults import Refused, nearest, shown
from dirserver.config.keys import Many, read_as
from dirserver.config.networks import at_least_one, network
from dirserver.config.values import one_of, string
from dirserver.model.network import Network

EVERYONE = "everyone"
ANONYMOUS = "anonymous"
GROUP_PREFIX = "group:"

NEVER_HIDDEN = frozenset(
    {"BEGIN", "END", "VERSION", "FN", "N", "UID", "KIND", "X-ADDRESSBOOKSERVER-KIND"}
)
"""Without these a card is none (RFC 6350 sections 6.2.1, 6.7.6 and 6.7.9), or one of anything."""

# RFC 6350 section 10.3.1, what was registered since by RFCs 6474, 6715, 8605, 9554 and 9555, and
# what only the older vCards have (RFC 2426 section 4).
_KNOWN = (
    "SOURCE KIND XML FN N NICKNAME PHOTO BDAY ANNIVERSARY GENDER ADR TEL EMAIL IMPP LANG TZ GEO"
    " TITLE ROLE LOGO ORG MEMBER RELATED CATEGORIES NOTE PRODID REV SOUND UID CLIENTPIDMAP URL"
    " KEY FBURL CALADRURI CALURI BIRTHPLACE DEATHPLACE DEATHDATE EXPERTISE HOBBY INTEREST"
    " ORG-DIRECTORY CONTACT-URI CREATED GRAMGENDER LANGUAGE PRONOUNS SOCIALPROFILE JSPROP"
    " AGENT CLASS LABEL MAILER NAME PROFILE SORT-STRING"
)
_PROPERTIES = _KNOWN.split()
_EXTENSION = re.compile("X-[A-Z0-9-]+")


class Access(StrEnum):
    """What a grant allows; each includes those before it."""

    SEARCH = "search"
    READ = "read"
    WRITE = "write"
    MANAGE = "manage"

    @property
    def changes_cards(self) -> bool:
        """Whether it allows more than to look."""
        return self in (Access.WRITE, Access.MANAGE)


def property_name(value: object) -> str:
    """Read the name of a vCard property that can be hidden, in upper case."""
    if string(value).upper() in NEVER_HIDDEN:
        raise Refused("a card is no card without this property, so it cannot be hidden")
    return known_property(value)


def known_property(value: object) -> str:
    """Read the name of a vCard property, in upper case.

    A name that no vCard has is refused: it would be without effect, and nobody would notice.
    """
    read = string(value).upper()
    if read not in NEVER_HIDDEN and read not in _PROPERTIES and not _EXTENSION.fullmatch(read):
        meant = nearest(read, _PROPERTIES)
        hint = f"; did you mean {shown(meant)}?" if meant else '; others begin with "X-"'
        raise Refused(f"vCards have no property of this name{hint}")
    return read


@dataclass(frozen=True, slots=True)
class Grant:
    """Gives ``access`` on a book to a login, group:NAME, everyone or anonymous.

    The vCard properties in ``hide`` stay hidden. ``networks`` narrows a grant to clients from
    there; empty means from anywhere.
    """

    to: str = field(metadata=read_as(string, example='"everyone"'))
    access: Access = field(metadata=read_as(one_of(Access), example='"read"', stand_in=Access.READ))
    hide: frozenset[str] = field(
        default=frozenset(), metadata=read_as(Many(property_name, into=frozenset))
    )
    networks: tuple[Network, ...] = field(
        default=(), metadata=read_as(Many(network, into=at_least_one), name="from")
    )
