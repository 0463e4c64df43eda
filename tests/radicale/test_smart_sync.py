"""Syncing smart books (RFC 6578): cards come and go with what they say, with grants and books."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from dirserver.assembly import Services
from dirserver.directory.past import pruning
from dirserver.errors import DirectoryError
from dirserver_radicale.application import Application
from tests.directory.acts import delete, move, put
from tests.organisation import (
    ADMIN,
    HERE,
    open_organisation,
    without_shield,
    write_config,
)
from tests.radicale.bodies import FILES, sync
from tests.radicale.conftest import copied, reconfigured
from tests.radicale.dav_client import DAVClient
from tests.radicale.syncing import Mac
from tests.smart import add_smart_books, person

SUPPORT = '{ to = "group:support", access = "read", hide = ["NOTE", "BDAY", "ORG"] },'
MORE = """
[books.reach]
name = "Whom we reach"
query = 'has org or has email'
grants = [{ to = "carol", access = "read" }]

[books.private]
name = "Without a firm"
query = 'not has org and book = "customers"'
grants = [{ to = "bob", access = "read" }]
"""
STAFF = '{ to = "everyone", access = "read" }, '


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation with smart books: vip has customers (1) and staff (3)."""
    directory = tmp_path_factory.mktemp("smart")
    open_organisation(without_shield(write_config(directory))).store.close()
    path = add_smart_books(directory / "dirserver.toml")
    open_organisation(add_smart_books(path, MORE)).store.close()
    return directory


def follower(application: Application, login: str = "bob", slug: str = "vip") -> Mac:
    return Mac(DAVClient(application, login, files=FILES), slug)


@pytest.fixture
def phone(services: Services) -> Mac:
    """Bob's, with two of four."""
    put(services, "c1.vcf", person(1))
    put(services, "c2.vcf", person(2, ("Press",)))
    put(services, "c3.vcf", person(3), slug="staff")
    put(services, "c4.vcf", person(4, ()), slug="staff")
    made = follower(Application(services))
    assert made.sync() == ["1~c1.vcf 200", "3~c3.vcf 200"]
    return made


def test_what_a_card_says_lets_it_come_and_go(phone: Mac, services: Services) -> None:
    assert phone.sync() == []
    put(services, "c1.vcf", person(1, ("Press",)))
    put(services, "c4.vcf", person(4, ("VIP", "Press")), slug="staff")
    assert phone.sync() == ["1~c1.vcf 404", "3~c4.vcf 200"]
    put(services, "c1.vcf", person(1, ("Press", "vip")))
    put(services, "c4.vcf", person(4, ("VIP",)), slug="staff")
    assert phone.sync() == ["1~c1.vcf 200", "3~c4.vcf 200"]
    delete(services, "c1.vcf")
    move(services, "c3.vcf", "c3.vcf", slug="staff")
    assert phone.sync() == ["1~c1.vcf 404", "1~c3.vcf 200", "3~c3.vcf 404"]
    assert phone.sync() == []
    assert phone.cards == phone.fresh()


def test_of_new_cards_that_it_does_not_show_nothing_is_told(phone: Mac, services: Services) -> None:
    for n in range(10, 15):
        put(services, f"c{n}.vcf", person(n, ("Press",)))
    put(services, "c20.vcf", person(20))
    delete(services, "c11.vcf")
    told = phone.sync()
    assert "1~c20.vcf 200" in told
    assert not [one for one in told if "~c1" in one and one != "1~c11.vcf 404"]


def test_a_grant_that_is_given_or_taken_brings_and_takes_what_it_shows(
    phone: Mac, services: Services
) -> None:
    carol = follower(Application(services), "carol")
    assert carol.sync() == ["1~c1.vcf 200", "3~c3.vcf 200"]
    put(services, "c1.vcf", person(1, ("Press",)))
    put(services, "c5.vcf", person(5))
    carol.client.application = reconfigured(services, SUPPORT, "")
    # One that changed since may have been shown; of c2, which has not and was not, nothing is told.
    assert carol.sync() == ["1~c1.vcf 404"]
    assert carol.sync() == []
    assert carol.cards == carol.fresh()
    sales = '{ to = "group:sales", access = "write" },'
    carol.client.application = reconfigured(services, sales, sales + SUPPORT)
    assert carol.sync() == ["1~c5.vcf 200"]
    assert carol.cards == carol.fresh()


def test_what_is_hidden_from_a_reader_is_gone_with_it(services: Services) -> None:
    put(services, "c1.vcf", person(1, (), "ORG:Acme"))
    put(services, "c2.vcf", person(2, ()))
    carol = follower(Application(services), "carol", "firms")
    assert carol.sync() == []
    hides = ', hide = ["NOTE", "BDAY", "ORG"]'
    carol.client.application = reconfigured(services, hides, "")
    assert carol.sync() == ["1~c1.vcf 200"]
    carol.client.application = reconfigured(
        services, '"group:support", access = "read"', f'"group:support", access = "read"{hides}'
    )
    assert carol.sync() == ["1~c1.vcf 404"]
    assert carol.cards == carol.fresh() == {}


