"""What a device's password is good for, and what its principal may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dirserver.errors import AccessDenied
from dirserver.model.addressbook import AddressBook
from dirserver.model.device import Device, is_device_name
from dirserver.model.grant import Grant, Privilege
from dirserver.model.network import parse_network
from dirserver.model.policy import Policy, user_principal
from dirserver.model.principal import Client, operator
from dirserver.model.shield import Stop

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PHONE = Device(7, "alice", "phone")
ALICE = replace(user_principal("alice", "Alice", "", ()), device=PHONE)
CUSTOMERS = AddressBook(1, "1", "customers")
OWN = AddressBook(2, "2", "personal", owner="alice")
HERE = Client("carddav", "10.20.0.9")
POLICY = Policy(
    1,
    {"alice": replace(ALICE, device=None)},
    (),
    (CUSTOMERS, OWN),
    {1: (Grant("alice", Privilege.MANAGE),)},
    devices={7: PHONE},
)


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [
        ({}, ""),
        ({"protocols": frozenset({"carddav"})}, ""),
        ({"protocols": frozenset({"ldap"})}, "not for carddav"),
        ({"networks": (parse_network("10.20.0.0/16"), parse_network("::1"))}, ""),
        ({"networks": (parse_network("10.21.0.0/16"),)}, "not from this network"),
        ({"expires": NOW + timedelta(seconds=1)}, ""),
        ({"expires": NOW}, "expired on 2026-11-01"),
    ],
)
def test_a_device_is_good_within_its_limits(limits: dict[str, object], refusal: str) -> None:
    device = replace(PHONE, **limits)  # type: ignore[arg-type]  # any of its fields
    assert device.refusal("carddav", "10.20.0.9", NOW) == refusal
    policy = replace(POLICY, devices={7: device})
    if refusal:
        with pytest.raises(AccessDenied, match=refusal):
            policy.as_of(ALICE, HERE, NOW)
    else:
        assert policy.as_of(ALICE, HERE, NOW).device == device


def test_a_network_is_no_secret_of_the_clients() -> None:
    device = replace(PHONE, networks=(parse_network("10.20.0.0/16"),))
    for address in ("", "unknown", "10.20.0.9, 1.2.3.4"):
        assert device.refusal("ldap", address, NOW) == "not from this network"


def test_a_device_that_is_gone_takes_nobody_in() -> None:
    with pytest.raises(AccessDenied, match="revoked"):
        replace(POLICY, devices={}).as_of(ALICE, HERE, NOW)
    with pytest.raises(AccessDenied, match="no longer a user"):
        replace(POLICY, users={}).as_of(ALICE, HERE, NOW)
    # With their own password they still come in.
    own = replace(ALICE, device=None)
    assert replace(POLICY, devices={}).as_of(own, HERE, NOW) == own


def test_other_books_do_not_exist_for_a_device() -> None:
    limited = replace(ALICE, device=replace(PHONE, books=frozenset({"alice/personal"})))
    assert POLICY.view(limited, CUSTOMERS) is None
    assert POLICY.view(ALICE, CUSTOMERS) is not None
    view = POLICY.view(limited, OWN)
    assert view is not None
    assert view.access is Privilege.MANAGE
    decision = POLICY.decide(limited, Privilege.SEARCH, CUSTOMERS)
    assert decision.reason == "device phone: not for customers"


def test_a_stopped_client_reads_on_and_its_neighbours_write_on() -> None:
    stop = Stop(1, "alice", "phone", NOW, "30 of 40 cards deleted")
    stopped = replace(POLICY, stops={(1, "alice", "phone"): stop})
    view = stopped.view(ALICE, CUSTOMERS)
    assert view is not None
    assert (view.access, view.hidden) == (Privilege.READ, frozenset())
    assert stopped.decide(ALICE, Privilege.WRITE, CUSTOMERS).reason == f"stopped: {stop.reason}"
    tablet = replace(ALICE, device=replace(PHONE, name="tablet"))
    for other in (tablet, replace(ALICE, device=None), operator("root")):
        assert stopped.decide(other, Privilege.MANAGE, CUSTOMERS).allowed
    assert stopped.decide(ALICE, Privilege.MANAGE, OWN).allowed


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("alice iphone", True), ("Büro 2", True), ("x" * 64, True), ("x" * 65, False), ("", False),
     (" phone", False), ("a\nb", False), ("\x1b[31m", False), ("\u202eenohp", False)],
)  # fmt: skip
def test_a_device_has_a_name_that_people_can_tell_it_by(name: str, is_one: bool) -> None:
    assert is_device_name(name) is is_one
