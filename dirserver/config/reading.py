"""TOML tables -> section classes.

Whatever is wrong is noted and reading goes on, so that an admin hears of all faults at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeGuard, TypeVar

from dirserver.config.faults import Inspection, Place, Refused, kind_of, listing, nearest
from dirserver.config.files import directory_path, file_to_come, readable_file
from dirserver.config.keys import (
    Directory,
    File,
    FileToCome,
    Key,
    Kind,
    Many,
    NamedTables,
    One,
    Read,
    Table,
    Tables,
    keys_of,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Section = TypeVar("Section", bound="DataclassInstance")

UNREAD = object()
"""Stands for what could not be read; the fault has been noted."""


def read_table(
    section: type[Section], value: object, at: Place, inspection: Inspection, **given: str
) -> Section | None:
    """Read a table, with the fields ``given`` besides; None when what it requires is not there.

    A key that cannot be read keeps its default.
    """
    if not _is_table(value):
        # Whoever writes `alice = "..."` under [users] may have put a password there.
        inspection.refuse(at, f"expected a table, found {kind_of(value)}")
        return None
    values: dict[str, object] = dict(given)
    keys = keys_of(section)
    spelling = _spelling(keys, value, at, inspection)
    if at == Place():
        inspection.tables = frozenset(spelling)
    complete = True
    for name, key in keys.items():
        written = spelling.get(name)
        place = _place(key.kind, at, written or name)
        if written is not None:
            result = _read(key, value[written], place, inspection)
        elif isinstance(key.kind, Table) and not key.kind.optional:
            result = _read(key, {}, place, inspection)
        elif inspection.is_unread(place):
            result = UNREAD
        elif key.is_required:
            sentence = f"this key is missing; write, for example: {name} = {key.example}"
            inspection.refuse(place, sentence)
            result = UNREAD
        else:
            continue
        if result is not UNREAD:
            values[key.field] = result
        else:
            inspection.mark_unread(place)
            if key.is_required and key.stand_in is not None and written is not None:
                values[key.field] = key.stand_in
            else:
                complete = complete and not key.is_required
    if not complete:
        return None
    make: Callable[..., Section] = section
    made = make(**values)
    inspection.settle(made, at)
    return made


def _read(key: Key, value: object, at: Place, inspection: Inspection) -> object:
    match key.kind:
        case One(read=read):
            return _attempt(read, key, value, at, inspection)
        case File():
            directory = inspection.path.parent
            return _attempt(lambda text: readable_file(text, directory), key, value, at, inspection)
        case FileToCome():
            base = inspection.path.parent
            return _attempt(lambda text: file_to_come(text, base), key, value, at, inspection)
        case Directory():
            base = inspection.path.parent
            return _attempt(lambda text: directory_path(text, base), key, value, at, inspection)
        case Many(read=read, into=into):
            if not _is_list(value):
                sentence = f"expected a list, in square brackets; found {kind_of(value)}"
                inspection.refuse(at, sentence, key.show(value))
                return UNREAD
            items = [
                _attempt(read, key, item, at.item(index), inspection)
                for index, item in enumerate(value)
            ]
            kept = [index for index, item in enumerate(items) if item is not UNREAD]
            if len(kept) < len(items):
                # What is wrong with the others is to be told in the same go.
                inspection.mark_unread(at)
                inspection.keep_items(at, kept)
                if not kept:
                    return UNREAD
            made = tuple(items[index] for index in kept)
            return _attempt(lambda _: into(made), key, value, at, inspection)
        case Table(section=section):
            return read_table(section, value, at, inspection) or UNREAD
        case Tables(section=section):
            if not _is_list(value):
                header = Place((*at.table, key.name)) if _is_table(value) else ""
                hint = f"; in double brackets, as in [{header}], it is one" if header else ""
                inspection.refuse(at, f"expected a list of tables; found {kind_of(value)}{hint}")
                return UNREAD
            rows = [
                read_table(section, item, at.item(index), inspection)
                for index, item in enumerate(value)
            ]
            return tuple(row for row in rows if row is not None)
        case NamedTables():
            return _read_named(key.kind, key.name, value, at, inspection)


def _read_named(
    kind: NamedTables, name: str, value: object, at: Place, inspection: Inspection
) -> object:
    if not _is_table(value):
        inspection.refuse(at, f"expected a table, found {kind_of(value)}")
        return UNREAD
    inspection.names[name] = tuple(value)
    made: list[DataclassInstance | None] = []
    for each, table in value.items():
        place = at.under(each)
        try:
            kind.read(each)
        except Refused as refused:
            inspection.refuse(place, str(refused))
        made.append(read_table(kind.section, table, place, inspection, **{kind.name: each}))
    return tuple(one for one in made if one is not None)


def _attempt(read: Read, key: Key, value: object, at: Place, inspection: Inspection) -> object:
    try:
        return read(value)
    except Refused as refused:
        inspection.refuse(at, str(refused), key.show(value))
        return UNREAD


def _spelling(
    keys: Mapping[str, Key], table: Mapping[str, object], at: Place, inspection: Inspection
) -> dict[str, str]:
    """Return how each key is written in ``table``; refuse what is none.

    A misspelt table is read as the one that it was meant to be, so that one slip is one fault.
    The value of a misspelt key counts as unread: it may be a secret, which no fault may show.
    """
    spelling = {name: name for name in table if name in keys}
    for written, value in table.items():
        if written in keys:
            continue
        is_table = not at.table and _is_table(value)
        noun, form = ("table", "[{}]") if is_table else ("key", '"{}"')
        homes = () if is_table else inspection.homes.get(written, ())
        meant = None if homes else nearest(written, keys)
        if homes:
            hint = f"it belongs under {listing(f'[{home}]' for home in homes)}"
        elif meant is not None:
            hint = f"did you mean {form.format(meant)}?"
        else:
            hint = f"there are {listing((form.format(name) for name in keys), 'and')}"
        place = at.under(written) if is_table else at.at(written)
        inspection.refuse(place, f"there is no such {noun}; {hint}")
        if meant is not None and meant not in spelling:
            kind = keys[meant].kind
            if isinstance(kind, Table | Tables | NamedTables):
                spelling[meant] = written
            else:
                inspection.mark_unread(_place(kind, at, meant))
    return spelling


def _place(kind: Kind, at: Place, name: str) -> Place:
    return at.under(name) if isinstance(kind, Table | NamedTables) else at.at(name)


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
