"""Outlook with CalDav Synchronizer, in requests as its source writes them.

It needs: the privileges of each book; etags by PROPFIND, cards by multiget (no sync-collection);
404 or 412 for what was changed by another; the etag on a PUT, or it asks for it. It finds the books
by ``addressbook-home-set`` at the principal.
"""

from __future__ import annotations

from tests.conversation import play
from tests.radicale.dav_client import DAVClient

AGENT = "CalDavSynchronizer/4.4"


def test_books_are_found_with_what_may_be_done_with_them(alice: DAVClient) -> None:
    play(
        alice,
        f"""
        C: PROPFIND /alice/
           User-Agent: {AGENT}
           Depth: 1
           <?xml version='1.0'?>
           <D:propfind xmlns:D="DAV:">
            <D:prop>
             <D:resourcetype/>
             <D:displayname/>
             <D:current-user-privilege-set/>
            </D:prop>
           </D:propfind>
        S: 207
           ...
           /alice/staff/ 200 resourcetype = addressbook collection
           /alice/staff/ 200 displayname = Staff
           /alice/staff/ 200 current-user-privilege-set = $_ write-content bind unbind
        """,
    )


def test_etags_are_listed_and_cards_fetched(alice: DAVClient, cards: dict[str, str]) -> None:
    play(
        alice,
        f"""
        C: PROPFIND /alice/customers/
           User-Agent: {AGENT}
           Depth: 1
           <?xml version='1.0'?>
           <D:propfind xmlns:D="DAV:">
            <D:prop>
             <D:getetag/>
             <D:getcontenttype/>
            </D:prop>
           </D:propfind>
        S: 207
           /alice/customers/ 200 getetag = $_
           /alice/customers/ 200 getcontenttype = text/vcard
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/anna.vcf 200 getcontenttype = text/vcard;charset=utf-8
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           /alice/customers/bert.vcf 200 getcontenttype = text/vcard;charset=utf-8
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Depth: 1
           <?xml version='1.0'?>
           <A:addressbook-multiget xmlns:D="DAV:" xmlns:A="urn:ietf:params:xml:ns:carddav">
            <D:prop>
             <D:getetag/>
             <D:getcontenttype/>
             <A:address-data/>
            </D:prop>
            <D:href>/alice/customers/bert.vcf</D:href>
           </A:addressbook-multiget>
        S: 207
           /alice/customers/bert.vcf 200 getetag = {cards["bert"]}
           /alice/customers/bert.vcf 200 getcontenttype = text/vcard;charset=utf-8
           /alice/customers/bert.vcf 200 address-data = <bert.vcf
        """,
    )


def test_what_another_changed_or_deleted_is_412(alice: DAVClient, cards: dict[str, str]) -> None:
    files, late = alice.files, {"User-Agent": AGENT, "If-Match": '"0"'}
    assert alice.send("PUT", "/alice/customers/anna.vcf", late, files["anna2.vcf"]).status == 412
    assert alice.send("PUT", "/alice/customers/gone.vcf", late, files["cora.vcf"]).status == 412
    assert alice.send("DELETE", "/alice/customers/anna.vcf", late).status == 412
    assert alice.send("DELETE", "/alice/customers/gone.vcf", {"User-Agent": AGENT}).status == 404
    changed = {"User-Agent": AGENT, "If-Match": cards["anna"]}
    answer = alice.send("PUT", "/alice/customers/anna.vcf", changed, files["anna2.vcf"])
    assert (answer.status, answer.headers["ETag"] != cards["anna"]) == (204, True)
