"""Linked cards in smart books: one person shown once, and whatever happens clients come to that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dirserver.assembly import Services
from dirserver.model.grant import Privilege
from dirserver.model.history.life import Acts
from dirserver.model.linking import LinkMode
from dirserver_radicale.application import Application
from tests.directory.acts import delete, get, move, put
from tests.directory.linked import link, unlink
from tests.directory.past import take_back
from tests.organisation import BOB, HERE, open_organisation, write_config
from tests.radicale.bodies import FILES, prop_filter, query
from tests.radicale.dav_client import DAVClient
from tests.radicale.syncing import AGENT, Mac
from tests.smart import add_smart_books, person

MINE, THEIRS, LOOSE = "1~c1.vcf", "3~c3.vcf", "3~c4.vcf"
PLACES = ("customers/c1.vcf", "staff/c3.vcf")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation with smart books: vip has customers (1) and staff (3)."""
    directory = tmp_path_factory.mktemp("smart")
    open_organisation(write_config(directory)).store.close()
    services = open_organisation(add_smart_books(directory / "dirserver.toml"))
    put(services, "c1.vcf", person(1, ("VIP",), "ORG:Acme"))
    put(services, "c3.vcf", person(3, ("VIP",), "ORG:Acme"), slug="staff")
    put(services, "c4.vcf", person(4), slug="staff")
    services.store.close()
    return directory


def follower(services: Services, login: str = "bob", slug: str = "vip") -> Mac:
    return Mac(DAVClient(Application(services), login, files=FILES), slug)


def shown(mac: Mac) -> list[str]:
    """Sync, and return what the client has then, which is what is there."""
    mac.sync()
    assert mac.cards == mac.fresh()
    assert mac.sync() == []
    return sorted(name for name in mac.cards if name != LOOSE)


def test_of_linked_cards_one_is_shown_of_those_that_the_query_finds(services: Services) -> None:
    mac = follower(services)
    assert shown(mac) == [MINE, THEIRS]
    one_by_one: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: link(services, *PLACES), [MINE]),
        # Bob writes to the customers; of these it is not among the VIPs any more.
        (lambda: put(services, "c1.vcf", person(1, ("Press",))), [THEIRS]),
        (lambda: put(services, "c3.vcf", person(3, ("VIP", "Press")), slug="staff"), [THEIRS]),
        (lambda: put(services, "c1.vcf", person(1, ("vip",)), who=BOB), [MINE]),
        (lambda: put(services, "c3.vcf", person(3, ()), slug="staff"), [MINE]),
        (lambda: put(services, "c3.vcf", person(3), slug="staff"), [MINE]),
        (lambda: delete(services, "c1.vcf", who=BOB), [THEIRS]),
        (lambda: take_back(services, Acts(login="bob")), [THEIRS]),
        (lambda: put(services, "c1.vcf", person(1)), [MINE]),
        (lambda: move(services, "c1.vcf", "c1.vcf", to_slug="secret"), [THEIRS]),
        (lambda: move(services, "c1.vcf", "c1.vcf", slug="secret", to_slug="customers"), [MINE]),
        (lambda: unlink(services, PLACES[0]), [MINE, THEIRS]),
    ]
    for act, expected in one_by_one:
        act()
        assert shown(mac) == expected
        assert sorted(follower(services).fresh()) == sorted([*expected, LOOSE])
        assert counted(services) == len(expected) + 1


def counted(services: Services) -> int:
    """Return how many people the book has over LDAP, and in lists of books."""
    with services.directory.reading(BOB, HERE) as reading:
        view = reading.smart_book("vip", Privilege.READ)
        assert view is not None
        return reading.number_in(view.parts)


def test_what_is_hidden_from_somebody_lets_the_other_card_be_shown(services: Services) -> None:
    link(services, *PLACES)
    # Carol sees no firms of customers, and so nobody among those who have one.
    assert sorted(follower(services, "carol", "firms").fresh()) == [THEIRS]
    assert sorted(follower(services, "alice", "firms").fresh()) == [MINE]


def test_every_way_of_asking_shows_the_same(services: Services) -> None:
    link(services, *PLACES)
    client = follower(services).client
    assert client.say([f"GET /bob/vip/{THEIRS}"])[0] == "404"
    whole = client.send("GET", "/bob/vip/", AGENT, b"").body
    assert (whole.count(b"UID:c1\r\n"), whole.count(b"UID:c3\r\n")) == (1, 0)
    for asked in (query(""), query(prop_filter("FN", "card"))):
        lines = client.render(client.send("REPORT", "/bob/vip/", {"Depth": "1"}, asked))
        named = {line.split()[0] for line in lines if line.startswith("/")}
        found = sorted(url.removeprefix("/bob/vip/") for url in named)
        assert found == [MINE, LOOSE]


def test_an_edit_that_a_client_had_not_sent_yet_is_kept(services: Services) -> None:
    mac = follower(services, "alice")
    mac.sync()
    link(services, *PLACES, mode=LinkMode.CARRY)
    (name,) = set(mac.cards) - set(mac.fresh())
    place = PLACES[0] if name == MINE else PLACES[1]
    slug, href = place.split("/")
    edited = person(int(href[1]), ("VIP",), "ORG:Acme", "TITLE:Boss")
    assert mac.client.send("PUT", f"{mac.url}{name}", AGENT, edited).status == 204
    for slug, href in (place.split("/") for place in PLACES):
        assert b"TITLE:Boss" in get(services, href, slug=slug)[1]
