"""Evolution, in requests as it was recorded (tests/transcripts has all of them).

It needs: OPTIONS that works without a login and names ``addressbook``; a ctag that changes with
each change, a deletion too; write-content among the privileges of what may be written; etags on
all that is listed. It asks for a hundred cards at a time, prefers vCard 4.0 where that is
supported, writes with ``Prefer: return=minimal``, and deletes without a condition.
"""

from __future__ import annotations

from tests.conversation import play
from tests.radicale.dav_client import DAVClient

AGENT = "Evolution/3.46.4"
CTAG = (
    '<propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/" '
    'xmlns:A="urn:ietf:params:xml:ns:carddav"><prop><CS:getctag/><A:supported-address-data/>'
    "</prop></propfind>"
)


def test_options_needs_no_login(nobody: DAVClient) -> None:
    play(
        nobody,
        f"""
        C: OPTIONS /alice/customers/
           User-Agent: {AGENT}
        S: 200
           DAV: 1, 3, addressbook
           Allow: $_
        """,
    )


def test_the_ctag_grows_with_each_change_and_deletion(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    def ctag() -> int:
        heard = alice.say(["PROPFIND /alice/customers/", f"User-Agent: {AGENT}", "Depth: 0", CTAG])
        assert heard[2] == (
            "/alice/customers/ 200 supported-address-data = text/vcard 3.0 text/vcard 4.0"
        )
        return int(heard[1].partition(" = ")[2])

    before = ctag()
    assert ctag() == before
    alice.say(["PUT /alice/customers/new.vcf", "Prefer: return=minimal", "<cora.vcf"])
    put = ctag()
    alice.say(["DELETE /alice/customers/new.vcf"])
    assert before < put < ctag()


def test_what_it_writes_is_refused_with_412_where_it_is_late(
    alice: DAVClient, cards: dict[str, str]
) -> None:
    play(
        alice,
        f"""
        C: PUT /alice/customers/anna.vcf
           User-Agent: {AGENT}
           If-None-Match: *
           Content-Type: text/vcard; charset="utf-8"
           Prefer: return=minimal
           <anna2.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT /alice/customers/anna.vcf
           User-Agent: {AGENT}
           If-Match: {cards["anna"]}
           Content-Type: text/vcard; charset="utf-8"
           Prefer: return=minimal
           <anna2.vcf
        S: 204
           ETag: $_
           Preference-Applied: return=minimal
        """,
    )
