"""Syncing all books as one (RFC 6578): whatever happens, a client comes to have what there is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from dirserver.assembly import Services
from dirserver.directory.ownbooks import archive_book, make_book
from dirserver.directory.same.linking import CannotLink
from dirserver.errors import DirectoryError
from dirserver.store import incarnations
from dirserver.store.incarnations import Remembered
from dirserver_radicale.application import Application
from dirserver_radicale.tree import tokens
from tests.directory.acts import delete, move, put
from tests.directory.keys import hand_out
from tests.directory.linked import link, unlink
from tests.organisation import (
    ALICE,
    CAROL,
    HERE,
    open_organisation,
    vcard,
    without_shield,
    write_config,
)
from tests.radicale.bodies import FILES, sync
from tests.radicale.conftest import copied, reconfigured
from tests.radicale.dav_client import DAVClient
from tests.radicale.syncing import Mac


def mac_of(services: Services, login: str, name: str = "MacBook") -> Mac:
    secret = hand_out(services, name, login, merged=True)
    return Mac(DAVClient(Application(services), login, secret, files=FILES), "all-contacts")


@pytest.fixture
def mac(services: Services) -> Mac:
    put(services, "anna.vcf", FILES["anna.vcf"])
    put(services, "bert.vcf", FILES["bert.vcf"], slug="staff")
    made = mac_of(services, "bob")
    assert made.sync() == ["3~bert.vcf 200", "anna.vcf 200"]
    return made


SCOPE = tokens.Scope("merged")
GRANT = '{ to = "group:sales", access = "write" },'


def test_only_what_changed_in_any_book_comes(mac: Mac, services: Services) -> None:
    assert mac.sync() == []
    put(services, "bert.vcf", FILES["cora.vcf"].replace(b"cora", b"bert"), slug="staff")
    put(services, "cora.vcf", FILES["cora.vcf"])
    delete(services, "anna.vcf")
    assert mac.sync() == ["3~bert.vcf 200", "anna.vcf 404", "cora.vcf 200"]
    assert mac.sync() == []


def test_a_grant_that_is_taken_takes_its_cards_and_no_others(mac: Mac, services: Services) -> None:
    """Nor are names told of that came to the book when it was somebody else's already."""
    mac.client.application = reconfigured(services, GRANT, "")
    put(services, "later.vcf", FILES["cora.vcf"])
    put(services, "anna.vcf", FILES["anna2.vcf"])
    assert mac.sync() == ["anna.vcf 404"]
    assert mac.sync() == []
    support = '{ to = "group:support"'
    mac.client.application = reconfigured(services, support, GRANT + support)
    assert mac.sync() == ["anna.vcf 200", "later.vcf 200"]
    assert mac.cards == mac.fresh()


def test_a_book_for_new_cards_that_is_another_gives_other_names(
    mac: Mac, services: Services
) -> None:
    """What is called as before, but is another card, is not gone."""
    put(services, "anna.vcf", FILES["cora.vcf"], slug="staff")
    mac.sync()
    mac.client.application = reconfigured(
        services, "[users.bob]", '[users.bob]\ndefault_book = "staff"'
    )
    told = mac.sync()
    assert sorted(told) == [
        "1~anna.vcf 200",
        "3~anna.vcf 404",
        "3~bert.vcf 404",
        "anna.vcf 200",
        "bert.vcf 200",
    ]
    assert mac.cards == mac.fresh()


def test_what_is_hidden_comes_again_when_that_changes(services: Services) -> None:
    put(services, "anna.vcf", FILES["anna.vcf"])
    put(services, "bert.vcf", FILES["bert.vcf"], slug="staff")
    mac = mac_of(services, "carol")
    mac.sync()
    mac.client.application = reconfigured(
        services, 'hide = ["NOTE", "BDAY", "ORG"]', 'hide = ["NOTE"]'
    )
    assert mac.sync() == ["1~anna.vcf 200"]
    assert mac.cards == mac.fresh()


