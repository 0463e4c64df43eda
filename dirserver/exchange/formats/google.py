"""Google's numbered columns: "Phone 2 - Label" and "Phone 2 - Value", and what their cells hold.

A label belongs to its row, not to the column. `` ::: `` is between several values of one label,
in an address in each of its columns in step. ``* `` marks what is the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from dirserver.exchange.formats.contact import Address, Said
from dirserver.exchange.formats.draft import Draft
from dirserver.exchange.formats.targets import Target
from dirserver.exchange.formats.values import split_google

GOOGLE = "google"

_KINDS = "e-mail|im|phone|address|organization|relation|website|event|custom field"
_NUMBERED = re.compile(rf"({_KINDS}) (\d{{1,3}}) - ([a-z ]{{1,30}})")
_BECOMES = {
    "e-mail": "EMAIL",
    "im": "IMPP",
    "phone": "TEL",
    "address": "ADR",
    "organization": "ORG",
    "relation": "RELATED",
    "website": "URL",
    "event": "ANNIVERSARY",
    "custom field": "NOTE",
}
_TYPES = {
    "work": frozenset({"work"}),
    "home": frozenset({"home"}),
    "mobile": frozenset({"cell"}),
    "work fax": frozenset({"fax", "work"}),
    "home fax": frozenset({"fax", "home"}),
    "fax": frozenset({"fax"}),
    "pager": frozenset({"pager"}),
    "car": frozenset({"car"}),
}
_NO_TYPES: frozenset[str] = frozenset()
_SYSTEM = "* "
_MEANINGLESS = frozenset({"", "other"})


def is_numbered(folded_name: str) -> bool:
    """Say whether this, folded, is one of the numbered columns."""
    return _NUMBERED.fullmatch(folded_name) is not None


def becomes(folded_name: str) -> str:
    """Return the property that a numbered column goes to."""
    found = _NUMBERED.fullmatch(folded_name)
    return _BECOMES[found[1]] if found else ""


def labels_in(cell: str) -> list[str]:
    """Return a person's own groups, without those that Google puts everybody in."""
    return [label for label in split_google(cell) if label and not label.startswith("*")]


def take_numbered(draft: Draft, cells: Iterable[tuple[str, str]]) -> None:
    """Put the numbered cells of a row, with the folded names of their columns, into ``draft``."""
    groups: dict[tuple[str, int], dict[str, str]] = {}
    for name, cell in cells:
        if found := _NUMBERED.fullmatch(name):
            groups.setdefault((found[1], int(found[2])), {})[found[3]] = cell
    for (kind, _), group in groups.items():
        label = group.get("label", group.get("type", "")).strip()
        preferred = label.startswith("*")
        label = label.lstrip("* ").strip()
        if kind == "address":
            _addresses(draft, group, label, preferred)
        elif kind == "organization":
            _organisation(draft, group)
        elif value := group.get("value", ""):
            _values(draft, kind, label, preferred, value, group.get("service", ""))


def _values(draft: Draft, kind: str, label: str, preferred: bool, value: str, service: str) -> None:
    types, own = _sorted_out(label)
    if kind in ("e-mail", "phone"):
        marked = types | {"pref"} if preferred else types
        target = Target("EMAIL" if kind == "e-mail" else "TEL", "", marked, own)
        put = draft.mails if kind == "e-mail" else draft.numbers
        put(kind, target, value.replace(" ::: ", "\n"))
        return
    for part in filter(None, split_google(value)):
        match kind:
            case "website":
                draft.contact.urls.append(Said(part, types, own, preferred))
            case "im":
                draft.contact.messengers.append(Said(part, types, own or service, preferred))
            case "relation":
                draft.contact.relations.append(Said(part, label=label))
            case "event":
                if day := draft.day(label or "Event", part):
                    draft.contact.events.append(Said(day, label=label or "Event"))
            case _:
                draft.leave(label or "Custom field", part)


def _sorted_out(label: str) -> tuple[frozenset[str], str]:
    """Return the types that a label stands for, else the label itself."""
    known = _TYPES.get(label.casefold())
    if known is not None:
        return known, ""
    return _NO_TYPES, "" if label.casefold() in _MEANINGLESS else label


def _addresses(draft: Draft, group: Mapping[str, str], label: str, preferred: bool) -> None:
    types, own = _sorted_out(label)
    names = ("street", "city", "po box", "region", "postal code", "country", "extended address")
    columns = [split_google(group.get(name, "")) for name in (*names, "formatted")]
    for parts in zip_longest(*columns, fillvalue=""):
        street, city, box, region, code, country, extended, whole = (
            part.replace("\r\n", "\n") for part in parts
        )
        street = "\n".join(filter(None, (street, extended)))
        address = Address(street, city, region, code, country, box, types, own, preferred)
        if address.is_empty and whole:
            address = Address(whole, types=types, label=own, preferred=preferred)
        if not address.is_empty:
            draft.contact.addresses.append(address)


def _organisation(draft: Draft, group: Mapping[str, str]) -> None:
    for name, target in (
        ("name", Target("ORG", "name")),
        ("department", Target("ORG", "unit")),
        ("title", Target("TITLE")),
        ("job description", Target("ROLE")),
        ("yomi name", None),
        ("symbol", None),
        ("location", None),
    ):
        if cell := group.get(name, ""):
            draft.take(f"Organization {name}", target, cell)
