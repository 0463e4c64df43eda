"""What a card says, as both faces show it and search it: one ``Field`` for each kind of fact."""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """A kind of fact about a person. The value is what the search index calls it."""

    # Enum hashes in Python, and fields are keys wherever cards are read.
    __hash__ = str.__hash__

    FULL_NAME = "full_name"
    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    ADDITIONAL_NAME = "additional_name"
    NAME_PREFIX = "name_prefix"
    NAME_SUFFIX = "name_suffix"
    NICKNAME = "nickname"
    ORGANISATION = "organisation"
    UNIT = "unit"
    TITLE = "title"
    ROLE = "role"
    MANAGER = "manager"
    ASSISTANT = "assistant"
    MAIL = "mail"
    SECOND_MAIL = "second_mail"
    WORK_PHONE = "work_phone"
    MOBILE_PHONE = "mobile_phone"
    HOME_PHONE = "home_phone"
    FAX = "fax"
    PAGER = "pager"
    OTHER_PHONE = "other_phone"
    PREFERRED_PHONE = "preferred_phone"
    ANY_PHONE = "any_phone"
    WORK_STREET = "work_street"
    WORK_STREET_2 = "work_street_2"
    WORK_LOCALITY = "work_locality"
    WORK_REGION = "work_region"
    WORK_POSTAL_CODE = "work_postal_code"
    WORK_COUNTRY = "work_country"
    # The same where it has two letters, as in ISO 3166.
    WORK_COUNTRY_CODE = "work_country_code"
    WORK_ADDRESS = "work_address"
    HOME_STREET = "home_street"
    HOME_STREET_2 = "home_street_2"
    HOME_LOCALITY = "home_locality"
    HOME_REGION = "home_region"
    HOME_POSTAL_CODE = "home_postal_code"
    HOME_COUNTRY = "home_country"
    HOME_ADDRESS = "home_address"
    WORK_URL = "work_url"
    HOME_URL = "home_url"
    MESSAGING = "messaging"
    CATEGORY = "category"
    LANGUAGE = "language"
    NOTE = "note"
    BIRTHDAY = "birthday"
    BIRTH_YEAR = "birth_year"
    BIRTH_MONTH = "birth_month"
    BIRTH_DAY = "birth_day"
    ANNIVERSARY = "anniversary"
    CUSTOM_1 = "custom_1"
    CUSTOM_2 = "custom_2"
    CUSTOM_3 = "custom_3"
    CUSTOM_4 = "custom_4"
    PHOTO = "photo"
    CERTIFICATE = "certificate"
    UID = "uid"
    # Cards of groups alone have these two.
    KIND = "kind"
    MEMBER = "member"


# What ``Field.KIND`` says, and it says nothing of other cards.
GROUP = "group"

# Properties that are not shown to lookups unless somebody says so.
PERSONAL = frozenset({"NOTE", "BDAY", "ANNIVERSARY"})

PHONES = frozenset(
    {
        Field.WORK_PHONE,
        Field.MOBILE_PHONE,
        Field.HOME_PHONE,
        Field.FAX,
        Field.PAGER,
        Field.OTHER_PHONE,
        Field.PREFERRED_PHONE,
        Field.ANY_PHONE,
    }
)

# What a person or a firm is called by; asked for by any of its words.
NAMES = frozenset(
    {
        Field.FULL_NAME,
        Field.FAMILY_NAME,
        Field.GIVEN_NAME,
        Field.ADDITIONAL_NAME,
        Field.NICKNAME,
        Field.ORGANISATION,
    }
)

# What was written before there was an IMPP (RFC 4770).
_MESSENGERS = frozenset(
    {
        "X-AIM",
        "X-GADUGADU",
        "X-GOOGLE-TALK",
        "X-GROUPWISE",
        "X-GTALK",
        "X-ICQ",
        "X-JABBER",
        "X-MS-IMADDRESS",
        "X-MSN",
        "X-QQ",
        "X-SKYPE",
        "X-SKYPE-USERNAME",
        "X-YAHOO",
    }
)

