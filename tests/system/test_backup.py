"""A backup that is taken while clients write, and what they meet when it was put back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dirserver.assembly import open_services
from dirserver.backup import BackupError
from dirserver.config import load as config_of
from tests.backup.acts import make, restore
from tests.organisation import without_shield
from tests.postgresql import fresh_database
from tests.system.dav import DAVClient, dav_client
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up, with_photo
from tests.system.running import Address, run_command, running, wait_until
from tests.system.serving import CUSTOMERS, Authority, write_served
from tests.system.vdir import Vdirsyncer, lines

BOOK = "/alice/customers/"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0"


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Iterator[Path]:
    """The organisation's config file, for each engine."""
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            database = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(database))
        yield without_shield(write_served(tmp_path, authority, url))


@dataclass(slots=True)
class Mirror:
    """A client that keeps the etags of a book in step by sync-collection, and nothing else."""

    token: str = ""
    etags: dict[str, str] = field(default_factory=dict)

    def sync(self, client: DAVClient) -> int:
        """Take over what has changed; return the status of the first answer.

        A token that is refused is forgotten with all that was learnt by it, as RFC 6578 section
        3.2 wants it.
        """
        answer = client.sync(BOOK, self.token)
        status = answer.status
        if status != 207:
            assert b"valid-sync-token" in answer.body
            self.token, self.etags = "", {}
            answer = client.sync(BOOK)
        for href, response in answer.responses().items():
            etag = response.findtext(".//{DAV:}getetag")
            if etag is None:
                self.etags.pop(href, None)
            else:
                self.etags[href] = etag
        self.token = answer.token()
        return status


def listed(client: DAVClient) -> dict[str, str]:
    """Return what is in the book now, by a listing rather than a sync."""
    body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
    answer = client.request("PROPFIND", BOOK, body, {"Depth": "1"})
    found = {
        href: response.findtext(".//{DAV:}propstat/{DAV:}prop/{DAV:}getetag") or ""
        for href, response in answer.responses().items()
    }
    return {href: etag for href, etag in found.items() if href != BOOK}


@contextmanager
def writers(address: Address, count: int = 3) -> Iterator[list[int]]:
    """Let clients store, change and delete cards as fast as they can; yield how often they did."""
    done = [0] * count
    stop = threading.Event()

    def write(number: int) -> None:
        with dav_client(address, "alice") as client:
            while not stop.is_set():
                act, slot = done[number] % 3, done[number] // 3 % 7
                path, uid = f"{BOOK}w{number}-{slot}.vcf", f"w{number}-{slot}"
                if act < 2:
                    card = with_photo(uid, f"Card {done[number]}", 3_000)
                    assert client.put(path, card).status in (201, 204)
                elif slot % 2:
                    assert client.delete(path).status == 204
                done[number] += 1

    threads = [threading.Thread(target=write, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def put_back(path: Path, file: Path) -> None:
    """Put a backup back, once the database has noticed that the server is gone."""
    url = config_of(path).database.url

    def succeeds() -> bool:
        try:
            restore(file, url, force=True)
        except BackupError as error:
            return "in use" not in str(error)
        return True

    wait_until(succeeds, "the server's connections to be gone", 30)


def test_clients_sync_on_after_a_backup_was_put_back(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    behind, ahead = Mirror(), Mirror()
    with running(config) as server, dav_client(server.address("http"), "alice") as alice:
        for name in ("anna", "bert"):
            alice.put(f"{BOOK}{name}.vcf", made_up(name, f"{name.title()} Berg"))
        behind.sync(alice)
        with writers(server.address("http")) as done:
            wait_until(lambda: min(done) > 3, "some writes")
            before = sum(done)
            made = run_command(config, "backup", str(file))
            assert made.returncode == 0, made.stderr
            after = sum(done)
        # Nobody had to wait.
        assert after > before
        # From here on is what will be lost.
        changed = alice.put(f"{BOOK}anna.vcf", made_up("anna", "Anna Later"))
        assert alice.put(f"{BOOK}later.vcf", made_up("later", "Later Card")).status == 201
        assert alice.delete(f"{BOOK}bert.vcf").status == 204
        ahead.sync(alice)
        with pytest.raises(BackupError, match="The store is in use"):
            restore(file, config_of(config).database.url, force=True)
        assert ahead.sync(alice) == 207
    put_back(config, file)
    with running(config) as server, dav_client(server.address("http"), "alice") as alice:
        there = listed(alice)
        assert f"{BOOK}bert.vcf" in there
        assert f"{BOOK}later.vcf" not in there
        # The one that was in step before goes on by a delta, the other begins anew.
        assert alice.sync(BOOK, ahead.token, {"User-Agent": THUNDERBIRD}).status == 400
        for mirror, status in ((behind, 207), (ahead, 403)):
            assert mirror.sync(alice) == status
            assert mirror.etags == there
            assert mirror.sync(alice) == 207
        # Who has a newer card than the server must not overwrite it unseen.
        stale = alice.put(f"{BOOK}anna.vcf", made_up("anna", "Anna X"), if_match=changed.etag)
        assert stale.status == 412
        # And all of them hear of what comes next.
        assert alice.put(f"{BOOK}next.vcf", made_up("next", "Next Card")).status == 201
        assert alice.delete(f"{BOOK}anna.vcf").status == 204
        for mirror in (behind, ahead):
            assert mirror.sync(alice) == 207
            assert mirror.etags == listed(alice)
        found = LDAPClient(server.url("ldap"), "alice").names("(cn=next*)", CUSTOMERS)
        assert found == ["Next Card"]


def test_vdirsyncer_loses_nothing_and_doubles_nothing(authority: Authority, tmp_path: Path) -> None:
    config, file = write_served(tmp_path, authority), tmp_path / "monday.backup"
    with running(config) as server, dav_client(server.address("http"), "alice") as alice:
        for name in ("anna", "bert", "cora"):
            alice.put(f"{BOOK}{name}.vcf", made_up(name, f"{name.title()} Berg"))
        services = open_services(config_of(config))
        make(services, file)
        services.store.close()
        alice.put(f"{BOOK}later.vcf", made_up("later", "Later Card"))
        alice.put(f"{BOOK}anna.vcf", made_up("anna", "Anna Later"))
        alice.delete(f"{BOOK}bert.vcf")
        vdir = Vdirsyncer.between(tmp_path / "bob", server, "bob", "customers")
        vdir.discover()
        vdir.sync()
        assert uids(vdir) == ["anna", "cora", "later"]
    put_back(config, file)
    # What is made on the client meanwhile is there afterwards.
    (vdir.folder("customers") / "mine.vcf").write_bytes(made_up("mine", "Mine Alone"))
    with running(config) as server, dav_client(server.address("http"), "alice") as alice:
        # It has another port now.
        vdir = Vdirsyncer.between(tmp_path / "bob", server, "bob", "customers")
        vdir.discover()
        vdir.sync()
        assert uids(vdir) == ["anna", "bert", "cora", "mine"]
        served = [lines(alice.get(href).body) for href in listed(alice)]
        assert sorted(map(lines, vdir.files("customers").values())) == sorted(served)
        assert vdir.sync() == []


def uids(vdir: Vdirsyncer) -> list[str]:
    """Return the UIDs of the cards in the folder, each as often as it is there."""
    return sorted(
        line.removeprefix("UID:")
        for card in vdir.files("customers").values()
        for line in lines(card)
        if line.startswith("UID:")
    )
