"""How the fields of a section are written in the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Final, TypeAlias

from dirserver.config.faults import shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Read: TypeAlias = Callable[[object], object]
"""Makes what a section keeps out of what TOML says, or raises Refused."""


@dataclass(frozen=True, slots=True)
class One:
    """A single value."""

    read: Read


@dataclass(frozen=True, slots=True)
class Many:
    """A list of values; ``into`` makes one object of the tuple that was read."""

    read: Read
    into: Callable[..., object] = tuple


@dataclass(frozen=True, slots=True)
class File:
    """The path of a file that can be read; a relative one starts beside the configuration."""


@dataclass(frozen=True, slots=True)
class FileToCome:
    """The path of a file that need not be there yet; a relative one starts as that of a File."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The path of a directory; a relative one starts beside the configuration."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with keys of its own. One that is ``optional`` means something by its absence."""

    section: type[DataclassInstance]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """A list of tables."""

    section: type[DataclassInstance]


@dataclass(frozen=True, slots=True)
class NamedTables:
    """A table of tables, whose names are checked by ``read`` and kept in the field ``name``."""

    section: type[DataclassInstance]
    name: str
    read: Read


Kind: TypeAlias = One | Many | File | FileToCome | Directory | Table | Tables | NamedTables

_METADATA: Final = "dirserver.config"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a table may have, and the field of the section that keeps its value.

    ``example`` is proposed where a required key is missing. ``show`` says what a fault repeats
    of a value; nothing secret may come out of it. ``stand_in`` takes the place of a value that
    is at fault, so that the rest of its table can be looked at in the same go.
    """

    name: str
    field: str
    is_required: bool
    kind: Kind
    example: str
    show: Callable[[object], str]
    stand_in: object


@dataclass(frozen=True, slots=True)
class _Metadata:
    kind: Kind
    name: str
    example: str
    show: Callable[[object], str]
    stand_in: object


def read_as(
    kind: Kind | Read,
    *,
    name: str = "",
    example: str = "",
    show: Callable[[object], str] = shown,
    stand_in: object = None,
) -> Mapping[str, object]:
    """Return metadata for a field that is read as ``kind``, under ``name`` or its own name."""
    known = kind if isinstance(kind, Kind) else One(kind)
    return {_METADATA: _Metadata(known, name, example, show, stand_in)}


def keys_of(section: type[DataclassInstance]) -> dict[str, Key]:
    """Return the keys that a table of this section may have, in the order of its fields."""
    keys: dict[str, Key] = {}
    for field in fields(section):
        how = field.metadata.get(_METADATA)
        if isinstance(how, _Metadata):
            name = how.name or field.name
            required = field.default is MISSING and field.default_factory is MISSING
            keys[name] = Key(
                name, field.name, required, how.kind, how.example, how.show, how.stand_in
            )
    return keys


def homes_of(root: type[DataclassInstance]) -> dict[str, tuple[str, ...]]:
    """Return, for each key of a table at the top of the file, the tables that have it."""
    homes: dict[str, tuple[str, ...]] = {}
    for table in keys_of(root).values():
        if isinstance(table.kind, Table):
            for name in keys_of(table.kind.section):
                homes[name] = (*homes.get(name, ()), table.name)
    return homes