def test_state_changes_with_what_is_in_it_and_with_nothing_else(
    mac: Mac, services: Services
) -> None:
    seen = [mac.state()]

    def requires(changed: bool) -> None:
        now = mac.state()
        assert all((new != old) is changed for new, old in zip(now, seen[-1], strict=True))
        if changed:
            assert now not in seen
            seen.append(now)

    put(services, "x.vcf", FILES["cora.vcf"], slug="secret")
    hand_out(services, "other", "alice")
    requires(changed=False)
    put(services, "x.vcf", FILES["cora.vcf"], slug="staff")
    requires(changed=True)
    assert int(seen[1][0]) > int(seen[0][0])
    mac.client.application = reconfigured(services, GRANT, "")
    requires(changed=True)
    assert mac.state()[1] == (mac.sync(), mac.token)[1]


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "tag:dirserver,2026:merged/x",
        "tag:dirserver,2026:sync/00000000-0000-0000-0000-000000000000/0/1/0",
        "tag:dirserver,2026:merged/00000000-0000-0000-0000-000000000000/0/1/1/0/n",
    ],
)
def test_a_token_that_was_never_given_out_is_refused(mac: Mac, token: str) -> None:
    answer = mac.client.send("REPORT", mac.url, {}, sync(token))
    assert list(mac.client.render(answer)) == ["403", "error valid-sync-token"]


def test_a_token_from_the_future_or_of_a_lost_life_is_refused(mac: Mac, services: Services) -> None:
    marks = SCOPE.parsed(mac.token)
    ahead = mac.token.replace(f"/{marks[0].revision}/", "/77/", 1).replace(
        f"/{marks[0].held}/", "/77/", 1
    )
    before = mac.token
    put(services, "cora.vcf", FILES["cora.vcf"])
    with services.store.writing() as connection:
        incarnations.begin(connection, Remembered(), datetime.now(UTC))
    assert mac.client.send("REPORT", mac.url, {}, sync(ahead)).status == 403
    mac.token = before
    assert mac.sync() == ["cora.vcf 200"]


def test_tokens_are_read_as_they_are_written(mac: Mac) -> None:
    assert SCOPE.spelled(SCOPE.parsed(mac.token)) == mac.token
    assert SCOPE.parsed(SCOPE.spelled([])) == []


# What may happen to what carol reads: an act, and which card or line of the config it is about.
ACTS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 3)), max_size=16)
SECRET = '{ to = "alice", access = "manage" }]'
SWITCHES = (
    (
        '{ to = "group:support", access = "read", hide = ["NOTE", "BDAY", "ORG"] }',
        '{ to = "group:support", access = "read" }',
    ),
    (
        '[{ to = "everyone", access = "read" }, { to = "alice", access = "write" }]',
        '[{ to = "alice", access = "write" }]',
    ),
    ("[users.carol]", '[users.carol]\ndefault_book = "staff"'),
    (SECRET, SECRET.replace("]", ', { to = "carol", access = "write" }]')),
)
COLOUR = (
    '<propertyupdate xmlns="DAV:"><set><prop><color xmlns="x">#f00</color></prop></set>'
    "</propertyupdate>"
)
SLUGS = ("customers", "staff", "secret", "own")


def switch(services: Services, mac: Mac, old: str, new: str) -> None:
    """Put a line of the config in or out."""
    text = services.config.path.read_text("utf-8")
    if (new and new in text) or (old not in text and not new):
        return
    mac.client.application = reconfigured(services, old, new)


def own_book(services: Services, *, exists: bool) -> None:
    with services.directory.writing(CAROL, HERE) as writing:
        if exists:
            make_book(writing, "own")
        else:
            archive_book(writing, "own")


