"""What real exports hold: each file with the people that it must give.

The cards are in tests/corpus/expected. To write them anew, look at what changed, and be sure:

    pytest tests/exchange/formats/test_corpus.py --update-golden
"""

from __future__ import annotations

import pytest

from dirserver.exchange.formats.layout import Column
from tests.exchange.formats.files import CORPUS, contacts_in, read

EXPECTED = CORPUS.parent / "expected"
FILES = sorted(path.name for path in CORPUS.iterdir() if path.suffix != ".md")

PEOPLE = {
    "excel-de-damaged.csv": ["Dr. Äneas Böhm", "Gina D'Angelo", "Café Böhm"],
    "fritzbox.xml": ["Äneas Böhm", "Familie & Freunde Weiß"],
    "google-new.csv": [
        "Robert Smith",
        "Acme Widgets",
        "さくら 小林",
        '=HYPERLINK("http://bad.example";"click") Formula',
    ],
    "google-old-utf16.csv": [
        "Dr. Jürgen Maria Eßer jun.",
        "Müller Pumpen GmbH",
        "nur.mail@nirgendwo.example",
        "Zoë Ångström",
    ],
    "hubspot.csv": ["Priya Example", "tom@harbour.example", "Grace"],
    "outlook-com.csv": ["Aino Mäkelä", "Larsen"],
    "outlook-de-semicolon.csv": ["Käthe Großmann", "Bernd Groß"],
    "outlook-en.csv": [
        "Chloë Anne Fitzgerald-O'Brien PhD",
        "Miguel Nuñez",
        "Ferris & Sons, Ltd.",
    ],
    "thunderbird-en.csv": ["Ines Almeida", "Newsletter", "Day Only"],
    "thunderbird.ldif": ["Håkon Øye", "Plain Jane", "Styret"],
    "yealink-remote.xml": ["Wigwam GmbH, Erika Mustermann", "O'Neil & Co.", "Empfang"],
}
RECOGNISED = {
    "excel-de-damaged.csv": ("spreadsheet (German) as CSV", "Windows-1252", "semicolon"),
    "fritzbox.xml": ("phone book of a FRITZ!Box, XML", "UTF-8", ""),
    "google-new.csv": ("Google Contacts, CSV", "UTF-8", "comma"),
    "google-old-utf16.csv": ("Google Contacts (before 2023), CSV", "UTF-16LE", "comma"),
    "hubspot.csv": ("HubSpot, CSV", "ASCII", "comma"),
    "outlook-com.csv": ("Outlook (English), CSV", "UTF-8 with a byte order mark", "comma"),
    "outlook-de-semicolon.csv": ("Outlook (German), CSV", "Windows-1252", "semicolon"),
    "outlook-en.csv": ("Outlook (English), CSV", "Windows-1252", "comma"),
    "thunderbird-en.csv": ("Thunderbird (English), CSV", "UTF-8", "comma"),
    "thunderbird.ldif": ("LDIF", "ASCII", ""),
    "yealink-remote.xml": ("phone book of Yealink, XML", "ASCII", ""),
}


@pytest.mark.parametrize("name", FILES)
def test_a_real_export_is_recognised_and_gives_its_people(name: str) -> None:
    layout, cards = read((CORPUS / name).read_bytes())
    assert (layout.format, layout.encoding, layout.separator) == RECOGNISED[name]
    assert [card.name for card in cards] == PEOPLE[name]
    assert layout.people == len(cards)
    assert all(card.body for card in cards)


@pytest.mark.parametrize("name", FILES)
def test_a_real_export_gives_the_very_cards(name: str, request: pytest.FixtureRequest) -> None:
    _, cards = read((CORPUS / name).read_bytes())
    found = b"".join(card.body or b"" for card in cards)
    golden = EXPECTED / f"{name}.vcf"
    if request.config.getoption("--update-golden"):
        golden.write_bytes(found)
    assert found.decode() == golden.read_bytes().decode()


def test_what_excel_damaged_is_told_and_no_number_is_made_up() -> None:
    _, cards = read((CORPUS / "excel-de-damaged.csv").read_bytes())
    assert cards[0].line == 2
    assert cards[0].notes == (
        "Telefon: 35199998120 had lost its first character and was read as 035199998120",
        "Mobil: 4,91522E+11 is all that is left of a number; not imported",
        "the postcode 1067 had lost its 0 and was read as 01067",
    )
    first, second, _ = contacts_in((CORPUS / "excel-de-damaged.csv").read_bytes())
    assert [said.text for said in first.phones] == ["035199998120"]
    assert [said.text for said in second.mails] == [
        "gina@dangelo.example",
        "g.dangelo@buero.example",
    ]
    assert (first.birthday, second.birthday) == ("1975-02-09", "1980-03-01")


def test_an_exchange_name_is_no_mail_address_and_the_private_one_is_told() -> None:
    _, cards = read((CORPUS / "outlook-en.csv").read_bytes())
    assert cards[0].notes == (
        "E-mail 2 Address: Exchange's name for somebody is no mail address; left out",
    )
    assert cards[1].notes == ("Private: this contact is marked as private in the file",)
    assert cards[2].line == 8
    chloe = contacts_in((CORPUS / "outlook-en.csv").read_bytes())[0]
    assert [said.text for said in chloe.mails] == ["chloe@ferris.example"]
    assert chloe.categories == ["Customers", "Red, urgent"]
    assert chloe.birthday == "1984-11-05"


def test_the_list_of_an_ldif_file_names_its_members_by_their_uids() -> None:
    hakon, jane, board = contacts_in((CORPUS / "thunderbird.ldif").read_bytes())
    assert board.is_list
    assert board.members == [hakon.uid, jane.uid]


def test_the_members_of_lists_are_told_as_what_they_become() -> None:
    layout, _ = read((CORPUS / "thunderbird.ldif").read_bytes())
    assert [column for column in layout.columns if column.name == "member"] == [
        Column("member", "MEMBER", 2)
    ]
