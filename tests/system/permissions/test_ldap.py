"""Everybody searches and compares over LDAP; what must come of it is said in ``table``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ldap import wire
from tests.system.ldapsocket import LDAPConnection
from tests.system.permissions.table import (
    BOOKS,
    CARDS,
    MOST_HITS,
    NOBODY,
    PAIRS,
    PEOPLE,
    PERSONAL,
    SUFFIX,
    Book,
    Level,
    having,
    hidden_from,
    level_of,
    never_was,
)

ALL = set(CARDS)
IDS = [f"{person}-{book.slug}" for person, book in PAIRS]


def found(
    connection: LDAPConnection,
    base: str,
    text: str = "(objectClass=*)",
    scope: str = "sub",
    size_limit: int = 0,
    attributes: tuple[str, ...] = ("cn",),
) -> tuple[list[wire.Response], wire.Response]:
    """Search, and return the entries with the result behind them."""
    connection.send(
        wire.search(base, text, scope=scope, size_limit=size_limit, attributes=attributes)
    )
    return connection.result()


@pytest.mark.parametrize("person", [*PEOPLE, NOBODY])
def test_the_tree_has_the_books_that_can_be_searched(
    ldap: Callable[[str], LDAPConnection], person: str
) -> None:
    known = [*BOOKS, *PERSONAL.values()]
    visible = {book.slug for book in known if level_of(person, book) >= Level.SEARCH}
    for scope, text in (("one", "(ou=*)"), ("sub", "(objectClass=organizationalUnit)")):
        entries, done = found(ldap(person), SUFFIX, text, scope)
        assert done.code == "success"
        assert {entry.dn for entry in entries} == {f"ou={slug},{SUFFIX}" for slug in visible}
    for slug in ("nobody", "direct-manage"):
        entries, _ = found(ldap(person), SUFFIX, f"(ou={slug})")
        assert bool(entries) is (slug in visible)


@pytest.mark.parametrize(("person", "book"), PAIRS, ids=IDS)
def test_ldap_shows_what_may_be_searched_and_nothing_else(
    ldap: Callable[[str], LDAPConnection], person: str, book: Book
) -> None:
    connection, level = ldap(person), level_of(person, book)
    base = f"ou={book.slug},{SUFFIX}"
    knows = book.owner or "boss"
    known = {
        str(dict(entry.attributes)["cn"][0], "utf-8").partition(" ")[0].lower(): entry.dn
        for entry in found(ldap(knows), base, "(objectClass=person)")[0]
    }
    assert set(known) == ALL
    anna = known["anna"]
    if level < Level.SEARCH:
        key = anna.partition(",")[0]
        nowhere = f"ou={never_was(book)},{SUFFIX}"
        for scope in ("base", "one", "sub", "children"):
            for there, absent in ((base, nowhere), (anna, f"{key},{nowhere}")):
                answers = [found(connection, dn, scope=scope) for dn in (there, absent)]
                (_, done), (_, nothing) = answers
                assert [entries for entries, _ in answers] == [[], []]
                assert done.code == nothing.code == "noSuchObject"
                assert done.matched_dn == nothing.matched_dn
        for attribute, value in (("cn", "Anna Adler"), ("o", "Acme"), ("title", "Nobody")):
            assert connection.ask(wire.compare(anna, attribute, value)) == ([], "noSuchObject")
        assert not found(connection, SUFFIX, f"({key})")[0]
        return
    hidden = hidden_from(person, book, Level.SEARCH)
    check_searches(connection, base, hidden, level)
    check_entry(connection, anna, hidden)
    for operation in (wire.modify(anna, "cn", "X"), wire.delete(anna), wire.add(base, "cn", "X")):
        assert connection.ask(operation) == ([], "unwillingToPerform")


def check_searches(
    connection: LDAPConnection, base: str, hidden: frozenset[str], level: Level
) -> None:
    """Filters find by what is shown; a test of what is hidden is undefined, and so is its NOT."""
    with_org, with_title = having("ORG", hidden), having("TITLE", hidden)
    acme = with_org & {"anna"}
    org_is_known, title_is_known = "ORG" not in hidden, "TITLE" not in hidden
    for text, uids in {
        "(cn=*)": ALL,
        "(!(cn=anna*))": ALL - {"anna"},
        "(title=Chief)": with_title,
        "(!(title=Chief))": ALL - with_title if title_is_known else set[str](),
        "(o=Acme)": acme,
        "(o=*cm*)": acme,
        "(o>=a)": with_org,
        "(o=*)": with_org,
        "(!(o=*))": ALL - with_org if org_is_known else set(),
        "(!(o=Acme))": ALL - acme if org_is_known else set(),
        "(!(!(o=Acme)))": acme,
        "(|(o=Acme)(title=Chief))": acme | with_title,
        "(&(cn=*)(!(o=nobody)))": ALL if org_is_known else set(),
        "(description=*)": set(),
    }.items():
        for limit in (0, 1):
            entries, done = found(connection, base, f"(&(objectClass=person){text})", "one", limit)
            names = [str(dict(entry.attributes)["cn"][0], "utf-8") for entry in entries]
            # Sorted by a name that nobody can hide.
            assert names == sorted(names)
            most = min(limit or 99, MOST_HITS if level == Level.SEARCH else 99)
            assert len(names) == min(most, len(uids)), text
            assert {name.partition(" ")[0].lower() for name in names} <= uids, text
            expected = "success" if len(uids) <= most else "sizeLimitExceeded"
            assert done.code == expected, text


def check_entry(connection: LDAPConnection, anna: str, hidden: frozenset[str]) -> None:
    """An entry has what is shown, and is compared by that alone."""
    shown = {"o": ("ORG", b"Acme"), "title": ("TITLE", b"Chief")}
    for asked in (("*",), ("*", "+"), ("cn", "o", "title"), ("organizationName", "cn", "title")):
        (entry,), done = found(connection, anna, scope="base", attributes=asked)
        assert done.code == "success"
        attributes = dict(entry.attributes)
        assert attributes["cn"] == (b"Anna Adler",)
        for name, (source, value) in shown.items():
            spelled = "organizationName" if name == "o" and "organizationName" in asked else name
            assert attributes.get(spelled) == (None if source in hidden else (value,))
        assert not {b"Acme"} & {value for values in attributes.values() for value in values} or (
            "ORG" not in hidden
        )
    for attribute, (source, value) in {**shown, "cn": ("FN", b"Anna Adler")}.items():
        for asked_value, code in ((value, "compareTrue"), (b"Nobody", "compareFalse")):
            expected = "noSuchAttribute" if source in hidden else code
            answer = connection.ask(wire.compare(anna, attribute, asked_value))
            assert answer == ([], expected)
    for text in ("(o=Acme)", "(o=*)", "(!(o=nobody))"):
        entries, done = found(connection, anna, text, "base")
        assert (len(entries), done.code) == (0 if "ORG" in hidden else 1, "success")
