"""addressbook-query (RFC 6352 sections 8.6 and 10.5)."""

from __future__ import annotations

import pytest

from dirserver_radicale.application import Application
from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import prop_filter, query
from tests.radicale.dav_client import DAVClient

CARDS = {
    "anna": vcard("1", "Anna Ämter", "TEL;TYPE=WORK:030 / 123 45-67", "EMAIL:anna@example.org"),
    "bert": vcard("2", "Bert Müller", "item1.TEL;TYPE=CELL:+49 171 3920010", "NICKNAME:Berti,Bär"),
    "cora": vcard("3", "Cora Straße", r"NOTE:a\, b\nc", "EMAIL;TYPE=HOME:cora@example.net"),
    "dora": vcard("4", "100% Dora", "X-LANG;LANGUAGE=de:ja"),
}


@pytest.fixture(scope="module")
def client(standing: Application) -> DAVClient:
    """Alice, who has stored the four cards."""
    client = DAVClient(standing, "alice", files=CARDS)
    for name in CARDS:
        client.say([f"PUT /alice/customers/{name}", f"<{name}"])
    return client


def found(client: DAVClient, filters: str, attributes: str = "") -> list[str]:
    """Return the names of the cards that a query finds."""
    answer = client.send("REPORT", "/alice/customers/", {}, query(filters, attributes))
    assert answer.status == 207
    return [name for name in CARDS if f"/customers/{name}<" in answer.body.decode()]


@pytest.mark.parametrize(
    ("name", "text", "attributes", "expected"),
    [
        ("FN", "anna", "", ["anna"]),
        ("FN", "amter", "", ["anna"]),
        ("FN", "mueller", "", ["bert"]),
        ("FN", "STRASSE", ' match-type="ends-with"', ["cora"]),
        ("FN", "100% Dora", ' match-type="equals"', ["dora"]),
        ("FN", "100%", "", ["dora"]),
        ("FN", "1_0%", "", []),
        ("FN", "a m", "", []),
        ("FN", "a ä", "", ["anna"]),
        ("FN", " amter", "", ["anna"]),
        ("FN", " anna", "", []),
        ("FN", " anna", ' match-type="starts-with"', ["anna"]),
        ("FN", "a", "", ["anna", "cora", "dora"]),
        ("FN", "", "", ["anna", "bert", "cora", "dora"]),
        ("FN", "ber", ' match-type="starts-with"', ["bert"]),
        ("FN", "anna", ' negate-condition="yes"', ["bert", "cora", "dora"]),
        ("FN", "Amter", ' collation="i;ascii-casemap"', []),
        ("FN", "ANNA Ämter", ' collation="i;ascii-casemap"', ["anna"]),
        ("FN", "anna", ' collation="i;octet"', []),
        ("FN", "Anna", ' collation="i;octet"', ["anna"]),
        ("FN", "ANNA", ' collation="i;unicode-casemap"', ["anna"]),
        ("fn", "anna", ' collation="default"', ["anna"]),
        ("EMAIL", "example.net", ' match-type="ends-with"', ["cora"]),
        ("NICKNAME", "bär", "", ["bert"]),
        ("NICKNAME", "i,b", "", ["bert"]),
        ("NOTE", "a, b\nc", ' match-type="equals"', ["cora"]),
        ("N", "müller;bert", ' match-type="starts-with"', ["bert"]),
        ("N", " bert", "", []),
        # A number is found however it is written.
        ("TEL", "+49 30 1234567", ' match-type="equals"', ["anna"]),
        ("TEL", "0049-30-1234567", "", ["anna"]),
        ("TEL", "12345", "", ["anna"]),
        ("TEL", "/ 123", "", ["anna"]),
        ("TEL", "0 030 123", ' match-type="starts-with"', ["anna"]),
        ("TEL", "0 030 1234567", ' match-type="equals"', ["anna"]),
        ("TEL", "0 030 1234567", "", ["anna"]),
        ("TEL", "30123456", ' match-type="equals"', []),
        ("TEL", "x1234567", "", []),
        ("TEL", "0171", ' match-type="starts-with"', ["bert"]),
        ("TEL", "4567", ' match-type="ends-with"', ["anna"]),
        ("item1.TEL", "0171", "", ["bert"]),
        ("item2.TEL", "0171", "", []),
        ("X-NONE", "a", "", []),
    ],
)
def test_a_text_is_matched(
    client: DAVClient, name: str, text: str, attributes: str, expected: list[str]
) -> None:
    assert found(client, prop_filter(name, text, attributes)) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("", ["anna", "bert"]),
        ("<C:is-not-defined/>", ["cora", "dora"]),
        (
            '<C:param-filter name="TYPE"><C:text-match>work</C:text-match></C:param-filter>',
            ["anna"],
        ),
        (
            '<C:param-filter name="TYPE">'
            '<C:text-match negate-condition="yes">work</C:text-match></C:param-filter>',
            ["bert"],
        ),
        ('<C:param-filter name="type"/>', ["anna", "bert"]),
        ('<C:param-filter name="PREF"/>', []),
        ('<C:param-filter name="PREF"><C:is-not-defined/></C:param-filter>', ["anna", "bert"]),
        (
            '<C:param-filter name="PREF">'
            '<C:text-match negate-condition="yes">1</C:text-match></C:param-filter>',
            [],
        ),
    ],
)
def test_a_property_and_its_parameters_are_tested(
    client: DAVClient, inner: str, expected: list[str]
) -> None:
    assert found(client, f'<C:prop-filter name="TEL">{inner}</C:prop-filter>') == expected


