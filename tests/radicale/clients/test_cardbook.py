"""CardBook, an address book of its own in Thunderbird, in requests as its log has them.

The headers and the PROPFIND that looks at an address are recorded in the issue 9869 of
nextcloud/server, the two of a sync in the issue 478 of owncloud/contacts, and their bytes are those
that chrome/content/cardbookWebDAV.js of CardBook/CardBook puts together. It needs: etags by
PROPFIND with a content type of vCards (no sync-collection), forty cards at a time by multiget, with
hrefs that it has decoded; and the etag of a GET or PUT to be that of the listing, though
Thunderbird asks for gzip of its own accord.
"""

from __future__ import annotations

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient

AGENT = "Thunderbird CardBook/29.6"
HEADERS = f"""depth: 1
           content-type: application/xml; charset=utf-8
           User-Agent: {AGENT}"""
PROPFIND = (
    '<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop>{}</D:prop>'
    "</D:propfind>"
)
MULTIGET = (
    '<?xml version="1.0" encoding="utf-8"?><C:addressbook-multiget xmlns:D="DAV:" '
    'xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop><D:getetag/>'
    "<C:address-data content-type='text/vcard'/></D:prop>{}</C:addressbook-multiget>"
)


def test_an_address_is_looked_at_and_its_cards_are_listed_and_fetched(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    hrefs = "".join(
        f"<D:href>/alice/customers/{name}.vcf</D:href>" for name in ("anna", "bert", "gone")
    )
    play(
        alice,
        f"""
        C: PROPFIND /alice/customers/
           {HEADERS}
           {PROPFIND.format("<D:resourcetype/><D:displayname/>")}
        S: 207
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/customers/ 200 displayname = Customers
           /alice/customers/anna.vcf 200 resourcetype
           /alice/customers/anna.vcf 404 displayname
           /alice/customers/bert.vcf 200 resourcetype
           /alice/customers/bert.vcf 404 displayname
        C: PROPFIND /alice/customers/
           {HEADERS}
           {PROPFIND.format("<D:getcontenttype/><D:getetag/>")}
        S: 207
           /alice/customers/ 200 getcontenttype = text/vcard
           /alice/customers/ 200 getetag = $_
           /alice/customers/anna.vcf 200 getcontenttype = text/vcard;charset=utf-8
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/bert.vcf 200 getcontenttype = text/vcard;charset=utf-8
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
        C: REPORT /alice/customers/
           {HEADERS}
           {MULTIGET.format(hrefs)}
        S: 207
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/anna.vcf 200 address-data = <anna.vcf
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           /alice/customers/bert.vcf 200 address-data = <bert.vcf
           /alice/customers/gone.vcf 404
        """,
    )


def test_it_decodes_the_hrefs_that_it_asks_for(alice: DAVClient) -> None:
    """Of a name with a % in it, it asks for another one; the others come all the same."""
    names = {"Jörg%20M%C3%BCller.vcf": "Jörg Müller.vcf", "new.vcf": "new.vcf"}
    for number, name in enumerate(names):
        card = vcard(f"c{number}", "Jörg Müller")
        assert alice.send("PUT", f"/alice/customers/{name}", {}, card).status == 201
    asked = [*names.values(), "100%.vcf", "%E4.vcf"]
    hrefs = "".join(f"<D:href>/alice/customers/{name}</D:href>" for name in asked)
    headers = {"Depth": "1", "User-Agent": AGENT}
    answer = alice.send("REPORT", "/alice/customers/", headers, MULTIGET.format(hrefs).encode())
    heard = [line for line in alice.render(answer) if " 404" in line or " getetag" in line]
    assert [line.rpartition(" getetag")[0] or line for line in heard] == [
        "/alice/customers/%E4.vcf 404",
        "/alice/customers/100%25.vcf 404",
        "/alice/customers/J%C3%B6rg%20M%C3%BCller.vcf 200",
        "/alice/customers/new.vcf 200",
    ]
    for name in names:
        alice.send("DELETE", f"/alice/customers/{name}", {})


def test_the_etag_of_a_get_is_that_of_the_listing(alice: DAVClient, cards: dict[str, str]) -> None:
    play(
        alice,
        f"""
        C: GET /alice/customers/anna.vcf
           accept: text/vcard
           User-Agent: {AGENT}
           Accept-Encoding: gzip, deflate
        S: 200
           ETag: {cards["anna"]}
           <anna.vcf
        C: PUT /alice/customers/anna.vcf
           content-type: text/vcard; charset=utf-8
           If-Match: {cards["anna"]}
           User-Agent: {AGENT}
           Accept-Encoding: gzip, deflate
           <anna2.vcf
        S: 204
           ETag: $_
        """,
    )
