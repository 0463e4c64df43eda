"""A person who was erased while the server runs: gone for every client, by every face."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from dirserver.assembly import Services
from dirserver.directory import trail
from dirserver.directory.intake.importing import import_cards
from dirserver.directory.people.erasing import cases
from tests import processes
from tests.directory import persons
from tests.organisation import ADMIN, HERE, open_organisation, vcard
from tests.postgresql import fresh_database
from tests.store.trail import broken_links
from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up, with_photo
from tests.system.running import RunningServer, run_command
from tests.system.serving import CUSTOMERS, SUFFIX, Authority, write_served

BOOK = "/alice/customers/"
ANNA = made_up("anna-0001", "Anna Beispiel", "EMAIL:anna@kunde.example", "TEL:+49 30 5550017")


def test_the_person_is_gone_for_every_client_of_a_running_server(
    server: RunningServer, dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    alice, bob = dav("alice"), dav("bob")
    assert alice.put(f"{BOOK}anna.vcf", ANNA).status == 201
    assert alice.put(f"{BOOK}ben.vcf", made_up("ben", "Ben Beispiel")).status == 201
    token = bob.sync("/bob/customers/").token()
    assert ldap("alice").names("(telephoneNumber=03055500*)", SUFFIX) == ["Anna Beispiel"]

    done = run_command(server.config, "person", "erase", "Anna Beispiel", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["cards"], said["scrubbed"]) == (1, True)

    changed = bob.sync("/bob/customers/", token).responses()
    assert list(changed) == ["/bob/customers/anna.vcf"]
    assert changed["/bob/customers/anna.vcf"].findtext("{DAV:}status") == "HTTP/1.1 404 Not Found"
    assert ldap("alice").names("(telephoneNumber=03055500*)", SUFFIX) == []
    assert ldap("alice").names("(cn=*beispiel*)", CUSTOMERS) == ["Ben Beispiel"]
    # The server, which knew of nobody erased when it started, knows at once.
    refused = bob.put("/bob/customers/again.vcf", vcard("x", "A.", "EMAIL:anna@kunde.example"))
    assert refused.status == 403
    assert b"valid-address-data" in refused.body
    assert b"erased from the address books at their own request" in refused.body
    for name in ("test.db", "test.db-wal"):
        kept = (server.config.parent / name).read_bytes()
        assert b"anna@kunde" not in kept
        assert b"Anna Beispiel" not in kept
    assert run_command(server.config, "audit", "verify").returncode == 0


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Iterator[Path]:
    """The organisation's config file, for each engine."""
    with ExitStack() as stack:
        url = "sqlite:///test.db"
        if request.param == "postgresql":
            database = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(fresh_database(database))
        yield write_served(tmp_path, authority, url)


def keys_and_versions(services: Services) -> tuple[list[str], int]:
    """Return the cards that are kept of Anna, in books and in the history."""
    found = persons.find(services, "anna").people
    cards = [card for person in found for card in person.cards]
    return [card.key for card in cards], sum(len(card.versions) for card in cards)


def is_writing(services: Services) -> bool:
    """Say whether somebody has begun to erase, and has not ended."""
    if services.store.is_sqlite:
        log = services.config.path.parent / "test.db-wal"
        return log.exists() and log.stat().st_size > 0
    with services.store.reading() as connection:
        locks = "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock'"
        return bool(connection.scalar(text(f"{locks} AND relation = 'card_version'::regclass")))


def test_an_erasure_that_is_killed_has_done_all_or_nothing(config: Path) -> None:
    services = open_organisation(config)
    cards = [with_photo(f"p{one}", "Anna Beispiel", 1_000) for one in range(100)]
    with services.directory.writing(ADMIN, HERE) as writing:
        assert list(import_cards(writing, "customers", "people.vcf", cards))
    keys, versions = keys_and_versions(services)
    assert (len(keys), versions) == (100, 100)
    if services.store.is_sqlite:
        with services.store.engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    chosen = [word for key in keys for word in ("--card", key)]
    words = ("person", "erase", "anna", "--yes", *chosen)
    process = processes.begin("-c", config, *words)
    while not is_writing(services) and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait(30)
    left, versions = keys_and_versions(services)
    assert (len(left), versions) in ((0, 0), (100, 100))
    with services.directory.reading(ADMIN, HERE) as reading:
        assert len(cases(reading)) == (0 if left else 1)
        assert trail.verify(reading).erased == 0
    # And the next one makes up for what the first had not done.
    if left:
        done = run_command(config, *words)
        assert done.returncode == 0, done.stderr
    else:
        assert services.directory.scrub()
    assert broken_links(services.store) == []
    services.store.close()
