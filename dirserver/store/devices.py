"""Devices as rows: their limits, the digests of their secrets, and when they were last seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from dirserver.model.device import Device
from dirserver.model.network import parse_network
from dirserver.store.storable import made_storable
from dirserver.store.tables import device


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A device with its history. ``created_by`` is the login of who added it."""

    device: Device
    created: datetime
    created_by: str
    revoked: datetime | None
    last_seen: datetime | None
    last_address: str
    last_agent: str


@dataclass(frozen=True, slots=True)
class Use:
    """A device was used: when, from where, by which program."""

    device_id: int
    at: datetime
    address: str
    agent: str


_BY_DIGEST = select(device).where(device.c.secret_digest == bindparam("digest"))
_SEEN = (
    update(device)
    .where(device.c.id == bindparam("used"))
    .values({name: bindparam(name) for name in ("last_seen", "last_address", "last_agent")})
)


def load(connection: Connection) -> dict[int, Device]:
    """Read the devices that are not revoked, by id."""
    return {record.device.id: record.device for record in records(connection)}


def records(
    connection: Connection, login: str = "", *, revoked: bool = False
) -> list[DeviceRecord]:
    """Read the devices, all of them or those of ``login``, by name; those ``revoked``, too?"""
    statement = select(device)
    if not revoked:
        statement = statement.where(device.c.revoked.is_(None))
    if login:
        statement = statement.where(device.c.login == login)
    ordered = statement.order_by(device.c.login, device.c.name)
    return [_record(row) for row in connection.execute(ordered)]


def find_secret(connection: Connection, digest: str) -> DeviceRecord | None:
    """Return the device, revoked or not, whose secret has this digest."""
    row = connection.execute(_BY_DIGEST, {"digest": digest}).one_or_none()
    return None if row is None else _record(row)


def add(connection: Connection, new: Device, digest: str, at: datetime, by: str) -> None:
    """Add a device; its id is chosen here."""
    connection.execute(
        insert(device).values(
            login=new.login,
            name=new.name,
            secret_digest=digest,
            protocols=",".join(sorted(new.protocols)),
            books=",".join(sorted(new.books)),
            networks=",".join(str(network) for network in new.networks),
            merged=new.merged,
            created=at,
            created_by=by,
            expires=new.expires,
            last_address="",
            last_agent="",
        )
    )


def revoke(connection: Connection, login: str, at: datetime, name: str = "") -> None:
    """Revoke the device ``name`` of ``login``, or all that they have."""
    statement = update(device).where(device.c.login == login, device.c.revoked.is_(None))
    if name:
        statement = statement.where(device.c.name == name)
    connection.execute(statement.values(revoked=at))


def note_uses(connection: Connection, uses: Iterable[Use]) -> None:
    """Remember when, from where and by which program devices were last used."""
    rows = [
        {
            "used": use.device_id,
            "last_seen": use.at,
            "last_address": made_storable(use.address),
            "last_agent": made_storable(use.agent),
        }
        for use in uses
    ]
    if rows:
        connection.execute(_SEEN, rows)


def _record(row: Row[*tuple[Any, ...]]) -> DeviceRecord:
    found = Device(
        row.id,
        row.login,
        row.name,
        _words(row.protocols),
        _words(row.books),
        tuple(parse_network(one) for one in row.networks.split(",") if one),
        row.expires,
        row.merged,
    )
    return DeviceRecord(
        found,
        row.created,
        row.created_by,
        row.revoked,
        row.last_seen,
        row.last_address,
        row.last_agent,
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) if text else frozenset()
