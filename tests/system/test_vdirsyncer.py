"""vdirsyncer against a real server: discovery, both directions, conflicts, nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.dav import DAVClient
from tests.system.people import crowd, made_up, with_photo
from tests.system.running import RunningServer
from tests.system.secrecy import WRONG_PASSWORD
from tests.system.serving import Authority
from tests.system.vdir import Vdirsyncer, lines, said

BOOK = "/alice/customers"


@pytest.fixture
def alice(dav: Callable[[str], DAVClient]) -> Iterator[DAVClient]:
    """Alice, who manages the customers; what is in them afterwards is taken away."""
    client = dav("alice")
    yield client
    for href in client.sync(f"{BOOK}/").responses():
        client.delete(href)


@pytest.fixture
def pair(server: RunningServer, alice: DAVClient, tmp_path: Path) -> Vdirsyncer:
    """Bob's folder, which is in sync with the customers; Anna is in both."""
    assert alice.put(f"{BOOK}/anna.vcf", made_up("anna", "Anna Berg")).status == 201
    made = Vdirsyncer.between(tmp_path / "bob", server, "bob", "customers")
    made.discover()
    assert made.sync() == ["Copying (uploading) item anna to local/customers"]
    return made


def test_the_books_are_discovered_from_the_bare_url(
    server: RunningServer, authority: Authority, tmp_path: Path
) -> None:
    for scheme, ca in (("http", None), ("https", authority.ca)):
        for login, books in (
            ("alice", ["customers", "secret", "staff"]),
            ("carol", ["customers", "staff"]),
            ("dave", ["staff"]),
        ):
            folder = tmp_path / scheme / login
            client = Vdirsyncer.between(folder, server, login, scheme=scheme, ca=ca)
            found = f"collections = {books}".replace("'", '"')
            assert found in client.discover()


def test_a_certificate_that_nobody_vouches_for_is_the_end_of_it(
    server: RunningServer, tmp_path: Path
) -> None:
    client = Vdirsyncer.between(tmp_path, server, "alice", scheme="https")
    done = client.run("discover")
    assert done.returncode == 1
    assert "certificate verify failed" in done.stderr


def test_a_wrong_password_discovers_nothing(server: RunningServer, tmp_path: Path) -> None:
    # Who tries so often has to wait, also with the right one: nobody else's login, in any order.
    client = Vdirsyncer.between(tmp_path, server, "erin", password=WRONG_PASSWORD)
    done = client.run("discover")
    assert done.returncode == 1
    assert "staff" not in done.stdout + done.stderr


def test_in_sync_nothing_happens(pair: Vdirsyncer) -> None:
    assert pair.sync() == []
    assert pair.sync() == []


def test_a_card_made_in_the_folder_comes_to_the_book(pair: Vdirsyncer, alice: DAVClient) -> None:
    card = made_up("björn", "Björn Åkerlund", "X-SKYPE:bjorn", "item1.TEL:+46 8 1234567")
    (pair.folder("customers") / "new.vcf").write_bytes(card)
    assert pair.sync() == ["Copying (uploading) item björn to remote/customers"]
    hrefs = [href for href in alice.sync(f"{BOOK}/").responses() if "anna" not in href]
    assert [lines(alice.get(href).body) for href in hrefs] == [lines(card)]
    assert pair.sync() == []


def test_a_card_made_in_the_book_comes_to_the_folder(pair: Vdirsyncer, alice: DAVClient) -> None:
    card = made_up("cem", "Cem Öztürk", "ADR;TYPE=WORK:;;Straße 1;Köln;;50667;Deutschland")
    alice.put(f"{BOOK}/any name.vcf".replace(" ", "%20"), card)
    assert pair.sync() == ["Copying (uploading) item cem to local/customers"]
    assert lines(pair.files("customers")["cem.vcf"]) == lines(card)
    assert pair.sync() == []


def test_a_change_in_the_folder_comes_to_the_book(pair: Vdirsyncer, alice: DAVClient) -> None:
    changed = made_up("anna", "Anna Berg-Tal", "X-ANNIVERSARY:2001-02-03")
    (pair.folder("customers") / "anna.vcf").write_bytes(changed)
    assert pair.sync() == ["Copying (updating) item anna to remote/customers"]
    assert lines(alice.get(f"{BOOK}/anna.vcf").body) == lines(changed)
    assert pair.sync() == []


def test_a_change_in_the_book_comes_to_the_folder(pair: Vdirsyncer, alice: DAVClient) -> None:
    changed = made_up("anna", "Anna Berg-Tal")
    assert alice.put(f"{BOOK}/anna.vcf", changed).status == 204
    assert pair.sync() == ["Copying (updating) item anna to local/customers"]
    assert lines(pair.files("customers")["anna.vcf"]) == lines(changed)
    assert pair.sync() == []


def test_a_card_deleted_in_the_folder_leaves_the_book(pair: Vdirsyncer, alice: DAVClient) -> None:
    alice.put(f"{BOOK}/stays.vcf", made_up("stays", "Stays Here"))
    pair.sync()
    (pair.folder("customers") / "anna.vcf").unlink()
    assert pair.sync() == ["Deleting item anna from remote/customers"]
    assert alice.get(f"{BOOK}/anna.vcf").status == 404
    assert alice.get(f"{BOOK}/stays.vcf").status == 200
    assert pair.sync() == []


