"""What was said with ``--map`` and its companions, and maps of columns in files."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dirserver.cli import screen
from dirserver.cli.failure import Failed
from dirserver.cli.intake.cardfiles import CardFile
from dirserver.cli.intake.recognising import VCARD
from dirserver.cli.outfile import replacing
from dirserver.config.faults import listing
from dirserver.config.schema import Config
from dirserver.exchange.formats.choices import DateOrder, Leftover
from dirserver.exchange.formats.layout import BadTarget, Layout, Wishes
from dirserver.exchange.formats.targets import parse_target
from dirserver.model.number import DialPlan

# The folder beside the config file in which maps are that have a name.
_FOLDER = "maps"
_LARGEST = 1_000_000
_NOTHING = "Nothing was imported."


@dataclass(frozen=True, slots=True)
class Mapped:
    """How files are to be read, as it was typed."""

    maps: tuple[str, ...] = ()
    map_file: str = ""
    save_to: str = ""
    leftover: Leftover = Leftover.NOTE
    dates: DateOrder | None = None


def wishes_of(mapped: Mapped, config: Config) -> Wishes:
    """Return what was wished, where the organisation is. Raises Failed."""
    columns = _saved(_map_file(mapped.map_file, config.path)) if mapped.map_file else {}
    by_hand = _by_hand(mapped)
    columns |= by_hand
    for name, target in columns.items():
        try:
            parse_target(target)
        except BadTarget as error:
            raise Failed(f"The column {name!r} cannot be that: {error}. {_NOTHING}") from error
    organisation = config.organisation
    plan = DialPlan(organisation.country, tuple(organisation.outside_line))
    return Wishes(columns, tuple(by_hand), mapped.leftover, mapped.dates, plan, date.today())


def warn_of_maps(mapped: Mapped, files: Iterable[CardFile]) -> None:
    """Warn of maps that do nothing: vCards have no columns, and others have not that one."""
    by_hand = _by_hand(mapped)
    there: set[str] = set()
    for file in files:
        there.update(column.name.casefold() for column in file.layout.columns)
        if (by_hand or mapped.map_file) and file.layout.format == VCARD:
            option = "--map" if by_hand else "--map-file"
            screen.warn(
                f"{file.name} has vCards, which have no columns: {option} does nothing here"
            )
    missing = [name for name in by_hand if name.casefold() not in there]
    if missing and there:
        screen.warn(f"no file has a column {listing(missing, 'or')}: that --map does nothing")


def save_map(mapped: Mapped, config: Config, layouts: Iterable[Layout]) -> None:
    """Write what the columns of files became, if that is wanted. Raises Failed.

    A name is kept in the folder ``maps`` beside the config file, all else is a path.
    """
    if not mapped.save_to:
        return
    columns: dict[str, str] = {}
    for layout in layouts:
        twice = Counter(column.name for column in layout.columns)
        # Of columns with one name, only what reads them knows which is which.
        columns |= {one.name: one.becomes for one in layout.columns if twice[one.name] == 1}
    if not columns:
        screen.warn("--save-map: there are no columns in these files, so nothing is saved")
        return
    path = Path(mapped.save_to)
    if _is_name(mapped.save_to):
        path = _named(mapped.save_to, config.path)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Failed(f"{path.parent} cannot be made: {reason}. {_NOTHING}") from error
    with replacing(path, _NOTHING) as file:
        file.write(b"# What columns become; for dirserver import --map-file.\n[columns]\n")
        for name, becomes in columns.items():
            # TOML writes texts as JSON does.
            key, value = (json.dumps(text, ensure_ascii=False) for text in (name, becomes))
            file.write(f"{key} = {value}\n".encode())


def _is_name(text: str) -> bool:
    return "/" not in text and "." not in text


def _named(name: str, config_file: Path) -> Path:
    return config_file.parent / _FOLDER / f"{name}.toml"


def _map_file(text: str, config_file: Path) -> Path:
    """Return the file of a map, by its name or its path. Raises Failed, saying which there are."""
    if not _is_name(text) or (not _named(text, config_file).exists() and Path(text).exists()):
        return Path(text)
    path = _named(text, config_file)
    if not path.exists():
        names = sorted(one.stem for one in path.parent.glob("*.toml"))
        there = f"there are {listing(names, 'and')}" if names else "none was saved yet"
        raise Failed(
            f"There is no map {text}; {there}. --save-map NAME saves one, and --map-file takes a "
            f"path as well, such as ./{text}.toml. {_NOTHING}"
        )
    return path


def _by_hand(mapped: Mapped) -> dict[str, str]:
    """Return what was said with --map. Raises Failed."""
    columns = {}
    for said in mapped.maps:
        name, equals, target = _halves(said)
        if not equals or not name:
            raise Failed(f'--map {said!r}: say it as --map "Column=PROPERTY". {_NOTHING}')
        columns[name] = target
    return columns


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
