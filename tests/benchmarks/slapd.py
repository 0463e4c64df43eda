"""Debian's slapd as a peer: the same entries, its own database, on loopback, as this user."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.cards import LOGIN
from tests.benchmarks.process import Subject
from tests.organisation import PASSWORD
from tests.system.running import wait_until

SUFFIX = "dc=example,dc=org"
NAME = f"uid={LOGIN},ou=users,{SUFFIX}"
_MISSING = "slapd is not installed (Debian: apt-get install slapd), so nothing is compared with it."
_SCHEMA = Path("/etc/ldap/schema")
_MODULES = Path("/usr/lib/ldap")
# Not for all that it could do for indexes, but for what is asked of both.
_CONFIG = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema

attributetype ( 1.3.6.1.4.1.13769.3.4 NAME 'mozillaSecondEmail'
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch )
attributetype ( 1.3.6.1.4.1.8506.1.2.6 NAME 'category'
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch )
objectclass ( 1.3.6.1.4.1.13769.9.1 NAME 'mozillaAbPersonAlpha' SUP top AUXILIARY
  MAY ( mozillaSecondEmail ) )
objectclass ( 1.3.6.1.4.1.8506.1.3.1 NAME 'evolutionPerson' SUP inetOrgPerson STRUCTURAL
  MAY ( category $ co ) )

modulepath {modules}
moduleload back_mdb
pidfile {directory}/slapd.pid
sizelimit unlimited
index_substr_any_len 3

database mdb
directory {directory}/mdb
maxsize 4294967296
suffix "{suffix}"
index objectClass eq
index cn,sn,givenName,mail,telephoneNumber,mobile,homePhone eq,sub,pres
access to attrs=userPassword by anonymous auth
access to * by users read
"""
_TOP = f"""dn: {SUFFIX}
objectClass: organization
objectClass: dcObject
o: Example GmbH
dc: example

dn: ou=customers,{SUFFIX}
objectClass: organizationalUnit
ou: customers

dn: ou=users,{SUFFIX}
objectClass: organizationalUnit
ou: users

dn: {NAME}
objectClass: inetOrgPerson
uid: {LOGIN}
cn: Alice Example
sn: Example
userPassword: {PASSWORD}

"""


class Unavailable(Exception):
    """The peer cannot be measured; the text says why."""


def _program(name: str) -> str:
    """Return the path of a program that is not in everybody's PATH. Raises Unavailable."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Unavailable(_MISSING)
    return found


def _ldif(other: Subject) -> bytes:
    """Return everything that is in the book of ``other``."""
    program = shutil.which("ldapsearch")
    if program is None or other.ldap is None:
        raise Unavailable("ldapsearch is not installed (Debian: apt-get install ldap-utils).")
    found = subprocess.run(
        [
            *(program, "-LLL", "-x", "-o", "ldif-wrap=no", "-D", NAME, "-w", PASSWORD),
            *("-H", f"ldap://{other.ldap[0]}:{other.ldap[1]}", "-b", f"ou=customers,{SUFFIX}"),
            *("-s", "one", "(objectClass=*)", "*", "jpegPhoto"),
        ],
        capture_output=True,
        check=True,
    )
    return found.stdout


def fill(directory: Path, other: Subject) -> None:
    """Make a database in ``directory`` with the entries that ``other`` has.

    Raises Unavailable, with a sentence, when there is no slapd.
    """
    program = _program("slapadd")
    (directory / "mdb").mkdir()
    config = directory / "slapd.conf"
    config.write_text(
        _CONFIG.format(schema=_SCHEMA, modules=_MODULES, directory=directory, suffix=SUFFIX),
        encoding="utf-8",
    )
    ldif = directory / "entries.ldif"
    ldif.write_bytes(_TOP.encode() + _ldif(other))
    done = subprocess.run([program, "-q", "-f", str(config), "-l", str(ldif)], capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    ldif.unlink()


@contextmanager
def serving(directory: Path) -> Iterator[Subject]:
    """Serve what ``fill`` has made."""
    program = _program("slapd")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = ("127.0.0.1", int(free.getsockname()[1]))
    url = f"ldap://{address[0]}:{address[1]}"
    with (directory / "slapd.log").open("wb") as log:
        # With a level of debugging, be it none, it stays in the foreground.
        process = subprocess.Popen(
            [program, "-f", str(directory / "slapd.conf"), "-h", url, "-d", "0"],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: _answers(address), "slapd to listen")
        yield Subject("slapd", process, address, address, _version(program), "", "")
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def _version(program: str) -> str:
    said = subprocess.run([program, "-VV"], capture_output=True, check=False).stderr.decode()
    return " ".join(said.partition("$OpenLDAP: ")[2].split()[:2])
