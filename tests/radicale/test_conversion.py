"""vCard 3.0 and 4.0 for whoever asks for one of them (RFC 6352 sections 5.1 and 10.4)."""

from __future__ import annotations

import pytest

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import FILES, multiget
from tests.radicale.dav_client import DAVClient

THREE = vcard("b", "Bert Brot", "BDAY:1970-01-02", "NOTE:secret", "TEL;TYPE=WORK,PREF:1")
FOUR = vcard("c", "Cora Chen", "BDAY:19700102", "NOTE:secret", version="4.0")
BOOK = "/alice/customers/"
WANTS_FOUR = "text/vcard; version=4.0, text/vcard; version=3.0; q=0.5"
WANTS_THREE = "text/vcard; version=3.0"


@pytest.fixture
def both(alice: DAVClient) -> DAVClient:
    """Alice, who has stored a card of each version."""
    client = DAVClient(alice.application, "alice", files={"b.vcf": THREE, "c.vcf": FOUR, **FILES})
    client.say([f"PUT {BOOK}b.vcf", "<b.vcf"])
    client.say([f"PUT {BOOK}c.vcf", "<c.vcf"])
    return client


def told(client: DAVClient, asked: str, name: str, book: str = BOOK) -> list[str]:
    """Return the lines of the card ``name`` as a multiget that asks for ``asked`` tells it."""
    body = multiget(book + name).replace(b"<C:address-data/>", asked.encode())
    lines = client.render(client.send("REPORT", book, {}, body))
    value = next(line for line in lines if "address-data = " in line)
    return value.partition(" = ")[2].replace("⏎", "\n").split()


def test_a_multiget_of_a_version_gets_each_card_in_it(both: DAVClient) -> None:
    four = told(both, '<C:address-data content-type="text/vcard" version="4.0"/>', "b.vcf")
    assert "VERSION:4.0" in four
    assert "BDAY:19700102" in four
    assert "TEL;TYPE=WORK;PREF=1:1" in four
    three = told(both, '<C:address-data version="3.0"/>', "c.vcf")
    assert "VERSION:3.0" in three
    assert "BDAY:1970-01-02" in three


@pytest.mark.parametrize("name", ["b.vcf", "c.vcf"])
def test_a_card_comes_as_it_was_stored_to_one_who_asks_for_its_version_or_none(
    both: DAVClient, name: str
) -> None:
    version = {"b.vcf": "3.0", "c.vcf": "4.0"}[name]
    for asked in ("<C:address-data/>", f'<C:address-data version="{version}"/>'):
        assert told(both, asked, name) == [f"<{name}"]


def test_properties_are_selected_of_the_converted_card(both: DAVClient) -> None:
    asked = '<C:address-data version="4.0"><C:prop name="BDAY"/></C:address-data>'
    assert told(both, asked, "b.vcf") == ["BEGIN:VCARD", "BDAY:19700102", "END:VCARD"]


def test_what_is_hidden_stays_hidden_in_every_version(both: DAVClient, carol: DAVClient) -> None:
    for name, version in (("b.vcf", "4.0"), ("c.vcf", "3.0")):
        lines = told(carol, f'<C:address-data version="{version}"/>', name, "/carol/customers/")
        assert f"VERSION:{version}" in lines
        accept = {"Accept": f"text/vcard; version={version}"}
        answer = carol.send("GET", f"/carol/customers/{name}", accept)
        for said in ("\n".join(lines), answer.body.decode()):
            assert "secret" not in said
            assert "BDAY" not in said
    assert b"secret" not in carol.send("GET", "/carol/customers/", {"Accept": WANTS_FOUR}).body


def test_a_get_converts_what_is_preferred_in_another_version(both: DAVClient) -> None:
    names = play(
        both,
        f"""
        C: GET {BOOK}b.vcf
        S: 200
           ETag: $stored
           <b.vcf
        C: GET {BOOK}b.vcf
           Accept: {WANTS_THREE}
        S: 200
           ETag: $stored
           <b.vcf
        C: GET {BOOK}b.vcf
           Accept: */*
           If-None-Match: $stored
        S: 304
           ETag: $stored
        """,
    )
    stored = names["stored"].strip('"')
    converted = {"If-None-Match": f'"{stored}-4.0"', "Accept": WANTS_FOUR}
    answer = both.send("GET", f"{BOOK}b.vcf", {"Accept": WANTS_FOUR})
    assert answer.body.startswith(b"BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert answer.headers["ETag"] == converted["If-None-Match"]
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/vcard; charset=utf-8; version=4.0"
    spared = both.send("GET", f"{BOOK}b.vcf", converted)
    assert (spared.status, spared.headers["Vary"]) == (304, "Accept, Accept-Encoding")
    # One version does not spare the other.
    other = {"If-None-Match": f'"{stored}"', "Accept": WANTS_FOUR}
    assert both.send("GET", f"{BOOK}b.vcf", other).status == 200
    assert both.send("GET", f"{BOOK}b.vcf", {**converted, "Accept": "*/*"}).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [BOOK, f"{BOOK}b.vcf"])
def test_rfc6352_5_1_1_1_a_version_that_there_is_not_is_refused(
    both: DAVClient, carol: DAVClient, method: str, path: str
) -> None:
    only = {"Accept": "text/vcard;version=2.1"}
    answer = both.send(method, path, only)
    refused = b"<C:supported-address-data-conversion/>" in answer.body or method == "HEAD"
    assert (answer.status, refused) == (403, True)
    assert both.send(method, path, {"Accept": "text/vcard;version=2.1, */*"}).status == 200
    # What is hidden, or not there, is no matter of versions.
    assert b"need-privileges" in carol.send("GET", "/carol/secret/b.vcf", only).body
    assert both.send(method, f"{BOOK}none.vcf", only).status == 404


def test_a_card_that_was_read_in_another_version_can_be_written_back(both: DAVClient) -> None:
    answer = both.send("GET", f"{BOOK}b.vcf", {"Accept": WANTS_FOUR})
    match = {"If-Match": answer.headers["ETag"]}
    assert both.send("PUT", f"{BOOK}b.vcf", match, answer.body).status == 204
    # It is kept as it came.
    assert both.send("GET", f"{BOOK}b.vcf", {}).body == answer.body
    assert both.send("PUT", f"{BOOK}b.vcf", match, THREE).status == 412


def test_a_book_in_one_file_has_one_version_if_that_is_preferred(both: DAVClient) -> None:
    plain = both.send("GET", BOOK, {})
    assert plain.body == THREE + FOUR
    answer = both.send("GET", BOOK, {"Accept": WANTS_FOUR})
    assert answer.body.count(b"VERSION:4.0") == 2
    assert answer.headers["ETag"] != plain.headers["ETag"]
    known = {"If-None-Match": answer.headers["ETag"]}
    assert both.send("GET", BOOK, {**known, "Accept": WANTS_FOUR}).status == 304
    assert both.send("GET", BOOK, known).status == 200
