"""Saying no to what nobody may do here, and keeping it in mind."""

from __future__ import annotations

from http import client

from dirserver.directory import Directory
from dirserver.errors import DirectoryError, NotAtOnce
from dirserver_radicale import answers, refusals, request
from dirserver_radicale.answers import Answer, error_answer
from dirserver_radicale.tree.hrefs import Location, is_below_cards, locate


class Refusing:
    """What the methods of HTTP and WebDAV have in common here."""

    _directory: Directory

    def _refuse(self, method: str, path: str, user: str, privilege: str = "") -> Answer:
        """Refuse what nobody may do at ``path``; the audit trail tells of it.

        ``privilege`` is what is missing, if it is not what the method needs first of all.
        """
        needed = refusals.need(method, path, locate(path), privilege)
        if needed is None:
            raise RuntimeError(f"{method} needs nothing that could be refused")
        if needed.privilege == "bind" and is_below_cards(path, user):
            # RFC 4918 sections 9.3.1, 9.7.1 and 9.8.5. That is so for everybody.
            return answers.plain(client.CONFLICT, "There is no collection that could hold it.")
        try:
            principal = request.principal_of(user)
            refusals.note(self._directory, principal, request.current().client, needed, path)
        except DirectoryError as error:
            return error_answer(error, needed.path, needed.privilege)
        return answers.need_privileges(needed.path, needed.privilege)

    def _refuse_look(self, path: str, user: str, location: Location | None) -> Answer:
        """Refuse a look at what is not for ``user``; the audit trail tells of it.

        Raises NotAtOnce where nothing may be waited for: who answers in a thread tells of it.
        """
        noted = request.current()
        if noted.at_once:
            raise NotAtOnce
        try:
            principal = request.principal_of(user)
            refusals.note_look(self._directory, principal, noted.client, location)
        except DirectoryError as error:
            return error_answer(error, path, "read")
        return answers.need_privileges(path, "read")
