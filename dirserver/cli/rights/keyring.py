"""``dirserver device``: which devices there are; taking a password back, and letting one go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.config.faults import listing, nearest
from dirserver.directory import Reading, label_of
from dirserver.directory.access import devices
from dirserver.directory.access.devices import DeviceRecord
from dirserver.errors import AccessDenied, NotFound
from dirserver.model.shield import Stop


@dataclass(frozen=True, slots=True)
class ShownStop:
    """Where a client is stopped, since when and why."""

    book: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ShownDevice:
    """A device. One without a name is its user's own password."""

    login: str
    device: str
    protocols: tuple[str, ...]
    books: tuple[str, ...]
    networks: tuple[str, ...]
    created: datetime | None
    created_by: str
    expires: datetime | None
    expired: bool
    merged: bool
    last_seen: datetime | None
    last_address: str
    last_agent: str
    stopped: tuple[ShownStop, ...]


def list_devices(invocation: Invocation, owner: str, login: str, *, as_json: bool) -> None:
    """Print the devices of ``owner``, or of everybody. Raises Failed."""
    with acting(invocation, login) as who, who.reading() as reading:
        wanted = who.user(owner).login if owner else who.principal.login if login else ""
        try:
            records = devices.listed(reading, wanted)
        except AccessDenied as denied:
            raise Failed(f"{denied}.") from denied
        shown = _shown(reading, records, devices.stopped(reading, wanted))
    if as_json:
        screen.say_json(shown)
    elif not shown:
        screen.say(f"{wanted} has no devices" if wanted else "there are no devices")
    else:
        heads = ("login", "device", "only", "expires", "last seen", "from", "with")
        screen.say_table(heads, [_row(one) for one in shown])
        for one in shown:
            for stop in one.stopped:
                at = screen.local(stop.at)
                screen.say(
                    (f"{_called(one.login, one.device)} is stopped in {stop.book}", "red"),
                    f" since {at}: {stop.reason}",
                )


def _shown(
    reading: Reading, records: Sequence[DeviceRecord], stops: Sequence[Stop]
) -> list[ShownDevice]:
    labels = {book.id: label_of(book) for book in reading.policy.books}
    where: dict[tuple[str, str], tuple[ShownStop, ...]] = {}
    for stop in stops:
        client = (stop.login, stop.device)
        told = ShownStop(labels.get(stop.book_id, ""), stop.at, stop.reason)
        where[client] = (*where.get(client, ()), told)
    shown = [
        _shown_device(one, where.pop((one.device.login, one.device.name), ())) for one in records
    ]
    nameless = [
        ShownDevice(login, name, (), (), (), None, "", None, False, False, None, "", "", stopped)
        for (login, name), stopped in where.items()
    ]
    return sorted([*shown, *nameless], key=lambda one: (one.login, one.device))


def _shown_device(record: DeviceRecord, stopped: tuple[ShownStop, ...]) -> ShownDevice:
    device = record.device
    return ShownDevice(
        device.login,
        device.name,
        tuple(sorted(device.protocols)),
        tuple(sorted(device.books)),
        tuple(str(network) for network in device.networks),
        record.created,
        record.created_by,
        device.expires,
        device.expires is not None and device.expires <= datetime.now(UTC),
        device.merged,
        record.last_seen,
        record.last_address,
        record.last_agent,
        stopped,
    )


def _row(one: ShownDevice) -> tuple[str, ...]:
    limits = [*one.protocols, *one.books, *(f"from {network}" for network in one.networks)]
    if one.merged:
        limits.append("all books as one")
    expires = screen.local(one.expires) if one.expires else ""
    return (
        one.login,
        one.device or "(own password)",
        "\n".join(limits),
        f"{expires} EXPIRED" if one.expired else expires,
        screen.local(one.last_seen) if one.last_seen else "never" if one.device else "",
        one.last_address,
        one.last_agent,
    )


def revoke(invocation: Invocation, owner: str, name: str, login: str) -> None:
    """Revoke a device. Raises Failed when there is none of that name."""
    with acting(invocation, login) as who:
        whose = who.user(owner).login
        try:
            with who.writing() as writing:
                devices.revoke(writing, whose, name)
        except AccessDenied as denied:
            raise Failed(f"{denied}.") from denied
        except NotFound as missing:
            raise Failed(f"{missing}{_hint(who, whose, name)}") from missing
    screen.say(f"{name}, of {whose}, can no longer log in")


def _hint(who: Acting, login: str, name: str) -> str:
    with who.reading() as reading:
        names = [record.device.name for record in devices.listed(reading, login)]
    meant = nearest(name, names)
    if meant is not None:
        return f"; did you mean {meant}?"
    return f"; there is {listing(names, 'and')}." if names else "."


def release(invocation: Invocation, owner: str, name: str, book: str, login: str) -> None:
    """Let what is stopped of ``owner`` go on. Raises Failed when nothing is."""
    with acting(invocation, login) as who:
        whose = who.user(owner).login
        try:
            with who.writing() as writing:
                labels = {one.id: label_of(one) for one in writing.policy.books}
                stops = [
                    stop
                    for stop in devices.stopped(writing, whose, name or None)
                    if book in ("", labels.get(stop.book_id))
                ]
                for stop in stops:
                    devices.release(writing, stop)
        except AccessDenied as denied:
            raise Failed(f"Only who manages the book may do that: {denied}.") from denied
    if not stops:
        client = f"{whose}'s {name}" if name else f"Nothing of {whose}'s"
        where = f" in {book}" if book else ""
        verb = "is not stopped" if name else "is stopped"
        raise Failed(f"{client} {verb}{where}. What is, says: {again.command('device list')}")
    for stop in stops:
        where = labels.get(stop.book_id, "an archived book")
        screen.say(f"{_called(stop.login, stop.device)} may write to {where} again")


def _called(login: str, device: str) -> str:
    return f"{device}, of {login}," if device else f"{login}, with their own password,"
