"""What the served organisation looks like: its config file, its certificate, its people."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.organisation import write_config

SUFFIX = "dc=example,dc=org"
CUSTOMERS = f"ou=customers,{SUFFIX}"
STAFF = f"ou=staff,{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of the tests' own, and a certificate for this machine."""

    ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return a context for clients that trust this authority alone."""
        return ssl.create_default_context(cafile=str(self.ca))


def make_authority(directory: Path) -> Authority:
    """Make an authority and keep its files in ``directory``."""
    authority = Authority(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")
    root = trustme.CA()
    issued = root.issue_cert("localhost", "127.0.0.1")
    root.cert_pem.write_to_path(authority.ca)
    authority.key.write_bytes(issued.private_key_pem.bytes())
    authority.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    return authority


def write_served(
    directory: Path,
    authority: Authority,
    url: str = "sqlite:///test.db",
    *,
    anonymous: bool = True,
    ldap: str = "",
) -> Path:
    """Write the organisation's config with a listener of each kind; return its path.

    Without ``anonymous``, nobody is answered who has not said who they are.
    """
    path = write_config(
        directory,
        url,
        ldap=f"""
listen = ["127.0.0.1:0"]
listen_tls = ["127.0.0.1:0"]
{ldap}

[carddav]
listen = ["127.0.0.1:0"]
listen_tls = ["127.0.0.1:0"]

[tls]
certificate = "{authority.certificate}"
key = "{authority.key}"
""",
    )
    text = path.read_text(encoding="utf-8").replace("10.20.0.0/16", "127.0.0.0/8")
    if not anonymous:
        text = text.replace("anonymous = true", "anonymous = false").replace(
            '  { to = "anonymous", access = "search", from = ["127.0.0.0/8"] },\n', ""
        )
    path.write_text(text, encoding="utf-8")
    return path
