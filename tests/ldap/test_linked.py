"""Linked cards over LDAP: one person in a search through all books, each card in its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import LDAPSettings
from tests.conversation import play
from tests.directory.acts import put
from tests.directory.linked import link
from tests.ldap.client import SessionClient
from tests.organisation import PASSWORD, open_organisation, vcard, write_config

MOBILE = "TEL;TYPE=cell:0171 3920010"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The face of an organisation in which Anna, by two names, is one person in two books."""
    services = open_organisation(write_config(tmp_path_factory.mktemp("linked")))
    put(services, "anna.vcf", vcard("a", "Anna Vogt", MOBILE))
    put(services, "vogt.vcf", vcard("v", "Vogt Anna", MOBILE), slug="staff")
    put(services, "ben.vcf", vcard("b", "Ben Vogt"), slug="staff")
    link(services, "customers/anna.vcf", "staff/vogt.vcf")
    settings = LDAPSettings("dc=example,dc=org", "Example GmbH", plan=services.deriver.plan)
    yield Context(services.directory, services.authenticator, settings)
    services.store.close()


def asked(context: Context, login: str, base: str, filter: str) -> list[str]:
    """Return the names that are found."""
    client = SessionClient(LDAPSession(lambda: context, "127.0.0.1", secure=True))
    play(client, f'C: bind dn={login} password="{PASSWORD}"\nS: BindResponse success')
    *lines, done = client.say([f'search base={base} filter="{filter}" attributes=cn'])
    assert done.strip() == "SearchResultDone success"
    return [line.removeprefix("  cn: ").strip() for line in lines if "cn: " in line]


@pytest.mark.parametrize(
    ("login", "base", "filter", "found"),
    [
        ("bob", "dc=example,dc=org", "(mobile=01713920010)", ["Anna Vogt"]),
        ("bob", "dc=example,dc=org", "(cn=*vogt*)", ["Anna Vogt", "Ben Vogt"]),
        ("bob", "dc=example,dc=org", "(&(uid=*)(cn=*))", ["Anna Vogt", "Ben Vogt"]),
        # Each book has its card as ever, and so has who reads only one.
        ("bob", "ou=staff,dc=example,dc=org", "(mobile=01713920010)", ["Vogt Anna"]),
        ("erin", "dc=example,dc=org", "(cn=*vogt*)", ["Ben Vogt", "Vogt Anna"]),
        # Who is looked for by a name that only one card has is found by it.
        ("bob", "dc=example,dc=org", "(cn=vogt anna)", ["Vogt Anna"]),
    ],
)
def test_linked_cards_are_one_person_where_several_books_are_searched(
    context: Context, login: str, base: str, filter: str, found: list[str]
) -> None:
    assert asked(context, login, base, filter) == found
