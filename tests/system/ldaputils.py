"""The OpenLDAP command line programs, as clients that nobody here has written."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.organisation import PASSWORD

_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as LDIF tells it (RFC 2849). Attribute names are in lower case."""

    dn: str
    attributes: dict[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[str]:
        """Return the values of an attribute, none if it is not there."""
        return self.attributes.get(name.lower(), [])


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended. Its exit code is the LDAP result code."""

    code: int
    entries: list[Entry]
    stdout: str
    stderr: str

    @property
    def names(self) -> list[str]:
        """The first cn of each entry that has one, in the order in which they came."""
        return [entry["cn"][0] for entry in self.entries if entry["cn"]]


@dataclass(frozen=True, slots=True)
class LDAPClient:
    """The programs, set up for one server and one name to bind as.

    An empty ``name`` is nobody. ``ca`` is the authority that vouches for the server;
    ``certificate`` is the client's own, with its key; ``mechanism`` is one of SASL.
    """

    uri: str
    name: str = ""
    password: str = PASSWORD
    ca: Path | None = None
    options: tuple[str, ...] = ()
    certificate: Path | None = None
    mechanism: str = ""

    def run(self, program: str, *arguments: str, stdin: str = "") -> Outcome:
        """Run one of the programs."""
        bind = ["-x", *(["-D", self.name, "-w", self.password] if self.name else [])]
        if self.mechanism:
            named = ["-U", self.name, "-w", self.password] if self.name else []
            bind = ["-Q", "-Y", self.mechanism, *named]
        environment = {**os.environ, "LDAPCONF": "/dev/null", "LC_ALL": "C.UTF-8"}
        if self.ca is not None:
            environment["LDAPTLS_CACERT"] = str(self.ca)
        if self.certificate is not None:
            environment["LDAPTLS_CERT"] = environment["LDAPTLS_KEY"] = str(self.certificate)
        done = subprocess.run(
            [find(program), "-H", self.uri, *bind, *self.options, *arguments],
            input=stdin.encode(),
            capture_output=True,
            timeout=_TIMEOUT,
            env=environment,
            check=False,
        )
        stdout, stderr = done.stdout.decode(), done.stderr.decode()
        entries = read_ldif(stdout) if program == "ldapsearch" else []
        return Outcome(done.returncode, entries, stdout, stderr)

    def search(
        self, filter_: str, *attributes: str, base: str, scope: str = "sub", options: str = ""
    ) -> Outcome:
        """Search, with more ``options`` of ldapsearch if need be."""
        return self.run(
            "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", base, "-s", scope,
            *options.split(), filter_, *attributes,
        )  # fmt: skip

    def names(self, filter_: str, base: str) -> list[str]:
        """Return the names of all that a search finds; it must succeed."""
        outcome = self.search(filter_, "cn", base=base)
        assert outcome.code == 0, (filter_, outcome)
        return outcome.names


def find(program: str) -> str:
    """Return the path of a program of ldap-utils; where it must not be missing, fail."""
    path = shutil.which(program)
    if path is None:
        message = f"{program} of ldap-utils is not on this machine"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def read_ldif(text: str) -> list[Entry]:
    """Return the entries of an LDIF without folded lines."""
    entries: list[Entry] = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        if value.startswith(":"):
            value = base64.b64decode(value[1:]).decode("utf-8", "surrogateescape")
        value = value.strip()
        if name == "dn":
            entries.append(Entry(value))
        elif entries:
            entries[-1].attributes.setdefault(name.lower(), []).append(value)
    return entries
