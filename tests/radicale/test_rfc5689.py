"""Extended MKCOL (RFC 5689, RFC 6352 section 6.3.1): books that users make for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dirserver import config
from dirserver.assembly import Services, open_services
from dirserver.directory import ownbooks
from dirserver.model.grant import Privilege
from dirserver.reconcile import apply_config
from dirserver_radicale.application import Application
from tests.conversation import play
from tests.directory.acts import import_all
from tests.directory.keys import hand_out
from tests.organisation import ADMIN, BOB, HERE, open_organisation, vcard, write_config
from tests.radicale.bodies import FILES
from tests.radicale.conftest import copied
from tests.radicale.dav_client import DAVClient
from tests.radicale.test_audit import told, trail

ADDRESSBOOK = (
    '<resourcetype><collection/><C:addressbook xmlns:C="urn:ietf:params:xml:ns:carddav"/>'
    "</resourcetype>"
)


OWN = (
    "read read-current-user-privilege-set write write-content write-properties bind unbind read-acl"
)


def mkcol(inner: str = ADDRESSBOOK) -> bytes:
    """Return the body of an extended MKCOL."""
    return f'<mkcol xmlns="DAV:"><set><prop>{inner}</prop></set></mkcol>'.encode()


@pytest.fixture(scope="module")
def with_personal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the organisation, in which everybody has a book of their own."""
    directory = tmp_path_factory.mktemp("personal")
    path = write_config(directory, organisation="personal_books = true")
    open_organisation(path).store.close()
    return directory


@pytest.fixture
def services(with_personal: Path, tmp_path: Path) -> Iterator[Services]:
    """Its services on a fresh copy."""
    with copied(with_personal, tmp_path) as found:
        yield found


@pytest.fixture
def home(services: Services) -> DAVClient:
    """Bob, who may make books."""
    return DAVClient(Application(services), "bob", files={**FILES, "mkcol.xml": mkcol()})


def test_rfc5689_3_a_book_is_made_with_its_properties(home: DAVClient) -> None:
    inner = (
        f"{ADDRESSBOOK}<displayname>Friends &amp; family</displayname>"
        '<C:addressbook-description xmlns:C="urn:ietf:params:xml:ns:carddav">private'
        '</C:addressbook-description><colour xmlns="urn:x">red</colour>'
    )
    assert home.send("MKCOL", "/bob/friends/", {}, mkcol(inner)).status == 201
    play(
        home,
        f"""
        C: PROPFIND /bob/friends/
           Depth: 0
           <propfind xmlns="DAV:"><prop><displayname/><resourcetype/><colour xmlns="urn:x"/>
           <addressbook-description xmlns="urn:ietf:params:xml:ns:carddav"/><owner/>
           <current-user-privilege-set/></prop></propfind>
        S: 207
           /bob/friends/ 200 displayname = Friends & family
           /bob/friends/ 200 resourcetype = addressbook collection
           /bob/friends/ 200 colour = red
           /bob/friends/ 200 addressbook-description = private
           /bob/friends/ 200 owner = /bob/
           /bob/friends/ 200 current-user-privilege-set = {OWN}
        C: PUT /bob/friends/anna.vcf
           <anna.vcf
        S: 201
           ETag: $anna
        C: REPORT /bob/friends/
           <sync.xml
        S: 207
           /bob/friends/anna.vcf 200 getetag = $anna
           sync-token = $_
        C: COPY /bob/friends/anna.vcf
           Destination: /bob/personal/anna.vcf
        S: 201
        C: PROPFIND /bob/
           Depth: 1
           <types.xml
        S: 207
           /bob/ 200 resourcetype = principal collection
           /bob/customers/ 200 resourcetype = addressbook collection
           /bob/friends/ 200 resourcetype = addressbook collection
           /bob/personal/ 200 resourcetype = addressbook collection
           /bob/staff/ 200 resourcetype = addressbook collection
        """,
    )


def test_nobody_else_sees_it(home: DAVClient) -> None:
    assert home.send("MKCOL", "/bob/friends", {}, mkcol()).status == 201
    alice = DAVClient(home.application, "alice", files=FILES)
    for path in ("/alice/friends/", "/bob/friends/"):
        assert alice.say([f"PROPFIND {path}", "Depth: 0", "<types.xml"])[0] == "403"


