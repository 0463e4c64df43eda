"""What clients see of a book that follows a source."""

from __future__ import annotations

from dirserver.assembly import Services
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.directory.test_syncing import ANNA, OTHERS, run, with_source
from tests.radicale.dav_client import DAVClient

MINE = ANNA.replace(b"Clerk", b"Boss").replace(b"END:", b"NOTE:Tea\r\nEND:")
FILES = {
    "mine.vcf": MINE,
    "put-back.vcf": MINE.replace(b"Boss", b"Clerk"),
}


def client(services: Services, login: str) -> DAVClient:
    following = with_source(services)
    run(following, (ANNA, *OTHERS))
    return DAVClient(Application(following), login, files=FILES)


def test_what_a_source_owns_comes_back_with_the_next_sync(services: Services) -> None:
    play(
        client(services, "bob"),
        """
        C: PUT /bob/customers/anna.vcf
           <mine.vcf
        S: 204
           ETag: $mine
        C: GET /bob/customers/anna.vcf
        S: 200
           ETag: $other
           <put-back.vcf
        """,
    )


def test_who_takes_a_sources_card_away_is_told_whose_it_is(services: Services) -> None:
    play(
        client(services, "alice"),
        """
        C: DELETE /alice/customers/anna.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
           error responsedescription This contact comes from hr, and is taken away there.
        C: MOVE /alice/customers/anna.vcf
           Destination: /alice/staff/anna.vcf
        S: 403
           error need-privileges /alice/customers/ unbind
           error responsedescription This contact comes from hr, and is taken away there.
        """,
    )
