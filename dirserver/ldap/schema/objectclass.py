"""The object classes of entries here, with all that their definitions let an entry have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an object class is for (RFC 4512 section 2.4)."""

    ABSTRACT = "ABSTRACT"
    STRUCTURAL = "STRUCTURAL"
    AUXILIARY = "AUXILIARY"


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """An object class, and which attributes an entry of it must and may have."""

    oid: str
    name: str
    superior: str | None
    kind: Kind
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    description: str = ""


# RFC 4519 sections 3.5, 3.6, 3.7 and 3.8 have these in common. The standard's postOfficeBox and
# departmentNumber are asked for, and answered, as other names of street and ou.
_REACHED_AT = (
    "x121Address",
    "registeredAddress",
    "destinationIndicator",
    "preferredDeliveryMethod",
    "telexNumber",
    "teletexTerminalIdentifier",
    "telephoneNumber",
    "internationalISDNNumber",
    "facsimileTelephoneNumber",
    "street",
    "postOfficeBox",
    "postalCode",
    "postalAddress",
    "physicalDeliveryOfficeName",
    "st",
    "l",
)
_ORGANISED = (
    "userPassword",
    "searchGuide",
    "seeAlso",
    "businessCategory",
    *_REACHED_AT,
    "description",
)

OBJECT_CLASSES = (
    ObjectClass("2.5.6.0", "top", None, Kind.ABSTRACT, ("objectClass",)),
    ObjectClass(
        "2.5.6.6",
        "person",
        "top",
        Kind.STRUCTURAL,
        ("sn", "cn"),
        ("userPassword", "telephoneNumber", "seeAlso", "description"),
        "RFC 4519: a person",
    ),
    ObjectClass(
        "2.5.6.7",
        "organizationalPerson",
        "person",
        Kind.STRUCTURAL,
        may=("title", *_REACHED_AT, "ou"),
        description="RFC 4519: a person of an organisation",
    ),
    ObjectClass(
        "2.16.840.1.113730.3.2.2",
        "inetOrgPerson",
        "organizationalPerson",
        Kind.STRUCTURAL,
        may=(
            "audio",
            "businessCategory",
            "carLicense",
            "departmentNumber",
            "displayName",
            "employeeNumber",
            "employeeType",
            "givenName",
            "homePhone",
            "homePostalAddress",
            "initials",
            "jpegPhoto",
            "labeledURI",
            "mail",
            "manager",
            "mobile",
            "o",
            "pager",
            "photo",
            "roomNumber",
            "secretary",
            "uid",
            "userCertificate",
            "x500UniqueIdentifier",
            "preferredLanguage",
            "userSMIMECertificate",
            "userPKCS12",
        ),
        description="RFC 2798: a person in a directory",
    ),
    ObjectClass(
        "1.3.6.1.4.1.13769.9.1",
        "mozillaAbPersonAlpha",
        "top",
        Kind.AUXILIARY,
        ("cn",),
        (
            "c",
            "description",
            "displayName",
            "facsimileTelephoneNumber",
            "givenName",
            "homePhone",
            "l",
            "mail",
            "mobile",
            "mozillaCustom1",
            "mozillaCustom2",
            "mozillaCustom3",
            "mozillaCustom4",
            "mozillaHomeCountryName",
            "mozillaHomeLocalityName",
            "mozillaHomePostalCode",
            "mozillaHomeState",
            "mozillaHomeStreet",
            "mozillaHomeStreet2",
            "mozillaHomeUrl",
            "mozillaNickname",
            "mozillaSecondEmail",
            "mozillaUseHtmlMail",
            "mozillaWorkStreet2",
            "mozillaWorkUrl",
            "nsAIMid",
            "o",
            "ou",
            "pager",
            "postalCode",
            "postOfficeBox",
            "sn",
            "st",
            "street",
            "telephoneNumber",
            "title",
        ),
        "what mail programs of Mozilla have of a person",
    ),
    # The last seven are not in its definition; no other class of these entries could have them.
    ObjectClass(
        "1.3.6.1.4.1.8506.1.3.1",
        "evolutionPerson",
        "inetOrgPerson",
        Kind.STRUCTURAL,
        may=(
            "anniversary",
            "assistantName",
            "birthDate",
            "fileAs",
            "managerName",
            "primaryPhone",
            "otherPhone",
            "businessRole",
            "category",
            "co",
            "generationQualifier",
            "ipPhone",
            "personalTitle",
            "birthyear",
            "birthmonth",
            "birthday",
        ),
        description="what Evolution has of a person",
    ),
    ObjectClass(
        "2.5.6.9",
        "groupOfNames",
        "top",
        Kind.STRUCTURAL,
        ("member", "cn"),
        ("businessCategory", "seeAlso", "owner", "ou", "o", "description"),
        "RFC 4519: a group; shown are those of its members whom one may see",
    ),
    ObjectClass(
        "1.3.6.1.4.1.1466.101.120.111",
        "extensibleObject",
        "top",
        Kind.AUXILIARY,
        description="RFC 4512: may have any attribute, such as mail",
    ),
    ObjectClass("2.5.6.4", "organization", "top", Kind.STRUCTURAL, ("o",), (*_ORGANISED,)),
    ObjectClass("2.5.6.5", "organizationalUnit", "top", Kind.STRUCTURAL, ("ou",), (*_ORGANISED,)),
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

# What every card but that of a group is, superiors included, as clients compare names (Poly asks
# for person).
CARD_CLASSES = (
    "top",
    "person",
    "organizationalPerson",
    "inetOrgPerson",
    "mozillaAbPersonAlpha",
    "evolutionPerson",
)
CARD_STRUCTURAL_CLASS = "evolutionPerson"
GROUP_CLASSES = ("top", "groupOfNames", "extensibleObject")
GROUP_STRUCTURAL_CLASS = "groupOfNames"

_BY_NAME = {key.lower(): one for one in OBJECT_CLASSES for key in (one.name, one.oid)}


def object_class(name: str) -> ObjectClass | None:
    """Return the object class of this name or OID, in any case."""
    return _BY_NAME.get(name.strip().lower())
