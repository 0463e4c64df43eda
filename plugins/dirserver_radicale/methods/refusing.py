"""Saying no to what nobody may do here, and keeping it in mind."""

from __future__ import annotations

from dirserver.directory import Directory
from dirserver.errors import DirectoryError
from dirserver_radicale import answers, refusals, request
from dirserver_radicale.answers import Answer, error_answer
from dirserver_radicale.tree.hrefs import locate


class Refusing:
    """What the methods of HTTP and WebDAV have in common here."""

    _directory: Directory

    def _refuse(self, method: str, path: str, user: str, *, is_destination: bool = False) -> Answer:
        """Refuse what nobody may do at ``path``; the audit trail tells of it."""
        needed = refusals.need(method, path, locate(path), is_destination=is_destination)
        if needed is None:
            raise RuntimeError(f"{method} needs nothing that could be refused")
        try:
            principal = request.principal_of(user)
            refusals.note(self._directory, principal, request.current().client, needed, path)
        except DirectoryError as error:
            return error_answer(error, needed.path, needed.privilege)
        return answers.need_privileges(needed.path, needed.privilege)