# Under what else programs write a day to remember; in X-ABDATE, a label says which day it is.
_ANNIVERSARIES = frozenset(
    {"X-ABDATE", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY"}
)
_MANAGERS = frozenset({"X-EVOLUTION-MANAGER", "X-KADDRESSBOOK-X-MANAGERSNAME", "X-MANAGER"})
_ASSISTANTS = frozenset({"X-ASSISTANT", "X-EVOLUTION-ASSISTANT", "X-KADDRESSBOOK-X-ASSISTANTSNAME"})

# Properties in which programs say again what another says: hidden with it.
_COMPANIONS: dict[str, frozenset[str]] = {
    "ADR": frozenset({"LABEL", "X-ABADR"}),
    "TEL": frozenset({"X-MS-TEL"}),
    "IMPP": _MESSENGERS,
    "ANNIVERSARY": _ANNIVERSARIES,
    "GENDER": frozenset({"X-GENDER"}),
    "MEMBER": frozenset({"X-ADDRESSBOOKSERVER-MEMBER"}),
    "RELATED": frozenset(
        {"X-ABRELATEDNAMES", "X-EVOLUTION-SPOUSE", "X-SPOUSE", *_MANAGERS, *_ASSISTANTS}
    ),
}

# The vCard properties that a field is made of. Whoever may not see one of them may not see
# the field, nor search by it. The names fall back to each other, never to a property that a
# grant can hide: a name made of the ORG would tell what was hidden.
SOURCES: dict[Field, frozenset[str]] = {
    Field.FULL_NAME: frozenset({"FN"}),
    Field.FAMILY_NAME: frozenset({"N"}),
    Field.GIVEN_NAME: frozenset({"N"}),
    Field.ADDITIONAL_NAME: frozenset({"N"}),
    Field.NAME_PREFIX: frozenset({"N"}),
    Field.NAME_SUFFIX: frozenset({"N"}),
    Field.NICKNAME: frozenset({"NICKNAME"}),
    Field.ORGANISATION: frozenset({"ORG"}),
    Field.UNIT: frozenset({"ORG"}),
    Field.TITLE: frozenset({"TITLE"}),
    Field.ROLE: frozenset({"ROLE"}),
    Field.MANAGER: frozenset({"RELATED", "X-ABRELATEDNAMES", *_MANAGERS}),
    Field.ASSISTANT: frozenset({"RELATED", "X-ABRELATEDNAMES", *_ASSISTANTS}),
    Field.MAIL: frozenset({"EMAIL"}),
    Field.SECOND_MAIL: frozenset({"EMAIL"}),
    **dict.fromkeys(PHONES, frozenset({"TEL"})),
    Field.WORK_STREET: frozenset({"ADR"}),
    Field.WORK_STREET_2: frozenset({"ADR"}),
    Field.WORK_LOCALITY: frozenset({"ADR"}),
    Field.WORK_REGION: frozenset({"ADR"}),
    Field.WORK_POSTAL_CODE: frozenset({"ADR"}),
    Field.WORK_COUNTRY: frozenset({"ADR"}),
    Field.WORK_COUNTRY_CODE: frozenset({"ADR"}),
    Field.WORK_ADDRESS: frozenset({"ADR"}),
    Field.HOME_STREET: frozenset({"ADR"}),
    Field.HOME_STREET_2: frozenset({"ADR"}),
    Field.HOME_LOCALITY: frozenset({"ADR"}),
    Field.HOME_REGION: frozenset({"ADR"}),
    Field.HOME_POSTAL_CODE: frozenset({"ADR"}),
    Field.HOME_COUNTRY: frozenset({"ADR"}),
    Field.HOME_ADDRESS: frozenset({"ADR"}),
    Field.WORK_URL: frozenset({"URL"}),
    Field.HOME_URL: frozenset({"URL"}),
    Field.MESSAGING: frozenset({"IMPP", *_MESSENGERS}),
    Field.CATEGORY: frozenset({"CATEGORIES"}),
    Field.LANGUAGE: frozenset({"LANG"}),
    Field.NOTE: frozenset({"NOTE"}),
    Field.BIRTHDAY: frozenset({"BDAY"}),
    Field.BIRTH_YEAR: frozenset({"BDAY"}),
    Field.BIRTH_MONTH: frozenset({"BDAY"}),
    Field.BIRTH_DAY: frozenset({"BDAY"}),
    Field.ANNIVERSARY: frozenset({"ANNIVERSARY", *_ANNIVERSARIES}),
    Field.CUSTOM_1: frozenset({"X-CUSTOM1"}),
    Field.CUSTOM_2: frozenset({"X-CUSTOM2"}),
    Field.CUSTOM_3: frozenset({"X-CUSTOM3"}),
    Field.CUSTOM_4: frozenset({"X-CUSTOM4"}),
    Field.PHOTO: frozenset({"PHOTO"}),
    Field.CERTIFICATE: frozenset({"KEY"}),
    Field.UID: frozenset({"UID"}),
    Field.KIND: frozenset({"KIND", "X-ADDRESSBOOKSERVER-KIND"}),
    Field.MEMBER: frozenset({"MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"}),
}

# A card without these is not a card (RFC 6350 sections 6.2.1, 6.7.6, 6.7.9), so no grant can
# hide them; nor what it is a card of, which everything else about it depends on.
NEVER_HIDDEN = frozenset(
    {"BEGIN", "END", "VERSION", "FN", "N", "UID", "KIND", "X-ADDRESSBOOKSERVER-KIND"}
)


def with_companions(hidden: frozenset[str]) -> frozenset[str]:
    """Return ``hidden`` with the properties that would tell what it hides."""
    companions = [_COMPANIONS[name] for name in hidden if name in _COMPANIONS]
    return hidden.union(*companions)


def is_hidden(field: Field, hidden: frozenset[str]) -> bool:
    """Say whether a principal from whom the vCard properties ``hidden`` are kept sees ``field``."""
    return not SOURCES[field].isdisjoint(hidden)
