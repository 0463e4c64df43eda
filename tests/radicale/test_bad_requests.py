"""Requests that no decent client sends get an answer of the protocol, and nothing internal."""

from __future__ import annotations

import codecs
import time

import pytest

from dirserver_radicale.application import Application
from dirserver_radicale.xml import xmlbody
from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import FILES, propfind
from tests.radicale.dav_client import Answer, DAVClient

ETAGS = FILES["etag.xml"]
ALLOWED = "OPTIONS, GET, HEAD, PUT, DELETE, COPY, MOVE, MKCOL, PROPFIND, PROPPATCH, REPORT"
ENTITIES = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
BOMB = f'<!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]><propfind xmlns="DAV:">&e9;</propfind>'.encode()
EXTERNAL = (
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    b'<propfind xmlns="DAV:"><prop><displayname>&e;</displayname></prop></propfind>'
)
DEEP = b'<propfind xmlns="DAV:"><prop>' + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</prop></propfind>"

MALFORMED = {
    "no XML": b"this is not XML",
    "half": ETAGS[:-5],
    "bomb": BOMB,
    "external": EXTERNAL,
    "deep": DEEP,
    "deeper": b"<a>" * 100_000 + b"</a>" * 100_000,
    "no propfind": b'<html xmlns="DAV:"><prop/></html>',
    "other namespace": b"<propfind><prop/></propfind>",
    "nothing asked": b'<propfind xmlns="DAV:"/>',
    "two kinds": b'<propfind xmlns="DAV:"><allprop/><propname/></propfind>',
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?>' + ETAGS,
    "wrong encoding": '<?xml version="1.0"?><a>ä</a>'.encode("latin-1"),
    "control": ETAGS.replace(b"getetag", b"get\x01etag"),
    "nul": b"\0" * 100,
}


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here; what they store they may find again."""
    return standing


def checked(answer: Answer) -> Answer:
    """Require that an answer tells nothing of the inside."""
    text = answer.body.decode()
    for word in (
        "Traceback",
        "Error",
        "dirserver",
        "sqlite",
        "adicale",
        "site-packages",
        "<generator",
    ):
        assert word not in text
    return answer


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("path", ["/", "/alice/", "/alice/customers/", "/alice/customers/a"])
def test_xml_that_is_no_propfind_is_a_bad_request(alice: DAVClient, path: str, body: bytes) -> None:
    """RFC 4918 section 8.2: 400, whatever it is, and soon."""
    began = time.process_time()
    answer = checked(alice.send("PROPFIND", path, {"Depth": "0"}, body))
    assert (answer.status, answer.body) == (400, b"The request is malformed.\n")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "body",
    [body for name, body in MALFORMED.items() if name not in ("nothing asked", "two kinds")]
    + [b"", b" \r\n"],
)
def test_xml_that_is_no_report_is_refused(alice: DAVClient, body: bytes) -> None:
    answer = checked(alice.send("REPORT", "/alice/customers/", {}, body))
    assert answer.status in (400, 403)


@pytest.mark.parametrize(
    "body",
    [
        codecs.BOM_UTF8 + ETAGS,
        ETAGS.decode().encode("utf-16"),
        codecs.BOM_UTF16_BE + ETAGS.decode().encode("utf-16-be"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + ETAGS,
        b'<?xml version="1.0" encoding="windows-1252"?>' + ETAGS,
        b"<!DOCTYPE propfind>" + ETAGS,
        b"\r\n" + ETAGS + b"\r\n",
        b"<!-- " + b"x" * 10_000 + b" -->" + ETAGS,
    ],
)
@pytest.mark.parametrize(
    "content_type", ["text/xml", 'application/xml; charset="utf-8"', "text/plain; charset=bogus"]
)
def test_xml_may_come_in_any_encoding_and_type(
    alice: DAVClient, body: bytes, content_type: str
) -> None:
    """RFC 4918 section 8.2: UTF-8 and UTF-16 MUST be understood."""
    headers = {"Depth": "0", "Content-Type": content_type}
    answer = alice.send("PROPFIND", "/alice/customers/", headers, body)
    assert answer.status == 207
    assert list(alice.render(answer))[1].startswith("/alice/customers/ 200 getetag = ")


def test_xml_of_many_megabytes_is_not_read(alice: DAVClient) -> None:
    """Neither is a small body of very many elements, which would take as much memory."""
    long = {"Depth": "0", "Content-Length": str(xmlbody.MOST_BYTES + 1)}
    assert alice.send("PROPFIND", "/alice/", long, ETAGS).status == 413
    many = b"<a>" + b"<a/>" * xmlbody.MOST_MARKS + b"</a>"
    assert alice.send("PROPFIND", "/alice/", {"Depth": "0"}, many).status == 413


def test_xml_that_is_cut_off_on_the_way_is_a_bad_request(alice: DAVClient) -> None:
    headers = {"Depth": "0", "Content-Length": str(len(ETAGS) + 1)}
    assert alice.send("PROPFIND", "/alice/", headers, ETAGS).status == 400


def test_an_empty_propfind_asks_for_everything(alice: DAVClient) -> None:
    """RFC 4918 section 9.1: an empty body MUST be treated as allprop."""
    empty = alice.say(["PROPFIND /alice/customers/", "Depth: 0"])
    asked = alice.say(
        ["PROPFIND /alice/customers/", "Depth: 0", '<propfind xmlns="DAV:"><allprop/></propfind>']
    )
    assert empty == asked
    assert "/alice/customers/ 200 displayname = Customers" in asked
    assert not [line for line in asked if " 404 " in line]


def test_propname_asks_for_names_only(alice: DAVClient) -> None:
    heard = alice.say(
        ["PROPFIND /alice/customers/", "Depth: 0", '<propfind xmlns="DAV:"><propname/></propfind>']
    )
    assert "/alice/customers/ 200 current-user-privilege-set" in heard
    assert not [line for line in heard if "=" in line]


def test_properties_that_nobody_has_are_not_found(alice: DAVClient) -> None:
    """RFC 4918 section 9.1.1: 404 for each that was named, also for one without a namespace."""
    play(
        alice,
        """
        C: PROPFIND /alice/customers/
           Depth: 0
           <propfind xmlns="DAV:"><foo xmlns="urn:x"/><prop><getetag/><bar xmlns="urn:x"/>
           <baz xmlns=""/><getcontentcount xmlns="http://radicale.org/ns/"/>
           <getcontentlength/></prop></propfind>
        S: 207
           /alice/customers/ 200 getetag = $_
           /alice/customers/ 404 bar
           /alice/customers/ 404 baz
           /alice/customers/ 404 getcontentcount
           /alice/customers/ 404 getcontentlength
        C: PROPFIND /alice/customers/
           Depth: 0
           <propfind xmlns="DAV:"><prop><baz xmlns=""/></prop></propfind>
        S: 207
           /alice/customers/ 404 baz
        """,
    )


@pytest.mark.parametrize("depth", ["2", "-1", "one", "2,noroot", "1, 0", ""])
def test_a_depth_that_is_none_is_a_bad_request(alice: DAVClient, depth: str) -> None:
    assert alice.send("PROPFIND", "/alice/", {"Depth": depth}, ETAGS).status == 400


def test_names_that_every_card_would_repeat_have_a_limit(alice: DAVClient) -> None:
    """A few long ones would make an answer of gigabytes."""
    long = b'<propfind xmlns="DAV:"><prop><%s/><getetag/></prop></propfind>' % (b"x" * 10_000)
    assert alice.send("PROPFIND", "/alice/customers/", {"Depth": "1"}, long).status == 400


def test_depth_infinity_is_answered_where_it_ends(alice: DAVClient) -> None:
    """RFC 4918 section 9.1: refused with propfind-finite-depth; without a Depth it is meant."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    for headers in ({"Depth": "infinity"}, {"Depth": "Infinity"}, {}):
        for path in ("/", "/alice/"):
            answer = alice.send("PROPFIND", path, headers, ETAGS)
            assert list(alice.render(answer)) == ["403", "error propfind-finite-depth"]
        answer = alice.send("PROPFIND", "/alice/customers/", headers, ETAGS)
        assert b"/alice/customers/anna.vcf" in answer.body
        answer = alice.send("PROPFIND", "/alice/customers/anna.vcf", headers, ETAGS)
        assert answer.status == 207


