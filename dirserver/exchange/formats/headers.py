"""The columns that programs are known to write, and which of the programs wrote a file."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dirserver.exchange.formats.choices import DateOrder
from dirserver.exchange.formats.google import GOOGLE, is_numbered
from dirserver.exchange.formats.targets import Target, parse_target

_LANGUAGES = {
    "en": ("English", DateOrder.MONTH_FIRST),
    "de": ("German", DateOrder.DAY_FIRST),
    "fr": ("French", DateOrder.DAY_FIRST),
    "nl": ("Dutch", DateOrder.DAY_FIRST),
    "da": ("Danish", DateOrder.DAY_FIRST),
    "es": ("Spanish", DateOrder.DAY_FIRST),
}


@dataclass(frozen=True, slots=True)
class Known:
    """The columns of one program in one language, by their ``folded`` names.

    A column without target is known and has no place in a card. ``source`` is the program,
    ``names`` are the columns as it writes them.
    """

    title: str
    source: str
    order: DateOrder | None
    columns: Mapping[str, Target | None]
    names: tuple[str, ...]

    def counts(self, names: Iterable[str]) -> int:
        """Say how many of these names of columns are known here."""
        return sum(self.has(name) for name in names)

    def has(self, name: str) -> bool:
        """Say whether this column is known."""
        return name in self.columns or (self.source == GOOGLE and is_numbered(name))


def folded(name: str) -> str:
    """Return the name of a column without what differs from one file to the next."""
    return " ".join(name.replace("\ufeff", "").replace("\u2019", "'").split()).casefold()


def numbered(names: Sequence[str]) -> list[str]:
    """Fold names of columns; one that is there for the second time is followed by #2."""
    seen: dict[str, int] = {}
    told = []
    for name in map(folded, names):
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 or not name else f"{name}#{seen[name]}")
    return told


def best(names: Sequence[str]) -> tuple[Known, int]:
    """Return the program that knows most of these columns, and how many; of equals, the first.

    So a program is told by a column that people do not write into a spreadsheet of their own.
    """
    told = [name.partition("#")[0] if name.count("#") == 1 else name for name in numbered(names)]
    distinct = dict.fromkeys(filter(None, told))
    return max(((known, known.counts(distinct)) for known in everything()), key=lambda one: one[1])


def layout_of(title: str) -> tuple[tuple[str, ...], tuple[Target | None, ...]]:
    """Return the columns of a program as it names them, and what each becomes."""
    known = next(known for known in everything() if known.title == title)
    return known.names, tuple(known.columns[folded(name)] for name in known.names)


@cache
def everything() -> tuple[Known, ...]:
    """Return all that is known, the spreadsheets that people made before the programs."""
    data = files(__package__)
    tables = tomllib.loads(data.joinpath("headers.toml").read_text(encoding="utf-8"))
    named = [_known(table) for table in tables.values()]
    programs = [known for known in named if known.source != "spreadsheet"]
    spreadsheets = [known for known in named if known.source == "spreadsheet"]
    outlook = _outlook(data.joinpath("outlook.tsv").read_text(encoding="utf-8"))
    return (*spreadsheets, *outlook, *programs)


def _known(table: Mapping[str, object]) -> Known:
    columns = table["columns"]
    if not isinstance(columns, dict):
        raise TypeError("the columns are a table")
    order = DateOrder(str(table["dates"])) if "dates" in table else None
    read = {folded(name): _target(target) for name, target in columns.items()}
    return Known(str(table["title"]), str(table["source"]), order, read, tuple(columns))


def _outlook(text: str) -> list[Known]:
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    found = []
    for language, (title, order) in _LANGUAGES.items():
        columns = {
            name: _target(row["becomes"])
            for row in rows
            for name in (row[language] or "").split("; ")
            if name
        }
        read = {folded(name): target for name, target in columns.items()}
        found.append(Known(f"Outlook ({title})", "outlook", order, read, tuple(columns)))
    return found


def _target(text: str) -> Target | None:
    return parse_target(text) if text else None
