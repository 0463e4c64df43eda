"""What was said with ``--map`` and its companions, and maps of columns in files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dirserver.cli.failure import Failed
from dirserver.cli.outfile import replacing
from dirserver.config.schema import Organisation
from dirserver.exchange.formats.choices import DateOrder, Leftover
from dirserver.exchange.formats.layout import BadTarget, Layout, Wishes
from dirserver.exchange.formats.targets import parse_target
from dirserver.model.number import DialPlan

_LARGEST = 1_000_000
_NOTHING = "Nothing was imported."


@dataclass(frozen=True, slots=True)
class Mapped:
    """How files are to be read, as it was typed."""

    maps: tuple[str, ...] = ()
    map_file: Path | None = None
    save_to: Path | None = None
    leftover: Leftover = Leftover.NOTE
    dates: DateOrder | None = None


def wishes_of(mapped: Mapped, organisation: Organisation) -> Wishes:
    """Return what was wished, where the organisation is. Raises Failed."""
    columns = _saved(mapped.map_file) if mapped.map_file else {}
    for said in mapped.maps:
        name, equals, target = _halves(said)
        if not equals or not name:
            raise Failed(f'--map {said!r}: say it as --map "Column=PROPERTY". {_NOTHING}')
        columns[name] = target
    for name, target in columns.items():
        try:
            parse_target(target)
        except BadTarget as error:
            raise Failed(f"The column {name!r} cannot be that: {error}. {_NOTHING}") from error
    plan = DialPlan(organisation.country, tuple(organisation.outside_line))
    return Wishes(columns, mapped.leftover, mapped.dates, plan, date.today())


def save_map(path: Path | None, layouts: Iterable[Layout]) -> None:
    """Write what the columns of files became to ``path``, if there is one. Raises Failed."""
    if path is None:
        return
    columns = {column.name: column.becomes for layout in layouts for column in layout.columns}
    with replacing(path, _NOTHING) as file:
        file.write(b"# What columns become; for dirserver import --map-file.\n[columns]\n")
        for name, becomes in columns.items():
            # TOML writes texts as JSON does.
            key, value = (json.dumps(text, ensure_ascii=False) for text in (name, becomes))
            file.write(f"{key} = {value}\n".encode())


def _halves(said: str) -> tuple[str, str, str]:
    """Part a map at its first = whose right side is a target: names of columns may have one."""
    at = said.find("=")
    while at >= 0:
        name, target = said[:at].strip(), said[at + 1 :].strip()
        try:
            parse_target(target)
        except BadTarget:
            at = said.find("=", at + 1)
        else:
            return name, "=", target
    name, equals, target = said.partition("=")
    return name.strip(), equals, target.strip()


def _saved(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise Failed(f"{path} is too large for a map of columns. {_NOTHING}")
        columns = tomllib.loads(path.read_text(encoding="utf-8")).get("columns")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failed(f"{path} cannot be read: {reason}. {_NOTHING}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failed(f"{path} is no map of columns: {error}. {_NOTHING}") from error
    if not isinstance(columns, dict) or not all(isinstance(one, str) for one in columns.values()):
        raise Failed(f"{path} is no map of columns: there is no table [columns]. {_NOTHING}")
    return dict(columns)
