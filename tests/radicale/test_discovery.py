"""How a client that knows a host finds its books (RFC 6764, RFC 5397, RFC 6352 section 7.1)."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from tests.conversation import play
from tests.radicale.bodies import FILES
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import DAVClient


def test_the_well_known_address_leads_to_the_root(alice: DAVClient, nobody: DAVClient) -> None:
    """RFC 6764 section 5: the server MUST redirect; on its own origin, for Thunderbird."""
    for client in (nobody, alice):
        play(
            client,
            """
            C: PROPFIND /.well-known/carddav
               Depth: 0
               <principal.xml
            S: 301
               Location: /
               Redirected to /
            C: GET /.well-known/carddav/
            S: 301
               Location: /
               Redirected to /
            """,
        )


def test_a_client_is_led_from_the_bare_host_to_its_books(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PROPFIND /
           Depth: 0
           <principal.xml
        S: 207
           / 200 current-user-principal = /alice/
        C: PROPFIND /alice/
           Depth: 0
           <home.xml
        S: 207
           /alice/ 200 addressbook-home-set = /alice/
           /alice/ 200 principal-URL = /alice/
           /alice/ 200 current-user-principal = /alice/
        C: PROPFIND /alice/
           Depth: 1
           <types.xml
        S: 207
           /alice/ 200 resourcetype = principal collection
           /alice/customers/ 200 resourcetype = addressbook collection
           /alice/secret/ 200 resourcetype = addressbook collection
           /alice/staff/ 200 resourcetype = addressbook collection
        """,
    )


def test_collections_are_found_without_their_slash(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PROPFIND /alice
           Depth: 0
           <home.xml
        S: 207
           /alice/ 200 addressbook-home-set = /alice/
           /alice/ 200 principal-URL = /alice/
           /alice/ 200 current-user-principal = /alice/
        C: PROPFIND /alice/customers
           Depth: 0
           <types.xml
        S: 207
           /alice/customers/ 200 resourcetype = addressbook collection
        """,
    )


def test_the_home_is_told_as_it_is_below_the_root_too(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: PROPFIND /
           Depth: 1
           <home.xml
        S: 207
           / 200 current-user-principal = /alice/
           / 404 addressbook-home-set
           / 404 principal-URL
           /alice/ 200 addressbook-home-set = /alice/
           /alice/ 200 principal-URL = /alice/
           /alice/ 200 current-user-principal = /alice/
        """,
    )


@pytest.mark.parametrize(
    ("login", "books"),
    [
        ("alice", ["customers", "secret", "staff"]),
        ("bob", ["customers", "staff"]),
        ("carol", ["customers", "staff"]),
        # Dave may only look customers up, which is nothing for CardDAV.
        ("dave", ["staff"]),
        ("erin", ["staff"]),
    ],
)
def test_a_home_holds_every_book_that_its_owner_may_read_and_no_other(
    alice: DAVClient, login: str, books: list[str]
) -> None:
    client = DAVClient(alice.application, login, files=alice.files)
    heard = client.say([f"PROPFIND /{login}/", "Depth: 1", "<types.xml"])
    found = [line.split(" ")[0] for line in heard[2:]]
    assert found == [f"/{login}/{book}/" for book in books]


def test_nobody_is_shown_the_home_of_another(bob: DAVClient) -> None:
    play(
        bob,
        """
        C: PROPFIND /alice/
           Depth: 1
           <books.xml
        S: 403
           error need-privileges /alice/ read
        C: PROPFIND /zeno/
           Depth: 1
           <books.xml
        S: 403
           error need-privileges /zeno/ read
        """,
    )


def test_everyone_has_a_book_of_their_own_where_the_config_says_so(services: Services) -> None:
    application = reconfigured(services, 'country = "DE"', 'country = "DE"\npersonal_books = true')
    for login in ("alice", "erin"):
        client = DAVClient(application, login, files=FILES)
        heard = client.say([f"PROPFIND /{login}/personal/", "Depth: 0", "<owner.xml"])
        assert heard == ["207", f"/{login}/personal/ 200 owner = /{login}/"]
    assert DAVClient(application, "erin").say(["PROPFIND /alice/personal/"])[0] == "403"


def test_the_principal_has_the_name_of_the_person(bob: DAVClient) -> None:
    play(
        bob,
        """
        C: PROPFIND /bob/
           Depth: 0
           <books.xml
        S: 207
           /bob/ 200 resourcetype = principal collection
           /bob/ 200 displayname = Bob Example
           /bob/ 200 current-user-privilege-set = read read-current-user-privilege-set
        """,
    )


def test_a_shared_book_belongs_to_nobody(bob: DAVClient) -> None:
    """RFC 3744 section 5.1: owner is empty when there is none to tell."""
    heard = bob.say(["PROPFIND /bob/staff/", "Depth: 0", "<owner.xml"])
    assert heard == ["207", "/bob/staff/ 200 owner"]


def test_there_are_no_calendars(alice: DAVClient) -> None:
    """Evolution asks for them at every discovery, and takes a 404 for an answer."""
    play(
        alice,
        """
        C: PROPFIND /alice/
           Depth: 0
           <propfind xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
           <prop><c:calendar-home-set/><displayname/></prop></propfind>
        S: 207
           /alice/ 200 displayname = Alice Example
           /alice/ 404 calendar-home-set
        """,
    )
    heard = alice.say(["PROPFIND /alice/", "Depth: 1"])
    assert not [line for line in heard if "calendar" in line or "version" in line]
