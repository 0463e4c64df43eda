"""``dirserver why``: a decision, and what it rests on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address

import typer

from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import FAILED, Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.rights.clients import device_meant
from dirserver.config.faults import listing
from dirserver.directory import Reading, label_of
from dirserver.model.addressbook import AddressBook
from dirserver.model.device import Device
from dirserver.model.explain import Asker, Explanation, Reach, explain
from dirserver.model.grant import Privilege
from dirserver.model.principal import ANONYMOUS, EVERYONE, GROUP_PREFIX, Principal
from dirserver.model.shield import Stop


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as it was typed."""

    login: str
    privilege: str
    book: str
    address: str
    device: str
    protocol: str


@dataclass(frozen=True, slots=True)
class ToldStop:
    """A client of theirs that the shield has stopped in the book; without a device it is theirs."""

    device: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ToldGrant:
    """A grant that reaches whoever it is about; ``shortfall`` says why it is not enough."""

    to: str
    terms: str
    origin: str
    way: tuple[str, ...]
    shortfall: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision. ``needed`` says what would change it, where that is no."""

    login: str
    privilege: str
    book: str
    address: str
    allowed: bool
    reason: str
    grants: tuple[ToldGrant, ...]
    hidden: tuple[str, ...]
    needed: str
    device: str
    protocol: str
    limits: str
    stopped: tuple[ToldStop, ...]


def why(invocation: Invocation, request: Request, *, as_json: bool) -> None:
    """Print the explanation. Raises Failed, and Exit with 1 when the answer is no."""
    privilege, address = Privilege[request.privilege.upper()], _address(request.address)
    with acting(invocation) as who, who.reading() as reading:
        principal = _principal(who, request.login)
        book = _book(who, reading, principal, request.book)
        if request.device:
            device = _device(reading, principal, request.device)
            principal = replace(principal, device=device)
        asker = Asker(principal, datetime.now(UTC), address, request.protocol)
        # Not the one that is read with: what is done with commands is never stopped.
        found = explain(who.services.directory.policy(), asker, privilege, book)
    label = label_of(book)
    answer = Answer(
        principal.login,
        request.privilege,
        label,
        address,
        found.decision.allowed,
        found.decision.reason,
        tuple(_told(reach) for reach in found.reaches),
        tuple(sorted(found.decision.hidden)),
        _needed(found, request.privilege, label),
        principal.device_name,
        request.protocol,
        "" if principal.device is None else principal.device.limits,
        tuple(
            ToldStop(stop.device, stop.at, stop.reason)
            for stop in ((found.stop,) if found.stop else ()) + found.stops
        ),
    )
    if as_json:
        screen.say_json(answer)
    else:
        _tell(answer, found)
    if not answer.allowed:
        raise typer.Exit(FAILED)


def _principal(who: Acting, login: str) -> Principal:
    return ANONYMOUS if login == ANONYMOUS.login else who.user(login)


def _device(reading: Reading, principal: Principal, name: str) -> Device:
    """Return the device of ``principal`` that is called so. Raises Failed."""
    theirs = {
        device.name: device
        for device in reading.policy.devices.values()
        if device.login == principal.login
    }
    known = [(principal.login, one) for one in theirs]
    return theirs[device_meant(name, known, principal.login).name]


def _book(who: Acting, reading: Reading, principal: Principal, name: str) -> AddressBook:
    """Return the book that ``principal`` means by ``name``: a private one needs no more."""
    own = f"{principal.login}/{name}"
    if any(label_of(book) == own for book in reading.policy.books):
        name = own
    return who.addressbook(reading, name, Privilege.SEARCH)


def _address(text: str) -> str:
    try:
        return str(ip_address(text)) if text else ""
    except ValueError as error:
        raise Failed(
            f"--from {text} is no address; write it as 10.20.3.4 or 2001:db8::1."
        ) from error


def _told(reach: Reach) -> ToldGrant:
    grant = reach.grant
    return ToldGrant(grant.grantee, grant.terms, grant.origin, reach.way, reach.shortfall)


def _needed(found: Explanation, privilege: str, label: str) -> str:
    """Say all that is lacking: a grant, another device, the end of a stop."""
    needed = []
    if found.takers:
        said = f"a grant of {privilege} to {listing(found.takers)} in the config file"
        needed.append(f"{said}, or given by {listing(found.givers)}" if found.givers else said)
    if found.limit:
        needed.append("a device without that limit, see: dirserver device add --help")
    if found.stop and not found.decision.allowed:
        needed.append(_release(found.stop, label))
    return "; and ".join(needed)


def _release(stop: Stop, label: str) -> str:
    device = [stop.device] if stop.device else []
    return again.command(shlex.join(["device", "release", stop.login, *device, "--book", label]))


def _tell(answer: Answer, found: Explanation) -> None:
    who = f"{answer.login} with {answer.device}" if answer.device else answer.login
    who += f" at {answer.address}" if answer.address else ""
    who += f" over {answer.protocol}" if answer.protocol else ""
    style = "green" if answer.allowed else "red"
    may = "may" if answer.allowed else "may not"
    screen.say((f"{who} {may} {answer.privilege} {answer.book}", style), f": {answer.reason}")
    for grant in answer.grants:
        mark, but = ("-", f"; it {grant.shortfall}") if grant.shortfall else ("+", "")
        screen.say(
            f"{mark} {grant.to} has {grant.terms} ({grant.origin}){_way(answer, grant)}{but}"
        )
    hidden = [one.name for one in found.kept if not one.shown_by]
    if hidden:
        screen.say(f"hidden, as no grant shows it: {listing(hidden, 'and')}")
        also = sorted(found.decision.hidden - set(hidden))
        if also:
            screen.say(f"hidden with that, as it says the same: {listing(also, 'and')}")
    for shown_by in sorted({one.shown_by for one in found.kept} - {""}):
        shown = [one.name for one in found.kept if one.shown_by == shown_by]
        screen.say(f"not hidden, as the grant to {shown_by} shows it: {listing(shown, 'and')}")
    if answer.limits:
        screen.say(f"{answer.device} is good for less than {answer.login} may: {answer.limits}")
    for stop in answer.stopped:
        device = stop.device or f"{answer.login}'s own password"
        screen.say(
            (f"{device} is stopped in {answer.book}", "red"),
            f" since {screen.local(stop.at)}: {stop.reason}",
        )
    if answer.needed:
        screen.say(f"needed: {answer.needed}")


def _way(answer: Answer, grant: ToldGrant) -> str:
    """Say how a grant comes to somebody: "alice is in sales, which is in staff"."""
    if grant.to == EVERYONE:
        return f": {answer.login} is a user"
    if not grant.to.startswith(GROUP_PREFIX):
        return ""
    return f": {answer.login} is in {', which is in '.join(grant.way)}"
