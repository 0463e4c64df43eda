"""Why a client was not given what it asked for: the likely reason, and what helps.

It is decided without I/O, from what the client asked, how that ended, and how many cards it
finds when it is asked again.
"""

from __future__ import annotations

import re
from enum import StrEnum

from dirserver.ldap.codec.messages import EqualityMatch, Scope, SearchRequest
from dirserver.ldap.diagnosis.recent import Heard
from dirserver.ldap.diagnosis.replaying import Tally
from dirserver.ldap.diagnosis.whatif import Leaf, leaves, values
from dirserver.ldap.schema.attributes import OBJECT_CLASS, lookup
from dirserver.ldap.schema.objectclass import CARD_CLASSES, GROUP_CLASSES, object_class
from dirserver.ldap.schema.syntaxes import FACSIMILE_NUMBER, TELEPHONE_NUMBER

# What a phone puts there instead of what was typed, unless it does not know it.
_PLACEHOLDER = re.compile(rb"%s?|\$[A-Z]+|#", re.ASCII)


class Cause(StrEnum):
    """Why it went as it did."""

    FOUND = "found"
    NOTHING_ASKED = "nothing-asked"
    TLS_ON_PLAIN_PORT = "tls-on-plain-port"
    PLAIN_ON_TLS_PORT = "plain-on-tls-port"
    TLS_REFUSED = "tls-refused"
    TLS_TOO_OLD = "tls-too-old"
    NOT_LDAP = "not-ldap"
    VERSION = "version"
    MECHANISM = "mechanism"
    PLAINTEXT_BIND = "plaintext-bind"
    NO_PASSWORD = "no-password"  # noqa: S105 - the name of a cause
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - the same
    UNKNOWN_LOGIN = "unknown-login"
    DEVICE = "device"
    BLOCKED = "blocked"
    NO_BIND = "no-bind"
    NO_GRANT = "no-grant"
    HIDDEN = "hidden"
    BASE = "base"
    SCOPE = "scope"
    ENTRY_GONE = "entry-gone"
    OBJECT_CLASS = "object-class"
    PLACEHOLDER = "placeholder"
    ATTRIBUTE = "attribute"
    UNKNOWN_PART = "unknown-part"
    NUMBER_AS_NAME = "number-as-name"
    NO_DIGITS = "no-digits"
    NO_WILDCARD = "no-wildcard"
    ANSWER_ATTRIBUTES = "answer-attributes"
    SIZE_LIMIT = "size-limit"
    TIME_LIMIT = "time-limit"
    MALFORMED = "malformed"
    CONTROL = "control"
    WRITE = "write"
    BUSY = "busy"
    NOBODY = "nobody"
    CHANGED = "changed"
    BUG = "bug"


def diagnose(heard: Heard, request: SearchRequest | None, tally: Tally | None) -> Cause:
    """Return the likely reason. A search that could be asked again has a request and a tally."""
    match heard.operation:
        case "connection":
            return _of_connection(heard)
        case "bind":
            return _of_bind(heard)
    cause = _OF_RESULT.get(heard.code)
    if cause is not None:
        return cause
    if request is None or tally is None:
        return Cause.FOUND if heard.hits or heard.operation != "search" else Cause.NOBODY
    if heard.code in ("noSuchObject", "invalidDNSyntax"):
        return _of_base(tally)
    if heard.hits:
        named = [name for name in request.attributes if name not in ("*", "+", "1.1")]
        shows = not named or any(map(lookup, named)) or len(named) < len(request.attributes)
        return Cause.FOUND if shows else Cause.ANSWER_ATTRIBUTES
    return _of_nothing(request, tally)


def _of_connection(heard: Heard) -> Cause:
    said = heard.reason.lower()
    if "tls was begun" in said:
        return Cause.TLS_ON_PLAIN_PORT
    if any(words in said for words in ("no shared cipher", "unsupported protocol", "too low")):
        return Cause.TLS_TOO_OLD
    if "alert" in said:
        return Cause.TLS_REFUSED
    if any(words in said for words in ("wrong version number", "packet length", "http request")):
        return Cause.PLAIN_ON_TLS_PORT
    if "begin like" in said or "message" in said:
        return Cause.NOT_LDAP
    return Cause.TLS_REFUSED if heard.secure else Cause.NOTHING_ASKED


