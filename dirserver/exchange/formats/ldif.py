"""LDIF (RFC 2849): entries as they are in a file, with the lines that they begin in.

Libraries for it either stop at the first fault or do not say in which line it is.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass, field

from dirserver.model.charsets import decode

MAX_VALUE = 1_000_000
_ATTRIBUTE = re.compile(
    r"([A-Za-z][A-Za-z0-9-]*|[0-9.]+)((?:;[A-Za-z0-9-]+)*):(:|<)?[ ]*(.*)", re.S
)


@dataclass(slots=True)
class Entry:
    """One entry: its values by the names of the attributes, in lower case and without options.

    ``faults`` say what could not be read of it, ``guesses`` what was read as it probably was meant.
    """

    line: int
    dn: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)

    def first(self, *names: str) -> str:
        """The first value of the first of these attributes that has one."""
        return next((value for name in names for value in self.values.get(name, ())), "")

    def all(self, *names: str) -> list[str]:
        """All values of these attributes."""
        return [value for name in names for value in self.values.get(name, ())]


def looks_like_ldif(text: str) -> bool:
    """Say whether a file begins as LDIF does, after comments."""
    for line in text[:20_000].splitlines():
        if line.strip() and not line.startswith("#"):
            return re.match(r"(version:\s*\d|dn::?[ ]*\S)", line, re.IGNORECASE) is not None
    return False


def read_entries(text: str) -> Iterator[Entry]:
    """Yield the entries of a file. What is no attribute is told in the entry that it is in."""
    entry: Entry | None = None
    for number, line in _logical_lines(text):
        if not line.strip():
            if entry is not None:
                yield entry
            entry = None
            continue
        if entry is None:
            if re.fullmatch(r"version:\s*\d+\s*", line, re.IGNORECASE):
                continue
            entry = Entry(number)
        _add(entry, number, line)
    if entry is not None:
        yield entry


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Unfold: a line that begins with a blank goes on with the one before it."""
    pieces: list[str] = []
    begins = 1
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line.startswith(" ") and pieces:
            pieces.append(line[1:])
            continue
        if pieces and not pieces[0].startswith("#"):
            yield begins, "".join(pieces)
        pieces, begins = [line], number
    if pieces and not pieces[0].startswith("#"):
        yield begins, "".join(pieces)


def _add(entry: Entry, number: int, line: str) -> None:
    found = _ATTRIBUTE.fullmatch(line)
    if found is None:
        entry.faults.append(f"line {number}: this is no attribute")
        return
    name, kind, value = found[1].lower(), found[3], found[4]
    if len(value) > MAX_VALUE:
        entry.faults.append(f"line {number}: {name} has more than {MAX_VALUE} characters")
        return
    if kind == "<":
        entry.faults.append(f"line {number}: {name} is in another file, which is not read")
        return
    if kind == ":":
        try:
            raw = b64decode("".join(value.split()), validate=True)
        except (Base64Error, ValueError):
            entry.faults.append(f"line {number}: the base64 of {name} is damaged")
            return
        value, guess = decode(raw)
        if guess and name not in _BINARIES:
            entry.guesses.append(f"line {number}: {name}: {guess}")
    if name == "dn" and not entry.dn:
        entry.dn = value.strip()
    elif name not in _BINARIES and value.strip():
        entry.values.setdefault(name, []).append(value.strip())


# Pictures and certificates; they are not imported, and Active Directory's ids are octets.
_BINARIES = frozenset(
    {"jpegphoto", "thumbnailphoto", "thumbnaillogo", "usercertificate", "usersmimecertificate",
     "objectguid", "objectsid", "audio", "photo"}
)  # fmt: skip
