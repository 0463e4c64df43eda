"""How Radicale is set up inside the server."""

from __future__ import annotations

import unicodedata

from radicale.config import Configuration, load

from dirserver.assembly import Services
from dirserver.directory.writing import MAX_CARD_BYTES
from dirserver_radicale.auth import Auth
from dirserver_radicale.nostorage import NoStorage
from dirserver_radicale.rights import Rights


def configuration(services: Services) -> Configuration:
    """Return a Radicale configuration in which the plugins use ``services``."""
    found = load()
    found.update(
        {
            "auth": {
                "type": lambda conf: Auth(conf, services),
                # Attempts are counted and refused by the directory; sleeping would hold a thread.
                "delay": "0",
                "realm": realm(services.config.organisation.name),
            },
            "rights": {
                "type": lambda conf: Rights(conf, services),
                "permit_delete_collection": "False",
                "permit_overwrite_collection": "False",
            },
            "storage": {"type": NoStorage},
            "web": {"type": "none"},
            "sharing": {"type": "none"},
            "server": {
                # The directory says which names users and cards may have.
                "validate_user_value": "none",
                "validate_path_value": "none",
                "delay_on_error": "0",
                "max_resource_size": str(MAX_CARD_BYTES),
                "max_content_length": str(2 * MAX_CARD_BYTES),
            },
        },
        "dirserver",
        privileged=True,
    )
    return found


def challenge(name: str) -> str:
    """Return the WWW-Authenticate field by which Radicale asks for a login at ``name``."""
    return f'Basic realm="{realm(name)}"'


def realm(name: str) -> str:
    """Return ``name`` as a header can hold it between quotes (RFC 9110 section 5.5)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = "".join([char for char in plain if char not in '"\\']).split()
    return " ".join("".join(filter(str.isprintable, word)) for word in words) or "Address books"
