"""Each rule: what breaks it, and what a repair makes of that."""

from __future__ import annotations

import base64

import pytest

from dirserver.model.number import DialPlan
from dirserver.model.standards.judging import judge, repaired
from dirserver.model.standards.rules import Fault, NameForm, PhoneForm, Standards
from dirserver.model.vcard import parse_card
from tests.organisation import vcard

PLAN = DialPlan("DE", ("0",))


def faults(standards: Standards, *lines: str, name: str = "Anna Müller") -> tuple[Fault, ...]:
    return judge(parse_card(vcard("anna", name, *lines)), standards, PLAN)


def mended(standards: Standards, line: str) -> str:
    """Return what a repair makes of the value of a line; what stays is as it was."""
    body = vcard("anna", "Anna Müller", line)
    found = judge(parse_card(body), standards, PLAN)
    name = line.partition(":")[0].partition(";")[0]
    kept = parse_card(repaired(body, found)).first(name)
    assert kept is not None
    return kept.value


@pytest.mark.parametrize(
    ("written", "e164", "national"),
    [
        ("030/90 18 20", "+4930901820", "030 901820"),
        ("+49 (0)30 1234-567", "+49301234567", "030 1234-567"),
        ("0049 171 3920010", "+491713920010", "0171 3920010"),
        ("+43 1 51234", "+43151234", "+43 1 51234"),
        ("030 901820 ext. 12", "+4930901820 ext. 12", "030 901820 ext. 12"),
        ("567", "567", "567"),
        ("ask Bob", "ask Bob", "ask Bob"),
        ("tel:+49-30-901820", "tel:+4930901820", "tel:+4930901820"),
        ("tel:+49-30-901820;ext=7", "tel:+4930901820;ext=7", "tel:+4930901820;ext=7"),
    ],
)
def test_a_number_is_written_in_one_way(written: str, e164: str, national: str) -> None:
    line = f"TEL;TYPE=work:{written}"
    assert mended(Standards(phones=PhoneForm.E164), line) == e164
    assert mended(Standards(phones=PhoneForm.NATIONAL), line) == national


def test_what_is_no_number_is_told_and_left() -> None:
    (fault,) = faults(Standards(phones=PhoneForm.E164), "TEL:567")
    assert fault.sentence == '"567" is no phone number with its area code'
    assert fault.mended is None


@pytest.mark.parametrize(
    "written", ["Fax: 030 901820", "030 901820 (Anna)", "030 901820/0171 55501"]
)
def test_a_number_with_more_beside_it_is_left_to_people(written: str) -> None:
    (fault,) = faults(Standards(phones=PhoneForm.E164), f"TEL:{written}")
    assert fault.sentence == f'"{written}" says more than a phone number'
    assert fault.mended is None


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("anna@example.org", "anna@example.org"),
        ("anna.müller+x@bücher.example", "anna.müller+x@bücher.example"),
        (" anna@example.org;", "anna@example.org"),
        ("mailto:anna@example.org", "anna@example.org"),
        ("Anna <anna@example.org>", "anna@example.org"),
        ("anna @ example.org", "anna@example.org"),
    ],
)
def test_an_address_is_freed_of_what_is_around_it(written: str, becomes: str) -> None:
    assert mended(Standards(emails=True), f"EMAIL:{written}") == becomes


@pytest.mark.parametrize("written", ["anna", "anna@", "anna@localhost", "a..b@x.org", "a@b@c.org"])
def test_what_is_no_address_is_told_and_left(written: str) -> None:
    (fault,) = faults(Standards(emails=True), f"EMAIL:{written}")
    assert (fault.sentence, fault.mended) == (f'"{written}" is no e-mail address', None)


def test_a_category_gets_its_spelling_and_a_strange_one_stays() -> None:
    standards = Standards(categories=("VIP", "Büro"))
    assert mended(standards, "CATEGORIES:vip,buro,Odd,VIP") == "VIP,Büro,Odd"
    misspelt, unknown = faults(standards, "CATEGORIES:vip,Odd")
    assert misspelt.sentence == 'the category is to be written: "vip" as "VIP"'
    assert unknown.sentence == 'the book has no category "Odd"; it has VIP, Büro'


