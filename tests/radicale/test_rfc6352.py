"""RFC 6352 (CardDAV), section by section; what has a file of its own is tested there."""

from __future__ import annotations

import pytest

from dirserver_radicale.application import Application
from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import multiget, prop_filter, propfind, query
from tests.radicale.dav_client import DAVClient

CARDS = {
    "anna": vcard(
        "1",
        "Anna Ämter",
        "TEL;TYPE=WORK:030 / 123 45-67",
        "item1.EMAIL;TYPE=pref,work:anna@example.org",
        "item1.X-ABLabel:office",
        "EMAIL;TYPE=home:anna@example.net",
        "NOTE:first line of some length that is folded as it is written in the card",
        " and goes on",
    ),
    "bert": vcard("2", "Bert Müller", "EMAIL:BERT@EXAMPLE.ORG", "TEL;TYPE=CELL;PREF=1:0171 1"),
    "cora": vcard("3", "cora straße", "item2.EMAIL:cora@example.net", version="4.0"),
}
C = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'


@pytest.fixture(scope="module")
def client(standing: Application) -> DAVClient:
    """Alice, who has stored the cards."""
    client = DAVClient(standing, "alice", files=CARDS)
    for name in CARDS:
        client.say([f"PUT /alice/customers/{name}", f"<{name}"])
    return client


def found(client: DAVClient, filters: str, attributes: str = "") -> str:
    """Return the initials of the cards that a query finds."""
    answer = client.send("REPORT", "/alice/customers/", {}, query(filters, attributes))
    assert answer.status == 207
    return "".join([name[0] for name in CARDS if f"/customers/{name}<" in answer.body.decode()])


def address_data(client: DAVClient, asked: str) -> str:
    """Return what address-data of Anna's card is, when ``asked`` for so."""
    body = multiget("/alice/customers/anna").replace(b"<C:address-data/>", asked.encode())
    answer = client.send("REPORT", "/alice/customers/", {}, body)
    assert answer.status == 207
    heard = list(client.render(answer))
    return heard[-1].partition("address-data = ")[2].replace("⏎", "\n").rstrip("\n")


def test_rfc6352_6_2_1_addressbook_description(client: DAVClient) -> None:
    """SHOULD NOT be in the answer to an allprop; the same holds for 6.2.2 and 6.2.3."""
    asked = propfind("C:addressbook-description")
    answer = client.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, asked)
    assert list(client.render(answer))[1:] == [
        "/alice/customers/ 200 addressbook-description = Everyone we sell to"
    ]
    everything = client.say(["PROPFIND /alice/customers/", "Depth: 0"])
    for name in ("addressbook-description", "supported-address-data", "max-resource-size"):
        assert not [line for line in everything if name in line]


def test_rfc6352_6_2_2_supported_address_data(client: DAVClient) -> None:
    asked = propfind("C:supported-address-data")
    answer = client.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, asked)
    assert list(client.render(answer))[1:] == [
        "/alice/customers/ 200 supported-address-data = text/vcard 3.0 text/vcard 4.0"
    ]


def test_rfc6352_6_2_3_max_resource_size(client: DAVClient) -> None:
    asked = propfind("C:max-resource-size")
    answer = client.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, asked)
    (line,) = list(client.render(answer))[1:]
    assert int(line.rpartition(" ")[2]) > 100_000


def test_rfc6352_7_1_1_addressbook_home_set_is_of_the_principal_alone(client: DAVClient) -> None:
    asked = propfind("C:addressbook-home-set", "C:principal-address")
    for path, told in (
        ("/alice/", ["200 addressbook-home-set = /alice/", "404 principal-address"]),
        ("/alice/customers/", ["404 addressbook-home-set", "404 principal-address"]),
        ("/alice/customers/anna", ["404 addressbook-home-set", "404 principal-address"]),
    ):
        answer = client.send("PROPFIND", path, {"Depth": "0"}, asked)
        assert list(client.render(answer))[1:] == [f"{path} {each}" for each in told]


@pytest.mark.parametrize("path", ["/alice/customers/", "/alice/customers/anna"])
def test_rfc6352_8_3_1_supported_collation_set(client: DAVClient, path: str) -> None:
    """Both i;ascii-casemap and i;unicode-casemap MUST be supported (section 8.3)."""
    asked = propfind("C:supported-collation-set")
    answer = client.send("PROPFIND", path, {"Depth": "0"}, asked)
    assert list(client.render(answer))[1:] == [
        f"{path} 200 supported-collation-set = i;ascii-casemap i;octet i;unicode-casemap"
    ]


@pytest.mark.parametrize(
    ("collation", "text", "expected"),
    [
        ("i;ascii-casemap", "MÜLLER", ""),
        ("i;ascii-casemap", "bERT mÜLLER", ""),
        ("i;ascii-casemap", "BERT Müller", "b"),
        ("i;octet", "bert", ""),
        ("i;octet", "Bert", "b"),
        ("i;octet", "cora", "c"),
        ("i;unicode-casemap", "müLLER", "b"),
        ("i;unicode-casemap", "STRASSE", "c"),
        ("default", "ämter", "a"),
    ],
)
def test_rfc6352_8_3_each_collation_compares_as_it_should(
    client: DAVClient, collation: str, text: str, expected: str
) -> None:
    assert found(client, prop_filter("FN", text, f' collation="{collation}"')) == expected


