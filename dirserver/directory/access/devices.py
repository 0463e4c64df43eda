"""Devices of a user's: added, listed, revoked, and let go on when they were stopped.

Users see to their own, the operator to anybody's. A stopped client is released by the operator
or by whoever manages the book.
"""

from __future__ import annotations

from dataclasses import replace

from dirserver.directory.reading import Reading
from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied, AlreadyExists, NotFound
from dirserver.model.addressbook import label_of
from dirserver.model.audit import AuditAction, AuditEvent, Outcome
from dirserver.model.device import Device
from dirserver.model.grant import Privilege
from dirserver.model.secret import digest_of, new_secret
from dirserver.model.shield import Stop
from dirserver.store import devices, settings, stops
from dirserver.store.devices import DeviceRecord

__all__ = ["DeviceRecord", "add", "known", "listed", "release", "revoke", "stopped"]


def add(writing: Writing, device: Device) -> str:
    """Add ``device``, whose id is chosen here, and return its secret: it is kept nowhere else.

    Raises AccessDenied, AlreadyExists when its user has one of this name, NotFound when there
    is no such user.
    """
    login = device.login
    _require_own(writing, AuditAction.DEVICE_ADD, login, device.name)
    if login not in writing.policy.users:
        raise NotFound(f"there is no user {login}")
    if any(login == one.login and device.name == one.name for one in _devices(writing)):
        raise AlreadyExists(f"{login} has a device {device.name}")
    secret = new_secret()
    devices.add(writing.connection, device, digest_of(secret), writing.at, writing.principal.login)
    _note(writing, AuditAction.DEVICE_ADD, login, device.name, device.limits)
    settings.next_policy_epoch(writing.connection)
    return secret


def revoke(writing: Writing, login: str, name: str) -> None:
    """Make the password of a device worth nothing, from the next request on.

    Where it was stopped, it is no longer: another one of its name is another device. Raises
    AccessDenied, NotFound.
    """
    _require_own(writing, AuditAction.DEVICE_REVOKE, login, name)
    if not any(login == one.login and name == one.name for one in _devices(writing)):
        raise NotFound(f"{login} has no device {name}")
    devices.revoke(writing.connection, login, writing.at, name)
    for stop in stopped(writing, login, name):
        stops.release(writing.connection, stop, writing.at, writing.principal.login)
    _note(writing, AuditAction.DEVICE_REVOKE, login, name)
    settings.next_policy_epoch(writing.connection)


def listed(reading: Reading, login: str = "") -> list[DeviceRecord]:
    """Return the devices of ``login``, or of everybody, by name. Raises AccessDenied."""
    if not reading.principal.is_operator and login != reading.principal.login:
        raise AccessDenied(f"{reading.principal.login} sees no devices but their own")
    return devices.records(reading.connection, login)


def known(reading: Reading) -> list[tuple[str, str]]:
    """Return the logins and names of all devices there are or were. Raises AccessDenied."""
    reading.require_operator()
    records = devices.records(reading.connection, revoked=True)
    return sorted({(one.device.login, one.device.name) for one in records})


def stopped(reading: Reading, login: str = "", name: str | None = None) -> list[Stop]:
    """Return where clients of ``login``, or anybody's, are stopped; of one device if it is given.

    Without a name it is the user's own password that is meant.
    """
    found = stops.load(reading.connection).values()
    return [stop for stop in found if login in ("", stop.login) and name in (None, stop.device)]


def release(writing: Writing, stop: Stop) -> None:
    """Let a client go on that was stopped. Raises AccessDenied without ``manage`` on the book."""
    books = {book.id: book for book in writing.policy.books}
    book = books.get(stop.book_id)
    slug = "" if book is None else label_of(book)
    if not writing.principal.is_operator:
        writing.granted(slug, AuditAction.DEVICE_RELEASE, "", Privilege.MANAGE)
    stops.release(writing.connection, stop, writing.at, writing.principal.login)
    _note(writing, AuditAction.DEVICE_RELEASE, stop.login, stop.device, book=slug)
    settings.next_policy_epoch(writing.connection)


def _devices(writing: Writing) -> list[Device]:
    return [record.device for record in devices.records(writing.connection)]


def _require_own(writing: Writing, action: AuditAction, login: str, name: str) -> None:
    principal = writing.principal
    if principal.is_operator or principal.login == login:
        return
    reason = f"{principal.login} may see to their own devices only"
    writing.refusals.append(_event(writing, action, login, name, reason, Outcome.REFUSED))
    raise AccessDenied(reason)


def _note(
    writing: Writing,
    action: AuditAction,
    login: str,
    name: str,
    detail: str = "",
    *,
    book: str = "",
) -> None:
    event = _event(writing, action, login, name, detail)
    writing.events.append(replace(event, book=book))


def _event(
    writing: Writing,
    action: AuditAction,
    login: str,
    name: str,
    detail: str,
    outcome: Outcome = Outcome.DONE,
) -> AuditEvent:
    whose = f"{login}'s {f'device {name}' if name else 'own password'}"
    said = f"{whose}: {detail}" if detail else whose
    return writing.event(action, "", "", said, outcome)
