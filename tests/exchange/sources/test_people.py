"""What becomes of the entries of directories, Active Directory's first of all."""

from __future__ import annotations

from base64 import b64decode
from datetime import date
from pathlib import Path

import pytest

from dirserver.exchange.formats.choices import Leftover
from dirserver.exchange.formats.layout import BadTarget, Wishes
from dirserver.exchange.sources.client import RawEntry
from dirserver.exchange.sources.people import read_people, schema_of
from dirserver.exchange.vcards import ReadCard

RECORDED = Path(__file__).parent / "active-directory.ldif"
WISHES = Wishes(leftover=Leftover.DROP, today=date(2026, 5, 1), source="source hr")


def recorded() -> list[RawEntry]:
    """Return the entries as they come over the wire: all values are octets."""
    entries = []
    lines = [line for line in RECORDED.read_text("utf-8").splitlines() if line[:1] != "#"]
    for block in "\n".join(lines).split("\n\n"):
        values: dict[str, list[bytes]] = {}
        for line in block.splitlines():
            name, _, value = line.partition(": ")
            octets = b64decode(value) if name.endswith(":") else value.encode()
            values.setdefault(name.rstrip(":").lower(), []).append(octets)
        entries.append(RawEntry(values.pop("dn")[0].decode(), values))
    return entries


def cards(entries: list[RawEntry], mapping: dict[str, str] | None = None) -> list[ReadCard]:
    schema = schema_of(mapping or {}, "", is_active_directory=True)
    wanted = {name.lower() for name in schema.attributes}
    # A directory gives what it was asked for.
    asked = [
        RawEntry(one.dn, {name: some for name, some in one.values.items() if name in wanted})
        for one in entries
    ]
    return list(read_people(asked, schema, WISHES, "hr"))


def lines(card: ReadCard) -> list[str]:
    assert card.body is not None
    return card.body.decode().replace("\r\n ", "").splitlines()


def test_a_user_of_active_directory_becomes_a_card() -> None:
    anna, _ = cards(recorded())
    assert lines(anna) == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "UID:efbeadde-7bba-4bcd-865f-010203040506",
        "N:Müller;Anna;;;",
        "FN:Dr. Anna Müller",
        "ORG:Example GmbH;Sales",
        "TITLE:Head of Sales",
        "TEL;TYPE=WORK:+49 30 901820-14",
        "TEL;TYPE=HOME:+49 30 5550199",
        "TEL;TYPE=CELL:+49 171 3920014",
        "TEL;TYPE=FAX,WORK:+49 30 901820-15",
        "item1.TEL:2014",
        "item1.X-ABLabel:IP",
        "TEL;TYPE=WORK:+49 30 901820-99",
        "EMAIL;TYPE=WORK:anna.mueller@example.org",
        "URL;TYPE=WORK:https://example.org/anna",
        "item2.X-ABRELATEDNAMES:Boss\\, Bert",
        "item2.X-ABLabel:_$!<Manager>!$_",
        "ADR;TYPE=WORK:;;Marktstraße 1\\nHaus B;Berlin;Berlin;10115;Germany",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRg==",
        "END:VCARD",
    ]


def test_a_contact_of_active_directory_becomes_a_card() -> None:
    _, acme = cards(recorded())
    assert "FN:Acme Support" in lines(acme)
    assert "UID:03020100-0504-0706-0809-0a0b0c0d0e0f" in lines(acme)


def test_the_same_entries_give_the_same_cards_in_any_order_of_attributes() -> None:
    turned = [RawEntry(one.dn, dict(reversed(list(one.values.items())))) for one in recorded()]
    assert cards(turned) == cards(recorded())


def test_disabled_accounts_are_not_asked_for_and_contacts_have_none() -> None:
    found = schema_of({}, "", is_active_directory=True).filter
    assert "(!(userAccountControl:1.2.840.113556.1.4.803:=2))" in found
    assert "(|(objectClass=contact)(&(objectClass=user)" in found
    assert schema_of({}, "", is_active_directory=False).filter == "(objectClass=inetOrgPerson)"
    assert schema_of({}, "(cn=*)", is_active_directory=True).filter == "(cn=*)"


def test_a_mapping_says_it_otherwise_and_adds() -> None:
    anna, _ = cards(
        recorded(),
        {"HOMEPHONE": "-", "physicalDeliveryOfficeName": "X-OFFICE", "thumbnailPhoto": "-"},
    )
    said = lines(anna)
    assert "X-OFFICE:B 2.14" in said
    assert not [line for line in said if "5550199" in line or line.startswith("PHOTO")]
    with pytest.raises(BadTarget):
        schema_of({"cn": "NAME"}, "", is_active_directory=True)


def test_what_is_no_text_and_what_is_too_large_does_no_harm() -> None:
    odd = RawEntry(
        "cn=x",
        {"displayname": [b"J\xfcrgen\x00"], "thumbnailphoto": [b"x" * 2_000_000], "mail": [b""]},
    )
    (card,) = cards([odd])
    assert "FN:J\ufffdrgen" in lines(card)
    assert not [line for line in lines(card) if line.startswith(("PHOTO", "EMAIL"))]


def test_an_entry_that_names_nobody_is_no_card() -> None:
    (card,) = cards([RawEntry("cn=x", {"title": [b"Clerk"]})])
    assert card.body is None
