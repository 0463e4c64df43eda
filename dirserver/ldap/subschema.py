"""The object classes, and the entry that tells clients of the whole schema (RFC 4512 section 4).

Evolution reads it before it searches, to learn whether entries have evolutionPerson's attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dirserver.ldap.schema import ATTRIBUTE_TYPES, AttributeType, Usage
from dirserver.ldap.syntaxes import MATCHING_RULES


class Kind(StrEnum):
    """What an object class is for (RFC 4512 section 2.4)."""

    ABSTRACT = "ABSTRACT"
    STRUCTURAL = "STRUCTURAL"
    AUXILIARY = "AUXILIARY"


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """An object class, with those of its attributes that entries here may have."""

    oid: str
    name: str
    superior: str | None
    kind: Kind
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


OBJECT_CLASSES = (
    ObjectClass("2.5.6.0", "top", None, Kind.ABSTRACT, ("objectClass",)),
    ObjectClass(
        "2.5.6.6",
        "person",
        "top",
        Kind.STRUCTURAL,
        ("sn", "cn"),
        ("description", "telephoneNumber"),
    ),
    ObjectClass(
        "2.5.6.7",
        "organizationalPerson",
        "person",
        Kind.STRUCTURAL,
        may=(
            "title",
            "telephoneNumber",
            "facsimileTelephoneNumber",
            "street",
            "postalCode",
            "postalAddress",
            "ou",
            "st",
            "l",
        ),
    ),
    ObjectClass(
        "2.16.840.1.113730.3.2.2",
        "inetOrgPerson",
        "organizationalPerson",
        Kind.STRUCTURAL,
        may=(
            "businessCategory",
            "displayName",
            "givenName",
            "homePhone",
            "homePostalAddress",
            "initials",
            "jpegPhoto",
            "labeledURI",
            "mail",
            "mobile",
            "o",
            "pager",
            "uid",
            "preferredLanguage",
        ),
    ),
    ObjectClass(
        "1.3.6.1.4.1.13769.9.1",
        "mozillaAbPersonAlpha",
        "top",
        Kind.AUXILIARY,
        ("cn",),
        (
            "c",
            "mozillaHomeCountryName",
            "mozillaHomeLocalityName",
            "mozillaHomePostalCode",
            "mozillaHomeState",
            "mozillaHomeStreet",
            "mozillaHomeUrl",
            "mozillaNickname",
            "mozillaSecondEmail",
            "nsAIMid",
        ),
    ),
    # The last four are not in its definition; no other class of these entries could have them.
    ObjectClass(
        "1.3.6.1.4.1.8506.1.3.1",
        "evolutionPerson",
        "inetOrgPerson",
        Kind.STRUCTURAL,
        may=(
            "birthDate",
            "fileAs",
            "primaryPhone",
            "otherPhone",
            "businessRole",
            "category",
            "co",
            "generationQualifier",
            "ipPhone",
            "personalTitle",
        ),
    ),
    ObjectClass("2.5.6.4", "organization", "top", Kind.STRUCTURAL, ("o",)),
    ObjectClass("2.5.6.5", "organizationalUnit", "top", Kind.STRUCTURAL, ("ou",)),
    ObjectClass("1.3.6.1.4.1.1466.344", "dcObject", "top", Kind.AUXILIARY, ("dc",)),
    ObjectClass("2.5.17.0", "subentry", "top", Kind.STRUCTURAL, ("cn", "subtreeSpecification")),
    ObjectClass(
        "2.5.20.1",
        "subschema",
        "top",
        Kind.AUXILIARY,
        may=("attributeTypes", "objectClasses", "matchingRules", "ldapSyntaxes"),
    ),
)

# What every card is, superiors included, as clients compare names (Poly asks for person).
CARD_CLASSES = (
    "top",
    "person",
    "organizationalPerson",
    "inetOrgPerson",
    "mozillaAbPersonAlpha",
    "evolutionPerson",
)
CARD_STRUCTURAL_CLASS = "evolutionPerson"

_BY_NAME = {key.lower(): one for one in OBJECT_CLASSES for key in (one.name, one.oid)}


def object_class(name: str) -> ObjectClass | None:
    """Return the object class of this name or OID, in any case."""
    return _BY_NAME.get(name.strip().lower())


def subschema_entry() -> Mapping[str, tuple[str, ...]]:
    """Return the attributes of cn=Subschema (RFC 4512 section 4.2)."""
    published = [one for one in ATTRIBUTE_TYPES if one.oid]
    syntaxes = {one.syntax.oid: one.syntax.description for one in published}
    syntaxes["1.3.6.1.4.1.1466.115.121.1.58"] = "Substring Assertion"
    return {
        "objectClass": ("top", "subentry", "subschema"),
        "cn": ("Subschema",),
        "structuralObjectClass": ("subentry",),
        "subtreeSpecification": ("{}",),
        "ldapSyntaxes": tuple(
            f"( {oid} DESC '{description}' )" for oid, description in sorted(syntaxes.items())
        ),
        "matchingRules": tuple(
            f"( {rule.oid} NAME '{rule.name}' SYNTAX {rule.syntax} )" for rule in MATCHING_RULES
        ),
        "attributeTypes": tuple(" ".join(_attribute_type(one)) for one in published),
        "objectClasses": tuple(" ".join(_object_class(one)) for one in OBJECT_CLASSES),
    }


def _attribute_type(one: AttributeType) -> Iterator[str]:
    """Yield the words of an AttributeTypeDescription (RFC 4512 section 4.1.2)."""
    yield f"( {one.oid} NAME {_quoted(one.names)}"
    for keyword, rule in (
        ("EQUALITY", one.syntax.equality),
        ("ORDERING", one.syntax.ordering),
        ("SUBSTR", one.syntax.substrings),
    ):
        if rule is not None:
            yield f"{keyword} {rule}"
    yield f"SYNTAX {one.syntax.oid}"
    if one.single_valued:
        yield "SINGLE-VALUE"
    if one.usage is not Usage.USER:
        yield f"NO-USER-MODIFICATION USAGE {one.usage}"
    yield ")"


def _object_class(one: ObjectClass) -> Iterator[str]:
    """Yield the words of an ObjectClassDescription (RFC 4512 section 4.1.1)."""
    yield f"( {one.oid} NAME '{one.name}'"
    if one.superior is not None:
        yield f"SUP {one.superior}"
    yield one.kind
    if one.must:
        yield f"MUST ( {' $ '.join(one.must)} )"
    if one.may:
        yield f"MAY ( {' $ '.join(one.may)} )"
    yield ")"


def _quoted(names: tuple[str, ...]) -> str:
    quoted = " ".join(f"'{name}'" for name in names)
    return f"( {quoted} )" if len(names) > 1 else quoted
