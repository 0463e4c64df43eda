"""Spreadsheets: what separates their cells, what their columns are, and what has no place."""

from __future__ import annotations

from csv import DictReader
from io import StringIO

import pytest

from dirserver.exchange.formats.choices import DateOrder, Format, Leftover
from dirserver.exchange.formats.contact import Contact, Said
from dirserver.exchange.formats.headers import Known, everything
from dirserver.exchange.formats.layout import UnknownFormat
from dirserver.exchange.formats.tocard import to_card
from tests.exchange.formats.files import contacts_in, read, wishing, written

HEADER = "Vorname;Nachname;Telefon;Geburtstag\n"


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("First Name,Last Name\nAda,Byron\n", "comma"),
        ("First Name;Last Name\nAda;Byron\n", "semicolon"),
        ("First Name\tLast Name\nAda\tByron\n", "tab"),
        ("sep=|\r\nFirst Name|Last Name\r\nAda|Byron\r\n", "|"),
        ("Our members\n\nFirst Name,Last Name\nAda,Byron\n", "comma"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_separator_and_the_row_of_names_are_found(
    text: str, separator: str, encoding: str
) -> None:
    layout, cards = read(text.encode(encoding))
    assert layout.separator == separator
    assert [card.name for card in cards] == ["Ada Byron"]


def test_the_code_page_is_the_one_in_which_the_columns_are_known() -> None:
    layout, cards = read("Vorname;Straße;PLZ;Ort\nJürgen;Süßweg 1;01067;Köln\n".encode("cp1252"))
    assert layout.encoding == "Windows-1252"
    assert cards[0].name == "Jürgen"


# Columns that people make themselves are in the files of several languages.
PROGRAMS = [known for known in everything() if known.source != "spreadsheet"]


@pytest.mark.parametrize("known", PROGRAMS, ids=lambda known: known.title)
def test_the_columns_of_every_program_are_recognised(known: Known) -> None:
    names = [name for name in known.names if "#" not in name]
    layout, _ = read(f"{';'.join(names)}\n{';'.join('x' * len(names))}\n")
    assert layout.format == f"{known.title}, CSV"


@pytest.mark.parametrize(
    ("header", "format"),
    [
        ("Name,Phone", "spreadsheet as CSV"),
        ("Id,Name,Phone,Description", "spreadsheet as CSV"),
        ("First Name,Last Name,Email,Phone", "spreadsheet as CSV"),
        ("Vorname,Nachname,Firma,Ort", "spreadsheet (German) as CSV"),
        # One column that only a program writes is enough.
        ("Name,Phone,MobilePhone", "Salesforce (data export), CSV"),
        ("First Name,Last Name,Primary Email", "Thunderbird (English), CSV"),
    ],
)
def test_columns_that_anybody_writes_are_no_program(header: str, format: str) -> None:
    cells = ",".join("x" * (header.count(",") + 1))
    layout, _ = read(f"{header}\n{cells}\n")
    assert layout.format == format


def test_a_title_beside_a_job_title_is_how_somebody_is_addressed() -> None:
    (both,) = contacts_in("Title,First Name,Last Name,Job Title,Company\nMs.,Ada,Byron,Poet,X\n")
    assert (both.prefix, both.title) == ("Ms.", "Poet")
    (alone,) = contacts_in("Title,First Name,Last Name,Company\nPoet,Ada,Byron,X\n")
    assert (alone.prefix, alone.title) == ("", "Poet")


@pytest.mark.parametrize(
    ("leftover", "notes", "extras", "becomes"),
    [
        (Leftover.NOTE, ["Kundennr.: K-17"], [], "NOTE;label=Kundennr."),
        (Leftover.X, [], [("X-KUNDENNR", "K-17")], "X-KUNDENNR"),
        (Leftover.DROP, [], [], "-"),
    ],
)
def test_an_unknown_column_goes_where_it_was_wished(
    leftover: Leftover, notes: list[str], extras: list[tuple[str, str]], becomes: str
) -> None:
    wishes = wishing(leftover=leftover)
    text = "Vorname;Nachname;Kundennr.\nAda;Byron;K-17\n"
    layout, cards = read(text, wishes)
    assert layout.columns[-1].becomes == becomes
    (ada,) = contacts_in(text, wishes)
    assert ada.notes == notes
    assert (b"X-KUNDENNR:K-17" in (cards[0].body or b"")) == bool(extras)


def test_a_map_tells_what_no_program_has() -> None:
    wishes = wishing(columns={"Wer": "FN", "Nr": "TEL;cell", "Egal": "-"})
    text = "Wer;Nr;Egal\nAda Byron;0171 3920010;x\n"
    (ada,) = contacts_in(text, wishes)
    assert ada.name() == "Ada Byron"
    assert ada.phones == [Said("0171 3920010", frozenset({"cell"}))]
    assert ada.notes == []
    with pytest.raises(UnknownFormat, match=r"'Wer', 'Nr', 'Egal'.*--map"):
        read(text)
    with pytest.raises(UnknownFormat, match="no column 'Wo'"):
        read(text, wishing(columns={"Wer": "FN", "Wo": "ADR.city"}, required=["Wo"]))


@pytest.mark.parametrize(
    ("cells", "wished", "birthdays"),
    [
        (["3/4/1980", "13/4/1980"], None, ["1980-04-03", "1980-04-13"]),
        (["3/4/1980", "4/13/1980"], None, ["1980-03-04", "1980-04-13"]),
        (["3/4/1980"], None, [""]),
        (["3/4/1980"], DateOrder.MONTH_FIRST, ["1980-03-04"]),
        (["1.3.80", "27.11.26"], None, ["1980-03-01", "1926-11-27"]),
        (["1980-02-30", "0/0/00", "--03-07"], None, ["", "", "--03-07"]),
    ],
)
def test_the_order_of_a_date_is_the_one_of_its_file(
    cells: list[str], wished: DateOrder | None, birthdays: list[str]
) -> None:
    rows = "".join(f"Ada{number},B,{cell}\n" for number, cell in enumerate(cells))
    found = contacts_in(f"First Name,Lastname,Date of Birth\n{rows}", wishing(dates=wished))
    assert [one.birthday for one in found] == birthdays


def test_a_date_that_may_be_two_days_is_asked_about_and_kept_in_the_note() -> None:
    text = "Name,Email,Birthday\nAda,a@b.example,3/4/1980\n"
    _, (card,) = read(text)
    assert "say --dates dmy or mdy" in card.notes[0]
    assert contacts_in(text)[0].notes == ["Birthday: 3/4/1980"]


def test_rows_that_are_not_understood_are_told_with_their_lines() -> None:
    text = HEADER + "Ada;Byron;030 123456;\nBen,Oster,030 9,1.2.80\n;;;1.1.80\n\nZoe;Z;;\n"
    _, cards = read(text)
    assert [(card.line, card.name) for card in cards if card.body] == [
        (2, "Ada Byron"),
        (6, "Zoe Z"),
    ]
    left_out = [(card.line, card.notes) for card in cards if card.body is None]
    assert left_out == [
        (3, ("line 3: this row has another separator than the header",)),
        (4, ("there is no name, organisation, mail address or number in it",)),
    ]


def test_footers_of_reports_are_nobody() -> None:
    text = (
        "First Name,Last Name,Account Name,Mailing City,Email\nAda,Byron,X,Y,a@b.example\n\n"
        '"Confidential Information - Do Not Distribute"\n"Copyright (c) 2000-2026 x"\n'
    )
    layout, cards = read(text)
    assert layout.format == "Salesforce (report), CSV"
    assert [card.name for card in cards] == ["Ada Byron"]


def test_the_id_of_the_program_makes_the_uid_whatever_else_changes() -> None:
    header = "Record ID,First Name,Last Name,Email\n"
    (before,) = contacts_in(f"{header}7,Ada,Byron,a@b.example\n")
    (after,) = contacts_in(f"{header}7,Ada,Lovelace,ada@c.example\n")
    assert before.uid == after.uid


def test_who_is_known_by_the_same_keeps_the_uid_and_namesakes_have_their_own() -> None:
    header = "First Name,Last Name,Phone,Company,Note\n"
    first, second, third = contacts_in(
        f"{header}Ada,Byron,030 1,,x\nAda,Byron,030 2,,\nAda,Byron,030 2,,y\n"
    )
    assert len({first.uid, second.uid, third.uid}) == 3
    (again,) = contacts_in(f"{header}Ada,Byron,030 1,,another note\n")
    assert again.uid == first.uid


def test_cells_that_a_spreadsheet_would_calculate_are_guarded_but_not_numbers() -> None:
    contact = Contact("u", given="=cmd()", family="-x", phones=[Said("+4930123456")])
    text = written([to_card(contact)], Format.GOOGLE).decode()
    row = text.splitlines()[1]
    assert row.startswith("'=cmd(),,'-x,")
    assert ",+49 30 123456" in row
    assert written([to_card(contact)], Format.GOOGLE, raw=True).decode().count("'") == 0
    (back,) = contacts_in(text)
    assert (back.given, back.family) == ("=cmd()", "-x")


def test_a_row_says_what_somebody_is_called_and_rows_come_by_name() -> None:
    contacts = [
        Contact("u1", given="Zoë", family="Groß"),
        Contact("u2", full_name="ärzte am Markt", organisation="ärzte am Markt"),
        Contact("u3", given="Anna", family="Müller", prefix="Dr."),
        Contact("u4", full_name="Bob", given="Robert", family="Smith"),
    ]
    bodies = [to_card(one) for one in contacts]
    rows = list(DictReader(StringIO(written(bodies, Format.CSV).decode("utf-8-sig"))))
    assert [(row["Name"], row["UID"]) for row in rows] == [
        ("ärzte am Markt", "u2"),
        ("Bob", "u4"),
        ("Dr. Anna Müller", "u3"),
        ("Zoë Groß", "u1"),
    ]
    # And these are the very cards again.
    _, cards = read(written(bodies, Format.CSV))
    assert {card.body for card in cards} == set(bodies)


def test_a_row_of_few_columns_with_another_separator_is_told_of() -> None:
    _, cards = read("Name;E-Mail;Telefon\nAnn;a@x.example;030 1\nBen,b@x.example,030 2\n")
    faults = [card.notes for card in cards if card.body is None]
    assert faults == [("line 3: this row has another separator than the header",)]


def test_a_row_that_lacks_cells_which_most_have_is_told_of() -> None:
    text = (
        "Name,E-Mail,Telefon,Notiz\nAda,ada@x.example,030 1,\nBen\nCleo,cleo@x.example\n"
        "Dora,dora@x.example,030 4\nEve,,030 5,likes tea\nFay,,,\nGus,,030 7\n"
    )
    _, cards = read(text)
    assert [(card.name, card.notes) for card in cards if card.notes] == [
        ("Ben", ("this row has 1 cell and ends before 'Telefon', which most have",)),
        ("Cleo", ("this row has 2 cells and ends before 'Telefon', which most have",)),
    ]
    assert [card.lost for card in cards] == [0] * 7


def test_empty_cells_that_excel_leaves_out_at_the_end_of_rows_are_not_told_of() -> None:
    rows = "".join(f"P{number};;;\n" for number in range(16))
    rows += "".join(f"Q{number};0171 392001{number}\n" for number in range(9))
    _, cards = read(f"Name;Mobil;Fax;Notiz\n{rows}Zoe;;;likes tea\n")
    assert not any(card.notes for card in cards)


@pytest.mark.parametrize(
    ("written", "organisation", "name", "parts"),
    [
        ("Müller, Jürgen", "Müller & Söhne", "Jürgen Müller", ("Müller", "Jürgen")),
        ("van der Berg, Anna Maria", "", "Anna Maria van der Berg", ("van der Berg", "Anna Maria")),
        ("Jürgen Müller", "", "Jürgen Müller", ("", "")),
        # Firms, and what is no list's way of writing a name.
        ("Apple, Inc.", "", "Apple, Inc.", ("", "")),
        ("Meier, Huber & Partner", "", "Meier, Huber & Partner", ("", "")),
        ("Wigwam GmbH, Erika", "", "Wigwam GmbH, Erika", ("", "")),
        ("Kasse, Tor 4", "", "Kasse, Tor 4", ("", "")),
        ("Stern, Robert, Dr.", "", "Stern, Robert, Dr.", ("", "")),
        ("Hotel, Bar", "Hotel, Bar", "Hotel, Bar", ("", "")),
        ("Wagner,", "", "Wagner,", ("", "")),
    ],
)
def test_a_name_in_one_column_may_have_the_family_name_first(
    written: str, organisation: str, name: str, parts: tuple[str, str]
) -> None:
    (one,) = contacts_in(f'Name;Firma\n"{written}";{organisation}\n', wishing())
    assert one.name() == name
    assert (one.family, one.given) == parts
