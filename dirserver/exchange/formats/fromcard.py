"""From a stored vCard to a contact, for files of programs that read no vCards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dirserver.exchange.formats.contact import Address, Contact, Said
from dirserver.model.contentline import ContentLine, split_value, unescape
from dirserver.model.conversion import convert
from dirserver.model.conversion.dates import read_date
from dirserver.model.conversion.source import LEAST, preference
from dirserver.model.derive import telephone_number
from dirserver.model.vcard import VCard, parse_card

_NEUTRAL = frozenset({"pref", "internet", "voice", "x-internet", "msg", "text", "postal", "parcel"})
_DATES = frozenset({"X-ABDATE", "X-ANNIVERSARY", "ANNIVERSARY"})


def to_contact(body: bytes) -> Contact:
    """Read a card of either version that was stored. Raises InvalidCard when it cannot be read."""
    card = parse_card(convert(body, "3.0"))
    labels = {
        line.group.lower(): unescape(line.value).strip().removeprefix("_$!<").removesuffix(">!$_")
        for line in card.lines
        if line.name == "X-ABLABEL" and line.group
    }
    contact = Contact(uid=card.uid)
    kind = _kind(card)
    contact.is_list = kind == "group"
    for line in card.lines:
        if not line.value.strip(" ;,"):
            continue
        if take := _READERS.get(line.name):
            take(contact, line, labels.get(line.group.lower(), "") if line.group else "")
    shown = card.first("X-ABSHOWAS")
    contact.is_organisation = kind == "org" or (
        shown is not None and shown.value.strip().upper() == "COMPANY"
    )
    if contact.is_organisation and contact.full_name == contact.organisation:
        contact.full_name = contact.family = ""
    _forget_what_the_name_says(contact, card)
    return contact


def _forget_what_the_name_says(contact: Contact, card: VCard) -> None:
    """Leave FN out where the parts of the name make the same."""
    spoken = Contact(
        given=contact.given,
        family=contact.family,
        additional=contact.additional,
        prefix=contact.prefix,
        suffix=contact.suffix,
    )
    if contact.full_name == spoken.name() and card.first("N") is not None:
        only_family = not (contact.given or contact.additional or contact.prefix or contact.suffix)
        if only_family:
            contact.family = ""
        else:
            contact.full_name = ""


def _kind(card: VCard) -> str:
    """What the card is of (RFC 6350 section 6.1.4), also in Apple's property for it."""
    line = card.first("KIND") or card.first("X-ADDRESSBOOKSERVER-KIND")
    return _text(line).lower() if line else ""


def _text(line: ContentLine) -> str:
    return unescape(line.value).strip()


def _parts(line: ContentLine, least: int) -> list[str]:
    found = [
        ", ".join(unescape(piece).strip() for piece in split_value(part, ","))
        for part in split_value(line.value, ";")
    ]
    return [*found, *[""] * (least - len(found))]


def _said(line: ContentLine, text: str, label: str) -> Said:
    types = line.types() - _NEUTRAL
    return Said(text, frozenset(types), label, preference(line) < LEAST)


def _name(contact: Contact, line: ContentLine, _label: str) -> None:
    parts = _parts(line, 5)
    contact.family, contact.given, contact.additional, contact.prefix, contact.suffix = parts[:5]


def _organisation(contact: Contact, line: ContentLine, _label: str) -> None:
    name, *units = (unescape(part).strip() for part in split_value(line.value, ";"))
    contact.organisation, contact.unit = name, ", ".join(filter(None, units))


def _address(contact: Contact, line: ContentLine, label: str) -> None:
    box, extended, street, city, region, code, country = _parts(line, 7)[:7]
    street = "\n".join(filter(None, (street, extended)))
    types = line.types() - _NEUTRAL
    address = Address(street, city, region, code, country, box, frozenset(types), label)
    contact.addresses.append(address)


def _telephone(contact: Contact, line: ContentLine, label: str) -> None:
    if number := telephone_number(unescape(line.value)):
        contact.phones.append(_said(line, number, label))


def _birthday(contact: Contact, line: ContentLine, _label: str) -> None:
    contact.birthday = contact.birthday or _date(line)


def _event(contact: Contact, line: ContentLine, label: str) -> None:
    if date := _date(line):
        said = Said(date, label=label or "Anniversary")
        if said not in contact.events:
            contact.events.append(said)


def _date(line: ContentLine) -> str:
    date = read_date(line)
    if date is None:
        return _text(line)
    return f"{date.year or '-'}-{date.month}-{date.day}"


def _categories(contact: Contact, line: ContentLine, _label: str) -> None:
    parts = (unescape(part).strip() for part in split_value(line.value, ","))
    contact.categories += [part for part in parts if part and part not in contact.categories]


def _member(contact: Contact, line: ContentLine, _label: str) -> None:
    contact.members.append(_text(line).removeprefix("urn:uuid:"))


def _single(name: str) -> Callable[[Contact, ContentLine, str], None]:
    def take(contact: Contact, line: ContentLine, _label: str) -> None:
        if not getattr(contact, name):
            setattr(contact, name, _text(line))

    return take


def _several(pick: Callable[[Contact], list[Said]]) -> Callable[[Contact, ContentLine, str], None]:
    def take(contact: Contact, line: ContentLine, label: str) -> None:
        pick(contact).append(_said(line, _text(line), label))

    return take


def _messenger(contact: Contact, line: ContentLine, label: str) -> None:
    contact.messengers.append(_said(line, _text(line).removeprefix("im:"), label))


_READERS: dict[str, Callable[[Contact, ContentLine, str], None]] = {
    "FN": _single("full_name"),
    "N": _name,
    "NICKNAME": _single("nickname"),
    "ORG": _organisation,
    "TITLE": _single("title"),
    "ROLE": _single("role"),
    "TEL": _telephone,
    "EMAIL": _several(lambda contact: contact.mails),
    "URL": _several(lambda contact: contact.urls),
    "IMPP": _messenger,
    "X-ABRELATEDNAMES": _several(lambda contact: contact.relations),
    "ADR": _address,
    "BDAY": _birthday,
    **dict.fromkeys(_DATES, _event),
    "CATEGORIES": _categories,
    "NOTE": lambda contact, line, _label: contact.notes.append(_text(line)),
    "X-ADDRESSBOOKSERVER-MEMBER": _member,
}


def preferred_first(values: Sequence[Said]) -> list[Said]:
    """Return the values in their order, but those first that are preferred."""
    return sorted(values, key=lambda said: not said.preferred)
