"""All books as one, for programs that know one only: names, privileges, writes, and refusals."""

from __future__ import annotations

import pytest

from dirserver.assembly import Services
from dirserver.store.trail.audit import AuditFilter
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.directory.acts import events, put
from tests.directory.keys import hand_out
from tests.organisation import vcard
from tests.radicale.bodies import FILES, multiget, prop_filter, query
from tests.radicale.conftest import reconfigured
from tests.radicale.dav_client import DAVClient

ALL = "/alice/all-contacts/"
READ = "read read-current-user-privilege-set"


def merged(application: Application, services: Services, login: str = "alice") -> DAVClient:
    secret = hand_out(services, "MacBook", login, merged=True)
    return DAVClient(application, login, secret, files=FILES)


@pytest.fixture
def mac(application: Application, services: Services) -> DAVClient:
    """Alice's, with customers (1, for new cards), secret (2) and staff (3) as one book."""
    put(services, "anna.vcf", FILES["anna.vcf"])
    put(services, "bert.vcf", FILES["bert.vcf"], slug="staff")
    return merged(application, services)


def hrefs(client: DAVClient, url: str = ALL) -> set[str]:
    lines = client.say([f"PROPFIND {url}", "Depth: 1", "<etag.xml"])
    return {line.split()[0].removeprefix(url) for line in lines[1:]} - {""}


def test_the_home_has_one_book(mac: DAVClient) -> None:
    """Macs look no further than the first."""
    play(
        mac,
        f"""
        C: PROPFIND /alice/
           Depth: 1
           <books.xml
        S: 207
           /alice/ 200 resourcetype = principal collection
           /alice/ 200 displayname = Alice Example
           /alice/ 200 current-user-privilege-set = {READ}
           {ALL} 200 resourcetype = addressbook collection
           {ALL} 200 displayname = All contacts
           {ALL} 200 current-user-privilege-set = {READ} write-content bind unbind
        C: PROPFIND {ALL}
           Depth: 1
           <etag.xml
        S: 207
           {ALL} 200 getetag = $_
           {ALL}3~bert.vcf 200 getetag = $bert
           {ALL}anna.vcf 200 getetag = $anna
        C: GET {ALL}3~bert.vcf
        S: 200
           ETag: $bert
           <bert.vcf
        C: GET {ALL}anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        C: GET {ALL}9~bert.vcf
        S: 404
           There is no such card.
        """,
    )


def test_for_all_others_there_is_no_such_book(mac: DAVClient, alice: DAVClient) -> None:
    assert mac.say([f"PROPFIND {ALL}", "Depth: 0", "<etag.xml"])[0] == "207"
    for request in ("GET", "PUT", "DELETE"):
        body = ["<cora.vcf"] if request == "PUT" else []
        there = alice.say([f"{request} {ALL}x.vcf", *body])
        nowhere = alice.say([f"{request} /alice/nothing/x.vcf", *body])
        assert there == [line.replace("nothing", "all-contacts") for line in nowhere]
        assert there[0] == "403"


def test_changes_go_to_the_cards_own_book_and_new_cards_to_the_default(
    mac: DAVClient, services: Services
) -> None:
    play(
        mac,
        f"""
        C: GET {ALL}anna.vcf
        S: 200
           ETag: $anna
           <anna.vcf
        C: PUT {ALL}anna.vcf
           If-Match: "x"
           <anna2.vcf
        S: 412
           The card is not as the request says that it must be.
        C: PUT {ALL}anna.vcf
           If-Match: $anna
           <anna2.vcf
        S: 204
           ETag: $new
        C: PUT {ALL}cora.vcf
           If-None-Match: *
           <cora.vcf
        S: 201
           ETag: $cora
        C: GET /alice/customers/cora.vcf
        S: 200
           ETag: $cora
           <cora.vcf
        C: DELETE {ALL}3~bert.vcf
        S: 204
        C: DELETE {ALL}3~bert.vcf
        S: 404
           There is no such card.
        """,
    )
    told = [one.event for one in events(services, AuditFilter(device="MacBook"))]
    assert [(str(one.action), one.book, one.card) for one in told] == [
        ("card:update", "customers", "anna.vcf"),
        ("card:create", "customers", "cora.vcf"),
        ("card:delete", "staff", "bert.vcf"),
    ]


