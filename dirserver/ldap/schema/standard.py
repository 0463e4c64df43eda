"""Attribute types that belong to the object classes served, and that no entry here has.

A client that looks at the definition of a class (RFC 4519, RFC 2798, mozillaAbPersonAlpha)
finds all of it. A filter on one of these finds nothing, and is not Undefined.
"""

from __future__ import annotations

from dirserver.ldap.schema.attributetype import AttributeType, user
from dirserver.ldap.schema.syntaxes import (
    BINARY,
    BOOLEAN,
    DIRECTORY_STRING,
    DISTINGUISHED_NAME,
    FAX,
    NUMERIC_STRING,
    OCTETS,
    POSTAL_ADDRESS,
    PRINTABLE_STRING,
    Syntax,
)
from dirserver.model.fields import Field

_X500 = "2.5.4"
_COSINE = "0.9.2342.19200300.100.1"
_NETSCAPE = "2.16.840.1.113730.3.1"


def _strings(syntax: Syntax, *definitions: str) -> tuple[AttributeType, ...]:
    """Return what definitions of an OID and names say."""
    split = (definition.split(" ", 1) for definition in definitions)
    return tuple(user(oid, names, syntax) for oid, names in split)


STANDARD: tuple[AttributeType, ...] = (
    # Supertypes (RFC 4519 sections 2.18 and 2.7): who asks for a name asks for any.
    user(
        f"{_X500}.41",
        "name",
        DIRECTORY_STRING,
        Field.FULL_NAME,
        Field.FAMILY_NAME,
        Field.GIVEN_NAME,
        Field.ADDITIONAL_NAME,
        Field.NAME_SUFFIX,
        Field.ORGANISATION,
        Field.UNIT,
        Field.TITLE,
        Field.WORK_LOCALITY,
        Field.WORK_REGION,
        Field.WORK_COUNTRY_CODE,
    ),
    user(f"{_X500}.49", "distinguishedName", DISTINGUISHED_NAME),
    *(
        user(oid, name, DISTINGUISHED_NAME, sup="distinguishedName")
        for oid, name in ((f"{_X500}.34", "seeAlso"), (f"{_X500}.32", "owner"))
    ),
    # Cards name these people, and do not say where their entries are.
    user(f"{_COSINE}.10", "manager", DISTINGUISHED_NAME),
    user(f"{_COSINE}.21", "secretary", DISTINGUISHED_NAME),
    *_strings(
        DIRECTORY_STRING,
        f"{_X500}.18 postOfficeBox",
        f"{_X500}.19 physicalDeliveryOfficeName",
        f"{_COSINE}.6 roomNumber",
        f"{_NETSCAPE}.1 carLicense",
        f"{_NETSCAPE}.2 departmentNumber",
        f"{_NETSCAPE}.4 employeeType",
    ),
    user(f"{_NETSCAPE}.3", "employeeNumber", DIRECTORY_STRING, single=True),
    *_strings(NUMERIC_STRING, f"{_X500}.24 x121Address", f"{_X500}.25 internationalISDNNumber"),
    user(f"{_X500}.26", "registeredAddress", POSTAL_ADDRESS, sup="postalAddress"),
    *_strings(PRINTABLE_STRING, f"{_X500}.27 destinationIndicator"),
    user(f"{_X500}.28", "preferredDeliveryMethod", Syntax.of(14, "Delivery Method"), single=True),
    *_strings(Syntax.of(52, "Telex Number"), f"{_X500}.21 telexNumber"),
    *_strings(
        Syntax.of(51, "Teletex Terminal Identifier"), f"{_X500}.22 teletexTerminalIdentifier"
    ),
    *_strings(Syntax.of(25, "Guide"), f"{_X500}.14 searchGuide"),
    *_strings(OCTETS, f"{_X500}.35 userPassword"),
    *_strings(Syntax.of(6, "Bit String", "bitStringMatch"), f"{_X500}.45 x500UniqueIdentifier"),
    *_strings(Syntax.of(4, "Audio"), f"{_COSINE}.55 audio"),
    *_strings(FAX, f"{_COSINE}.7 photo"),
    *_strings(BINARY, f"{_NETSCAPE}.40 userSMIMECertificate", f"{_NETSCAPE}.216 userPKCS12"),
    user("1.3.6.1.4.1.13769.2.3", "mozillaUseHtmlMail", BOOLEAN, single=True),
    user("1.3.6.1.4.1.13769.3.9", "mozillaWorkUrl", DIRECTORY_STRING, single=True),
)