def test_rfc6352_8_3_a_collation_that_is_not_supported_must_be_refused(client: DAVClient) -> None:
    for collation in ("i;ascii-numeric", "", "i;*", "I;OCTET"):
        body = query(prop_filter("FN", "a", f' collation="{collation}"'))
        answer = client.send("REPORT", "/alice/customers/", {}, body)
        assert list(client.render(answer)) == ["403", "error supported-collation"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EMAIL", "abc"),
        ("email", "abc"),
        ("item1.EMAIL", "a"),
        ("ITEM2.email", "c"),
        ("item3.EMAIL", ""),
        ("item1.TEL", ""),
    ],
)
def test_rfc6352_10_5_1_a_group_is_matched_only_where_it_is_named(
    client: DAVClient, name: str, expected: str
) -> None:
    assert found(client, f'<C:prop-filter name="{name}"/>') == expected
    # The index knows of no groups.
    assert found(client, prop_filter(name, "example" if "TEL" not in name else "1")) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<C:param-filter name="TYPE"/>', "ab"),
        ('<C:param-filter name="PREF"><C:text-match>1</C:text-match></C:param-filter>', "b"),
        ('<C:param-filter name="PREF"><C:is-not-defined/></C:param-filter>', "a"),
    ],
)
def test_rfc6352_10_5_2_param_filter(client: DAVClient, inner: str, expected: str) -> None:
    assert found(client, f'<C:prop-filter name="TEL">{inner}</C:prop-filter>') == expected


def test_rfc6352_10_5_3_is_not_defined(client: DAVClient) -> None:
    absent = '<C:prop-filter name="{}"><C:is-not-defined/></C:prop-filter>'
    assert found(client, absent.format("TEL")) == "c"
    assert found(client, absent.format("item1.EMAIL")) == "bc"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("equals", "ANNA ÄMTER", "a"),
        ("equals", "anna", ""),
        ("contains", "NA ÄM", "a"),
        ("starts-with", "anna", "a"),
        ("starts-with", "ämter", ""),
        ("ends-with", "ämter", "a"),
        ("ends-with", "anna", ""),
    ],
)
def test_rfc6352_10_5_4_match_type(client: DAVClient, kind: str, text: str, expected: str) -> None:
    assert found(client, prop_filter("FN", text, f' match-type="{kind}"')) == expected
    negated = prop_filter("FN", text, f' match-type="{kind}" negate-condition="yes"')
    assert found(client, negated) == "".join(sorted(set("abc") - set(expected)))


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("anyof", "anyof", "abc"),
        ("anyof", "allof", "ab"),
        ("allof", "anyof", "ab"),
        ("allof", "allof", "a"),
    ],
)
def test_rfc6352_10_5_tests_are_joined_at_both_levels(
    client: DAVClient, outer: str, inner: str, expected: str
) -> None:
    """Within a prop-filter all tests are about one instance of the property."""
    mail = (
        f'<C:prop-filter name="EMAIL" test="{inner}"><C:text-match>example</C:text-match>'
        "<C:text-match>anna@</C:text-match></C:prop-filter>"
    )
    assert found(client, mail + '<C:prop-filter name="TEL"/>', f' test="{outer}"') == expected
    pair = (
        '<C:prop-filter name="EMAIL" test="allof"><C:text-match>.net</C:text-match>'
        '<C:param-filter name="TYPE"><C:text-match>work</C:text-match></C:param-filter>'
        "</C:prop-filter>"
    )
    assert found(client, pair) == ""


def test_rfc6352_8_6_1_limit_with_507(client: DAVClient) -> None:
    """Sections 8.6.2 and 10.6: the 507 is about the book, and names the postcondition."""
    names = '<C:prop-filter name="FN"/>'
    for filters in (names, "", prop_filter("FN", "a")):
        for limit, heard in ((1, 1), (2, 2)):
            body = query(filters).replace(
                b"</C:filter>", b"</C:filter><C:limit><C:nresults>%d</C:nresults></C:limit>" % limit
            )
            answer = client.send("REPORT", "/alice/customers/", {}, body)
            lines = list(client.render(answer))[1:]
            assert len([line for line in lines if " getetag = " in line]) == heard
            more = "a" if "text-match" in filters else "all"
            if heard < (2 if more == "a" else 3):
                assert "/alice/customers/ 507" in lines
                assert b"<error><number-of-matches-within-limits/></error>" in answer.body
            else:
                assert "/alice/customers/ 507" not in lines


