"""The attribute types: what LDAP calls the facts of a card, and what else entries have.

One table serves filters, entries and the subschema entry; ``standard`` has what is published with
it. Definitions are those of RFC 4519,
RFC 4524, RFC 2798, RFC 4512, RFC 4530, RFC 5020, mozillaAbPersonAlpha and evolutionPerson;
names that only clients use for the same thing are ``aliases`` and are not published.

NOTE and BDAY are personal data: they are hidden, unless a book is configured to show them.
"""

from __future__ import annotations

from dirserver.ldap.schema.attributetype import AttributeType, user
from dirserver.ldap.schema.operational import OPERATIONAL
from dirserver.ldap.schema.standard import STANDARD
from dirserver.ldap.schema.syntaxes import (
    CERTIFICATE,
    COUNTRY_STRING,
    DIRECTORY_STRING,
    DISTINGUISHED_NAME,
    EXACT_STRING,
    FACSIMILE_NUMBER,
    IA5_STRING,
    JPEG,
    OBJECT_IDENTIFIER,
    POSTAL_ADDRESS,
    TELEPHONE_NUMBER,
)
from dirserver.model.fields import Field

_X500 = "2.5.4"
_COSINE = "0.9.2342.19200300.100.1"
_NETSCAPE = "2.16.840.1.113730.3.1"
_MOZILLA = "1.3.6.1.4.1.13769"
_EVOLUTION = "1.3.6.1.4.1.8506.1.2"
# An OID that anybody may make of a random UUID (ITU-T X.667).
_OWN = "2.25.147697365110290525630663917576808864567"

OBJECT_CLASS = user(f"{_X500}.0", "objectClass", OBJECT_IDENTIFIER)
UID = user(f"{_COSINE}.1", "uid userid", DIRECTORY_STRING)
CN = user(f"{_X500}.3", "cn commonName", DIRECTORY_STRING, Field.FULL_NAME, sup="name")
SN = user(f"{_X500}.4", "sn surname", DIRECTORY_STRING, Field.FAMILY_NAME, sup="name")
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
USER_CERTIFICATE = AttributeType(
    f"{_X500}.36",
    ("userCertificate",),
    CERTIFICATE,
    (Field.CERTIFICATE,),
    kept=False,
    only_named=True,
)
# Of a group; which of its members are shown depends on who asks.
MEMBER = user(
    f"{_X500}.31",
    "member",
    DISTINGUISHED_NAME,
    Field.MEMBER,
    aliases="uniqueMember",
    kept=False,
    sup="distinguishedName",
)

