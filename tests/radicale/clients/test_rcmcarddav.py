"""Roundcube with rcmcarddav, in requests as its HTTP log has them.

The PROPFINDs are recorded in the issues 302 and 380 of mstilkerich/rcmcarddav; the reports are what
src/CardDavClient.php of mstilkerich/carddavclient writes with the same XML writer. It needs: 401
for the first request, which has no login; hrefs that are those of the sync again in the answer to
a multiget; a sync token; ``etag`` on every GET and PUT. After a report that fails it asks for each
card by itself.
"""

from __future__ import annotations

from tests.conversation import play
from tests.radicale.dav_client import DAVClient

HEADERS = """User-Agent: GuzzleHttp/7
           Content-Type: application/xml; charset=UTF-8"""
NAMES = (
    'xmlns:DAV="DAV:" xmlns:CARDDAV="urn:ietf:params:xml:ns:carddav" '
    'xmlns:CS="http://calendarserver.org/ns/"'
)


def test_the_principal_is_found_after_a_first_try_without_a_login(
    nobody: DAVClient, alice: DAVClient
) -> None:
    propfind = f"""
        C: PROPFIND /
           {HEADERS}
           Depth: 0
           Prefer: return=minimal
           <?xml version="1.0"?>
           <DAV:propfind {NAMES}>
            <DAV:prop>
             <DAV:current-user-principal/>
            </DAV:prop>
           </DAV:propfind>
    """
    play(
        nobody,
        f"""{propfind}
        S: 401
           WWW-Authenticate: Basic realm="Example GmbH"
           ...
        """,
    )
    play(
        alice,
        f"""{propfind}
        S: 207
           Preference-Applied: return=minimal
           / 200 current-user-principal = /alice/
        C: PROPFIND /.well-known/carddav
           {HEADERS}
           Depth: 0
        S: 301
           Location: /
           Redirected to /
        """,
    )


def test_a_book_says_what_it_can_and_leaves_out_what_it_has_not(alice: DAVClient) -> None:
    play(
        alice,
        f"""
        C: PROPFIND /alice/customers/
           {HEADERS}
           Depth: 0
           Prefer: return=minimal
           <?xml version="1.0"?>
           <DAV:propfind {NAMES}>
            <DAV:prop>
             <DAV:resourcetype/>
             <DAV:sync-token/>
             <DAV:supported-report-set/>
             <DAV:add-member/>
             <DAV:displayname/>
             <CS:getctag/>
             <CARDDAV:supported-address-data/>
             <CARDDAV:addressbook-description/>
             <CARDDAV:max-resource-size/>
            </DAV:prop>
           </DAV:propfind>
        S: 207
           Preference-Applied: return=minimal
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/customers/ 200 sync-token = $_
           /alice/customers/ 200 supported-report-set = $_
           /alice/customers/ 200 displayname = Customers
           /alice/customers/ 200 getctag = $_
           /alice/customers/ 200 supported-address-data = $_
           /alice/customers/ 200 addressbook-description = Everyone we sell to
           /alice/customers/ 200 max-resource-size = 4194304
        """,
    )
    assert alice.last is not None
    for report in (b"<sync-collection/>", b"<C:addressbook-multiget/>"):
        assert report in alice.last.body


def test_changes_are_synced_and_fetched(alice: DAVClient, cards: dict[str, str]) -> None:
    sync = f"""
        C: REPORT /alice/customers/
           {HEADERS}
           Depth: 0
           <?xml version="1.0"?>
           <DAV:sync-collection {NAMES}>
            <DAV:sync-token>$token</DAV:sync-token>
            <DAV:sync-level>1</DAV:sync-level>
            <DAV:prop>
             <DAV:getetag/>
            </DAV:prop>
           </DAV:sync-collection>
    """
    names = play(
        alice,
        f"""{sync.replace("$token", "")}
        S: 207
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           sync-token = $token
        C: REPORT /alice/customers/
           {HEADERS}
           Depth: 0
           <?xml version="1.0"?>
           <CARDDAV:addressbook-multiget {NAMES}>
            <DAV:prop>
             <DAV:getetag/>
             <CARDDAV:address-data/>
            </DAV:prop>
            <DAV:href>/alice/customers/anna.vcf</DAV:href>
            <DAV:href>/alice/customers/bert.vcf</DAV:href>
           </CARDDAV:addressbook-multiget>
        S: 207
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/anna.vcf 200 address-data = <anna.vcf
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           /alice/customers/bert.vcf 200 address-data = <bert.vcf
        C: DELETE /alice/customers/bert.vcf
           User-Agent: GuzzleHttp/7
        S: 204
        """,
    )
    play(
        alice,
        f"""{sync.replace("$token", names["token"])}
        S: 207
           /alice/customers/bert.vcf 404
           sync-token = $_
        """,
    )


def test_cards_are_made_changed_and_read_by_themselves(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    """What has its name already is 412, upon which it makes up another name."""
    play(
        alice,
        f"""
        C: PUT /alice/customers/anna.vcf
           User-Agent: GuzzleHttp/7
           Content-Type: text/vcard
           If-None-Match: *
           <cora.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT /alice/customers/new.vcf
           User-Agent: GuzzleHttp/7
           Content-Type: text/vcard
           If-None-Match: *
           <cora.vcf
        S: 201
           ETag: $new
        C: PUT /alice/customers/anna.vcf
           User-Agent: GuzzleHttp/7
           Content-Type: text/vcard
           If-Match: {cards["anna"]}
           <anna2.vcf
        S: 204
           ETag: $changed
        C: GET /alice/customers/anna.vcf
           User-Agent: GuzzleHttp/7
        S: 200
           ETag: $changed
           <anna2.vcf
        C: PUT /alice/customers/anna.vcf
           User-Agent: GuzzleHttp/7
           Content-Type: text/vcard
           If-Match: {cards["anna"]}
           <anna.vcf
        S: 412
           The card is not as the request says that it must be.
        """,
    )