@pytest.mark.parametrize(("test", "expected"), [("anyof", ["anna", "bert"]), ("allof", ["anna"])])
def test_tests_are_joined_as_asked(client: DAVClient, test: str, expected: list[str]) -> None:
    """RFC 6352 sections 10.5 and 10.5.1: anyof is what an absent attribute means."""
    parts = prop_filter("FN", "anna") + '<C:prop-filter name="TEL"/>'
    assert found(client, parts, f' test="{test}"') == expected
    if test == "anyof":
        assert found(client, parts) == expected
    inner = "<C:text-match>anna</C:text-match><C:text-match>example</C:text-match>"
    both = f'<C:prop-filter name="EMAIL" test="{test}">{inner}</C:prop-filter>'
    assert found(client, both) == (["anna", "cora"] if test == "anyof" else ["anna"])


def test_an_empty_filter_finds_every_card(client: DAVClient) -> None:
    """So Linphone asks, with the address of the book that has no slash at its end."""
    answer = client.send("REPORT", "/alice/customers", {"Depth": "1"}, query(""))
    assert [name for name in CARDS if f"/customers/{name}<" in answer.body.decode()] == [*CARDS]


def test_a_query_at_a_card_is_about_that_card(client: DAVClient) -> None:
    for text, heard in (
        ("anna", ["207", "/alice/customers/anna 200 getetag = $"]),
        ("bert", ["207"]),
    ):
        answer = client.send("REPORT", "/alice/customers/anna", {}, query(prop_filter("FN", text)))
        rendered = [line.split('"')[0].replace("= ", "= $") for line in client.render(answer)]
        assert rendered == heard


@pytest.mark.parametrize(
    ("filters", "attributes", "condition"),
    [
        (prop_filter("FN", "a", ' collation="i;klingon"'), "", "supported-collation"),
        ("<C:comp-filter/>", "", "supported-filter"),
        ('<C:prop-filter name="FN"><C:time-range/></C:prop-filter>', "", "supported-filter"),
        ('<x xmlns="urn:x"/>', "", "supported-filter"),
        (prop_filter("FN", "a") * 51, "", "supported-filter"),
        (prop_filter("FN", "a" * 5000), "", "supported-filter"),
    ],
)
def test_what_is_not_supported_is_named(
    client: DAVClient, filters: str, attributes: str, condition: str
) -> None:
    """RFC 6352 section 8.6, preconditions: an unknown collation MUST NOT be used."""
    answer = client.send("REPORT", "/alice/customers/", {}, query(filters, attributes))
    assert list(client.render(answer)) == ["403", f"error {condition}"]


@pytest.mark.parametrize(
    ("filters", "attributes"),
    [
        ("<C:prop-filter/>", ""),
        ('<C:prop-filter name=""/>', ""),
        (prop_filter("FN", "a", ' match-type="regex"'), ""),
        (prop_filter("FN", "a", ' negate-condition="maybe"'), ""),
        ("", ' test="noneof"'),
        ("</C:filter><C:filter>", ""),
        ('<C:prop-filter name="FN"><C:is-not-defined/><C:text-match/></C:prop-filter>', ""),
        (
            '<C:prop-filter name="FN"><C:param-filter name="X"><C:text-match/><C:text-match/>'
            "</C:param-filter></C:prop-filter>",
            "",
        ),
    ],
)
def test_a_malformed_filter_is_a_bad_request(
    client: DAVClient, filters: str, attributes: str
) -> None:
    answer = client.send("REPORT", "/alice/customers/", {}, query(filters, attributes))
    assert (answer.status, answer.body) == (400, b"The request is malformed.\n")


def test_the_cards_come_with_what_is_asked(client: DAVClient) -> None:
    play(
        client,
        """
        C: REPORT /alice/customers/
           <C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
           <prop><C:address-data/><getcontenttype/></prop>
           <C:filter><C:prop-filter name="UID"><C:text-match>3</C:text-match></C:prop-filter>
           </C:filter></C:addressbook-query>
        S: 207
           /alice/customers/cora 200 address-data = <cora
           /alice/customers/cora 200 getcontenttype = text/vcard;charset=utf-8
        """,
    )