def test_what_is_hidden_takes_those_who_are_found_by_it_alone(services: Services) -> None:
    put(services, "c1.vcf", person(1, (), "ORG:Acme"))
    put(services, "c2.vcf", person(2, (), "ORG:Acme", "EMAIL:c2@example.org"))
    put(services, "c3.vcf", person(3, ()))
    hides = ', hide = ["NOTE", "BDAY", "ORG"]'
    carol = follower(reconfigured(services, hides, ""), "carol", "reach")
    assert carol.sync() == ["1~c1.vcf 200", "1~c2.vcf 200"]
    carol.client.application = reconfigured(
        services, '"group:support", access = "read"', f'"group:support", access = "read"{hides}'
    )
    # What is left is another card by now, and of c3 there is nothing to tell.
    assert carol.sync() == ["1~c1.vcf 404", "1~c2.vcf 200"]
    assert carol.cards == carol.fresh()


def test_a_card_that_is_gone_is_not_shown_for_what_it_does_not_say(services: Services) -> None:
    put(services, "c1.vcf", person(1))
    put(services, "c2.vcf", person(2))
    phone = follower(Application(services), "bob", "private")
    assert phone.sync() == ["1~c1.vcf 200", "1~c2.vcf 200"]
    delete(services, "c1.vcf")
    put(services, "c2.vcf", person(2, (), "ORG:Acme"))
    assert phone.sync() == ["1~c1.vcf 404", "1~c2.vcf 404"]


def test_a_grant_on_the_smart_book_itself_is_what_opens_it(phone: Mac, services: Services) -> None:
    grant = '{ to = "group:sales", access = "read" },'
    phone.client.application = reconfigured(services, grant, "")
    assert phone.client.send("REPORT", phone.url, {}, sync(phone.token)).status == 403
    put(services, "c4.vcf", person(4), slug="staff")
    carol = '{ to = "carol", access = "read" },'
    phone.client.application = reconfigured(services, carol, carol + grant)
    assert phone.sync() == ["3~c4.vcf 200"]


def test_a_book_that_is_added_or_goes_brings_and_takes_its_cards(
    phone: Mac, services: Services
) -> None:
    every = 'query = \'categories = "VIP" and book in ("customers", "staff")\''
    phone.client.application = reconfigured(services, every, "query = 'categories = \"VIP\"'")
    phone.token = ""
    assert phone.sync() == ["1~c1.vcf 200", "3~c3.vcf 200"]
    press = '[books.press]\nname = "Press"\ngrants = [{ to = "bob", access = "read" }]\n'
    phone.client.application = reconfigured(services, "[books.vip]", f"{press}[books.vip]")
    assert phone.sync() == []
    with services.directory.writing(ADMIN, HERE) as writing:
        writing.put_card("press", "c8.vcf", person(8))
    assert phone.sync() == ["8~c8.vcf 200"]
    phone.client.application = reconfigured(services, press, "")
    assert phone.sync() == ["8~c8.vcf 404"]
    assert phone.cards == phone.fresh()


def test_with_another_query_it_is_another_collection(phone: Mac, services: Services) -> None:
    before = phone.state()
    said, spelled = 'categories = "VIP" and', 'CATEGORIES  = "VIP" AND'
    phone.client.application = reconfigured(services, said, spelled)
    assert phone.sync() == []
    phone.client.application = reconfigured(services, spelled, "has email and")
    assert phone.state()[0] != before[0]
    answer = phone.client.send("REPORT", phone.url, {}, sync(phone.token))
    assert list(phone.client.render(answer)) == ["403", "error valid-sync-token"]
    thunderbird = {"User-Agent": "Mozilla/5.0 Thunderbird/128.0"}
    assert phone.client.send("REPORT", phone.url, thunderbird, sync(phone.token)).status == 400


def test_a_token_of_another_collection_is_refused(phone: Mac, services: Services) -> None:
    others = [follower(Application(services), "alice", slug) for slug in ("firms", "customers")]
    for other in others:
        other.sync()
        assert phone.client.send("REPORT", phone.url, {}, sync(other.token)).status == 403


def test_ctag_etag_and_token_change_with_what_is_shown_and_only_then_with_nothing(
    phone: Mac, services: Services
) -> None:
    before = phone.state()
    assert phone.state() == before
    put(services, "c2.vcf", person(2))
    after = phone.state()
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert int(after[0]) > int(before[0])
    put(services, "c9.vcf", person(9), slug="secret")
    assert phone.state() == after


