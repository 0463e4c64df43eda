"""Smart books: what they show to whom, and where a change of what they show goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dirserver import config
from dirserver.assembly import Services
from dirserver.directory.access.granting import give
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Grant, Privilege
from dirserver.store.trail.audit import AuditFilter
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.directory.acts import events, put
from tests.directory.keys import hand_out
from tests.organisation import ALICE, HERE, open_organisation, write_config
from tests.radicale.bodies import FILES, multiget, prop_filter, query
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import DAVClient
from tests.smart import add_smart_books, person

READ = "read read-current-user-privilege-set"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation with smart books: vip has customers (1) and staff (3)."""
    directory = tmp_path_factory.mktemp("smart")
    services = open_organisation(write_config(directory))
    services.store.close()
    services = open_organisation(add_smart_books(directory / "dirserver.toml"))
    put(services, "c1.vcf", person(1, ("VIP", "Press"), "ORG:Acme", "NOTE:a"))
    put(services, "c2.vcf", person(2, ("Press",), "ORG:Acme"))
    put(services, "c3.vcf", person(3, ("vip",)), slug="staff")
    put(services, "c4.vcf", person(4, ()), slug="staff")
    put(services, "c5.vcf", person(5, ("VIP",)), slug="secret")
    services.store.close()
    return directory


def client(application: Application, login: str) -> DAVClient:
    files = {**FILES, "c1.vcf": person(1, ("VIP", "Press"), "ORG:Acme", "NOTE:a")}
    files |= {"c1new.vcf": person(1, ("VIP",)), "c1no.vcf": person(1, ("Press",))}
    files |= {"c9.vcf": person(9), "c3new.vcf": person(3, ("VIP",), "TEL:7")}
    return DAVClient(application, login, files=files)


@pytest.fixture
def alice(application: Application) -> DAVClient:
    """Manages customers, secret and vip, writes staff."""
    return client(application, "alice")


@pytest.fixture
def bob(application: Application) -> DAVClient:
    """Writes customers, reads staff and vip."""
    return client(application, "bob")


def shown(one: DAVClient, slug: str = "vip") -> list[str]:
    url = f"/{one.login}/{slug}/"
    lines = one.say([f"PROPFIND {url}", "Depth: 1", "<etag.xml"])
    assert lines[0] == "207"
    return [line.split()[0].removeprefix(url) for line in lines[2:]]


def test_it_is_in_the_home_behind_the_books_and_shows_what_its_query_finds(
    bob: DAVClient,
) -> None:
    play(
        bob,
        f"""
        C: PROPFIND /bob/
           Depth: 1
           <books.xml
        S: 207
           /bob/ 200 resourcetype = principal collection
           /bob/ 200 displayname = Bob Example
           /bob/ 200 current-user-privilege-set = {READ}
           /bob/customers/ 200 resourcetype = addressbook collection
           /bob/customers/ 200 displayname = Customers
           /bob/customers/ 200 current-user-privilege-set = {READ} write-content bind unbind
           /bob/staff/ 200 resourcetype = addressbook collection
           /bob/staff/ 200 displayname = Staff
           /bob/staff/ 200 current-user-privilege-set = {READ}
           /bob/vip/ 200 resourcetype = addressbook collection
           /bob/vip/ 200 displayname = VIPs
           /bob/vip/ 200 current-user-privilege-set = {READ} write-content unbind
        C: PROPFIND /bob/vip/
           Depth: 1
           <privileges.xml
        S: 207
           /bob/vip/ 200 current-user-privilege-set = {READ} write-content unbind
           /bob/vip/1~c1.vcf 200 current-user-privilege-set = {READ} write-content
           /bob/vip/3~c3.vcf 200 current-user-privilege-set = {READ}
        C: GET /bob/vip/1~c1.vcf
        S: 200
           ETag: $one
           <c1.vcf
        C: GET /bob/customers/c1.vcf
        S: 200
           ETag: $one
           <c1.vcf
        C: GET /bob/vip/1~c2.vcf
        S: 404
           There is no such card.
        C: GET /bob/vip/1~none.vcf
        S: 404
           There is no such card.
        C: GET /bob/vip/2~c5.vcf
        S: 404
           There is no such card.
        """,
    )


def test_everybody_sees_through_it_what_they_may_read_themselves(application: Application) -> None:
    assert shown(client(application, "alice")) == ["1~c1.vcf", "3~c3.vcf"]
    assert shown(client(application, "alice"), "firms") == ["1~c1.vcf", "1~c2.vcf"]
    carol = client(application, "carol")
    assert shown(carol) == ["1~c1.vcf", "3~c3.vcf"]
    card = carol.say(["GET /carol/vip/1~c1.vcf"])
    assert not [line for line in card if line.startswith(("ORG", "NOTE"))]
    # Whether somebody has what is hidden from her is not to be seen either.
    assert shown(carol, "firms") == []


