"""What a grant hides is in no answer, and what is left has an etag of its own."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.bodies import prop_filter, query
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import DAVClient

CARD = vcard(
    "x",
    "Xaver Ypsilon",
    "NOTE:one",
    " two",
    "ORG:Brot & Co.",
    "item1.BDAY:19700102",
    "item1.X-ABLABEL:birthday",
    "TEL:+49 30 1",
)
SHOWN = vcard("x", "Xaver Ypsilon", "TEL:+49 30 1")


@pytest.fixture
def full(alice: DAVClient) -> DAVClient:
    """Alice, who has stored the card."""
    client = DAVClient(alice.application, "alice", files={"full.vcf": CARD})
    client.say(["PUT /alice/customers/x.vcf", "<full.vcf"])
    return client


@pytest.fixture
def reader(full: DAVClient) -> DAVClient:
    """Carol, from whom NOTE, BDAY and ORG are hidden."""
    return DAVClient(full.application, "carol", files={"shown.vcf": SHOWN})


def test_every_answer_leaves_out_what_is_hidden(full: DAVClient, reader: DAVClient) -> None:
    names = play(
        reader,
        f"""
        C: GET /carol/customers/x.vcf
        S: 200
           ETag: $shown
           <shown.vcf
        C: REPORT /carol/customers/
           <C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
           <prop><getetag/><C:address-data/></prop><href>/carol/customers/x.vcf</href>
           </C:addressbook-multiget>
        S: 207
           /carol/customers/x.vcf 200 getetag = $shown
           /carol/customers/x.vcf 200 address-data = <shown.vcf
        C: REPORT /carol/customers/
           <sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>
           <prop><getetag/><address-data xmlns="urn:ietf:params:xml:ns:carddav"/></prop>
           </sync-collection>
        S: 207
           /carol/customers/x.vcf 200 getetag = $shown
           /carol/customers/x.vcf 200 address-data = <shown.vcf
           sync-token = $_
        C: PROPFIND /carol/customers/x.vcf
           Depth: 0
           <propfind xmlns="DAV:"><prop><getetag/><getcontentlength/></prop></propfind>
        S: 207
           /carol/customers/x.vcf 200 getetag = $shown
           /carol/customers/x.vcf 200 getcontentlength = {len(SHOWN)}
        C: GET /carol/customers/
        S: 200
           ETag: $_
           Content-Disposition: attachment; filename="customers.vcf"
           <shown.vcf
        """,
    )
    # Other bytes are another representation (RFC 9110 section 8.8.3).
    assert names["shown"] not in full.say(["GET /alice/customers/x.vcf"])[1]


@pytest.mark.parametrize("name", ["NOTE", "BDAY", "ORG", "X-ABLABEL"])
def test_what_is_hidden_finds_nothing(full: DAVClient, reader: DAVClient, name: str) -> None:
    said = {"NOTE": "two", "BDAY": "1970", "ORG": "brot", "X-ABLABEL": "birth"}[name]
    asked = query(prop_filter(name, said))
    absent = query(f'<C:prop-filter name="{name}"><C:is-not-defined/></C:prop-filter>')
    for client, found in ((full, True), (reader, False)):
        path = f"/{client.login}/customers/"
        for body, expected in ((asked, found), (absent, not found)):
            answer = client.send("REPORT", path, {}, body)
            assert (b"x.vcf" in answer.body) is expected


def test_who_comes_to_see_more_gets_all_cards_anew(
    full: DAVClient, reader: DAVClient, services: Services
) -> None:
    """The view is in the token and the ctag: a client away for long comes to it by a delta."""
    names = play(
        reader,
        """
        C: REPORT /carol/customers/
           <sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>
           <prop><getetag/></prop></sync-collection>
        S: 207
           /carol/customers/x.vcf 200 getetag = $before
           sync-token = $token
        """,
    )
    ctag = ctag_of(reader)
    hide = 'access = "read", hide = ["NOTE", "BDAY", "ORG"]'
    for seen in ('access = "read"', 'access = "read", hide = ["NOTE"]'):
        reader.application = reconfigured(services, hide, seen)
        hide = seen
        names = play(
            reader,
            """
            C: REPORT /carol/customers/
               <sync-collection xmlns="DAV:"><sync-token>$token</sync-token>
               <sync-level>1</sync-level><prop><getetag/></prop></sync-collection>
            S: 207
               /carol/customers/x.vcf 200 getetag = $now
               sync-token = $next
            """,
            {"token": names["token"]},
        )
        ctag, before = ctag_of(reader), ctag
        assert ctag > before
        names["token"] = names["next"]


def test_a_book_as_one_file_has_an_etag_of_its_own_where_something_is_hidden(
    full: DAVClient, reader: DAVClient
) -> None:
    whole = full.send("GET", "/alice/customers/", {}, b"")
    part = reader.send("GET", "/carol/customers/", {}, b"")
    assert whole.headers["ETag"] != part.headers["ETag"]
    unchanged = {"If-None-Match": part.headers["ETag"]}
    assert reader.send("GET", "/carol/customers/", unchanged, b"").status == 304
    assert full.send("GET", "/alice/customers/", unchanged, b"").status == 200
    body = b'<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
    listed = reader.send("PROPFIND", "/carol/customers/", {"Depth": "0"}, body).body.decode()
    assert part.headers["ETag"] in listed
    # The ctag is a bare number all the same.
    assert ctag_of(full) == ctag_of(reader)


def ctag_of(client: DAVClient) -> int:
    """Return the ctag of customers."""
    body = (
        b'<propfind xmlns="DAV:"><prop><getctag xmlns="http://calendarserver.org/ns/"/>'
        b"</prop></propfind>"
    )
    answer = client.send("PROPFIND", f"/{client.login}/customers/", {"Depth": "0"}, body)
    text = answer.body.decode()
    return int(text.partition("getctag>")[2].partition("<")[0])
