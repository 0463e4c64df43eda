"""What a listing may cost: transactions and decisions for the request, not for each card."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dirserver.assembly import Services
from dirserver.directory.intake.importing import import_cards
from dirserver.model.grant import Decision, decide
from dirserver.store.engine import Store
from dirserver_radicale.application import Application
from tests.organisation import ALICE, HERE, open_organisation, vcard, write_config
from tests.radicale.bodies import FILES, multiget, propfind, query
from tests.radicale.dav_client import DAVClient

CARDS = 2000
PRIVILEGES = "current-user-privilege-set"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services with many cards in customers and two in staff."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("speed")))
    with services.directory.writing(ALICE, HERE) as writing:
        for book, number in (("customers", CARDS), ("staff", 2)):
            cards = [vcard(str(each), f"Number {each}") for each in range(number)]
            assert list(import_cards(writing, book, "test", cards))
    yield services
    services.store.close()


@contextmanager
def transactions(services: Services) -> Iterator[list[object]]:
    """Count what is asked of the store, each time in a transaction of its own."""
    begun: list[object] = []
    store = services.store
    ways = ("reading", "writing", "glance")
    with pytest.MonkeyPatch.context() as patch:
        for way in ways:
            patch.setattr(Store, way, _counted(getattr(Store, way), store, begun))
        yield begun


def _counted(way: Callable[..., Any], store: Store, begun: list[object]) -> Callable[..., Any]:
    def count(this: Store, *arguments: Any, **options: Any) -> Any:
        if this is store:
            begun.append(way)
        return way(this, *arguments, **options)

    return count


def in_a_thread(services: Services, login: str) -> DAVClient:
    """Return a client that is answered once, and not in all ways that there are."""
    return DAVClient(Application(services).__call__, login)


@pytest.mark.parametrize(
    ("login", "method", "body"),
    [
        ("alice", "PROPFIND", propfind("getetag", "getcontentlength", PRIVILEGES)),
        ("carol", "PROPFIND", propfind("getetag", "getcontentlength", PRIVILEGES)),
        ("alice", "REPORT", FILES["sync.xml"]),
        ("carol", "REPORT", multiget(*(f"/carol/customers/{each}.vcf" for each in range(CARDS)))),
    ],
)
def test_a_large_book_costs_no_more_transactions_and_decisions_than_a_small_one(
    full: Services, monkeypatch: pytest.MonkeyPatch, login: str, method: str, body: bytes
) -> None:
    decided: list[Decision] = []

    def counted(*arguments: Any) -> Decision:
        decided.append(decide(*arguments))
        return decided[-1]

    client = in_a_thread(full, login)
    client.send("PROPFIND", "/", {"Depth": "0"})
    monkeypatch.setattr("dirserver.model.policy.decide", counted)
    costs = []
    for book in ("customers", "staff"):
        sent = body.replace(b"/customers/", f"/{book}/".encode())
        decided.clear()
        with transactions(full) as begun:
            answer = client.send(method, f"/{login}/{book}/", {"Depth": "1"}, sent)
        assert answer.status == 207
        # What was decided before is remembered with the policy.
        assert len(decided) < 20
        costs.append(len(begun))
    # The length of a card of which something is hidden is looked up, once for all cards.
    assert costs[0] <= costs[1] + 1 <= 4


def test_a_poll_takes_few_transactions(full: Services) -> None:
    client = in_a_thread(full, "alice")
    client.send("PROPFIND", "/", {"Depth": "0"})
    with transactions(full) as begun:
        client.send("PROPFIND", "/alice/customers/", {"Depth": "0"}, FILES["ctag.xml"])
    # Who is this, and what is the ctag.
    assert len(begun) == 2


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["getetag"] * 3000, 207),
        ([f"unknown{each}" for each in range(2000)], 400),
        ([f"unknown{each}" for each in range(200)], 207),
    ],
    ids=["one again and again", "many", "as many as there may be"],
)
def test_a_stranger_choice_of_properties_is_answered_quickly(
    full: Services, names: list[str], status: int
) -> None:
    client = DAVClient(Application(full), "alice")
    asked = propfind(*names)
    prop = asked[asked.index(b"<prop>") : asked.index(b"</propfind>")]
    reports = [
        b'<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>'
        + prop
        + b"</sync-collection>",
        query("").replace(b"<prop><getetag/></prop>", prop),
    ]
    for method, body in (("PROPFIND", asked), *(("REPORT", report) for report in reports)):
        began = time.process_time()
        answer = client.send(method, "/alice/customers/", {"Depth": "1"}, body)
        assert answer.status == status
        assert time.process_time() - began < 2
    assert answer.body.count(b"<getetag>") in (0, CARDS)


def test_an_expansion_names_no_more_properties_than_a_listing(full: Services) -> None:
    named = b'<property name="owner"/>' * 2000
    body = b'<expand-property xmlns="DAV:">' + named + b"</expand-property>"
    client = DAVClient(Application(full), "alice")
    assert client.send("REPORT", "/alice/customers/", {"Depth": "0"}, body).status == 400
