"""Searches take a bounded number of threads, so that all others are answered as ever."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from dirserver_radicale.application import Application
from dirserver_radicale.reports.searches import FOR_ONE_LOGIN, TOTAL, Crowded, Searches
from tests.radicale.bodies import FILES, prop_filter, query, sync
from tests.radicale.dav_client import DAVClient

FIND = query(prop_filter("NOTE", "nobody"))
PEOPLE = (
    b'<principal-property-search xmlns="DAV:"><property-search><prop><displayname/></prop>'
    b"<match>a</match></property-search><prop><displayname/></prop></principal-property-search>"
)


@pytest.fixture
def application(standing: Application) -> Application:
    """One for all tests here."""
    return standing


def test_a_search_without_a_place_is_to_come_again(
    application: Application, alice: DAVClient, bob: DAVClient
) -> None:
    application._searches = Searches(patience=0.01)
    with ExitStack() as held:
        for _ in range(FOR_ONE_LOGIN):
            held.enter_context(application._searches.place("alice"))
        for path, body in (("/alice/customers/", FIND), ("/", PEOPLE)):
            answer = alice.send("REPORT", path, {"Depth": "0"}, body)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert answer.body == b"Too many searches at once; try again in a moment.\n"
        # Whoever wants no search, or is somebody else, does not notice.
        assert alice.send("REPORT", "/alice/customers/", {}, sync()).status == 207
        assert bob.send("REPORT", "/bob/customers/", {}, FIND).status == 207
    assert alice.send("REPORT", "/alice/customers/", {}, FIND).status == 207


def test_every_search_gives_its_place_back(application: Application, alice: DAVClient) -> None:
    """A long answer too, though its client has not read it; and so does one that fails."""
    application._searches = Searches(1, 1, 0, 0.01)
    for number in range(150):
        card = FILES["anna.vcf"].replace(b"UID:anna", b"UID:%d" % number)
        alice.send("PUT", f"/alice/customers/{number}.vcf", {}, card)
    everything = query(prop_filter("FN", "a")).replace(
        b"<getetag/>", b"<getetag/><C:address-data/>" + b"<getlastmodified/>" * 3
    )
    for body in (FIND, everything, everything.replace(b"FN", b"NOTE"), b"<a/>", PEOPLE):
        environ = alice._environ("REPORT", "/alice/customers/", {"Depth": "0"}, body)
        told = application(environ, lambda *_: lambda _: None)
        with application._searches.place("bob"):
            pass
        if (close := getattr(told, "close", None)) is not None:
            close()


def test_who_waits_is_served_when_a_place_is_free() -> None:
    searches, order = Searches(patience=10), list[str]()

    def search(login: str) -> None:
        with searches.place(login):
            order.append(login)

    with ThreadPoolExecutor(2) as pool:
        with ExitStack() as held:
            for number in range(TOTAL):
                held.enter_context(searches.place(f"user{number % 3}"))
            waiting = [pool.submit(search, login) for login in ("alice", "bob")]
            until = time.monotonic() + 60
            while searches._waiting.total() < len(waiting) and time.monotonic() < until:
                time.sleep(0.01)
            assert order == []
        for one in waiting:
            one.result(60)
    assert sorted(order) == ["alice", "bob"]
    assert searches._of.total() == searches._waiting.total() == 0


def test_one_login_fills_neither_the_places_nor_the_queue() -> None:
    searches = Searches(patience=0.5)
    began, refused = threading.Barrier(10), list[int]()

    def search(number: int) -> None:
        began.wait(60)
        try:
            with searches.place("alice"):
                time.sleep(1.0)
        except Crowded:
            refused.append(number)

    with ThreadPoolExecutor(10) as pool:
        busy = [pool.submit(search, number) for number in range(10)]
        until = time.monotonic() + 60
        while len(refused) < 5 and time.monotonic() < until:
            time.sleep(0.01)
        assert searches._of["alice"] == FOR_ONE_LOGIN
        assert searches._waiting["alice"] == 2
        with searches.place("bob"):
            pass
        for one in busy:
            one.result(60)
    assert len(refused) == 7