def test_a_card_deleted_in_the_book_leaves_the_folder(pair: Vdirsyncer, alice: DAVClient) -> None:
    alice.put(f"{BOOK}/stays.vcf", made_up("stays", "Stays Here"))
    pair.sync()
    assert alice.delete(f"{BOOK}/anna.vcf").status == 204
    assert pair.sync() == ["Deleting item anna from local/customers"]
    assert list(pair.files("customers")) == ["stays.vcf"]


def test_a_conflict_is_told_and_loses_neither_side(pair: Vdirsyncer, alice: DAVClient) -> None:
    ours, theirs = made_up("anna", "Anna Ours"), made_up("anna", "Anna Theirs")
    (pair.folder("customers") / "anna.vcf").write_bytes(ours)
    alice.put(f"{BOOK}/anna.vcf", theirs)
    done = pair.run("sync")
    assert done.returncode == 1
    assert any("One item changed on both sides" in line for line in said(done)), done.stderr
    assert pair.files("customers")["anna.vcf"] == ours
    assert alice.get(f"{BOOK}/anna.vcf").body == theirs


def test_a_conflict_ends_as_its_owner_has_decided(
    pair: Vdirsyncer, server: RunningServer, alice: DAVClient, tmp_path: Path
) -> None:
    ours, theirs = made_up("anna", "Anna Ours"), made_up("anna", "Anna Theirs")
    (pair.folder("customers") / "anna.vcf").write_bytes(ours)
    alice.put(f"{BOOK}/anna.vcf", theirs)
    decided = Vdirsyncer.between(
        tmp_path / "bob", server, "bob", "customers", pair='conflict_resolution = "a wins"'
    )
    decided.sync()
    assert lines(alice.get(f"{BOOK}/anna.vcf").body) == lines(ours)
    assert decided.sync() == []


def test_a_local_change_to_a_read_only_book_stays_local_and_is_told(
    server: RunningServer, alice: DAVClient, tmp_path: Path
) -> None:
    original = made_up("anna", "Anna Berg")
    alice.put(f"{BOOK}/anna.vcf", original)
    carol = Vdirsyncer.between(tmp_path, server, "carol", "customers")
    carol.discover()
    carol.sync()
    edited = made_up("anna", "Anna Edited")
    (carol.folder("customers") / "anna.vcf").write_bytes(edited)
    done = carol.run("sync")
    assert done.returncode == 1
    assert any("403" in line for line in said(done)), done.stderr
    assert carol.files("customers")["anna.vcf"] == edited
    assert alice.get(f"{BOOK}/anna.vcf").body == original


def test_a_local_change_to_a_read_only_book_can_be_undone(
    server: RunningServer, alice: DAVClient, tmp_path: Path
) -> None:
    original = made_up("anna", "Anna Berg")
    alice.put(f"{BOOK}/anna.vcf", original)
    carol = Vdirsyncer.between(
        tmp_path, server, "carol", "customers",
        pair='partial_sync = "revert"', remote="read_only = true",
    )  # fmt: skip
    carol.discover()
    carol.sync()
    (carol.folder("customers") / "anna.vcf").write_bytes(made_up("anna", "Anna Edited"))
    (carol.folder("customers") / "extra.vcf").write_bytes(made_up("extra", "Extra Card"))
    carol.sync()
    carol.sync()
    assert {name: lines(card) for name, card in carol.files("customers").items()} == {
        "anna.vcf": lines(original)
    }
    assert list(alice.sync(f"{BOOK}/").responses()) == [f"{BOOK}/anna.vcf"]


def test_photos_and_private_properties_go_through_unchanged(
    pair: Vdirsyncer, alice: DAVClient
) -> None:
    private = [
        "X-ABLABEL:Büro",
        "item1.X-ABADR:de",
        "X-EVOLUTION-FILE-AS:Tal\\, Dora",
        "X-A;X-B=1:",
    ]
    down = with_photo("dora", "Dora Tal", 20_000, *private)
    up = with_photo("emil", "Emil Wald", 50_000, *private)
    alice.put(f"{BOOK}/dora.vcf", down)
    (pair.folder("customers") / "emil.vcf").write_bytes(up)
    pair.sync()
    assert lines(pair.files("customers")["dora.vcf"]) == lines(down)
    assert alice.get(f"{BOOK}/dora.vcf").body == down
    assert lines(alice.get(f"{BOOK}/emil.vcf").body) == lines(up)
    assert pair.sync() == []


def test_three_hundred_cards_go_up_and_come_down_again(
    server: RunningServer, alice: DAVClient, tmp_path: Path
) -> None:
    cards = {f"up-{at:04}.vcf": card for at, card in enumerate(crowd("up", 300, photo=4_000))}
    bob = Vdirsyncer.between(tmp_path, server, "bob", "customers")
    bob.discover()
    for name, card in cards.items():
        (bob.folder("customers") / name).write_bytes(card)
    assert len(bob.sync()) == 300
    assert bob.sync() == []
    bob.forget()
    bob.discover()
    assert len(bob.sync()) == 300
    came = bob.files("customers")
    assert {name: lines(card) for name, card in came.items()} == {
        name: lines(card) for name, card in cards.items()
    }
    assert bob.sync() == []
    assert len(alice.sync(f"{BOOK}/").responses()) == 300
