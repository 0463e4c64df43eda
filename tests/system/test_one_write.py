"""One write, every face: what a phone saves is found on the next one at once, by whoever may."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.organisation import PASSWORD
from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up
from tests.system.running import RunningServer
from tests.system.serving import CUSTOMERS, STAFF, SUFFIX, Authority
from tests.system.vdir import Vdirsyncer, lines

NAME = "Jürgen Müller-Lüdenscheidt"
CARD = made_up(
    "jml",
    NAME,
    "TEL;TYPE=WORK:+49 (0)30 / 1234-567",
    "TEL;TYPE=CELL:0171 5550102",
    "EMAIL;TYPE=INTERNET:j.m-l@example.com",
    "ORG:Badewannen AG;Wasser",
    "NOTE:Die Ente bleibt draußen",
    "BDAY:1923-11-12",
)
HREF = "/{login}/customers/jml.vcf"
# By name, by mail, and by any way of writing the number.
WAYS = (
    f"(cn={NAME})",
    "(cn=*lüdenscheidt*)",
    "(sn=mueller-lue*)",
    "(mail=j.m-l@example.com)",
    "(mail=J.M-L@*)",
    "(telephoneNumber=+49301234567)",
    "(telephoneNumber=0049 30 1234567)",
    "(telephoneNumber=030/1234567)",
    "(telephoneNumber=00301234567)",
    "(telephoneNumber=*34567)",
    "(mobile=+49 171 555 0102)",
    "(|(telephoneNumber=01715550102)(mobile=01715550102)(homePhone=01715550102))",
)
MAY_FIND = ("alice", "bob", "carol", "dave", "")
MAY_READ = ("alice", "bob", "carol")
NO_SUCH_OBJECT = 32


@pytest.fixture(scope="module")
def server(server_on_each_engine: RunningServer) -> RunningServer:
    """The organisation, served from each engine in turn."""
    return server_on_each_engine


@pytest.fixture(autouse=True)
def clean(dav: Callable[[str], DAVClient]) -> Iterator[None]:
    """Leave no card behind."""
    yield
    for href in dav("alice").sync("/alice/customers/").responses():
        dav("alice").delete(href)


def test_a_card_that_bob_saves_is_found_at_once_by_all_who_may(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    assert ldap("alice").names(WAYS[0], SUFFIX) == []
    assert dav("bob").put(HREF.format(login="bob"), CARD).status == 201
    for login in MAY_FIND:
        for way in WAYS:
            assert ldap(login).names(way, CUSTOMERS) == [NAME], (login, way)
            assert ldap(login).names(way, SUFFIX) == [NAME], (login, way)
    assert ldap("erin").search(WAYS[0], base=CUSTOMERS).code == NO_SUCH_OBJECT
    for way in WAYS:
        assert ldap("erin").names(way, SUFFIX) == []


def test_the_same_bytes_come_to_every_subscriber(
    dav: Callable[[str], DAVClient],
) -> None:
    tokens = {login: dav(login).sync(f"/{login}/customers/").token() for login in ("alice", "bob")}
    etag = dav("bob").put(HREF.format(login="bob"), CARD).etag
    for login, token in tokens.items():
        href = HREF.format(login=login)
        changes = dav(login).sync(f"/{login}/customers/", token)
        assert list(changes.responses()) == [href]
        got = dav(login).get(href)
        assert (got.status, got.body, got.etag) == (200, CARD, etag)
    assert dav("erin").get(HREF.format(login="erin")).status in (403, 404)
    assert dav("erin").get(HREF.format(login="bob")).status in (403, 404)
    assert dav("dave").get(HREF.format(login="dave")).status in (403, 404)


def test_vdirsyncer_brings_it_and_takes_it_away(
    dav: Callable[[str], DAVClient],
    ldap: Callable[..., LDAPClient],
    server: RunningServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    client = Vdirsyncer.between(tmp_path_factory.mktemp("bob"), server, "bob", "customers")
    client.discover()
    # It would not believe that a book is to be emptied.
    (client.folder("customers") / "stays.vcf").write_bytes(made_up("stays", "Stays Here"))
    (client.folder("customers") / "jml.vcf").write_bytes(CARD)
    client.sync()
    assert ldap("alice").names("(telephoneNumber=030 1234567)", CUSTOMERS) == [NAME]
    hrefs = dav("alice").sync("/alice/customers/").responses()
    (href,) = (href for href in hrefs if "jml" in href)
    changed = CARD.replace(b"1234-567", b"7654-321")
    assert dav("alice").put(href, changed).status == 204
    client.sync()
    assert lines(client.files("customers")["jml.vcf"]) == lines(changed)
    assert ldap("dave").names("(telephoneNumber=030 7654321)", CUSTOMERS) == [NAME]
    (client.folder("customers") / "jml.vcf").unlink()
    client.sync()
    assert ldap("alice").names("(cn=*)", CUSTOMERS) == ["Stays Here"]


def test_a_change_is_found_and_what_it_replaced_is_not(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    path = HREF.format(login="alice")
    etag = dav("alice").put(path, CARD).etag
    married = CARD.replace("Müller-Lüdenscheidt".encode(), b"Kloebner").replace(b"-567", b"-890")
    assert dav("alice").put(path, married, if_match=etag).status == 204
    for login in MAY_FIND:
        assert ldap(login).names("(sn=klöbner)", CUSTOMERS) == ["Jürgen Kloebner"]
        assert ldap(login).names("(telephoneNumber=0301234890)", SUFFIX) == ["Jürgen Kloebner"]
        for gone in (WAYS[0], "(cn=*lüdenscheidt*)", "(telephoneNumber=+49301234567)"):
            assert ldap(login).names(gone, CUSTOMERS) == [], (login, gone)


def test_a_deleted_card_is_gone_everywhere(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    assert dav("alice").put(HREF.format(login="alice"), CARD).status == 201
    (entry,) = ldap("dave").search(WAYS[0], base=CUSTOMERS).entries
    token = dav("bob").sync("/bob/customers/").token()
    assert dav("bob").delete(HREF.format(login="bob")).status == 204
    for login in MAY_FIND:
        for way in WAYS:
            assert ldap(login).names(way, CUSTOMERS) == [], (login, way)
        outcome = ldap(login).search("(objectClass=*)", base=entry.dn, scope="base")
        assert outcome.code == NO_SUCH_OBJECT
    for login in MAY_READ:
        assert dav(login).get(HREF.format(login=login)).status == 404
    (gone,) = dav("bob").sync("/bob/customers/", token).responses().values()
    assert "404" in (gone.findtext("{DAV:}status") or "")


def test_a_refused_card_changes_nothing_anywhere(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    path = HREF.format(login="alice")
    etag = dav("alice").put(path, CARD).etag
    other = made_up("other", "Somebody Else")
    assert dav("carol").put(HREF.format(login="carol"), other).status == 403
    assert dav("alice").put(path, other, if_match='"0"').status == 412
    assert dav("alice").put(path, other, if_none_match="*").status == 412
    assert dav("alice").put("/alice/customers/double.vcf", CARD).status == 409
    assert dav("alice").put(path, b"BEGIN:VCARD\r\nVERSION:3.0\r\nnonsense").status == 403
    assert dav("carol").delete(HREF.format(login="carol")).status == 403
    assert dav("alice").get(path).etag == etag
    assert ldap("alice").names("(cn=*)", CUSTOMERS) == [NAME]


# What the support is not to see: notes, birthdays and organisations.


def test_hidden_properties_are_in_no_answer(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    theirs = dav("alice").put(HREF.format(login="alice"), CARD)
    got = dav("carol").get(HREF.format(login="carol"))
    assert lines(got.body) == [
        line for line in lines(CARD) if not line.startswith(("NOTE", "BDAY", "ORG"))
    ]
    assert got.etag != theirs.etag
    listed = dav("carol").request("GET", "/carol/customers/").body
    report = dav("carol").request(
        "REPORT",
        "/carol/customers/",
        '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop>'
        "<getetag/><C:address-data/></prop><href>/carol/customers/jml.vcf</href>"
        "</C:addressbook-multiget>",
        {"Content-Type": "text/xml"},
    )
    assert NAME in report.body.decode()
    assert got.etag in report.body.decode().replace("&quot;", '"')
    (entry,) = ldap("carol").search(WAYS[0], "*", "+", base=CUSTOMERS).entries
    assert entry["mail"]
    told = [got.body.decode(), listed.decode(), report.body.decode(), str(entry)]
    for text in told:
        for hidden in ("Ente", "1923-11-12", "Badewannen", "Wasser"):
            assert hidden not in text


@pytest.mark.parametrize(
    "filter_",
    [
        "(o=*)",
        "(o=Badewannen AG)",
        "(o=Bade*)",
        "(ou=Wasser)",
        "(o>=a)",
        "(o~=badewannen)",
        "(searchContact=*badewannen*)",
        "(|(o=Badewannen AG)(ou=Wasser))",
    ],
)
def test_hidden_properties_cannot_be_searched_for(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient], filter_: str
) -> None:
    dav("alice").put(HREF.format(login="alice"), CARD)
    dav("alice").put("/alice/customers/plain.vcf", made_up("plain", "Plain Person"))
    assert NAME in ldap("alice").names(filter_, CUSTOMERS)
    assert ldap("carol").names(filter_, CUSTOMERS) == []
    # Nor by what is left when those who have it are taken out.
    without = ldap("carol").names(f"(!{filter_})", CUSTOMERS)
    assert without in ([], [NAME, "Plain Person"])


@pytest.mark.parametrize(
    ("property_", "text"), [("NOTE", "Ente"), ("ORG", "Badewannen"), ("BDAY", "1923")]
)
def test_hidden_properties_cannot_be_queried_over_carddav(
    dav: Callable[[str], DAVClient], property_: str, text: str
) -> None:
    dav("alice").put(HREF.format(login="alice"), CARD)

    def found(login: str, test: str) -> list[str]:
        body = (
            '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop>'
            f'<getetag/></prop><C:filter><C:prop-filter name="{property_}">{test}</C:prop-filter>'
            "</C:filter></C:addressbook-query>"
        )
        path = f"/{login}/customers/"
        return list(dav(login).request("REPORT", path, body, {"Depth": "1"}).responses())

    match = f"<C:text-match>{text}</C:text-match>"
    assert found("alice", match) == [HREF.format(login="alice")]
    assert found("alice", "<C:is-not-defined/>") == []
    assert found("carol", match) == []
    assert found("carol", "") == []
    assert found("carol", "<C:is-not-defined/>") == [HREF.format(login="carol")]


# Each as their grants allow, in every book.


def test_everybody_finds_what_is_in_their_books_and_nothing_else(
    dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    books = {
        "customers": {"alice", "bob", "carol", "dave", ""},
        "staff": {"alice", "bob", "carol", "dave", "erin"},
        "secret": {"alice"},
    }
    for book in books:
        card = made_up(f"in-{book}", f"Person Of{book}", "TEL:+49 30 555000")
        assert dav("alice").put(f"/alice/{book}/in-{book}.vcf", card).status == 201
    try:
        for login in ("alice", "bob", "carol", "dave", "erin", ""):
            expected = sorted(f"Person Of{book}" for book, who in books.items() if login in who)
            for way in ("(cn=person*)", "(telephoneNumber=030555000)", "(searchNumber=030555000)"):
                assert sorted(ldap(login).names(way, SUFFIX)) == expected, login
    finally:
        for book in books:
            dav("alice").delete(f"/alice/{book}/in-{book}.vcf")
    assert ldap("erin").names("(cn=*)", STAFF) == []


def test_curl_saves_a_card_that_ldapsearch_finds(
    server: RunningServer, authority: Authority, ldap: Callable[..., LDAPClient]
) -> None:
    curl = shutil.which("curl")
    if curl is None:
        assert not os.environ.get("CI"), "curl is not on this machine"
        pytest.skip("curl is not on this machine")
    url = server.url("https") + HREF.format(login="bob")
    common = [curl, "-sS", "--fail", "--cacert", str(authority.ca), "-u", f"bob:{PASSWORD}"]
    sent = subprocess.run(
        [*common, "-T", "-", "-H", "Content-Type: text/vcard", url],
        input=CARD, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr
    assert ldap("dave").names("(telephoneNumber=0301234567)", CUSTOMERS) == [NAME]
    got = subprocess.run([*common, url], capture_output=True, timeout=30, check=True)
    assert got.stdout == CARD
