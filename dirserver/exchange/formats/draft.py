"""A contact while the cells of its row are put into it, and what is to be told of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dirserver.exchange.formats.choices import DateOrder, Leftover
from dirserver.exchange.formats.contact import Address, Contact, Said
from dirserver.exchange.formats.dates import from_parts, is_ambiguous, read_day
from dirserver.exchange.formats.layout import Wishes
from dirserver.exchange.formats.leaving import x_name
from dirserver.exchange.formats.targets import NOTHING, WORDS, Target
from dirserver.exchange.formats.values import (
    DEFAULTS,
    YES,
    is_exchange,
    is_lost,
    mails_in,
    numbers_in,
    restored,
    restored_code,
)
from dirserver.exchange.notes import Notes

# The parts of a name are said in several columns at times: "Herr" in one, "Dr." in the other.
_JOINED = frozenset({"prefix", "suffix", "additional", "unit"})


@dataclass(slots=True)
class Draft:
    """Takes cells, by what their columns become, until the contact is ``finished``."""

    wishes: Wishes
    order: DateOrder | None
    contact: Contact = field(default_factory=Contact)
    notes: Notes = field(default_factory=Notes)
    source_id: str = ""
    _addresses: dict[tuple[frozenset[str], str], dict[str, str]] = field(default_factory=dict)
    _birth: dict[str, str] = field(default_factory=dict)
    _left: list[str] = field(default_factory=list)
    _is_exchange: bool = False

    def take(self, column: str, target: Target | None, cell: str) -> None:
        """Put a cell, which is not empty, where its column goes; without target, to the rest."""
        if target is None:
            self.leave(column, cell)
        elif target.name == NOTHING:
            return
        elif put := _PUTS.get(target.name):
            put(self, column, target, cell)
        else:
            self._word(column, target, cell)

    def leave(self, column: str, cell: str) -> None:
        """Keep what has no place of its own, as was wished."""
        if cell.casefold() in DEFAULTS:
            return
        if self.wishes.leftover is Leftover.NOTE:
            self._left.append(f"{column}: {cell}")
        elif self.wishes.leftover is Leftover.X:
            self.contact.extras.append((x_name(column), cell))

    def finished(self) -> Contact:
        """Return the contact, with what had to be gathered from several cells."""
        for (types, label), parts in self._addresses.items():
            if address := self._address(types, label, parts):
                self.contact.addresses.append(address)
        if self._birth:
            said = [self._birth.get(part, "") for part in ("year", "month", "day")]
            born = from_parts(*said)
            if born and not self.contact.birthday:
                self.contact.birthday = born
            elif not born:
                self.leave("Birthday", "-".join(said))
        self.contact.notes += self._left
        return self.contact

    def _word(self, column: str, target: Target, cell: str) -> None:
        if target.name.startswith("X-"):
            self.contact.extras.append((target.name, cell))
            return
        if cell.casefold() in DEFAULTS:
            return
        name = WORDS[f"{target.name}.{target.part}" if target.part else target.name]
        text = " ".join(cell.split())
        there: str = getattr(self.contact, name)
        if not there:
            setattr(self.contact, name, text)
        elif name in _JOINED:
            setattr(self.contact, name, f"{there} {text}")
        elif there != text:
            self.leave(column, cell)

    def numbers(self, column: str, target: Target, cell: str) -> None:
        """Take the numbers of a cell."""
        for number in numbers_in(cell):
            if is_lost(number):
                self.notes.lose(f"{column}: {number} is all that is left of a number; not imported")
                continue
            number, remark = restored(number, self.wishes.plan)
            if remark:
                self.notes.add(f"{column}: {remark}")
            self.contact.phones.append(_said(number, target, self.contact.phones))

    def mails(self, column: str, target: Target, cell: str) -> None:
        """Take the mail addresses of a cell; Exchange's own names for people are none."""
        if target.part == "shown":
            for mail in mails_in(cell) if self._is_exchange else ():
                self._mail(mail, target)
            self._is_exchange = False
            return
        self._is_exchange = is_exchange(cell)
        if self._is_exchange:
            self.notes.add(f"{column}: Exchange's name for somebody is no mail address; left out")
            return
        found = mails_in(cell)
        for mail in found:
            self._mail(mail, target)
        if not found:
            self.notes.add(f"{column}: there is no mail address in it")
            self.leave(column, cell)

    def _mail(self, mail: str, target: Target) -> None:
        if all(said.text.casefold() != mail.casefold() for said in self.contact.mails):
            self.contact.mails.append(_said(mail, target, self.contact.mails))

    def birthday(self, column: str, target: Target, cell: str) -> None:
        """Take a birthday, or one part of it."""
        if target.part:
            self._birth[target.part] = cell
        elif day := self.day(column, cell):
            self.contact.birthday = day

    def event(self, column: str, target: Target, cell: str) -> None:
        """Take another day, of which the label says what it is."""
        if day := self.day(column, cell):
            self.contact.events.append(Said(day, label=target.label or "Anniversary"))

    def day(self, column: str, cell: str) -> str:
        """Read a date; what is none is left over."""
        if cell.casefold() in DEFAULTS:
            return ""
        day = read_day(cell, self.order, self.wishes.today)
        if not day:
            if self.order is None and is_ambiguous(cell):
                why = "may be two days, since no date of the file tells the month from the day"
                self.notes.add(f"{column}: {cell} {why}; say --dates dmy or mdy")
            else:
                self.notes.add(f"{column}: {cell[:40]} is no date")
            self.leave(column, cell)
        return day

    def address(self, _column: str, target: Target, cell: str) -> None:
        """Take a part of an address; several lines of a street are in several columns."""
        parts = self._addresses.setdefault((target.types, target.label), {})
        there = parts.get(target.part)
        parts[target.part] = f"{there}\n{cell}" if there else cell

    def _address(self, types: frozenset[str], label: str, parts: dict[str, str]) -> Address | None:
        city, code = parts.get("city", ""), parts.get("code", "")
        if place := parts.get("place", ""):
            # "10115 Berlin", as people write it.
            first, _, rest = place.partition(" ")
            code, city = (first, rest.strip()) if first[:1].isdigit() and rest else (code, place)
        street = "\n".join(filter(None, (parts.get("street"), parts.get("extended"))))
        country = parts.get("country", "")
        code, remark = restored_code(code, country, self.wishes.plan.region)
        if remark:
            self.notes.add(remark)
        region, box = parts.get("region", ""), parts.get("box", "")
        address = Address(street.replace("\r\n", "\n"), city, region, code, country, box)
        if address.is_empty and (whole := parts.get("formatted", "")):
            address = replace(address, street=whole.replace("\r\n", "\n"))
        return None if address.is_empty else replace(address, types=types, label=label)

    def categories(self, _column: str, target: Target, cell: str) -> None:
        """Take the groups that a person is in."""
        separator = "," if target.part and ";" not in cell else ";"
        for word in map(str.strip, cell.split(separator)):
            if word and word not in self.contact.categories:
                self.contact.categories.append(word)

    def relations(self, _column: str, target: Target, cell: str) -> None:
        """Take the people around a person."""
        label = target.label or ", ".join(sorted(target.types))
        names = (name.strip() for name in cell.split(";"))
        self.contact.relations += [Said(name, label=label) for name in names if name]

    def others(self, _column: str, target: Target, cell: str) -> None:
        """Take what is one value and no more: addresses of pages and messengers."""
        values = self.contact.urls if target.name == "URL" else self.contact.messengers
        values.append(_said(cell, target, values))

    def note(self, _column: str, target: Target, cell: str) -> None:
        """Take a note, by its name if it has one."""
        text = cell.replace("\r\n", "\n").replace("\r", "\n")
        self.contact.notes.append(f"{target.label}: {text}" if target.label else text)

    def own_id(self, _column: str, target: Target, cell: str) -> None:
        """Take what identifies the contact, here or in the program that it is from."""
        if target.name == "UID":
            self.contact.uid = cell
        else:
            self.source_id = cell

    def privacy(self, column: str, _target: Target, cell: str) -> None:
        """Warn of what was not meant for others' eyes."""
        if cell.casefold() in YES:
            self.notes.add(f"{column}: this contact is marked as private in the file")


def _said(text: str, target: Target, before: list[Said]) -> Said:
    """One value is preferred at most, though several are in a cell that is."""
    preferred = "pref" in target.types and not any(said.preferred for said in before)
    return Said(text, target.types - {"pref"}, target.label, preferred)


_PUTS: dict[str, Callable[[Draft, str, Target, str], None]] = {
    "TEL": Draft.numbers,
    "EMAIL": Draft.mails,
    "BDAY": Draft.birthday,
    "ANNIVERSARY": Draft.event,
    "ADR": Draft.address,
    "CATEGORIES": Draft.categories,
    "RELATED": Draft.relations,
    "URL": Draft.others,
    "IMPP": Draft.others,
    "NOTE": Draft.note,
    "UID": Draft.own_id,
    "ID": Draft.own_id,
    "CLASS": Draft.privacy,
}
