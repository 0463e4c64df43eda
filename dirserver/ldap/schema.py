"""The attribute types: what LDAP calls the facts of a card, and what else entries have.

One table serves filters, entries and the subschema entry. Definitions are those of RFC 4519,
RFC 4524, RFC 2798, RFC 4512, RFC 4530, RFC 5020, mozillaAbPersonAlpha and evolutionPerson;
names that only clients use for the same thing are ``aliases`` and are not published.

NOTE and BDAY are personal data: they are hidden, unless a book is configured to show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dirserver.ldap.syntaxes import (
    ATTRIBUTE_TYPE_DESCRIPTION,
    BOOLEAN,
    COUNTRY_STRING,
    DIRECTORY_STRING,
    DISTINGUISHED_NAME,
    EXACT_STRING,
    FACSIMILE_NUMBER,
    GENERALIZED_TIME,
    IA5_STRING,
    INTEGER,
    JPEG,
    LDAP_SYNTAX_DESCRIPTION,
    MATCHING_RULE_DESCRIPTION,
    OBJECT_CLASS_DESCRIPTION,
    OBJECT_IDENTIFIER,
    POSTAL_ADDRESS,
    SUBTREE_SPECIFICATION,
    TELEPHONE_NUMBER,
    UUID,
    Syntax,
)
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
    unless it is asked for by name.
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

    @property
    def name(self) -> str:
        """The name that entries show."""
        return self.names[0]


def _user(
    oid: str,
    names: str,
    syntax: Syntax,
    *fields: Field,
    aliases: str = "",
    single: bool = False,
) -> AttributeType:
    return AttributeType(oid, tuple(names.split()), syntax, fields, tuple(aliases.split()), single)


def _operational(oid: str, name: str, syntax: Syntax, *, single: bool = True) -> AttributeType:
    return AttributeType(oid, (name,), syntax, single_valued=single, usage=Usage.DIRECTORY)


def _dsa(oid: str, name: str, syntax: Syntax) -> AttributeType:
    return AttributeType(oid, (name,), syntax, usage=Usage.DSA)


_X500 = "2.5.4"
_COSINE = "0.9.2342.19200300.100.1"
_NETSCAPE = "2.16.840.1.113730.3.1"
_MOZILLA = "1.3.6.1.4.1.13769"
_EVOLUTION = "1.3.6.1.4.1.8506.1.2"
_LDAP = "1.3.6.1.4.1.1466.101.120"

OBJECT_CLASS = _user(f"{_X500}.0", "objectClass", OBJECT_IDENTIFIER)
UID = _user(f"{_COSINE}.1", "uid userid", DIRECTORY_STRING)
CN = _user(f"{_X500}.3", "cn commonName", DIRECTORY_STRING, Field.FULL_NAME)
SN = _user(f"{_X500}.4", "sn surname", DIRECTORY_STRING, Field.FAMILY_NAME)
C = _user(f"{_X500}.6", "c countryName", COUNTRY_STRING, Field.WORK_COUNTRY, single=True)
DESCRIPTION = AttributeType(
    f"{_X500}.13",
    ("description",),
    DIRECTORY_STRING,
    (Field.NOTE,),
    ("note", "notes", "info", f"{_EVOLUTION}.13"),
    kept=False,
)
BIRTH_DATE = AttributeType(
    f"{_EVOLUTION}.11", ("birthDate", "dob"), DIRECTORY_STRING, (Field.BIRTHDAY,), kept=False
)
JPEG_PHOTO = AttributeType(
    f"{_COSINE}.60",
    ("jpegPhoto",),
    JPEG,
    (Field.PHOTO,),
    ("photo",),
    kept=False,
    only_named=True,
)
STRUCTURAL_OBJECT_CLASS = _operational("2.5.21.9", "structuralObjectClass", OBJECT_IDENTIFIER)
ENTRY_UUID = _operational("1.3.6.1.1.16.4", "entryUUID", UUID)
CREATE_TIMESTAMP = _operational("2.5.18.1", "createTimestamp", GENERALIZED_TIME)
MODIFY_TIMESTAMP = _operational("2.5.18.2", "modifyTimestamp", GENERALIZED_TIME)
ENTRY_DN = _operational("1.3.6.1.1.20", "entryDN", DISTINGUISHED_NAME)
HAS_SUBORDINATES = _operational("2.5.18.9", "hasSubordinates", BOOLEAN)
NUM_SUBORDINATES = _operational("1.3.6.1.4.1.453.16.2.103", "numSubordinates", INTEGER)
SUBSCHEMA_SUBENTRY = _operational("2.5.18.10", "subschemaSubentry", DISTINGUISHED_NAME)

# What every card has, so that a filter for its presence need not look.
OPERATIONAL_OF_CARDS = (
    STRUCTURAL_OBJECT_CLASS,
    ENTRY_UUID,
    CREATE_TIMESTAMP,
    MODIFY_TIMESTAMP,
    ENTRY_DN,
    HAS_SUBORDINATES,
    NUM_SUBORDINATES,
    SUBSCHEMA_SUBENTRY,
)

ATTRIBUTE_TYPES = (
    OBJECT_CLASS,
    UID,
    CN,
    SN,
    _user(f"{_X500}.42", "givenName gn", DIRECTORY_STRING, Field.GIVEN_NAME, aliases="firstName"),
    _user(f"{_NETSCAPE}.241", "displayName", DIRECTORY_STRING, Field.FULL_NAME, single=True),
    _user(f"{_X500}.43", "initials", DIRECTORY_STRING, Field.ADDITIONAL_NAME),
    _user(
        f"{_COSINE}.40", "personalTitle", DIRECTORY_STRING, Field.NAME_PREFIX, aliases="namePrefix"
    ),
    _user(
        f"{_X500}.44",
        "generationQualifier",
        DIRECTORY_STRING,
        Field.NAME_SUFFIX,
        aliases="nameSuffix",
    ),
    _user(
        f"{_MOZILLA}.2.1",
        "mozillaNickname xmozillanickname",
        DIRECTORY_STRING,
        Field.NICKNAME,
        aliases="nickname",
    ),
    # Known and never there: Evolution then searches sn instead and makes the name to file by.
    _user(f"{_EVOLUTION}.15", "fileAs", DIRECTORY_STRING),
    _user(
        f"{_COSINE}.3", "mail rfc822Mailbox", IA5_STRING, Field.MAIL, aliases="email emailAddress"
    ),
    _user(
        f"{_MOZILLA}.2.2",
        "mozillaSecondEmail xmozillasecondemail",
        IA5_STRING,
        Field.SECOND_MAIL,
        aliases="mail2",
        single=True,
    ),
    _user(
        f"{_X500}.20",
        "telephoneNumber",
        TELEPHONE_NUMBER,
        Field.WORK_PHONE,
        aliases="workPhone telephone",
    ),
    _user(
        f"{_COSINE}.41",
        "mobile mobileTelephoneNumber",
        TELEPHONE_NUMBER,
        Field.MOBILE_PHONE,
        aliases=f"cellphone cell carPhone {_EVOLUTION}.2",
    ),
    _user(f"{_COSINE}.20", "homePhone homeTelephoneNumber", TELEPHONE_NUMBER, Field.HOME_PHONE),
    _user(f"{_X500}.23", "facsimileTelephoneNumber fax", FACSIMILE_NUMBER, Field.FAX),
    _user(
        f"{_COSINE}.42",
        "pager pagerTelephoneNumber",
        TELEPHONE_NUMBER,
        Field.PAGER,
        aliases="pagerphone",
    ),
    _user(
        "1.2.840.113556.1.4.721",
        "ipPhone",
        TELEPHONE_NUMBER,
        Field.OTHER_PHONE,
        aliases="other otherTelephone",
    ),
    # The same numbers once more, as this is where Evolution looks for them.
    _user(f"{_EVOLUTION}.4", "otherPhone", TELEPHONE_NUMBER, Field.OTHER_PHONE),
    _user(
        f"{_EVOLUTION}.1",
        "primaryPhone",
        TELEPHONE_NUMBER,
        Field.PREFERRED_PHONE,
        aliases="telephonePrimary",
        single=True,
    ),
    _user(
        f"{_X500}.10", "o organizationName", DIRECTORY_STRING, Field.ORGANISATION, aliases="company"
    ),
    _user(
        f"{_X500}.11",
        "ou organizationalUnitName",
        DIRECTORY_STRING,
        Field.UNIT,
        aliases=f"department departmentNumber orgunit {_NETSCAPE}.2",
    ),
    _user(f"{_X500}.12", "title", DIRECTORY_STRING, Field.TITLE),
    _user(f"{_EVOLUTION}.5", "businessRole", DIRECTORY_STRING, Field.ROLE),
    _user(
        f"{_X500}.9",
        "street streetAddress",
        DIRECTORY_STRING,
        Field.WORK_STREET,
        aliases="postOfficeBox",
    ),
    _user(
        f"{_X500}.7", "l localityName", DIRECTORY_STRING, Field.WORK_LOCALITY, aliases="locality"
    ),
    _user(
        f"{_X500}.8",
        "st stateOrProvinceName",
        DIRECTORY_STRING,
        Field.WORK_REGION,
        aliases="region",
    ),
    _user(f"{_X500}.17", "postalCode", DIRECTORY_STRING, Field.WORK_POSTAL_CODE, aliases="zip"),
    C,
    _user(f"{_COSINE}.43", "co friendlyCountryName", DIRECTORY_STRING, Field.WORK_COUNTRY),
    _user(f"{_X500}.16", "postalAddress", POSTAL_ADDRESS, Field.WORK_ADDRESS),
    _user(f"{_MOZILLA}.3.1", "mozillaHomeStreet", DIRECTORY_STRING, Field.HOME_STREET, single=True),
    _user(
        f"{_MOZILLA}.3.3",
        "mozillaHomeLocalityName",
        DIRECTORY_STRING,
        Field.HOME_LOCALITY,
        single=True,
    ),
    _user(f"{_MOZILLA}.3.4", "mozillaHomeState", DIRECTORY_STRING, Field.HOME_REGION, single=True),
    _user(
        f"{_MOZILLA}.3.5",
        "mozillaHomePostalCode",
        DIRECTORY_STRING,
        Field.HOME_POSTAL_CODE,
        single=True,
    ),
    _user(
        f"{_MOZILLA}.3.6",
        "mozillaHomeCountryName",
        DIRECTORY_STRING,
        Field.HOME_COUNTRY,
        single=True,
    ),
    _user(f"{_COSINE}.39", "homePostalAddress", POSTAL_ADDRESS, Field.HOME_ADDRESS),
    _user(
        "1.3.6.1.4.1.250.1.57",
        "labeledURI",
        EXACT_STRING,
        Field.WORK_URL,
        aliases=f"mozillaWorkUrl workurl url {_MOZILLA}.3.9",
    ),
    _user(
        f"{_MOZILLA}.3.7",
        "mozillaHomeUrl",
        DIRECTORY_STRING,
        Field.HOME_URL,
        aliases="homeurl apple-user-homeurl",
        single=True,
    ),
    _user(
        f"{_NETSCAPE}.2013",
        "nsAIMid",
        DIRECTORY_STRING,
        Field.MESSAGING,
        aliases=f"nscpaimscreenname IMHandle apple-imhandle {_MOZILLA}.2.4",
    ),
    _user(f"{_X500}.15", "businessCategory", DIRECTORY_STRING, Field.CATEGORY),
    _user(
        f"{_EVOLUTION}.28",
        "category",
        DIRECTORY_STRING,
        Field.CATEGORY,
        aliases=f"categories vcardcategories {_EVOLUTION}.23",
    ),
    _user(f"{_NETSCAPE}.39", "preferredLanguage", DIRECTORY_STRING, Field.LANGUAGE, single=True),
    DESCRIPTION,
    BIRTH_DATE,
    JPEG_PHOTO,
    # One attribute for all names and one for all numbers, for phones that can ask for only one.
    _user(
        "",
        "searchContact",
        DIRECTORY_STRING,
        Field.FULL_NAME,
        Field.FAMILY_NAME,
        Field.GIVEN_NAME,
        Field.NICKNAME,
        Field.ORGANISATION,
    ),
    _user("", "searchNumber", TELEPHONE_NUMBER, Field.ANY_PHONE),
    # From here on, what only the entries above the cards have.
    _user(f"{_COSINE}.25", "dc domainComponent", IA5_STRING, single=True),
    *OPERATIONAL_OF_CARDS,
    _operational("2.5.18.6", "subtreeSpecification", SUBTREE_SPECIFICATION),
    _operational("2.5.21.5", "attributeTypes", ATTRIBUTE_TYPE_DESCRIPTION, single=False),
    _operational("2.5.21.6", "objectClasses", OBJECT_CLASS_DESCRIPTION, single=False),
    _operational("2.5.21.4", "matchingRules", MATCHING_RULE_DESCRIPTION, single=False),
    _operational(f"{_LDAP}.16", "ldapSyntaxes", LDAP_SYNTAX_DESCRIPTION, single=False),
    _dsa(f"{_LDAP}.5", "namingContexts", DISTINGUISHED_NAME),
    _dsa(f"{_LDAP}.7", "supportedExtension", OBJECT_IDENTIFIER),
    _dsa(f"{_LDAP}.13", "supportedControl", OBJECT_IDENTIFIER),
    _dsa(f"{_LDAP}.14", "supportedSASLMechanisms", DIRECTORY_STRING),
    _dsa(f"{_LDAP}.15", "supportedLDAPVersion", INTEGER),
    _dsa("1.3.6.1.4.1.4203.1.3.5", "supportedFeatures", OBJECT_IDENTIFIER),
    _dsa("1.3.6.1.1.4", "vendorName", DIRECTORY_STRING),
    _dsa("1.3.6.1.1.5", "vendorVersion", DIRECTORY_STRING),
)

_BY_DESCRIPTION = {
    description.lower(): attribute_type
    for attribute_type in ATTRIBUTE_TYPES
    for description in (attribute_type.oid, *attribute_type.names, *attribute_type.aliases)
    if description
}


def lookup(description: str) -> AttributeType | None:
    """Return the attribute type that a client means, by any of its names or its OID.

    Case does not matter (RFC 4512 section 1.4). With an option, such as ``;lang-de``, it is
    none: no value has any, and none is recognised (RFC 4512 section 2.5). Clients put ``;binary``
    where values are binary, as they are anyway.
    """
    name = description.strip().lower()
    one = _BY_DESCRIPTION.get(name.removesuffix(";binary"))
    return one if one is None or not name.endswith(";binary") or one.syntax is JPEG else None