def test_a_card_that_only_may_be_read_says_so(application: Application, services: Services) -> None:
    """DAVx5 and Thunderbird look at the privileges; need-privileges brings the card back."""
    put(services, "anna.vcf", FILES["anna.vcf"])
    put(services, "bert.vcf", FILES["bert.vcf"], slug="staff")
    phone = merged(application, services, "bob")
    play(
        phone,
        f"""
        C: PROPFIND /bob/all-contacts/
           Depth: 1
           <privileges.xml
        S: 207
           /bob/all-contacts/ 200 current-user-privilege-set = {READ} write-content bind unbind
           /bob/all-contacts/3~bert.vcf 200 current-user-privilege-set = {READ}
           /bob/all-contacts/anna.vcf 200 current-user-privilege-set = {READ} write-content
        C: PUT /bob/all-contacts/3~bert.vcf
           <bert.vcf
        S: 403
           error need-privileges /bob/all-contacts/3~bert.vcf write-content
        C: DELETE /bob/all-contacts/3~bert.vcf
        S: 403
           error need-privileges /bob/all-contacts/3~bert.vcf unbind
        C: MOVE /bob/all-contacts/3~bert.vcf
           Destination: /bob/all-contacts/bert.vcf
        S: 403
           error need-privileges /bob/all-contacts/3~bert.vcf unbind
        C: PUT /bob/all-contacts/2~x.vcf
           <cora.vcf
        S: 403
           error need-privileges /bob/all-contacts/ bind
        C: DELETE /bob/all-contacts/
        S: 403
           error need-privileges /bob/ unbind
        C: MKCOL /bob/new/
        S: 403
           error need-privileges /bob/ bind
        """,
    )
    refused = [one.event for one in events(services, AuditFilter(device="MacBook"))]
    assert {(one.book, one.outcome.value) for one in refused[:3]} == {("staff", "refused")}


def test_who_may_write_nowhere_has_no_place_for_new_cards(
    application: Application, services: Services
) -> None:
    phone = merged(application, services, "erin")
    play(
        phone,
        f"""
        C: PROPFIND /erin/all-contacts/
           Depth: 0
           <privileges.xml
        S: 207
           /erin/all-contacts/ 200 current-user-privilege-set = {READ}
        C: PUT /erin/all-contacts/cora.vcf
           <cora.vcf
        S: 403
           error need-privileges /erin/all-contacts/ bind
        """,
    )
    (refused,) = events(services, AuditFilter(device="MacBook"))
    assert refused.event.detail == "erin has no book for new cards: set default_book"


def test_the_config_says_where_new_cards_go(services: Services, alice: DAVClient) -> None:
    put(services, "anna.vcf", FILES["anna.vcf"])
    text = '[users.alice]\nmerged_home = true\ndefault_book = "staff"'
    alice.application = reconfigured(services, "[users.alice]", text)
    assert alice.say([f"PUT {ALL}cora.vcf", "<cora.vcf"])[0] == "201"
    assert alice.say(["GET /alice/staff/cora.vcf"])[-1] == "<cora.vcf"
    assert hrefs(alice) == {"1~anna.vcf", "cora.vcf"}


def test_what_is_hidden_stays_hidden(application: Application, services: Services) -> None:
    body = vcard("anna", "Anna Amt", "NOTE:pays late", "TEL:1")
    put(services, "anna.vcf", body)
    put(services, "bert.vcf", FILES["bert.vcf"], slug="staff")
    phone = merged(application, services, "carol")
    url = "/carol/all-contacts/"
    answer = phone.send("REPORT", url, {}, multiget(f"{url}1~anna.vcf", f"{url}3~bert.vcf"))
    assert b"pays late" not in answer.body
    assert b"TEL:1" in answer.body
    assert b"Brot &amp; Co." in answer.body
    for text, found in (("pays", []), ("Brot", [f"{url}3~bert.vcf"])):
        wanted = prop_filter("NOTE", text) + prop_filter("ORG", text)
        lines = list(phone.render(phone.send("REPORT", url, {}, query(wanted))))
        assert [line.split()[0] for line in lines[1:]] == found


def test_one_uid_is_taken_once_when_a_card_is_new(mac: DAVClient, services: Services) -> None:
    """RFC 6352 section 6.3.2.1; the conflict names the card as the client knows it."""
    conflict = ["409", f"error no-uid-conflict {ALL}3~bert.vcf"]
    assert mac.say([f"PUT {ALL}other.vcf", "<bert.vcf"]) == conflict
    copy = [f"COPY {ALL}3~bert.vcf", f"Destination: {ALL}other.vcf"]
    assert mac.say(copy) == conflict
    # Two that are there already are two cards.
    put(services, "b.vcf", FILES["bert.vcf"])
    assert hrefs(mac) == {"anna.vcf", "3~bert.vcf", "b.vcf"}
    assert mac.say([f"PUT {ALL}b.vcf", "<bert.vcf"])[0] == "204"


