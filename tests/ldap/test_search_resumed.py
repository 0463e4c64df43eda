"""Answers that are broken off, as their client takes nothing, and go on from another snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import delete

from dirserver.assembly import Services
from dirserver.ldap.answering import Answer
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.operations import Request
from dirserver.ldap.session import Context, LDAPSession
from dirserver.store import settings
from dirserver.store.tables import book_grant
from tests.ldap.client import encode, rendered
from tests.organisation import ALICE, HERE, PASSWORD, vcard

CUSTOMERS = "base=ou=customers,dc=example,dc=org"
SEARCHES = [
    "",
    "attributes=cn,modifyTimestamp",
    "size_limit=1",
    "size_limit=4",
    "size_limit=5",
    "scope=base",
    "scope=one",
    "base=dc=example,dc=org",
    "base=dc=example,dc=org size_limit=6",
    'base=dc=example,dc=org filter="(|(cn=*a*)(objectClass=organizationalUnit))"',
    CUSTOMERS,
    f"{CUSTOMERS} filter=(sn=*e*)",
    f"{CUSTOMERS} filter=(cn=nobody)",
    "base=ou=nowhere,dc=example,dc=org",
    "base=cn=Subschema scope=base",
]

_addresses = (f"198.19.0.{number}" for number in count(1))


def session(context: Context, login: str, most: int = 1) -> LDAPSession:
    """Return a session with ``login``, or with nobody, that makes so many entries at once."""
    found = LDAPSession(lambda: context, next(_addresses), most=most)
    if login:
        bind = decode_message(encode(f'bind dn={login} password="{PASSWORD}"', 1))
        assert rendered(taken(found, bind)) == ["BindResponse success"]
    return found


def taken(
    of: LDAPSession, request: Request, meanwhile: Callable[[int], None] = lambda _entries: None
) -> bytes:
    """Return what is answered when the client makes the server let go after every entry."""
    answer = Answer(of, request, of.answer(request), 0.0)
    data = b""
    for number in count(1):
        batch = answer.next_batch(1)
        data += batch.data
        if batch.ended:
            return data
        answer.let_go()
        meanwhile(number)
    raise AssertionError


@pytest.mark.parametrize("login", ["alice", "bob", "dave", ""])
@pytest.mark.parametrize("words", SEARCHES)
def test_an_answer_that_is_broken_off_again_and_again_is_the_same(
    context: Context, words: str, login: str
) -> None:
    of = session(context, login)
    request = decode_message(encode(f"search {words}", 2))
    whole = rendered(b"".join(one for one in of.answer(request) if isinstance(one, bytes)))
    hits = of.answered.hits
    assert rendered(taken(of, request)) == whole
    assert of.answered.hits == hits


def test_what_is_not_a_search_is_not_said_twice(context: Context) -> None:
    of = session(context, "alice")
    for words in ("starttls", "compare dn=ou=staff,dc=example,dc=org attribute=ou value=x"):
        request = decode_message(encode(words, 3))
        assert len([one for one in rendered(taken(of, request)) if one[0] != " "]) == 1


@pytest.fixture
def fresh(context: Context, services: Services) -> Context:
    """A face on a directory of its own, with three customers."""
    for name in "BDF":
        with services.directory.writing(ALICE, HERE) as writing:
            writing.put_card("customers", f"{name}.vcf", vcard(name, f"{name} Someone"))
    return replace(context, directory=services.directory, authenticator=services.authenticator)


def test_the_rest_is_of_what_there_is_by_then(fresh: Context, services: Services) -> None:
    def write(entries: int) -> None:
        if entries == 1:
            with services.directory.writing(ALICE, HERE) as writing:
                writing.delete_card("customers", "D.vcf")
                writing.put_card("customers", "A.vcf", vcard("A", "A Someone"))
                writing.put_card("customers", "E.vcf", vcard("E", "E Someone"))

    request = decode_message(encode(f"search {CUSTOMERS} scope=one attributes=cn", 2))
    lines = rendered(taken(session(fresh, "alice"), request, write))
    names = [line.strip() for line in lines if line.startswith("  ")]
    assert names == ["cn: B Someone", "cn: E Someone", "cn: F Someone"]
    assert lines[-1] == "SearchResultDone success"


def test_whoever_lost_the_right_to_read_gets_nothing_more(
    fresh: Context, services: Services
) -> None:
    def take_away(_entries: int) -> None:
        with services.store.writing() as connection:
            connection.execute(delete(book_grant))
            settings.next_policy_epoch(connection)

    request = decode_message(encode(f"search {CUSTOMERS} scope=one attributes=cn", 2))
    lines = rendered(taken(session(fresh, "alice"), request, take_away))
    assert lines[1:] == [
        "  cn: B Someone",
        "SearchResultDone noSuchObject",
        "  matchedDN: dc=example,dc=org",
    ]
