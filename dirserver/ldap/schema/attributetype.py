"""What an attribute type is (RFC 4512 section 2.5), and where in vCards its values are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dirserver.ldap.schema.syntaxes import Syntax
from dirserver.model.fields import Field


class Usage(StrEnum):
    """Whose the attribute is (RFC 4512 section 4.1.2); all but users' must be asked for."""

    USER = "userApplications"
    DIRECTORY = "directoryOperation"
    DSA = "dSAOperation"


@dataclass(frozen=True, slots=True, eq=False)
class AttributeType:
    """An attribute type, of which there is one object. The first of ``names`` is shown.

    ``fields`` are the facts of a card that are its values, in order. Without an ``oid`` it can
    be searched by, but is nowhere shown. The order of the table is that of entries. What is not
    ``kept`` with the entry is read from the card when it is asked for; ``only_named`` is left out
    unless it is asked for by name. A ``superior`` is one of which this is a subtype.
    """

    oid: str
    names: tuple[str, ...]
    syntax: Syntax
    fields: tuple[Field, ...] = ()
    aliases: tuple[str, ...] = ()
    single_valued: bool = False
    usage: Usage = Usage.USER
    kept: bool = True
    only_named: bool = False
    superior: str | None = None

    @property
    def name(self) -> str:
        """The name that entries show."""
        return self.names[0]


def user(
    oid: str,
    names: str,
    syntax: Syntax,
    *fields: Field,
    aliases: str = "",
    single: bool = False,
    kept: bool = True,
    sup: str | None = None,
) -> AttributeType:
    """Return one that users have to do with; names and aliases have blanks between them."""
    return AttributeType(
        oid,
        tuple(names.split()),
        syntax,
        fields,
        tuple(aliases.split()),
        single,
        kept=kept,
        superior=sup,
    )


def operational(oid: str, name: str, syntax: Syntax, *, single: bool = True) -> AttributeType:
    """Return one that the directory makes itself."""
    return AttributeType(oid, (name,), syntax, single_valued=single, usage=Usage.DIRECTORY)


def dsa(oid: str, name: str, syntax: Syntax) -> AttributeType:
    """Return one that is about this server."""
    return AttributeType(oid, (name,), syntax, usage=Usage.DSA)
