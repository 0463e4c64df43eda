"""Radicale's auth plugin: who somebody is, by name and password."""

from __future__ import annotations

from typing import Any

from radicale.auth import AuthContext, BaseAuth
from radicale.config import Configuration
from radicale.log import logger

from dirserver.assembly import Services
from dirserver.errors import InvalidCredentials
from dirserver_radicale import request, services


class Auth(BaseAuth):
    """Asks the directory's authenticator; a user's mail is as good as the login."""

    def __init__(self, configuration: Configuration, found: Services | None = None) -> None:
        """Use the services ``found``, or those of the configuration."""
        super().__init__(configuration)
        # Radicale names it to whoever reads the log of failed logins.
        self._type = "dirserver"
        self._services = found or services.of(configuration)

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
            logger.info("Login refused: %s", refused)
            return "", set()
        # Radicale hands on a name only, and what a device may do is not what its user may.
        current.principal = principal
        return principal.login, set()

    def _sleep_for_constant_exec_time(self, time_ns_begin: int) -> None:
        """Do not sleep: a login and a name that nobody has take the same time already.

        Radicale would make every failure last as long as the longest one ever did.
        """