@pytest.mark.parametrize("limit", ["0", "-1", "many", ""])
def test_rfc6352_10_6_1_a_limit_is_a_positive_number(client: DAVClient, limit: str) -> None:
    body = query("").replace(
        b"</C:filter>", f"</C:filter><C:limit><C:nresults>{limit}</C:nresults></C:limit>".encode()
    )
    assert client.send("REPORT", "/alice/customers/", {}, body).status == 400


def test_rfc6352_8_6_preconditions(client: DAVClient) -> None:
    """Each with 403 (section 8.6, RFC 3253 section 1.6)."""
    for data in (
        '<C:address-data content-type="text/calendar"/>',
        '<C:address-data content-type="text/vcard" version="2.1"/>',
        '<C:address-data version="5.0"/>',
    ):
        for body in (query(""), multiget("/alice/customers/anna")):
            asked = body.replace(b"<C:address-data/>", b"")
            asked = asked.replace(b"<getetag/>", f"<getetag/>{data}".encode())
            answer = client.send("REPORT", "/alice/customers/", {}, asked)
            assert list(client.render(answer)) == ["403", "error supported-address-data"]


def test_rfc6352_8_7_multiget_answers_every_href(client: DAVClient) -> None:
    play(
        client,
        f"""
        C: REPORT /alice/customers/
           <C:addressbook-multiget {C}><prop><getcontentlength/></prop>
           <href>/alice/customers/bert</href><href>/alice/staff/x</href><href>/alice/</href>
           <href>http://elsewhere.example/alice/customers/none</href></C:addressbook-multiget>
        S: 207
           /alice/ 404
           /alice/customers/bert 200 getcontentlength = {len(CARDS["bert"])}
           /alice/customers/none 404
           /alice/staff/x 404
        """,
    )


def test_rfc6352_10_4_address_data_is_the_whole_card_unless_properties_are_named(
    client: DAVClient,
) -> None:
    whole = CARDS["anna"].decode().replace("\r\n", "\n").rstrip("\n")
    for asked in (
        "<C:address-data/>",
        '<C:address-data content-type="text/vcard" version="3.0"/>',
        "<C:address-data><C:allprop/></C:address-data>",
        '<C:address-data><C:prop name="FN"/><C:allprop/></C:address-data>',
    ):
        told = address_data(client, asked)
        assert told in (whole, "<anna")


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ('<C:prop name="VERSION"/><C:prop name="FN"/>', ["VERSION:3.0", "FN:Anna Ämter"]),
        ('<C:prop name="fn"/>', ["FN:Anna Ämter"]),
        (
            '<C:prop name="EMAIL"/>',
            [
                "item1.EMAIL;TYPE=pref,work:anna@example.org",
                "EMAIL;TYPE=home:anna@example.net",
            ],
        ),
        ('<C:prop name="item1.EMAIL"/>', ["item1.EMAIL;TYPE=pref,work:anna@example.org"]),
        (
            '<C:prop name="NOTE"/>',
            [
                "NOTE:first line of some length that is folded as it is written in the card",
                " and goes on",
            ],
        ),
        ('<C:prop name="X-NONE"/>', []),
        (
            '<C:prop name="TEL" novalue="yes"/><C:prop name="NOTE" novalue="yes"/>',
            ["TEL;TYPE=WORK:", "NOTE:"],
        ),
        ('<C:prop name="TEL" novalue="no"/>', ["TEL;TYPE=WORK:030 / 123 45-67"]),
    ],
)
def test_rfc6352_10_4_2_only_the_named_properties_are_told(
    client: DAVClient, asked: str, lines: list[str]
) -> None:
    told = address_data(client, f"<C:address-data>{asked}</C:address-data>")
    assert told.split("\n") == ["BEGIN:VCARD", *lines, "END:VCARD"]


@pytest.mark.parametrize(
    "asked", ["<C:prop/>", '<C:prop name=""/>', '<C:prop name="FN" novalue="?"/>']
)
def test_rfc6352_10_4_2_a_property_has_a_name(client: DAVClient, asked: str) -> None:
    data = f"<C:address-data>{asked}</C:address-data>".encode()
    body = multiget("/alice/customers/anna").replace(b"<C:address-data/>", data)
    assert client.send("REPORT", "/alice/customers/", {}, body).status == 400


def test_rfc6352_10_4_address_data_is_no_property_of_a_propfind(client: DAVClient) -> None:
    asked = propfind("C:address-data", "getetag")
    heard = client.send("PROPFIND", "/alice/customers/anna", {"Depth": "0"}, asked)
    assert "/alice/customers/anna 404 address-data" in list(client.render(heard))


def test_rfc6352_5_1_what_is_hidden_is_in_no_part_of_a_card(
    client: DAVClient, standing: Application
) -> None:
    carol = DAVClient(standing, "carol")
    data = b'<C:address-data><C:prop name="NOTE"/><C:prop name="TEL"/></C:address-data>'
    body = multiget("/carol/customers/anna").replace(b"<C:address-data/>", data)
    answer = carol.send("REPORT", "/carol/customers/", {}, body)
    assert b"TEL" in answer.body
    assert b"NOTE" not in answer.body
