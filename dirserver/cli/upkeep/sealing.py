"""``dirserver audit verify``: is the trail as it was written?"""

from __future__ import annotations

import re
from dataclasses import dataclass

import typer

from dirserver.cli import again, screen
from dirserver.cli.acting import acting
from dirserver.cli.failure import FAILED, Failed
from dirserver.cli.invocation import Invocation
from dirserver.directory import AuditHead, AuditVerdict, trail

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_REASONS = {
    "text": "what it says was changed",
    "link": "what it says of who, what, where and when was changed, or its seal",
    "missing": "there were events before it that are gone, or the one before it was changed",
    "rewritten": "it is not the one that was noted; the trail was made anew",
    "cut off": "it was noted, and is gone; the end of the trail was cut off",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the trail holds together. ``broken_at`` is 0 where it does to its end."""

    ok: bool
    events: int
    erased: int
    head: str
    broken_at: int
    reason: str


def verify(invocation: Invocation, expect: str, *, as_json: bool) -> None:
    """Print whether the trail is whole; exit with 1 if it is not. Raises Failed."""
    expected = _head(expect)
    with (
        acting(invocation) as who,
        who.reading() as reading,
        screen.progress("following the trail") as advance,
    ):
        found = _told(trail.verify(reading, expected, advance))
    if as_json:
        screen.say_json(found)
    else:
        _tell(found)
    if not found.ok:
        screen.complain(
            f"The audit trail is not as it was written. Keep a copy of the database, compare event "
            f"{found.broken_at} and those around it with a backup, and find out who could write "
            "to the database itself. If a backup was put back since that head was noted, dirserver "
            "audit --action backup:restore says so, and which head its trail had."
        )
        raise typer.Exit(FAILED)


def _head(text: str) -> AuditHead | None:
    if not text:
        return None
    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        raise Failed(
            f'--expect "{text}" is no head of the trail; expected ID:DIGEST, as '
            f"`{again.command('audit verify')}` prints it."
        )
    return AuditHead(int(found[1]), found[2])


def _told(verdict: AuditVerdict) -> Verified:
    fault = verdict.fault
    return Verified(
        fault is None,
        verdict.events,
        verdict.erased,
        str(verdict.head or ""),
        fault.id if fault else 0,
        _REASONS[fault.flaw] if fault else "",
    )


def _tell(found: Verified) -> None:
    events = screen.counted(found.events, "event")
    erased = f", {found.erased} of them erased" if found.erased else ""
    if found.ok:
        screen.say(f"the trail is whole: {events}{erased}")
        screen.say(f"head: {found.head or 'none yet'}")
        return
    screen.say((f"event {found.broken_at} does not fit: {found.reason}", "red"))
    be, do = ("is", "does") if found.events == 1 else ("are", "do")
    screen.say(f"before it {be} {events} that {do}{erased}")
