"""Syncing on after a copy of the store was put back (RFC 6578 section 3.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from dirserver.assembly import Services
from dirserver.store import incarnations
from dirserver.store.incarnations import Remembered
from dirserver_radicale.tree import tokens
from tests.radicale.bodies import sync
from tests.radicale.dav_client import DAVClient

BOOK = "/alice/customers/"
THUNDERBIRD = {"User-Agent": "Mozilla/5.0 (X11; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"}


def token_of(alice: DAVClient, since: str = "") -> str:
    lines = alice.render(alice.send("REPORT", BOOK, {}, sync(since)))
    return next(
        line.removeprefix("sync-token = ") for line in lines if line.startswith("sync-token")
    )


def ctag(alice: DAVClient) -> int:
    return int(alice.say([f"PROPFIND {BOOK}", "Depth: 0", "<ctag.xml"])[1].rpartition(" ")[2])


@pytest.fixture
def before(alice: DAVClient, services: Services) -> str:
    """A token of the copy's own past; Anna came before it, and the store was put back since."""
    alice.say([f"PUT {BOOK}anna.vcf", "<anna.vcf"])
    token = token_of(alice)
    alice.say([f"PUT {BOOK}bert.vcf", "<bert.vcf"])
    put_back(services)
    return token


def put_back(services: Services) -> None:
    with services.store.writing() as connection:
        incarnations.begin(connection, Remembered(), datetime.now(UTC))


def test_a_token_from_before_the_copy_still_gives_a_delta(alice: DAVClient, before: str) -> None:
    lines = list(alice.render(alice.send("REPORT", BOOK, {}, sync(before))))
    assert lines[0] == "207"
    assert [line.split()[0] for line in lines[1:]] == [f"{BOOK}bert.vcf", "sync-token"]


def test_a_token_from_after_the_copy_is_refused_though_its_revision_is_reached(
    alice: DAVClient, before: str
) -> None:
    old = tokens.parse(before)
    for ahead in (2, 3, 500_000, 999_999):
        lost = str(replace(old, revision=old.revision + ahead))
        answer = alice.send("REPORT", BOOK, {}, sync(lost))
        assert list(alice.render(answer)) == ["403", "error valid-sync-token"]
        assert alice.send("REPORT", BOOK, THUNDERBIRD, sync(lost)).status == 400


def test_a_token_of_an_incarnation_that_was_never_here_is_refused(
    alice: DAVClient, before: str
) -> None:
    other = str(replace(tokens.parse(token_of(alice)), incarnation="0123456789abcdef"))
    assert alice.send("REPORT", BOOK, {}, sync(other)).status == 403


def test_tokens_of_now_go_on_over_the_next_time(
    alice: DAVClient, before: str, services: Services
) -> None:
    now = token_of(alice)
    assert token_of(alice, now) == now
    put_back(services)
    alice.say([f"PUT {BOOK}cora.vcf", "<cora.vcf"])
    for token, names in ((now, ["cora.vcf"]), (before, ["bert.vcf", "cora.vcf"])):
        lines = list(alice.render(alice.send("REPORT", BOOK, {}, sync(token))))
        assert [line.split()[0] for line in lines[1:-1]] == [f"{BOOK}{name}" for name in names]


def test_the_ctag_grows_and_stays_a_number_that_c_can_read(
    alice: DAVClient, before: str, services: Services
) -> None:
    seen = [ctag(alice)]
    for _ in range(3):
        put_back(services)
        seen.append(ctag(alice))
    assert all(later - earlier >= 1_000_000 for earlier, later in pairwise(seen))
    assert seen[-1] < 2**31


def test_a_store_that_went_on_is_left_behind(alice: DAVClient, services: Services) -> None:
    """The ctag exceeds that of what is replaced, even if that was put back itself."""
    with services.store.reading() as connection:
        known = incarnations.remembered(connection)
    further = {uuid: revision + 5_000_000 for uuid, revision in known.revisions.items()}
    with services.store.writing() as connection:
        replaced = Remembered(known.epoch + 10, further)
        incarnations.begin(connection, replaced, datetime.now(UTC))
    assert ctag(alice) > 5_000_000
    assert services.directory.policy().epoch > known.epoch + 10
