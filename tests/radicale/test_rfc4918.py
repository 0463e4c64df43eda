"""RFC 4918 (WebDAV): PROPPATCH, COPY, and what allprop tells; MOVE has a file of its own."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver.directory import properties
from tests.conversation import play
from tests.radicale.bodies import propfind
from tests.radicale.dav_client import DAVClient
from tests.radicale.test_audit import told, trail

COLOUR = "{http://apple.com/ns/ical/}calendar-color"
PATH = "/alice/customers/"


def patch(client: DAVClient, *instructions: str, path: str = "") -> list[str]:
    """Return what a PROPPATCH of the client's customers answers, without the path."""
    path = path or f"/{client.login}/customers/"
    body = (
        '<propertyupdate xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" '
        f'xmlns:A="http://apple.com/ns/ical/">{"".join(instructions)}</propertyupdate>'
    )
    answer = client.send("PROPPATCH", path, {}, body.encode())
    return [line.removeprefix(f"{path} ") for line in client.render(answer)]


def put(xml: str) -> str:
    """Return the instruction that sets a property."""
    return f"<set><prop>{xml}</prop></set>"


def remove(xml: str) -> str:
    """Return the instruction that takes a property away."""
    return f"<remove><prop>{xml}</prop></remove>"


def shown(client: DAVClient, xml: str) -> list[str]:
    """Return what the client sees of these properties of customers."""
    path = f"/{client.login}/customers/"
    body = (
        f'<propfind xmlns="DAV:" xmlns:A="http://apple.com/ns/ical/"><prop>{xml}</prop></propfind>'
    )
    answer = client.send("PROPFIND", path, {"Depth": "0"}, body.encode())
    return [line.removeprefix(f"{path} ") for line in list(client.render(answer))[1:]]


def test_one_user_s_colour_and_name_are_nobody_else_s(
    alice: DAVClient, bob: DAVClient, carol: DAVClient
) -> None:
    """Also of those who manage the book: the config file is the truth about it."""
    assert patch(
        bob,
        put("<displayname>Kunden</displayname>"),
        put("<A:calendar-color>#ff0000</A:calendar-color>"),
    ) == [
        "207",
        "200 displayname",
        "200 calendar-color",
    ]
    assert patch(alice, put("<displayname>Mine</displayname>")) == ["207", "200 displayname"]
    asked = "<displayname/><A:calendar-color/>"
    assert shown(bob, asked) == ["200 displayname = Kunden", "200 calendar-color = #ff0000"]
    assert shown(alice, asked) == ["200 displayname = Mine", "404 calendar-color"]
    assert shown(carol, asked) == ["200 displayname = Customers", "404 calendar-color"]
    assert patch(bob, remove("<displayname/>"), remove("<A:calendar-color/>")) == [
        "207",
        "200 displayname",
        "200 calendar-color",
    ]
    assert shown(bob, asked) == ["200 displayname = Customers", "404 calendar-color"]


def test_rfc4918_9_2_a_property_that_cannot_be_set_undoes_the_others(alice: DAVClient) -> None:
    """MUST all be executed or none; the others fail with 424 (section 11.4)."""
    assert patch(
        alice,
        put("<displayname>X</displayname><getetag>mine</getetag>"),
        put("<A:calendar-color>red</A:calendar-color>"),
    ) == ["207", "424 displayname", "424 calendar-color", "403 getetag"]
    answer = alice.last
    assert answer is not None
    assert b"<error><cannot-modify-protected-property/></error>" in answer.body
    assert shown(alice, "<displayname/><A:calendar-color/>") == [
        "200 displayname = Customers",
        "404 calendar-color",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "resourcetype", "getetag", "getcontentlength", "getlastmodified", "getcontenttype",
        "creationdate", "lockdiscovery", "supportedlock", "owner", "group", "acl", "sync-token",
        "current-user-privilege-set", "supported-report-set", "C:max-resource-size",
        "C:supported-address-data", "C:addressbook-home-set", "principal-URL",
        "current-user-principal", "C:address-data",
    ],
)  # fmt: skip
def test_rfc4918_15_live_properties_are_protected(alice: DAVClient, name: str) -> None:
    heard = patch(alice, put(f"<{name}>x</{name}>"))
    assert heard == ["207", f"403 {name.removeprefix('C:')}"]
    assert patch(alice, remove(f"<{name}/>"))[1].startswith("403")


