"""Cards as they are written and read back: every byte, every trace, every refusal."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from dirserver.assembly import Services
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver.errors import (
    CardTooLarge,
    InvalidCard,
    InvalidHref,
    NotFound,
    PreconditionFailed,
    UIDConflict,
)
from dirserver.model.addressbook import Change
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.precondition import ANY, Precondition
from dirserver.model.query import EVERYTHING
from dirserver.store.tables import card_version
from tests.directory.acts import (
    changes,
    delete,
    events,
    get,
    listing,
    put,
    revision,
    rows,
    traces,
)
from tests.organisation import ALICE, BOB, HERE, vcard

ANNA = vcard("anna", "Anna Müller", "TEL:+49 30 901820")
MUST_BE_NEW = Precondition(none_match=frozenset({ANY}))
MUST_BE_THERE = Precondition(match=frozenset({ANY}))

# What other servers change on the way, and we do not.
VERBATIM = [
    ANNA,
    ANNA.replace(b"\r\n", b"\n"),
    ANNA.replace(b"FN:", b'fn;X-odd="a;b":'),
    ANNA.replace(b"TEL:", b'TEL;TYPE="voice,cell";PREF=1:\r\n '),
    ANNA.replace(b"END", b"NOTE:" + b"long " * 5000 + b"\r\nEND"),
    ANNA.replace(b"END", "NOTE:e\u0301\u00a0🙂\u200d\r\nEND".encode()),
    ANNA.replace(b"END", b"X-PHOTO:" + bytes(range(33, 127)) * 20 + b"\r\nEND"),
    ANNA.rstrip(),
    ANNA + b"\r\n\r\n",
    vcard("anna", "Anna Müller", "KIND:individual", version="4.0"),
]


@pytest.mark.parametrize("body", VERBATIM, ids=range(len(VERBATIM)))
def test_what_was_put_is_what_is_got_byte_for_byte(services: Services, body: bytes) -> None:
    stored = put(services, "anna.vcf", body)
    card, got = get(services, "anna.vcf")
    assert got == body
    assert card.etag == stored.etag == hashlib.sha256(body).hexdigest()[:32]
    assert card.size == len(body)
    assert card.uid == "anna"


def test_a_write_leaves_all_its_traces_at_once(each_engine: Services) -> None:
    before = traces(each_engine)
    stored = put(each_engine, "anna.vcf", ANNA, who=BOB)
    assert stored.created
    after = traces(each_engine)
    assert after.revisions == before.revisions + 1
    assert after.cards == after.versions == after.changes == after.entries == 1
    assert after.values > 3
    assert after.events == before.events + 1
    version = select(
        card_version.c.href,
        card_version.c.revision,
        card_version.c.operation,
        card_version.c.body,
        card_version.c.actor,
        card_version.c.protocol,
        card_version.c.address,
        card_version.c.agent,
    )
    assert rows(each_engine, version) == [
        ("anna.vcf", 2, "put", ANNA, "bob", "test", "192.0.2.7", "pytest")
    ]
    assert changes(each_engine) == [Change("anna.vcf", 2, vanished=False)]
    said = events(each_engine)[-1].event
    assert (said.action, said.actor, said.outcome) == (
        AuditAction.CARD_CREATE,
        "bob",
        Outcome.DONE,
    )
    assert (said.book, said.card) == ("customers", "anna.vcf")
    assert (said.protocol, said.address, said.agent) == ("test", "192.0.2.7", "pytest")
    assert "Anna" not in said.detail


def test_the_same_bytes_again_change_nothing(each_engine: Services) -> None:
    first = put(each_engine, "anna.vcf", ANNA)
    before = traces(each_engine)
    again = put(each_engine, "anna.vcf", ANNA, who=BOB)
    assert again.etag == first.etag
    assert not again.created
    assert traces(each_engine) == before


def test_every_version_is_kept_and_the_index_is_that_of_the_last(each_engine: Services) -> None:
    bodies = [vcard("anna", f"Anna {name}", f"NOTE:{name}") for name in ("One", "Two", "Six")]
    keys = set()
    for number, body in enumerate(bodies):
        assert put(each_engine, "anna.vcf", body).created is (number == 0)
        keys.add(get(each_engine, "anna.vcf")[0].key)
    assert len(keys) == 1
    versions = select(card_version.c.body).order_by(card_version.c.revision)
    assert [body for (body,) in rows(each_engine, versions)] == bodies
    assert changes(each_engine) == [Change("anna.vcf", 4, vanished=False)]
    assert traces(each_engine).entries == 1
    with each_engine.directory.reading(ALICE, HERE) as reading:
        (entry,) = reading.search(EVERYTHING, reading.books(Privilege.READ), moments=True)
        assert b"Anna Six" in entry.attributes
        assert entry.created is not None
        assert entry.modified is not None
        assert entry.modified > entry.created


def test_a_deleted_card_is_gone_and_remembered(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    delete(each_engine, "anna.vcf", who=BOB)
    assert listing(each_engine) == {}
    with pytest.raises(NotFound):
        get(each_engine, "anna.vcf")
    assert changes(each_engine) == [Change("anna.vcf", 3, vanished=True)]
    left = traces(each_engine)
    assert (left.cards, left.values, left.entries, left.versions) == (0, 0, 0, 2)
    last = select(card_version.c.operation, card_version.c.body, card_version.c.actor)
    assert rows(each_engine, last)[-1] == ("delete", None, "bob")
    assert events(each_engine)[-1].event.action is AuditAction.CARD_DELETE
    with pytest.raises(NotFound):
        delete(each_engine, "anna.vcf")


def test_a_card_made_anew_is_another_one(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    old = get(each_engine, "anna.vcf")[0]
    delete(each_engine, "anna.vcf")
    assert put(each_engine, "anna.vcf", ANNA, MUST_BE_NEW).created
    new = get(each_engine, "anna.vcf")[0]
    assert new.key != old.key
    assert new.etag == old.etag
    assert changes(each_engine) == [Change("anna.vcf", 4, vanished=False)]
    assert traces(each_engine).versions == 3


def test_preconditions_are_asked_of_the_card_that_is_there(each_engine: Services) -> None:
    etag = put(each_engine, "anna.vcf", ANNA, MUST_BE_NEW).etag
    other = vcard("anna", "Anna Other")

    def fails(precondition: Precondition, href: str = "anna.vcf") -> None:
        before = traces(each_engine)
        with pytest.raises(PreconditionFailed):
            put(each_engine, href, other, precondition)
        with pytest.raises(PreconditionFailed):
            delete(each_engine, href, precondition)
        assert traces(each_engine) == before

    fails(MUST_BE_NEW)
    fails(Precondition(match=frozenset({"other"})))
    fails(Precondition(none_match=frozenset({etag, "other"})))
    fails(MUST_BE_THERE, "absent.vcf")
    fails(Precondition(match=frozenset({etag})), "absent.vcf")
    put(each_engine, "anna.vcf", other, Precondition(match=frozenset({"other", etag})))
    delete(each_engine, "anna.vcf", MUST_BE_THERE)
    with pytest.raises(NotFound):
        delete(each_engine, "anna.vcf")


def test_a_uid_belongs_to_one_card_of_a_book(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    before = traces(each_engine)
    with pytest.raises(UIDConflict) as caught:
        put(each_engine, "other.vcf", vcard("anna", "Another Anna"))
    assert caught.value.href == "anna.vcf"
    assert traces(each_engine) == before
    # In another book, under the same name, and as soon as the first is gone, it is free.
    put(each_engine, "anna.vcf", vcard("anna", "Another Anna"))
    put(each_engine, "other.vcf", ANNA, slug="staff")
    delete(each_engine, "anna.vcf")
    put(each_engine, "other.vcf", ANNA)


def test_cards_without_a_uid_are_many(each_engine: Services) -> None:
    body = ANNA.replace(b"UID:anna\r\n", b"")
    for href in ("a.vcf", "b.vcf"):
        assert put(each_engine, href, body).created
    assert len(listing(each_engine)) == 2


def test_uids_and_names_are_told_apart_by_case(each_engine: Services) -> None:
    put(each_engine, "anna.vcf", ANNA)
    put(each_engine, "Anna.vcf", vcard("ANNA", "Anna"))
    assert list(listing(each_engine)) == ["Anna.vcf", "anna.vcf"]


def test_what_cannot_be_kept_is_refused_and_leaves_no_trace(services: Services) -> None:
    before = traces(services)
    for body in (b"", b"hello", ANNA[:-20], b"\xff" + ANNA, ANNA.replace(b"3.0", b"2.1")):
        with pytest.raises(InvalidCard):
            put(services, "anna.vcf", body)
    with pytest.raises(CardTooLarge) as caught:
        put(services, "anna.vcf", ANNA + b"\r\n" * (MAX_CARD_BYTES // 2))
    assert caught.value.limit == MAX_CARD_BYTES
    assert traces(services) == before


def test_a_card_of_the_greatest_size_is_kept(each_engine: Services) -> None:
    head, tail = ANNA[: -len(b"END:VCARD\r\n")] + b"PHOTO:", b"\r\nEND:VCARD\r\n"
    body = head + b"A" * (MAX_CARD_BYTES - len(head) - len(tail)) + tail
    assert len(body) == MAX_CARD_BYTES
    put(each_engine, "anna.vcf", body)
    assert get(each_engine, "anna.vcf")[1] == body


NAMES = [
    "a b.vcf",
    "100%.vcf",
    "Müller_1.vcf",
    "姓名.vcf",
    "🙂",
    "a\\b",
    "...",
    "'",
    '"',
    "x" * 255,
]
NO_NAMES = ["", ".", "..", "a/b", "a\0b", "a\nb", "\ud800", "\udcff.vcf", "x" * 256]


def test_a_card_is_found_by_the_name_that_the_client_gave_it(each_engine: Services) -> None:
    for number, href in enumerate(NAMES):
        put(each_engine, href, vcard(f"uid-{number}", f"Name {number}"))
    assert list(listing(each_engine)) == sorted(NAMES)
    for number, href in enumerate(NAMES):
        assert get(each_engine, href)[0].uid == f"uid-{number}"
    with each_engine.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        asked = [*NAMES, "absent", "a%b"]
        assert {card.href for card in reading.find(view, asked)} == set(NAMES)
        assert {card.href for card, _ in reading.bodies(view, asked)} == set(NAMES)
        assert {href for href, _, _ in reading.texts(view, asked)} == set(NAMES)
    delete(each_engine, "100%.vcf")
    assert len(listing(each_engine)) == len(NAMES) - 1


def test_a_name_that_no_card_can_have_names_no_card(each_engine: Services) -> None:
    for href in NO_NAMES:
        with pytest.raises(InvalidHref):
            put(each_engine, href, ANNA)
        with pytest.raises(NotFound):
            delete(each_engine, href)
        with pytest.raises(NotFound):
            get(each_engine, href)
    with each_engine.directory.reading(ALICE, HERE) as reading:
        view = reading.book("customers", Privilege.READ)
        for href in NO_NAMES:
            with pytest.raises(NotFound):
                reading.body(view, href)
        assert list(reading.find(view, NO_NAMES)) == []
        assert list(reading.bodies(view, NO_NAMES)) == []
        assert list(reading.texts(view, [*NO_NAMES, "absent"])) == []
    assert revision(each_engine) == 1


def test_a_card_may_say_as_much_as_it_likes(each_engine: Services) -> None:
    # All different, so that nothing can be made shorter.
    words = "".join(hashlib.sha512(str(number).encode()).hexdigest() for number in range(40))
    ideographs = "".join(chr(0x4E00 + number * 7 % 20000) for number in range(4000))
    for number, name in enumerate((words, ideographs)):
        body = vcard(
            f"{number}",
            name,
            f"NOTE:{name}",
            f"ORG:{name};{name}",
            *[f"TEL:{n}" for n in range(99)],
        )
        put(each_engine, f"{number}.vcf", body)
        assert get(each_engine, f"{number}.vcf")[1] == body


def test_what_a_client_says_of_itself_stops_no_write(each_engine: Services) -> None:
    odd = type(HERE)("test", "192.0.2.7\0", "agent\0\ud800\udcff🙂" + "x" * 10_000)
    put(each_engine, "anna.vcf", ANNA, client=odd)
    assert events(each_engine)[-1].event.address == "192.0.2.7\ufffd"
    assert events(each_engine)[-1].event.agent.startswith("agent\ufffd\ufffd\ufffd🙂xx")