def act(services: Services, mac: Mac, what: int, n: int) -> None:
    """Let one thing happen, unless it cannot."""
    name, body = f"c{n}.vcf", vcard(f"c{n}", f"Card {n}", "TEL:1", f"NOTE:{what} {n}")
    acts: dict[int, Callable[[], object]] = {
        4: lambda: delete(services, name),
        5: lambda: delete(services, name, slug="staff"),
        6: lambda: move(services, name, name, to_slug="staff", overwrite=True),
        7: lambda: switch(services, mac, *SWITCHES[n]),
        8: lambda: switch(services, mac, *SWITCHES[n][::-1]),
        9: lambda: own_book(services, exists=n < 2),
        10: mac.report,
        11: lambda: mac.client.say([f"PUT {mac.url}m{n}.vcf", "<cora.vcf"]),
        12: lambda: link(services, f"customers/{name}", f"staff/c{n // 2}.vcf"),
        13: lambda: link(services, f"secret/{name}", f"staff/c{n // 2}.vcf"),
        14: lambda: unlink(services, f"staff/{name}"),
    }
    slug = SLUGS[what % 4]
    who = CAROL if slug == "own" else ALICE
    with suppress(DirectoryError, CannotLink):
        acts.get(what, lambda: put(services, name, body, slug=slug, who=who))()


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation, in which everybody has a book of their own."""
    path = write_config(tmp_path_factory.mktemp("own"), organisation="personal_books = true")
    open_organisation(without_shield(path)).store.close()
    return path.parent


def test_each_engine_tells_the_same(each_engine: Services) -> None:
    """Changes in several books, a book that goes and one whose cards get other names, in pieces."""
    services = each_engine
    for slug, n in (("customers", 0), ("customers", 1), ("staff", 0), ("secret", 2)):
        put(services, f"c{n}.vcf", vcard(f"c{n}", f"Card {n}", f"NOTE:{slug}"), slug=slug)
    mac = mac_of(services, "alice")
    mac.limit = 1
    assert mac.sync() == ["c0.vcf 200", "c1.vcf 200", "2~c2.vcf 200", "3~c0.vcf 200"]
    delete(services, "c1.vcf")
    put(services, "c0.vcf", vcard("c0", "Card 0", "NOTE:new"), slug="staff")
    staff = '[users.alice]\ndefault_book = "staff"'
    reconfigured(services, SECRET, "]")
    mac.client.application = reconfigured(services, "[users.alice]", staff)
    # One of them the client never had by that name; to hear that it is gone harms nobody.
    gone = ["1~c1.vcf 404", "2~c2.vcf 404", "3~c0.vcf 404", "c1.vcf 404"]
    assert sorted(mac.sync()) == sorted(["1~c0.vcf 200", "c0.vcf 200", *gone])
    assert mac.cards == mac.fresh()
    assert mac.token == mac.state()[1]
    assert mac.client.say([f"PROPPATCH {mac.url}", COLOUR]) == ["207", f"{mac.url} 200 color"]


def test_an_idle_poll_reads_no_cards(mac: Mac, services: Services) -> None:
    read: list[str] = []
    listener = lambda *arguments: read.append(arguments[2])  # noqa: E731 - to be taken off again
    event.listen(services.store.engine, "before_cursor_execute", listener)
    assert mac.sync() == []
    mac.state()
    event.remove(services.store.engine, "before_cursor_execute", listener)
    assert read
    assert not [one for one in read if "FROM card" in one or "FROM change" in one]


@settings(max_examples=12, deadline=None)
@given(acts=ACTS, limit=st.sampled_from([None, 1, 3]))
def test_whatever_happens_a_client_comes_to_have_what_a_listing_has(
    generous: Path, acts: list[tuple[int, int]], limit: int | None
) -> None:
    with TemporaryDirectory() as folder, copied(generous, Path(folder)) as services:
        for slug in SLUGS[:3]:
            put(services, "c0.vcf", vcard("c0", "Card 0", f"NOTE:{slug}"), slug=slug)
        mac = mac_of(services, "carol")
        mac.sync()
        mac.limit = limit
        for what, n in acts:
            act(services, mac, what, n)
        mac.sync()
        assert mac.cards == mac.fresh()
        assert mac.token == mac.state()[1]
        assert mac.sync() == []
