"""Grants that those who manage a book give to others, and take back, while the server runs."""

from __future__ import annotations

from dataclasses import replace

from dirserver.directory.writing import Writing
from dirserver.errors import AccessDenied, InvalidGrant, NotFound
from dirserver.model.addressbook import AddressBook, label_of
from dirserver.model.audit import AuditAction
from dirserver.model.fields import NEVER_HIDDEN
from dirserver.model.grant import Grant, Privilege, change_of, reaches_nobody
from dirserver.model.principal import ANONYMOUS, EVERYONE
from dirserver.store import policies, settings, structure, turns

# What a manager has to give. Who else manages the book, and what it is to those without a name,
# is for the config file to say; so is search, which is for telephones.
_GIVEN = (Privilege.READ, Privilege.WRITE)


def give(writing: Writing, slug: str, grant: Grant) -> Grant | None:
    """Give ``grant`` on the book ``slug``, beside what the config file grants there.

    It comes from whoever is at work, and takes the place of what the grantee was given before,
    which is returned. The same again changes nothing, nor who gave it. Other processes, and
    clients by their next look at the book, see it at once.

    Raises AccessDenied to all but those who manage the book, and where the book says that not
    even they may; and InvalidGrant for what nobody can give so.
    """
    book = _managed(writing, slug, AuditAction.GRANT_ADD)
    if not book.delegate:
        reason = f"the book {label_of(book)} has delegate = false"
        writing.refuse(AuditAction.GRANT_ADD, slug, "", reason)
        raise AccessDenied(reason)
    try:
        _check(writing, book, grant)
    except InvalidGrant as invalid:
        writing.refuse(AuditAction.GRANT_ADD, slug, "", str(invalid))
        raise
    given = replace(grant, given_by=writing.principal.login)
    before = _delegated(writing, book, grant.grantee)
    if before is not None and replace(before, given_by=given.given_by) == given:
        return before
    structure.put_grant(writing.connection, book, given)
    action = AuditAction.GRANT_ADD if before is None else AuditAction.GRANT_CHANGE
    _finish(writing, book, action, before, given)
    return before


def take(writing: Writing, slug: str, grantee: str) -> Grant:
    """Take back what ``grantee`` was given on the book ``slug``, by whomever, and return it.

    What the config file grants stays. Raises AccessDenied to all but those who manage the book,
    and NotFound.
    """
    book = _managed(writing, slug, AuditAction.GRANT_REMOVE)
    before = _delegated(writing, book, grantee)
    if before is None:
        raise NotFound(f"nobody has given {grantee} a grant on {label_of(book)}")
    structure.remove_grant(writing.connection, book, before)
    _finish(writing, book, AuditAction.GRANT_REMOVE, before, None)
    return before


def _managed(writing: Writing, slug: str, action: AuditAction) -> AddressBook:
    # Two at once, or a config that is applied meanwhile, would not see what the other does.
    turns.take(writing.connection, turns.Turn.STRUCTURE)
    return writing.managed(slug, action)


def _check(writing: Writing, book: AddressBook, grant: Grant) -> None:
    """Raise InvalidGrant, saying why, for what cannot be given."""
    if grant.access not in _GIVEN:
        words = " and ".join(privilege.label for privilege in _GIVEN)
        raise InvalidGrant(
            f"only {words} can be given; {grant.access.label} is for the config file"
        )
    if grant.grantee in (EVERYONE, ANONYMOUS.login):
        raise InvalidGrant(
            f"only users and groups can be given access; {grant.grantee} is for the config file"
        )
    users = writing.policy.users.keys()
    groups = [group.name for group in writing.policy.groups]
    unknown = reaches_nobody(grant, users, groups)
    if unknown:
        raise InvalidGrant(unknown)
    if grant.hide and grant.access > Privilege.READ:
        raise InvalidGrant("who may change a card must see all of it; only read can hide")
    if book.smart is not None and (grant.hide or grant.access > Privilege.READ):
        raise InvalidGrant(
            "only read can be given on a smart book; what is hidden and who may change a card is "
            "for the cards' own books"
        )
    never = sorted(grant.hide & NEVER_HIDDEN)
    if never:
        raise InvalidGrant(f"without {never[0]} a card is no card, so it cannot be hidden")


def _delegated(writing: Writing, book: AddressBook, grantee: str) -> Grant | None:
    """Return what ``grantee`` was given; read now, since the policy is older than our turn."""
    grants = policies.load_grants(writing.connection).get(book.id, ())
    return next(
        (grant for grant in grants if grant.is_delegated and grant.grantee == grantee), None
    )


def _finish(
    writing: Writing,
    book: AddressBook,
    action: AuditAction,
    old: Grant | None,
    new: Grant | None,
) -> None:
    """Let every process and client see it, and the audit trail tell of it."""
    # In the order of whoever writes to the book: those who link cards change the policy, too.
    structure.touch_book(writing.connection, book, writing.at)
    settings.next_policy_epoch(writing.connection)
    writing.note(action, book.slug, change_of(label_of(book), old, new))
