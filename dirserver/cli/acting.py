"""Who acts: the operator, or with ``--as`` a user; and on which book."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from dirserver import __version__, config
from dirserver.assembly import Services, open_services
from dirserver.cli import again
from dirserver.cli.failure import Failed
from dirserver.cli.hints import hint
from dirserver.cli.invocation import Invocation
from dirserver.config.faults import listing
from dirserver.directory import Reading, Writing, label_of
from dirserver.errors import AccessDenied
from dirserver.model.addressbook import AddressBook
from dirserver.model.audit import AuditAction
from dirserver.model.grant import Privilege
from dirserver.model.policy import VisibleBook
from dirserver.model.principal import Client, Principal, operator


@dataclass(frozen=True, slots=True)
class Acting:
    """The directory, as open for whoever runs a command."""

    services: Services
    principal: Principal
    client: Client

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a snapshot."""
        return self.services.directory.reading(self.principal, self.client)

    def writing(self) -> AbstractContextManager[Writing]:
        """Open a transaction."""
        return self.services.directory.writing(self.principal, self.client)

    def user(self, login: str) -> Principal:
        """Return the user whose login or mail this is. Raises Failed, saying who there is."""
        return _user(self.services, login)

    def book(
        self,
        reading: Reading,
        name: str,
        privilege: Privilege,
        action: AuditAction | None = AuditAction.CARD_READ,
    ) -> VisibleBook:
        """Return the book ``name``. Raises Failed, saying why not and what there is.

        The audit trail tells of that as ``action``; None is for one who has told it already.
        """
        try:
            return reading.book(name, privilege, action)
        except AccessDenied as denied:
            raise Failed(self._why_not(reading, name, privilege)) from denied

    def views(
        self,
        reading: Reading,
        name: str,
        privilege: Privilege,
        action: AuditAction | None = AuditAction.CARD_READ,
    ) -> tuple[VisibleBook, ...]:
        """Return the book ``name``, or what the smart book shows of others; else as ``book``."""
        smart = reading.smart_book(name, privilege)
        if smart is not None:
            return smart.parts
        return (self.book(reading, name, privilege, action),)

    def addressbook(
        self,
        reading: Reading,
        name: str,
        privilege: Privilege,
        action: AuditAction | None = AuditAction.CARD_READ,
    ) -> AddressBook:
        """Return the book ``name``, which may be a smart one; else as ``book``."""
        try:
            return reading.addressbook(name, privilege, action)
        except AccessDenied as denied:
            raise Failed(self._why_not(reading, name, privilege)) from denied

    def _why_not(self, reading: Reading, name: str, privilege: Privilege) -> str:
        who = "" if self.principal.is_operator else f" for {self.principal.login}"
        labels = [label_of(view.book) for view in reading.books(Privilege.SEARCH)]
        labels += [smart.book.slug for smart in reading.smart_books(Privilege.SEARCH)]
        for book in reading.policy.books:
            if label_of(book) == name:
                address = self.client.address
                decision = reading.policy.decide(self.principal, privilege, book, address)
                if decision.allowed and book.smart is not None:
                    return _of_smart_book(reading, name)
                why = decision.reason
                return f"{self.principal.login} may not {privilege.label} {name}: {why}."
        if any(book.slug == name for book in self.services.config.books):
            file = self.services.config.path.name
            apply = again.command("apply")
            return f"The book {name} is in {file}, but not applied yet; run: {apply}"
        return f"There is no book {name}{who}{hint(name, labels)}"


def _of_smart_book(reading: Reading, name: str) -> str:
    smart = reading.smart_book(name, Privilege.SEARCH)
    labels = [] if smart is None else [label_of(part.book) for part in smart.parts]
    said = f"{name} is a smart book: it shows cards of other books, and has none of its own."
    return f"{said} Name the book that they are kept in: {listing(labels)}." if labels else said


@contextmanager
def acting(invocation: Invocation, login: str = "") -> Iterator[Acting]:
    """Open what the config file describes, for the operator or for the user ``login``.

    Raises Failed, ConfigError and StoreUnavailable.
    """
    services = open_services(config.load(invocation.config_file))
    try:
        services.directory.require_set_up()
        principal = _user(services, login) if login else operator(os_login())
        yield Acting(services, principal, command_line(for_another=bool(login)))
        services.directory.tell_lookups(unfinished=True)
    finally:
        services.close()


def os_login() -> str:
    """Return the name that the operating system has for whoever runs this."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # In a container, there may be a number and nothing else.
        return f"uid {os.getuid()}"


def command_line(*, for_another: bool = False) -> Client:
    """Return what the audit trail says of this program, and of who is behind the name."""
    sudo = os.environ.get("SUDO_USER", "") if os.getuid() == 0 else ""
    behind = sudo or (os_login() if for_another else "")
    return Client("cli", "", f"dirserver {__version__}" + (f", run by {behind}" if behind else ""))


def _user(services: Services, login: str) -> Principal:
    policy = services.directory.policy()
    found = policy.user(login)
    if found is not None:
        return found
    if any(login in (user.login, user.mail) for user in services.config.users):
        file = services.config.path.name
        apply = again.command("apply")
        raise Failed(f"The user {login} is in {file}, but not applied yet; run: {apply}")
    raise Failed(f"There is no user {login}{hint(login, policy.users)}")
