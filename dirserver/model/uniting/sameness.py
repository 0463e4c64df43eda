"""When two values mean the same, however they are written, and one property that says both."""

from __future__ import annotations

import re

from dirserver.model.contentline import Params, split_value, unescape
from dirserver.model.derive import telephone_number
from dirserver.model.fold import fold
from dirserver.model.history.items import NEUTRAL, Item, Meaning
from dirserver.model.number import DialPlan
from dirserver.model.number_reading import digits_of
from dirserver.model.number_writing import spelled_out
from dirserver.model.standards.emails import cleaned
from dirserver.model.uniting.rewritten import with_line

_HOST = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)


def meant(item: Item, plan: DialPlan) -> Meaning:
    """Return what ``item`` means: a number in any notation, an address in any case."""
    text = unescape(item.line.value).strip()
    match item.name:
        case "TEL":
            number = telephone_number(text)
            return "TEL", spelled_out(number, plan, national=False) or _unread(number)
        case "EMAIL":
            # Of the part before the @, too, no server that people use tells cases apart.
            return "EMAIL", (cleaned(text) or text).casefold()
        case "ADR":
            parts = [fold(unescape(part)) for part in split_value(item.line.value, ";")]
            return "ADR", *"\n".join(parts).rstrip("\n").split("\n")
        case "URL":
            host = _HOST.match(text)
            address = text if host is None else host[0].lower() + text[host.end() :]
            return "URL", address.removesuffix("/")
        case _:
            return item.value


def _unread(number: str) -> str:
    """Return what stands for a number that cannot be read: its digits, if it has nothing else."""
    is_digits = bool(number) and not any(map(str.isalpha, number))
    return digits_of(number) if is_digits and digits_of(number) else fold(number)


def both(one: Item, other: Item) -> Item | None:
    """Return ``one`` with what only ``other`` says beside the same value.

    None if they contradict each other, as by two labels: then both are to stay.
    """
    labels = one.label_meaning != other.label_meaning
    if labels and one.labels and other.labels:
        return None
    base, more = (other, one) if labels and other.labels else (one, other)
    added = _added(base.line.params, more.line.params)
    if added is None:
        return None
    types = sorted(more.line.types() - base.line.types() - NEUTRAL)
    params = _with_types((*base.line.params, *added), types)
    value = base.line.value
    if one.name == "TEL" and not _is_global(base) and _is_global(more):
        # What can be dialled from anywhere. Whether it is a URI goes with it.
        value = more.line.value
        kind = tuple(param for param in more.line.params if param[0] == "VALUE")
        params = (*(param for param in params if param[0] != "VALUE"), *kind)
    return with_line(base, params, value)


def _is_global(item: Item) -> bool:
    return telephone_number(unescape(item.line.value)).lstrip().startswith("+")


# They are about the value as it is written, or about the card that it was in.
_OF_THE_WRITING = frozenset({"TYPE", "PREF", "VALUE", "ENCODING", "CHARSET", "PID", "INDEX"})


def _added(there: Params, more: Params) -> Params | None:
    """Return what ``more`` has that is not ``there``; None if the two contradict each other."""
    known = dict(there)
    found = []
    for name, values in more:
        if not values or name in _OF_THE_WRITING or known.get(name) == values:
            continue
        if name in known:
            return None
        found.append((name, values))
    return tuple(found)


def _with_types(params: Params, types: list[str]) -> Params:
    if not types:
        return params
    for at, (name, values) in enumerate(params):
        if name == "TYPE" and values:
            shown = [one.upper() if values[0].isupper() else one for one in types]
            return (*params[:at], (name, (*values, *shown)), *params[at + 1 :])
    return (*params, ("TYPE", tuple(types)))