def test_rfc5689_3_1_support_is_announced_where_there_is_any(home: DAVClient) -> None:
    """MUST include extended-mkcol in the DAV header."""
    assert "DAV: 1, 3, addressbook, extended-mkcol" in home.say(["OPTIONS /bob/"])
    assert (
        "/bob/ 200 current-user-privilege-set = read read-current-user-privilege-set bind unbind"
        in home.say(["PROPFIND /bob/", "Depth: 0", "<privileges.xml"])
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        mkcol("<resourcetype><collection/></resourcetype>"),
        mkcol("<displayname>x</displayname>"),
        mkcol('<resourcetype><collection/><calendar xmlns="urn:x"/></resourcetype>'),
        mkcol(ADDRESSBOOK.replace("</resourcetype>", '<x xmlns="urn:x"/></resourcetype>')),
    ],
)
def test_rfc5689_3_3_valid_resourcetype(home: DAVClient, body: bytes) -> None:
    """Nothing but address books can be in a home."""
    answer = home.send("MKCOL", "/bob/friends/", {}, body)
    assert answer.status == 403
    assert b"<valid-resourcetype/>" in answer.body
    assert home.say(["PROPFIND /bob/friends/", "Depth: 0", "<types.xml"])[0] == "403"


def test_rfc4918_9_3_1_a_description_of_another_kind_is_not_understood(home: DAVClient) -> None:
    for kind, status in (("text/plain", 415), ("application/xml", 400)):
        answer = home.send("MKCOL", "/bob/friends/", {"Content-Type": kind}, b"a book of friends")
        assert answer.status == status
    # Whatever a client calls it, XML is read.
    plain = {"Content-Type": "text/plain"}
    assert home.send("MKCOL", "/bob/friends/", plain, mkcol()).status == 201


def test_rfc5689_3_a_property_that_cannot_be_set_keeps_the_book_from_being_made(
    home: DAVClient,
) -> None:
    """MUST set all the properties or make nothing; the others are told with 424."""
    inner = f"{ADDRESSBOOK}<displayname>x</displayname><getetag>y</getetag>"
    answer = home.send("MKCOL", "/bob/friends/", {}, mkcol(inner))
    assert answer.status == 403
    text = answer.body.decode()
    assert text.count("<mkcol-response ") == 1
    assert "<prop><getetag/></prop><status>HTTP/1.1 403 Forbidden</status>" in text
    assert "<status>HTTP/1.1 424 Failed Dependency</status>" in text
    assert home.say(["PROPFIND /bob/friends/", "Depth: 0", "<types.xml"])[0] == "403"


def test_rfc4918_9_3_1_what_is_there_cannot_be_made_again(home: DAVClient) -> None:
    """405; a shared book that is hidden is not there, and tells nothing of itself."""
    assert home.send("MKCOL", "/bob/friends/", {}, mkcol()).status == 201
    for path in ("/bob/friends/", "/bob/customers/", "/bob/personal/"):
        for body in (mkcol(), b"", b"no XML"):
            answer = home.send("MKCOL", path, {}, body)
            assert answer.status == 405
            assert "MKCOL" in answer.headers["Allow"]
    assert home.send("MKCOL", "/bob/secret/", {}, mkcol()).status == 201
    heard = home.say(["PROPFIND /bob/secret/", "Depth: 0", "<owner.xml"])
    assert heard == ["207", "/bob/secret/ 200 owner = /bob/"]
    alice = DAVClient(home.application, "alice", files=FILES)
    assert (
        alice.say(["PROPFIND /alice/secret/", "Depth: 0", "<owner.xml"])[1]
        == "/alice/secret/ 200 owner"
    )


