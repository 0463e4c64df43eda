"""The conditions under which an act fails, one exception each.

They name what happened, not how a protocol says it: each face has one table from these to
its own status or result code. The text of an exception is for the log and the audit trail;
only what a class documents as public may reach a client.
"""

from __future__ import annotations

from collections.abc import Sequence


class NotAtOnce(Exception):
    """What was to be done without a wait takes longer, or might; it is to be done in a thread."""


class CertificateError(Exception):
    """Certificate and key cannot serve; the text is a sentence for the operator."""


class DirectoryError(Exception):
    """Something asked of the directory could not be done."""


class NotFound(DirectoryError):
    """What was named does not exist, or the principal may not know that it does."""


class AlreadyExists(DirectoryError):
    """There is a card where the caller said that there must be none."""


class PreconditionFailed(DirectoryError):
    """The card is not the one the caller last saw (RFC 9110 section 13)."""


class UIDConflict(DirectoryError):
    """Another card of the book has this UID (RFC 6352 section 6.3.2.1).

    ``href`` is public: whoever may write to the book may read it. ``book_id`` is there if the
    other card is in another book, where the two are shown as one.
    """

    def __init__(self, href: str, book_id: int | None = None) -> None:
        super().__init__(f"the UID is taken by {href}")
        self.href = href
        self.book_id = book_id


class InvalidCard(DirectoryError):
    """The bytes are not a vCard that this server can keep.

    ``reason`` is public: it says in a sentence what is wrong with what the client sent.
    """

    def __init__(self, reason: str, *, unsupported_version: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unsupported_version = unsupported_version


class UnsupportedVersion(DirectoryError):
    """A card was asked for in a version of vCard that this server does not write."""

    def __init__(self, version: str) -> None:
        super().__init__(f"vCard {version[:20]!r} was asked for")


class CardTooLarge(DirectoryError):
    """The card exceeds the size that this server keeps; ``limit`` (bytes) is public."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"larger than {limit} bytes")
        self.limit = limit


class ErasedPerson(DirectoryError):
    """The card is of somebody who was erased and has not been readmitted.

    ``case`` is public: the random name under which the erasure is known. Who brings the card
    knows who it is of.
    """

    def __init__(self, case: str) -> None:
        super().__init__(f"the person was erased (case {case})")
        self.case = case


class BreaksStandards(DirectoryError):
    """The card breaks rules of its book, which takes no card that does.

    ``reasons`` are public, a part of a sentence each; ``rules`` names the rules.
    """

    def __init__(self, rules: Sequence[str], reasons: Sequence[str]) -> None:
        super().__init__(f"breaks the standards: {', '.join(rules)}")
        self.rules = tuple(rules)
        self.reasons = tuple(reasons)


class InvalidHref(DirectoryError):
    """A card cannot have this name in its book."""


class QuotaExceeded(DirectoryError):
    """There is more of something already than one user may have."""


class InvalidSyncToken(DirectoryError):
    """The token was never given out by this book (RFC 6578 section 3.2)."""


class AccessDenied(DirectoryError):
    """The principal may not do this; the text says why and is not for the client."""


class OwnedBySource(AccessDenied):
    """The card comes of a source, and is not for others to take away.

    ``source`` is public: the name of the source, for those who may write to its book.
    """

    def __init__(self, source: str) -> None:
        super().__init__(f"the card comes of the source {source}")
        self.source = source


class InvalidGrant(DirectoryError):
    """Nobody can be given that; the text says why, to whoever manages the book."""


class InvalidCredentials(DirectoryError):
    """No principal goes by this name and password; the text says why, for the log only."""


class TooManyAttempts(InvalidCredentials):
    """Too many logins failed lately; the password was not looked at."""


class TimeIsUp(DirectoryError):
    """To find what was asked for took longer than it may."""


class StoreUnavailable(DirectoryError):
    """The database does not answer; asking again later may help."""


class StoreInUse(StoreUnavailable):
    """Others have the database open, and what is to be done can be done by one alone only."""


class NoDatabase(StoreUnavailable):
    """A file is no SQLite database, or so damaged that SQLite cannot even open it."""


class StoreBusy(StoreUnavailable):
    """Others write to the database, and did not end in time; asking again soon will help."""


class ConfigError(DirectoryError):
    """The configuration cannot be used. ``faults`` are sentences, one for each thing wrong."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