def test_rfc4918_9_2_instructions_are_carried_out_in_their_order(alice: DAVClient) -> None:
    patch(alice, put("<A:x>1</A:x>"), put("<A:x>2</A:x>"), remove("<A:y/>"))
    assert shown(alice, "<A:x/><A:y/>") == ["200 x = 2", "404 y"]
    patch(alice, put("<A:x>3</A:x>"), remove("<A:x/>"))
    assert shown(alice, "<A:x/>") == ["404 x"]
    patch(alice, remove("<A:x/>"), put("<A:x>4</A:x>"))
    assert shown(alice, "<A:x/>") == ["200 x = 4"]


def test_rfc4918_4_3_a_value_comes_back_as_it_was_meant(alice: DAVClient) -> None:
    """Names, namespaces, attributes, xml:lang, children and text, whatever the prefixes."""
    value = (
        '<z:p xmlns:z="urn:z" xmlns:q="urn:q" q:a="1&quot;&lt;" b="2"> a &amp; b '
        '<DAVless xmlns=""/>'
        "<q:c>d</q:c>&#13;\ne</z:p>"
    )
    body = (
        '<propertyupdate xmlns="DAV:"><set><prop xml:lang="de">'
        + value
        + "</prop></set></propertyupdate>"
    )
    assert alice.send("PROPPATCH", PATH, {}, body.encode()).status == 207
    asked = b'<propfind xmlns="DAV:"><prop><p xmlns="urn:z"/></prop></propfind>'
    answer = alice.send("PROPFIND", PATH, {"Depth": "0"}, asked).body.decode()
    assert (
        '<p xmlns="urn:z" xmlns:a0="urn:q" a0:a=\'1"&lt;\' b="2" xml:lang="de"> a &amp; b '
        '<DAVless xmlns=""></DAVless><c xmlns="urn:q">d</c>&#13;\ne</p>'
    ) in answer


def test_a_property_of_xml_s_own_namespace_has_its_prefix(alice: DAVClient) -> None:
    """Namespaces in XML section 3: with any other, nobody could read the answer."""
    patch(alice, put('<xml:id>1</xml:id><A:x><xml:y A:b="c"/></A:x>'))
    assert f"{PATH} 200 id = 1" in alice.say([f"PROPFIND {PATH}", "Depth: 0"])
    assert shown(alice, "<xml:id/><xml:none/>") == ["200 id = 1", "404 none"]
    patch(alice, remove("<xml:id/>"))
    assert shown(alice, "<xml:id/>") == ["404 id"]


def test_rfc4918_9_1_dead_properties_are_in_allprop_and_propname(alice: DAVClient) -> None:
    patch(alice, put("<A:calendar-color>red</A:calendar-color>"))
    assert f"{PATH} 200 calendar-color = red" in alice.say([f"PROPFIND {PATH}", "Depth: 0"])
    names = alice.say(
        [f"PROPFIND {PATH}", "Depth: 0", '<propfind xmlns="DAV:"><propname/></propfind>']
    )
    assert f"{PATH} 200 calendar-color" in names
    listed = alice.say(["PROPFIND /alice/", "Depth: 1"])
    assert f"{PATH} 200 calendar-color = red" in listed


def test_rfc4918_14_8_include_asks_for_more_than_allprop(alice: DAVClient) -> None:
    heard = alice.say(
        [
            f"PROPFIND {PATH}",
            "Depth: 0",
            '<propfind xmlns="DAV:"><allprop/><include><sync-token/><none/></include></propfind>',
        ]
    )
    assert f"{PATH} 200 displayname = Customers" in heard
    assert [line for line in heard if line.startswith(f"{PATH} 200 sync-token = ")]
    assert f"{PATH} 404 none" in heard


