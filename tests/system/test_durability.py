"""What was acknowledged is there after kill -9, whole, and the sync token still gives a delta."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.postgresql import fresh_database
from tests.system.dav import DAVClient, dav_client
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up, with_photo
from tests.system.running import Address, RunningServer, running, start, wait_until
from tests.system.serving import CUSTOMERS, Authority, write_served

BOOK = "/alice/customers/"
WRITERS = 4
ENOUGH = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Iterator[Path]:
    """The organisation's config file, for each engine."""
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            database = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(database))
        yield write_served(tmp_path, authority, url)


@dataclass(slots=True)
class Writer:
    """A client that stores, replaces and deletes cards until the server is gone.

    ``acknowledged`` is what the server has said that it did: the card, or None for a deletion.
    ``doubtful`` is the card of the request that was never answered: either way is right.
    """

    number: int
    acknowledged: dict[str, bytes | None] = field(default_factory=dict)
    doubtful: str = ""

    def run(self, address: Address) -> None:
        """Write and write."""
        count = 0
        try:
            with dav_client(address, "alice") as client:
                while True:
                    self.doubtful = f"{BOOK}w{self.number}-{count:04}.vcf"
                    self._write(client, count)
                    count += 1
        except (OSError, http.client.HTTPException):
            return

    def _write(self, client: DAVClient, count: int) -> None:
        path = self.doubtful
        uid = f"w{self.number}-{count}"
        card = with_photo(uid, f"Card {count}", 3_000)
        assert client.put(path, card).status == 201
        self.acknowledged[path] = card
        if count % 5 == 1:
            card = made_up(uid, f"Card {count} changed")
            assert client.put(path, card).status == 204
            self.acknowledged[path] = card
        elif count % 5 == 3:
            assert client.delete(path).status == 204
            self.acknowledged[path] = None


def test_nothing_acknowledged_is_lost_and_nothing_is_half_written(config: Path) -> None:
    server = start(config)
    writers = [Writer(number) for number in range(WRITERS)]
    try:
        with dav_client(server.address("http"), "alice") as alice:
            assert alice.put(f"{BOOK}first.vcf", made_up("first", "First Card")).status == 201
            token = alice.sync(BOOK).token()
        threads = [
            threading.Thread(target=writer.run, args=[server.address("http")]) for writer in writers
        ]
        for thread in threads:
            thread.start()
        wait_until(
            lambda: sum(len(writer.acknowledged) for writer in writers) > ENOUGH, "some cards", 60
        )
    finally:
        server.kill()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert_nothing_lost(config, writers, token)


def assert_nothing_lost(config: Path, writers: list[Writer], token: str) -> None:
    """Start the server again and look at every card."""
    expected = {path: card for writer in writers for path, card in writer.acknowledged.items()}
    doubtful = {writer.doubtful for writer in writers}
    with running(config) as server, dav_client(server.address("http"), "alice") as alice:
        delta = alice.sync(BOOK, token)
        changed = delta.responses()
        assert f"{BOOK}first.vcf" not in changed
        assert set(expected) - doubtful <= set(changed) <= set(expected) | doubtful
        listed = alice.sync(BOOK).responses()
        for path, card in expected.items():
            if path not in doubtful:
                assert alice.get(path).status == (404 if card is None else 200)
                assert card is None or alice.get(path).body == card
        for path, response in listed.items():
            got = alice.get(path)
            assert got.etag == response.findtext(".//{DAV:}getetag")
            assert got.body.startswith(b"BEGIN:VCARD")
            assert got.body.endswith(b"END:VCARD\r\n")
        assert alice.sync(BOOK, delta.token()).responses() == {}
        assert_index_agrees(server, [alice.get(path).body for path in listed])
        # And it goes on: the next change is one more.
        assert alice.put(f"{BOOK}last.vcf", made_up("last", "Last Card")).status == 201
        assert list(alice.sync(BOOK, delta.token()).responses()) == [f"{BOOK}last.vcf"]


def assert_index_agrees(server: RunningServer, cards: list[bytes]) -> None:
    """The other face finds the cards that there are, by the names that they have."""
    names = sorted(
        name.decode() for card in cards for name in re.findall(rb"^FN:([^\r]*)", card, re.M)
    )
    alice = LDAPClient(server.url("ldap"), "alice")
    assert sorted(alice.names("(cn=*card*)", CUSTOMERS)) == names
    changed = [name for name in names if name.endswith("changed")]
    assert sorted(alice.names("(cn=*changed)", CUSTOMERS)) == changed


def test_a_server_that_is_killed_again_and_again_keeps_counting(config: Path) -> None:
    token, seen = "", 0
    for round_ in range(3):
        server = start(config)
        try:
            with dav_client(server.address("http"), "alice") as alice:
                assert len(alice.sync(BOOK, token).responses()) == seen
                token = alice.sync(BOOK).token()
                card = made_up(f"round-{round_}", f"Round {round_}")
                assert alice.put(f"{BOOK}round-{round_}.vcf", card).status == 201
                seen = 1
        finally:
            server.kill()
