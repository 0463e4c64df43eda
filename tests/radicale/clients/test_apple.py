"""Contacts of iOS and macOS, in requests as they come from a phone and a Mac.

They need: ``/.well-known/carddav`` without a login, the principal before anything else, a home that
is the user's own, getctag (without it no card is asked for), and every book in the order in which
it always was, since a Mac shows the first one only (``merged_home`` is for that). A book's address
that somebody types in leads to the principal. They say ``Brief: t`` and are not told what there is
not.
"""

from __future__ import annotations

import pytest

from tests.conversation import play
from tests.radicale.bodies import FILES
from tests.radicale.dav_client import DAVClient

IOS = "iOS/17.5.1 (21F90) dataaccessd/1.0"
MACOS = "macOS/14.5 (23F79) AddressBookCore/2610.100.10"
PRINCIPAL = """<?xml version="1.0" encoding="UTF-8"?>
           <A:propfind xmlns:A="DAV:">
             <A:prop>
               <A:current-user-principal/>
               <A:principal-URL/>
               <A:resourcetype/>
             </A:prop>
           </A:propfind>"""
ABOUT_THE_USER = """<?xml version="1.0" encoding="UTF-8"?>
           <A:propfind xmlns:A="DAV:">
             <A:prop>
               <B:addressbook-home-set xmlns:B="urn:ietf:params:xml:ns:carddav"/>
               <B:directory-gateway xmlns:B="urn:ietf:params:xml:ns:carddav"/>
               <A:displayname/>
               <C:email-address-set xmlns:C="http://calendarserver.org/ns/"/>
               <A:principal-collection-set/>
               <A:principal-URL/>
               <A:resource-id/>
               <A:supported-report-set/>
             </A:prop>
           </A:propfind>"""
BOOKS = """<?xml version="1.0" encoding="UTF-8"?>
           <A:propfind xmlns:A="DAV:">
             <A:prop>
               <A:add-member/>
               <D:bulk-requests xmlns:D="http://me.com/_namespace/"/>
               <A:current-user-privilege-set/>
               <A:displayname/>
               <C:getctag xmlns:C="http://calendarserver.org/ns/"/>
               <B:max-resource-size xmlns:B="urn:ietf:params:xml:ns:carddav"/>
               <C:me-card xmlns:C="http://calendarserver.org/ns/"/>
               <A:owner/>
               <C:pushkey xmlns:C="http://calendarserver.org/ns/"/>
               <A:quota-available-bytes/>
               <A:resource-id/>
               <A:resourcetype/>
               <A:sync-token/>
             </A:prop>
           </A:propfind>"""


def test_ios_is_led_from_the_host_to_the_principal(alice: DAVClient) -> None:
    """It asks without a login first, and stops for good where the principal is denied."""
    asked = DAVClient(alice.application, "alice", unasked=False)
    play(
        asked,
        f"""
        C: PROPFIND /.well-known/carddav
           User-Agent: iOS/17.5.1 (21F90) accountsd/1.0
           Depth: 0
           Brief: t
           {PRINCIPAL}
        S: 301
           Location: /
           Redirected to /
        C: PROPFIND /
           User-Agent: iOS/17.5.1 (21F90) accountsd/1.0
           Depth: 0
           Brief: t
           {PRINCIPAL}
        S: 401
           WWW-Authenticate: Basic realm="Example GmbH"
           A user name is needed, and the password that goes with it.
        C: PROPFIND /
           User-Agent: iOS/17.5.1 (21F90) accountsd/1.0
           Authorization: Basic <credentials>
           Depth: 0
           Brief: t
           {PRINCIPAL}
        S: 207
           Preference-Applied: return=minimal
           / 200 current-user-principal = /alice/
           / 200 resourcetype = collection
        C: OPTIONS /alice/
           User-Agent: iOS/17.5.1 (21F90) accountsd/1.0
           Authorization: Basic <credentials>
        S: 200
           DAV: 1, 3, addressbook
           Allow: $_
        """,
    )


def test_ios_reads_the_principal_first(alice: DAVClient) -> None:
    play(
        alice,
        f"""
        C: PROPFIND /alice/
           User-Agent: {IOS}
           Content-Type: text/xml
           Depth: 0
           Brief: t
           {ABOUT_THE_USER}
        S: 207
           Preference-Applied: return=minimal
           /alice/ 200 addressbook-home-set = /alice/
           /alice/ 200 displayname = Alice Example
           /alice/ 200 email-address-set = alice@example.org
           /alice/ 200 principal-collection-set = /
           /alice/ 200 principal-URL = /alice/
           /alice/ 200 supported-report-set = $_
        """,
    )