@pytest.mark.parametrize("login", ["dave", "erin"])
def test_who_is_not_granted_it_has_no_such_book(application: Application, login: str) -> None:
    """Though they may read cards that it shows; dave only looks it up."""
    other = client(application, login)
    for request in ("PROPFIND", "GET", "PUT", "DELETE"):
        body = ["<c9.vcf"] if request == "PUT" else ["<etag.xml"] if request == "PROPFIND" else []
        there = other.say([f"{request} /{login}/vip/3~c3.vcf", *body])
        nowhere = other.say([f"{request} /{login}/nothing/3~c3.vcf", *body])
        assert there == [line.replace("nothing", "vip") for line in nowhere]
        assert there[0] == "403"
    home = other.say([f"PROPFIND /{login}/", "Depth: 1", "<types.xml"])
    assert not [line for line in home if "vip" in line]


def test_reports_find_what_is_shown_and_no_more(bob: DAVClient) -> None:
    def report(body: bytes, url: str = "/bob/vip/") -> list[str]:
        answer = bob.send("REPORT", url, {"Depth": "1"}, body)
        return [" ".join(line.split()[:2]) for line in bob.render(answer) if line != "207"]

    named = [
        f"/bob/vip/{one}" for one in ("1~c1.vcf", "1~c2.vcf", "3~c3.vcf", "2~c5.vcf", "c1.vcf")
    ]
    told = report(multiget(*named))
    found = {line for line in told if line.startswith("/bob/vip/")}
    assert found == {
        "/bob/vip/1~c1.vcf 200",
        "/bob/vip/3~c3.vcf 200",
        "/bob/vip/1~c2.vcf 404",
        "/bob/vip/2~c5.vcf 404",
        "/bob/vip/c1.vcf 404",
    }
    assert report(query("")) == ["/bob/vip/1~c1.vcf 200", "/bob/vip/3~c3.vcf 200"]
    assert report(query(prop_filter("CATEGORIES", "press"))) == ["/bob/vip/1~c1.vcf 200"]
    assert report(query(prop_filter("FN", "Card 2"))) == []
    # Of what the index does not know, the cards themselves tell.
    assert report(query(prop_filter("X-NONE", "a"))) == []


def test_a_file_of_all_has_what_is_shown(bob: DAVClient) -> None:
    body = bob.send("GET", "/bob/vip/", {}, b"").body
    assert body == person(1, ("VIP", "Press"), "ORG:Acme", "NOTE:a") + person(3, ("vip",))


def test_a_change_goes_to_the_cards_own_book(bob: DAVClient, services: Services) -> None:
    play(
        bob,
        """
        C: GET /bob/vip/1~c1.vcf
        S: 200
           ETag: $one
           <c1.vcf
        C: PUT /bob/vip/1~c1.vcf
           If-Match: "other"
           <c1new.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT /bob/vip/1~c1.vcf
           If-Match: $one
           <c1new.vcf
        S: 204
           ETag: $new
        C: GET /bob/customers/c1.vcf
        S: 200
           ETag: $new
           <c1new.vcf
        C: PUT /bob/vip/3~c3.vcf
           <c3new.vcf
        S: 403
           error need-privileges /bob/vip/3~c3.vcf write-content
        C: DELETE /bob/vip/3~c3.vcf
        S: 403
           error need-privileges /bob/vip/3~c3.vcf unbind
        C: DELETE /bob/vip/1~c2.vcf
        S: 404
           There is no such card.
        C: DELETE /bob/vip/1~c1.vcf
        S: 204
        C: GET /bob/customers/c1.vcf
        S: 404
           There is no such card.
        """,
    )
    (changed,) = events(services, AuditFilter(action=AuditAction.CARD_DELETE, book="customers"))[
        -1:
    ]
    assert (changed.event.card, changed.event.actor) == ("c1.vcf", "bob")


def test_a_change_may_take_a_card_out_of_it(bob: DAVClient) -> None:
    assert bob.say(["PUT /bob/vip/1~c1.vcf", "<c1no.vcf"])[0] == "204"
    assert shown(bob) == ["3~c3.vcf"]
    assert bob.say(["GET /bob/vip/1~c1.vcf"])[0] == "404"
    # For all that the view tells there is no such card, so this would be a new one.
    assert bob.say(["PUT /bob/vip/1~c1.vcf", "<c1new.vcf"]) == [
        "403",
        "error need-privileges /bob/vip/ bind",
    ]
    assert bob.say(["PUT /bob/customers/c1.vcf", "<c1new.vcf"])[0] == "204"
    assert shown(bob) == ["1~c1.vcf", "3~c3.vcf"]


