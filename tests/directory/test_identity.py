"""Who somebody is: by login or mail and the right password, and by nothing else."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from statistics import median
from time import perf_counter

import pytest
from passlib.context import CryptContext
from passlib.hash import argon2

from dirserver.assembly import Services, open_services
from dirserver.directory import Authenticator
from dirserver.directory.access.attempts import Attempts
from dirserver.errors import InvalidCredentials, TooManyAttempts
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.principal import Client
from dirserver.passwords import SCHEMES, password_context
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import WITHOUT_BOB, events, reconfigure
from tests.organisation import HERE, PASSWORD, password_hash

LOGINS = AuditFilter(action="login")
WRONG = "battery staple"


class Clock:
    """Tells the time that a test wants it to be."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def seconds(act: Callable[[], object]) -> float:
    start = perf_counter()
    with suppress(InvalidCredentials):
        act()
    return perf_counter() - start


def refusal(services: Services, name: str, password: str, client: Client = HERE) -> Exception:
    with pytest.raises(InvalidCredentials) as caught:
        services.authenticator.authenticate(name, password, client)
    return caught.value


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.org", "Alice@Example.ORG"])
def test_a_user_logs_in_by_login_or_mail_in_any_case(services: Services, name: str) -> None:
    principal = services.authenticator.authenticate(name, PASSWORD, HERE)
    assert (principal.login, principal.name, principal.mail) == (
        "alice",
        "Alice Example",
        "alice@example.org",
    )
    assert "everyone" in principal.grantees
    assert events(services, LOGINS) == []


STRANGERS = ["zoe", "bob ", "everyone", "anonymous", "group:sales", "*", "alice@example.com", "@"]


def test_an_unknown_name_and_a_wrong_password_are_refused_alike(each_engine: Services) -> None:
    for name in ["alice", *STRANGERS]:
        error = refusal(each_engine, name, WRONG)
        assert type(error) is InvalidCredentials
    for name in STRANGERS:
        assert type(refusal(each_engine, name, PASSWORD)) is InvalidCredentials


@pytest.mark.parametrize("password", ["", WRONG, PASSWORD.upper(), PASSWORD + " ", PASSWORD + "\0"])
def test_only_the_right_password_opens(services: Services, password: str) -> None:
    refusal(services, "alice", password)


def test_a_name_with_an_empty_password_is_never_a_login(services: Services) -> None:
    empty = ((f'password_hash = "{password_hash()}"\n\n[users.bob]', "\n[users.bob]"),)
    reconfigure(services, *empty)
    for name in ("alice", "bob", "zoe", ""):
        assert not isinstance(refusal(services, name, ""), TooManyAttempts)
    refusal(services, "", PASSWORD)
    # Alice has no password now, not an empty one, and not any one.
    refusal(services, "alice", PASSWORD)
    refusal(services, "alice", "x")
    assert services.authenticator.authenticate("bob", PASSWORD, HERE).login == "bob"


ODD_NAMES = [
    "\0",
    "alice\0",
    "\ud800",
    "\udcffalice",
    "a" * 100_000,
    "'; --",
    "ａｌｉｃｅ",
    "ALİCE",
]
ODD_PASSWORDS = ["\0", PASSWORD + "\0x", "\ud800", "x" * 1_000_000, "🙂" * 300, "\x7f\r\n"]


def test_odd_names_and_passwords_are_refused_like_any_other(each_engine: Services) -> None:
    for number, name in enumerate(ODD_NAMES):
        error = refusal(each_engine, name, WRONG, Client("ldap", f"192.0.2.{number}"))
        assert type(error) is InvalidCredentials
    for number, password in enumerate(ODD_PASSWORDS):
        error = refusal(each_engine, "alice", password, Client("ldap", f"198.51.100.{number}"))
        assert type(error) is InvalidCredentials
    assert each_engine.authenticator.authenticate("alice", PASSWORD, HERE).login == "alice"


