"""A process that dies while it does much has done nothing; what two clients do is all kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.errors import NotFound
from dirserver.model.history.life import Acts
from dirserver.model.principal import Principal
from dirserver.store.tables import card_version
from tests import processes
from tests.directory import acts
from tests.directory.past import take_back
from tests.organisation import (
    ALICE,
    BOB,
    open_organisation,
    vcard,
    without_shield,
    write_config,
)
from tests.store.test_durability import read_all, wait_for_the_server
from tests.store.trail import broken_links

CARDS = 350


@pytest.fixture
def each_engine(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """The organisation on each engine, where a client may delete as much as it likes."""
    services = open_organisation(without_shield(write_config(tmp_path, database_url)))
    yield services
    services.close()


def people(note: str, first: int = 0) -> list[bytes]:
    return [vcard(f"uid-{n}", f"Name {n}", f"NOTE:{note}") for n in range(first, CARDS)]


def interrupted(services: Services, after: int, *words: str) -> None:
    """Do much at once, and kill the process when so many cards are done."""
    process = processes.begin(
        services.config.path, *words, stdout=PIPE, module="tests.directory.interrupted"
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            assert line != b"done\n"
            if line == b"written\n" or int(line) >= after:
                process.kill()
                break
        else:
            raise AssertionError("it ended by itself")
    process.wait()
    wait_for_the_server(services)


@pytest.mark.parametrize("what", ["undo", "restore"])
def test_what_is_broken_off_leaves_nothing_half_done(each_engine: Services, what: str) -> None:
    acts.import_all(each_engine, people("before"))
    then = datetime.now(UTC)
    acts.import_all(each_engine, people("after", 200), who=BOB)
    for number in range(200):
        acts.delete(each_engine, f"uid-{number}.vcf", who=BOB)
    acts.put(each_engine, "new.vcf", vcard("new", "New"), who=BOB)
    before, cards = acts.traces(each_engine), read_all(each_engine)
    for after in (1, 200):
        interrupted(each_engine, after, what, then.isoformat())
        assert acts.traces(each_engine) == before
        assert read_all(each_engine) == cards
        assert broken_links(each_engine.store) == []
    if what == "undo":
        take_back(each_engine, Acts(login="bob"))
    assert len(read_all(each_engine)) == (CARDS if what == "undo" else 151)


def test_an_import_that_is_broken_off_leaves_nothing(each_engine: Services) -> None:
    acts.import_all(each_engine, people("before", CARDS - 20))
    before, cards = acts.traces(each_engine), read_all(each_engine)
    interrupted(each_engine, 1000, "import")
    assert acts.traces(each_engine) == before
    assert read_all(each_engine) == cards
    assert broken_links(each_engine.store) == []


def test_of_what_two_clients_do_at_once_nothing_is_lost(each_engine: Services) -> None:
    acknowledged: dict[str, list[str | None]] = {"alice": [], "bob": []}

    def write(who: Principal) -> None:
        for number in range(24):
            href = f"{number % 3}.vcf"
            try:
                if number % 5 == 4:
                    acts.delete(each_engine, href, who=who)
                    acknowledged[who.login].append(None)
                else:
                    body = vcard(href, "Name", f"NOTE:{who.login} {number}")
                    acknowledged[who.login].append(acts.put(each_engine, href, body, who=who).etag)
            except NotFound:
                pass

    threads = [threading.Thread(target=write, args=[who]) for who in (ALICE, BOB)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        take_back(each_engine, Acts(login="bob", since=datetime.now(UTC)))
    for thread in threads:
        thread.join(60)
    columns = (card_version.c.actor, card_version.c.etag, card_version.c.operation)
    kept = acts.rows(each_engine, select(*columns).order_by(card_version.c.id))
    for login, etags in acknowledged.items():
        mine = [etag or None for actor, etag, _ in kept if actor == login]
        assert mine == etags
