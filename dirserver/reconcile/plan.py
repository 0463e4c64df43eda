"""What would change: two structures become a list of steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from dirserver.model.audit import AuditAction
from dirserver.model.grant import Grant, change_of, why_idle
from dirserver.model.principal import Group
from dirserver.model.standards import spelling
from dirserver.store.structure import Book, Structure, User


@dataclass(frozen=True, slots=True)
class UserStep:
    """A user comes, changes or goes."""

    old: User | None
    new: User | None


@dataclass(frozen=True, slots=True)
class GroupStep:
    """A group comes, changes or goes."""

    old: Group | None
    new: Group | None


@dataclass(frozen=True, slots=True)
class BookStep:
    """A book comes, changes, goes into the archive (``new`` is None) or returns from there."""

    old: Book | None
    new: Book | None
    returns: bool = False


@dataclass(frozen=True, slots=True)
class GrantStep:
    """A grant on ``book`` comes, changes or goes."""

    book: Book
    old: Grant | None
    new: Grant | None


@dataclass(frozen=True, slots=True)
class RuleStep:
    """How the server keeps watch changes; None is the default."""

    name: str
    old: str | None
    new: str | None


Step: TypeAlias = UserStep | GroupStep | BookStep | GrantStep | RuleStep


@dataclass(frozen=True, slots=True)
class KeptGrant:
    """A grant that a manager gave on ``book``, and why it gives nothing, where that is so."""

    book: Book
    grant: Grant
    idle: str

    @property
    def sentence(self) -> str:
        """The grant in a line."""
        said = change_of(self.book.label, None, self.grant)
        return f"{said}; {self.idle}" if self.idle else said


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from what is stored to what the file says; ``reindex`` cards are read anew.

    ``kept`` are the grants that managers gave: the file knows nothing of them, and they stay.
    """

    steps: tuple[Step, ...] = ()
    reindex: int = 0
    kept: tuple[KeptGrant, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the store agrees with the file already."""
        return not self.steps and not self.reindex


def make_plan(old: Structure, new: Structure, reindex: int = 0) -> Plan:
    """Return what leads from ``old`` to ``new``, in an order in which it can be done."""
    steps = (*_users(old, new), *_groups(old, new), *_books(old, new), *_rules(old, new))
    return Plan(steps, reindex, tuple(_kept(old, new)))


def _kept(old: Structure, new: Structure) -> Iterator[KeptGrant]:
    for label in sorted(old.books.keys() & new.books.keys()):
        for _, grant in sorted(old.books[label].delegated.items()):
            book = new.books[label]
            idle = why_idle(grant, book.delegate, new.users.keys(), new.groups.keys())
            yield KeptGrant(book, grant, idle)


def _rules(old: Structure, new: Structure) -> Iterator[Step]:
    for name in sorted(old.rules.keys() | new.rules.keys()):
        before, after = old.rules.get(name), new.rules.get(name)
        if before != after:
            yield RuleStep(name, before, after)


def _users(old: Structure, new: Structure) -> Iterator[Step]:
    for name in sorted(old.users.keys() | new.users.keys()):
        before, after = old.users.get(name), new.users.get(name)
        if before != after:
            yield UserStep(before, after)


def _groups(old: Structure, new: Structure) -> Iterator[Step]:
    for name in sorted(old.groups.keys() | new.groups.keys()):
        before, after = old.groups.get(name), new.groups.get(name)
        if before != after:
            yield GroupStep(before, after)


def _books(old: Structure, new: Structure) -> Iterator[Step]:
    for label in sorted(old.books.keys() | new.books.keys()):
        before, after = old.books.get(label), new.books.get(label)
        archived = label in old.archived
        if after is None:
            if not archived:
                yield BookStep(before, None)
            continue
        if before is None or archived or _told(before) != _told(after):
            yield BookStep(before, after, returns=archived)
        yield from _grants(before, after)


def _told(book: Book) -> tuple[object, ...]:
    return book.name, book.description, book.delegate, book.standards, book.query


def _grants(before: Book | None, after: Book) -> Iterator[Step]:
    old = {} if before is None else before.grants
    for grantee in sorted(old.keys() | after.grants.keys()):
        had, has = old.get(grantee), after.grants.get(grantee)
        if had != has:
            yield GrantStep(after, had, has)


_WORDS = {
    UserStep: (AuditAction.USER_ADD, AuditAction.USER_CHANGE, AuditAction.USER_REMOVE),
    GroupStep: (AuditAction.GROUP_ADD, AuditAction.GROUP_CHANGE, AuditAction.GROUP_REMOVE),
    BookStep: (AuditAction.BOOK_ADD, AuditAction.BOOK_CHANGE, AuditAction.BOOK_ARCHIVE),
    GrantStep: (AuditAction.GRANT_ADD, AuditAction.GRANT_CHANGE, AuditAction.GRANT_REMOVE),
}


def action_of(step: Step) -> AuditAction:
    """Return what the audit trail calls ``step``."""
    if isinstance(step, RuleStep):
        return AuditAction.CONFIG_CHANGE
    if isinstance(step, BookStep) and step.returns:
        return AuditAction.BOOK_RETURN
    add, change, remove = _WORDS[type(step)]
    if step.old is None:
        return add
    return change if step.new is not None else remove


def sign_of(step: Step) -> str:
    """Return ``+``, ``~`` or ``-``, as in a diff."""
    if isinstance(step, RuleStep):
        return "~"
    if isinstance(step, BookStep) and step.returns:
        return "+"
    if step.old is None:
        return "+"
    return "~" if step.new is not None else "-"


def book_of(step: Step) -> str:
    """Return the label of the book that ``step`` is about, or nothing."""
    match step:
        case BookStep(old, new):
            book = new or old
            return "" if book is None else book.label
        case GrantStep(book):
            return book.label
        case _:
            return ""


def changes_grants(step: Step) -> bool:
    """Say whether with ``step`` another grant counts, or one no longer does."""
    match step:
        case GrantStep():
            return True
        case BookStep(old, new) if old is not None and new is not None:
            return old.delegate is not new.delegate
        case _:
            return False


def sentence_of(step: Step) -> str:
    """Say in a line what ``step`` does. Never tells a password hash."""
    match step:
        case UserStep(old, new):
            return _user_sentence(old, new)
        case GroupStep(old, new):
            return _group_sentence(old, new)
        case BookStep(old, new, returns):
            return _book_sentence(old, new, returns=returns)
        case GrantStep(book, old, new):
            return change_of(book.label, old, new)
        case RuleStep(name, old, new):
            return f"{name}: {old or 'the default'} -> {new or 'the default'}"


def _changes(pairs: dict[str, tuple[str, str]]) -> str:
    return ", ".join(
        f'{what} "{old}" -> "{new}"' for what, (old, new) in pairs.items() if old != new
    )


def _user_sentence(old: User | None, new: User | None) -> str:
    if new is None:
        return f"user {old.login if old else ''}"
    if old is None:
        return f"user {new.login}: {new.name}" + (f" <{new.mail}>" if new.mail else "")
    said = _changes(
        {
            "name": (old.name, new.name),
            "mail": (old.mail, new.mail),
            "merged_home": (_truth(old.merged_home), _truth(new.merged_home)),
            "default_book": (old.default_book, new.default_book),
        }
    )
    if old.password_hash != new.password_hash:
        said = ", ".join(filter(None, [said, "another password"]))
    return f"user {new.login}: {said}"


def _group_sentence(old: Group | None, new: Group | None) -> str:
    if new is None:
        return f"group {old.name if old else ''}"
    if old is None:
        return f"group {new.name}: {new.title}, members {', '.join(new.members) or 'none'}"
    said = [_changes({"name": (old.title, new.title)})]
    joined = [f"{member} joins" for member in new.members if member not in old.members]
    left = [f"{member} leaves" for member in old.members if member not in new.members]
    return f"group {new.name}: {', '.join(filter(None, [*said, *joined, *left]))}"


def _book_sentence(old: Book | None, new: Book | None, *, returns: bool) -> str:
    if new is None:
        return f"book {old.label if old else ''}: archived (invisible, but kept)"
    if returns:
        return f"book {new.label}: {new.name}, back from the archive"
    had, has = {} if old is None else _rules_of(old), _rules_of(new)
    if old is None:
        return ", ".join([f"book {new.label}: {new.name}", *(f"{k} {v}" for k, v in has.items())])
    pairs = {
        "name": (old.name, new.name),
        "description": (old.description, new.description),
        "delegate": (_truth(old.delegate), _truth(new.delegate)),
        **{rule: (had.get(rule, ""), has.get(rule, "")) for rule in [*had, *has]},
    }
    return f"book {new.label}: {_changes(pairs)}"


def _rules_of(book: Book) -> dict[str, str]:
    """Return what decides which cards the book has, and how they must be."""
    return spelling.told(book.standards) | ({"query": book.query} if book.query else {})


def _truth(value: bool) -> str:
    return "true" if value else "false"
