"""``dirserver doctor ldap``: why does the phone find nothing?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from dirserver import rendezvous
from dirserver.assembly import Services, ldap_settings
from dirserver.cli import again, screen
from dirserver.cli.acting import Acting, acting
from dirserver.cli.failure import Failed
from dirserver.cli.invocation import Invocation
from dirserver.cli.upkeep.remedies import REMEDIES
from dirserver.ldap.codec.decode import decode_message
from dirserver.ldap.codec.encode import ResultCode
from dirserver.ldap.codec.messages import MalformedMessage, SearchRequest, render
from dirserver.ldap.diagnosis.masking import masked_dn, masked_filter
from dirserver.ldap.diagnosis.reasons import Cause, diagnose, family_of
from dirserver.ldap.diagnosis.recent import Heard, from_json
from dirserver.ldap.diagnosis.replaying import Tally, replay
from dirserver.model.audit import AuditAction, AuditEvent

_SCOPES = ("base", "one", "sub", "children")


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed."""

    client: str
    show: bool
    limit: int
    as_json: bool


@dataclass(frozen=True, slots=True)
class ToldRequest:
    """A request, and why it went as it did. Without a tally ``before`` and ``after`` are None."""

    at: datetime
    address: str
    operation: str
    tls: bool
    login: str
    device: str
    method: str
    base: str
    scope: str
    filter: str
    attributes: tuple[str, ...]
    size_limit: int
    code: str
    hits: int
    before: int | None
    after: int | None
    cause: Cause
    reason: str
    advice: str
    family: str


def doctor_ldap(invocation: Invocation, question: Question) -> None:
    """Print what a client has asked and why it found nothing, or who has asked. Raises Failed."""
    address = _address(question.client)
    with acting(invocation) as who:
        heard = _heard(who.services, address)
        if not address and not question.as_json:
            _list(heard)
            return
        newest = heard[-question.limit :]
        if question.show:
            _tell_trail(who, address)
        told = [_told(one, who.services, shown=question.show) for one in newest]
    if question.as_json:
        screen.say_json(told)
        return
    if not told:
        raise Failed(
            f"Nothing has come from {address} in the last hour. Ask the phone for somebody and "
            "run this again; if there is still nothing, its server, port or network is wrong."
        )
    for one in told:
        _say(one)
    family = next((one.family for one in reversed(told) if one.family), "FAMILY")
    phone = again.command(f"phone {family} --user LOGIN")
    screen.say(f"Settings that work: {phone}")


def _address(typed: str) -> str:
    try:
        return str(ip_address(typed)) if typed else ""
    except ValueError as error:
        raise Failed(f"--client {typed}: that is no address; write it like 10.20.0.31") from error


def _heard(services: Services, address: str) -> list[Heard]:
    """Return what the running servers remember, oldest first. Raises Failed if none answers."""
    answers = list(rendezvous.heard(services.config.database.url, address))
    if not answers:
        raise Failed(
            "No server of this config can be asked. Is it running, on this machine? Run this as "
            "the user that it runs as, with sudo -u."
        )
    try:
        heard = [one for answer in answers for one in from_json(answer)]
    except (ValueError, TypeError, KeyError) as error:
        raise Failed("The server is of another version than this command; restart it.") from error
    return sorted(heard, key=lambda one: one.at)


def _tell_trail(who: Acting, address: str) -> None:
    """What people look up is shown to nobody in secret."""
    event = AuditEvent(
        AuditAction.LDAP_SHOW,
        who.principal.login,
        detail=f"what {address or 'every client'} has asked over LDAP lately",
        protocol=who.client.protocol,
        agent=who.client.agent,
    )
    who.services.directory.record([event])


def _told(heard: Heard, services: Services, *, shown: bool) -> ToldRequest:
    request = _request(heard)
    tally: Tally | None = None
    settings = ldap_settings(services)
    if request is not None:
        tally = replay(request, heard, services.directory, settings)
    cause = diagnose(heard, request, tally)
    reason, advice = REMEDIES[cause]
    for word, fact in (
        ("LOGIN", heard.login if heard.operation == "search" else "LOGIN"),
        ("ADDRESS", heard.address),
        ("SUFFIX", settings.suffix),
    ):
        reason, advice = reason.replace(word, fact), advice.replace(word, fact)
    advice = advice.replace("dirserver ", again.command(""))
    base = heard.name if request is None else request.base
    text = "" if request is None else render(request.filter)
    return ToldRequest(
        datetime.fromtimestamp(heard.at, UTC),
        heard.address,
        heard.operation,
        heard.secure,
        heard.login,
        heard.device,
        heard.method,
        base if shown else masked_dn(base),
        "" if request is None else _SCOPES[request.scope],
        text if shown else masked_filter(text),
        () if request is None else request.attributes,
        0 if request is None else request.size_limit,
        heard.code,
        heard.hits,
        None if tally is None else tally.before,
        None if tally is None else tally.after,
        cause,
        reason,
        advice,
        family_of(heard, request),
    )


def _request(heard: Heard) -> SearchRequest | None:
    if not heard.octets:
        return None
    try:
        message = decode_message(heard.octets)
    except MalformedMessage:
        return None
    return message.op if isinstance(message.op, SearchRequest) else None


def _say(one: ToldRequest) -> None:
    went_well = one.cause is Cause.FOUND
    result = f"{one.code or 'no answer'}, {screen.counted(one.hits, 'hit')}"
    if one.operation != "search":
        result = one.code or "no answer"
    who = f"as {one.login or 'nobody'}"
    if _is_failed_bind(one):
        # Nobody is logged in then, whoever was before.
        who, result = f"tried as {one.base or 'nobody'}", f"failed, {result}"
    way = "TLS" if one.tls else "no TLS"
    screen.say(
        (f"{screen.local(one.at)}  {one.operation}", "bold"),
        f" {who}, {way}: ",
        (result, "green" if went_well else "red"),
    )
    if one.operation == "bind":
        screen.say(f"  name {one.base or '(none)'}, {one.method}")
    if one.filter:
        screen.say(f"  base {one.base or '(none)'}, scope {one.scope}, {one.filter}")
        limit = f", at most {one.size_limit}" if one.size_limit else ""
        screen.say(f"  wants {' '.join(one.attributes) or 'every attribute'}{limit}")
        # Of what is no card, such as the root DSE, there is nothing to count.
        if one.before or not one.hits:
            screen.say(f"  now matches {one.before} before grants, {one.after} after them")
    if not went_well:
        screen.say(f"  why: {one.reason}")
        screen.say(f"  do:  {one.advice}")


def _is_failed_bind(one: Heard | ToldRequest) -> bool:
    return one.operation == "bind" and one.code != ResultCode.SUCCESS.rfc_name


def _list(heard: Sequence[Heard]) -> None:
    """Print who has asked."""
    if not heard:
        screen.say("No LDAP client has asked anything in the last hour.")
        return
    last = {one.address: one for one in heard}
    asked = Counter(one.address for one in heard if one.operation == "search")
    empty = Counter(one.address for one in heard if one.operation == "search" and not one.hits)
    rows = [
        (
            address,
            screen.local(datetime.fromtimestamp(one.at, UTC)),
            "(bind failed)" if _is_failed_bind(one) else one.login,
            str(asked[address]),
            str(empty[address]),
        )
        for address, one in sorted(last.items(), key=lambda pair: -pair[1].at)
    ]
    screen.say_table(("client", "last asked", "as", "searches", "found nothing"), rows)
