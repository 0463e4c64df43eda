"""The columns of Google's CSV: groups that are numbered, as many as the fullest contact needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dirserver.exchange.formats.contact import Address, Contact, Said
from dirserver.exchange.formats.values import BETWEEN, joined_google

_SINGLE = (
    "First Name", "Middle Name", "Last Name", "Phonetic First Name", "Phonetic Middle Name",
    "Phonetic Last Name", "Name Prefix", "Name Suffix", "Nickname", "File As",
    "Organization Name", "Organization Title", "Organization Department", "Birthday", "Notes",
    "Photo", "Labels",
)  # fmt: skip
_ADDRESS = (
    "Label", "Formatted", "Street", "City", "PO Box", "Region", "Postal Code", "Country",
    "Extended Address",
)  # fmt: skip
_KINDS = ("E-mail", "Phone", "Address", "Relation", "Website", "Event", "Custom Field")
_SYSTEM_GROUP = "* myContacts"


class Widths:
    """How many groups of each kind there are, and the rows that fit them."""

    def __init__(self) -> None:
        """Begin with one group of each kind that every file has."""
        self._most = dict.fromkeys(_KINDS, 0)
        self._most["E-mail"] = self._most["Phone"] = 1

    def heed(self, contact: Contact) -> None:
        """Make room for ``contact``."""
        for kind, groups in _groups(contact).items():
            self._most[kind] = max(self._most[kind], len(groups))

    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return (*_SINGLE, *self._numbered())

    def row(self, contact: Contact) -> list[str]:
        """The cells of ``contact``."""
        cells = _singles(contact)
        found = _groups(contact)
        for kind in _KINDS:
            width = len(_ADDRESS) if kind == "Address" else 2
            groups = found[kind][: self._most[kind]]
            for group in groups:
                cells += group
            cells += [""] * (width * (self._most[kind] - len(groups)))
        return cells

    def _numbered(self) -> Iterator[str]:
        for kind in _KINDS:
            for number in range(1, self._most[kind] + 1):
                for part in _ADDRESS if kind == "Address" else ("Label", "Value"):
                    yield f"{kind} {number} - {part}"


def _singles(contact: Contact) -> list[str]:
    extras = dict(contact.extras)
    parts = (contact.given, contact.additional, contact.family)
    return [
        contact.given if any(parts) else contact.full_name,
        contact.additional,
        contact.family,
        extras.get("X-PHONETIC-FIRST-NAME", ""),
        extras.get("X-PHONETIC-MIDDLE-NAME", ""),
        extras.get("X-PHONETIC-LAST-NAME", ""),
        contact.prefix,
        contact.suffix,
        contact.nickname,
        "",
        contact.organisation,
        contact.title,
        contact.unit,
        contact.birthday,
        "\n".join(contact.notes),
        "",
        BETWEEN.join(filter(None, (_SYSTEM_GROUP, joined_google(contact.categories)))),
    ]


def _groups(contact: Contact) -> Mapping[str, Sequence[list[str]]]:
    others = [("Role", contact.role)] if contact.role else []
    others += [("IM", said.text) for said in contact.messengers]
    others += [one for one in contact.extras if not one[0].startswith("X-PHONETIC-")]
    return {
        "E-mail": [_value(said) for said in contact.mails],
        "Phone": [_value(said) for said in contact.phones],
        "Address": [_address(address) for address in contact.addresses],
        "Relation": [_value(said) for said in contact.relations],
        "Website": [_value(said) for said in contact.urls],
        "Event": [_value(said) for said in contact.events],
        "Custom Field": [[name, joined_google([value])] for name, value in others],
    }


def _value(said: Said) -> list[str]:
    label = _label(said.types, said.label)
    return [f"* {label}" if said.preferred else label, joined_google([said.text])]


def _address(address: Address) -> list[str]:
    label = _label(address.types, address.label)
    place = f"{address.city} {address.code}".strip()
    lines = (address.street, address.box, place, address.region, address.country)
    parts = (
        "\n".join(filter(None, lines)),
        address.street,
        address.city,
        address.box,
        address.region,
        address.code,
        address.country,
        "",
    )
    return [f"* {label}" if address.preferred else label, *(joined_google([one]) for one in parts)]


def _label(types: frozenset[str], label: str) -> str:
    if label:
        return label
    where = "Work" if "work" in types else "Home" if "home" in types else ""
    if "fax" in types:
        return f"{where} Fax".strip()
    for kind, name in (("cell", "Mobile"), ("pager", "Pager"), ("car", "Car")):
        if kind in types:
            return name
    return where
