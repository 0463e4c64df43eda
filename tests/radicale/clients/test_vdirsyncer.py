"""vdirsyncer (with khard and others on top of it), in requests as it was recorded.

tests/transcripts has all of them, and tests/system runs the program itself. It needs: an etag for
everything listed, or the book looks empty to it; the text of a card unchanged, since it takes any
difference for a change; 412 for conflicts; MKCOL of a book without its slash.
"""

from __future__ import annotations

from tests.conversation import play
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient

LISTING = b"""<?xml version="1.0" encoding="utf-8" ?>
            <propfind xmlns="DAV:">
                <prop>
                    <resourcetype/>
                    <getcontenttype/>
                    <getetag/>
                </prop>
            </propfind>"""
ODD = vcard(
    "odd",
    "Odd One",
    "X-NOBODY-KNOWS;X-A=b:c",
    'item1.TEL;TYPE="cell,voice":+49 30 1',
    "item1.X-ABLabel:_$!<Mobile>!$_",
    "PHOTO;ENCODING=b;TYPE=JPEG:" + "AAAA" * 40,
    " " + "BBBB" * 10,
    "NOTE:  spaces at both ends  ",
)


def test_everything_listed_has_an_etag(alice: DAVClient, cards: dict[str, str]) -> None:
    headers = {"User-Agent": "vdirsyncer/0.21.0", "Depth": "1"}
    answer = alice.send("PROPFIND", "/alice/customers/", headers, LISTING)
    responses = answer.body.decode().split("<response>")[1:]
    assert len(responses) == 1 + len(cards)
    assert all("<getetag>&quot;" in one or '<getetag>"' in one for one in responses)


def test_the_text_of_a_card_comes_back_unchanged(alice: DAVClient, cards: dict[str, str]) -> None:
    assert alice.send("PUT", "/alice/customers/new.vcf", {"If-None-Match": "*"}, ODD).status == 201
    alice.files = {**alice.files, "odd.vcf": ODD}
    play(
        alice,
        """
        C: REPORT /alice/customers/
           User-Agent: vdirsyncer/0.21.0
           <?xml version="1.0" encoding="utf-8" ?>
           <C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
           <prop><getetag/><C:address-data /></prop>
           <href>/alice/customers/new.vcf</href></C:addressbook-multiget>
        S: 207
           /alice/customers/new.vcf 200 getetag = $_
           /alice/customers/new.vcf 200 address-data = <odd.vcf
        """,
    )


def test_both_sides_changed_is_412(alice: DAVClient, cards: dict[str, str]) -> None:
    late = {"If-Match": '"0"', "Content-Type": "text/vcard"}
    files = alice.files
    assert alice.send("PUT", "/alice/customers/anna.vcf", late, files["anna2.vcf"]).status == 412
    new = {"If-None-Match": "*"}
    assert alice.send("PUT", "/alice/customers/anna.vcf", new, files["anna2.vcf"]).status == 412
    assert alice.send("DELETE", "/alice/customers/anna.vcf", late).status == 412


def test_a_book_is_asked_for_without_its_slash(alice: DAVClient) -> None:
    """Where users make no books, it is told what it lacks."""
    play(
        alice,
        """
        C: MKCOL /alice/vdir
           User-Agent: vdirsyncer/0.21.0
           <?xml version="1.0" encoding="utf-8" ?>
           <mkcol xmlns="DAV:"><set><prop><resourcetype><collection/>
           <ns0:addressbook xmlns:ns0="urn:ietf:params:xml:ns:carddav" />
           </resourcetype></prop></set></mkcol>
        S: 403
           error need-privileges /alice/ bind
        """,
    )
