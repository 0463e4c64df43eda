"""Cards that break the standards of their book are kept from those who may only look things up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import LDAPSettings
from tests.conversation import play
from tests.directory.acts import get, put
from tests.directory.standards import with_standards
from tests.ldap.client import Client, SessionClient
from tests.organisation import PASSWORD, open_organisation, vcard, write_config

CUSTOMERS = "ou=customers,dc=example,dc=org"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, str]]:
    """The face of an organisation with anna in quarantine and ben not, and anna's key."""
    before = open_organisation(write_config(tmp_path_factory.mktemp("held")))
    services = with_standards(before, 'required = ["EMAIL"]', 'required = "quarantine"')
    put(services, "anna.vcf", vcard("anna", "Anna Beispiel", "TEL:+49 30 901820"))
    put(services, "ben.vcf", vcard("ben", "Ben Beispiel", "EMAIL:ben@example.org"))
    settings = LDAPSettings(
        suffix="dc=example,dc=org",
        organisation="Example GmbH",
        anonymous=True,
        max_hits=5,
        plan=services.deriver.plan,
        starttls=False,
    )
    context = Context(services.directory, services.authenticator, settings)
    yield context, get(services, "anna.vcf")[0].key
    services.store.close()


def connected(context: Context, login: str = "", address: str = "127.0.0.1") -> Client:
    client = SessionClient(LDAPSession(lambda: context, address, secure=True))
    if login:
        play(client, f'C: bind dn={login} password="{PASSWORD}"\nS: BindResponse success')
    return client


@pytest.mark.parametrize("login", ["dave", ""])
def test_who_may_only_search_finds_what_is_not_in_quarantine(
    held: tuple[Context, str], login: str
) -> None:
    context, key = held
    play(
        connected(context, login, "10.20.0.1"),
        f"""
        C: search base={CUSTOMERS} filter="(cn=*beispiel)" attributes=cn
        S: SearchResultEntry $_
             cn: Ben Beispiel
           SearchResultDone success
        C: search base={CUSTOMERS} filter="(telephoneNumber=030901820)" attributes=cn
        S: SearchResultDone success
        C: search base=uid={key},{CUSTOMERS} scope=base filter="(cn=*)" attributes=cn
        S: SearchResultDone noSuchObject
           ...
        C: compare dn=uid={key},{CUSTOMERS} attribute=cn value="Anna Beispiel"
        S: CompareResponse noSuchObject
           ...
        """,
    )


def test_who_may_read_finds_all(held: tuple[Context, str]) -> None:
    context, _ = held
    play(
        connected(context, "bob"),
        f"""
        C: search base={CUSTOMERS} filter="(cn=*beispiel)" attributes=cn
        S: SearchResultEntry $_
             cn: Anna Beispiel
           SearchResultEntry $_
             cn: Ben Beispiel
           SearchResultDone success
        """,
    )
