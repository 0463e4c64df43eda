"""Phone books of FRITZ!Box, Yealink, Cisco, Fanvil, Snom and Grandstream, as contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from dirserver.exchange.formats.draft import Draft
from dirserver.exchange.formats.finishing import finish
from dirserver.exchange.formats.identity import Identities
from dirserver.exchange.formats.layout import (
    Column,
    Contacts,
    Layout,
    UnknownFormat,
    Wishes,
)
from dirserver.exchange.formats.listed import taken_apart
from dirserver.exchange.formats.targets import Target, parse_target
from dirserver.exchange.formats.xmltree import child, find_all, line_of, local, parse
from dirserver.exchange.vcards import ReadCard


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one entry has: its line, its id in the phone book, and what goes where."""

    line: int
    source_id: str
    cells: list[tuple[str, str, str]]


def _fritzbox(root: Element) -> Iterator[_Taken]:
    for contact in find_all(root, "contact"):
        cells = [("category", "CATEGORIES", "VIP")] if child(contact, "category") == "1" else []
        for person in find_all(contact, "person"):
            cells += _name("realName", child(person, "realname"))
        numbers = list(find_all(contact, "number"))
        if numbers and all(number.get("type") == "intern" for number in numbers):
            # The box's own answering machine and handsets.
            continue
        for number in numbers:
            kind = number.get("type", "")
            becomes = _FRITZBOX.get(kind) or f"TEL;label={kind.removeprefix('label:') or 'Other'}"
            if number.get("prio") == "1":
                becomes = _preferred(becomes)
            cells.append((f"number {kind}", becomes, "".join(number.itertext()).strip()))
            for extra in ("quickdial", "vanity"):
                said = number.get(extra, "")
                cells.append((extra, f"X-FRITZBOX-{extra.upper()}", said))
        for mail in find_all(contact, "email"):
            becomes = {"private": "EMAIL;home", "business": "EMAIL;work"}.get(
                mail.get("classifier", ""), "EMAIL"
            )
            cells.append(("email", becomes, "".join(mail.itertext()).strip()))
        # Two boxes count from 1, so the id is one only together with the name.
        number_here = child(contact, "uniqueid")
        name = "".join(cell for column, _, cell in cells if column == "realName")
        yield _Taken(line_of(contact), f"{number_here} {name}" if number_here else "", cells)


_FRITZBOX = {
    "home": "TEL;home",
    "mobile": "TEL;cell",
    "work": "TEL;work",
    "fax_work": "TEL;fax,work",
    "fax_home": "TEL;fax,home",
    "other": "TEL;label=Other",
}


def _directory(root: Element) -> Iterator[_Taken]:
    """Read Yealink's remote phone book, and those of Cisco and Fanvil, which are made alike."""
    for entry in find_all(root, "directoryentry"):
        cells = [("Name", "FN", child(entry, "name"))]
        for number in entry:
            if local(number) == "telephone":
                becomes = _labelled(number.get("label", ""))
                cells.append(("Telephone", becomes, "".join(number.itertext()).strip()))
        cells += [
            ("Mobile", "TEL;cell", child(entry, "mobile")),
            ("Other", "TEL;label=Other", child(entry, "other")),
            ("Group", "CATEGORIES", child(entry, "group")),
        ]
        yield _Taken(line_of(entry), "", cells)


def _yealink(root: Element) -> Iterator[_Taken]:
    for contact in find_all(root, "contact"):
        group = child(contact, "group_id_name", "group")
        if group.casefold() in ("blacklist", "blocklist"):
            continue
        cells = [
            ("display_name", "FN", child(contact, "display_name", "name")),
            ("office_number", "TEL;work", child(contact, "office_number")),
            ("mobile_number", "TEL;cell", child(contact, "mobile_number")),
            ("other_number", "TEL;label=Other", child(contact, "other_number")),
            ("group", "CATEGORIES", "" if group == "All Contacts" else group),
        ]
        yield _Taken(line_of(contact), "", cells)


def _snom(root: Element) -> Iterator[_Taken]:
    for item in find_all(root, "item", "contact"):
        names = [child(item, name) for name in ("first_name", "last_name")]
        cells = [
            ("first_name", "N.given", names[0]),
            ("last_name", "N.family", names[1]),
            ("name", "FN", "" if any(names) else child(item, "name")),
            ("organization", "ORG.name", child(item, "organization")),
            ("title", "TITLE", child(item, "title")),
            ("email", "EMAIL", child(item, "email")),
            ("birthday", "BDAY", child(item, "birthday")),
            ("note", "NOTE", child(item, "note")),
            ("group", "CATEGORIES", child(item, "group")),
        ]
        if number := child(item, "number"):
            cells.append(("number", _SNOM.get(child(item, "number_type"), "TEL"), number))
        for one in find_all(item, "number"):
            if said := one.get("no", ""):
                becomes = _SNOM.get(one.get("type", ""), "TEL")
                cells.append(("number", becomes, said))
        yield _Taken(line_of(item), "", cells)


_SNOM = {
    "mobile": "TEL;cell",
    "extension": "TEL;work",
    "fixed": "TEL",
    "sip": "TEL",
    "business": "TEL;work",
    "office": "TEL;work",
    "home": "TEL;home",
    "fax": "TEL;fax",
}


