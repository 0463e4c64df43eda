"""Cards in the format that somebody asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dirserver.exchange.formats.choices import Format
from dirserver.exchange.formats.contact import Contact
from dirserver.exchange.formats.csvwriting import Safety, write_google, write_outlook, write_plain
from dirserver.exchange.formats.fromcard import to_contact
from dirserver.exchange.formats.ldifwriting import write_ldif
from dirserver.exchange.formats.phonewriting import (
    write_fritzbox,
    write_grandstream,
    write_snom,
    write_yealink,
)
from dirserver.exchange.vcards import write_vcards
from dirserver.model.conversion import convert

_VERSIONS = {Format.VCARD_3: "3.0", Format.VCARD_4: "4.0"}
_TABLES = {Format.CSV: write_plain, Format.GOOGLE: write_google, Format.OUTLOOK: write_outlook}
_PHONES = {
    Format.FRITZBOX: write_fritzbox,
    Format.YEALINK: write_yealink,
    Format.SNOM: write_snom,
    Format.GRANDSTREAM: write_grandstream,
}


def write_cards(
    bodies: Callable[[], Iterator[bytes]], kind: Format, title: str, safety: Safety
) -> Iterator[bytes]:
    """Yield the parts of a file of ``kind``; ``bodies`` are gone through up to three times.

    ``title`` is what the phone book is called, where that is said.
    """
    if kind is Format.VCARD:
        return write_vcards(bodies())
    if version := _VERSIONS.get(kind):
        return write_vcards(convert(body, version) for body in bodies())

    def contacts() -> Iterator[Contact]:
        return map(to_contact, bodies())

    if kind is Format.LDIF:
        return write_ldif(contacts)
    if table := _TABLES.get(kind):
        return table(lambda: (one for one in contacts() if not one.is_list), safety)
    return _PHONES[kind](contacts(), title)
