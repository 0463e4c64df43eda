"""Radicale's rights plugin: grants, in Radicale's letters."""

from __future__ import annotations

from radicale.config import Configuration
from radicale.rights import BaseRights

from dirserver.assembly import Services
from dirserver.errors import AccessDenied
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver_radicale import refusals, request, services
from dirserver_radicale.tree.hrefs import Location, locate

_LOOKS = ("GET", "HEAD", "PROPFIND", "REPORT")


class Rights(BaseRights):
    """Spells the directory's decisions; what is hidden and what is absent get no letter."""

    def __init__(self, configuration: Configuration, found: Services | None = None) -> None:
        """Use the services ``found``, or those of the configuration."""
        super().__init__(configuration)
        self._directory = (found or services.of(configuration)).directory

    def authorization(self, user: str, user_groups: set[str], path: str) -> str:
        """Return what ``user`` may do at ``path``.

        ``R``: see the root and the own home. On books ``r`` and ``w``; ``l`` keeps their
        properties, which belong to the config file. For a card nothing, since Radicale then
        asks for its book.
        """
        if not user:
            return ""
        location = locate(path)
        self._note_refusal(user, path, location)
        self._stop_in_time(user, location)
        if location is None or location.login not in ("", user) or location.href:
            return ""
        if not location.book:
            return "R"
        view = self._view(user, location)
        if view is None or view.access < Privilege.READ:
            return ""
        return "rwl" if view.access >= Privilege.WRITE else "rl"

    def _view(self, user: str, location: Location | None) -> VisibleBook | None:
        if location is None or not location.book or location.login != user:
            return None
        return request.view(self._directory, user, location.book)

    def _stop_in_time(self, user: str, location: Location | None) -> None:
        """Ask the shield before a DELETE: of what that meets later, Radicale makes 500."""
        current = request.current()
        if current.method != "DELETE" or location is None or not location.href:
            return
        view = self._view(user, location)
        if view is None or view.access < Privilege.WRITE:
            return
        try:
            with self._directory.writing(request.principal_of(user), current.client) as writing:
                writing.require_deletable(location.book, location.href)
        except AccessDenied:
            # Its rights are less from now on, which Radicale is about to ask for.
            current.look_again()

    def _note_refusal(self, user: str, path: str, location: Location | None) -> None:
        """Let the audit trail know of what Radicale is about to refuse by itself.

        It asks for the rights at the path of the request first, for those at what holds it
        next, and with MOVE then for the destination in the same way.
        """
        current = request.current()
        if path in current.judged:
            return
        needed = refusals.need(current.method, path, location)
        if needed is None:
            if current.method in _LOOKS and refusals.is_foreign(user, location):
                current.judged.add(path)
                principal = request.principal_of(user)
                refusals.note_look(self._directory, principal, current.client, location)
            return
        holder = needed.location.parent.path
        current.judged.update((path, holder, holder.rstrip("/")))
        if not needed.is_met(self._view(user, location)):
            principal = request.principal_of(user)
            refusals.note(self._directory, principal, current.client, needed, path)
