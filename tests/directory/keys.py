"""Devices of the organisation's people: handed out, and used to log in."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, Unpack

from dirserver.assembly import Services
from dirserver.directory.access import devices
from dirserver.errors import InvalidCredentials, TooManyAttempts
from dirserver.model.device import Device
from dirserver.model.network import Network
from dirserver.model.principal import Client, Principal
from tests.organisation import ADMIN, HERE

PHONE = Client("carddav", "192.0.2.7", "DAVx5/4.4")
DESK = Client("ldap", "192.0.2.8")


class Limits(TypedDict, total=False):
    """What a device is good for."""

    protocols: frozenset[str]
    books: frozenset[str]
    networks: tuple[Network, ...]
    expires: datetime
    merged: bool


def hand_out(
    services: Services,
    name: str = "phone",
    login: str = "alice",
    *,
    who: Principal = ADMIN,
    **limits: Unpack[Limits],
) -> str:
    """Add a device and return its password."""
    with services.directory.writing(who, HERE) as writing:
        return devices.add(writing, Device(0, login, name, **limits))


def revoke(
    services: Services, name: str = "phone", login: str = "alice", *, who: Principal = ADMIN
) -> None:
    with services.directory.writing(who, HERE) as writing:
        devices.revoke(writing, login, name)


def release(
    services: Services, name: str | None = None, login: str = "alice", *, who: Principal = ADMIN
) -> int:
    """Let every client of that name go on; return how many had been stopped."""
    with services.directory.writing(who, HERE) as writing:
        stops = devices.stopped(writing, login, name)
        for stop in stops:
            devices.release(writing, stop)
        return len(stops)


def login(
    services: Services, password: str, name: str = "alice", client: Client = PHONE
) -> Principal:
    return services.authenticator.authenticate(name, password, client)


def enters(services: Services, password: str, name: str = "alice", client: Client = PHONE) -> bool:
    """Say whether somebody is let in."""
    try:
        login(services, password, name, client)
    except TooManyAttempts:
        raise
    except InvalidCredentials:
        return False
    return True