@pytest.mark.parametrize("name", ["c9.vcf", "1~c9.vcf", "2~c9.vcf", "1~c2.vcf", "99~x.vcf"])
def test_a_new_card_is_refused(bob: DAVClient, services: Services, name: str) -> None:
    """Also where it is one that the query would find, and where a card is that it does not find."""
    before = shown(bob, "customers")
    play(
        bob,
        f"""
        C: PUT /bob/vip/{name}
           <c9.vcf
        S: 403
           error need-privileges /bob/vip/ bind
        """,
    )
    assert shown(bob, "customers") == before
    (told,) = events(services, AuditFilter(book="vip"))[-1:]
    assert told.event.detail == "vip is a smart book, which takes no new cards"


def test_no_card_moves_into_it_but_one_moves_out(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: MOVE /alice/secret/c5.vcf
           Destination: /alice/vip/1~c5.vcf
        S: 403
           error need-privileges /alice/vip/ bind
        C: COPY /alice/secret/c5.vcf
           Destination: /alice/vip/c5.vcf
        S: 403
           error need-privileges /alice/vip/ bind
        C: COPY /alice/vip/1~c1.vcf
           Destination: /alice/secret/c1.vcf
        S: 201
        C: MOVE /alice/vip/1~c1.vcf
           Destination: /alice/staff/c1.vcf
        S: 201
        """,
    )
    assert shown(alice) == ["3~c1.vcf", "3~c3.vcf"]


def test_it_is_nobodys_to_take_away_or_make(alice: DAVClient) -> None:
    play(
        alice,
        """
        C: DELETE /alice/vip/
        S: 403
           error need-privileges /alice/ unbind
        C: MKCOL /alice/vip/
        S: 403
           error need-privileges /alice/ bind
        """,
    )


def test_everybody_colours_and_names_it_for_themselves(alice: DAVClient, bob: DAVClient) -> None:
    red = (
        '<propertyupdate xmlns="DAV:"><set><prop><displayname>Mine</displayname></prop></set>'
        "</propertyupdate>"
    )
    name = '<propfind xmlns="DAV:"><prop><displayname/></prop></propfind>'
    assert alice.say(["PROPPATCH /alice/vip/", red]) == ["207", "/alice/vip/ 200 displayname"]
    assert alice.say(["PROPFIND /alice/vip/", "Depth: 0", name])[1].endswith("= Mine")
    assert bob.say(["PROPFIND /bob/vip/", "Depth: 0", name])[1].endswith("= VIPs")


def test_a_device_that_is_good_for_it_alone_only_reads(services: Services) -> None:
    """It has no use of the cards' own books, to which a change would go."""
    secret = hand_out(services, "phone", "bob", books=frozenset({"vip"}))
    phone = DAVClient(Application(services), "bob", secret, files={**FILES, "c1new.vcf": person(1)})
    assert shown(phone) == ["1~c1.vcf", "3~c3.vcf"]
    play(
        phone,
        f"""
        C: PROPFIND /bob/vip/1~c1.vcf
           Depth: 0
           <propfind xmlns="DAV:"><prop><current-user-privilege-set/></prop></propfind>
        S: 207
           /bob/vip/1~c1.vcf 200 current-user-privilege-set = {READ}
        C: PUT /bob/vip/1~c1.vcf
           <c1new.vcf
        S: 403
           error need-privileges /bob/vip/1~c1.vcf write-content
        C: GET /bob/customers/c1.vcf
        S: 403
           error need-privileges /bob/customers/c1.vcf read
        """,
    )


def test_who_manages_it_gives_read_on_it(services: Services, application: Application) -> None:
    erin = client(application, "erin")
    with services.directory.writing(ALICE, HERE) as writing:
        give(writing, "vip", Grant("erin", Privilege.READ))
    # Of the customers she reads none.
    assert shown(erin) == ["3~c3.vcf"]


def test_it_is_not_in_a_merged_home_which_has_its_cards_already(services: Services) -> None:
    secret = hand_out(services, "MacBook", "bob", merged=True)
    mac = DAVClient(Application(services), "bob", secret, files=FILES)
    home = mac.say(["PROPFIND /bob/", "Depth: 1", "<types.xml"])
    assert [line.split()[0] for line in home[1:] if "addressbook" in line] == ["/bob/all-contacts/"]


def test_a_book_that_becomes_smart_shows_none_of_its_own_cards(services: Services) -> None:
    again = reconfigured(
        services, 'name = "Secret"', 'name = "Secret"\nquery = \'book = "customers"\''
    )
    alice = client(again, "alice")
    assert shown(alice, "secret") == ["1~c1.vcf", "1~c2.vcf"]
    back = reconfigured(services, "query = 'book = \"customers\"'", "")
    assert shown(client(back, "alice"), "secret") == ["c5.vcf"]
    assert config.load(services.config.path).books[2].query == ""
