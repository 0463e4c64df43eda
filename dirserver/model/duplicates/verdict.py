"""What the evidence on two cards comes to."""

from __future__ import annotations

from enum import StrEnum

from dirserver.model.duplicates.evidence import Evidence, Sign
from dirserver.model.duplicates.names import Alike

LIKELY = 10.0
POSSIBLE = 8.0


class Verdict(StrEnum):
    """How sure it is that two cards are of one person.

    ``CERTAIN`` ones may be merged unseen, ``LIKELY`` ones should be looked at, ``POSSIBLE`` ones
    are for who has the time.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"

    __hash__ = str.__hash__


def verdict_on(evidence: Evidence) -> Verdict | None:
    """Say what ``evidence`` comes to; None when two cards are of two."""
    if _is_certain(evidence):
        return Verdict.CERTAIN
    most = _most(evidence)
    if evidence.weight >= LIKELY and most is Verdict.LIKELY:
        return Verdict.LIKELY
    return Verdict.POSSIBLE if evidence.weight >= POSSIBLE and most is not None else None


# What people of one family, or of one firm, have not in common.
_OWN = (Sign.UID, Sign.BIRTHDAY, Sign.MAIL, Sign.MOBILE)


def _is_certain(evidence: Evidence) -> bool:
    """Say whether the same name comes with what only one has, and nothing speaks against it."""
    if evidence.against or not evidence.name.is_same:
        return False
    if evidence.has(Sign.MAIL, Sign.MOBILE, Sign.UID, Sign.CONTENT):
        return True
    if evidence.name.given is not Alike.EQUAL or not evidence.has(Sign.BIRTHDAY):
        return False
    return evidence.has(Sign.STREET, Sign.CODE, Sign.ORGANISATION, Sign.NUMBER)


def _most(evidence: Evidence) -> Verdict | None:
    """Return what it can come to at the most, however much it weighs."""
    name = evidence.name
    at_home = evidence.hints(Sign.BIRTHDAY) and evidence.hints(Sign.STREET, Sign.NUMBER, Sign.CODE)
    if name.given is Alike.OTHER and name.family is Alike.OTHER:
        is_at_home = evidence.has(Sign.BIRTHDAY) and evidence.hints(Sign.STREET)
        return Verdict.LIKELY if is_at_home or evidence.has(Sign.UID) else None
    if name.given is Alike.OTHER:
        # A couple, or a father and his son: they may share a mailbox or a telephone as well.
        if at_home or evidence.has(Sign.UID):
            return Verdict.LIKELY
        return Verdict.POSSIBLE if evidence.has(Sign.MAIL, Sign.MOBILE) else None
    if name.family is Alike.OTHER:
        if at_home or evidence.has(Sign.UID, Sign.MAIL, Sign.MOBILE):
            return Verdict.LIKELY
        return None
    apart_from_names = evidence.hints(*_OWN, Sign.NUMBER, Sign.STREET, Sign.CONTENT)
    if apart_from_names or evidence.hints(Sign.ORGANISATION):
        return Verdict.LIKELY
    # Namesakes are many; with something against it, they are just that.
    return None if evidence.against else Verdict.POSSIBLE
