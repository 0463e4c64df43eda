"""Pages, orders and windows: what the controls of a search bring about."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest

from tests.ldap import wire
from tests.ldap.asking import PERSONS, ask, paged, sorted_by, view
from tests.ldap.client import Client

Connect = Callable[..., Client]

SUFFIX = "dc=example,dc=org"
BY_NAME = [
    "Anna Beispiel",
    "Émile Zola",
    "Jürgen Müller",
    "Robert (Bob) Stern",
    "Zoë O'Neil",
    "Пётр Иванов",
    "小明 王",
]
SUBENTRIES = "1.3.6.1.4.1.4203.1.10.1"
DONT_USE_COPY = "1.3.6.1.1.22"


def pages(client: Client, size: int, *controls: bytes, **asked: str) -> list[list[str]]:
    """Return all pages of a search, of which each is full but for the last."""
    found, cookie = [], b""
    while True:
        answer = ask(client, paged(size, cookie), *controls, **asked)  # type: ignore[arg-type]  # text only
        assert answer.code == "success"
        found.append(answer.names)
        cookie = answer.cookie
        if not cookie:
            return found


# Pages (RFC 2696).


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_pages_together_are_the_whole(ldap: Connect, size: int) -> None:
    found = pages(ldap("alice"), size)
    assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
    assert [*chain(*found)] == BY_NAME


def test_pages_go_through_all_kinds_of_entries(ldap: Connect) -> None:
    client = ldap("alice")
    whole = ask(client, base=SUFFIX, text="(objectClass=*)", attribute="1.1").names
    for order in ([], [sorted_by("cn")], [sorted_by("-cn")]):
        found = pages(client, 2, *order, base=SUFFIX, text="(objectClass=*)", attribute="1.1")
        assert sorted([*chain(*found)]) == sorted(whole)


@pytest.mark.parametrize("order", ["sn", "-sn", "mail", "-mail", "-cn", "createTimestamp", "-uid"])
def test_pages_keep_an_order_also_where_values_are_missing(ldap: Connect, order: str) -> None:
    client = ldap("alice")
    whole = ask(client, sorted_by(order)).names
    assert [*chain(*pages(client, 2, sorted_by(order)))] == whole
    assert len(whole) == 7


def test_a_cookie_is_good_for_its_own_search_and_person_only(ldap: Connect) -> None:
    client = ldap("alice")
    cookie = ask(client, paged(2)).cookie
    broken = bytes([cookie[0] ^ 1]) + cookie[1:]
    assert ask(client, paged(2, broken)).code == "unwillingToPerform"
    assert ask(client, paged(2, cookie[:5])).code == "unwillingToPerform"
    assert ask(client, paged(2, cookie), text="(cn=*)").code == "unwillingToPerform"
    assert ask(client, paged(2, cookie), base=SUFFIX).code == "unwillingToPerform"
    assert ask(client, paged(2, cookie), sorted_by("sn")).code == "unwillingToPerform"
    assert ask(ldap("bob"), paged(2, cookie)).code == "unwillingToPerform"
    assert ask(ldap("alice"), paged(3, cookie)).names == BY_NAME[2:5]


def test_a_page_of_nothing_ends_the_download(ldap: Connect) -> None:
    client = ldap("alice")
    cookie = ask(client, paged(2)).cookie
    ended = ask(client, paged(0, cookie))
    assert (ended.names, ended.code, ended.cookie) == ([], "success", b"")


def test_the_size_limit_is_for_all_pages_together(ldap: Connect) -> None:
    client = ldap("alice")
    first = ask(client, paged(2), size_limit=3)
    assert (first.names, first.code) == (BY_NAME[:2], "success")
    second = ask(client, paged(2, first.cookie), size_limit=3)
    assert (second.names, second.code, second.cookie) == (BY_NAME[2:3], "sizeLimitExceeded", b"")
    # A page that is not smaller than the limit is none (RFC 2696 section 3).
    whole = ask(client, paged(3), size_limit=3)
    assert (whole.names, whole.code, whole.cookie) == (BY_NAME[:3], "sizeLimitExceeded", b"")


def test_whoever_may_only_look_things_up_does_not_page_through_a_book(ldap: Connect) -> None:
    client = ldap("dave")
    found, cookie, code = [], b"", "success"
    while code == "success":
        answer = ask(client, paged(2, cookie))
        found += answer.names
        code, cookie = answer.code, answer.cookie
        assert cookie or code != "success"
    assert (found, code) == (BY_NAME[:5], "sizeLimitExceeded")


# Orders (RFC 2891).


def test_entries_come_in_the_order_that_is_asked_for(ldap: Connect) -> None:
    client = ldap("alice")
    answer = ask(client, sorted_by("-cn"))
    assert (answer.names, answer.sorting) == (BY_NAME[::-1], [b"\0"])
    assert ask(client, sorted_by("sn"), attribute="sn").names == [
        *("Beispiel", "Müller", "O'Neil", "Stern", "Zola", "Иванов", "王")
    ]
    assert ask(client, sorted_by("displayName:caseIgnoreOrderingMatch")).names == BY_NAME
    assert ask(client, sorted_by("2.5.4.3:2.5.13.3")).names == BY_NAME
    assert ask(client, sorted_by("objectClass"), base=SUFFIX).sorting[0] == b"\x10"


def test_what_has_no_value_comes_behind_all_that_has_or_before_it(ldap: Connect) -> None:
    # RFC 2891 section 2.2.
    client = ldap("alice")
    mails = {"Anna Beispiel", "Robert (Bob) Stern", "Émile Zola", "Jürgen Müller", "Zoë O'Neil"}
    assert set(ask(client, sorted_by("mail")).names[5:]).isdisjoint(mails)
    assert set(ask(client, sorted_by("-mail")).names[:2]).isdisjoint(mails)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("shoeSize", b"\x10"),
        ("-searchContact", b"\x10"),
        ("cn:caseExactOrderingMatch", b"\x12"),
        ("modifyTimestamp:2.5.13.3", b"\x12"),
    ],
)
def test_an_order_that_is_impossible_harms_only_those_who_insist(
    ldap: Connect, order: str, code: bytes
) -> None:
    attribute = order.lstrip("-").partition(":")[0].encode()
    answer = ask(ldap("alice"), sorted_by(order))
    assert (answer.names, answer.code) == (BY_NAME, "success")
    assert answer.sorting == [code, attribute]
    answer = ask(ldap("alice"), sorted_by(order, critical=True))
    assert (answer.names, answer.code) == ([], "unavailableCriticalExtension")
    assert answer.sorting == [code, attribute]


def test_an_order_has_only_so_many_parts_each_once(ldap: Connect) -> None:
    assert ask(ldap("alice"), sorted_by("cn", "-cn")).sorting == [b"\x35", b"cn"]
    many = ("cn", "sn", "givenName", "mail", "o", "ou", "title", "mobile", "l")
    assert ask(ldap("alice"), sorted_by(*many)).sorting == [b"\x0b"]


@pytest.mark.parametrize("order", ["o", "-o"])
def test_an_order_by_what_is_hidden_tells_nothing(ldap: Connect, order: str) -> None:
    # ORG is hidden from carol in customers: she gets the order of a list without any.
    carol, expected = ldap("carol"), BY_NAME[:: -1 if order[0] == "-" else 1]
    assert ask(carol, sorted_by(order)).names == expected
    assert ask(ldap("alice"), sorted_by(order)).names != expected
    for value in ("", "K", "Kunde AG", "zzzz"):
        window = ask(carol, sorted_by(order), view(0, 9, value=value))
        assert window.view[0] in (1, 8)
        assert window.view[0] == ask(carol, sorted_by(order), view(0, 9, value="A")).view[0]


# Windows (draft-ietf-ldapext-ldapv3-vlv-09).


@pytest.mark.parametrize(
    ("before", "after", "offset", "content", "found", "target"),
    [
        (0, 2, 1, 0, slice(0, 3), 1),
        (1, 1, 4, 0, slice(2, 5), 4),
        (1, 1, 4, 7, slice(2, 5), 4),
        (1, 1, 50, 100, slice(1, 4), 3),
        (2, 0, 7, 0, slice(4, 7), 7),
        (0, 9, 99, 0, slice(6, 7), 7),
        (1, 9, 100, 100, slice(5, 7), 7),
        (99, 99, 3, 0, slice(0, 7), 3),
    ],
)
@pytest.mark.parametrize("order", ["cn", "-cn", "sn"])
def test_a_window_is_a_part_of_the_list(  # a table
    ldap: Connect,
    before: int,
    after: int,
    offset: int,
    content: int,
    found: slice,
    target: int,
    order: str,
) -> None:
    client = ldap("alice")
    whole = ask(client, sorted_by(order)).names
    answer = ask(client, sorted_by(order), view(before, after, offset=offset, content=content))
    assert (answer.names, answer.view, answer.code) == (whole[found], (target, 7, 0), "success")


@pytest.mark.parametrize(
    ("value", "order", "target", "names"),
    [
        ("j", "cn", 3, BY_NAME[2:4]),
        ("JÜRGEN MÜLLER", "cn", 3, BY_NAME[2:4]),
        ("k", "cn", 4, BY_NAME[3:5]),
        ("", "cn", 1, BY_NAME[:2]),
        ("\U0010ffff", "cn", 8, []),
        ("k", "-cn", 5, ["Jürgen Müller", "Émile Zola"]),
        ("", "-cn", 8, []),
    ],
)
def test_a_window_can_be_opened_at_a_value(
    ldap: Connect, value: str, order: str, target: int, names: list[str]
) -> None:
    answer = ask(ldap("alice"), sorted_by(order), view(0, 1, value=value))
    assert (answer.names, answer.view) == (names, (target, 7, 0))


def test_a_window_spans_entries_of_all_kinds(ldap: Connect) -> None:
    client = ldap("alice")
    for order in ("cn", "-cn"):
        whole = ask(client, sorted_by(order), base=SUFFIX, text="(objectClass=*)", attribute="1.1")
        assert len(whole.names) == 13 + 1
        for offset in range(1, 15):
            answer = ask(
                client,
                sorted_by(order),
                view(1, 1, offset=offset),
                base=SUFFIX,
                text="(objectClass=*)",
                attribute="1.1",
            )
            assert answer.names == whole.names[max(0, offset - 2) : offset + 1]
            assert answer.view == (offset, 14, 0)


def test_a_window_that_is_nowhere_says_why(ldap: Connect) -> None:
    client = ldap("alice")
    for control, code in ((view(0, 1, offset=0), 61), (view(0, 1, offset=9, content=8), 61)):
        answer = ask(client, sorted_by("cn"), control)
        assert (answer.names, answer.code) == ([], "virtualListViewError")
        assert answer.view[2] == code
    answer = ask(client, view(0, 1))
    assert (answer.names, answer.code, answer.view[2]) == ([], "virtualListViewError", 60)
    answer = ask(client, sorted_by("shoeSize"), view(0, 1))
    assert (answer.names, answer.code, answer.view[2]) == ([], "virtualListViewError", 16)


def test_an_empty_list_has_empty_windows(ldap: Connect) -> None:
    answer = ask(ldap("alice"), sorted_by("cn"), view(0, 9), text="(cn=nobody)")
    assert (answer.names, answer.view, answer.code) == ([], (0, 0, 0), "success")


def test_whoever_may_only_look_things_up_does_not_scroll_through_a_book(ldap: Connect) -> None:
    client = ldap("dave")
    answer = ask(client, sorted_by("cn"), view(0, 99))
    assert (answer.names, answer.view) == (BY_NAME[:5], (1, 5, 0))
    assert ask(client, sorted_by("cn"), view(0, 9, value="П")).names == []
    assert ask(client, sorted_by("-cn"), view(0, 99)).names == BY_NAME[:1:-1]
    # Where a book can be read, others are not in the list.
    everywhere = ask(client, sorted_by("cn"), view(0, 99), base=SUFFIX)
    assert everywhere.names == ["Clara Otto", "David Wolf"]


# What else there is.


def test_a_control_that_makes_no_sense_is_told_so(ldap: Connect) -> None:
    client = ldap("alice")
    for control in (
        wire.control("1.2.840.113556.1.4.319"),
        wire.control("1.2.840.113556.1.4.473", value=b"\x30\x00"),
        wire.control("2.16.840.1.113730.3.4.9", value=b"\x30\x03\x02\x01\x00"),
        paged(2) + paged(2),
        paged(2) + view(0, 1),
        paged(-1),
        view(0, 1, offset=-1),
    ):
        answer = ask(client, control)
        assert (answer.names, answer.code) == ([], "protocolError")


def test_subentries_are_all_that_is_visible_to_those_who_say_so(ldap: Connect) -> None:
    # RFC 3672 section 3.
    client = ldap("alice")

    def visible(shown: bool) -> bytes:
        return wire.control(SUBENTRIES, critical=True, value=wire.boolean(shown))

    assert ask(client, visible(False)).names == BY_NAME
    assert ask(client, visible(True)).names == []
    found = ask(client, visible(True), base="cn=Subschema", scope="base", text="(objectClass=*)")
    assert found.names == ["Subschema"]


def test_nothing_is_answered_from_a_copy(ldap: Connect) -> None:
    # RFC 6171.
    assert ask(ldap("alice"), wire.control(DONT_USE_COPY, critical=True)).names == BY_NAME


def test_controls_of_searches_are_for_searches_only(ldap: Connect) -> None:
    client = ldap("alice")
    for control in (paged(2), sorted_by("cn", critical=True), view(0, 1)):
        message = wire.message(7, wire.compare("", "cn", "x"), [control])
        (answer,) = wire.responses(client.exchange(message))
        assert answer.code == "unavailableCriticalExtension"


def test_what_is_said_about_persons_is_said_about_them(ldap: Connect) -> None:
    assert ask(ldap("alice"), text=PERSONS).names == BY_NAME
