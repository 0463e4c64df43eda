"""KAddressBook, in requests as it was recorded (tests/transcripts has all of them).

It needs: absolute URLs understood in multiget, and ``allprop`` inside address-data, which RFC 6352
does not know, taken for everything. It sends every request without a login first, calls itself
Mozilla, and makes cards in quick succession.
"""

from __future__ import annotations

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.dav_client import HOST, DAVClient

AGENT = "Mozilla/5.0 (X11; Linux x86_64) KIO/5.103 akonadi_davgroupware_resource_0/5.22.3 (22.12.3)"


def test_it_asks_with_absolute_urls_for_allprop(alice: DAVClient, cards: dict[str, str]) -> None:
    play(
        alice,
        f"""
        C: REPORT /alice/customers/
           User-Agent: {AGENT}
           Accept: text/html, text/*;q=0.9, image/jpeg;q=0.9, image/png;q=0.9, */*;q=0.8
           Accept-Charset: utf-8,*;q=0.5
           Depth: 0
           Content-Type: text/xml; charset=utf-8
           <?xml version="1.0" encoding="utf-8"?>
           <addressbook-multiget xmlns="urn:ietf:params:xml:ns:carddav">
            <prop xmlns="DAV:">
             <getetag xmlns="DAV:"/>
             <address-data xmlns="urn:ietf:params:xml:ns:carddav">
              <allprop xmlns="DAV:"/>
             </address-data>
            </prop>
            <href xmlns="DAV:">http://{HOST}/alice/customers/anna.vcf</href>
            <href xmlns="DAV:">http://{HOST}/alice/customers/gone.vcf</href>
           </addressbook-multiget>
        S: 207
           /alice/customers/anna.vcf 200 getetag = {cards["anna"]}
           /alice/customers/anna.vcf 200 address-data = <anna.vcf
           /alice/customers/gone.vcf 404
        """,
    )


def test_it_is_asked_who_it_is_however_often_and_let_in_each_time(alice: DAVClient) -> None:
    """Requests without a login are no failed logins, which would shut it out."""
    headers = {"User-Agent": AGENT, "Depth": "0"}
    stranger = DAVClient(alice.application)
    for _ in range(12):
        assert stranger.send("PROPFIND", "/", headers).status == 401
        assert alice.send("PROPFIND", "/", headers).status == 207


def test_cards_in_quick_succession_are_all_taken(alice: DAVClient) -> None:
    names = [f"/alice/customers/k{number}.vcf" for number in range(12)]
    headers = {"User-Agent": AGENT, "Content-Type": "text/vcard"}
    for number, name in enumerate(names):
        answer = alice.send("PUT", name, headers, vcard(f"k{number}", f"Kate {number}"))
        assert answer.status == 201
    for name in names:
        assert alice.send("DELETE", name, headers).status == 204
