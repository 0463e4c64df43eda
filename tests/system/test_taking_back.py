"""What a telephone did wrong is put right at the command line, and every client sees it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.system.dav import DAVClient
from tests.system.ldaputils import LDAPClient
from tests.system.people import made_up, with_photo
from tests.system.running import RunningServer, run_command
from tests.system.serving import CUSTOMERS

BOOK = "/{}/customers/"
ANNA = with_photo("anna", "Anna Beispiel", 3_000, "TEL;TYPE=CELL:0171 5550102")
BEN = made_up("ben", "Ben Muster", "TEL;TYPE=WORK:030 1234567")


@pytest.fixture(scope="module")
def server(server_on_each_engine: RunningServer) -> RunningServer:
    """The organisation, served from each engine in turn."""
    return server_on_each_engine


@pytest.fixture(autouse=True)
def filled(dav: Callable[[str], DAVClient]) -> None:
    """Begin with two customers."""
    book = BOOK.format("alice")
    for href in dav("alice").sync(book).responses():
        dav("alice").delete(href)
    for name, card in (("anna", ANNA), ("ben", BEN)):
        assert dav("alice").put(f"{book}{name}.vcf", card).status == 201


def typed(server: RunningServer, *words: str) -> str:
    done = run_command(server.config, *words)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_deleted_cards_come_back_to_every_client(
    server: RunningServer, dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    mine, bobs = BOOK.format("alice"), BOOK.format("bob")
    etag = dav("alice").get(f"{mine}anna.vcf").etag
    entry = ldap("alice").search("(cn=Anna Beispiel)", base=CUSTOMERS).entries[0]
    assert dav("bob").delete(f"{bobs}anna.vcf").status == 204
    gone = dav("alice").sync(mine)
    assert list(gone.responses()) == [f"{mine}ben.vcf"]
    assert ldap("alice").names("(cn=Anna*)", CUSTOMERS) == []
    assert "comes back" in typed(server, "restore", "Anna Beispiel", "--as", "alice")
    assert list(dav("alice").sync(mine, gone.token()).responses()) == [f"{mine}anna.vcf"]
    got = dav("alice").get(f"{mine}anna.vcf")
    assert (got.body, got.etag) == (ANNA, etag)
    assert ldap("dave").names("(mobile=+491715550102)", CUSTOMERS) == ["Anna Beispiel"]
    assert ldap("alice").search("(cn=Anna Beispiel)", base=CUSTOMERS).entries[0] == entry


def test_a_telephone_that_wiped_the_book_is_taken_back(
    server: RunningServer, dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    mine, bobs = BOOK.format("alice"), BOOK.format("bob")
    token = dav("alice").sync(mine).token()
    changed = BEN.replace(b"1234567", b"7654321")
    assert dav("bob").put(f"{bobs}ben.vcf", changed).status == 204
    noted = changed.replace(b"END:VCARD", b"NOTE:from alice\r\nEND:VCARD")
    assert dav("alice").put(f"{mine}ben.vcf", noted).status == 204
    assert dav("bob").delete(f"{bobs}anna.vcf").status == 204
    assert dav("bob").put(f"{bobs}junk.vcf", made_up("junk", "Junk")).status == 201
    told = json.loads(
        typed(server, "undo", "--user", "bob", "--since", "10m", "--yes", "--json", "--book",
              "customers")
    )  # fmt: skip
    fates = {card["href"]: card["fate"] for card in told["cards"]}
    assert {href: fates[href] for href in ("anna.vcf", "ben.vcf", "junk.vcf")} == {
        "anna.vcf": "returns", "ben.vcf": "changes", "junk.vcf": "goes",
    }  # fmt: skip
    assert dav("bob").get(f"{bobs}anna.vcf").body == ANNA
    # What alice wrote in the meantime is there still.
    assert dav("bob").get(f"{bobs}ben.vcf").body == noted.replace(b"7654321", b"1234567")
    delta = dav("alice").sync(mine, token).responses()
    assert {f"{mine}anna.vcf", f"{mine}ben.vcf"} <= set(delta)
    assert ldap("alice").names("(telephoneNumber=030 1234567)", CUSTOMERS) == ["Ben Muster"]
    assert ldap("alice").names("(cn=Junk)", CUSTOMERS) == []


def test_a_whole_book_is_again_what_it_was(
    server: RunningServer, dav: Callable[[str], DAVClient], ldap: Callable[..., LDAPClient]
) -> None:
    mine, bobs = BOOK.format("alice"), BOOK.format("bob")
    versions = json.loads(typed(server, "history", "ben.vcf", "--json"))["versions"]
    at = versions[-1]["at"].removesuffix("Z") + "999Z"
    token = dav("bob").sync(bobs).token()
    for href in ("anna.vcf", "ben.vcf"):
        assert dav("bob").delete(f"{bobs}{href}").status == 204
    assert dav("bob").put(f"{bobs}new.vcf", made_up("new", "New")).status == 201
    assert "2 cards as they were, 1 card taken out" in typed(
        server, "book", "restore", "customers", "--at", at, "--as", "alice", "--yes"
    )
    assert set(dav("alice").sync(mine).responses()) == {f"{mine}anna.vcf", f"{mine}ben.vcf"}
    changed = dav("bob").sync(bobs, token).responses()
    assert set(changed) == {f"{bobs}anna.vcf", f"{bobs}ben.vcf", f"{bobs}new.vcf"}
    assert sorted(ldap("alice").names("(cn=*)", CUSTOMERS)) == ["Anna Beispiel", "Ben Muster"]