ATTRIBUTE_TYPES = (
    OBJECT_CLASS,
    UID,
    CN,
    SN,
    user(
        f"{_X500}.42",
        "givenName gn",
        DIRECTORY_STRING,
        Field.GIVEN_NAME,
        aliases="firstName",
        sup="name",
    ),
    user(f"{_NETSCAPE}.241", "displayName", DIRECTORY_STRING, Field.FULL_NAME, single=True),
    user(f"{_X500}.43", "initials", DIRECTORY_STRING, Field.ADDITIONAL_NAME, sup="name"),
    user(
        f"{_COSINE}.40", "personalTitle", DIRECTORY_STRING, Field.NAME_PREFIX, aliases="namePrefix"
    ),
    user(
        f"{_X500}.44",
        "generationQualifier",
        DIRECTORY_STRING,
        Field.NAME_SUFFIX,
        aliases="nameSuffix",
        sup="name",
    ),
    user(
        f"{_MOZILLA}.2.1",
        "mozillaNickname xmozillanickname",
        DIRECTORY_STRING,
        Field.NICKNAME,
        aliases="nickname",
    ),
    # Known and never there: Evolution then searches sn instead and makes the name to file by.
    user(f"{_EVOLUTION}.15", "fileAs", DIRECTORY_STRING),
    user(
        f"{_COSINE}.3", "mail rfc822Mailbox", IA5_STRING, Field.MAIL, aliases="email emailAddress"
    ),
    user(
        f"{_MOZILLA}.2.2",
        "mozillaSecondEmail xmozillasecondemail",
        IA5_STRING,
        Field.SECOND_MAIL,
        aliases="mail2",
        single=True,
    ),
    user(
        f"{_X500}.20",
        "telephoneNumber",
        TELEPHONE_NUMBER,
        Field.WORK_PHONE,
        aliases="workPhone telephone",
    ),
    user(
        f"{_COSINE}.41",
        "mobile mobileTelephoneNumber",
        TELEPHONE_NUMBER,
        Field.MOBILE_PHONE,
        aliases=f"cellphone cell carPhone {_EVOLUTION}.2",
    ),
    user(f"{_COSINE}.20", "homePhone homeTelephoneNumber", TELEPHONE_NUMBER, Field.HOME_PHONE),
    user(f"{_X500}.23", "facsimileTelephoneNumber fax", FACSIMILE_NUMBER, Field.FAX),
    user(
        f"{_COSINE}.42",
        "pager pagerTelephoneNumber",
        TELEPHONE_NUMBER,
        Field.PAGER,
        aliases="pagerphone",
    ),
    user(
        "1.2.840.113556.1.4.721",
        "ipPhone",
        TELEPHONE_NUMBER,
        Field.OTHER_PHONE,
        aliases="other otherTelephone",
    ),
    # The same numbers once more, as this is where Evolution looks for them.
    user(f"{_EVOLUTION}.4", "otherPhone", TELEPHONE_NUMBER, Field.OTHER_PHONE),
    user(
        f"{_EVOLUTION}.1",
        "primaryPhone",
        TELEPHONE_NUMBER,
        Field.PREFERRED_PHONE,
        aliases="telephonePrimary",
        single=True,
    ),
    user(
        f"{_X500}.10",
        "o organizationName",
        DIRECTORY_STRING,
        Field.ORGANISATION,
        aliases="company",
        sup="name",
    ),
    user(
        f"{_X500}.11",
        "ou organizationalUnitName",
        DIRECTORY_STRING,
        Field.UNIT,
        aliases=f"department departmentNumber orgunit {_NETSCAPE}.2",
        sup="name",
    ),
    user(f"{_X500}.12", "title", DIRECTORY_STRING, Field.TITLE, sup="name"),
    user(f"{_EVOLUTION}.5", "businessRole", DIRECTORY_STRING, Field.ROLE),
    user(f"{_EVOLUTION}.6", "managerName", DIRECTORY_STRING, Field.MANAGER),
    user(f"{_EVOLUTION}.7", "assistantName", DIRECTORY_STRING, Field.ASSISTANT),
    user(
        f"{_X500}.9",
        "street streetAddress",
        DIRECTORY_STRING,
        Field.WORK_STREET,
        aliases="postOfficeBox",
    ),
    user(
        f"{_X500}.7",
        "l localityName",
        DIRECTORY_STRING,
        Field.WORK_LOCALITY,
        aliases="locality",
        sup="name",
    ),
    user(
        f"{_X500}.8",
        "st stateOrProvinceName",
        DIRECTORY_STRING,
        Field.WORK_REGION,
        aliases="region",
        sup="name",
    ),
    user(f"{_X500}.17", "postalCode", DIRECTORY_STRING, Field.WORK_POSTAL_CODE, aliases="zip"),
    # Country String has two letters (RFC 4517 section 3.3.4); co has what the card says.
    user(
        f"{_X500}.6",
        "c countryName",
        COUNTRY_STRING,
        Field.WORK_COUNTRY_CODE,
        single=True,
        sup="name",
    ),
    user(f"{_COSINE}.43", "co friendlyCountryName", DIRECTORY_STRING, Field.WORK_COUNTRY),
    user(f"{_X500}.16", "postalAddress", POSTAL_ADDRESS, Field.WORK_ADDRESS),
    user(
        f"{_MOZILLA}.3.8",
        "mozillaWorkStreet2",
        DIRECTORY_STRING,
        Field.WORK_STREET_2,
        single=True,
    ),
    user(f"{_MOZILLA}.3.1", "mozillaHomeStreet", DIRECTORY_STRING, Field.HOME_STREET, single=True),
    user(
        f"{_MOZILLA}.3.2",
        "mozillaHomeStreet2",
        DIRECTORY_STRING,
        Field.HOME_STREET_2,
        single=True,
    ),
    user(
        f"{_MOZILLA}.3.3",
        "mozillaHomeLocalityName",
        DIRECTORY_STRING,
        Field.HOME_LOCALITY,
        single=True,
    ),
    user(f"{_MOZILLA}.3.4", "mozillaHomeState", DIRECTORY_STRING, Field.HOME_REGION, single=True),
    user(
        f"{_MOZILLA}.3.5",
        "mozillaHomePostalCode",
        DIRECTORY_STRING,
        Field.HOME_POSTAL_CODE,
        single=True,
    ),
    user(
        f"{_MOZILLA}.3.6",
        "mozillaHomeCountryName",
        DIRECTORY_STRING,
        Field.HOME_COUNTRY,
        single=True,
    ),
    user(f"{_COSINE}.39", "homePostalAddress", POSTAL_ADDRESS, Field.HOME_ADDRESS),
    user(
        "1.3.6.1.4.1.250.1.57",
        "labeledURI",
        EXACT_STRING,
        Field.WORK_URL,
        aliases=f"mozillaWorkUrl workurl url {_MOZILLA}.3.9",
    ),
    user(
        f"{_MOZILLA}.3.7",
        "mozillaHomeUrl",
        DIRECTORY_STRING,
        Field.HOME_URL,
        aliases="homeurl apple-user-homeurl",
        single=True,
    ),
    user(
        f"{_NETSCAPE}.2013",
        "nsAIMid",
        DIRECTORY_STRING,
        Field.MESSAGING,
        aliases=f"nscpaimscreenname IMHandle apple-imhandle {_MOZILLA}.2.4",
    ),
    user(f"{_X500}.15", "businessCategory", DIRECTORY_STRING, Field.CATEGORY),
    user(
        f"{_EVOLUTION}.28",
        "category",
        DIRECTORY_STRING,
        Field.CATEGORY,
        aliases=f"categories vcardcategories {_EVOLUTION}.23",
    ),
    user(f"{_NETSCAPE}.39", "preferredLanguage", DIRECTORY_STRING, Field.LANGUAGE, single=True),
    *(
        user(f"{_MOZILLA}.4.{n}", f"mozillaCustom{n}", DIRECTORY_STRING, one, aliases=f"custom{n}")
        for n, one in enumerate(
            (Field.CUSTOM_1, Field.CUSTOM_2, Field.CUSTOM_3, Field.CUSTOM_4), start=1
        )
    ),
    MEMBER,
    DESCRIPTION,
    BIRTH_DATE,
    # Thunderbird's names, which no standard has and so no OID.
    *(
        user(f"{_OWN}.{n}", name, DIRECTORY_STRING, one, single=True, kept=False)
        for n, (name, one) in enumerate(
            (
                ("birthyear", Field.BIRTH_YEAR),
                ("birthmonth", Field.BIRTH_MONTH),
                ("birthday", Field.BIRTH_DAY),
            ),
            start=1,
        )
    ),
    user(f"{_EVOLUTION}.12", "anniversary", DIRECTORY_STRING, Field.ANNIVERSARY, kept=False),
    USER_CERTIFICATE,
    JPEG_PHOTO,
    # One attribute for all names and one for all numbers, for phones that can ask for only one.
    user(
        "",
        "searchContact",
        DIRECTORY_STRING,
        Field.FULL_NAME,
        Field.FAMILY_NAME,
        Field.GIVEN_NAME,
        Field.NICKNAME,
        Field.ORGANISATION,
    ),
    user("", "searchNumber", TELEPHONE_NUMBER, Field.ANY_PHONE),
    # From here on, what only the entries above the cards have.
    user(f"{_COSINE}.25", "dc domainComponent", IA5_STRING, single=True),
    *OPERATIONAL,
)

_BINARY = (JPEG, CERTIFICATE)
_BY_DESCRIPTION = {
    description.lower(): attribute_type
    # Some clients know what is served by the name of something else.
    for attribute_type in (*STANDARD, *ATTRIBUTE_TYPES)
    for description in (attribute_type.oid, *attribute_type.names, *attribute_type.aliases)
    if description
}


# As nearly all clients spell them.
_AS_WRITTEN = {
    name: attribute_type
    for attribute_type in ATTRIBUTE_TYPES
    for name in (*attribute_type.names, *attribute_type.aliases)
    if name
}


def lookup(description: str) -> AttributeType | None:
    """Return the attribute type that a client means, by any of its names or its OID.

    Case does not matter (RFC 4512 section 1.4). With an option, such as ``;lang-de``, it is
    none: no value has any, and none is recognised (RFC 4512 section 2.5). Clients put ``;binary``
    where values are binary, as they are anyway.
    """
    if (known := _AS_WRITTEN.get(description)) is not None:
        return known
    name = description.strip().lower()
    one = _BY_DESCRIPTION.get(name.removesuffix(";binary"))
    return one if one is None or not name.endswith(";binary") or one.syntax in _BINARY else None