def test_every_book_of_the_home_has_a_ctag_and_a_token(alice: DAVClient) -> None:
    """A Mac asks for no card of a book without a ctag. The home is no book, and has none."""
    play(
        alice,
        f"""
        C: PROPFIND /alice/
           User-Agent: {IOS}
           Content-Type: text/xml
           Depth: 1
           Brief: t
           {BOOKS}
        S: 207
           Preference-Applied: return=minimal
           /alice/ 200 current-user-privilege-set = read read-current-user-privilege-set
           /alice/ 200 displayname = Alice Example
           /alice/ 200 owner = /alice/
           /alice/ 200 resourcetype = principal collection
           /alice/customers/ 200 current-user-privilege-set = $manage
           /alice/customers/ 200 displayname = Customers
           /alice/customers/ 200 getctag = $_
           /alice/customers/ 200 max-resource-size = 4194304
           /alice/customers/ 200 owner
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/customers/ 200 sync-token = $_
           /alice/secret/ 200 current-user-privilege-set = $manage
           /alice/secret/ 200 displayname = Secret
           /alice/secret/ 200 getctag = $_
           ...
           /alice/staff/ 200 sync-token = $_
        """,
    )


def test_macos_always_finds_the_same_book_first(alice: DAVClient, cards: dict[str, str]) -> None:
    """It shows no other. A change of one book does not put it before the rest."""

    def order() -> list[str]:
        answer = alice.send("PROPFIND", "/alice/", {"Depth": "1"}, FILES["types.xml"])
        return [part.split("<")[0] for part in answer.body.decode().split("<href>")[1:]]

    before = order()
    assert before == ["/alice/", "/alice/customers/", "/alice/secret/", "/alice/staff/"]
    alice.send("PUT", "/alice/staff/new.vcf", {}, FILES["cora.vcf"])
    assert order() == before
    alice.send("DELETE", "/alice/staff/new.vcf", {})


@pytest.mark.parametrize("path", ["/alice/customers/", "/alice/customers"])
def test_the_address_of_a_book_leads_a_mac_to_the_principal(alice: DAVClient, path: str) -> None:
    play(
        alice,
        f"""
        C: PROPFIND {path}
           User-Agent: {MACOS}
           Depth: 0
           {PRINCIPAL}
        S: 207
           /alice/customers/ 200 current-user-principal = /alice/
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/customers/ 404 principal-URL
        """,
    )


def test_nobody_s_home_is_reached_but_one_s_own(alice: DAVClient) -> None:
    """Shared books are in the home of each reader, since no other is ever looked at."""
    for login in ("bob", "carol", "erin"):
        client = DAVClient(alice.application, login, files=FILES)
        assert client.say(["PROPFIND /alice/", "Depth: 0", "<types.xml"])[0] == "403"
        assert client.say([f"PROPFIND /{login}/staff/", "Depth: 0", "<types.xml"])[0] == "207"


def test_a_sync_as_phones_do_it(alice: DAVClient, cards: dict[str, str]) -> None:
    names = play(
        alice,
        f"""
        C: REPORT /alice/customers/
           User-Agent: {IOS}
           Content-Type: text/xml
           Depth: 1
           Brief: t
           <?xml version="1.0" encoding="UTF-8"?>
           <A:sync-collection xmlns:A="DAV:">
             <A:sync-token/>
             <A:sync-level>1</A:sync-level>
             <A:prop>
               <A:getetag/>
             </A:prop>
           </A:sync-collection>
        S: 207
           Preference-Applied: return=minimal
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           sync-token = $token
        C: REPORT /alice/customers/
           User-Agent: {IOS}
           Content-Type: text/xml
           Depth: 1
           Brief: t
           <?xml version="1.0" encoding="UTF-8"?>
           <B:addressbook-multiget xmlns:B="urn:ietf:params:xml:ns:carddav">
             <A:prop xmlns:A="DAV:">
               <A:getetag/>
               <B:address-data/>
             </A:prop>
             <A:href xmlns:A="DAV:">/alice/customers/anna.vcf</A:href>
           </B:addressbook-multiget>
        S: 207
           Preference-Applied: return=minimal
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/anna.vcf 200 address-data = <anna.vcf
        C: PUT /alice/customers/anna.vcf
           User-Agent: {IOS}
           Content-Type: text/vcard
           If-Match: {cards["anna"]}
           <anna2.vcf
        S: 204
           ETag: $changed
        """,
    )
    play(
        alice,
        f"""
        C: REPORT /alice/customers/
           User-Agent: {IOS}
           Depth: 1
           <A:sync-collection xmlns:A="DAV:"><A:sync-token>{names["token"]}</A:sync-token>
           <A:sync-level>1</A:sync-level><A:prop><A:getetag/></A:prop></A:sync-collection>
        S: 207
           /alice/customers/anna.vcf 200 getetag = {names["changed"]}
           sync-token = $_
        """,
    )
