"""A contact in the columns that a program has, and what there is no column for in its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dirserver.exchange.formats.contact import Address, Contact, Said
from dirserver.exchange.formats.targets import WORDS, Target

_ADDRESS_PARTS = {
    "street": lambda address: address.street,
    "box": lambda address: address.box,
    "code": lambda address: address.code,
    "city": lambda address: address.city,
    "region": lambda address: address.region,
    "country": lambda address: address.country,
}
_KINDS = ("cell", "fax", "pager", "car", "home", "work")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a layout, and what each of them becomes when it is read.

    With ``several``, a cell for numbers or mail addresses may hold more than one.
    """

    names: tuple[str, ...]
    targets: tuple[Target | None, ...]
    several: bool

    def row(self, contact: Contact) -> list[str]:
        """Return the cells for ``contact``; what has no column is told in that of the note."""
        return _Row(self, contact).filled()


class _Row:
    """The cells of one contact while they are filled."""

    def __init__(self, columns: Columns, contact: Contact) -> None:
        self._columns = columns
        self._contact = contact
        self._cells = [""] * len(columns.names)
        self._rest: list[str] = []
        self._taken: set[int] = set()

    def filled(self) -> list[str]:
        contact = self._contact
        self._names()
        for number in _preferred_first(contact.phones):
            self._said("TEL", number, "Phone")
        for mail in _preferred_first(contact.mails):
            self._said("EMAIL", mail, "Mail")
        for url in contact.urls:
            self._said("URL", url, "Page")
        for messenger in contact.messengers:
            self._said("IMPP", messenger, "IM")
        for relation in contact.relations:
            self._labelled("RELATED", relation)
        for event in contact.events:
            self._labelled("ANNIVERSARY", event)
        for address in contact.addresses:
            self._address(address)
        self._put("BDAY", contact.birthday, "Birthday")
        self._put("UID", contact.uid, "")
        # What divides them cannot be in them.
        self._put("CATEGORIES", ";".join(one.replace(";", ",") for one in contact.categories), "")
        self._rest += [f"{name}: {value}" for name, value in contact.extras]
        self._put("NOTE", "\n".join((*contact.notes, *self._rest)), "")
        return self._cells

    def _names(self) -> None:
        contact = self._contact
        texts = {name: str(getattr(contact, name)) for name in WORDS.values()}
        parts = (texts["given"], texts["family"], texts["additional"])
        has_full_name = any(one is not None and one.name == "FN" for one in self._columns.targets)
        if not has_full_name and not any(parts):
            texts["given"] = texts["full_name"]
        for key, name in WORDS.items():
            self._put(key, texts[name], "" if name == "full_name" else name.capitalize())

    def _put(self, key: str, text: str, otherwise: str) -> None:
        """Put a text into its column; where there is none, into the note as ``otherwise``."""
        if not text:
            return
        for index, target in enumerate(self._columns.targets):
            if target is None or target.label or target.types:
                continue
            if (
                f"{target.name}.{target.part}" if target.part in WORDS_PARTS else target.name
            ) == key:
                self._cells[index] = text
                return
        if otherwise:
            self._rest.append(f"{otherwise}: {text}")

    def _said(self, name: str, said: Said, otherwise: str) -> None:
        ranked = [
            (rank, index)
            for index, target in enumerate(self._columns.targets)
            if target is not None
            and target.name == name
            and not target.part
            and (rank := _rank(target, said)) is not None
            and (index not in self._taken or (self._columns.several and name in ("TEL", "EMAIL")))
        ]
        if not ranked:
            label = said.label or " ".join(sorted(said.types))
            self._rest.append(
                f"{otherwise} ({label}): {said.text}" if label else f"{otherwise}: {said.text}"
            )
            return
        _, index = min(ranked)
        there = self._cells[index]
        self._cells[index] = f"{there}; {said.text}" if there else said.text
        self._taken.add(index)

    def _labelled(self, name: str, said: Said) -> None:
        label = said.label.casefold()
        for index, target in enumerate(self._columns.targets):
            if target is None or target.name != name:
                continue
            if (target.label or "Anniversary").casefold() != label:
                continue
            there = self._cells[index]
            if not there or label == "child":
                self._cells[index] = f"{there};{said.text}" if there else said.text
                return
        self._rest.append(f"{said.label or 'Related'}: {said.text}")

    def _address(self, address: Address) -> None:
        groups: dict[tuple[frozenset[str], str], int] = {}
        for index, target in enumerate(self._columns.targets):
            if target is not None and target.name == "ADR" and index not in self._taken:
                key = (target.types, target.label)
                groups[key] = min(groups.get(key, 9), _address_rank(target, address))
        if not groups:
            lines = (address.street, f"{address.code} {address.city}".strip(), address.country)
            self._rest.append(f"Address: {', '.join(filter(None, lines))}".replace("\n", ", "))
            return
        chosen = min(groups, key=groups.__getitem__)
        for index, target in enumerate(self._columns.targets):
            if target is None or target.name != "ADR" or (target.types, target.label) != chosen:
                continue
            self._taken.add(index)
            if (pick := _ADDRESS_PARTS.get(target.part)) and not self._has_part(index, target):
                self._cells[index] = pick(address)

    def _has_part(self, index: int, target: Target) -> bool:
        """Whether a column before this one is for the same part: the second line of a street."""
        return any(one == target for one in self._columns.targets[:index])


WORDS_PARTS = frozenset(key.partition(".")[2] for key in WORDS if "." in key)


def _rank(target: Target, said: Said) -> int | None:
    """How well a column fits a value; none when it says something else."""
    types = target.types - {"pref"}
    if target.label:
        return 0 if target.label.casefold() == said.label.casefold() else None
    if types == said.types and ("pref" not in target.types or said.preferred):
        return 1 if said.label else 0
    kind = next((kind for kind in _KINDS if kind in said.types), "")
    if kind and kind in types and ("fax" in types) == ("fax" in said.types):
        return 2
    if not types and "fax" not in said.types:
        return 3
    return None


def _address_rank(target: Target, address: Address) -> int:
    if target.types == address.types:
        return 0 if target.label.casefold() == address.label.casefold() else 1
    return 2 if not target.label else 3


def _preferred_first(values: Sequence[Said]) -> list[Said]:
    return sorted(values, key=lambda said: not said.preferred)