def test_what_one_user_may_keep_is_bounded(alice: DAVClient, bob: DAVClient) -> None:
    """RFC 4918 section 9.2.1: 507 for what there is no room for."""
    long = "x" * properties.LONGEST
    assert patch(alice, put(f"<A:x>{long}</A:x>"), put("<A:y/>")) == ["207", "507 x", "507 y"]
    for start in range(0, properties.MOST_PROPERTIES, 100):
        many = "".join(f"<A:p{number}/>" for number in range(start, start + 100))
        assert patch(alice, put(many))[1] == f"200 p{start}"
    assert patch(alice, put("<A:more/>")) == ["207", "507 more"]
    assert patch(alice, put("<A:p1>again</A:p1>")) == ["207", "200 p1"]
    assert patch(bob, put("<A:more/>")) == ["207", "200 more"]
    assert patch(alice, put("".join(f"<A:q{number}/>" for number in range(101)))) == [
        "400",
        "The request is malformed.",
    ]


def test_setting_a_property_changes_no_token_and_is_in_the_audit_trail(
    alice: DAVClient, services: Services
) -> None:
    before = shown(alice, "<getetag/><sync-token/>")
    patch(alice, put("<A:calendar-color>secret-value</A:calendar-color>"))
    assert shown(alice, "<getetag/><sync-token/>") == before
    assert [told(event) for event in trail(services)] == [
        f"alice property:change done customers/ {COLOUR}"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        '<propfind xmlns="DAV:"/>',
        '<propertyupdate xmlns="DAV:"/>',
        '<propertyupdate xmlns="DAV:"><set/></propertyupdate>',
    ],
)
def test_a_malformed_proppatch_is_a_bad_request(alice: DAVClient, body: str) -> None:
    assert alice.send("PROPPATCH", PATH, {}, body.encode()).status == 400


def test_there_is_nothing_to_set_on_what_is_hidden_or_no_book(bob: DAVClient) -> None:
    for path in (
        "/bob/secret/",
        "/bob/nothing/",
        "/bob/",
        "/",
        "/bob/customers/x",
        "/alice/customers/",
    ):
        assert patch(bob, put("<A:x/>"), path=path) == [
            "403",
            f"error need-privileges {path} write-properties",
        ]


@pytest.fixture
def names(alice: DAVClient) -> dict[str, str]:
    """Anna's card is in customers."""
    return play(
        alice,
        """
        C: PUT /alice/customers/anna
           <anna.vcf
        S: 201
           ETag: $anna
        """,
    )


def test_rfc4918_9_8_a_card_is_copied_to_another_book(
    alice: DAVClient, services: Services, names: dict[str, str]
) -> None:
    play(
        alice,
        """
        C: COPY /alice/customers/anna
           Destination: http://contacts.example.org/alice/staff/a%20b
        S: 201
        C: GET /alice/staff/a%20b
        S: 200
           ETag: $anna
           <anna.vcf
        C: GET /alice/customers/anna
        S: 200
           ETag: $anna
           <anna.vcf
        C: COPY /alice/customers/anna
           Destination: /alice/staff/a%20b
           Overwrite: F
        S: 412
           The card is not as the request says that it must be.
        C: COPY /alice/customers/anna
           Destination: /alice/staff/a%20b
        S: 204
        """,
        names,
    )
    assert [told(event).split(" etag ")[0] for event in trail(services)] == [
        "alice card:create done customers/anna",
        "alice card:copy done staff/a b from customers/anna",
    ]


