"""Searches with controls, as a client spells them and reads what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ldap import wire
from tests.ldap.client import Client

CUSTOMERS = "ou=customers,dc=example,dc=org"
PAGED = "1.2.840.113556.1.4.319"
SORT, SORTED = "1.2.840.113556.1.4.473", "1.2.840.113556.1.4.474"
VIEW, VIEWED = "2.16.840.1.113730.3.4.9", "2.16.840.1.113730.3.4.10"
PERSONS = "(objectClass=person)"


@dataclass(frozen=True)
class Answer:
    """What a search with controls was answered."""

    names: list[str]
    code: str
    controls: dict[str, list[wire.Element]]

    @property
    def cookie(self) -> bytes:
        """Where the next page begins; empty behind the last."""
        return self.controls[PAGED][1].contents

    @property
    def sorting(self) -> list[bytes]:
        """The result of the sort, and the attribute that was at fault."""
        return [one.contents for one in self.controls[SORTED]]

    @property
    def view(self) -> tuple[int, int, int]:
        """Where the target is, in a list how long, and what became of the view."""
        target, content, code = (
            int.from_bytes(one.contents, "big") for one in self.controls[VIEWED][:3]
        )
        return target, content, code


def paged(size: int, cookie: bytes = b"", *, critical: bool = True) -> bytes:
    """Ask for a page."""
    value = wire.tlv(0x30, wire.integer(size) + wire.string(cookie))
    return wire.control(PAGED, critical=critical, value=value)


def sorted_by(*keys: str, critical: bool = False) -> bytes:
    """Ask for an order: attributes, reversed with a hyphen, perhaps with a rule after a colon."""
    value = b""
    for key in keys:
        attribute, _, rule = key.lstrip("-").partition(":")
        part = wire.string(attribute) + (wire.string(rule, 0x80) if rule else b"")
        value += wire.tlv(0x30, part + (wire.boolean(True, 0x81) if key[0] == "-" else b""))
    return wire.control(SORT, critical=critical, value=wire.tlv(0x30, value))


def view(
    before: int, after: int, *, offset: int = 1, content: int = 0, value: str | None = None
) -> bytes:
    """Ask for a window around an offset or a value."""
    counts = wire.integer(before) + wire.integer(after)
    if value is not None:
        target = wire.string(value, 0x81)
    else:
        target = wire.tlv(0xA0, wire.integer(offset) + wire.integer(content))
    return wire.control(VIEW, critical=True, value=wire.tlv(0x30, counts + target))


def ask(
    client: Client,
    *controls: bytes,
    base: str = CUSTOMERS,
    text: str = PERSONS,
    scope: str = "sub",
    size_limit: int = 0,
    attribute: str = "cn",
) -> Answer:
    """Search with controls; ``names`` are the values of one attribute, or the DNs without it."""
    client.last_id += 1
    operation = wire.search(base, text, scope=scope, size_limit=size_limit, attributes=[attribute])
    message = wire.message(client.last_id, operation, controls)
    *entries, done = wire.responses(client.exchange(message))
    names = [
        next((values[0].decode() for _, values in entry.attributes), entry.dn) for entry in entries
    ]
    found = {oid: list(next(iter(wire.elements(value or b"")))) for oid, _, value in done.controls}
    return Answer(names, done.code, found)
