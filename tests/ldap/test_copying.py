"""Copies that clients make of a whole book: the same for each of them, and always of the book."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import update

from dirserver.assembly import Services
from dirserver.ldap.answering import Answer, begin
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.entry.runs import KeptRuns, Run
from dirserver.ldap.search import paging
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import Size
from dirserver.store.tables import card_entry
from tests.ldap import wire
from tests.ldap.asking import paged
from tests.ldap.client import encode
from tests.organisation import ALICE, HERE, PASSWORD, vcard

SUFFIX = "dc=example,dc=org"
CUSTOMERS = f"ou=customers,{SUFFIX}"
PERSONS, EVERYBODY = "(objectClass=person)", "(objectClass=*)"
# Enough for all that there is.
SIZE = Size(64 * 1024, 1 << 20)
TEN = Run([bytes(52)] * 10, ("name", "key"))

Download = Callable[..., bytes]
_addresses = (f"198.19.1.{number}" for number in count(1))


def put(services: Services, uid: str, name: str, *lines: str) -> None:
    with services.directory.writing(ALICE, HERE) as writing:
        writing.put_card("customers", f"{uid}.vcf", vcard(uid, name, *lines))


@pytest.fixture
def download(context: Context, services: Services) -> Download:
    """A function that fetches a book of thirty page by page, and returns all that it was sent."""
    for number in range(30):
        put(services, f"p{number}", f"Person {number:02}")
    face = Context(services.directory, services.authenticator, context.settings)

    def fetch(
        size: int = 7,
        login: str = "alice",
        text: str = PERSONS,
        *,
        base: str = CUSTOMERS,
        attributes: tuple[str, ...] = ("*",),
        at_once: bool = True,
    ) -> bytes:
        session = LDAPSession(lambda: face, next(_addresses))
        bind = encode(f'bind dn={login} password="{PASSWORD}"', 1)
        assert list(session.answer(decode_message(bind)))
        cookie, data = b"", b""
        # From ids of one octet to those of two.
        for message_id in count(126):
            operation = wire.search(base, text, attributes=attributes)
            request = decode_message(wire.message(message_id, operation, [paged(size, cookie)]))
            if at_once:
                sent: list[bytes] = []
                answer = begin(session, request, SIZE, sent.append)
                assert isinstance(answer, Answer)
                assert answer.ready is not None
                assert answer.ready.ended
                data += b"".join(sent) + answer.ready.data
            else:
                data += b"".join(one for one in session.answer(request) if isinstance(one, bytes))
            assert session.answered.search is not None
            controls = session.answered.search.result.controls
            # There are none where the book is not to be seen.
            cookie = paging.decode(controls[0].value or b"").cookie if controls else b""
            if not cookie:
                break
        return data

    return fetch


def names(data: bytes) -> list[str]:
    """Return the names of those who were sent, but for the entries above them."""
    shown = [dict(one.attributes) for one in wire.responses(data)]
    return [one["cn"][0].decode() for one in shown if "cn" in one and "uid" in one]


@pytest.mark.parametrize("has_group", [False, True])
def test_whatever_was_sent_before_everybody_is_sent_the_same(
    download: Download, services: Services, has_group: bool
) -> None:
    if has_group:
        put(services, "group", "Person 11 and others", "KIND:group", "MEMBER:urn:uuid:p3")
    for size in (7, 7, 7, 10, 3, 7, 30, 31, 500, 10):
        for text in (PERSONS, EVERYBODY):
            waited = download(size, text=text, at_once=False)
            assert download(size, text=text) == waited
            assert len(names(waited)) == 30 + (has_group and text == EVERYBODY)
    for login in ("bob", "carol", "dave", "erin"):
        for base in (CUSTOMERS, SUFFIX):
            waited = download(7, login, base=base, at_once=False)
            assert download(7, login, base=base) == waited
    for attributes in ((), ("*", "+"), ("cn", "uid"), ("CN", "*")):
        waited = download(7, attributes=attributes, at_once=False)
        assert download(7, attributes=attributes) == waited


def test_what_was_sent_before_is_not_looked_for_again_until_the_book_changes(
    download: Download, services: Services
) -> None:
    first = names(download())
    assert first == [f"Person {number:02}" for number in range(30)]
    # As nobody does who tells of it.
    with services.store.writing() as connection:
        gone = wire.tlv(0x30, wire.string("uid") + wire.tlv(0x31, wire.string("gone")))
        connection.execute(update(card_entry).values(attributes=gone))
    assert names(download()) == first
    assert names(download(at_once=False)) == []
    put(services, "p5", "Aaron Aaronson")
    assert names(download()) == ["Aaron Aaronson"]


def test_every_copy_is_of_the_book_as_it_is(download: Download, services: Services) -> None:
    for number in range(3):
        for _ in range(3):
            assert len(names(download())) == 30 - number
        with services.directory.writing(ALICE, HERE) as writing:
            writing.delete_card("customers", f"p{number}.vcf")
        assert names(download())[0] == f"Person {number + 1:02}"
        put(services, "p29", f"Zoe {number}")
        assert names(download())[-1] == f"Zoe {number}"


def test_runs_are_good_until_the_book_changes() -> None:
    kept = KeptRuns(10_000)
    book = kept.of(1, "first")
    kept.put(book, ("look", None), TEN)
    assert kept.of(1, "first").runs == {("look", None): TEN}
    changed = kept.of(1, "second")
    assert changed.runs == {}
    # It was made before the book changed, and comes too late.
    kept.put(book, ("look", ("name", "key")), TEN)
    assert kept.of(1, "second") is changed
    assert changed.runs == {}


def test_what_there_is_no_room_for_is_not_kept_but_others_make_room() -> None:
    kept = KeptRuns(3_500)
    one = kept.of(1, "state")
    for at in "abcde":
        kept.put(one, ("look", (at,)), TEN)
    assert list(one.runs) == [("look", (at,)) for at in "abc"]
    two = kept.of(2, "state")
    assert kept.has_room(two)
    kept.put(two, ("look", None), TEN)
    assert list(two.runs.values()) == [TEN]
    assert kept.of(1, "state").runs == {}


def test_what_a_book_was_like_takes_no_room() -> None:
    kept = KeptRuns(1_100)
    for state in range(20):
        book = kept.of(1, state)
        assert kept.has_room(book)
        kept.put(book, ("look", None), TEN)
        assert len(book.runs) == 1
        kept.put(book, ("look", ("name", "key")), TEN)
        assert len(book.runs) == 1


def test_a_book_that_is_sent_once_more_has_more_room() -> None:
    kept = KeptRuns(10_000, 2_000)
    book = kept.of(1, "state")
    for wanted, there in ((False, "ab"), (True, "abcde")):
        book.is_wanted = book.is_wanted or wanted
        for at in "abcde":
            kept.put(book, ("look", (at,)), TEN)
        assert [place for _, place in book.runs] == [(at,) for at in there]
    # Another has the room of one that nobody has asked for again, and takes no more than that.
    other = kept.of(2, "state")
    for at in "abcde":
        kept.put(other, ("look", (at,)), TEN)
    assert len(other.runs) == 2
    assert len(book.runs) == 5


def test_a_run_is_not_cut() -> None:
    assert list(TEN.first(10).pieces(500, 1000)) == [TEN]
    assert list(TEN.first(9).pieces(500, 1000)) == []
