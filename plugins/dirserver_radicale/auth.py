"""Radicale's auth plugin: who somebody is, by name and password."""

from __future__ import annotations

import logging
from typing import Any

from radicale.auth import AuthContext, BaseAuth
from radicale.config import Configuration
from radicale.log import logger

from dirserver.assembly import Services
from dirserver.errors import InvalidCredentials
from dirserver_radicale import request, services

_log = logging.getLogger("radicale.dirserver")
# What Radicale says of a login, with the name as it was typed. That may be a password, in the wrong
# field; the authenticator knows whether it is a name at all.
_WITH_NAMES = ("Failed login", "Login ", "_check_user_format")


def _names_nobody(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_WITH_NAMES)


class Auth(BaseAuth):
    """Asks the directory's authenticator; a user's mail is as good as the login."""

    def __init__(self, configuration: Configuration, found: Services | None = None) -> None:
        """Use the services ``found``, or those of the configuration."""
        super().__init__(configuration)
        # Radicale names it in its log.
        self._type = "dirserver"
        self._services = found or services.of(configuration)
        logger.addFilter(_names_nobody)

    def get_external_login(self, environ: dict[str, Any]) -> tuple[()]:
        """Note the request; the login stays Radicale's affair."""
        request.begin(environ)
        return ()

    def _login_ext_with_groups(
        self, login: str, password: str, context: AuthContext
    ) -> tuple[str, set[str]]:
        """Return the login of whoever this is, or nothing (Radicale then answers 401)."""
        current = request.current()
        authenticator = self._services.authenticator
        try:
            principal = authenticator.authenticate(login, password, current.client)
        except InvalidCredentials as refused:
            # In Radicale's words, which other programs look for.
            _log.warning("Failed login attempt from %s: %s", current.client.address, refused)
            return "", set()
        # Radicale hands on a name only, and what a device may do is not what its user may.
        current.principal = principal
        return principal.login, set()

    def _sleep_for_constant_exec_time(self, time_ns_begin: int) -> None:
        """Do not sleep: a login and a name that nobody has take the same time already.

        Radicale would make every failure last as long as the longest one ever did.
        """
