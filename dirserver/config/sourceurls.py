"""Where sources are: directories, and files that are fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address

from dirserver.config import values
from dirserver.config.faults import Refused
from dirserver.config.networks import LOOPBACK

_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^\s/:?#@\[\]]+)(?::([0-9]{1,5}))?"
_LDAP = re.compile(rf"(ldaps?)://{_HOST}/?")
_WEB = re.compile(rf"https://{_HOST}(?:[/?][!-~]*)?")
_PORTS = {"ldap": 389, "ldaps": 636}
_MOST_PORTS = 65_536


@dataclass(frozen=True, slots=True)
class LDAPURL:
    """Where a directory is; with ``ldaps``, over TLS from the start."""

    ldaps: bool
    host: str
    port: int

    def __str__(self) -> str:
        """As it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.ldaps else 'ldap'}://{host}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Whether it is this very machine."""
        try:
            return str(ip_address(self.host)) in LOOPBACK
        except ValueError:
            return self.host.lower() == "localhost"


@dataclass(frozen=True, slots=True)
class WebURL:
    """Where a file is fetched from. What stands behind a question mark may be a secret."""

    address: str = field(repr=False)

    def __str__(self) -> str:
        """As it is written, but for what may be secret."""
        return self.address.partition("?")[0]


def source_url(value: object) -> LDAPURL | WebURL:
    """Read the address of a directory, or of a file over HTTPS."""
    read = values.text(value)
    web, match = _WEB.fullmatch(read), _LDAP.fullmatch(read)
    if web is not None and "#" not in read and 0 < int(web[2] or 443) < _MOST_PORTS:
        return WebURL(read)
    port = int(match[3] or _PORTS[match[1]]) if match else 0
    if match is None or not 0 < port < _MOST_PORTS:
        raise Refused(
            'expected an address such as "ldaps://dc1.example.org" or'
            ' "https://example.org/staff.csv"'
        )
    return LDAPURL(match[1] == "ldaps", match[2].strip("[]"), port)
