"""How a desk phone is told of the LDAP face: a template for each family, filled in.

The templates are the files in config/phones: the name is that of the family, the first line says
which phones it is for. An XML file is filled in as XML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dirserver.errors import NotFound

_TITLE = re.compile(r"\{# (.+) #\}\n")
# Which do not speak StartTLS, or are not known to, and which no TLS at all.
_NO_STARTTLS = frozenset(
    {"snom", "grandstream", "cisco", "poly", "panasonic", "gigaset", "auerswald"}
)
_NO_TLS = frozenset({"mitel"})


@dataclass(frozen=True, slots=True)
class Access:
    """Where a phone looks people up, and as whom. ``security``: none, starttls or ldaps."""

    organisation: str
    host: str
    port: int
    security: str
    base: str
    login: str
    bind_dn: str
    password: str


def folder() -> Path:
    """Return where the templates are: in the package when installed, else in config/."""
    package = Path(str(files("dirserver")))
    installed = package / "_phones"
    return installed if installed.is_dir() else package.parent / "config" / "phones"


def families() -> Mapping[str, str]:
    """Return the families that there are templates for, and which phones each is."""
    return {path.stem: _title(path) for path in sorted(folder().iterdir())}


def securities(family: str) -> tuple[str, ...]:
    """Return how the phones of ``family`` can be kept from being overheard, the best way first."""
    if family in _NO_TLS:
        return ()
    return ("ldaps",) if family in _NO_STARTTLS else ("ldaps", "starttls")


def filled(family: str, access: Access) -> str:
    """Return the settings for phones of ``family``. Raises NotFound when there are none."""
    for path in folder().glob(f"{family}.*"):
        if path.stem == family:
            # One on which only letters and digits can be typed takes a password without hyphens.
            plain = re.sub("[^0-9A-Za-z]", "", access.password)
            template = _environment().get_template(path.name)
            return template.render(_facts(access), plain_password=plain).lstrip("\n")
    raise NotFound(f"there is no family of phones {family}")


def _facts(access: Access) -> Mapping[str, str | int]:
    return {name: getattr(access, name) for name in Access.__slots__}


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(folder()),
        autoescape=select_autoescape(["xml"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )


def _title(path: Path) -> str:
    found = _TITLE.match(path.read_text(encoding="utf-8"))
    return found[1] if found else path.stem
