"""Who a connection is bound as (RFC 4511 section 4.2, RFC 4513 section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dirserver.assembly import Services, open_services
from dirserver.ldap.session import Context, LDAPSession
from dirserver.model.audit import Outcome
from dirserver.store.trail import audit
from dirserver.store.trail.audit import AuditFilter
from tests.conversation import play
from tests.ldap.client import Client, SessionClient
from tests.organisation import PASSWORD

Connect = Callable[..., Client]

_SEES_STAFF = """
    C: search base=ou=staff,dc=example,dc=org scope=base attributes=1.1
    S: SearchResultEntry ou=staff,dc=example,dc=org
       SearchResultDone success
"""
_SEES_NOTHING = """
    C: search base=ou=staff,dc=example,dc=org scope=base
    S: SearchResultDone noSuchObject
"""


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "ALICE",
        "alice@example.org",
        "Alice@Example.ORG",
        "uid=alice",
        "cn=alice",
        "uid=alice,ou=users,dc=example,dc=org",
        "UID=Alice,OU=Users,DC=Example,DC=Org",
        "uid=alice, ou=users, dc=example, dc=org",
        "cn=alice,dc=example,dc=org",
        "cn=alice,ou=phones,o=somewhere else",
        "mail=alice@example.org,dc=example,dc=org",
        "0.9.2342.19200300.100.1.1=alice",
        "uid=#0405616c696365,dc=example",
    ],
)
def test_a_login_may_be_written_in_any_way_that_a_phone_writes_it(ldap: Connect, name: str) -> None:
    client = ldap()
    play(client, f'C: bind dn="{name}" password="correct horse"\nS: BindResponse success')
    play(client, _SEES_STAFF)


@pytest.mark.parametrize("name", ["nobody", "uid=nobody,ou=users,dc=example,dc=org", "ou=users"])
def test_an_unknown_name_is_answered_like_a_wrong_password(ldap: Connect, name: str) -> None:
    play(ldap(), f'C: bind dn="{name}" password=wrong\nS: BindResponse invalidCredentials')
    play(ldap(), "C: bind dn=alice password=wrong\nS: BindResponse invalidCredentials")


def test_a_wrong_password_leaves_the_session_anonymous(ldap: Connect) -> None:
    play(ldap("alice"), _SEES_STAFF)
    play(
        ldap("alice"),
        """
        C: bind dn=bob password=wrong
        S: BindResponse invalidCredentials
        C: search base=ou=staff,dc=example,dc=org scope=base
        S: SearchResultDone noSuchObject
        """,
    )


@pytest.mark.parametrize(
    "refused",
    [
        "bind dn=alice",
        "bind version=2 dn=alice password=x",
        "bind version=127 dn=alice password=x",
        "bind sasl=PLAIN",
        "bind dn=alice password=x control=!1.2.3",
        "bind",
    ],
)
def test_whatever_becomes_of_a_bind_ends_the_one_before_it(ldap: Connect, refused: str) -> None:
    client = ldap("alice")
    client.say([refused])
    play(
        client,
        """
        C: search base=ou=staff,dc=example,dc=org scope=base
        S: SearchResultDone noSuchObject
        """,
    )


def test_a_bind_that_makes_no_sense_ends_the_one_before_it(ldap: Connect) -> None:
    play(
        ldap("alice"),
        """
        C: bind version=128 dn=alice password="correct horse"
        S: BindResponse protocolError
        C: search base=ou=staff,dc=example,dc=org scope=base
        S: SearchResultDone noSuchObject
        """,
    )


def test_a_second_bind_replaces_the_first(ldap: Connect) -> None:
    play(
        ldap("alice"),
        """
        C: search base=ou=secret,dc=example,dc=org scope=base attributes=1.1
        S: SearchResultEntry ou=secret,dc=example,dc=org
           SearchResultDone success
        C: bind dn=erin password="correct horse"
        S: BindResponse success
        C: search base=ou=secret,dc=example,dc=org scope=base attributes=1.1
        S: SearchResultDone noSuchObject
             matchedDN: dc=example,dc=org
        """,
    )


def test_a_name_without_a_password_is_no_login(ldap: Connect) -> None:
    # RFC 4513 section 5.1.2: an unauthenticated bind must not look like a successful one.
    play(
        ldap(),
        """
        C: bind dn=alice
        S: BindResponse unwillingToPerform
             A name without a password is not a login.
        """,
    )


def test_a_password_without_a_name_is_nobody(ldap: Connect) -> None:
    play(ldap(), 'C: bind password="correct horse"\nS: BindResponse invalidCredentials')


@pytest.mark.parametrize("anonymous", [True, False])
def test_nobody_may_bind_as_nobody(ldap: Connect, anonymous: bool) -> None:
    play(ldap(anonymous=anonymous), "C: bind\nS: BindResponse success")


def test_an_older_version_of_the_protocol_is_refused(ldap: Connect) -> None:
    play(
        ldap(),
        """
        C: bind version=2 dn=alice password="correct horse"
        S: BindResponse protocolError
             This server speaks LDAP version 3.
        """,
    )


@pytest.mark.parametrize("mechanism", ["DIGEST-MD5", "CRAM-MD5", "GSSAPI", "?"])
def test_other_sasl_mechanisms_are_not_supported(ldap: Connect, mechanism: str) -> None:
    play(ldap(), f"C: bind sasl={mechanism}\nS: BindResponse authMethodNotSupported")


def test_a_password_is_not_taken_in_clear_where_the_policy_forbids_it(ldap: Connect) -> None:
    client = ldap(plaintext_bind=lambda _address: False)
    for password in ("correct horse", "wrong"):
        play(
            client,
            f"""
            C: bind dn=alice password="{password}"
            S: BindResponse confidentialityRequired
                 This server takes passwords over TLS only.
            """,
        )


def test_the_policy_asks_where_the_client_is(ldap: Connect) -> None:
    here = ldap(address="10.20.0.9", plaintext_bind=lambda address: address == "10.20.0.9")
    play(here, 'C: bind dn=alice password="correct horse"\nS: BindResponse success')


def test_under_tls_a_password_is_taken_from_anywhere(ldap: Connect) -> None:
    play(
        ldap(secure=True, plaintext_bind=lambda _address: False),
        'C: bind dn=alice password="correct horse"\nS: BindResponse success',
    )
    play(
        ldap(plaintext_bind=lambda _address: False),
        """
        C: starttls
        S: ExtendedResponse success
             responseName: 1.3.6.1.4.1.1466.20037
        C: bind dn=alice password="correct horse"
        S: BindResponse success
        """,
    )


def test_guessing_is_refused_before_the_password_is_looked_at(ldap: Connect) -> None:
    client = ldap()
    for _ in range(6):
        play(client, "C: bind dn=carol password=wrong\nS: BindResponse invalidCredentials")
    # By this name nobody has logged in before: a password that was right is remembered.
    play(
        client,
        """
        C: bind dn=Carol@EXAMPLE.org password="correct horse"
        S: BindResponse invalidCredentials
        """,
    )


def test_a_failed_bind_is_in_the_audit_trail_with_its_address(
    ldap: Connect, organisation: Services
) -> None:
    play(
        ldap(address="198.51.100.9"),
        "C: bind dn=uid=mallory,dc=example password=wrong\nS: BindResponse invalidCredentials",
    )
    with organisation.store.reading() as connection:
        alias = organisation.authenticator.attempts.alias("mallory")
        trail = audit.read(connection, AuditFilter(actor=alias))
        event = list(trail)[-1].event
    assert event.outcome is Outcome.REFUSED
    assert (event.protocol, event.address) == ("ldap", "198.51.100.9")


def test_a_bind_ends_when_its_password_is_no_longer_taken(
    context: Context, organisation: Services
) -> None:
    in_force = [context]
    client = SessionClient(LDAPSession(lambda: in_force[0], "192.0.2.77"))
    play(client, f'C: bind dn=alice password="{PASSWORD}"\nS: BindResponse success')
    play(client, _SEES_STAFF)
    # A config came into force that takes only the passwords of devices.
    ldap = replace(organisation.config.ldap, require_device_passwords=True)
    config = replace(organisation.config, ldap=ldap)
    authenticator = open_services(config, before=organisation).authenticator
    in_force[0] = replace(context, authenticator=authenticator)
    play(client, _SEES_NOTHING)
    # And it stays so, until they bind again.
    in_force[0] = context
    play(client, _SEES_NOTHING)
    play(client, f'C: bind dn=alice password="{PASSWORD}"\nS: BindResponse success')
    play(client, _SEES_STAFF)