def test_one_s_own_book_stays_reachable_when_a_shared_one_of_its_name_comes(
    home: DAVClient, services: Services
) -> None:
    assert home.send("MKCOL", "/bob/secret/", {}, mkcol()).status == 201
    assert home.say(["PUT /bob/secret/mine.vcf", "<anna.vcf"])[0] == "201"
    path = services.config.path
    text = path.read_text(encoding="utf-8")
    old = 'name = "Secret"\ngrants = ['
    path.write_text(
        text.replace(old, f'{old}{{ to = "bob", access = "read" }}, '), encoding="utf-8"
    )
    again = open_services(config.load(path), services.store)
    apply_config(again, ADMIN, HERE)
    home.application = Application(again)
    listed = home.say(["PROPFIND /bob/", "Depth: 1", "<owner.xml"])
    assert [line for line in listed if "/secret/" in line] == ["/bob/secret/ 200 owner = /bob/"]
    assert home.say(["GET /bob/secret/mine.vcf"])[0] == "200"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/bob/friends/inner/", 403),
        ("/bob/.hidden/", 403),
        ("/bob/a~b/", 403),
        (f"/bob/{'x' * 101}/", 403),
        ("/alice/new/", 403),
        ("/bob/", 403),
        ("/", 403),
        ("/bob/M%C3%BCller%20%26%20Co/", 201),
    ],
)
def test_where_books_can_be(home: DAVClient, path: str, status: int) -> None:
    home.send("MKCOL", "/bob/friends/", {}, mkcol())
    assert home.send("MKCOL", path, {}, mkcol()).status == status
    if status == 201:
        listed = home.say(["PROPFIND /bob/", "Depth: 1", "<types.xml"])
        assert f"{path} 200 resourcetype = addressbook collection" in listed
        assert home.send("GET", path, {}).status == 200


def test_nobody_has_too_many(home: DAVClient) -> None:
    statuses = [
        home.send("MKCOL", f"/bob/b{number}/", {}, mkcol()).status
        for number in range(ownbooks.MOST_BOOKS + 1)
    ]
    # There is the one that everybody is given.
    assert statuses == [201] * (ownbooks.MOST_BOOKS - 1) + [507] * 2


def test_a_book_of_one_s_own_is_renamed_and_taken_away(home: DAVClient, services: Services) -> None:
    home.send("MKCOL", "/bob/friends/", {}, mkcol())
    home.say(["PUT /bob/friends/anna.vcf", "<anna.vcf"])
    before = len(trail(services))
    play(
        home,
        """
        C: PROPPATCH /bob/friends/
           <propertyupdate xmlns="DAV:"><set><prop><displayname>Foes</displayname></prop></set>
           </propertyupdate>
        S: 207
           /bob/friends/ 200 displayname
        C: PROPFIND /bob/friends/
           Depth: 0
           <propfind xmlns="DAV:"><prop><displayname/></prop></propfind>
        S: 207
           /bob/friends/ 200 displayname = Foes
        C: DELETE /bob/friends/
        S: 204
        C: GET /bob/friends/anna.vcf
        S: 403
           error need-privileges /bob/friends/anna.vcf read
        C: DELETE /bob/friends/
        S: 403
           error need-privileges /bob/ unbind
        C: MKCOL /bob/friends/
           <mkcol.xml
        S: 201
        C: REPORT /bob/friends/
           <sync.xml
        S: 207
           sync-token = $_
        """,
    )
    events = [told(event) for event in trail(services, since=before)]
    assert events[0] == ('bob book:change done bob/friends/ book bob/friends: name "" -> "Foes"')
    assert events[1].startswith("bob book:archive done bob/friends/ as bob/friends~")
    assert events[2] == "bob card:read refused friends/ there is no book friends"
    assert events[3] == "bob book:archive refused friends/ there is no book friends"
    assert events[4] == "bob book:add done bob/friends/ book bob/friends: friends"


def test_a_name_that_every_listing_would_repeat_has_a_limit(home: DAVClient) -> None:
    long = f"<displayname>{'x' * 10_000}</displayname>"
    assert home.send("MKCOL", "/bob/f/", {}, mkcol(ADDRESSBOOK + long)).status == 507
    assert home.send("MKCOL", "/bob/f/", {}, mkcol()).status == 201
    patch = f'<propertyupdate xmlns="DAV:"><set><prop>{long}</prop></set></propertyupdate>'
    answer = home.send("PROPPATCH", "/bob/f/", {}, patch.encode())
    assert list(home.render(answer)) == ["207", "/bob/f/ 507 displayname"]


def test_a_book_is_made_and_taken_away_on_conditions(home: DAVClient) -> None:
    """RFC 9110 section 13, RFC 4918 section 10.4; RFC 8144 section 2.3."""
    made = home.send(
        "MKCOL", "/bob/f/", {"If-None-Match": "*", "Prefer": "return=minimal"}, mkcol()
    )
    assert (made.status, made.headers["Preference-Applied"]) == (201, "return=minimal")
    for headers in ({"If-None-Match": "*"}, {"If": '(["x"])'}, {"If-Match": '"x"'}):
        assert home.send("MKCOL", "/bob/f/", headers, mkcol()).status == 412
    assert home.send("MKCOL", "/bob/g/", {"If-Match": "*"}, mkcol()).status == 412
    etag = home.send("GET", "/bob/f/", {}).headers["ETag"]
    for headers in ({"If": f"(Not [{etag}])"}, {"If-Match": '"x"'}):
        assert home.send("DELETE", "/bob/f/", headers).status == 412
    assert home.send("DELETE", "/bob/f/", {"If": "(["}).status == 400
    assert home.send("GET", "/bob/f/", {}).status == 200
    assert home.send("DELETE", "/bob/f/", {"If-Match": etag}).status == 204