def test_what_history_has_let_go_of_is_told_rather_than_kept(
    phone: Mac, services: Services
) -> None:
    put(services, "c1.vcf", person(1, ("Press",)))
    put(services, "c1.vcf", person(1, ("Press", "Old")))
    pruning.prune(services.directory, ADMIN, HERE, timedelta(0))
    put(services, "c7.vcf", person(7, ("Press",)))
    told = phone.sync()
    assert "1~c1.vcf 404" in told
    assert "1~c7.vcf 404" not in told
    assert phone.cards == phone.fresh()


def test_an_idle_poll_reads_no_cards(phone: Mac, services: Services) -> None:
    read: list[str] = []
    listener = lambda *arguments: read.append(arguments[2])  # noqa: E731 - to be taken off again
    event.listen(services.store.engine, "before_cursor_execute", listener)
    assert phone.sync() == []
    phone.state()
    event.remove(services.store.engine, "before_cursor_execute", listener)
    assert read
    assert not [one for one in read if "FROM card" in one or "FROM change" in one]


def test_each_engine_tells_the_same(each_engine: Services) -> None:
    """Cards that come and go, and a grant that goes, in pieces."""
    services = each_engine
    path = add_smart_books(without_shield(services.config.path))
    assert path == services.config.path
    application = reconfigured(services, "[books.vip]", "[books.vip]")
    for n in range(3):
        put(services, f"c{n}.vcf", person(n, ("VIP",) if n else ("Press",)))
    put(services, "c3.vcf", person(3), slug="staff")
    put(services, "c4.vcf", person(4, ()), slug="staff")
    phone = follower(application, "carol")
    phone.limit = 1
    assert phone.sync() == ["1~c1.vcf 200", "1~c2.vcf 200", "3~c3.vcf 200"]
    put(services, "c0.vcf", person(0))
    put(services, "c1.vcf", person(1, ()))
    delete(services, "c2.vcf")
    put(services, "c4.vcf", person(4, ("VIP",)), slug="staff")
    put(services, "c5.vcf", person(5, ("Press",)), slug="staff")
    assert phone.sync() == ["1~c0.vcf 200", "1~c1.vcf 404", "1~c2.vcf 404", "3~c4.vcf 200"]
    assert phone.cards == phone.fresh()
    phone.client.application = reconfigured(services, SUPPORT, "")
    assert phone.sync() == ["1~c0.vcf 404"]
    assert phone.cards == phone.fresh()


# What may happen to what carol sees of vip: an act, and which card or line of the config.
ACTS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 3)), max_size=16)
SWITCHES = (
    (', hide = ["NOTE", "BDAY", "ORG"]', ""),
    (STAFF, ""),
    ('hide = ["NOTE", "BDAY", "ORG"]', 'hide = ["CATEGORIES"]'),
    (SUPPORT, ""),
)
SAID = (("VIP",), ("Press",), (), ("vip", "Press"))


def act(services: Services, phone: Mac, what: int, n: int) -> None:
    """Let one thing happen, unless it cannot."""
    name, slug = f"c{n}.vcf", ("customers", "staff")[what % 2]
    acts: dict[int, Callable[[], object]] = {
        6: lambda: delete(services, name),
        7: lambda: move(services, name, name, to_slug="staff", overwrite=True),
        8: lambda: switch(services, phone, *SWITCHES[n]),
        9: lambda: switch(services, phone, *SWITCHES[n][::-1]),
        10: phone.report,
    }
    firm = ["ORG:Acme"] if (what + n) % 3 == 0 else []
    body = person(n, SAID[(what + n) % 4], f"NOTE:{what}", *firm)
    with suppress(DirectoryError):
        acts.get(what, lambda: put(services, name, body, slug=slug))()


def switch(services: Services, phone: Mac, old: str, new: str) -> None:
    """Put a line of the config in or out, where it can be found."""
    text = services.config.path.read_text("utf-8")
    if old and old in text and not (new and new in text):
        phone.client.application = reconfigured(services, old, new)


@settings(max_examples=12, deadline=None)
@given(acts=ACTS, limit=st.sampled_from([None, 1, 3]), slug=st.sampled_from(["vip", "reach"]))
def test_whatever_happens_a_client_comes_to_have_what_a_listing_has(
    template: Path, acts: list[tuple[int, int]], limit: int | None, slug: str
) -> None:
    with TemporaryDirectory() as folder, copied(template, Path(folder)) as services:
        put(services, "c0.vcf", person(0))
        put(services, "c1.vcf", person(1, ("Press",)))
        phone = follower(Application(services), "carol", slug)
        phone.sync()
        phone.limit = limit
        for what, n in acts:
            act(services, phone, what, n)
        phone.sync()
        assert phone.cards == phone.fresh()
        assert phone.token == phone.state()[1]
        assert phone.sync() == []
