"""A real OpenLDAP server with a directory of people, over TLS with a certificate of the tests'."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

SUFFIX = "dc=example,dc=org"
ADMIN = f"cn=admin,{SUFFIX}"
READER = f"cn=reader,{SUFFIX}"
LIMITED = f"cn=limited,{SUFFIX}"
PASSWORD = "let me read"
_START_SECONDS = 20.0
_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
directory {folder}/mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw "{password}"
limits dn.exact="{limited}" size.soft=3 size.hard=3 size.prtotal=3
access to attrs=userPassword by anonymous auth
access to * by users read
"""
_TOP = f"""dn: {SUFFIX}
objectClass: organization
objectClass: dcObject
o: Example GmbH
dc: example

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people
"""


@dataclass(frozen=True, slots=True)
class Slapd:
    """A running server."""

    folder: Path
    port: int
    tls_port: int

    @property
    def ca_file(self) -> Path:
        """What its certificate is signed by."""
        return self.folder / "ca.pem"

    def change(self, ldif: str) -> None:
        """Change entries as ``ldif`` says."""
        program = ["ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{self.port}"]
        subprocess.run(
            [*program, "-D", ADMIN, "-w", PASSWORD],
            input=ldif.encode(),
            capture_output=True,
            check=True,
        )


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _account(dn: str) -> str:
    name = dn.partition(",")[0].partition("=")[2]
    return f"\ndn: {dn}\nobjectClass: person\ncn: {name}\nsn: {name}\nuserPassword: {PASSWORD}\n"


@contextmanager
def running_slapd(folder: Path, people: str) -> Iterator[Slapd]:
    """Serve a directory with ``people`` (LDIF) below ``ou=people``. Skips the test without one."""
    program, add = _program("slapd"), _program("slapadd")
    _program("ldapmodify")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    chain = b"".join(one.bytes() for one in certificate.cert_chain_pems)
    (folder / "cert.pem").write_bytes(chain)
    (folder / "mdb").mkdir()
    config = folder / "slapd.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder, suffix=SUFFIX, admin=ADMIN, limited=LIMITED, password=PASSWORD
        )
    )
    ldif = folder / "people.ldif"
    ldif.write_text(f"{_TOP}{_account(READER)}{_account(LIMITED)}\n{people}", encoding="utf-8")
    subprocess.run([add, "-f", str(config), "-l", str(ldif)], check=True, capture_output=True)
    slapd = Slapd(folder, _free_port(), _free_port())
    listen = f"ldap://127.0.0.1:{slapd.port} ldaps://127.0.0.1:{slapd.tls_port}"
    with (folder / "slapd.log").open("wb") as log:
        # With a level of debugging, be it none, it stays in the foreground.
        process = subprocess.Popen(
            [program, "-f", str(config), "-h", listen, "-d", "0"], stdout=log, stderr=log
        )
    try:
        _wait(process, slapd)
        yield slapd
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], slapd: Slapd) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", slapd.tls_port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError((slapd.folder / "slapd.log").read_text()) from None
            time.sleep(0.05)
        else:
            return
