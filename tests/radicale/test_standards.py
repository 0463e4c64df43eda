"""What clients hear of a book's standards, policy by policy."""

from __future__ import annotations

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.directory.standards import with_standards
from tests.organisation import vcard
from tests.radicale.dav_client import DAVClient
from tests.radicale.test_audit import told, trail

ANNA = vcard("anna", "Anna Müller", "TEL:030/901820")
FILES = {
    "anna.vcf": ANNA,
    "repaired.vcf": ANNA.replace(b"030/901820", b"+4930901820"),
    "bare.vcf": vcard("bare", "Ben Beispiel"),
    "mailed.vcf": ANNA.replace(b"END", b"EMAIL:anna@example.org\r\nEND"),
}
SYNC = """
C: REPORT /bob/customers/
   <sync-collection xmlns="DAV:"><sync-token>$token</sync-token><sync-level>1</sync-level>
   <prop><getetag/></prop></sync-collection>
"""


def client(services: Services, rules: str, policy: str = "", login: str = "bob") -> DAVClient:
    return DAVClient(Application(with_standards(services, rules, policy)), login, files=FILES)


def test_a_reported_card_is_taken_as_it_is(services: Services) -> None:
    play(
        client(services, 'phones = "e164"'),
        """
        C: PUT /bob/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: GET /bob/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
    )


def test_a_repair_comes_with_the_next_sync(services: Services) -> None:
    bob = client(services, 'phones = "e164"', 'phones = "repair"')
    known = play(bob, SYNC.replace("$token", "") + "S: 207\n   sync-token = $token\n")
    known = play(
        bob,
        """
        C: PUT /bob/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        """
        "\n",
        known,
    )
    known = play(
        bob,
        SYNC + "S: 207\n   /bob/customers/anna.vcf 200 getetag = $new\n   sync-token = $later\n",
        known,
    )
    assert known["new"] != known["anna"]
    play(
        bob,
        """
        C: GET /bob/customers/anna.vcf
        S: 200
           ETag: $new
           <repaired.vcf
        C: PUT /bob/customers/anna.vcf
           If-Match: $anna
           <mailed.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT /bob/customers/anna.vcf
           If-Match: $new
           <repaired.vcf
        S: 204
           ETag: $new
        """,
        known,
    )
    assert [told(event).partition(" etag")[0] for event in trail(services)][-2:] == [
        "bob card:create done customers/anna.vcf",
        "standards card:repair done customers/anna.vcf phones",
    ]


def test_a_rejected_card_says_what_people_can_do(services: Services) -> None:
    bob = client(services, 'required = ["EMAIL"]\nphones = "e164"', 'required = "reject"')
    play(
        bob,
        """
        C: PUT /bob/customers/anna.vcf
           <anna.vcf
        S: 403
           error valid-address-data
           error responsedescription This address book does not take the card as it is: $reason
        C: GET /bob/customers/anna.vcf
        S: 404
           There is no such card.
        C: PUT /bob/customers/anna.vcf
           <mailed.vcf
        S: 201
           ETag: $_
        """,
        {"reason": "there is no e-mail address."},
    )
    refused = trail(services)[0]
    assert told(refused) == ("bob card:create refused customers/ breaks the standards: required")


def test_readers_see_what_is_in_quarantine(services: Services) -> None:
    bob = client(services, 'required = ["EMAIL"]', 'required = "quarantine"')
    play(
        bob,
        """
        C: PUT /bob/customers/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: GET /bob/customers/anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        """,
    )


def test_what_is_copied_into_the_book_is_judged_as_well(services: Services) -> None:
    rules = 'required = ["TEL"]\nphones = "e164"'
    alice = client(services, rules, 'required = "reject"\nphones = "repair"', "alice")
    play(
        alice,
        """
        C: PUT /alice/staff/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: PUT /alice/staff/bare.vcf
           <bare.vcf
        S: 201
           ETag: $_
        C: COPY /alice/staff/anna.vcf
           Destination: /alice/customers/anna.vcf
           Prefer: return=representation
        S: 201
           ETag: $repaired
           Content-Location: /alice/customers/anna.vcf
           Preference-Applied: return=representation
           <repaired.vcf
        C: GET /alice/customers/anna.vcf
        S: 200
           ETag: $repaired
           <repaired.vcf
        C: MOVE /alice/staff/bare.vcf
           Destination: /alice/customers/bare.vcf
        S: 403
           error valid-address-data
           error responsedescription This address book does not take the card as it is: $_
        C: GET /alice/staff/bare.vcf
        S: 200
           ETag: $_
           <bare.vcf
        """,
    )
