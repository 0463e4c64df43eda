"""The attribute types, the object classes and the entry that publishes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ldaptor.schema import AttributeTypeDescription, ObjectClassDescription

from dirserver.ldap.schema.attributes import ATTRIBUTE_TYPES, lookup
from dirserver.ldap.schema.attributetype import AttributeType, Usage
from dirserver.ldap.schema.objectclass import (
    CARD_CLASSES,
    CARD_STRUCTURAL_CLASS,
    OBJECT_CLASSES,
    object_class,
)
from dirserver.ldap.schema.standard import STANDARD
from dirserver.ldap.schema.subschema import subschema_entry
from dirserver.ldap.schema.syntaxes import MATCHING_RULES
from dirserver.model.fields import Field

_PUBLISHED = [one for one in (*ATTRIBUTE_TYPES, *STANDARD) if one.oid]
# What the standards have of their own, and clients mean something else by.
_MEANT = {
    "departmentNumber": "ou",
    "mozillaWorkUrl": "labeledURI",
    "photo": "jpegPhoto",
    "postOfficeBox": "street",
}


def _named(description: str) -> str | None:
    one = lookup(description)
    return None if one is None else one.name


# What clients call them, from what was seen of phones and mail programs.
_ASKED = {
    "cn": "cn commonname CN 2.5.4.3",
    "sn": "surname SN 2.5.4.4",
    "givenName": "givenname gn firstName",
    "displayName": "displayname",
    "mail": "MAIL email rfc822Mailbox",
    "mozillaSecondEmail": "xmozillasecondemail mail2",
    "mozillaNickname": "xmozillanickname nickname",
    "telephoneNumber": "telephonenumber telePhoneNumber workPhone telephone 2.5.4.20",
    "mobile": "Mobile mobileTelephoneNumber cellphone cell carphone 0.9.2342.19200300.100.1.41",
    "homePhone": "homephone homeTelephoneNumber",
    "facsimileTelephoneNumber": "fax",
    "pager": "pagerphone pagerTelephoneNumber",
    "ipPhone": "ipphone other otherTelephone",
    "primaryPhone": "telephonePrimary",
    "o": "company organizationName",
    "ou": "department departmentNumber orgunit 2.16.840.1.113730.3.1.2",
    "street": "streetAddress postOfficeBox",
    "l": "locality localityName",
    "st": "region stateOrProvinceName",
    "postalCode": "postalcode zip",
    "c": "countryname",
    "co": "friendlyCountryName",
    "labeledURI": "labeleduri mozillaWorkUrl workurl url 1.3.6.1.4.1.13769.3.9",
    "mozillaHomeUrl": "homeurl apple-user-homeurl",
    "nsAIMid": "nscpaimscreenname IMHandle apple-imhandle",
    "category": "vcardcategories categories",
    "uid": "userid 0.9.2342.19200300.100.1.1",
    "dc": "domainComponent 0.9.2342.19200300.100.1.25",
    "numSubordinates": "numSubOrdinates",
    "modifyTimestamp": "modifytimestamp",
}


@pytest.mark.parametrize(
    ("name", "asked"), [(name, one) for name, asked in _ASKED.items() for one in asked.split()]
)
def test_an_attribute_is_found_by_every_name_that_clients_use(name: str, asked: str) -> None:
    assert _named(asked) == name


def test_no_field_of_notes_and_birthdays_is_kept_with_entries() -> None:
    kept = {field for one in ATTRIBUTE_TYPES for field in one.fields if one.kept}
    assert set(Field) - kept == {
        Field.NOTE,
        Field.BIRTHDAY,
        Field.BIRTH_YEAR,
        Field.BIRTH_MONTH,
        Field.BIRTH_DAY,
        Field.ANNIVERSARY,
        Field.PHOTO,
        Field.CERTIFICATE,
        Field.UID,
        Field.KIND,
        Field.MEMBER,
    }


@pytest.mark.parametrize(
    "name",
    ["", " ", ";binary", "cn;lang-de", "mail;binary", "userPasswords", "1.1", "*", "+", "x" * 999],
)
def test_what_is_no_attribute_is_not_found(name: str) -> None:
    assert lookup(name) is None


def test_a_name_means_one_attribute() -> None:
    names = [
        name.lower()
        for one in ATTRIBUTE_TYPES
        for name in (one.oid or one.name, *one.names, *one.aliases)
    ]
    twice = {name for name in names if names.count(name) > 1}
    assert twice == {one.name.lower() for one in ATTRIBUTE_TYPES if not one.oid}


@pytest.mark.parametrize("one", _PUBLISHED, ids=lambda one: one.name)
def test_an_attribute_name_is_short_enough_for_its_entry_to_be_walked_over(
    one: AttributeType,
) -> None:
    # The walk takes the length of a name for one octet.
    assert all(len(name) < 128 for name in (*one.names, *one.aliases))
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)+", one.oid)


def _classes(name: str) -> list[str]:
    one = object_class(name)
    assert one is not None
    return [one.name, *(_classes(one.superior) if one.superior else [])]


def test_a_card_is_of_all_superiors_of_its_classes() -> None:
    assert set(CARD_CLASSES) == {name for one in CARD_CLASSES for name in _classes(one)}
    assert CARD_STRUCTURAL_CLASS in CARD_CLASSES


def test_the_classes_of_a_card_allow_all_that_a_card_may_show() -> None:
    allowed = {
        name for one in OBJECT_CLASSES if one.name in CARD_CLASSES for name in (*one.must, *one.may)
    }
    shown = {one.name for one in ATTRIBUTE_TYPES if one.oid and one.fields}
    assert shown - allowed == {"member"}
    assert "member" in next(one.must for one in OBJECT_CLASSES if one.name == "groupOfNames")


def test_classes_are_made_of_attributes_and_classes_that_are_there() -> None:
    for one in OBJECT_CLASSES:
        assert one.superior is None or object_class(one.superior) is not None
        for name in (*one.must, *one.may):
            found = lookup(name)
            assert found is not None
            assert found.name == _MEANT.get(name, name)


@pytest.mark.parametrize("asked", ["inetOrgPerson", "INETORGPERSON", "2.16.840.1.113730.3.2.2"])
def test_a_class_is_found_by_name_and_oid_in_any_case(asked: str) -> None:
    found = object_class(asked)
    assert found is not None
    assert found.name == "inetOrgPerson"
    assert object_class("inetOrgPersonx") is None


def test_another_parser_reads_every_attribute_type() -> None:
    read = [AttributeTypeDescription(one) for one in subschema_entry()["attributeTypes"]]
    for parsed, one in zip(read, _PUBLISHED, strict=True):
        assert parsed.oid.decode() == one.oid
        assert [name.decode() for name in parsed.name] == list(one.names)
        assert parsed.syntax.decode() == one.syntax.oid
        assert bool(parsed.single_value) is one.single_valued
        assert (parsed.sup or b"").decode() == (one.superior or "")
        superior = None if one.superior is None else lookup(one.superior)
        # An assertion about a name is one about names of any kind (RFC 4512 section 2.5.1).
        assert one.superior != "name" or (superior and set(one.fields) <= set(superior.fields))
        assert bool(parsed.desc) is (bool(one.fields) or one in STANDARD)
        assert (parsed.usage or b"userApplications").decode() == one.usage


def test_another_parser_reads_every_object_class() -> None:
    read = [ObjectClassDescription(one) for one in subschema_entry()["objectClasses"]]
    for parsed, one in zip(read, OBJECT_CLASSES, strict=True):
        assert parsed.oid.decode() == one.oid
        assert [name.decode() for name in parsed.name] == [one.name]
        assert [name.decode() for name in parsed.sup] == ([one.superior] if one.superior else [])
        assert parsed.type.decode() == one.kind
        assert [name.decode() for name in parsed.must] == list(one.must)
        assert [name.decode() for name in parsed.may] == list(one.may)


def test_the_rules_and_syntaxes_that_attributes_name_are_published() -> None:
    entry = subschema_entry()
    rules = {rule.name for rule in MATCHING_RULES}
    syntaxes = {text.split()[1] for text in entry["ldapSyntaxes"]}
    for one in _PUBLISHED:
        named = {one.syntax.equality, one.syntax.ordering, one.syntax.substrings} - {None}
        assert named <= rules
        assert one.syntax.oid in syntaxes
    assert {rule.syntax for rule in MATCHING_RULES} <= syntaxes
    assert len(entry["matchingRules"]) == len(rules)


def test_the_subschema_entry_is_of_classes_that_allow_what_it_has() -> None:
    entry = subschema_entry()
    classes = [one for one in OBJECT_CLASSES if one.name in entry["objectClass"]]
    allowed = {name for one in classes for name in (*one.must, *one.may)}
    assert set(entry) - {"structuralObjectClass"} <= allowed
    for name in entry:
        assert _named(name) == name


def test_operational_attributes_are_told_from_users() -> None:
    users = {one.name for one in ATTRIBUTE_TYPES if one.usage is Usage.USER}
    assert {"cn", "dc", "objectClass"} <= users
    assert not {"entryUUID", "namingContexts", "attributeTypes", "createTimestamp"} & users


def test_the_published_schema_is_the_one_in_the_file() -> None:
    lines = ["dn: cn=Subschema"]
    for name, values in subschema_entry().items():
        lines += [f"{name}: {value}" for value in values]
    # A change of the table shows in this file; write what is expected into it.
    golden = Path(__file__).parents[2] / "schema" / "subschema.ldif"
    assert golden.read_text() == "\n".join(lines) + "\n"