def _grandstream(root: Element) -> Iterator[_Taken]:
    groups = {child(group, "id"): child(group, "name") for group in find_all(root, "pbgroup")}
    for contact in find_all(root, "contact"):
        names = [
            groups.get("".join(one.itertext()).strip(), "") for one in find_all(contact, "group")
        ]
        if any(name.casefold() in ("blacklist", "blocklist") for name in names):
            continue
        cells = [
            ("FirstName", "N.given", child(contact, "firstname")),
            ("LastName", "N.family", child(contact, "lastname")),
            ("Company", "ORG.name", child(contact, "company")),
            ("Department", "ORG.unit", child(contact, "department")),
            ("Job", "TITLE", child(contact, "job", "jobtitle")),
        ]
        for phone in find_all(contact, "phone"):
            becomes = _labelled(phone.get("type", ""))
            cells.append((f"Phone {phone.get('type', '')}", becomes, child(phone, "phonenumber")))
        for mail in find_all(contact, "mail"):
            kind = mail.get("type", "").lower()
            becomes = f"EMAIL;{kind}" if kind in ("work", "home") else "EMAIL"
            cells.append(("Mail", becomes, "".join(mail.itertext()).strip()))
        cells += [("Group", "CATEGORIES", name) for name in names]
        yield _Taken(line_of(contact), "", cells)


_LABELS = {
    "": "TEL",
    "work": "TEL;work",
    "office": "TEL;work",
    "office number": "TEL;work",
    "business": "TEL;work",
    "home": "TEL;home",
    "mobile": "TEL;cell",
    "mobile number": "TEL;cell",
    "cell": "TEL;cell",
    "fax": "TEL;fax",
    "pager": "TEL;pager",
}


def _labelled(label: str) -> str:
    return _LABELS.get(label.strip().casefold()) or f"TEL;label={label.strip().replace(';', ' ')}"


def _preferred(becomes: str) -> str:
    name, _, rest = becomes.partition(";")
    if not rest or rest.startswith("label="):
        return f"{name};pref;{rest}".rstrip(";")
    return f"{name};{rest},pref"


def _name(column: str, name: str) -> list[tuple[str, str, str]]:
    """Take "Last, First" apart, as it is mostly written; what has no comma is a name as it is."""
    if (parts := taken_apart(name)) is None:
        return [(column, "FN", name)]
    family, given = parts
    return [(column, "N.family", family), (column, "N.given", given)]


_BOOKS: dict[str, tuple[str, str, Callable[[Element], Iterator[_Taken]]]] = {
    "phonebooks": ("fritzbox", "phone book of a FRITZ!Box", _fritzbox),
    "phonebook": ("fritzbox", "phone book of a FRITZ!Box", _fritzbox),
    "yealinkipphonedirectory": ("yealink", "phone book of Yealink", _directory),
    "ciscoipphonedirectory": ("cisco", "phone book of Cisco", _directory),
    "fanvilipphonedirectory": ("fanvil", "phone book of Fanvil", _directory),
    "root_group": ("yealink", "phone book of Yealink", _yealink),
    "root_contact": ("yealink", "phone book of Yealink", _yealink),
    "vp_contact": ("yealink", "phone book of Yealink", _yealink),
    "tbook": ("snom", "phone book of Snom", _snom),
    "addressbook": ("grandstream", "phone book of Grandstream", _grandstream),
}


def open_phonebook(data: bytes, wishes: Wishes) -> Contacts:
    """Recognise a phone book by its first element. Raises UnknownFormat."""
    root, encoding = parse(data)
    name = local(root[0]) if len(root) else ""
    known = _BOOKS.get(name)
    if known is None and name.endswith("ipphonedirectory"):
        known = (name.removesuffix("ipphonedirectory"), "phone book", _directory)
    if known is None:
        raise UnknownFormat(
            f"this XML begins with <{name[:40]}>, and is of no phone that is known"
            if name
            else "there is no element in this XML"
        )
    source, title, read = known
    taken = [_mapped(one, wishes.columns) for one in read(root)]
    counts: Counter[tuple[str, str]] = Counter(
        (column, becomes) for one in taken for column, becomes, cell in one.cells if cell
    )
    columns = tuple(Column(name, becomes, count) for (name, becomes), count in counts.items())
    layout = Layout(f"{title}, XML", encoding, people=len(taken), columns=columns)
    return Contacts(layout, _cards(taken, source, wishes))


def _mapped(taken: _Taken, columns: Mapping[str, str]) -> _Taken:
    if not columns:
        return taken
    cells = [(name, columns.get(name, becomes), cell) for name, becomes, cell in taken.cells]
    return _Taken(taken.line, taken.source_id, cells)


def _cards(taken: list[_Taken], source: str, wishes: Wishes) -> Iterator[ReadCard]:
    identities = Identities(source)
    targets: dict[str, Target] = {}
    for number, one in enumerate(taken, 1):
        draft = Draft(wishes, wishes.dates)
        for column, becomes, cell in one.cells:
            if cell:
                target = targets.setdefault(becomes, parse_target(becomes))
                draft.take(column, target, cell)
        contact = draft.finished()
        yield finish(contact, draft.notes, identities, (number, one.line), one.source_id)
