"""Devices: passwords of their own, within their limits, from the moment they are handed out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from time import sleep

import pytest
from passlib.hash import argon2
from sqlalchemy import select

from dirserver.assembly import Services, open_services
from dirserver.directory import Authenticator
from dirserver.directory.access import devices
from dirserver.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidCredentials,
    NotFound,
    TooManyAttempts,
)
from dirserver.model.audit import AuditAction, Outcome
from dirserver.model.grant import Privilege
from dirserver.model.network import parse_network
from dirserver.model.principal import Client
from dirserver.model.secret import new_secret
from dirserver.store.tables import card_version, device
from dirserver.store.trail.audit import AuditFilter
from tests.directory.acts import WITHOUT_BOB, events, put, reconfigure, rows, user_table
from tests.directory.keys import DESK, PHONE, enters, hand_out, login, revoke
from tests.directory.test_identity import refusal, seconds
from tests.organisation import ALICE, BOB, HERE, PASSWORD, password_hash, vcard

LOGINS = AuditFilter(action="login")


def refusals(services: Services) -> list[tuple[str, str, str]]:
    return [
        (one.event.actor, one.event.device, one.event.detail) for one in events(services, LOGINS)
    ]


def test_a_device_logs_in_wherever_its_user_does_and_is_named(each_engine: Services) -> None:
    secret = hand_out(each_engine)
    for name in ("alice", "ALICE", "alice@example.org"):
        for client in (PHONE, DESK):
            for typed in (secret, secret.upper(), secret.replace("-", "")):
                principal = login(each_engine, typed, name, client)
                assert (principal.login, principal.device_name) == ("alice", "phone")
    put(each_engine, "a.vcf", vcard("a", "Anna"), who=principal, client=PHONE)
    written = select(card_version.c.actor, card_version.c.device)
    assert rows(each_engine, written) == [("alice", "phone")]
    (event,) = events(each_engine, AuditFilter(device="phone"))
    assert (event.event.actor, event.event.action) == ("alice", AuditAction.CARD_CREATE)
    # Their own password is as good as before.
    assert login(each_engine, PASSWORD).device is None


def test_only_a_digest_is_kept_of_a_secret(services: Services) -> None:
    secret = hand_out(services)
    plain = secret.replace("-", "")
    kept = rows(services, select(device))
    assert hashlib.sha256(plain.encode()).hexdigest() in repr(kept)
    for text in (repr(kept), repr(events(services))):
        assert secret not in text
        assert plain not in text


def test_a_secret_is_good_within_its_limits_and_the_trail_says_why_not(
    each_engine: Services,
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    cases: list[tuple[str, Callable[[], bool]]] = []

    def case(reason: str, attempt: Callable[[], bool]) -> None:
        cases.append((reason, attempt))

    desk = hand_out(each_engine, "desk", protocols=frozenset({"ldap"}))
    office = hand_out(each_engine, "office", networks=(parse_network("192.0.2.0/29"),))
    old = hand_out(each_engine, "old", expires=yesterday)
    lost = hand_out(each_engine, "lost")
    bobs = hand_out(each_engine, "bobs", "bob")
    revoke(each_engine, "lost")
    assert enters(each_engine, desk, client=DESK)
    assert enters(each_engine, office)
    case("device desk: not for carddav", lambda: enters(each_engine, desk))
    case(
        "device office: not from this network",
        lambda: enters(each_engine, office, client=Client("carddav", "198.51.100.1")),
    )
    case(
        f"device old: expired on {yesterday:%Y-%m-%d}",
        lambda: enters(each_engine, old, client=DESK),
    )
    case("device lost: revoked", lambda: enters(each_engine, lost))
    case("device bobs: it is bob's", lambda: enters(each_engine, bobs))
    case("wrong password", lambda: enters(each_engine, new_secret()))
    for _reason, attempt in cases:
        assert not attempt()
    told = refusals(each_engine)
    assert [reason for _login, _device, reason in told] == [reason for reason, _attempt in cases]
    assert {who for who, _device, _reason in told} == {"alice"}
    # Nothing of bob's is told under alice's name.
    assert [name for _login, name, _reason in told] == ["desk", "office", "old", "lost", "", ""]


def test_a_user_who_is_no_more_has_no_devices_not_even_when_the_login_comes_back(
    each_engine: Services,
) -> None:
    secret = hand_out(each_engine, login="bob")
    assert enters(each_engine, secret, "bob")
    back = tuple((new, old) for old, new in WITHOUT_BOB[1:])
    reconfigure(each_engine, *WITHOUT_BOB)
    assert not enters(each_engine, secret, "bob")
    table = user_table("bob")
    reconfigure(each_engine, ("[groups.sales]", f"{table}\n[groups.sales]"), *back)
    assert enters(each_engine, PASSWORD, "bob")
    assert not enters(each_engine, secret, "bob", DESK)


def test_what_is_open_already_ends_with_the_device(services: Services) -> None:
    principal = login(services, hand_out(services))

    def reads() -> None:
        with services.directory.reading(principal, PHONE) as reading:
            reading.book("customers", Privilege.READ)

    reads()
    revoke(services)
    with pytest.raises(AccessDenied, match="device phone: revoked"):
        reads()
    with pytest.raises(AccessDenied), services.directory.writing(principal, PHONE):
        pass


def test_time_runs_out_for_a_device_that_nobody_touches(services: Services) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    secret = hand_out(services, expires=ends)
    principal = login(services, secret)
    assert enters(services, secret)
    while datetime.now(UTC) < ends:
        sleep(0.02)
    assert not enters(services, secret)
    with pytest.raises(AccessDenied), services.directory.reading(principal, PHONE):
        pass


def test_another_process_sees_a_revocation_at_once(each_engine: Services) -> None:
    secret = hand_out(each_engine)
    other = open_services(each_engine.config)
    assert enters(other, secret)
    revoke(each_engine)
    assert not enters(other, secret)
    other.store.close()


def test_a_device_for_some_books_has_no_others(services: Services) -> None:
    secret = hand_out(services, books=frozenset({"staff"}))
    principal = login(services, secret)
    with services.directory.reading(principal, PHONE) as reading:
        assert [view.book.slug for view in reading.books(Privilege.SEARCH)] == ["staff"]
        with pytest.raises(AccessDenied) as hidden:
            reading.book("customers", Privilege.SEARCH)
        assert str(hidden.value) == "device phone: not for customers"
    with (
        pytest.raises(AccessDenied),
        services.directory.writing(principal, PHONE) as writing,
    ):
        writing.put_card("customers", "a.vcf", vcard("a", "Anna"))
    looked, wrote = (found.event for found in events(services, AuditFilter(device="phone")))
    assert (looked.action, wrote.action) == (AuditAction.CARD_READ, AuditAction.CARD_UPDATE)
    for refused in (looked, wrote):
        assert (refused.outcome, refused.book, refused.detail) == (
            Outcome.REFUSED,
            "customers",
            "device phone: not for customers",
        )


def test_users_see_to_their_own_devices_only(services: Services) -> None:
    secret = hand_out(services, "mine", "bob", who=BOB)
    assert enters(services, secret, "bob")
    with pytest.raises(AccessDenied):
        hand_out(services, "mine", "alice", who=BOB)
    with pytest.raises(AccessDenied):
        revoke(services, "mine", "bob", who=ALICE)
    with services.directory.reading(BOB, HERE) as reading:
        assert [one.device.name for one in devices.listed(reading, "bob")] == ["mine"]
        for login_ in ("", "alice"):
            with pytest.raises(AccessDenied):
                devices.listed(reading, login_)
    revoke(services, "mine", "bob", who=BOB)
    assert not enters(services, secret, "bob")
    told = [
        (one.event.actor, str(one.event.action), one.event.outcome, one.event.detail)
        for one in events(services, AuditFilter(action="device"))
    ]
    assert told == [
        ("bob", "device:add", Outcome.DONE, "bob's device mine"),
        ("bob", "device:add", Outcome.REFUSED,
         "alice's device mine: bob may see to their own devices only"),
        ("alice", "device:revoke", Outcome.REFUSED,
         "bob's device mine: alice may see to their own devices only"),
        ("bob", "device:revoke", Outcome.DONE, "bob's device mine"),
    ]  # fmt: skip


def test_a_name_is_free_again_after_it_was_revoked(each_engine: Services) -> None:
    old = hand_out(each_engine)
    with pytest.raises(AlreadyExists):
        hand_out(each_engine)
    hand_out(each_engine, login="bob")
    revoke(each_engine)
    new = hand_out(each_engine)
    assert enters(each_engine, new)
    assert not enters(each_engine, old)
    revoke(each_engine)
    with pytest.raises(NotFound):
        revoke(each_engine)
    with pytest.raises(NotFound):
        hand_out(each_engine, login="zoe")


def test_a_wrong_secret_takes_as_long_as_a_wrong_password(services: Services) -> None:
    slow = argon2.using(rounds=6, memory_cost=8192, parallelism=1).hash(PASSWORD)
    revoked = hand_out(services, "gone")
    good = hand_out(services)
    others = hand_out(services, "bobs", "bob")
    revoke(services, "gone")
    reconfigure(services, (password_hash(), slow))

    def took(password: str, address: str) -> float:
        client = Client("carddav", address)
        return median(
            seconds(lambda: refusal(services, "alice", password, client)) for _ in range(4)
        )

    wrong = took("wrong", "192.0.2.20")
    for number, secret in enumerate((new_secret(), revoked, others)):
        assert wrong / 3 < took(secret, f"192.0.2.3{number}") < wrong * 3
    assert seconds(lambda: login(services, good)) < wrong / 3


def test_a_forgotten_phone_does_not_keep_the_new_one_waiting(services: Services) -> None:
    old, new = hand_out(services, "old"), hand_out(services, "new")
    revoke(services, "old")
    for _ in range(5):
        assert not enters(services, old)
    # Whoever does not have a secret waits, at the same address, for as long as ever.
    assert isinstance(refusal(services, "alice", PASSWORD, PHONE), TooManyAttempts)
    assert enters(services, new)
    # And the secret does not wipe the slate clean for who guesses at the user's own password.
    assert isinstance(refusal(services, "alice", "guess", PHONE), TooManyAttempts)


def test_failures_are_counted_on_through_a_new_config(services: Services) -> None:
    for _ in range(5):
        refusal(services, "alice", "guess", PHONE)
    reloaded = open_services(services.config, before=services)
    assert isinstance(refusal(reloaded, "alice", PASSWORD, PHONE), TooManyAttempts)


@pytest.mark.parametrize("face", ["carddav", "ldap"])
def test_a_face_may_take_devices_only(services: Services, face: str) -> None:
    secret = hand_out(services)
    strict = Authenticator(services.store, services.directory, devices_only={face})
    there, elsewhere = (
        Client(protocol, "192.0.2.7")
        for protocol in sorted(("carddav", "ldap"), key=lambda one: one != face)
    )
    # What is remembered from the other face does not open this one.
    assert strict.authenticate("alice", PASSWORD, elsewhere).login == "alice"
    with pytest.raises(InvalidCredentials) as refused:
        strict.authenticate("alice", PASSWORD, there)
    assert type(refused.value) is InvalidCredentials
    assert strict.authenticate("alice", secret, there).device_name == "phone"
    reason = "the user's own password, where only those of devices are taken"
    assert refusals(services) == [("alice", "", reason)]


def test_when_a_device_was_last_seen_is_kept_now_and_then(each_engine: Services) -> None:
    secret = hand_out(each_engine)

    def seen() -> tuple[datetime | None, str, str]:
        each_engine.directory.write_sightings()
        with each_engine.directory.reading(ALICE, HERE) as reading:
            (record,) = devices.listed(reading, "alice")
        return record.last_seen, record.last_address, record.last_agent

    assert seen() == (None, "", "")
    before = datetime.now(UTC)
    login(each_engine, secret)
    first = seen()
    assert first[0] is not None
    assert before <= first[0] <= datetime.now(UTC)
    assert first[1:] == ("192.0.2.7", "DAVx5/4.4")
    # Not with each of many requests.
    login(each_engine, secret, client=replace(PHONE, address="192.0.2.99"))
    assert seen() == first
    login(each_engine, hand_out(each_engine, "other"))
    with each_engine.directory.reading(ALICE, HERE) as reading:
        assert [one.device.name for one in devices.listed(reading, "alice")] == ["other", "phone"]