def test_a_password_that_was_typed_as_the_login_is_kept_nowhere(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = [refusal(services, name, "x", HERE) for name in (WRONG, WRONG.upper(), "other")]
    told = [found.event for found in events(services, LOGINS)]
    # That it was the same name again can be seen, and that the third was another.
    first, second, third = (one.actor for one in told)
    assert first == second != third
    assert re.fullmatch("unknown:[0-9a-f]{8}", first)
    for text in (*map(repr, told), *map(str, errors), caplog.text):
        assert WRONG.lower() not in text.lower()
    # Nor can it be found out by guessing, from all that the database has.
    assert Attempts().alias(WRONG) != first
    # A config that is applied anew changes no name; a name can be followed.
    again = open_services(services.config, before=services)
    assert again.authenticator.attempts.alias(WRONG) == first


def test_a_refused_login_is_told_without_its_password(
    each_engine: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client("ldap", "192.0.2.9", "deskphone/1.0")
    errors = [refusal(each_engine, name, WRONG, client) for name in ("ALICE", "zoe", "x" * 5000)]
    told = [found.event for found in events(each_engine, LOGINS)]
    alias = each_engine.authenticator.attempts.alias
    assert [(one.actor, one.detail) for one in told] == [
        ("alice", "wrong password"),
        (alias("zoe"), "no such user"),
        (alias("x" * 5000), "no such user"),
    ]
    for one in told:
        assert (one.action, one.outcome) == (AuditAction.LOGIN, Outcome.REFUSED)
        assert (one.protocol, one.address, one.agent) == ("ldap", "192.0.2.9", "deskphone/1.0")
    for text in (*map(repr, told), *map(str, errors), caplog.text):
        assert WRONG not in text
        assert "$argon2" not in text


def test_a_removed_user_no_longer_logs_in_not_even_from_memory(services: Services) -> None:
    services.authenticator.authenticate("bob", PASSWORD, HERE)
    reconfigure(services, *WITHOUT_BOB)
    refusal(services, "bob", PASSWORD)


def with_hash(services: Services, hashed: str) -> None:
    """Give all users another password hash, as an admin does."""
    reconfigure(services, (password_hash(), hashed))


def test_a_slow_hash_is_paid_once_and_forgotten_with_the_next_policy(services: Services) -> None:
    slow = argon2.using(rounds=24, memory_cost=8192, parallelism=1)
    with_hash(services, slow.hash("first"))

    def login(password: str) -> float:
        return seconds(lambda: services.authenticator.authenticate("alice", password, HERE))

    first, again = login("first"), min(login("first") for _ in range(3))
    assert again < first / 4
    # A wrong one is never remembered, right or wrong before.
    assert min(login(WRONG) for _ in range(2)) > first / 4
    assert login("first") < first / 2
    text = services.config.path.read_text(encoding="utf-8")
    start = text.index("$argon2id$v=19$m=8192")
    reconfigure(services, (text[start : text.index('"', start)], slow.hash("second")))
    refusal(services, "alice", "first")
    assert login("second") > first / 4
    assert login("second") < first / 4


def test_what_is_remembered_is_forgotten_after_some_minutes(services: Services) -> None:
    clock = Clock()
    hashed = argon2.using(rounds=24, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with_hash(services, hashed)
    authenticator = Authenticator(services.store, services.directory, clock)

    def login() -> float:
        return seconds(lambda: authenticator.authenticate("alice", PASSWORD, HERE))

    first = login()
    clock.now += 299
    assert login() < first / 4
    clock.now += 2
    assert login() > first / 4


def test_an_unknown_name_takes_as_long_as_a_wrong_password(services: Services) -> None:
    hashes = [
        argon2.using(rounds=6, memory_cost=8192, parallelism=1).hash(PASSWORD),
        CryptContext(["pbkdf2_sha256"], pbkdf2_sha256__rounds=40_000).hash(PASSWORD),
    ]
    for number, hashed in enumerate(hashes):
        with_hash(services, hashed)
        # So many are looked at before anyone has to wait.
        client = Client("ldap", f"192.0.2.{number}")
        known, unknown = (
            median(seconds(partial(refusal, services, name, WRONG, client)) for _ in range(5))
            for name in ("alice", "zoe")
        )
        assert known / 3 < unknown < known * 3
        assert known > 0.005
        reconfigure(services, (hashed, password_hash()))


def test_every_hash_that_the_config_takes_opens_the_door(services: Services) -> None:
    context = password_context()
    before = password_hash()
    for scheme in SCHEMES:
        handler = context.handler(scheme)
        if "rounds" in handler.setting_kwds:
            handler = handler.using(rounds=handler.min_rounds)
        hashed = handler.hash(PASSWORD)
        reconfigure(services, (before, hashed))
        before = hashed
        assert services.authenticator.authenticate("alice", PASSWORD, HERE).login == "alice"
        refusal(services, "alice", WRONG)


def test_guessing_is_slowed_down_without_looking_at_the_password(services: Services) -> None:
    clock = Clock()
    authenticator = Authenticator(services.store, services.directory, clock)
    guesser, honest = Client("ldap", "192.0.2.66"), Client("dav", "198.51.100.1")

    def attempt(password: str, client: Client, name: str = "alice") -> type[Exception] | None:
        try:
            authenticator.authenticate(name, password, client)
        except InvalidCredentials as error:
            return type(error)
        return None

    assert [attempt(WRONG, guesser) for _ in range(5)] == [InvalidCredentials] * 5
    told = len(events(services, LOGINS))
    # Even the right one is not looked at now, whichever way the name is written.
    for name in ("alice", "ALICE", "alice@example.org"):
        assert attempt(PASSWORD, guesser, name) is TooManyAttempts
    assert len(events(services, LOGINS)) == told == 5
    # The admin sees why even the right one was refused.
    assert events(services, LOGINS)[-1].event.detail == (
        "wrong password; no password is looked at for 2 s"
    )
    # Nobody else is affected: not Alice elsewhere, nor Bob at the same address.
    assert attempt(PASSWORD, honest) is None
    assert attempt(PASSWORD, guesser, "bob") is None
    clock.now += 2.1
    assert attempt(WRONG, guesser) is InvalidCredentials
    clock.now += 2.1
    assert attempt(PASSWORD, guesser) is TooManyAttempts
    clock.now += 2.1
    # One success and the slate is clean.
    assert attempt(PASSWORD, guesser) is None
    assert [attempt(WRONG, guesser) for _ in range(5)] == [InvalidCredentials] * 5


def test_who_is_logged_in_stays_so_while_somebody_guesses_at_the_same_address(
    services: Services,
) -> None:
    services.authenticator.authenticate("alice", PASSWORD, HERE)
    for _ in range(7):
        refusal(services, "alice", WRONG)
    assert isinstance(refusal(services, "alice", WRONG), TooManyAttempts)
    assert services.authenticator.authenticate("alice", PASSWORD, HERE).login == "alice"
