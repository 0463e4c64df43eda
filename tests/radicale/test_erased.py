"""A person who was erased: clients sync to the deletion, and cannot bring the card again."""

from __future__ import annotations

from dirserver.assembly import Services
from tests.conversation import play
from tests.directory import persons
from tests.radicale.dav_client import DAVClient
from tests.radicale.test_audit import told, trail

PUT = """
C: PUT /alice/customers/anna.vcf
   <anna.vcf
S: 201
   ETag: $etag
"""
SYNC = """
C: REPORT /bob/customers/
   <sync-collection xmlns="DAV:"><sync-token>$token</sync-token><sync-level>1</sync-level>
   <prop><getetag/></prop></sync-collection>
"""


def test_clients_sync_to_the_deletion_and_are_told_why_it_stays(
    alice: DAVClient, bob: DAVClient, services: Services
) -> None:
    play(alice, PUT)
    first = SYNC.replace("$token", "") + (
        "S: 207\n   /bob/customers/anna.vcf 200 getetag = $etag\n   sync-token = $token\n"
    )
    known = play(bob, first)
    case = persons.erased(services, "anna").case
    known = play(
        bob,
        SYNC
        + """
S: 207
   /bob/customers/anna.vcf 404
   sync-token = $later
C: GET /bob/customers/anna.vcf
S: 404
   There is no such card.
C: PUT /bob/customers/again.vcf
   <anna.vcf
S: 403
   error valid-address-data
   error responsedescription This person was erased from the address books at their own request. $_
""",
        known,
    )
    last = told(trail(services)[-1])
    assert last == f"bob card:create refused customers/ a person who was erased, {case}"
    persons.readmitted(services, case)
    play(bob, PUT.replace("/alice/", "/bob/"))
    play(
        bob,
        SYNC.replace("$token", "$later")
        + "S: 207\n   /bob/customers/anna.vcf 200 getetag = $_\n   sync-token = $_\n",
        known,
    )