@pytest.mark.parametrize(
    ("written", "form", "becomes"),
    [
        ("Anna Müller", NameForm.GIVEN_FAMILY, "Anna Müller"),
        ("Müller, Anna", NameForm.GIVEN_FAMILY, "Anna Müller"),
        ("MÜLLER ANNA", NameForm.GIVEN_FAMILY, "Anna Müller"),
        ("Dr. Anna Müller", NameForm.GIVEN_FAMILY, "Dr. Anna Müller"),
        ("Müller Dr. Anna", NameForm.GIVEN_FAMILY, "Dr. Anna Müller"),
        ("Anna Müller", NameForm.FAMILY_GIVEN, "Müller, Anna"),
        ("Blumen Müller", NameForm.GIVEN_FAMILY, "Blumen Müller"),
    ],
)
def test_a_name_is_put_in_order(written: str, form: NameForm, becomes: str) -> None:
    spelled = written.replace(",", "\\,")
    body = vcard("anna", "x").replace(b"FN:x", f"FN:{spelled}".encode())
    body = body.replace(b"N:x;;;;", "N:Müller;Anna;;Dr.;".encode())
    found = judge(parse_card(body), Standards(names=form), PLAN)
    name = parse_card(repaired(body, found)).first("FN")
    assert name is not None
    assert name.value.replace("\\", "") == becomes


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("Deutschland", "Deutschland"),
        ("Germany", "Deutschland"),
        ("DE", "Deutschland"),
        ("allemagne", "Deutschland"),
        ("Österreich", "Österreich"),
        ("USA", "Vereinigte Staaten"),
        ("Bayern", "Bayern"),
        ("", ""),
    ],
)
def test_a_country_is_called_as_one_language_calls_it(written: str, becomes: str) -> None:
    line = f"ADR;TYPE=work:;;Hauptstr. 1\\, Hof;Ort;;10115;{written}"
    assert mended(Standards(countries="de"), line) == f";;Hauptstr. 1\\, Hof;Ort;;10115;{becomes}"


def test_what_is_missing_is_named_in_words() -> None:
    said = faults(Standards(required=("FN", "EMAIL", "ORG", "X-ROOM")), "ORG:;", "EMAIL:")
    assert [fault.sentence for fault in said] == [
        "there is no e-mail address",
        "there is no organisation",
        "there is no X-ROOM",
    ]


def test_a_photo_may_have_so_many_kilobytes() -> None:
    photo = base64.b64encode(bytes(3 * 1024)).decode()
    lines = f"PHOTO;ENCODING=b;TYPE=JPEG:{photo}", "PHOTO;VALUE=uri:https://example.org/a.jpg"
    assert not faults(Standards(photo_kb=3), *lines)
    (fault,) = faults(Standards(photo_kb=2), *lines, f"PHOTO:data:image/jpeg;base64,{photo[:9]}")
    assert fault.sentence == "the photo has 3 kB; up to 2 kB are allowed"


def test_a_list_of_cards_needs_nothing() -> None:
    standards = Standards(required=("EMAIL",))
    assert faults(standards)
    assert not faults(standards, "X-ADDRESSBOOKSERVER-KIND:group")


def test_a_repair_leaves_every_other_byte() -> None:
    body = (
        b'begin:vcard\nVERSION:3.0\n\nfn;x-odd="a;b":Anna\nitem1.TEL;type=WORK;type=pref:030/90\n'
        b"  1820\nitem1.X-ABLabel:x\nNOTE:y\nEND:VCARD\n"
    )
    found = judge(parse_card(body), Standards(phones=PhoneForm.E164), PLAN)
    expected = body.replace(b"030/90\n  1820", b"+4930901820")
    assert repaired(body, found) == expected