def test_rfc6352_6_3_2_1_a_copy_in_the_same_book_would_have_the_same_uid(
    alice: DAVClient, names: dict[str, str]
) -> None:
    play(
        alice,
        """
        C: COPY /alice/customers/anna
           Destination: /alice/customers/other
        S: 409
           error no-uid-conflict /alice/customers/anna
        C: PUT /alice/staff/other
           <bert.vcf
        S: 201
           ETag: $_
        C: COPY /alice/customers/anna
           Destination: /alice/staff/other
        S: 409
           error no-uid-conflict /alice/staff/other
        C: COPY /alice/customers/absent
           Destination: /alice/staff/absent
        S: 404
           There is no such card.
        C: COPY /alice/customers/anna
           Destination: /alice/staff/x
           If-Match: "other"
        S: 412
           The card is not as the request says that it must be.
        C: GET /alice/staff/x
        S: 404
           There is no such card.
        """,
        names,
    )


def test_rfc3744_b_a_copy_needs_read_there_and_bind_here(
    alice: DAVClient, bob: DAVClient, carol: DAVClient, names: dict[str, str]
) -> None:
    alice.say(["PUT /alice/staff/s", "<bert.vcf"])
    play(
        bob,
        """
        C: COPY /bob/staff/s
           Destination: /bob/customers/s
        S: 201
        C: COPY /bob/customers/anna
           Destination: /bob/staff/anna
        S: 403
           error need-privileges /bob/staff/ bind
        C: COPY /bob/secret/x
           Destination: /bob/customers/x
        S: 403
           error need-privileges /bob/secret/ read
        C: COPY /alice/customers/anna
           Destination: /bob/customers/x
        S: 403
           error need-privileges /alice/customers/anna read
        C: COPY /bob/customers/
           Destination: /bob/new/
        S: 403
           error need-privileges /bob/ bind
        """,
    )
    heard = carol.say(["COPY /carol/customers/anna", "Destination: /carol/customers/anna2"])
    assert heard == ["403", "error need-privileges /carol/customers/ bind"]


def test_rfc3744_b_a_copy_over_another_card_needs_write_content_there(
    alice: DAVClient, carol: DAVClient, erin: DAVClient, names: dict[str, str]
) -> None:
    """What is hidden from whoever asks is not there for them."""
    alice.say(["PUT /alice/staff/s", "<bert.vcf"])
    heard = carol.say(["COPY /carol/staff/s", "Destination: /carol/customers/anna"])
    assert heard == ["403", "error need-privileges /carol/customers/anna write-content"]
    heard = erin.say(["COPY /erin/staff/s", "Destination: /erin/customers/anna"])
    assert heard == ["403", "error need-privileges /erin/customers/ bind"]


def test_properties_are_gone_with_the_right_to_read(alice: DAVClient) -> None:
    """A PROPFIND of a book that is hidden tells nothing, whatever was set."""
    dave = DAVClient(alice.application, "dave", files=alice.files)
    answer = dave.send("PROPFIND", "/dave/customers/", {"Depth": "0"}, propfind("displayname"))
    assert answer.status == 403


@pytest.mark.parametrize(
    ("request_line", "destination"),
    [
        ("PUT /alice/customers/x/y", ""),
        ("MKCOL /alice/customers/x/y/", ""),
        ("COPY /alice/customers/anna", "/alice/customers/x/y"),
        ("MOVE /alice/customers/anna", "/alice/nothing/x/y/z"),
    ],
)
def test_9_7_1_what_no_collection_can_hold_is_a_conflict(
    alice: DAVClient, names: dict[str, str], request_line: str, destination: str
) -> None:
    """Sections 9.3.1, 9.8.5 and 9.9.4 as well. In the home of somebody else nothing is told."""
    said = [f"Destination: {destination}"] if destination else ["<bert.vcf"]
    heard = alice.say([request_line, *said])
    assert heard == ["409", "There is no collection that could hold it."]
    elsewhere = [line.replace("/alice/", "/bob/") for line in said]
    moved = request_line if destination else request_line.replace("/alice/", "/bob/")
    assert alice.say([moved, *elsewhere])[0] == "403"
