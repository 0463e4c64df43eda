"""What was exported comes back: the same people, as far as a format can say who they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirserver.exchange.formats.choices import Format
from dirserver.exchange.formats.contact import Address, Contact, Said
from dirserver.exchange.formats.fromcard import to_contact
from dirserver.exchange.formats.identity import Identities
from dirserver.exchange.formats.tocard import to_card
from dirserver.model.fold import fold
from dirserver.model.number_writing import dialled
from tests.exchange.formats.files import contacts_in, written

# What people write, and what spreadsheets, LDIF, XML and vCards each have a use of their own for.
LETTERS = "abÄß小=+-@'\"\\,;:<>&#"
WORD = st.text(LETTERS, min_size=1, max_size=8).map(lambda text: f"x{text}y")
ANY_WORD = st.one_of(st.just(""), WORD)
# Cells are trimmed, so nothing is said by blanks at their ends.
FORMULA = st.sampled_from(["=1+1", "+x", "-y", "@z", "'=q", "''-r", "a;b", "n"])
TEXT = st.one_of(ANY_WORD, FORMULA)
NUMBER = st.from_regex(r"0[1-9][0-9]{2} [1-9][0-9]{5}", fullmatch=True)
MAIL = st.from_regex(r"[a-z]{1,5}@[a-z]{1,5}\.example", fullmatch=True)
WORK, HOME, CELL = frozenset({"work"}), frozenset({"home"}), frozenset({"cell"})
TYPES = st.sampled_from([WORK, HOME, CELL])


def said(
    texts: st.SearchStrategy[str], types: st.SearchStrategy[frozenset[str]]
) -> st.SearchStrategy[list[Said]]:
    """Up to two values, each of another type."""
    one = st.builds(Said, texts, types)
    return st.lists(one, max_size=2, unique_by=(lambda said: said.types, lambda said: said.text))


ADDRESSES = st.lists(
    st.builds(
        Address,
        street=WORD,
        city=ANY_WORD,
        region=ANY_WORD,
        code=st.from_regex(r"[0-9]{5}", fullmatch=True),
        country=ANY_WORD,
        types=st.sampled_from([WORK, HOME]),
    ),
    max_size=2,
    unique_by=lambda address: address.types,
)
CONTACTS = st.builds(
    Contact,
    family=WORD,
    given=WORD,
    organisation=TEXT,
    unit=ANY_WORD,
    title=TEXT,
    nickname=ANY_WORD,
    birthday=st.one_of(st.just(""), st.dates().map(lambda day: f"{day:%Y-%m-%d}".zfill(10))),
    phones=said(NUMBER, TYPES),
    mails=said(MAIL, st.just(frozenset())),
    addresses=ADDRESSES,
    # What divides them in cells cannot be in them.
    categories=st.lists(WORD.map(lambda word: word.replace(";", "")), max_size=2, unique=True),
    notes=st.lists(TEXT.filter(bool), max_size=1),
)  # fmt: skip


def cards_of(contacts: list[Contact]) -> list[bytes]:
    """Give the contacts UIDs and write them as cards."""
    identities = Identities("test")
    for contact in contacts:
        identities.give(contact)
    return [to_card(contact) for contact in contacts]


def as_read(bodies: list[bytes]) -> list[Contact]:
    """The contacts that are in cards."""
    return [to_contact(body) for body in bodies]


def without_uid(contact: Contact) -> Contact:
    """The contact but for its UID, of which most formats say nothing."""
    return replace(contact, uid="")


def in_ldif(contact: Contact) -> Contact:
    """What LDIF says: the second of several lines in attributes of its own, no categories."""
    return replace(contact, categories=[])


def of_phone(contact: Contact) -> tuple[str, list[str]]:
    """The name and the numbers, all that a desk phone cares for."""
    return contact.name(), sorted(dialled(said.text) for said in contact.phones)


@settings(max_examples=15, deadline=None)
@given(st.lists(CONTACTS, min_size=1, max_size=3))
def test_a_contact_is_the_same_after_it_was_a_card(contacts: list[Contact]) -> None:
    bodies = cards_of(contacts)
    assert [without_uid(one) for one in as_read(bodies)] == list(map(without_uid, contacts))


@pytest.mark.parametrize("kind", [Format.VCARD, Format.VCARD_3, Format.VCARD_4])
@settings(max_examples=5, deadline=None)
@given(contacts=st.lists(CONTACTS, min_size=1, max_size=3))
def test_vcards_come_back_with_their_uids(kind: Format, contacts: list[Contact]) -> None:
    bodies = cards_of(contacts)
    assert contacts_in(written(bodies, kind)) == as_read(bodies)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Format.CSV, lambda contact: contact),
        (Format.GOOGLE, without_uid),
        (Format.OUTLOOK, lambda contact: replace(without_uid(contact), nickname="")),
        (Format.LDIF, in_ldif),
    ],
)
@settings(max_examples=12, deadline=None)
@given(contacts=st.lists(CONTACTS, min_size=1, max_size=3))
def test_people_come_back_from_a_table(
    kind: Format, says: Callable[[Contact], Contact], contacts: list[Contact]
) -> None:
    bodies = cards_of(contacts)
    back = contacts_in(written(bodies, kind))
    expected = as_read(bodies)
    if kind is not Format.LDIF:
        expected.sort(key=lambda one: fold(one.name()))
    assert [said_in_order(says(one)) for one in back] == [
        said_in_order(says(one)) for one in expected
    ]


def said_in_order(contact: Contact) -> Contact:
    """A table has its columns in an order of its own."""
    return replace(
        contact,
        phones=sorted(contact.phones, key=lambda said: said.text),
        addresses=sorted(contact.addresses, key=lambda address: sorted(address.types)),
    )


def test_lists_come_back_from_ldif_with_who_is_in_them_people_and_lists() -> None:
    ada, bob = Contact(given="Ada", family="Byron"), Contact(given="Bob", family="Ives")
    ada.uid, bob.uid = "not-a-uuid", "0b9d3d4c-5f0e-5d0c-9d55-3f1b6a3c9a57"
    board = Contact(full_name="Board, the", is_list=True, uid="board", members=[bob.uid, ada.uid])
    every = Contact(full_name="Everybody", is_list=True, uid="every", members=["board", bob.uid])
    bodies = [to_card(one) for one in (every, board, ada, bob)]
    back = {one.name(): one for one in contacts_in(written(bodies, Format.LDIF))}
    names = {one.uid: name for name, one in back.items()}
    members = {name: [names[uid] for uid in one.members] for name, one in back.items()}
    assert members == {
        "Everybody": ["Board, the", "Bob Ives"],
        "Board, the": ["Bob Ives", "Ada Byron"],
        "Ada Byron": [],
        "Bob Ives": [],
    }
    assert back["Everybody"].is_list


def test_namesakes_stay_apart_in_ldif() -> None:
    """Where the dn is all that tells who somebody is, two would become one."""
    uids = ["ada,1", "ada 2", "same", "same", "same 2"]
    bodies = [
        to_card(Contact(given=called, family="Byron", uid=uid, mails=[Said("a@example.org")]))
        for called, uid in zip(("Ada", "ADA", "Ada", "Ada", "Ada"), uids, strict=True)
    ]
    both = Contact(full_name="Both", is_list=True, uid="both", members=["ada 2", "same"])
    data = written([*bodies, to_card(both)], Format.LDIF)
    names = re.findall(r"^dn: (.*(?:\n .*)*)", data.decode(), re.MULTILINE)
    assert [name.replace("\n ", "") for name in names] == [
        r"cn=Ada Byron+uid=ada\,1,mail=a@example.org",
        "cn=ADA Byron+uid=ada 2,mail=a@example.org",
        "cn=Ada Byron+uid=same,mail=a@example.org",
        "cn=Ada Byron+uid=same 2,mail=a@example.org",
        "cn=Ada Byron+uid=same 2 2,mail=a@example.org",
        "cn=Both",
    ]
    back = contacts_in(data)
    assert len({one.uid for one in back}) == len(back) == 6
    (listed,) = (one for one in back if one.is_list)
    assert listed.members == [back[1].uid, back[2].uid]


@pytest.mark.parametrize("kind", [Format.FRITZBOX, Format.YEALINK, Format.SNOM, Format.GRANDSTREAM])
@settings(max_examples=5, deadline=None)
@given(contacts=st.lists(CONTACTS, min_size=1, max_size=3))
def test_a_phone_book_has_everybody_with_a_number(kind: Format, contacts: list[Contact]) -> None:
    bodies = cards_of(contacts)
    expected = [of_phone(one) for one in as_read(bodies) if one.phones]
    assert [of_phone(one) for one in contacts_in(written(bodies, kind))] == expected


@settings(max_examples=10, deadline=None)
@given(st.lists(CONTACTS, min_size=1, max_size=3))
def test_reading_a_file_twice_gives_the_same_cards(contacts: list[Contact]) -> None:
    data = written(cards_of(contacts), Format.GOOGLE)
    assert contacts_in(data) == contacts_in(data)
    assert len({one.uid for one in contacts_in(data)}) == len(contacts)
