"""Linked cards where all books are one: shown once, and whatever happens clients come to that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dirserver.assembly import Services
from dirserver.model.history.life import Acts
from dirserver.model.linking import LinkMode
from tests.directory.acts import delete, get, move, put, reconfigure
from tests.directory.linked import link, unlink
from tests.directory.past import take_back
from tests.organisation import BOB, vcard
from tests.radicale.syncing import AGENT, Mac
from tests.radicale.test_merged_sync import GRANT, mac_of

ANNA, HERE_TOO = "customers/anna.vcf", "staff/vogt.vcf"
MINE, THEIRS = "anna.vcf", "3~vogt.vcf"


@pytest.fixture
def mac(services: Services) -> Mac:
    """Bob's, who may write to the customers and read the staff."""
    put(services, "anna.vcf", vcard("a", "Anna Vogt"))
    put(services, "vogt.vcf", vcard("v", "Anna Vogt"), slug="staff")
    put(services, "ben.vcf", vcard("b", "Ben Vogt"), slug="staff")
    made = mac_of(services, "bob")
    made.sync()
    assert sorted(made.cards) == ["3~ben.vcf", THEIRS, MINE]
    return made


def shown(mac: Mac) -> list[str]:
    """Sync, and return what the client has then, which is what is there."""
    mac.sync()
    assert mac.cards == mac.fresh()
    assert mac.sync() == []
    return sorted(name for name in mac.cards if name != "3~ben.vcf")


def test_of_linked_cards_the_one_that_one_may_write_is_there(mac: Mac, services: Services) -> None:
    one_by_one: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: link(services, ANNA, HERE_TOO), [MINE]),
        (lambda: put(services, "vogt.vcf", vcard("v", "A. Vogt"), slug="staff"), [MINE]),
        (lambda: delete(services, "anna.vcf", who=BOB), [THEIRS]),
        (lambda: take_back(services, Acts(login="bob")), [MINE]),
        (lambda: unlink(services, ANNA), [THEIRS, MINE]),
        (lambda: link(services, ANNA, HERE_TOO, mode=LinkMode.CARRY), [MINE]),
        # Bob has it no longer, and there is the other one.
        (lambda: reconfigure(services, (GRANT, "")), [THEIRS]),
        (lambda: reconfigure(services, ("grants = [\n", f"grants = [\n{GRANT}\n")), [MINE]),
        (lambda: move(services, "anna.vcf", "a.vcf", to_slug="secret"), [THEIRS]),
    ]
    for act, expected in one_by_one:
        act()
        assert shown(mac) == expected
        assert shown(mac_of(services, "bob", f"MacBook {len(expected)} {id(act)}")) == expected


def test_who_has_the_books_one_by_one_has_all_cards(mac: Mac, services: Services) -> None:
    link(services, ANNA, HERE_TOO)
    assert shown(mac) == [MINE]
    for login, name in (("bob", "vogt.vcf"), ("erin", "vogt.vcf")):
        client = mac_of(services, login, f"{login} too").client
        lines = client.say([f"PROPFIND /{login}/staff/", "Depth: 1", "<etag.xml"])
        assert any(name in line for line in lines)
    # Erin, who reads the one book, has its card where all books are one, too.
    assert "3~vogt.vcf" in mac_of(services, "erin").fresh()


def test_every_way_of_asking_shows_the_same(mac: Mac, services: Services) -> None:
    link(services, ANNA, HERE_TOO)
    hidden = f"{mac.url}{THEIRS}"
    assert mac.client.say([f"GET {hidden}"])[0] == "404"
    whole = mac.client.send("GET", mac.url, AGENT, b"")
    assert b"UID:a\r\n" in whole.body
    assert b"UID:v\r\n" not in whole.body
    named = (
        '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
        f"<prop><getetag/></prop><href>{hidden}</href><href>{mac.url}{MINE}</href>"
        "</C:addressbook-multiget>"
    )
    lines = mac.client.say([f"REPORT {mac.url}", named])
    told = {line.split()[0]: line.split()[1] for line in lines[1:]}
    assert told == {f"{mac.url}{MINE}": "200", hidden: "404"}
    query = (
        '<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
        '<prop><getetag/></prop><C:filter><C:prop-filter name="FN"><C:text-match>vogt'
        "</C:text-match></C:prop-filter></C:filter></C:addressbook-query>"
    )
    found = mac.client.say([f"REPORT {mac.url}", query])
    assert sorted(line.split()[0].removeprefix(mac.url) for line in found[1:]) == [
        "3~ben.vcf", MINE,
    ]  # fmt: skip


def test_an_edit_that_a_client_had_not_sent_yet_is_kept(services: Services) -> None:
    put(services, "anna.vcf", vcard("a", "Anna Vogt"))
    put(services, "vogt.vcf", vcard("v", "Anna Vogt"), slug="staff")
    mac = mac_of(services, "alice")
    mac.sync()
    link(services, ANNA, HERE_TOO, mode=LinkMode.CARRY)
    (name,) = set(mac.cards) - set(mac.fresh())
    slug, href, uid = (
        ("staff", "vogt.vcf", "v") if "vogt" in name else ("customers", "anna.vcf", "a")
    )
    edited = vcard(uid, "Anna Vogt", "TITLE:Boss")
    answer = mac.client.send("PUT", f"{mac.url}{name}", AGENT, edited)
    assert answer.status in (201, 204)
    assert get(services, href, slug=slug)[1] == edited
    # What is shown says so, too.
    for book, other in (("customers", "anna.vcf"), ("staff", "vogt.vcf")):
        assert b"TITLE:Boss" in get(services, other, slug=book)[1]