@pytest.mark.parametrize(
    "report",
    [
        b'<version-tree xmlns="DAV:"/>',
        b'<expand-property xmlns="urn:x"/>',
        b'<calendar-query xmlns="urn:ietf:params:xml:ns:caldav"/>',
        b'<free-busy-query xmlns="urn:ietf:params:xml:ns:caldav"/>',
        b'<unheard-of xmlns="urn:x"/>',
        b"<nothing/>",
    ],
)
def test_a_report_that_is_not_announced_is_refused(alice: DAVClient, report: bytes) -> None:
    """RFC 3253 section 3.6: the precondition DAV:supported-report."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    for path in ("/", "/alice/", "/alice/customers/", "/alice/customers/anna.vcf"):
        answer = checked(alice.send("REPORT", path, {}, report))
        assert list(alice.render(answer)) == ["403", "error supported-report"]


@pytest.mark.parametrize("name", ["sync.xml", "query", "multiget"])
def test_every_report_that_is_announced_works_and_no_other(alice: DAVClient, name: str) -> None:
    """RFC 3253 section 3.1.5, RFC 6352 section 8, RFC 6578 section 3.2."""
    alice.say(["PUT /alice/customers/anna.vcf", "<anna.vcf"])
    carddav = "urn:ietf:params:xml:ns:carddav"
    root, body = {
        "sync.xml": ("sync-collection", FILES["sync.xml"]),
        "query": ("addressbook-query", f'<addressbook-query xmlns="{carddav}"/>'.encode()),
        "multiget": ("addressbook-multiget", f'<addressbook-multiget xmlns="{carddav}"/>'.encode()),
    }[name]
    for path in ("/", "/alice/", "/alice/customers/", "/alice/customers/anna.vcf"):
        asked = propfind("supported-report-set")
        told = alice.send("PROPFIND", path, {"Depth": "0"}, asked).body.decode()
        answer = alice.send("REPORT", path, {}, body)
        assert answer.status == (207 if root in told else 403)
        assert (root in told) is (path.count("/") == 3 and (path.endswith("/") or root[0] == "a"))


BAD_CARDS = {
    "empty": b"",
    "blank": b"\r\n",
    "no card": b"hello",
    "no end": FILES["anna.vcf"][:-10],
    "two cards": FILES["anna.vcf"] + FILES["bert.vcf"],
    "a calendar": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "not UTF-8": FILES["anna.vcf"].decode().encode("latin-1"),
    "NUL": FILES["anna.vcf"].replace(b"Anna", b"An\0na"),
    "bell": FILES["anna.vcf"].replace(b"Anna", b"An\x07na"),
    "no version": FILES["anna.vcf"].replace(b"VERSION:3.0\r\n", b""),
    "utf-16": FILES["anna.vcf"].decode().encode("utf-16"),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
}


@pytest.mark.parametrize("body", BAD_CARDS.values(), ids=BAD_CARDS.keys())
def test_what_is_no_card_is_refused_as_invalid_data(alice: DAVClient, body: bytes) -> None:
    """RFC 6352 section 6.3.2.1: CARDDAV:valid-address-data, with a sentence for the person."""
    answer = checked(alice.send("PUT", "/alice/customers/a.vcf", {}, body))
    heard = list(alice.render(answer))
    assert heard[:2] == ["403", "error valid-address-data"]
    assert heard[2].startswith("error responsedescription ")
    assert alice.say(["GET /alice/customers/a.vcf"])[0] == "404"


PACKED = "A body is sent as it is, not packed.\n"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP, identity", "br", "nonsense"])
@pytest.mark.parametrize("method", ["PUT", "PROPFIND", "REPORT", "PROPPATCH", "MKCOL"])
def test_rfc9110_15_5_16_a_packed_body_is_not_taken(
    alice: DAVClient, method: str, coding: str
) -> None:
    """No client of address books sends any, and what unpacks may have no end."""
    path = "/alice/customers/a.vcf" if method == "PUT" else "/alice/customers/"
    body = FILES["anna.vcf"] if method == "PUT" else ETAGS
    answer = alice.send(method, path, {"Content-Encoding": coding}, body)
    assert (answer.status, answer.body.decode()) == (415, PACKED)
    assert answer.headers["Accept-Encoding"] == "identity"
    assert alice.say(["GET /alice/customers/a.vcf"])[0] == "404"


def test_a_body_whose_coding_is_none_is_taken(alice: DAVClient) -> None:
    """RFC 9110 section 12.5.3: identity is a synonym for no coding."""
    path, headers = "/alice/customers/a.vcf", {"Content-Encoding": "identity"}
    assert alice.send("PUT", path, headers, vcard("plain", "Paul Plain")).status == 201
    assert alice.send("DELETE", path, {"Content-Encoding": "gzip"}).status == 204


@pytest.mark.parametrize("version", ["2.1", "9.0", "", "3"])
def test_a_version_that_is_not_kept_is_refused(alice: DAVClient, version: str) -> None:
    """RFC 6352 section 6.3.2.1: CARDDAV:supported-address-data."""
    body = vcard("x", "X Y", version=version)
    answer = checked(alice.send("PUT", "/alice/customers/a.vcf", {}, body))
    assert list(alice.render(answer))[:2] == ["403", "error supported-address-data"]


def test_a_card_that_is_too_large_is_refused_with_the_limit(alice: DAVClient) -> None:
    """RFC 6352 section 6.2.3: the limit is announced, and kept."""
    play(
        alice,
        """
        C: PROPFIND /alice/customers/
           Depth: 0
           <propfind xmlns="DAV:"><prop>
           <max-resource-size xmlns="urn:ietf:params:xml:ns:carddav"/></prop></propfind>
        S: 207
           /alice/customers/ 200 max-resource-size = 4194304
        """,
    )
    full = vcard("x", "X Y", "NOTE:").replace(b"NOTE:", b"NOTE:" + b"x" * 4_194_304)
    for body, status in ((full[: -len(full) + 4_194_304], 403), (full, 403)):
        answer = checked(alice.send("PUT", "/alice/customers/a.vcf", {}, body))
        assert answer.status == status
    heard = list(alice.render(answer))
    assert heard[1:] == [
        "error max-resource-size",
        "error responsedescription A card may have 4194304 bytes.",
    ]


def test_methods_that_there_are_not_say_which_there_are(alice: DAVClient) -> None:
    """RFC 9110 section 15.5.6: a 405 MUST have an Allow field."""
    for method in ("POST", "LOCK", "UNLOCK", "ACL", "PATCH", "MKCALENDAR", "TRACE"):
        play(
            alice,
            f"""
            C: {method} /alice/customers/
            S: 405
               Allow: {ALLOWED}
               The method is not allowed on the requested resource.
            """,
        )


@pytest.mark.parametrize("method", ["FOO", "get", "put", "Delete", "PropFind", "A" * 5000])
def test_rfc9110_9_1_what_is_no_method_is_not_taken_for_one(
    alice: DAVClient, nobody: DAVClient, method: str
) -> None:
    """Methods are written in capitals: who filters PUT in front of us must not overlook put."""
    body = vcard("lower", "Lara Lower")
    for client in (alice, nobody):
        answer = checked(client.send(method, "/alice/customers/lower.vcf", {}, body))
        assert (answer.status, answer.body) == (501, b"There is no such method.\n")
    assert alice.say(["GET /alice/customers/lower.vcf"])[0] == "404"


def test_what_is_announced_is_what_works(alice: DAVClient, nobody: DAVClient) -> None:
    """RFC 6352 section 6.1: addressbook; no locks, no ACL method, no calendars."""
    for client in (nobody, alice):
        for path in ("/", "/alice/", "/alice/customers/", "/bob/nothing/", "*"):
            play(
                client,
                f"""
                C: OPTIONS {path}
                S: 200
                   DAV: 1, 3, addressbook
                   Allow: {ALLOWED}
                """,
            )
    answer = alice.send("PROPFIND", "/alice/", {"Depth": "0"}, ETAGS)
    assert answer.headers["DAV"] == "1, 3, addressbook"


@pytest.mark.parametrize(
    "path", ["/.web", "/.web/", "/.mobileconfig", "/.token/x", "/.sharing/v1/"]
)
def test_radicale_shows_nothing_of_its_own(alice: DAVClient, path: str) -> None:
    for target in (path, f"{path}?view=freebusy"):
        assert checked(alice.send("GET", target, {})).status in (403, 404)


def test_a_person_with_a_browser_is_told_what_this_is(alice: DAVClient) -> None:
    for path in ("/", "/alice/"):
        play(
            alice,
            f"""
            C: GET {path}
            S: 200
               This is a CardDAV server: an address book program wants this address.
            """,
        )