def test_cards_move_from_book_to_book(mac: DAVClient) -> None:
    play(
        mac,
        f"""
        C: MOVE {ALL}3~bert.vcf
           Destination: {ALL}bert.vcf
        S: 201
        C: GET /alice/customers/bert.vcf
        S: 200
           ETag: $_
           <bert.vcf
        C: MOVE {ALL}bert.vcf
           Destination: {ALL}2~b.vcf
        S: 201
        C: GET /alice/secret/b.vcf
        S: 200
           ETag: $_
           <bert.vcf
        """,
    )
    assert hrefs(mac) == {"anna.vcf", "2~b.vcf"}


def test_a_name_that_seems_to_have_a_prefix_gets_one(mac: DAVClient, services: Services) -> None:
    put(services, "3~bert.vcf", FILES["cora.vcf"])
    assert hrefs(mac) == {"anna.vcf", "3~bert.vcf", "1~3~bert.vcf"}
    assert mac.say([f"GET {ALL}1~3~bert.vcf"])[-1] == "<cora.vcf"
    assert mac.say([f"GET {ALL}3~bert.vcf"])[-1] == "<bert.vcf"
    # A book's number is right even where it is not told, but nothing has two addresses in a report.
    assert mac.say([f"PUT {ALL}1~anna.vcf", "<anna2.vcf"])[0] == "204"
    answer = mac.send("REPORT", ALL, {}, multiget(f"{ALL}1~anna.vcf"))
    assert list(mac.render(answer)) == ["207", f"{ALL}1~anna.vcf 404"]


def test_a_name_and_a_colour_are_kept_for_oneself(mac: DAVClient, services: Services) -> None:
    play(
        mac,
        f"""
        C: PROPPATCH {ALL}
           <propertyupdate xmlns="DAV:" xmlns:A="http://apple.com/ns/ical/"><set><prop>
           <displayname>Everybody</displayname><A:calendar-color>#ff0000</A:calendar-color>
           </prop></set></propertyupdate>
        S: 207
           {ALL} 200 displayname
           {ALL} 200 calendar-color
        C: PROPFIND {ALL}
           Depth: 0
           <propfind xmlns="DAV:" xmlns:A="http://apple.com/ns/ical/"><prop>
           <displayname/><A:calendar-color/></prop></propfind>
        S: 207
           {ALL} 200 displayname = Everybody
           {ALL} 200 calendar-color = #ff0000
        C: PROPPATCH {ALL}
           <propertyupdate xmlns="DAV:"><remove><prop><displayname/></prop></remove>
           </propertyupdate>
        S: 207
           {ALL} 200 displayname
        C: PROPPATCH {ALL}
           <propertyupdate xmlns="DAV:"><set><prop><getetag>x</getetag></prop></set>
           </propertyupdate>
        S: 207
           {ALL} 403 getetag
        C: PROPFIND {ALL}
           Depth: 0
           <propfind xmlns="DAV:"><prop><displayname/></prop></propfind>
        S: 207
           {ALL} 200 displayname = All contacts
        """,
    )


def test_all_cards_come_in_one_file_and_each_book_has_its_export_in_the_trail(
    mac: DAVClient, services: Services
) -> None:
    answer = mac.send("GET", ALL, {})
    assert answer.body == FILES["anna.vcf"] + FILES["bert.vcf"]
    etag = answer.headers["ETag"]
    assert mac.send("GET", ALL, {"If-None-Match": etag}).status == 304
    told = [one.event for one in events(services, AuditFilter(device="MacBook"))]
    assert [one.book for one in told] == ["customers", "secret", "staff"]


def test_a_query_finds_in_all_books_up_to_its_limit(mac: DAVClient, services: Services) -> None:
    everything = query("")
    lines = list(mac.render(mac.send("REPORT", ALL, {}, everything)))
    assert [line.split()[0] for line in lines[1:]] == [f"{ALL}3~bert.vcf", f"{ALL}anna.vcf"]
    limited = everything.replace(
        b"</C:addressbook-query>",
        b"<C:limit><C:nresults>1</C:nresults></C:limit></C:addressbook-query>",
    )
    lines = list(mac.render(mac.send("REPORT", ALL, {}, limited)))
    assert [line.split()[:2] for line in lines[1:]] == [[ALL, "507"], [f"{ALL}anna.vcf", "200"]]