def test_a_book_of_one_s_own_keeps_its_address(home: DAVClient) -> None:
    """No privilege is missing: unbind and bind are there on the home."""
    assert home.send("MKCOL", "/bob/f/", {}, mkcol()).status == 201
    for method in ("MOVE", "COPY"):
        play(
            home,
            f"""
            C: {method} /bob/f/
               Destination: /bob/g/
            S: 403
               A book keeps its address. Make another, and move the cards.
            """,
        )
    assert home.send("MOVE", "/bob/customers/", {"Destination": "/bob/g/"}).status == 403
    assert home.last is not None
    assert b"need-privileges" in home.last.body


def test_the_book_that_everybody_is_given_is_the_config_file_s(home: DAVClient) -> None:
    assert home.say(["DELETE /bob/personal/"]) == ["403", "error need-privileges /bob/ unbind"]
    assert home.say(["DELETE /bob/customers/"]) == ["403", "error need-privileges /bob/ unbind"]
    heard = home.say(["PROPFIND /bob/personal/", "Depth: 0", "<privileges.xml"])
    assert "write-properties" not in heard[1]


def test_applying_the_config_leaves_the_books_of_users_alone(
    home: DAVClient, services: Services
) -> None:
    home.send("MKCOL", "/bob/friends/", {}, mkcol())
    home.send("MKCOL", "/bob/gone/", {}, mkcol())
    home.send("DELETE", "/bob/gone/", {})
    home.say(["PUT /bob/friends/anna.vcf", "<anna.vcf"])
    path = services.config.path
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('name = "Staff"', 'name = "Everyone"'), encoding="utf-8")
    again = open_services(config.load(path), services.store)
    plan = apply_config(again, ADMIN, HERE)
    assert len(plan.steps) == 1
    home.application = Application(again)
    assert home.say(["GET /bob/friends/anna.vcf"])[0] == "200"


def test_who_has_no_book_of_their_own_can_make_none(template: Path, tmp_path: Path) -> None:
    with copied(template, tmp_path / "plain") as services:
        bob = DAVClient(Application(services), "bob")
        answer = bob.send("MKCOL", "/bob/friends/", {}, mkcol())
        assert list(bob.render(answer)) == ["403", "error need-privileges /bob/ bind"]
        (event,) = trail(services)
        assert told(event) == "bob book:add refused friends/ this user has no books of their own"
        assert "DAV: 1, 3, addressbook" in bob.say(["OPTIONS /bob/"])


def test_a_client_that_was_stopped_takes_no_book_of_its_own_away(
    services: Services, home: DAVClient
) -> None:
    home.say(["MKCOL /bob/own/", "<mkcol.xml"])
    import_all(services, [vcard(f"c{n}", f"Card {n}") for n in range(30)], slug="own", who=BOB)
    phone = DAVClient(Application(services), "bob", hand_out(services, login="bob"), files=FILES)
    said = [phone.say([f"DELETE /bob/own/c{n}.vcf"])[0] for n in range(22)]
    assert said == ["204"] * 20 + ["403"] * 2
    rights = phone.say(["PROPFIND /bob/own/", "Depth: 0", "<privileges.xml"])
    assert rights[1].endswith("current-user-privilege-set = read read-current-user-privilege-set")
    assert phone.say(["DELETE /bob/own/"])[0] == "403"
    named = b'<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set>'
    answer = phone.send("PROPPATCH", "/bob/own/", {}, named + b"</propertyupdate>")
    assert answer.status == 403
    assert home.say(["DELETE /bob/own/"]) == ["204"]


def test_a_book_of_ones_own_is_given_to_nobody(services: Services, home: DAVClient) -> None:
    home.say(["MKCOL /bob/own/", "<mkcol.xml"])
    with services.directory.reading(BOB, HERE) as reading:
        assert not reading.book("own", Privilege.READ).book.delegate
