"""Devices over LDAP: a desk phone binds with a password of its own, within its limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import sleep

import pytest

from dirserver.assembly import Services, open_services
from dirserver.ldap.session import Context, LDAPSession
from dirserver.ldap.settings import LDAPSettings
from dirserver.model.network import parse_network
from dirserver.store.trail.audit import AuditFilter
from tests.conversation import play
from tests.directory.acts import events
from tests.directory.keys import Limits, hand_out, revoke
from tests.ldap import people
from tests.ldap.client import SessionClient
from tests.organisation import PASSWORD, open_organisation, write_config

_NAMES = (f"desk {number}" for number in count())


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The organisation with people in its books."""
    found = open_organisation(write_config(tmp_path_factory.mktemp("devices")))
    people.fill(found)
    yield found
    found.store.close()


def connect(services: Services, address: str = "10.20.0.9") -> SessionClient:
    settings = LDAPSettings(suffix="dc=example,dc=org", organisation="Example GmbH")
    context = Context(services.directory, services.authenticator, settings)
    return SessionClient(LDAPSession(lambda: context, address))


def bind(client: SessionClient, password: str, name: str = "alice") -> str:
    return client.say([f'bind dn="{name}" password="{password}"'])[0]


def handed(services: Services, limits: Limits) -> tuple[str, str]:
    name = next(_NAMES)
    return name, hand_out(services, name, **limits)


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "alice@example.org",
        "uid=alice,ou=users,dc=example,dc=org",
        "cn=alice,dc=x",
        "mail=alice@example.org",
    ],
)
def test_a_secret_is_a_password_for_every_form_of_the_name(services: Services, name: str) -> None:
    _device, secret = handed(services, {})
    for typed in (secret, secret.replace("-", "").upper()):
        assert bind(connect(services), typed, name) == "BindResponse success"
    assert bind(connect(services), secret, "bob") == "BindResponse invalidCredentials"


@pytest.mark.parametrize(
    ("limits", "result"),
    [
        ({"protocols": frozenset({"ldap"})}, "success"),
        ({"protocols": frozenset({"carddav"})}, "invalidCredentials"),
        ({"networks": (parse_network("10.20.0.0/16"),)}, "success"),
        ({"networks": (parse_network("10.21.0.0/16"),)}, "invalidCredentials"),
        ({"expires": datetime.now(UTC) + timedelta(days=1)}, "success"),
        ({"expires": datetime.now(UTC) - timedelta(days=1)}, "invalidCredentials"),
    ],
)
def test_limits_are_those_of_a_wrong_password(
    services: Services, limits: Limits, result: str
) -> None:
    name, secret = handed(services, limits)
    client = connect(services)
    assert client.say([f"bind dn=alice password={secret}"]) == [f"BindResponse {result}"]
    wrong = connect(services, "10.20.0.10").say(["bind dn=alice password=wrong"])
    if result != "success":
        assert wrong == [f"BindResponse {result}"]
        refused = events(services, AuditFilter(action="login", device=name))
        assert [one.event.actor for one in refused] == ["alice"]


def test_a_device_for_one_book_finds_nothing_elsewhere(services: Services) -> None:
    _name, secret = handed(services, {"books": frozenset({"staff"})})
    play(
        connect(services),
        f"""
        C: bind dn=alice password={secret}
        S: BindResponse success
        C: search base=dc=example,dc=org scope=one attributes=1.1
        S: SearchResultEntry ou=staff,dc=example,dc=org
           SearchResultDone success
        C: search base=dc=example,dc=org filter="(telephoneNumber=0049305550017)" attributes=cn
        S: SearchResultDone success
        C: search base=dc=example,dc=org filter="(cn=clara*)" attributes=cn
        S: SearchResultEntry uid=$_,ou=staff,dc=example,dc=org
             cn: Clara Otto
           SearchResultDone success
        C: search base=ou=customers,dc=example,dc=org filter="(cn=*)"
        S: SearchResultDone noSuchObject
             matchedDN: dc=example,dc=org
        C: search base=ou=nothing,dc=example,dc=org filter="(cn=*)"
        S: SearchResultDone noSuchObject
             matchedDN: dc=example,dc=org
        """,
    )


def test_a_connection_that_is_bound_ends_with_its_device(services: Services) -> None:
    name, secret = handed(services, {})
    client = connect(services)
    found = "search base=dc=example,dc=org filter=(cn=anna*) attributes=1.1"
    assert bind(client, secret) == "BindResponse success"
    assert client.say([found])[-1] == "SearchResultDone success"
    revoke(services, name)
    compare = "compare dn=ou=staff,dc=example,dc=org attribute=ou value=staff"
    assert client.say([found]) == ["SearchResultDone insufficientAccessRights"]
    assert client.say([compare]) == ["CompareResponse insufficientAccessRights"]
    assert bind(client, secret) == "BindResponse invalidCredentials"


def test_a_bound_connection_ends_when_the_time_of_its_device_is_over(services: Services) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    _name, secret = handed(services, {"expires": ends})
    client = connect(services)
    found = "search base=ou=staff,dc=example,dc=org scope=base attributes=1.1"
    assert bind(client, secret) == "BindResponse success"
    assert client.say([found])[-1] == "SearchResultDone success"
    while datetime.now(UTC) < ends:
        sleep(0.02)
    assert client.say([found]) == ["SearchResultDone insufficientAccessRights"]


def test_the_own_password_is_wrong_where_devices_are_required(
    services: Services, tmp_path: Path
) -> None:
    _name, secret = handed(services, {})
    section = replace(services.config.ldap, require_device_passwords=True)
    strict = open_services(replace(services.config, ldap=section), before=services)
    assert bind(connect(strict, "10.20.0.77"), PASSWORD) == "BindResponse invalidCredentials"
    assert bind(connect(strict), secret) == "BindResponse success"
    *_, refused = events(services, AuditFilter(action="login"))
    assert refused.event.address == "10.20.0.77"
    assert refused.event.detail == "the user's own password, where only those of devices are taken"