def _of_bind(heard: Heard) -> Cause:
    match heard.code:
        case "success":
            return Cause.FOUND
        case "protocolError" if heard.method.startswith("LDAP version"):
            return Cause.VERSION
        case "confidentialityRequired":
            return Cause.PLAINTEXT_BIND
        case "authMethodNotSupported" | "inappropriateAuthentication":
            return Cause.MECHANISM
        case "unwillingToPerform":
            return Cause.NO_PASSWORD
        case "invalidCredentials" if heard.refusal == "TooManyAttempts":
            return Cause.BLOCKED
        case "invalidCredentials" if ": no such user" in heard.reason:
            return Cause.UNKNOWN_LOGIN
        case "invalidCredentials" if ": device " in heard.reason or "devices" in heard.reason:
            return Cause.DEVICE
        case "invalidCredentials":
            return Cause.WRONG_PASSWORD
    return _OF_RESULT.get(heard.code, Cause.MALFORMED)


def _of_base(tally: Tally) -> Cause:
    if tally.of_card:
        return Cause.ENTRY_GONE
    return Cause.NO_GRANT if tally.has_base else Cause.BASE


def _of_nothing(request: SearchRequest, tally: Tally) -> Cause:
    """Return why a search has ended well and found nobody."""
    if tally.after:
        return Cause.CHANGED
    asked = list(leaves(request.filter))
    if not tally.books:
        return Cause.NO_GRANT
    if any(_PLACEHOLDER.fullmatch(value) for leaf in asked for value in values(leaf)):
        return Cause.PLACEHOLDER
    if tally.before:
        return Cause.HIDDEN if tally.unhidden else Cause.NO_GRANT
    if tally.any_class and any(map(_is_foreign_class, asked)):
        return Cause.OBJECT_CLASS
    if tally.known and not all(map(_is_known, asked)):
        return Cause.UNKNOWN_PART
    if tally.below or (tally.everywhere and request.scope is Scope.BASE_OBJECT):
        return Cause.SCOPE
    if tally.everywhere:
        return Cause.BASE
    compared = [leaf for leaf in asked if values(leaf) and not _is_class(leaf)]
    if compared and not any(map(_is_known, compared)):
        return Cause.ATTRIBUTE
    if tally.wildcards:
        return Cause.NO_WILDCARD
    if tally.numbers:
        return Cause.NUMBER_AS_NAME
    if compared and all(map(_lacks_digits, compared)):
        return Cause.NO_DIGITS
    return Cause.NOBODY


def _is_class(leaf: Leaf) -> bool:
    return lookup(leaf.attribute or "") is OBJECT_CLASS


def _is_foreign_class(leaf: Leaf) -> bool:
    if not isinstance(leaf, EqualityMatch) or not _is_class(leaf):
        return False
    known = object_class(leaf.value.decode("utf-8", "replace"))
    return known is None or known.name not in (*CARD_CLASSES, *GROUP_CLASSES)


def _is_known(leaf: Leaf) -> bool:
    return leaf.attribute is None or lookup(leaf.attribute) is not None


def _lacks_digits(leaf: Leaf) -> bool:
    one = lookup(leaf.attribute or "")
    is_number = one is not None and one.syntax in (TELEPHONE_NUMBER, FACSIMILE_NUMBER)
    return is_number and not any(octet in b"0123456789" for part in values(leaf) for octet in part)


# What the result of an operation says by itself.
_OF_RESULT = {
    "insufficientAccessRights": Cause.NO_BIND,
    "sizeLimitExceeded": Cause.SIZE_LIMIT,
    "timeLimitExceeded": Cause.TIME_LIMIT,
    "protocolError": Cause.MALFORMED,
    "adminLimitExceeded": Cause.MALFORMED,
    "unavailableCriticalExtension": Cause.CONTROL,
    "virtualListViewError": Cause.CONTROL,
    "unwillingToPerform": Cause.WRITE,
    "busy": Cause.BUSY,
    "unavailable": Cause.BUSY,
    "other": Cause.BUG,
}

_FAMILIES: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    # The family, names in its filters, names it asks for; all of them are to be there.
    ("poly", frozenset({"objectclass", "sn"}), frozenset({"sn", "telephonenumber"})),
    ("fanvil", frozenset({"other"}), frozenset()),
    ("mitel", frozenset({"number"}), frozenset()),
    ("fanvil", frozenset(), frozenset({"other"})),
    ("unify", frozenset(), frozenset({"departmentnumber", "title"})),
    ("cisco", frozenset(), frozenset({"ipphone", "otherphone"})),
    ("panasonic", frozenset({"cn", "sn"}), frozenset({"cn", "sn", "homephone"})),
)


def family_of(heard: Heard, request: SearchRequest | None) -> str:
    """Return the family of phones that asks like this, or nothing when many do."""
    if "DIGEST-MD5" in heard.method:
        return "avaya"
    if request is None:
        return ""
    asked = {(leaf.attribute or "").lower() for leaf in leaves(request.filter)}
    wanted = {name.lower() for name in request.attributes}
    for family, in_filter, in_answer in _FAMILIES:
        if in_filter <= asked and in_answer <= wanted:
            return family
    return ""
