"""An edit of a card that was united with another one by then, carried over to the other one."""

from __future__ import annotations

from dirserver.model.conversion import convert
from dirserver.model.history.items import read, surplus
from dirserver.model.history.takeback import take_back
from dirserver.model.number import DialPlan
from dirserver.model.uniting.uniting import UNITS, Side, unite
from dirserver.model.vcard import parse_card, without


def carried(base: bytes | None, sent: bytes, onto: bytes, plan: DialPlan) -> bytes:
    """Return ``onto`` with what somebody made of ``base`` when they sent ``sent``.

    What they changed, changes; what they took away, goes, if it is still there; what they brought,
    comes, and is the newest value. Without a ``base``, nobody knows what they had seen, so nothing
    goes: what is not there yet comes, and where the two contradict each other, ``onto`` stays as
    it is and the note says the rest.
    """
    version = parse_card(onto).version
    new = _converted(sent, version)
    if base is None:
        return unite(onto, new, plan, Side.SURVIVOR).body
    old = _converted(base, version)
    # From what they sent to what they had, backwards.
    taken = take_back(new, old, onto).body
    said = read(new).items
    come = surplus(said, read(old).items)
    names = {item.name for item in come}
    # What belongs together is looked at together: a title with the firm that it is of.
    beside = {name for unit in UNITS if not names.isdisjoint(unit) for name in unit}
    places = {item.written.start for item in come}
    kept = [item for item in said if item.written.start in places or item.name in beside]
    lines = [f"VERSION:{version}\r\n"]
    for item in kept:
        lines += [item.written.raw, *(label.raw for _, label in item.labels)]
    card = "".join(["BEGIN:VCARD\r\n", *lines, "END:VCARD\r\n"]).encode()
    return unite(taken, card, plan, Side.OTHER).body


def _converted(body: bytes, version: str) -> bytes:
    """Return a card in another version, without its UID and names that nobody has given it."""
    said = {line.name for line in parse_card(body).lines}
    return without(convert(body, version), frozenset({"UID", *({"FN", "N"} - said)}))
